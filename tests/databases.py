"""Databases for tests. Making all indexes takes longer than most tests, so one that a test is done with is emptied and
given to the next, indexes and all. A test about indexes takes one of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from pymongo import MongoClient


class Databases:
    """Names of databases on one MongoDB, for one process of tests."""

    def __init__(self, url: str) -> None:
        self._client: MongoClient[dict[str, Any]] = MongoClient(url)
        self._spare: list[str] = []

    @contextmanager
    def empty_one(self) -> Iterator[str]:
        """Lend the name of a database without a document. Whoever writes to it has to stop before it is given back."""
        name = self._spare.pop() if self._spare else f"test_{secrets.token_hex(6)}"
        try:
            yield name
        finally:
            database = self._client[name]
            for collection in database.list_collection_names(filter={"type": "collection"}):
                if not collection.startswith("system."):
                    database[collection].delete_many({})
            self._spare.append(name)

    def stop_deleting_what_expired(self) -> None:
        """Turn off the thread of the database that deletes documents by the time of its own clock."""
        self._client.admin.command("setParameter", 1, ttlMonitorEnabled=False)

    def close(self) -> None:
        self._client.close()


@cache
def databases_of(url: str) -> Databases:
    """Return the databases of a MongoDB that lives as long as this process."""
    return Databases(url)
