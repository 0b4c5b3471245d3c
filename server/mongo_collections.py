"""Collections of documents: with a tenant put into everything (`TenantCollection`) or without (`GlobalCollection`).

Stores get theirs from `mongo.Database`; what this module raises is in the classes' docstrings.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from pymongo import InsertOne, ReturnDocument, UpdateOne
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    WriteConcernError,
    WTimeoutError,
)

from server.errors import AppError

Document = dict[str, Any]
Filter = Mapping[str, Any]
Update = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Sort = Sequence[tuple[str, int]]
T = TypeVar("T")
TENANT = "tenant"
TRANSACTION: ContextVar[Any] = ContextVar("transaction", default=None)
"""The driver's session of `Database.together`, for all calls that are made inside it."""


class DuplicateKey(Exception):  # noqa: N818
    """A unique index holds such a document already.

    Args:
        index: the name of the index, as its `Index` has it; "_id_" for the id.
    """

    def __init__(self, index: str) -> None:
        super().__init__(index)
        self.index = index


class GlobalCollection:
    """A collection whose filters and documents are taken as they are.

    All methods raise AppError("unavailable") when the database does not answer in time; writes raise DuplicateKey when
    a unique index refuses them.
    """

    def __init__(self, collection: Any) -> None:
        self._raw = collection
        self.name: str = collection.name

    async def find_one(
        self, filter: Filter, *, projection: Mapping[str, int] | None = None, sort: Sort | None = None
    ) -> Document | None:
        with translated():
            found: Document | None = await self._raw.find_one(
                filter, projection, sort=list(sort) if sort else None, session=TRANSACTION.get()
            )
        return found

    async def find(
        self,
        filter: Filter,
        *,
        sort: Sort | None = None,
        limit: int = 0,
        projection: Mapping[str, int] | None = None,
    ) -> list[Document]:
        """Return all that match, or the first `limit` of them when it is above 0."""
        cursor = self._raw.find(
            filter, projection, sort=list(sort) if sort else None, limit=limit, session=TRANSACTION.get()
        )
        with translated():
            found: list[Document] = await cursor.to_list(None)
        return found

    async def count(self, filter: Filter) -> int:
        with translated():
            return int(await self._raw.count_documents(filter, session=TRANSACTION.get()))

    async def aggregate(
        self, pipeline: Sequence[Mapping[str, Any]], *, max_time_ms: int | None = None
    ) -> list[Document]:
        """Run a pipeline. Raises AppError("unavailable") when it takes longer than `max_time_ms`."""
        limits = {} if max_time_ms is None else {"maxTimeMS": max_time_ms}
        with translated():
            found: list[Document] = await self._raw.aggregate(
                list(pipeline), session=TRANSACTION.get(), **limits
            ).to_list(None)
        return found

    async def insert_one(self, document: Document) -> None:
        await _write(self._raw.insert_one(document, session=TRANSACTION.get()))

    async def insert_many(self, documents: Sequence[Document]) -> dict[int, DuplicateKey]:
        """Insert all that fit, in one round trip. Returns the refused ones: position -> DuplicateKey.

        Raises:
            AppError: unavailable; which of them were written is unknown.
        """
        return await self._bulk([InsertOne(document) for document in documents])

    async def update_one(self, filter: Filter, update: Update, *, upsert: bool = False) -> bool:
        """Return whether a document matched or, with `upsert`, was made."""
        told = await _write(self._raw.update_one(filter, update, upsert=upsert, session=TRANSACTION.get()))
        return bool(told.matched_count or told.upserted_id is not None)

    async def update_many(self, filter: Filter, update: Update) -> int:
        """Return how many matched."""
        return int((await _write(self._raw.update_many(filter, update, session=TRANSACTION.get()))).matched_count)

    async def find_one_and_update(
        self,
        filter: Filter,
        update: Update,
        *,
        sort: Sort | None = None,
        projection: Mapping[str, int] | None = None,
        upsert: bool = False,
        before: bool = False,
    ) -> Document | None:
        """Return the document after the update (as it was before with `before`); None when none matched."""
        found: Document | None = await _write(
            self._raw.find_one_and_update(
                filter,
                update,
                projection=projection,
                sort=list(sort) if sort else None,
                upsert=upsert,
                return_document=ReturnDocument.BEFORE if before else ReturnDocument.AFTER,
                session=TRANSACTION.get(),
            )
        )
        return found

    async def bulk_update(self, updates: Sequence[tuple[Filter, Update]]) -> dict[int, DuplicateKey]:
        """Update one document for each pair, in any order, in one round trip.

        Returns the refused ones: position -> DuplicateKey.
        """
        return await self._bulk([UpdateOne(filter, update) for filter, update in updates])

    async def delete_one(self, filter: Filter) -> bool:
        """Return whether a document was there."""
        return bool((await _write(self._raw.delete_one(filter, session=TRANSACTION.get()))).deleted_count)

    async def delete_many(self, filter: Filter) -> int:
        """Return how many were deleted."""
        return int((await _write(self._raw.delete_many(filter, session=TRANSACTION.get()))).deleted_count)

    async def _bulk(self, writes: list[Any]) -> dict[int, DuplicateKey]:
        if not writes:
            return {}
        try:
            await _write(self._raw.bulk_write(writes, ordered=False, session=TRANSACTION.get()))
        except _PartlyWritten as partly:
            return partly.refused
        return {}


class TenantCollection:
    """A collection whose every document belongs to one tenant.

    The tenant comes first in every call and is put into every filter and document here; a filter, document or update
    that names it itself is our bug and raises ValueError. Otherwise as GlobalCollection.
    """

    def __init__(self, collection: Any) -> None:
        self._all = GlobalCollection(collection)
        self.name = self._all.name

    def every_tenant(self) -> GlobalCollection:
        """Return the same documents without the tenant's filter, for work that belongs to the whole server.

        For claims of due work, recovery and the directory; never for anything that a request decides about.
        """
        return self._all

    async def find_one(
        self, tenant_id: str, filter: Filter, *, projection: Mapping[str, int] | None = None, sort: Sort | None = None
    ) -> Document | None:
        return await self._all.find_one(_scoped(tenant_id, filter), projection=projection, sort=sort)

    async def find(
        self,
        tenant_id: str,
        filter: Filter,
        *,
        sort: Sort | None = None,
        limit: int = 0,
        projection: Mapping[str, int] | None = None,
    ) -> list[Document]:
        return await self._all.find(_scoped(tenant_id, filter), sort=sort, limit=limit, projection=projection)

    async def count(self, tenant_id: str, filter: Filter) -> int:
        return await self._all.count(_scoped(tenant_id, filter))

    async def aggregate(
        self, tenant_id: str, pipeline: Sequence[Mapping[str, Any]], *, max_time_ms: int | None = None
    ) -> list[Document]:
        """Run a pipeline over the tenant's documents; stages that reach into other collections are refused."""
        for stage in pipeline:
            if stage.keys() & {"$lookup", "$graphLookup", "$unionWith", "$out", "$merge", "$facet"}:
                raise ValueError(f"a tenant's pipeline may not use {next(iter(stage))}")
        return await self._all.aggregate([{"$match": _scoped(tenant_id, {})}, *pipeline], max_time_ms=max_time_ms)

    async def insert_one(self, tenant_id: str, document: Document) -> None:
        await self._all.insert_one(_scoped(tenant_id, document))

    async def insert_many(self, tenant_id: str, documents: Sequence[Document]) -> dict[int, DuplicateKey]:
        return await self._all.insert_many([_scoped(tenant_id, document) for document in documents])

    async def insert_batch(self, documents: Sequence[tuple[str, Document]]) -> dict[int, DuplicateKey]:
        """Like insert_many, for (tenant id, document) pairs of several tenants: one journal write for all of them."""
        return await self._all.insert_many([_scoped(tenant_id, document) for tenant_id, document in documents])

    async def update_one(self, tenant_id: str, filter: Filter, update: Update, *, upsert: bool = False) -> bool:
        return await self._all.update_one(_scoped(tenant_id, filter), _without_tenant(update), upsert=upsert)

    async def update_many(self, tenant_id: str, filter: Filter, update: Update) -> int:
        return await self._all.update_many(_scoped(tenant_id, filter), _without_tenant(update))

    async def find_one_and_update(
        self,
        tenant_id: str,
        filter: Filter,
        update: Update,
        *,
        sort: Sort | None = None,
        projection: Mapping[str, int] | None = None,
        upsert: bool = False,
        before: bool = False,
    ) -> Document | None:
        return await self._all.find_one_and_update(
            _scoped(tenant_id, filter),
            _without_tenant(update),
            sort=sort,
            projection=projection,
            upsert=upsert,
            before=before,
        )

    async def bulk_update(self, tenant_id: str, updates: Sequence[tuple[Filter, Update]]) -> dict[int, DuplicateKey]:
        return await self._all.bulk_update([(_scoped(tenant_id, f), _without_tenant(u)) for f, u in updates])

    async def update_batch(self, updates: Sequence[tuple[str, Filter, Update]]) -> dict[int, DuplicateKey]:
        """Like bulk_update, for (tenant id, filter, update) of several tenants."""
        return await self._all.bulk_update([(_scoped(t, f), _without_tenant(u)) for t, f, u in updates])

    async def delete_one(self, tenant_id: str, filter: Filter) -> bool:
        return await self._all.delete_one(_scoped(tenant_id, filter))

    async def delete_many(self, tenant_id: str, filter: Filter) -> int:
        return await self._all.delete_many(_scoped(tenant_id, filter))


class _PartlyWritten(Exception):  # noqa: N818
    """Unique indexes refused some writes of a bulk; the others are written."""

    def __init__(self, refused: dict[int, DuplicateKey]) -> None:
        super().__init__(f"{len(refused)} refused")
        self.refused = refused


def _scoped(tenant_id: str, given: Filter) -> Document:
    if not isinstance(tenant_id, str) or not tenant_id:
        raise ValueError("a tenant id is a string that is not empty")
    _refuse_tenant(given)
    return {TENANT: tenant_id, **given}


def _refuse_tenant(given: Filter) -> None:
    for key, value in given.items():
        if key.partition(".")[0] == TENANT:
            raise ValueError("the collection puts the tenant in itself")
        if key in ("$or", "$and", "$nor"):
            for part in value:
                _refuse_tenant(part)


def _without_tenant(update: Update) -> Update:
    stages = [update] if isinstance(update, Mapping) else update
    for stage in stages:
        for operator, fields in stage.items():
            if not operator.startswith("$") or operator in ("$replaceWith", "$replaceRoot"):
                raise ValueError("an update changes fields; it never replaces the document")
            if TENANT in (fields if isinstance(fields, (Mapping, list)) else [fields]):
                raise ValueError("a document never moves to another tenant")
    return update


async def _write(operation: Awaitable[T]) -> T:
    """Wait for a write; when the caller is cancelled it still runs to its end, so nothing is half known."""
    running = asyncio.ensure_future(operation)
    with translated():
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            running.add_done_callback(_forget)
            raise


def _forget(done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()  # nobody waits for it any more; without this asyncio would report it


# A database that was killed and is back may not have read its own keys yet when it is asked; it has a moment later.
_KEY_NOT_FOUND = 211


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into ours. What is left is a bug of ours."""
    try:
        yield
    except DuplicateKeyError as problem:
        raise _duplicate(str(problem)) from None
    except BulkWriteError as problem:
        raise _bulk_problem(problem.details) from None
    except (ConnectionFailure, ExecutionTimeout, WTimeoutError, WriteConcernError) as problem:
        raise AppError("unavailable") from problem
    except InvalidOperation as problem:
        if "after close" not in str(problem):
            raise
        raise AppError("unavailable") from problem  # the server is stopping
    except OperationFailure as problem:
        passes = problem.has_error_label("RetryableWriteError") or problem.has_error_label("TransientTransactionError")
        if passes or problem.code == _KEY_NOT_FOUND:
            raise AppError("unavailable") from problem
        raise


def _bulk_problem(details: Mapping[str, Any] | None) -> Exception:
    told = details or {}
    errors = told.get("writeErrors", [])
    if told.get("writeConcernErrors") or not errors:
        return AppError("unavailable")
    others = [error for error in errors if error.get("code") != 11000]
    if others:
        return RuntimeError(f"bulk write refused: {others[0].get('errmsg')}")
    return _PartlyWritten({int(error["index"]): _duplicate(str(error.get("errmsg"))) for error in errors})


def _duplicate(message: str) -> DuplicateKey:
    found = re.search(r"index: (\S+)", message)
    return DuplicateKey(found[1] if found else "unknown")
