"""One carrier with its customer for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.carrier.world import World, world


@pytest.fixture
async def carrier() -> AsyncIterator[World]:
    async with world() as made:
        yield made
