"""Surveys on the sockets: answers in, and what visitors and consoles are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from server.principals import Visitor
from server.surveys import wire
from server.surveys.model import Run, Version
from server.surveys.service import SurveyService, Told

Payload = dict[str, Any]
Reply = dict[str, object]


class Router(Protocol):
    def on(self, namespace: str, event: str, handler: Callable[[Any, Payload], Awaitable[Reply]]) -> object: ...


class Publisher(Protocol):
    def to_visitor(self, tenant_id: str, visitor_id: str, event: str, payload: Mapping[str, object]) -> object: ...

    def to_staff(self, tenant_id: str, event: str, payload: Mapping[str, object]) -> object: ...


class Announcements:
    """Implements `ports.Announcer` over the sockets."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def answered(self, run: Run, version: Version) -> None:
        self._publisher.to_staff(run.tenant_id, "survey:answered", {"run": wire.run(run, version)})


def register(router: Router, surveys: SurveyService) -> None:
    """Answer surveys' events."""

    async def answer(who: Visitor, payload: Payload) -> Reply:
        contact = payload.get("contact")
        answered = await surveys.answer(
            who,
            payload["surveyId"],
            payload["version"],
            payload["runId"],
            wire.answers_from_wire(payload["answers"]),
            None
            if contact is None
            else Told(contact.get("email"), contact.get("phone"), contact.get("region"), contact["consent"]),
            payload["done"],
        )
        return {"next": answered.next, "done": answered.done}

    router.on("/visitor", "survey:answer", answer)
