"""Spans of time that reports are about, cut into local days (pure). Right on the days when clocks change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from server.clock import from_ms
from server.errors import AppError

MAX_DAYS = 400
USUAL_DAYS = 28


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until just before `end`, both UTC; its days are those of `zone`, an IANA name."""

    start: datetime
    end: datetime
    zone: str


def period_of(query: Mapping[str, str], now: datetime, usual_zone: str) -> Period:
    """Return the period that `fromMs`, `toMs` and `timeZone` of a request's query name.

    What is missing is the last 28 days with today, in the usual zone.

    Raises:
        AppError: value_invalid with the field: no number, no time zone, an end before its start, above 400 days.
    """
    zone = query.get("timeZone") or usual_zone
    _zone(zone, "timeZone")
    end = _moment(query, "toMs") or _midnight(local_day(now, zone) + timedelta(days=1), zone)
    start = _moment(query, "fromMs") or _midnight(local_day(end, zone, before=True) - timedelta(USUAL_DAYS - 1), zone)
    if start >= end:
        raise AppError("value_invalid", field="fromMs")
    if end - start > timedelta(days=MAX_DAYS):
        raise AppError("value_invalid", field="toMs")
    return Period(start, end, zone)


def days_of(period: Period) -> list[str]:
    """Return every local day that the period touches, as 2026-03-29."""
    first, last = local_day(period.start, period.zone), local_day(period.end, period.zone, before=True)
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def local_day(moment: datetime, zone: str, *, before: bool = False) -> date:
    """Return the day in `zone`; with `before` that of the instant just before `moment`."""
    if before:
        moment -= timedelta(milliseconds=1)
    return moment.astimezone(_zone(zone, "timeZone")).date()


def day_in_database(field: str, period: Period) -> dict[str, object]:
    """Return the expression that gives a date's local day in a pipeline of MongoDB.

    The offsets are ours: the database's own list of zones may be older than the one a request is checked with.
    """
    (_, last), *earlier = reversed(_offsets(period))
    zone: object = last
    if earlier:
        branches = [{"case": {"$lt": [field, until]}, "then": offset} for until, offset in reversed(earlier)]
        zone = {"$switch": {"branches": branches, "default": last}}
    return {"$dateToString": {"date": field, "format": "%Y-%m-%d", "timezone": zone}}


def _offsets(period: Period) -> list[tuple[datetime, str]]:
    """Return the zone's offsets over the period, each with the moment until which it holds."""
    zone = _zone(period.zone, "timeZone")
    found: list[tuple[datetime, str]] = []
    at = period.start
    while at < period.end:
        offset = at.astimezone(zone).utcoffset()
        # A day at a time: nowhere do clocks change and change back within one.
        later = at
        while later < period.end and later.astimezone(zone).utcoffset() == offset:
            later += timedelta(days=1)
        if later >= period.end and (period.end - timedelta(milliseconds=1)).astimezone(zone).utcoffset() == offset:
            found.append((period.end, _written(offset)))
            break
        low, high = later - timedelta(days=1), min(later, period.end)
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) / 2
            low, high = (middle, high) if middle.astimezone(zone).utcoffset() == offset else (low, middle)
        changed = high.replace(microsecond=0) if high.microsecond else high
        found.append((changed, _written(offset)))
        at = changed
    return found


def _written(offset: timedelta | None) -> str:
    minutes = int((offset or timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), _zone(zone, "timeZone")).astimezone(UTC)


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    told = query.get(name)
    if not told:
        return None
    if not (told.isascii() and told.isdigit() and len(told) <= 13):
        raise AppError("value_invalid", field=name)
    return from_ms(int(told))


@cache
def _loaded(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _zone(name: str, field: str) -> ZoneInfo:
    try:
        return _loaded(name)
    except (KeyError, ValueError, OSError):  # unknown, a path, a folder of the list
        raise AppError("value_invalid", field=field) from None
