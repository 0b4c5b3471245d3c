"""Reads what the features stored, for reports: the only place that looks into their collections from outside.

It never writes. Every question begins with an index (those of this file, or of the feature), reads only the fields that
count, and is given up after some seconds. Integration tests make the events through the real routes, so a feature that
stores something else fails there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from server.mongo import Database, Document, Index, TenantCollection
from server.periods import Period, day_in_database
from server.reports.model import Call, Chat, Events, Happened, Landed, Party, Source, Visits
from server.reports.rules import ROWS

INDEXES = [
    # Only the lines that begin a chat are in these two, so a message costs nothing more.
    Index("messages", (("tenant", 1), ("sent_at", 1)), name="first_texts_by_time", partial={"visitor_text_no": 1}),
    Index(
        "messages",
        (("tenant", 1), ("event.name", 1), ("sent_at", 1)),
        name="reopened_by_time",
        partial={"event.name": "conversation_reopened"},
    ),
    Index("displays", (("tenant", 1), ("at", 1)), name="displays_by_time"),
]
READING_MS = 8_000
MOST = 50_000
AT_ONCE = 500
# A visit whose tab stays open is found that much later.
LONGEST_VISIT = timedelta(days=7)
_OVER = frozenset(
    {
        "completed",
        "no_agent",
        "visitor_unreachable",
        "voicemail_left",
        "canceled",
        "expired",
        "budget_stopped",
        "failed",
    }
)
_OUTCOMES = {
    "shown": ("invitations_shown",),
    "accepted": ("invitations_shown", "invitations_accepted"),
    "dismissed": ("invitations_shown", "invitations_dismissed"),
}


class MongoEventStore:
    """Implements `ports.EventStore`."""

    def __init__(self, db: Database) -> None:
        self._visits = db.tenant_collection("visits")
        self._conversations = db.tenant_collection("conversations")
        self._messages = db.tenant_collection("messages")
        self._callbacks = db.tenant_collection("callbacks")
        self._runs = db.tenant_collection("survey_runs")
        self._displays = db.tenant_collection("displays")

    async def events(self, tenant_id: str, site_id: str | None, period: Period) -> Events:
        visits, chats, calls, runs, displays = await asyncio.gather(
            self._count_visits(tenant_id, site_id, period),
            self._chats(tenant_id, site_id, period),
            self._calls(tenant_id, site_id, period),
            self._answers(tenant_id, site_id, period),
            self._invitations(tenant_id, site_id, period),
        )
        happened = (*runs, *displays)
        visitors = {chat.visitor_id for chat in chats} | {call.visitor_id for call in calls}
        visitors |= {one.visitor_id for one in happened}
        return Events(
            visits=visits,
            landed=tuple(await self._landed(tenant_id, visitors, period)),
            chats=tuple(chats[:MOST]),
            calls=tuple(calls[:MOST]),
            happened=happened,
            complete=all(len(one) <= MOST for one in (chats, calls, runs, displays)),
        )

    # Visits

    async def _count_visits(self, tenant_id: str, site_id: str | None, period: Period) -> Visits:
        touch = {part: {"$ifNull": [f"$last_touch.{part}", None]} for part in ("source", "medium", "campaign")}
        largest: list[Document] = [{"$sort": {"count": -1}}, {"$limit": ROWS}]
        begun = _within("started_at", period, site_id)
        days, pages, sources = await asyncio.gather(
            self._read(self._visits, tenant_id, begun, _counted(day_in_database("$started_at", period))),
            self._read(self._visits, tenant_id, begun, _counted("$landing"), *largest),
            self._read(self._visits, tenant_id, begun, _counted(touch), *largest),
        )
        return Visits(
            by_day={row["_id"]: row["count"] for row in days},
            by_page={row["_id"]: row["count"] for row in pages},
            by_source={Source(**row["_id"]): row["count"] for row in sources},
        )

    async def _landed(self, tenant_id: str, visitors: Collection[str], period: Period) -> list[Landed]:
        found = []
        for some in _parts(sorted(visitors)):
            wanted = {
                "visitor_id": {"$in": some},
                "started_at": {"$gte": period.start - LONGEST_VISIT, "$lt": period.end},
            }
            fields = {"visitor_id": 1, "started_at": 1, "landing": 1, "last_touch": 1}
            for doc in await self._read(self._visits, tenant_id, wanted, {"$project": fields}):
                touch = doc["last_touch"]
                source = Source(touch.get("source"), touch.get("medium"), touch.get("campaign"))
                found.append(Landed(doc["visitor_id"], doc["started_at"], doc["landing"], source))
        return found

    # Chats

    async def _chats(self, tenant_id: str, site_id: str | None, period: Period) -> list[Chat]:
        sent = _within("sent_at", period)
        fields = {"$project": {"conversation_id": 1, "seq": 1, "sent_at": 1}}
        firsts, reopened = await asyncio.gather(
            self._read(self._messages, tenant_id, {**sent, "visitor_text_no": 1}, {"$limit": MOST + 1}, fields),
            self._read(
                self._messages,
                tenant_id,
                {**sent, "event.name": "conversation_reopened"},
                {"$limit": MOST + 1},
                fields,
            ),
        )
        # A conversation that was opened again by its very first text began once.
        first_seq = {doc["conversation_id"]: doc["seq"] for doc in firsts}
        begun = firsts + [doc for doc in reopened if doc["seq"] > first_seq.get(doc["conversation_id"], 0)]
        ids = sorted({doc["conversation_id"] for doc in begun})
        visitors, answers = await self._visitors_of(tenant_id, site_id, ids), await self._answered(tenant_id, ids)
        chats = []
        for conversation_id, starts in _by_conversation(begun).items():
            visitor_id = visitors.get(conversation_id)
            if visitor_id is None:
                continue
            for place, (seq, at) in enumerate(starts):
                before = starts[place + 1][0] if place + 1 < len(starts) else None
                answered = (
                    moment
                    for number, moment in answers.get(conversation_id, [])
                    if number > seq and (before is None or number < before)
                )
                chats.append(Chat(visitor_id, at, next(answered, None)))
        return chats

    async def _visitors_of(self, tenant_id: str, site_id: str | None, ids: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for some in _parts(ids):
            wanted: Document = {"_id": {"$in": some}}
            if site_id is not None:
                wanted["site_id"] = site_id
            docs = await self._read(self._conversations, tenant_id, wanted, {"$project": {"visitor_id": 1}})
            found |= {doc["_id"]: doc["visitor_id"] for doc in docs}
        return found

    async def _answered(self, tenant_id: str, ids: Sequence[str]) -> dict[str, list[tuple[int, datetime]]]:
        found: dict[str, list[tuple[int, datetime]]] = {}
        for some in _parts(ids):
            wanted = {"conversation_id": {"$in": some}, "kind": "text", "author.kind": "consultant"}
            fields = {"$project": {"conversation_id": 1, "seq": 1, "sent_at": 1}}
            found |= _by_conversation(await self._read(self._messages, tenant_id, wanted, fields))
        return found

    # Callbacks, surveys, invitations

    async def _calls(self, tenant_id: str, site_id: str | None, period: Period) -> list[Call]:
        fields = {"visitor_id": 1, "created_at": 1, "chosen_at": 1, "state": 1, "talked_s": 1, "talk_c": 1}
        fields |= {"legs.role": 1, "legs.answered_at": 1, "legs.accepted_at": 1}
        wanted = {**_within("created_at", period, site_id), "state": {"$ne": "rejected"}}
        docs = await self._read(self._callbacks, tenant_id, wanted, {"$limit": MOST + 1}, {"$project": fields})
        return [_call(doc) for doc in docs]

    async def _answers(self, tenant_id: str, site_id: str | None, period: Period) -> list[Happened]:
        fields = {"$project": {"visitor_id": 1, "started_at": 1}}
        docs = await self._read(
            self._runs, tenant_id, _within("started_at", period, site_id), {"$limit": MOST + 1}, fields
        )
        return [Happened(doc["visitor_id"], doc["started_at"], ("survey_answers",)) for doc in docs]

    async def _invitations(self, tenant_id: str, site_id: str | None, period: Period) -> list[Happened]:
        fields = {"$project": {"visitor_id": 1, "at": 1, "outcome": 1}}
        wanted = {**_within("at", period, site_id), "outcome": {"$in": list(_OUTCOMES)}}
        docs = await self._read(self._displays, tenant_id, wanted, {"$limit": MOST + 1}, fields)
        return [Happened(doc["visitor_id"], doc["at"], _OUTCOMES[doc["outcome"]]) for doc in docs]

    async def _read(
        self, collection: TenantCollection, tenant_id: str, wanted: Document, *stages: Document
    ) -> list[Document]:
        return await collection.aggregate(tenant_id, [{"$match": wanted}, *stages], max_time_ms=READING_MS)


def _within(field: str, period: Period, site_id: str | None = None) -> Document:
    wanted: Document = {field: {"$gte": period.start, "$lt": period.end}}
    return wanted if site_id is None else {**wanted, "site_id": site_id}


def _counted(by: Any) -> Document:
    return {"$group": {"_id": by, "count": {"$sum": 1}}}


def _parts(ids: Sequence[str]) -> Iterable[list[str]]:
    return (list(ids[start : start + AT_ONCE]) for start in range(0, len(ids), AT_ONCE))


def _by_conversation(docs: Iterable[Document]) -> dict[str, list[tuple[int, datetime]]]:
    found: dict[str, list[tuple[int, datetime]]] = {}
    for doc in docs:
        found.setdefault(doc["conversation_id"], []).append((doc["seq"], doc["sent_at"]))
    return {id: sorted(entries) for id, entries in found.items()}


def _call(doc: Document) -> Call:
    wanted_at = max(doc["created_at"], doc.get("chosen_at") or doc["created_at"])
    return Call(
        visitor_id=doc["visitor_id"],
        at=doc["created_at"],
        wanted_at=wanted_at,
        state=doc["state"],
        talked=doc.get("talked_s") is not None or doc.get("talk_c") is not None,
        over=doc["state"] in _OVER,
        parties=tuple(
            Party(leg["role"], leg.get("answered_at"), leg.get("accepted_at")) for leg in doc.get("legs", ())
        ),
    )
