from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.mongo import Database
from tests.integration.surveys.world import World, world_on


@pytest.fixture
async def world(db: Database) -> AsyncIterator[World]:
    async with world_on(db) as world:
        yield world
