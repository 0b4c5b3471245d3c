"""Chat on the sockets: contracts in, service calls, contracts out; and what everyone is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from server.chat import rules, wire
from server.chat.model import Author, Conversation, Message, Receipts
from server.chat.service import ChatService
from server.clock import to_ms
from server.principals import Person, Visitor

Payload = dict[str, Any]
Reply = dict[str, object]


class Router(Protocol):
    def on(self, namespace: str, event: str, handler: Callable[[Any, Payload], Awaitable[Reply]]) -> object: ...


class Publisher(Protocol):
    def to_visitor(self, tenant_id: str, visitor_id: str, event: str, payload: Mapping[str, object]) -> object: ...

    def to_staff(self, tenant_id: str, event: str, payload: Mapping[str, object]) -> object: ...

    def to_person(self, tenant_id: str, person_id: str, event: str, payload: Mapping[str, object]) -> object: ...


class Announcements:
    """Implements `ports.Announcer` over the sockets."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def message(self, tenant_id: str, visitor_id: str, message: Message) -> None:
        told = {"message": wire.message(message)}
        seen = rules.for_visitor(message)
        self._publisher.to_staff(tenant_id, "chat:message", told)
        self._publisher.to_visitor(
            tenant_id, visitor_id, "chat:message", told if seen is message else {"message": wire.message(seen)}
        )

    def state(self, conversation: Conversation, card: Mapping[str, object]) -> None:
        tenant_id = conversation.tenant_id
        self._publisher.to_staff(tenant_id, "chat:state", {"conversation": wire.inbox_conversation(conversation, card)})
        self._publisher.to_visitor(
            tenant_id, conversation.visitor_id, "chat:state", {"conversation": wire.conversation(conversation)}
        )

    def typing(self, tenant_id: str, visitor_id: str, conversation_id: str, author: Author, typing: bool) -> None:
        told = {"conversationId": conversation_id, "author": wire.author(author), "typing": typing}
        self._publisher.to_staff(tenant_id, "chat:typing", told)
        self._publisher.to_visitor(tenant_id, visitor_id, "chat:typing", told)

    def receipts(self, tenant_id: str, visitor_id: str, conversation_id: str, receipts: Receipts) -> None:
        told = {"conversationId": conversation_id, "receipts": wire.receipts(receipts)}
        self._publisher.to_staff(tenant_id, "chat:read", told)
        self._publisher.to_visitor(tenant_id, visitor_id, "chat:read", told)

    def alert(self, tenant_id: str, kind: str, conversation_id: str, person_id: str | None, at: datetime) -> None:
        told = {"kind": kind, "conversationId": conversation_id, "callbackId": None, "atMs": to_ms(at)}
        if person_id is None:
            self._publisher.to_staff(tenant_id, "alert:raised", told)
        else:
            self._publisher.to_person(tenant_id, person_id, "alert:raised", told)


def register(router: Router, chat: ChatService) -> None:
    """Answer chat's events of both namespaces."""

    async def visitor_send(who: Visitor, payload: Payload) -> Reply:
        sent = await chat.visitor_send(who, payload["clientMessageId"], payload["text"])
        return {"message": wire.message(sent)}

    async def visitor_sync(who: Visitor, payload: Payload) -> Reply:
        return wire.page(await chat.visitor_sync(who, payload["afterSeq"], payload.get("conversationId")))

    async def visitor_typing(who: Visitor, payload: Payload) -> Reply:
        await chat.visitor_typing(who, payload.get("typing", True))
        return {}

    async def visitor_read(who: Visitor, payload: Payload) -> Reply:
        await chat.visitor_read(who, payload["seq"], read=payload.get("kind", "read") == "read")
        return {}

    async def consultant_send(who: Person, payload: Payload) -> Reply:
        sent = await chat.consultant_send(
            who,
            payload["conversationId"],
            payload["clientMessageId"],
            payload["text"],
            note=payload.get("note", False),
        )
        return {"message": wire.message(sent)}

    async def consultant_sync(who: Person, payload: Payload) -> Reply:
        return wire.page(await chat.consultant_sync(who, payload["afterSeq"], payload["conversationId"]))

    async def consultant_typing(who: Person, payload: Payload) -> Reply:
        await chat.consultant_typing(who, payload["conversationId"], payload.get("typing", True))
        return {}

    async def consultant_read(who: Person, payload: Payload) -> Reply:
        await chat.consultant_read(
            who, payload["conversationId"], payload["seq"], read=payload.get("kind", "read") == "read"
        )
        return {}

    async def inbox(who: Person, _: Payload) -> Reply:
        return {"conversations": [wire.listed(conversation) for conversation in await chat.inbox(who)]}

    async def claim(who: Person, payload: Payload) -> Reply:
        return {"conversation": wire.listed(await chat.claim(who, payload["conversationId"]))}

    async def transfer(who: Person, payload: Payload) -> Reply:
        handed = await chat.transfer(who, payload["conversationId"], payload["toPersonId"])
        return {"conversation": wire.listed(handed)}

    async def requeue(who: Person, payload: Payload) -> Reply:
        waiting = await chat.requeue(who, payload["conversationId"], payload["departmentId"])
        return {"conversation": wire.listed(waiting)}

    async def close(who: Person, payload: Payload) -> Reply:
        return {"conversation": wire.listed(await chat.close_conversation(who, payload["conversationId"]))}

    router.on("/visitor", "chat:send", visitor_send)
    router.on("/visitor", "chat:sync", visitor_sync)
    router.on("/visitor", "chat:typing", visitor_typing)
    router.on("/visitor", "chat:read", visitor_read)
    router.on("/console", "chat:send", consultant_send)
    router.on("/console", "chat:sync", consultant_sync)
    router.on("/console", "chat:typing", consultant_typing)
    router.on("/console", "chat:read", consultant_read)
    router.on("/console", "inbox:list", inbox)
    router.on("/console", "chat:claim", claim)
    router.on("/console", "chat:transfer", transfer)
    router.on("/console", "chat:requeue", requeue)
    router.on("/console", "chat:close", close)
