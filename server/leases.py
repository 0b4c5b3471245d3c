"""Durable work: claim a due document, keep it alive, write under its fence, release it.

The database's clock decides, never a server's. A claim raises the document's `fence`; every later write of the worker
carries the fence it got (`Lease.held`), so a worker that was frozen and lost its claim changes nothing any more.
Fields used in the document: `lease_until` (date), `lease_owner` (text), `fence` (integer).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from server.errors import AppError
from server.mongo import Document, Filter, GlobalCollection, Sort

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


class LeaseLost(Exception):  # noqa: N818
    """Somebody else has the document now; stop working on it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim. `document` is what it looked like when it was claimed."""

    id: str
    tenant_id: str
    fence: int
    document: Document

    @property
    def held(self) -> Document:
        """The filter of every write under this claim; it matches nothing once the claim is lost."""
        return {"_id": self.id, "fence": self.fence}


class Leases:
    """Claims on the documents of one collection.

    Args:
        collection: `db.global_collection(...)` or `store.every_tenant()`; a server works for all tenants.
        owner: this server's name, for people who look into the database.
        for_s: seconds after which a claim that was not renewed is free again.
    """

    def __init__(
        self, collection: GlobalCollection, *, owner: str, for_s: float = 30.0, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._collection = collection
        self._owner = owner
        self._for_s = for_s
        self._sleep = sleep

    async def claim(self, due: Filter, *, sort: Sort | None = None) -> Lease | None:
        """Claim one document that matches `due` and that nobody holds; None when there is none.

        Of many workers that ask at once, each document goes to one. `due` has no `$expr` of its own.
        """
        free = {"$expr": {"$lt": ["$lease_until", "$$NOW"]}}  # a missing date is smaller than any date
        taken = await self._collection.find_one_and_update(
            {**due, **free},
            [
                {
                    "$set": {
                        "lease_until": self._end(),
                        "lease_owner": {"$literal": self._owner},
                        "fence": {"$add": [{"$ifNull": ["$fence", 0]}, 1]},
                    }
                }
            ],
            sort=sort,
        )
        if taken is None:
            return None
        return Lease(str(taken["_id"]), str(taken.get("tenant", "")), int(taken["fence"]), taken)

    async def renew(self, lease: Lease) -> None:
        """Start the claim's time anew.

        Raises:
            LeaseLost: somebody claimed the document meanwhile, or it is gone.
        """
        if not await self._collection.update_one(lease.held, [{"$set": {"lease_until": self._end()}}]):
            raise LeaseLost(lease.id)

    async def release(self, lease: Lease, changes: Document | None = None) -> None:
        """Let go, and set the fields of `changes` in the same write.

        Raises:
            LeaseLost: it was lost before; nothing is changed.
        """
        update: Document = {"$unset": {"lease_until": "", "lease_owner": ""}}
        if changes:
            update["$set"] = changes
        if not await self._collection.update_one(lease.held, update):
            raise LeaseLost(lease.id)

    async def holding(self, lease: Lease, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` and renew the claim every third of its time meanwhile; release stays the caller's.

        Raises:
            LeaseLost: the claim was lost; `work` was cancelled.
        """
        worker = asyncio.ensure_future(work)
        keeper = asyncio.ensure_future(self._keep(lease))
        try:
            await asyncio.wait({worker, keeper}, return_when=asyncio.FIRST_COMPLETED)
            if not worker.done():
                worker.cancel()
                await asyncio.wait({worker})
                if worker.cancelled():
                    keeper.result()
            return worker.result()
        finally:
            worker.cancel()
            keeper.cancel()
            await asyncio.gather(worker, keeper, return_exceptions=True)

    async def _keep(self, lease: Lease) -> None:
        while True:
            await self._sleep(self._for_s / 3)
            try:
                await self.renew(lease)
            except AppError:
                continue  # the database is away for a moment; the fence decides when it is back

    def _end(self) -> Document:
        amount = int(self._for_s * 1000)
        return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": amount}}
