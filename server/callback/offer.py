"""What a site offers at a moment (pure): a call now, a call later, or only a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.callback import hours
from server.callback.model import CallingSettings
from server.clock import to_ms
from server.errors import AppError

OFFERED_FOR = timedelta(days=14)
OFFERED_OPENINGS = 40


@dataclass(frozen=True, slots=True)
class Offer:
    """What can honestly be said about a callback right now.

    Args:
        opens_at: the next opening while it is closed, None when it never opens.
        closed: what is offered while it is closed (schedule, message, hide), None while it is open.
        opens_offset_min: minutes by which the site's clocks are ahead of UTC at `opens_at`.
        openings: when a call can be asked for in the coming two weeks; None means at any time.
    """

    offered: bool
    eta_s: int | None
    opens_at: datetime | None
    closed: str | None = None
    opens_offset_min: int | None = None
    openings: tuple[hours.Moments, ...] | None = None


def opening_of(settings: CallingSettings, now: datetime) -> Offer:
    """Return what the hours alone say about an offer."""
    if settings.hours is None:
        return Offer(False, None, None)
    opens = hours.next_opening(settings.hours, now)
    offset = opens.astimezone(hours.zone(settings.hours.time_zone)).utcoffset() if opens and opens != now else None
    return Offer(
        offered=False,
        eta_s=None,
        opens_at=opens if opens != now else None,
        closed=closed_for(settings, now),
        opens_offset_min=None if offset is None else offset // timedelta(minutes=1),
        openings=tuple(hours.openings(settings.hours, now, now + OFFERED_FOR, OFFERED_OPENINGS)),
    )


def closed_for(settings: CallingSettings, now: datetime) -> str | None:
    """Return what is offered instead of a call now (schedule, message, hide); None while the site is open."""
    return None if hours.is_open(settings.hours, now) else settings.off_hours


def refuse_closed(settings: CallingSettings, now: datetime) -> None:
    """Refuse a visitor's request for a call while the site takes only messages.

    Raises:
        AppError: callback_closed.
    """
    if closed_for(settings, now) == "message":
        opens = hours.next_opening(settings.hours, now)
        raise AppError("callback_closed", opensAtMs=None if opens is None else to_ms(opens))
