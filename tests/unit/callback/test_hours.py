"""Opening hours hold across midnight, split days, holidays and changing clocks."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.callback.hours import closes_at, days, in_daytime, is_open, next_opening, openings
from server.callback.model import CallingSettings, Hours, Opening, Span, SpecialDay
from server.callback.offer import opening_of, refuse_closed
from server.errors import AppError

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


# Dates with hours of their own

EASTER = Hours(
    "Europe/Chisinau",
    WEEKDAYS,
    special_days=(
        SpecialDay("2026-04-10", "Good Friday", (Span(600, 720),)),
        SpecialDay("2026-04-11", "Saturday market", (Span(1380, 1500),)),  # 23:00 to 01:00 the next day
        SpecialDay("2026-04-13", "Easter Monday"),
    ),
)


def test_a_special_day_has_its_own_hours_instead_of_its_weekdays() -> None:
    assert next_opening(EASTER, utc("2026-04-10 00:00")) == utc("2026-04-10 07:00")
    assert closes_at(EASTER, utc("2026-04-10 08:00")) == utc("2026-04-10 09:00")
    assert is_open(EASTER, utc("2026-04-11 21:30"))  # 00:30 on Sunday: Saturday's hours have not ended
    assert next_opening(EASTER, utc("2026-04-12 12:00")) == utc("2026-04-14 06:00")


def test_the_coming_days_say_what_begins_on_each_and_why() -> None:
    found = days(EASTER, utc("2026-04-10 21:30"), 4)  # half past midnight in Chisinau, of the 11th

    assert [day.date for day in found] == ["2026-04-11", "2026-04-12", "2026-04-13", "2026-04-14"]
    assert [len(day.open) for day in found] == [1, 0, 0, 2]
    assert [day.special.name if day.special else None for day in found] == [
        "Saturday market",
        None,
        "Easter Monday",
        None,
    ]


def test_the_openings_on_offer_begin_with_the_running_one_and_end_at_the_horizon() -> None:
    now = utc("2026-04-10 08:00")

    assert openings(EASTER, now, now + timedelta(days=4), 40) == [
        (utc("2026-04-10 07:00"), utc("2026-04-10 09:00")),
        (utc("2026-04-11 20:00"), utc("2026-04-11 22:00")),
        (utc("2026-04-14 06:00"), utc("2026-04-14 10:00")),
    ]
    assert len(openings(EASTER, now, now + timedelta(days=14), 2)) == 2


@pytest.mark.parametrize(("mode", "refused"), [("schedule", False), ("message", True), ("hide", False)])
def test_what_is_offered_while_closed_is_the_sites_choice(mode: str, refused: bool) -> None:
    closed, opened = utc("2026-04-12 12:00"), utc("2026-04-14 06:00")
    settings = CallingSettings(hours=EASTER, off_hours=mode)

    assert (opening_of(settings, closed).closed, opening_of(settings, closed).opens_at) == (mode, opened)
    assert opening_of(settings, closed).opens_offset_min == 180
    assert (opening_of(settings, opened).closed, opening_of(settings, opened).opens_at) == (None, None)
    if refused:
        with pytest.raises(AppError, match="callback_closed") as refusal:
            refuse_closed(settings, closed)
        assert refusal.value.details == {"opensAtMs": int(opened.timestamp() * 1000)}
    else:
        refuse_closed(settings, closed)
    refuse_closed(settings, opened)


# Whatever the week and the zone, on the days on which clocks change too

ZONES = ("Europe/Chisinau", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu", "UTC")
CHANGES = [utc("2026-03-08 07:00"), utc("2026-03-29 01:00"), utc("2026-04-04 15:00"), utc("2026-10-25 01:00")]


def _parts() -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda t: (t[0], t[0] + t[1]))


@st.composite
def weeks(draw: st.DrawFn) -> Hours:
    near = draw(st.sampled_from(CHANGES)).date()
    dates = draw(st.sets(st.integers(-3, 3), max_size=3))
    special = [
        SpecialDay((near + timedelta(days=offset)).isoformat(), "", tuple(Span(*part) for part in parts))
        for offset in sorted(dates)
        for parts in [draw(st.lists(_parts(), max_size=2))]
    ]
    weekly = draw(st.lists(st.builds(lambda day, part: Opening(day, *part), st.integers(1, 7), _parts()), max_size=9))
    return Hours(draw(st.sampled_from(ZONES)), tuple(weekly), frozenset(), tuple(special))


def moments() -> st.SearchStrategy[datetime]:
    return st.builds(
        lambda change, seconds: change + timedelta(seconds=seconds),
        st.sampled_from(CHANGES),
        st.integers(-3 * 86_400, 3 * 86_400),
    )


@given(weeks(), moments())
def test_open_closed_and_next_agree_with_each_other(hours: Hours, at: datetime) -> None:
    closes, opens = closes_at(hours, at), next_opening(hours, at)

    assert is_open(hours, at) == (closes is not None) == (opens == at)
    if closes is not None and closes - at < timedelta(days=6):
        assert closes > at
        assert not is_open(hours, closes)
        assert is_open(hours, closes - timedelta(microseconds=1))
    if opens is not None and opens > at:
        assert is_open(hours, opens)
        assert not is_open(hours, opens - timedelta(microseconds=1))


@given(weeks(), moments())
def test_the_openings_on_offer_are_exactly_when_it_is_open(hours: Hours, at: datetime) -> None:
    found = openings(hours, at, at + timedelta(days=5), 40)

    assert all(one[1] < two[0] for one, two in itertools.pairwise(found))
    for minutes in range(0, 5 * 1440, 211):
        moment = at + timedelta(minutes=minutes)
        offered = any(opens <= moment < closes for opens, closes in found)
        assert offered == is_open(hours, moment)


@given(weeks(), moments())
def test_the_preview_tells_every_opening_on_the_local_date_on_which_it_begins(hours: Hours, at: datetime) -> None:
    local = ZoneInfo(hours.time_zone)
    for day in days(hours, at, 6):
        for opens, closes in day.open:
            skipped = timedelta(hours=1)  # what begins in an hour that does not exist begins after it
            assert day.date in {
                (opens - skipped).astimezone(local).date().isoformat(),
                opens.astimezone(local).date().isoformat(),
            }
            assert is_open(hours, opens) and opens < closes
