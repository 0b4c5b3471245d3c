"""Visitors on the sockets, and the reply to `visit:start`, which gathers what other features know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import asdict
from typing import Any, Protocol

from server.clock import to_ms
from server.principals import Person, Visitor
from server.visitors import rules
from server.visitors.model import Attribution, Card, Page, TrailEntry
from server.visitors.ports import Callbacks, Conversations, Invitations, Sites, Tokens
from server.visitors.service import VisitorService

Payload = dict[str, Any]
Reply = dict[str, object]


class Router(Protocol):
    def on(self, namespace: str, event: str, handler: Callable[[Any, Payload], Awaitable[Reply]]) -> object: ...

    def on_disconnect(self, namespace: str, hook: Callable[[Any, str], Awaitable[None]]) -> object: ...


class Publisher(Protocol):
    def to_staff(self, tenant_id: str, event: str, payload: dict[str, Any]) -> object: ...


class Announcements:
    """Implements `ports.Announcer` over the sockets."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def visitor(self, tenant_id: str, card: Card) -> None:
        self._publisher.to_staff(tenant_id, "visitor:updated", {"visitor": wire_card(card)})


def register(
    router: Router,
    visitors: VisitorService,
    *,
    tokens: Tokens,
    sites: Sites,
    conversations: Conversations,
    callbacks: Callbacks,
    invitations: Invitations | None = None,
) -> None:
    """Answer the visitors' events."""

    async def start(who: Visitor, payload: Payload) -> Reply:
        page = _page(payload["page"])
        record, site, offer = await asyncio.gather(
            visitors.start(who, page, payload.get("attribution")),
            sites.site_config(who),
            callbacks.offer(who),
        )
        # Late, because what changes from here on is told beside this reply, which may come after it.
        conversation, open_callback = await asyncio.gather(
            conversations.wire_conversation(who), callbacks.open_callback(who)
        )
        if conversation is not None and record.conversation_id is None:  # the server stopped between the two writes
            await visitors.conversation_started(who, str(conversation["id"]))
        return {
            "token": tokens(who),
            "visitorId": who.visitor_id,
            "visitId": record.visit.id,
            "site": site,
            "conversation": conversation,
            "lastSeq": conversation["lastSeq"] if conversation else 0,
            # Last, so that what it decides is told after this reply.
            "watch": await invitations.started(who, record, page) if invitations else [],
            "callback": offer,
            "openCallback": open_callback,
        }

    async def page(who: Visitor, payload: Payload) -> Reply:
        to = _page(payload["page"])
        record = await visitors.page(who, to)
        if invitations:
            await invitations.moved(who, record, to)
        return {}

    async def listed(who: Person, _: Payload) -> Reply:
        return {"visitors": [wire_card(card) for card in await visitors.online(who.tenant_id)]}

    async def left(who: Visitor, _: str) -> None:
        await visitors.left(who)

    router.on("/visitor", "visit:start", start)
    router.on("/visitor", "visit:page", page)
    router.on("/console", "visitors:list", listed)
    router.on_disconnect("/visitor", left)


class CardsForChat:
    """The visitors' side of a conversation, in wire shapes, for the port that chat has for it."""

    def __init__(self, visitors: VisitorService) -> None:
        self._visitors = visitors

    async def conversation_started(self, who: Visitor, conversation_id: str) -> None:
        await self._visitors.conversation_started(who, conversation_id)

    async def cards(self, tenant_id: str, visitor_ids: Collection[str]) -> Mapping[str, Mapping[str, object]]:
        known = await self._visitors.cards(tenant_id, visitor_ids)
        return {
            visitor_id: wire_card(known[visitor_id]) if visitor_id in known else _unknown(visitor_id)
            for visitor_id in visitor_ids
        }

    async def page_title(self, tenant_id: str, visitor_id: str) -> str | None:
        known = await self._visitors.cards(tenant_id, [visitor_id])
        page = known[visitor_id].record.page if visitor_id in known else None
        return page.title or None if page else None


def wire_card(card: Card) -> Reply:
    record = card.record
    return {
        "id": record.id,
        "siteId": record.site_id,
        "name": record.name,
        "number": record.number,
        "online": card.online,
        "page": wire_entry(record.page) if record.page else None,
        "trail": [wire_entry(entry) for entry in record.trail],
        "locale": record.locale,
        "timeZone": record.time_zone,
        "visits": record.visits,
        "attribution": wire_attribution(record.visit.attribution),
        "firstSeenAtMs": to_ms(record.first_seen_at),
        "lastSeenAtMs": to_ms(record.last_seen_at),
        "conversationId": record.conversation_id,
    }


def wire_entry(entry: TrailEntry) -> Reply:
    return {"url": entry.url, "title": entry.title, "atMs": to_ms(entry.at)}


def wire_attribution(attribution: Attribution) -> Reply | None:
    told: Reply = {part: value for part, value in asdict(attribution).items() if value is not None}
    if "landing_url" in told:
        told["landingUrl"] = told.pop("landing_url")
    return told or None


def _unknown(visitor_id: str) -> Reply:
    """A card for a visitor whose record is gone."""
    return {
        "id": visitor_id,
        "siteId": "unknown",
        "name": None,
        "number": 0,
        "online": False,
        "page": None,
        "trail": [],
        "locale": "",
        "timeZone": "",
        "visits": 0,
        "attribution": None,
        "firstSeenAtMs": 0,
        "lastSeenAtMs": 0,
        "conversationId": None,
    }


def _page(payload: Payload) -> Page:
    return rules.clean_page(payload["url"], payload.get("title", ""), payload.get("referrer", ""))
