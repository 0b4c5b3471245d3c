"""Signals and invitations on the sockets: contracts in, service calls, contracts out."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from server.errors import AppError
from server.principals import Visitor
from server.triggers import wire
from server.triggers.model import Action, Display, Outcome, Scalar, Text
from server.triggers.rules import Watch
from server.triggers.service import InvitationService
from server.triggers.visit import Signal

Payload = dict[str, Any]
Reply = dict[str, object]

MAX_DATA = 20
MAX_DATUM = 200
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class Router(Protocol):
    def on(self, namespace: str, event: str, handler: Callable[[Any, Payload], Awaitable[Reply]]) -> object: ...


class Publisher(Protocol):
    def to_visitor(self, tenant_id: str, visitor_id: str, event: str, payload: Mapping[str, object]) -> object: ...


class Announcements:
    """Implements `ports.Announcer` over the sockets."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def invite(self, display: Display, action: Action, text: Text, page: str | None) -> None:
        told = wire.invitation_to_wire(display, action, text, page)
        self._publisher.to_visitor(display.tenant_id, display.visitor_id, "invitation:show", told)

    def watch(self, tenant_id: str, visitor_id: str, watch: Sequence[Watch]) -> None:
        told = {"watch": [wire.watch_to_wire(entry) for entry in watch]}
        self._publisher.to_visitor(tenant_id, visitor_id, "watch:changed", told)


def register(router: Router, invitations: InvitationService) -> None:
    """Answer the visitors' events."""

    async def signal(who: Visitor, payload: Payload) -> Reply:
        page = payload.get("page")
        told = Signal(
            kind=payload["kind"],
            value=payload.get("value", 0),
            url=page["url"] if page else None,
            name=payload.get("name", ""),
            data=_data(payload.get("data", {})),
        )
        await invitations.signal(who, told)
        return {}

    async def outcome(who: Visitor, payload: Payload) -> Reply:
        await invitations.outcome(who, payload["impressionId"], Outcome(payload["outcome"]))
        return {}

    router.on("/visitor", "visit:signal", signal)
    router.on("/visitor", "invitation:outcome", outcome)


def _data(raw: Mapping[str, object]) -> dict[str, Scalar]:
    """Return an event's data.

    Raises:
        AppError: bad_request for more than 20, a name that is none, or a value that is no short scalar.
    """
    if len(raw) > MAX_DATA:
        raise AppError("bad_request", path="data", rule="maxProperties")
    data: dict[str, Scalar] = {}
    for name, value in raw.items():
        if not _NAME.fullmatch(name):
            raise AppError("bad_request", path="data", rule="propertyNames")
        if not isinstance(value, str | int | float | bool) or (isinstance(value, str) and len(value) > MAX_DATUM):
            raise AppError("bad_request", path=f"data/{name}", rule="type")
        data[name] = value
    return data
