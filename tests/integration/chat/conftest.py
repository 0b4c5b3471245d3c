from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.mongo import Database
from tests.fakes import Clock
from tests.integration.chat.world import INDEXES, Server, start_server


@pytest.fixture
async def server(db: Database, clock: Clock) -> AsyncIterator[Server]:
    await db.ensure_indexes(INDEXES)
    server = start_server(db, clock)
    yield server
    await server.close()


@pytest.fixture
async def other_server(server: Server, db: Database, clock: Clock) -> AsyncIterator[Server]:
    """A second process on the same database."""
    other = start_server(db, clock)
    yield other
    await other.close()
