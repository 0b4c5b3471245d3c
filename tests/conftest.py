"""What tests share: one real embedded mongod for the whole run, a fresh database for each test, a clock we set."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from server.mongo import Database, open_database
from server.mongod import EmbeddedMongod
from tests.fakes import Clock, Ids

# A busy machine is slow, not wrong.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


@pytest.fixture(scope="session")
def mongo_url() -> Iterator[str]:
    """The address of a real MongoDB that lives as long as the test run."""
    with tempfile.TemporaryDirectory(prefix="ringback-tests-") as folder:
        mongod = EmbeddedMongod(Path(folder))
        url = asyncio.run(mongod.start())
        yield url
        asyncio.run(mongod.stop())


@pytest.fixture
async def db(mongo_url: str) -> AsyncIterator[Database]:
    """An empty database for one test."""
    database = await open_database(mongo_url, f"test_{secrets.token_hex(6)}")
    yield database
    await database.drop()
    await database.close()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until the test moves it."""
    return Clock()


@pytest.fixture
def ids() -> Ids:
    """Ids in order: id-1, id-2, ..."""
    return Ids()
