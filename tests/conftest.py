"""What tests share: one real embedded mongod for the whole run, a fresh database for each test, a clock we set."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from server.mongo import Database, open_database
from server.mongod import EmbeddedMongod
from tests.fakes import Clock, Ids

# A busy machine is slow, not wrong.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


# These are long, so they begin early, each group on one server of its own: one test of calls at a time, for they run on
# clocks many times as fast as ours, and browser tests share a demo. All of them wait more than they work.
TOGETHER = {
    "tests/integration/callback/": "calls",
    "tests/integration/carrier/": "calls",
    "tests/integration/process/": "calls",
    "tests/e2e/test_callback.py": "people in the browser",
    "tests/e2e/test_chat.py": "people in the browser",
    "tests/e2e/test_blocking": "people in the browser",
    "tests/e2e/test_interruptions.py": "people in the browser",
    "tests/e2e/test_invitations.py": "people in the browser",
    "tests/e2e/test_people.py": "people in the browser",
    "tests/e2e/": "screens in the browser",
}


class SideBySide(LoadFileScheduling):
    """Whole files run side by side, or the groups of `TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        found = (group for start, group in TOGETHER.items() if nodeid.startswith(start))
        return next(found, None) or super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SideBySide | None:
    """With `-n`, this is the order of things."""
    return SideBySide(config, log)


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
