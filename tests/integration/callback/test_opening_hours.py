"""The site's hours decide what a visitor is offered and what is accepted; the console shows what they mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from server.callback.calling import KEPT_S
from server.callback.model import Hours, Opening, Span, SpecialDay
from server.clock import to_ms, utc_now
from server.errors import AppError
from tests.integration.callback.node import ADMIN, ANNA, TENANT
from tests.integration.callback.world import Stage

ALWAYS = tuple(Opening(day, 0, 1440) for day in range(1, 8))


def around_the_clock_except_now() -> Hours:
    """Open on every day but yesterday, today and tomorrow, which have hours of their own."""
    days = [(utc_now() + timedelta(days=n)).date().isoformat() for n in (-1, 0, 1)]
    noon = (Span(720, 780),)
    return Hours(
        "UTC", ALWAYS, special_days=(SpecialDay(days[0]), SpecialDay(days[1]), SpecialDay(days[2], "Fair", noon))
    )


async def test_a_day_with_its_own_hours_decides_what_is_offered_and_what_is_accepted(stage: Stage) -> None:
    service, now = stage.node.callbacks.service, utc_now()
    await stage.calling(hours=around_the_clock_except_now())
    tomorrow = (now + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)

    offer = await service.offer(TENANT, "site-1")
    assert (offer.closed, offer.opens_at, offer.opens_offset_min) == ("schedule", tomorrow.replace(hour=12), 0)
    assert offer.openings is not None
    assert offer.openings[0] == (tomorrow.replace(hour=12), tomorrow.replace(hour=13))
    with pytest.raises(AppError, match="callback_time_invalid"):
        await stage.ask(at=tomorrow.replace(hour=13))
    asked = await stage.ask(at=tomorrow.replace(hour=12, minute=30))
    assert (asked.state, asked.opens_at) == ("scheduled", tomorrow.replace(hour=12, minute=30))


async def test_a_site_that_takes_only_messages_while_closed_takes_no_call_then(stage: Stage) -> None:
    service = stage.node.callbacks.service
    hours = around_the_clock_except_now()
    await stage.calling(hours=hours, off_hours="message")

    offer = await service.offer(TENANT, "site-1")
    assert (offer.offered, offer.closed) == (False, "message")
    for at in (None, offer.opens_at):
        with pytest.raises(AppError, match="callback_closed") as refused:
            await stage.ask(at=at)
        assert offer.opens_at is not None
        assert refused.value.details == {"opensAtMs": to_ms(offer.opens_at)}
    assert await service.newest(ANNA) == []

    await stage.calling(hours=replace(hours, special_days=()))
    assert (await service.offer(TENANT, "site-1")).closed is None
    assert (await stage.ask()).state != "scheduled"


async def test_hours_are_kept_as_they_were_set_and_programs_that_know_less_still_set_them(stage: Stage) -> None:
    """What `PATCH .../calling` took before there were named dates still means the same."""
    url = f"{stage.config.url}/api/v1/sites/site-1/calling"
    plain = {"timeZone": "Europe/Chisinau", "weekly": [{"day": 1, "from": "22:00", "to": "02:00"}]}
    named = {"date": "2026-12-31", "name": "New Year's Eve", "open": [{"from": "10:00", "to": "24:00"}]}
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer admin-token"}) as http:
        async with http.patch(url, json={"hours": {**plain, "closedDates": ["2026-12-25"]}}) as answer:
            told = await answer.json()
        assert told["hours"] == {**plain, "closedDates": ["2026-12-25"]}
        assert told["offHours"] == "schedule"
        async with http.patch(url, json={"hours": {**plain, "exceptions": [named]}, "offHours": "hide"}) as answer:
            told = await answer.json()
        stage.node.callbacks.calling._monotonic = lambda: 1e9 + KEPT_S  # nothing is taken from memory
        async with http.get(url) as answer:
            assert await answer.json() == told
        assert told["hours"] == {**plain, "closedDates": [], "exceptions": [named]}
        wrong = ([named, named], "hours.exceptions"), ([{**named, "date": "2026-02-30"}], "hours.exceptions")
        for exceptions, field in wrong:
            async with http.patch(url, json={"hours": {**plain, "exceptions": exceptions}}) as answer:
                assert (await answer.json())["error"] == {"code": "value_invalid", "details": {"field": field}}
        async with http.post(f"{stage.config.url}/api/v1/sites/site-1/hours/preview", json={"hours": plain}) as answer:
            preview = await answer.json()
        assert len(preview["days"]) == 14
        assert sum(len(day["open"]) for day in preview["days"]) == 2


async def test_public_holidays_come_in_the_persons_language_and_only_the_coming_ones(stage: Stage) -> None:
    calling, today = stage.node.callbacks.calling, utc_now().date()
    in_romanian = dict(await calling.holidays(replace(ADMIN, locale="ro"), "MD"))
    in_english = dict(await calling.holidays(ADMIN, "MD"))
    new_year = f"{today.year + 1}-01-01"

    assert (in_romanian[new_year], in_english[new_year]) == ("Anul Nou", "New Year's Day")
    assert min(in_english) >= today.isoformat()
    assert {"MD", "RO", "DE", "US"} <= set(await calling.holiday_countries())
    with pytest.raises(AppError, match="not_found"):
        await calling.holidays(ADMIN, "XX")
