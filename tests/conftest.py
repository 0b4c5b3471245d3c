"""What tests share: one real embedded mongod for the whole run, an empty database for each test, a clock we set."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from server.mongo import Database, open_database
from server.mongod import EmbeddedMongod
from tests.databases import databases_of
from tests.fakes import Clock, Ids

# A busy machine is slow, not wrong.
hypothesis.settings.register_profile("tests", deadline=None, derandomize=True)
# New examples at each run, for whoever looks for what nobody thought of: RINGBACK_EXAMPLES=new make test
hypothesis.settings.register_profile("new", deadline=None)
hypothesis.settings.load_profile(os.environ.get("RINGBACK_EXAMPLES", "tests"))


class SideBySide(LoadFileScheduling):
    """Whole files run side by side, but only one browser test at a time: they share a demo and a Chromium, and are half
    of all the work, so with two workers one is at them while the other does the rest."""

    def _split_scope(self, nodeid: str) -> str:
        return "in the browser" if nodeid.startswith("tests/e2e/") else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SideBySide | None:
    """With `-n`, this is the order of things."""
    return SideBySide(config, log)


def _in_memory() -> str | None:
    """A place for files in memory, if there is room: every write here waits for a disk otherwise. A kill loses nothing
    there either."""
    shared, gib = Path("/dev/shm"), 2**30
    if not os.access(shared, os.W_OK) or shutil.disk_usage(shared).free < 2 * gib:
        return None
    return str(shared) if os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") > 6 * gib else None


@pytest.fixture(scope="session")
def mongo_url() -> Iterator[str]:
    """The address of a real MongoDB that lives as long as the test run."""
    with tempfile.TemporaryDirectory(prefix="ringback-tests-", dir=_in_memory()) as folder:
        mongod = EmbeddedMongod(Path(folder))
        url = asyncio.run(mongod.start())
        # Documents of tests bear the date of a test's clock, long past on that of the database: it would delete them.
        databases_of(url).stop_deleting_what_expired()
        yield url
        databases_of(url).close()
        asyncio.run(mongod.stop())


@pytest.fixture
async def db(mongo_url: str) -> AsyncIterator[Database]:
    """An empty database for one test."""
    with databases_of(mongo_url).empty_one() as name:
        database = await open_database(mongo_url, name)
        yield database
        await database.close()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still until the test moves it."""
    return Clock()


@pytest.fixture
def ids() -> Ids:
    """Ids in order: id-1, id-2, ..."""
    return Ids()
