"""Opening hours (pure). Intervals are local to the site's zone; a day on which clocks change is shorter or longer."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.callback.model import Hours, Opening, Span, SpecialDay

LOOK_AHEAD_DAYS = 400
HELD_DAYS = 16
"""Enough days to see an opening from before its beginning until it counts as one without an end."""
MORNING = time(8)
EVENING = time(21)
ROUND_THE_CLOCK = timedelta(days=8)
"""Whoever is open for that long does not close, as far as anybody asks."""

Moments = tuple[datetime, datetime]
"""From when to when it is open, in UTC; the end is not part of it."""


@dataclass(frozen=True, slots=True)
class Day:
    """What begins on one local date. `special` where the date has hours of its own."""

    date: str
    open: tuple[Moments, ...]
    special: SpecialDay | None


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
    for opens, closes in _openings(hours, at - timedelta(days=2), HELD_DAYS):
        if end is None:
            if opens <= at < closes:
                end = closes
            elif opens > at:
                return None
        elif opens <= end:
            end = max(end, closes)
        else:
            break
        if end is not None and end - at > ROUND_THE_CLOCK:
            break
    return end


def next_opening(hours: Hours | None, at: datetime) -> datetime | None:
    """Return `at` itself when open, else the next opening; None when the site never opens again."""
    if hours is None or closes_at(hours, at) is not None:
        return at
    if not hours.weekly and not hours.special_days:
        return None
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


def openings(hours: Hours, since: datetime, until: datetime, most: int) -> list[Moments]:
    """Return the openings that end after `since` and begin before `until`, at most so many; neighbours are one."""
    found: list[Moments] = []
    for opens, closes in _openings(hours, since - timedelta(days=1), (until - since).days + 5):
        if opens >= until:
            break
        if found and opens <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], closes))
        elif closes > since:
            if len(found) == most:
                break
            found.append((opens, closes))
    return found


def days(hours: Hours, since: datetime, count: int) -> list[Day]:
    """Return so many local days from the one of `since` on."""
    first = since.astimezone(zone(hours.time_zone)).date()
    found = []
    for offset in range(count):
        day = first + timedelta(days=offset)
        found.append(Day(day.isoformat(), tuple(_begins_on(hours, day)), _special(hours, day.isoformat())))
    return found


def _openings(hours: Hours, since: datetime, look_ahead: int = LOOK_AHEAD_DAYS) -> Iterator[Moments]:
    """Give the openings from about `since` on, by their beginning, in UTC."""
    first = since.astimezone(zone(hours.time_zone)).date() - timedelta(days=1)
    for offset in range(look_ahead):
        yield from _begins_on(hours, first + timedelta(days=offset))


def _begins_on(hours: Hours, day: date) -> Iterator[Moments]:
    local = zone(hours.time_zone)
    special = _special(hours, day.isoformat())
    todays: list[Opening | Span] = [o for o in hours.weekly if o.day == day.isoweekday()]
    if special is not None:
        todays = list(special.open)
    for part in sorted(todays, key=lambda o: o.from_min):
        start, end = _moment(day, part.from_min, local), _moment(day, part.to_min, local)
        if end > start:
            yield start, end


def _special(hours: Hours, day: str) -> SpecialDay | None:
    if day in hours.closed_dates:
        return SpecialDay(day)
    at = bisect_left(hours.special_days, day, key=lambda special: special.date)
    found = hours.special_days[at : at + 1]
    return found[0] if found and found[0].date == day else None


def _moment(day: date, minutes: int, local: ZoneInfo) -> datetime:
    """Return the UTC moment of a local wall clock; one that the clocks skip is as far after the jump as it says."""
    days, rest = divmod(minutes, 1440)
    wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), local)
    return wall.astimezone(UTC)
