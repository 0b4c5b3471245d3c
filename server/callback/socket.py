"""Callbacks over the sockets: payloads in, announcements out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from server.callback.model import Callback
from server.callback.service import CallbackService, Request
from server.callback.wire import callback_to_wire, lead_to_wire
from server.clock import Now, from_ms, to_ms
from server.principals import Person, Visitor


class Router(Protocol):
    def on(self, namespace: str, event: str, handler: Callable[[Any, dict[str, Any]], Awaitable[Any]]) -> None: ...


class Publisher(Protocol):
    def to_visitor(self, tenant_id: str, visitor_id: str, event: str, payload: object) -> None: ...

    def to_staff(self, tenant_id: str, event: str, payload: object) -> None: ...


class SocketAnnouncer:
    """`engine.Announcer` over the publisher."""

    def __init__(self, publisher: Publisher, now: Now) -> None:
        self._publisher = publisher
        self._now = now

    def updated(self, callback: Callback) -> None:
        shown = {"callback": callback_to_wire(callback)}
        self._publisher.to_visitor(callback.tenant_id, callback.visitor_id, "callback:updated", shown)
        self._publisher.to_staff(callback.tenant_id, "callback:updated", {"lead": lead_to_wire(callback)})

    def alert(self, callback: Callback, kind: str) -> None:
        told = {
            "kind": kind,
            "conversationId": callback.conversation_id,
            "callbackId": callback.id,
            "atMs": to_ms(self._now()),
        }
        self._publisher.to_staff(callback.tenant_id, "alert:raised", told)


def register(router: Router, service: CallbackService) -> None:
    """Serve the events of visitors and consoles."""

    async def request(who: Visitor, payload: dict[str, Any]) -> dict[str, Any]:
        at_ms = payload.get("atMs")
        asked = Request(
            client_request_id=payload["clientRequestId"],
            phone=payload.get("phone"),
            region=payload.get("region"),
            via=payload["via"],
            name=payload.get("name"),
            topic=payload.get("topic"),
            department_id=payload.get("departmentId"),
            at=None if at_ms is None else from_ms(at_ms),
            consent=payload.get("consent", {}).get("recording"),
            from_conversation=payload.get("fromConversation"),
        )
        return {"callback": callback_to_wire(await service.request(who, asked))}

    async def cancel(who: Visitor, payload: dict[str, Any]) -> dict[str, Any]:
        return {"callback": callback_to_wire(await service.cancel(who, payload["callbackId"]))}

    async def listed(who: Person, payload: dict[str, Any]) -> dict[str, Any]:
        return {"leads": [lead_to_wire(each) for each in await service.newest(who)]}

    async def start(who: Person, payload: dict[str, Any]) -> dict[str, Any]:
        started = await service.start(who, payload["conversationId"], payload["clientRequestId"], payload.get("phone"))
        return {"lead": None if started is None else lead_to_wire(started), "offered": started is None}

    async def control(who: Person, payload: dict[str, Any]) -> dict[str, Any]:
        return {"lead": lead_to_wire(await service.control(who, payload["callbackId"], payload["action"]))}

    router.on("/visitor", "callback:request", request)
    router.on("/visitor", "callback:cancel", cancel)
    router.on("/console", "callbacks:list", listed)
    router.on("/console", "call:start", start)
    router.on("/console", "call:control", control)
