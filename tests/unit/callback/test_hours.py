"""Opening hours hold across midnight, split days, holidays and changing clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server.callback.hours import closes_at, in_daytime, is_open, next_opening
from server.callback.model import Hours, Opening

WEEKDAYS = tuple(Opening(day, start, end) for day in range(1, 6) for start, end in ((540, 780), (840, 1080)))
SHOP = Hours("Europe/Chisinau", WEEKDAYS, frozenset({"2026-03-03"}))  # UTC+2 in winter, +3 in summer


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-02 07:00", True),  # Monday 09:00
        ("2026-03-02 06:59", False),
        ("2026-03-02 11:00", False),  # 13:00: the break begins
        ("2026-03-02 12:00", True),
        ("2026-03-02 16:00", False),
        ("2026-03-03 08:00", False),  # a closed date
        ("2026-03-07 08:00", False),  # Saturday
    ],
)
def test_a_split_day_is_open_in_its_parts(at: str, expected: bool) -> None:
    assert is_open(SHOP, utc(at)) is expected


def test_no_hours_means_always_open() -> None:
    assert is_open(None, utc("2026-03-07 03:00"))
    assert next_opening(None, utc("2026-03-07 03:00")) == utc("2026-03-07 03:00")


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-03-02 06:00", "2026-03-02 07:00"),
        ("2026-03-02 11:30", "2026-03-02 12:00"),
        ("2026-03-02 16:00", "2026-03-04 07:00"),  # Tuesday is closed
        ("2026-03-27 17:00", "2026-03-30 06:00"),  # over the weekend the clocks go forward
        ("2026-10-23 16:00", "2026-10-26 07:00"),  # and back
    ],
)
def test_the_next_opening_is_in_the_sites_own_time(at: str, opens: str) -> None:
    assert next_opening(SHOP, utc(at)) == utc(opens)


def test_an_interval_over_midnight_belongs_to_the_day_it_begins() -> None:
    night = Hours("UTC", (Opening(5, 1320, 1560),))  # Friday 22:00 to Saturday 02:00
    assert is_open(night, utc("2026-03-06 23:00"))
    assert is_open(night, utc("2026-03-07 01:59"))
    assert not is_open(night, utc("2026-03-07 02:00"))
    assert closes_at(night, utc("2026-03-06 22:00")) == utc("2026-03-07 02:00")


def test_round_the_clock_has_no_gap_at_midnight_and_a_closed_date_has() -> None:
    always = Hours("UTC", tuple(Opening(day, 0, 1440) for day in range(1, 8)), frozenset({"2026-03-04"}))
    assert closes_at(always, utc("2026-03-02 12:00")) == utc("2026-03-04 00:00")
    assert next_opening(always, utc("2026-03-04 12:00")) == utc("2026-03-05 00:00")


def test_the_hour_that_the_clocks_skip_and_the_one_they_repeat() -> None:
    berlin = Hours("Europe/Berlin", (Opening(7, 150, 240),))  # Sunday 02:30 to 04:00
    spring, autumn = utc("2026-03-29 00:00"), utc("2026-10-25 00:00")
    assert next_opening(berlin, spring) == utc("2026-03-29 01:30")  # 02:30 does not exist: 03:30 summer time
    assert closes_at(berlin, utc("2026-03-29 01:45")) == utc("2026-03-29 02:00")
    assert next_opening(berlin, autumn) == utc("2026-10-25 00:30")  # the first of the two
    assert closes_at(berlin, utc("2026-10-25 00:30")) == utc("2026-10-25 03:00")


def test_a_site_without_any_interval_never_opens() -> None:
    assert next_opening(Hours("UTC", ()), utc("2026-03-02 07:00")) is None


def test_every_opening_found_is_open_and_follows_a_closed_moment() -> None:
    at = utc("2026-01-01 00:00")
    for _ in range(300):
        opens = next_opening(SHOP, at)
        assert opens is not None and is_open(SHOP, opens)
        if opens > at:
            assert not is_open(SHOP, opens - timedelta(seconds=1))
        at = (closes_at(SHOP, opens) or opens) + timedelta(seconds=1)


def test_nobody_is_called_at_night_in_his_own_zone() -> None:
    assert in_daytime("Europe/Chisinau", utc("2026-03-02 20:00")) == utc("2026-03-03 06:00")
    assert in_daytime("Europe/Chisinau", utc("2026-03-02 03:00")) == utc("2026-03-02 06:00")
    assert in_daytime("Europe/Chisinau", utc("2026-03-02 12:00")) == utc("2026-03-02 12:00")
    assert in_daytime("No/Such", utc("2026-03-02 03:00")) == utc("2026-03-02 03:00")
