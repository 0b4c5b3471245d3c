"""Local days of a period, on the days when clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server import periods
from server.clock import to_ms
from server.errors import AppError

NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)


def test_the_usual_period_is_the_last_four_weeks_with_today() -> None:
    period = periods.period_of({}, NOW, "Europe/Chisinau")

    days = periods.days_of(period)
    assert (len(days), days[0], days[-1]) == (28, "2026-03-03", "2026-03-30")
    assert period.start.astimezone(ZoneInfo("Europe/Chisinau")).hour == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"fromMs": "x"}, "fromMs"),
        ({"fromMs": "-1"}, "fromMs"),
        ({"fromMs": "٣"}, "fromMs"),
        ({"toMs": "1e9"}, "toMs"),
        ({"fromMs": "2000", "toMs": "1000"}, "fromMs"),
        ({"fromMs": "1000", "toMs": str(to_ms(NOW))}, "toMs"),
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"timeZone": "/etc/passwd"}, "timeZone"),
        ({"timeZone": "../../etc/passwd"}, "timeZone"),
        ({"timeZone": "Europe"}, "timeZone"),
    ],
)
def test_a_wrong_period_is_refused_by_its_field(query: dict[str, str], field: str) -> None:
    with pytest.raises(AppError) as refusal:
        periods.period_of(query, NOW, "UTC")

    assert (refusal.value.code, refusal.value.details) == ("value_invalid", {"field": field})


def _offset_in_database(moment: datetime, period: periods.Period) -> str:
    """What MongoDB makes of the expression, done by hand."""
    zone = periods.day_in_database("$at", period)["$dateToString"]["timezone"]  # type: ignore[index]
    if isinstance(zone, str):
        return zone
    for branch in zone["$switch"]["branches"]:
        if moment < branch["case"]["$lt"][1]:
            return str(branch["then"])
    return str(zone["$switch"]["default"])


@settings(max_examples=60)
@given(
    st.sampled_from(
        ["Europe/Chisinau", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC", "Africa/Casablanca"]
    ),
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 399),
    st.floats(0, 0.999),
)
def test_the_database_sees_the_same_days_as_the_people_there(
    zone: str, start: datetime, length: int, place: float
) -> None:
    period = periods.Period(start, start + timedelta(days=length), zone)
    moment = start + place * timedelta(days=length)

    offset = datetime.strptime(_offset_in_database(moment, period), "%z").utcoffset()
    assert (moment + offset).date() == periods.local_day(moment, zone)  # type: ignore[operator]
    assert periods.local_day(moment, zone).isoformat() in periods.days_of(period)


def test_the_hour_at_which_clocks_change_is_found_to_the_second() -> None:
    period = periods.Period(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 30, tzinfo=UTC), "Europe/Berlin")

    assert _offset_in_database(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), period) == "+01:00"
    assert _offset_in_database(datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC), period) == "+02:00"
