"""Time for a carrier in the test's own process, whose seconds are worth many of ours."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

TICK_S = 0.01
MOST_S = 0.05


@asynccontextmanager
async def awake_time() -> AsyncIterator[Callable[[], float]]:
    """Count only the seconds in which this process ran.

    A machine that is busy with others stops a process for a second now and then. On a clock that runs twenty times as
    fast, phones would have rung for twenty seconds in which nobody could act, and given up.
    """
    counted, then = 0.0, time.monotonic()

    def seconds() -> float:
        nonlocal counted, then
        now = time.monotonic()
        counted, then = counted + min(now - then, MOST_S), now
        return counted

    async def tick() -> None:
        while True:
            seconds()
            await asyncio.sleep(TICK_S)

    ticking = asyncio.ensure_future(tick())
    try:
        yield seconds
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
