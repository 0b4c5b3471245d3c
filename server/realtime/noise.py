"""Log lines that strangers can cause: at most a few a second, so that nobody can fill a disk with them."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from server.limits import FULL, Limit, take

LINES = Limit(per_s=10, burst=200)

log = structlog.get_logger("realtime")


class Noise:
    """One per process. What is left out here is still in the counters."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._bucket = FULL

    def line(self, event: str, **facts: object) -> None:
        """Log one line without a traceback, unless there were too many of late."""
        self._bucket, wait_s = take(self._bucket, LINES, self._clock())
        if wait_s == 0:
            log.info(event, **facts)
