"""Virtual time: every ring, wait and timeout of the carrier is counted on this clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

MAX_RATE = 1000.0
_DUST_S = 1e-6


class VirtualClock:
    """A clock that runs `rate` virtual seconds per real second. Rate 0 stands still until `advance`.

    While something outside is waited for (`outside`) it runs at most as fast as real time.
    """

    def __init__(
        self,
        rate: float = 1.0,
        start: datetime | None = None,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self._real = real
        self._rate = check_rate(rate)
        self._start = start or datetime.now(UTC)
        self._virtual_then = 0.0
        self._real_then = real()
        self._changed = asyncio.Event()
        self._outside = 0

    @property
    def rate(self) -> float:
        return self._rate

    def seconds(self) -> float:
        """Return the virtual seconds since this clock was made. Never runs backwards."""
        return self._virtual_then + (self._real() - self._real_then) * self._pace

    @property
    def _pace(self) -> float:
        """What a second is worth now."""
        return min(self._rate, 1.0) if self._outside else self._rate

    def now(self) -> datetime:
        """Return the virtual time, UTC."""
        return self._start + timedelta(seconds=self.seconds())

    def set_rate(self, rate: float) -> None:
        """Change the speed from now on; everything that waits is counted anew.

        Raises:
            ValueError: rate is below 0 or above 1000.
        """
        checked = check_rate(rate)
        self._anchor(self.seconds())
        self._rate = checked
        self._wake()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Slow down to real time meanwhile: whoever is waited for lives in it.

        At twenty times the speed, a server that stops for half a second would otherwise be ten seconds late.
        """
        self._wait_outside(1)
        try:
            yield
        finally:
            self._wait_outside(-1)

    def _wait_outside(self, change: int) -> None:
        now, pace = self.seconds(), self._pace
        self._outside += change
        if self._pace != pace:
            self._anchor(now)
            self._wake()

    def advance(self, seconds: float) -> None:
        """Jump forward. What was due in between happens at once, in no promised order.

        Raises:
            ValueError: seconds is negative.
        """
        if seconds < 0:
            raise ValueError("a clock is not put back")
        self._anchor(self.seconds() + seconds)
        self._wake()

    async def sleep(self, seconds: float) -> None:
        await self.sleep_until(self.seconds() + seconds)

    async def sleep_until(self, at: float) -> None:
        """Wait until `seconds()` is at least `at`."""
        while (left := at - self.seconds()) > _DUST_S:
            changed = self._changed
            try:
                async with asyncio.timeout(left / self._pace if self._pace > 0 else None):
                    await changed.wait()
            except TimeoutError:
                pass

    async def first(self, timeout_s: float | None, *futures: asyncio.Future[Any]) -> bool:
        """Wait for one of the futures, at most `timeout_s` virtual seconds (None: for ever).

        Returns:
            True when a future is done, False when the time ran out. The futures are left as they are.
        """
        if any(future.done() for future in futures):
            return True
        timer = asyncio.ensure_future(self.sleep(timeout_s)) if timeout_s is not None else None
        try:
            await asyncio.wait({*futures, timer} if timer else set(futures), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if timer:
                timer.cancel()
        return any(future.done() for future in futures)

    def _anchor(self, virtual: float) -> None:
        self._virtual_then = virtual
        self._real_then = self._real()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def check_rate(rate: float) -> float:
    if not 0 <= rate <= MAX_RATE:
        raise ValueError(f"the rate is a number from 0 to {MAX_RATE:g}")
    return float(rate)
