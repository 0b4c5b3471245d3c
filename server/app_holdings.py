"""What the features keep of visitors, for privacy. Part of the composition root: only app.py imports it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from server.mongo import Database, Document, Index, TenantCollection
from server.privacy.model import Erased

INDEXES = [
    Index("displays", (("tenant", 1), ("visitor_id", 1)), name="displays_of_a_visitor"),
    Index("visit_summaries", (("tenant", 1), ("visitor_id", 1)), name="summaries_of_a_visitor"),
    Index("rule_decisions", (("tenant", 1), ("visitor_id", 1)), name="decisions_of_a_visitor"),
]
Found = dict[str, list[Document]]
MOST = 50_000


class _Things:
    """Documents of one collection that belong to a visitor, each with the time that decides about it."""

    def __init__(self, collection: TenantCollection, at: str, hidden: Sequence[str] = ()) -> None:
        self._collection = collection
        self._at = at
        self._hidden = dict.fromkeys(hidden, 0)

    async def of(self, tenant_id: str, visitor_id: str) -> list[Document]:
        wanted = {"visitor_id": visitor_id}
        return await self._collection.find(tenant_id, wanted, projection=self._hidden or None, limit=MOST)

    async def erase(self, tenant_id: str, visitor_id: str, until: datetime) -> int:
        return await self._collection.delete_many(tenant_id, {"visitor_id": visitor_id, self._at: {"$lte": until}})

    async def expire(self, tenant_id: str, before: datetime, limit: int) -> int:
        return await expire(self._collection, tenant_id, {self._at: {"$lt": before}}, limit)


async def expire(collection: TenantCollection, tenant_id: str, wanted: Document, limit: int) -> int:
    docs = await collection.find(tenant_id, wanted, projection={"_id": 1}, limit=limit)
    return await collection.delete_many(tenant_id, {"_id": {"$in": [doc["_id"] for doc in docs]}}) if docs else 0


class VisitHolding:
    """Visits: the record of the visitor, the log of visits, what rules saw of them."""

    name = "visits"

    def __init__(self, db: Database) -> None:
        self._visitors = db.tenant_collection("visitors")
        self._visits = _Things(db.tenant_collection("visits"), "started_at")
        self._seen = _Things(db.tenant_collection("visit_summaries"), "started_at")
        self._decisions = _Things(db.tenant_collection("rule_decisions"), "at")
        self._blocks = db.tenant_collection("blocks")

    async def export(self, tenant_id: str, visitor_id: str) -> Found:
        return {
            "visitor": await self._visitors.find(tenant_id, {"_id": visitor_id}, projection={"version": 0}),
            "visits": await self._visits.of(tenant_id, visitor_id),
            "signals": await self._seen.of(tenant_id, visitor_id),
            "decisions": await self._decisions.of(tenant_id, visitor_id),
            "blocks": await self._blocks.find(tenant_id, {"kind": "visitor", "value": visitor_id}),
        }

    async def erase(self, tenant_id: str, visitor_id: str, until: datetime, refs: Sequence[str]) -> Erased:
        mine = {"_id": visitor_id, "first_seen_at": {"$lte": until}}
        gone = await self._visitors.delete_many(tenant_id, mine)
        for things in (self._visits, self._seen, self._decisions):
            gone += await things.erase(tenant_id, visitor_id, until)
        mine = {"kind": "visitor", "value": visitor_id, "created_at": {"$lte": until}}
        return Erased(gone + await self._blocks.delete_many(tenant_id, mine))

    async def expire(self, tenant_id: str, before: datetime, limit: int) -> int:
        gone = 0
        for things in (self._visits, self._seen, self._decisions):
            gone += await things.expire(tenant_id, before, limit)
        # Whoever has a conversation is known for as long as that is kept.
        silent = {"last_seen_at": {"$lt": before}, "conversation_id": None}
        return gone + await expire(self._visitors, tenant_id, silent, limit)


class ChatHolding:
    """Conversations with their messages."""

    name = "conversations"

    def __init__(self, db: Database) -> None:
        self._conversations = db.tenant_collection("conversations")
        self._messages = db.tenant_collection("messages")
        self._visitors = db.tenant_collection("visitors")

    async def export(self, tenant_id: str, visitor_id: str) -> Found:
        shown = {"status": 1, "site_id": 1, "assignee_name": 1, "created_at": 1, "updated_at": 1}
        conversations = await self._conversations.find(tenant_id, {"visitor_id": visitor_id}, projection=shown)
        ids = [doc["_id"] for doc in conversations]
        fields = {"_id": 0, "conversation_id": 1, "seq": 1, "kind": 1, "author": 1, "text": 1, "event": 1, "sent_at": 1}
        messages = await self._messages.find(
            tenant_id,
            {"conversation_id": {"$in": ids}},
            sort=[("conversation_id", 1), ("seq", 1)],
            limit=MOST,
            projection=fields,
        )
        return {"conversations": conversations, "messages": messages}

    async def erase(self, tenant_id: str, visitor_id: str, until: datetime, refs: Sequence[str]) -> Erased:
        mine = {"visitor_id": visitor_id, "created_at": {"$lte": until}}
        ids = [doc["_id"] for doc in await self._conversations.find(tenant_id, mine, projection={"_id": 1})]
        return Erased(await self._delete(tenant_id, [*ids, *refs]), 0, tuple(ids))

    async def expire(self, tenant_id: str, before: datetime, limit: int) -> int:
        old = {"updated_at": {"$lt": before}}
        docs = await self._conversations.find(tenant_id, old, projection={"_id": 1}, limit=limit)
        return await self._delete(tenant_id, [doc["_id"] for doc in docs])

    async def _delete(self, tenant_id: str, ids: Sequence[str]) -> int:
        if not ids:
            return 0
        # The conversation goes first: what is written afterwards finds none, and begins another.
        gone = await self._conversations.delete_many(tenant_id, {"_id": {"$in": list(ids)}})
        for id in ids:
            await self._visitors.update_many(
                tenant_id, {"conversation_id": id}, {"$set": {"conversation_id": None}, "$inc": {"version": 1}}
            )
        return gone + await self._messages.delete_many(tenant_id, {"conversation_id": {"$in": list(ids)}})


class CallbackHolding:
    """Callbacks. One that runs is left alone until it is over."""

    name = "callbacks"

    def __init__(self, db: Database) -> None:
        self._callbacks = db.tenant_collection("callbacks")

    async def export(self, tenant_id: str, visitor_id: str) -> Found:
        wanted = {"visitor_id": visitor_id}
        docs = await self._callbacks.find(tenant_id, wanted, projection=_CALLBACK, limit=MOST)
        return {"callbacks": docs}

    async def erase(self, tenant_id: str, visitor_id: str, until: datetime, refs: Sequence[str]) -> Erased:
        mine = {"visitor_id": visitor_id, "created_at": {"$lte": until}}
        gone = await self._callbacks.delete_many(tenant_id, {**mine, **_RESTING})
        return Erased(gone, await self._callbacks.count(tenant_id, mine))

    async def expire(self, tenant_id: str, before: datetime, limit: int) -> int:
        return await expire(self._callbacks, tenant_id, {"created_at": {"$lt": before}, **_RESTING}, limit)


_CALLBACK = {
    **dict.fromkeys(("site_id", "phone", "region", "state", "outcome", "name", "topic", "chat_topic", "page"), 1),
    **dict.fromkeys(("locale", "time_zone", "consent", "chosen_at", "created_at", "ended_at", "talked_s"), 1),
    "recordings": 1,
}
# Over, with nothing left to be done about it.
_RESTING: Document = {"open": False, "due_at": None, "$or": [{"steps_at": None}, {"steps": []}]}


class SurveyHolding:
    """What visitors answered in surveys."""

    name = "surveys"

    def __init__(self, db: Database) -> None:
        self._runs = _Things(db.tenant_collection("survey_runs"), "started_at", ["rev"])

    async def export(self, tenant_id: str, visitor_id: str) -> Found:
        return {"surveys": await self._runs.of(tenant_id, visitor_id)}

    async def erase(self, tenant_id: str, visitor_id: str, until: datetime, refs: Sequence[str]) -> Erased:
        return Erased(await self._runs.erase(tenant_id, visitor_id, until))

    async def expire(self, tenant_id: str, before: datetime, limit: int) -> int:
        return await self._runs.expire(tenant_id, before, limit)


class InvitationHolding:
    """Invitations that visitors were shown."""

    name = "invitations"

    def __init__(self, db: Database) -> None:
        self._displays = _Things(db.tenant_collection("displays"), "at", ["windows"])

    async def export(self, tenant_id: str, visitor_id: str) -> Found:
        return {"invitations": await self._displays.of(tenant_id, visitor_id)}

    async def erase(self, tenant_id: str, visitor_id: str, until: datetime, refs: Sequence[str]) -> Erased:
        return Erased(await self._displays.erase(tenant_id, visitor_id, until))

    async def expire(self, tenant_id: str, before: datetime, limit: int) -> int:
        return await self._displays.expire(tenant_id, before, limit)


def holdings(db: Database) -> tuple[ChatHolding, CallbackHolding, SurveyHolding, InvitationHolding, VisitHolding]:
    """Return everything that is kept of visitors, the visitors themselves last. What keeps more adds itself here."""
    return ChatHolding(db), CallbackHolding(db), SurveyHolding(db), InvitationHolding(db), VisitHolding(db)
