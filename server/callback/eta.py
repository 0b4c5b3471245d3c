"""An honest promise (pure): how long until the phone rings, from measured calls and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEAST_SAMPLES = 30
LEAST_LATER = 8
TARGET = 0.8
STEP = 0.02


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds from now: what to show, and the range around it."""

    eta_s: int
    low_s: int
    high_s: int


def quantile(values: Sequence[float], q: float) -> float:
    """Return the smallest measured value that at least `q` of all values do not exceed. `values` is not empty."""
    ordered = sorted(values)
    place = min(len(ordered) - 1, max(0, -(-int(q * len(ordered) * 1000) // 1000) - 1))
    return ordered[place]


def estimate(samples_s: Sequence[float], elapsed_s: float = 0.0, q: float = TARGET) -> Estimate | None:
    """Return how long it still takes after `elapsed_s` seconds of waiting.

    Returns:
        None when fewer than 30 calls were measured, or too few took longer than the wait so far: then nothing honest
        can be said. Never a negative number.
    """
    if len(samples_s) < LEAST_SAMPLES:
        return None
    later = [sample - elapsed_s for sample in samples_s if sample > elapsed_s]
    if len(later) < (LEAST_SAMPLES if elapsed_s <= 0 else LEAST_LATER):
        return None
    low, high = quantile(later, 0.5), quantile(later, max(0.9, q))
    shown = min(max(quantile(later, q), low), high)
    return Estimate(_up(shown), int(low), _up(high))


def _up(value: float) -> int:
    return int(value) if value == int(value) else int(value) + 1


def calibrate(q: float, hit: bool) -> float:
    """Return the quantile to use next, after a promise was kept or missed; it settles where 80 % are kept."""
    return min(0.99, max(0.5, q + STEP * (TARGET - (1.0 if hit else 0.0))))
