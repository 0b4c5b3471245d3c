"""The database: the only module (beside mongod.py, which sets up the embedded one) that imports the driver's client.

Values in and out are plain dicts with UTC datetimes; nothing of the driver leaves. Every write waits for the majority
and the journal, every read sees only what the majority has. A call that the database did not answer in time raises
AppError("unavailable"): for a write this means "unknown", so callers repeat it under the same key. What the driver's
successor (PyMongo's own async API) lacks is not used here; see docs/decisions.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import pkgutil
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

# Motor reads this at import. Its default, five threads a core, is few when callers wait for journal writes together.
os.environ.setdefault("MOTOR_MAX_WORKERS", "32")

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import IndexModel
from pymongo.errors import OperationFailure, PyMongoError

from server.errors import AppError
from server.mongo_collections import (
    TRANSACTION,
    Document,
    DuplicateKey,
    Filter,
    GlobalCollection,
    Sort,
    TenantCollection,
    Update,
    translated,
)

__all__ = [
    "Change",
    "Changes",
    "Database",
    "Document",
    "DuplicateKey",
    "Filter",
    "GlobalCollection",
    "Index",
    "Sort",
    "TenantCollection",
    "Update",
    "open_database",
]

SERVER_SELECTION_MS = 3_000
WRITE_TIMEOUT_MS = 5_000
SOCKET_TIMEOUT_MS = 10_000
POOL_SIZE = 256
TRANSACTION_TRIES = 20
TRANSACTION_WAIT_S = 0.02

T = TypeVar("T")

# IndexOptionsConflict and IndexKeySpecsConflict of MongoDB's error codes.
_INDEX_CHANGED = frozenset({85, 86})
# Unauthorized, AuthenticationFailed.
_NO_ENTRY = frozenset({13, 18})


@dataclass(frozen=True, slots=True)
class Index:
    """An index, declared beside the store that needs it.

    Args:
        keys: (field, 1 or -1) in order.
        name: what it is for, such as "one_copy_per_client_message"; DuplicateKey carries it.
        partial: only documents that match are in it.
        expire_after_s: documents go this many seconds after the date in the single key.
    """

    collection: str
    keys: tuple[tuple[str, int], ...]
    name: str
    unique: bool = False
    partial: Filter | None = None
    expire_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a document, told by the database. `document` is None when it is gone."""

    collection: str
    id: Any
    document: Document | None


class DatabaseUnusable(Exception):  # noqa: N818
    """The database cannot be used as it is. The text is one sentence for the person who started the server."""


async def open_database(url: str, name: str = "ringback") -> Database:
    """Connect to a replica set.

    Raises:
        AppError: unavailable, when nobody answers within 3 s.
        DatabaseUnusable: it answers, but cannot be used as it is.
    """
    client: Any = AsyncIOMotorClient(
        url,
        io_loop=asyncio.get_running_loop(),
        appname="ringback",
        serverSelectionTimeoutMS=SERVER_SELECTION_MS,
        connectTimeoutMS=SERVER_SELECTION_MS,
        socketTimeoutMS=SOCKET_TIMEOUT_MS,
        maxPoolSize=POOL_SIZE,
        retryWrites=True,
        retryReads=True,
        w="majority",
        journal=True,
        wTimeoutMS=WRITE_TIMEOUT_MS,
        readConcernLevel="majority",
        tz_aware=True,
    )
    database = Database(client, name)
    try:
        with translated():
            told = await client.admin.command("hello")
            await client[name].command("ping")
    except OperationFailure as refused:
        await database.close()
        if refused.code in _NO_ENTRY:
            raise DatabaseUnusable("The database refuses the user or the password in RINGBACK_MONGODB_URL.") from None
        raise
    except BaseException:
        await database.close()
        raise
    if "setName" not in told and told.get("msg") != "isdbgrid":
        await database.close()
        raise DatabaseUnusable("The MongoDB of RINGBACK_MONGODB_URL is no replica set: make it one, of one member.")
    return database


class Database:
    """One database of a MongoDB replica set. Make it with `open_database`."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._db = client[name]
        self.name = name

    def tenant_collection(self, name: str) -> TenantCollection:
        """Return the collection whose every document belongs to a tenant."""
        return TenantCollection(self._db[name])

    def global_collection(self, name: str) -> GlobalCollection:
        """Return a collection without tenants; each use says why it has none."""
        return GlobalCollection(self._db[name])

    async def ensure_indexes(self, indexes: Iterable[Index]) -> None:
        """Make the indexes that are missing. Safe to run twice and by several servers at once.

        An index whose definition changed under the same name is made anew.
        """
        by_collection: dict[str, list[IndexModel]] = {}
        for index in indexes:
            options: dict[str, Any] = {"name": index.name}
            if index.unique:
                options["unique"] = True
            if index.partial is not None:
                options["partialFilterExpression"] = dict(index.partial)
            if index.expire_after_s is not None:
                options["expireAfterSeconds"] = index.expire_after_s
            by_collection.setdefault(index.collection, []).append(IndexModel(list(index.keys), **options))
        with translated():
            await asyncio.gather(*(self._create_indexes(name, models) for name, models in by_collection.items()))

    async def _create_indexes(self, collection: str, models: list[IndexModel]) -> None:
        try:
            await self._db[collection].create_indexes(models)
        except OperationFailure as conflict:
            if conflict.code not in _INDEX_CHANGED:
                raise
            # A newer version keys an index of this name in another way: take the old one away, one at a time.
            for model in models:
                try:
                    await self._db[collection].create_indexes([model])
                except OperationFailure as one:
                    if one.code not in _INDEX_CHANGED:
                        raise
                    await self._db[collection].drop_index(model.document["name"])
                    await self._db[collection].create_indexes([model])

    async def migrate(self) -> list[str]:
        """Run the migrations that this database has not seen, in order. Returns their names."""
        import server.migrations as package

        done = {row["_id"] for row in await self.global_collection("migrations").find({})}  # the database's own log
        names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if re.match(r"\d{4}_", m.name))
        ran = []
        for name in names:
            if name in done:
                continue
            await importlib.import_module(f"{package.__name__}.{name}").up(self)
            try:
                await self.global_collection("migrations").insert_one({"_id": name})
            except DuplicateKey:
                pass  # another server ran it at the same time; each is safe to run twice
            ran.append(name)
        return ran

    async def ping(self, timeout_s: float = 1.0) -> bool:
        """Return whether a primary answers within `timeout_s` seconds. Never raises for the database."""
        try:
            told = await asyncio.wait_for(self._client.admin.command("hello"), timeout_s)
        except (TimeoutError, PyMongoError):
            return False
        return bool(told.get("isWritablePrimary"))

    async def together(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work`: what its calls write happens as a whole or not at all, and they see one state of the data.

        It may run several times: another transaction that writes the same documents makes this one begin anew. Nothing
        else may be done inside it than to ask and to write.
        """
        for tries in range(TRANSACTION_TRIES):
            try:
                return await self._together(work)
            except AppError as problem:
                if not _got_in_the_way(problem) or tries + 1 == TRANSACTION_TRIES:
                    raise
            await asyncio.sleep(TRANSACTION_WAIT_S)
        raise AppError("unavailable")

    async def _together(self, work: Callable[[], Awaitable[T]]) -> T:
        with translated():
            session = await self._client.start_session()
        async with session:
            token = TRANSACTION.set(session)
            try:
                with translated():
                    async with session.start_transaction():
                        return await work()
            finally:
                TRANSACTION.reset(token)

    def changes(self, collections: Sequence[str]) -> Changes:
        """Return the stream of changes of these collections, from its `open` on."""
        return Changes(self._db, collections)

    async def drop(self) -> None:
        """Delete the whole database. For tests and for `ringback demo --fresh`."""
        with translated():
            await self._client.drop_database(self.name)

    async def close(self) -> None:
        """End all connections; a second call does nothing."""
        self._client.close()


def _got_in_the_way(problem: AppError) -> bool:
    cause = problem.__cause__
    return isinstance(cause, PyMongoError) and cause.has_error_label("TransientTransactionError")


class Changes:
    """A change stream: `async with db.changes([...]) as stream: ... async for change in stream`.

    It is open, so that nothing after that is missed, once `async with` was entered. It ends by AppError("unavailable")
    when the database went away for longer than the driver's own retry; the caller opens a new one and loads afresh.
    """

    def __init__(self, db: Any, collections: Sequence[str]) -> None:
        self._db = db
        self._collections = list(collections)
        self._stream: Any = None

    async def __aenter__(self) -> Changes:
        self._stream = self._db.watch(
            [{"$match": {"ns.coll": {"$in": self._collections}}}],
            full_document="updateLookup",
            max_await_time_ms=250,
        )
        await self._advance()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        try:
            await self._stream.close()
        except PyMongoError:
            pass  # it is gone already

    async def _advance(self) -> None:
        try:
            self._seen = await self._stream.try_next()
        except PyMongoError as problem:
            # Also what the driver cannot resume, such as a history that was lost: loading afresh mends all of it.
            raise AppError("unavailable") from problem

    async def __aiter__(self) -> AsyncIterator[Change]:
        while True:
            told, self._seen = self._seen, None
            if told is not None:
                if told["operationType"] in ("insert", "update", "replace", "delete"):
                    yield Change(told["ns"]["coll"], told["documentKey"]["_id"], told.get("fullDocument"))
                elif told["operationType"] == "invalidate":
                    raise AppError("unavailable")
            await self._advance()
