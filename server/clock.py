"""Time comes in as a function, so that rules and tests own it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time with the UTC zone attached."""
    return datetime.now(UTC)


def to_ms(moment: datetime) -> int:
    """Return `moment` as milliseconds since the Unix epoch, as the wire has it."""
    return int(moment.timestamp() * 1000)


def from_ms(at_ms: int) -> datetime:
    """Return the UTC time of milliseconds since the Unix epoch."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)
