"""Visitors in MongoDB; every change is a compare-and-set on `version`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from server.mongo import Document, DuplicateKey, Index, TenantCollection
from server.visitors.model import Attribution, TrailEntry, Visit, VisitorRecord
from server.visitors.rules import page_of

INDEXES = [
    Index("visitors", (("tenant", 1), ("last_seen_at", -1)), name="newest_visitors"),
]


VISITS = "visits"
INDEXES += [
    Index(VISITS, (("tenant", 1), ("started_at", 1)), name="visits_by_time"),
    Index(VISITS, (("tenant", 1), ("visitor_id", 1), ("started_at", 1)), name="visits_of_a_visitor"),
]


class MongoVisitorStore:
    """Implements `ports.VisitorStore`."""

    def __init__(self, visitors: TenantCollection, counters: TenantCollection) -> None:
        self._visitors = visitors
        self._counters = counters

    async def visitor(self, tenant_id: str, visitor_id: str) -> VisitorRecord | None:
        doc = await self._visitors.find_one(tenant_id, {"_id": visitor_id})
        return _record(doc) if doc else None

    async def visitors(self, tenant_id: str, visitor_ids: Collection[str]) -> list[VisitorRecord]:
        if not visitor_ids:
            return []
        docs = await self._visitors.find(tenant_id, {"_id": {"$in": list(visitor_ids)}}, sort=[("last_seen_at", -1)])
        return [_record(doc) for doc in docs]

    async def add(self, record: VisitorRecord) -> bool:
        try:
            await self._visitors.insert_one(record.tenant_id, {"_id": record.id, **_fields(record)})
        except DuplicateKey:
            return False
        return True

    async def save(self, record: VisitorRecord) -> bool:
        fields = _fields(record)
        # Set by their own calls, so that a page change never takes them back.
        for own in ("name", "conversation_id"):
            del fields[own]
        fields["version"] = record.version + 1
        return await self._visitors.update_one(
            record.tenant_id, {"_id": record.id, "version": record.version}, {"$set": fields}
        )

    async def set_conversation(self, tenant_id: str, visitor_id: str, conversation_id: str) -> VisitorRecord | None:
        return await self._set(tenant_id, visitor_id, {"conversation_id": conversation_id})

    async def set_name(self, tenant_id: str, visitor_id: str, name: str) -> VisitorRecord | None:
        return await self._set(tenant_id, visitor_id, {"name": name})

    async def next_number(self, tenant_id: str) -> int:
        for _ in range(3):
            try:
                doc = await self._counters.find_one_and_update(
                    tenant_id, {"_id": f"{tenant_id}/visitors"}, {"$inc": {"value": 1}}, upsert=True
                )
            except DuplicateKey:
                continue  # two made the counter at once; now it is there
            if doc is not None:
                return int(doc["value"])
        raise RuntimeError("the counter is neither there nor to be made")

    async def _set(self, tenant_id: str, visitor_id: str, fields: dict[str, Any]) -> VisitorRecord | None:
        doc = await self._visitors.find_one_and_update(
            tenant_id, {"_id": visitor_id}, {"$set": fields, "$inc": {"version": 1}}
        )
        return _record(doc) if doc else None


def _fields(record: VisitorRecord) -> Document:
    return {
        "site_id": record.site_id,
        "number": record.number,
        "locale": record.locale,
        "time_zone": record.time_zone,
        "first_seen_at": record.first_seen_at,
        "last_seen_at": record.last_seen_at,
        "visits": record.visits,
        "visit": {
            "id": record.visit.id,
            "started_at": record.visit.started_at,
            "attribution": _attribution(record.visit.attribution),
            "pages": record.visit.pages,
        },
        "first_touch": _attribution(record.first_touch) if record.first_touch else None,
        "trail": [{"url": entry.url, "title": entry.title, "at": entry.at} for entry in record.trail],
        "name": record.name,
        "conversation_id": record.conversation_id,
        "version": record.version,
    }


def _attribution(attribution: Attribution) -> Document:
    return {part: value for part, value in asdict(attribution).items() if value}


def _record(doc: Document) -> VisitorRecord:
    visit = doc["visit"]
    return VisitorRecord(
        id=doc["_id"],
        tenant_id=doc["tenant"],
        site_id=doc["site_id"],
        number=doc["number"],
        locale=doc["locale"],
        time_zone=doc["time_zone"],
        first_seen_at=doc["first_seen_at"],
        last_seen_at=doc["last_seen_at"],
        visits=doc["visits"],
        visit=Visit(visit["id"], visit["started_at"], Attribution(**visit["attribution"]), visit.get("pages", 0)),
        trail=tuple(TrailEntry(entry["url"], entry["title"], entry["at"]) for entry in doc["trail"]),
        name=doc["name"],
        conversation_id=doc["conversation_id"],
        version=doc["version"],
        first_touch=Attribution(**doc["first_touch"]) if doc.get("first_touch") is not None else None,
    )


class MongoVisitLog:
    """Implements `ports.VisitLog`: one compact document for each visit."""

    def __init__(self, visits: TenantCollection) -> None:
        self._visits = visits

    async def started(self, record: VisitorRecord) -> None:
        visit = record.visit
        first = record.first_touch or visit.attribution
        try:
            await self._visits.insert_one(
                record.tenant_id,
                {
                    "_id": visit.id,
                    "site_id": record.site_id,
                    "visitor_id": record.id,
                    "number": record.visits,
                    "started_at": visit.started_at,
                    "locale": record.locale,
                    "time_zone": record.time_zone,
                    "landing": page_of(record.page.url) if record.page else "",
                    "last_touch": _attribution(visit.attribution),
                    "first_touch": _attribution(first),
                    **_seen(record),
                },
            )
        except DuplicateKey:
            pass

    async def ended(self, record: VisitorRecord) -> None:
        await self._visits.update_one(record.tenant_id, {"_id": record.visit.id}, {"$set": _seen(record)})


def _seen(record: VisitorRecord) -> Document:
    """What a visit has come to."""
    return {
        "ended_at": record.last_seen_at,
        "pages": record.visit.pages,
        "trail": [
            {"url": entry.url, "title": entry.title, "at": entry.at}
            for entry in record.trail
            if entry.at >= record.visit.started_at
        ],
    }
