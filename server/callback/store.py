"""Callbacks in MongoDB: one document each, written by compare-and-set on its version.

What is still to be done after a change stands in the same document (`steps`) and is written with it, so a process that
dies right after the write leaves both or neither.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from server.callback.documents import from_document, to_document
from server.callback.model import TERMINAL, Callback, CallingSettings, Step
from server.callback.ports import OpenAlready, SameRequest
from server.mongo import Database, Document, DuplicateKey, GlobalCollection, Index

CALLBACKS = "callbacks"
ONE_PER_REQUEST = "one_callback_per_request"
ONE_OPEN = "one_open_callback_per_number"

INDEXES = [
    Index(
        CALLBACKS,
        (("tenant", 1), ("site_id", 1), ("visitor_id", 1), ("client_request_id", 1)),
        ONE_PER_REQUEST,
        unique=True,
    ),
    Index(
        CALLBACKS,
        (("tenant", 1), ("site_id", 1), ("phone_key", 1)),
        ONE_OPEN,
        unique=True,
        partial={"open": True},
    ),
    Index(CALLBACKS, (("due_at", 1),), "what_is_due", partial={"due_at": {"$type": "date"}}),
    Index(CALLBACKS, (("steps_at", 1),), "steps_to_do", partial={"steps_at": {"$type": "date"}}),
    Index(CALLBACKS, (("tenant", 1), ("created_at", -1)), "newest_callbacks"),
    Index(CALLBACKS, (("tenant", 1), ("visitor_id", 1), ("created_at", -1)), "callbacks_of_a_visitor"),
    Index(CALLBACKS, (("tenant", 1), ("phone_key", 1), ("created_at", -1)), "callbacks_to_a_number"),
    Index(CALLBACKS, (("legs.call_sid", 1),), "callback_of_a_call"),
    Index(CALLBACKS, (("tenant", 1), ("state", 1), ("created_at", 1)), "waiting_for_a_consultant"),
]


class MongoCallbackStore:
    """`ports.CallbackStore`."""

    def __init__(self, db: Database) -> None:
        self._callbacks = db.tenant_collection(CALLBACKS)

    @property
    def every_tenant(self) -> GlobalCollection:
        """For the claims of workers; see leases.py."""
        return self._callbacks.every_tenant()

    async def add(self, callback: Callback, steps: tuple[Step, ...]) -> None:
        document = _to_document(callback)
        tenant_id = document.pop("tenant_id")
        if steps:
            document |= {"steps": [to_document(step) for step in steps], "steps_at": callback.updated_at}
        try:
            await self._callbacks.insert_one(tenant_id, document)
        except DuplicateKey as taken:
            if taken.index == ONE_OPEN:
                raise OpenAlready from None
            raise SameRequest from None

    async def save(self, callback: Callback, steps: tuple[Step, ...], expected_version: int) -> bool:
        document = _to_document(callback)
        tenant_id = document.pop("tenant_id")
        update: dict[str, Any] = {"$set": {key: value for key, value in document.items() if key != "_id"}}
        if steps:
            update["$push"] = {"steps": {"$each": [to_document(step) for step in steps]}}
            update["$set"]["steps_at"] = callback.updated_at
        return await self._callbacks.update_one(tenant_id, {"_id": callback.id, "version": expected_version}, update)

    async def find(self, tenant_id: str, callback_id: str) -> Callback | None:
        return _one(await self._callbacks.find_one(tenant_id, {"_id": callback_id}, projection={"steps": 0}))

    async def by_request(self, tenant_id: str, site_id: str, visitor_id: str, request_id: str) -> Callback | None:
        wanted = {"site_id": site_id, "visitor_id": visitor_id, "client_request_id": request_id}
        return _one(await self._callbacks.find_one(tenant_id, wanted, projection={"steps": 0}))

    async def open_to(self, tenant_id: str, site_id: str, phone_key: str) -> Callback | None:
        wanted = {"site_id": site_id, "phone_key": phone_key, "open": True}
        return _one(await self._callbacks.find_one(tenant_id, wanted, projection={"steps": 0}))

    async def last_to(self, tenant_id: str, phone_key: str, limit: int) -> list[Callback]:
        wanted = {"phone_key": phone_key}
        found = await self._callbacks.find(
            tenant_id, wanted, sort=[("created_at", -1)], limit=limit, projection={"steps": 0}
        )
        return [_from_document(each) for each in found]

    async def open_of_visitor(self, tenant_id: str, site_id: str, visitor_id: str) -> Callback | None:
        wanted = {"visitor_id": visitor_id, "site_id": site_id, "open": True}
        return _one(await self._callbacks.find_one(tenant_id, wanted, sort=[("created_at", -1)]))

    async def last_of_visitor(self, tenant_id: str, visitor_id: str) -> Callback | None:
        return _one(await self._callbacks.find_one(tenant_id, {"visitor_id": visitor_id}, sort=[("created_at", -1)]))

    async def newest(self, tenant_id: str, limit: int) -> list[Callback]:
        found = await self._callbacks.find(
            tenant_id, {}, sort=[("created_at", -1)], limit=limit, projection={"steps": 0}
        )
        return [_from_document(each) for each in found]

    async def due(self, now: datetime, limit: int) -> list[Callback]:
        found = await self.every_tenant.find(
            {"due_at": {"$lte": now}}, sort=[("due_at", 1)], limit=limit, projection={"steps": 0}
        )
        return [_from_document(each) for each in found]

    async def unfinished(self, older_than: datetime) -> list[tuple[str, str]]:
        found = await self.every_tenant.find({"steps_at": {"$lte": older_than}}, projection={"tenant": 1}, limit=200)
        return [(str(each["tenant"]), str(each["_id"])) for each in found]

    async def all_running(self) -> list[Callback]:
        found = await self.every_tenant.find(
            {"$or": [{"open": True}, {"due_at": {"$type": "date"}}]}, projection={"steps": 0}
        )
        return [_from_document(each) for each in found]

    async def queued(self, tenant_id: str) -> list[Callback]:
        wanted = {"state": {"$in": ["queued", "visitor_waiting", "recovering"]}, "pick_at": {"$type": "date"}}
        found = await self._callbacks.find(tenant_id, wanted, sort=[("created_at", 1)], limit=50)
        return [_from_document(each) for each in found]

    async def steps(self, tenant_id: str, callback_id: str) -> list[Step]:
        found = await self._callbacks.find_one(tenant_id, {"_id": callback_id}, projection={"steps": 1})
        return [from_document(Step, each) for each in (found or {}).get("steps", [])]

    async def done(self, tenant_id: str, callback_id: str, keys: list[str]) -> None:
        crossed_off = {"$pull": {"steps": {"key": {"$in": keys}}}}
        await self._callbacks.update_one(tenant_id, {"_id": callback_id}, crossed_off)

    async def all_done(self, tenant_id: str, callback_id: str) -> None:
        """Stop looking for steps where none is left."""
        await self._callbacks.update_one(tenant_id, {"_id": callback_id, "steps": []}, {"$unset": {"steps_at": ""}})

    async def known_calls(self, call_sids: Collection[str]) -> set[str]:
        found = await self.every_tenant.find(
            {"legs.call_sid": {"$in": list(call_sids)}}, projection={"legs.call_sid": 1}
        )
        return {leg["call_sid"] for each in found for leg in each["legs"] if leg.get("call_sid")} & set(call_sids)

    async def waiting(self, tenant_id: str) -> list[Callback]:
        found = await self._callbacks.find(tenant_id, {"open": True}, projection={"steps": 0})
        return [_from_document(each) for each in found]


class MongoSettingsStore:
    """`ports.SettingsStore`: one document for each site, written by compare-and-set on its version."""

    def __init__(self, db: Database) -> None:
        self._settings = db.tenant_collection("calling_settings")

    async def load(self, tenant_id: str, site_id: str) -> CallingSettings | None:
        found = await self._settings.find_one(tenant_id, {"_id": site_id})
        return from_document(CallingSettings, found) if found else None

    async def save(self, tenant_id: str, site_id: str, settings: CallingSettings, expected_version: int) -> bool:
        document = to_document(settings)
        if expected_version == 0:
            try:
                await self._settings.insert_one(tenant_id, {"_id": site_id, **document})
            except DuplicateKey:
                return False
            return True
        return await self._settings.update_one(
            tenant_id, {"_id": site_id, "version": expected_version}, {"$set": document}
        )


def _to_document(callback: Callback) -> Document:
    document: Document = to_document(callback)
    document["_id"] = document.pop("id")
    document["open"] = callback.state not in TERMINAL
    return document


def _from_document(document: Document) -> Callback:
    document = dict(document)
    document["id"] = document.pop("_id")
    document["tenant_id"] = document.pop("tenant")
    return from_document(Callback, document)


def _one(document: Document | None) -> Callback | None:
    return _from_document(document) if document is not None else None
