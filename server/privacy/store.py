"""Retention settings and erasures in MongoDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from server.mongo import Document, DuplicateKey, Index, TenantCollection
from server.privacy.model import Erasure, Retention

INDEXES = [
    Index("erasures", (("at", 1),), name="newest_erasures"),
]


class MongoPrivacyStore:
    """Implements `ports.PrivacyStore`."""

    def __init__(self, retention: TenantCollection, erasures: TenantCollection) -> None:
        self._retention = retention
        self._erasures = erasures

    async def retention(self, tenant_id: str) -> Retention:
        doc = await self._retention.find_one(tenant_id, {"_id": tenant_id})
        if doc is None:
            return Retention()
        return Retention(**{name: doc[name] for name in asdict(Retention()) if name in doc})

    async def save_retention(self, tenant_id: str, retention: Retention) -> bool:
        fields = asdict(retention) | {"version": retention.version + 1}
        if retention.version == 0:
            try:
                await self._retention.insert_one(tenant_id, {"_id": tenant_id, **fields})
            except DuplicateKey:
                return False
            return True
        mine = {"_id": tenant_id, "version": retention.version}
        return await self._retention.update_one(tenant_id, mine, {"$set": fields})

    async def begin_erasure(self, erasure: Erasure) -> bool:
        try:
            await self._erasures.insert_one(
                erasure.tenant_id,
                {"_id": _id(erasure), "visitor_id": erasure.visitor_id, "at": erasure.at, "refs": list(erasure.refs)},
            )
        except DuplicateKey:
            await self._erasures.update_one(erasure.tenant_id, {"_id": _id(erasure)}, {"$max": {"at": erasure.at}})
            return False
        return True

    async def erasure(self, tenant_id: str, visitor_id: str) -> Erasure | None:
        doc = await self._erasures.find_one(tenant_id, {"_id": f"{tenant_id}/{visitor_id}"})
        return _erasure(doc) if doc else None

    async def remember_refs(self, erasure: Erasure, refs: Sequence[str]) -> None:
        await self._erasures.update_one(
            erasure.tenant_id, {"_id": _id(erasure)}, {"$addToSet": {"refs": {"$each": list(refs)}}}
        )

    async def erasures_since(self, at: datetime) -> list[Erasure]:
        # For all accounts: the job belongs to the whole server.
        return [_erasure(doc) for doc in await self._erasures.every_tenant().find({"at": {"$gte": at}})]


def _id(erasure: Erasure) -> str:
    return f"{erasure.tenant_id}/{erasure.visitor_id}"


def _erasure(doc: Document) -> Erasure:
    return Erasure(doc["tenant"], doc["visitor_id"], doc["at"], tuple(doc["refs"]))
