from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.mongo import Database
from tests.integration.triggers.world import World, running


@pytest.fixture
async def world(db: Database) -> AsyncIterator[World]:
    async with running(db) as world:
        yield world
