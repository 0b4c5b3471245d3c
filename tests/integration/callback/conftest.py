"""One stage for each test: carrier at 20 times our speed, a server, a database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.callback.world import Stage, a_stage


@pytest.fixture
async def stage(mongo_url: str) -> AsyncIterator[Stage]:
    async with a_stage(mongo_url) as made:
        yield made
