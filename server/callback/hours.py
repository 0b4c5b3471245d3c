"""Opening hours (pure). Intervals are local to the site's zone; a day on which clocks change is shorter or longer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.callback.model import Hours

LOOK_AHEAD_DAYS = 400
MORNING = time(8)
EVENING = time(21)


def zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name.

    Raises:
        ValueError: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no such time zone: {name}") from None


def is_open(hours: Hours | None, at: datetime) -> bool:
    """Tell whether the site calls at that moment. No hours means always."""
    return hours is None or closes_at(hours, at) is not None


def closes_at(hours: Hours, at: datetime) -> datetime | None:
    """Return when the opening that holds `at` ends (neighbouring intervals are one); None when closed then."""
    end: datetime | None = None
    for opens, closes in _openings(hours, at - timedelta(days=2)):
        if end is None:
            if opens <= at < closes:
                end = closes
            elif opens > at:
                return None
        elif opens <= end:
            end = max(end, closes)
        else:
            break
        if end is not None and end - at > timedelta(days=8):
            break  # open round the clock
    return end


def next_opening(hours: Hours | None, at: datetime) -> datetime | None:
    """Return `at` itself when open, else the next opening; None when the site never opens again."""
    if hours is None or closes_at(hours, at) is not None:
        return at
    for opens, closes in _openings(hours, at):
        if closes > at:
            return max(opens, at)
    return None


def in_daytime(time_zone: str, at: datetime) -> datetime:
    """Return `at`, or the next 08:00 of that zone when it is before 08:00 or after 21:00 there."""
    try:
        local = at.astimezone(zone(time_zone))
    except ValueError:
        return at
    if MORNING <= local.time() <= EVENING:
        return at
    day = local.date() + timedelta(days=1 if local.time() > EVENING else 0)
    return datetime.combine(day, MORNING, local.tzinfo).astimezone(UTC)


def _openings(hours: Hours, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Give the openings from about `since` on, by their beginning, in UTC."""
    local = zone(hours.time_zone)
    first = since.astimezone(local).date() - timedelta(days=1)
    for offset in range(LOOK_AHEAD_DAYS):
        day = first + timedelta(days=offset)
        if day.isoformat() in hours.closed_dates:
            continue
        todays = [o for o in hours.weekly if o.day == day.isoweekday()]
        for opening in sorted(todays, key=lambda o: o.from_min):
            start, end = _moment(day, opening.from_min, local), _moment(day, opening.to_min, local)
            if end > start:
                yield start, end


def _moment(day: date, minutes: int, local: ZoneInfo) -> datetime:
    """Return the UTC moment of a local wall clock; one that the clocks skip is as far after the jump as it says."""
    days, rest = divmod(minutes, 1440)
    wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), local)
    return wall.astimezone(UTC)
