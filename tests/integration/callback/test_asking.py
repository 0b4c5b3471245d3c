"""What is accepted, what is refused with which reason, and what the chat, the console and the admin see."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from server.callback.guards import Budget, Limits
from server.callback.model import CallingSettings, Hours, Money, Opening
from server.callback.service import Offer
from server.callback.wire import settings_to_wire
from server.clock import utc_now
from server.errors import AppError
from tests.integration.callback.node import A1, A2, ANNA, CHAT, CONTRACTS, TENANT, VISITOR, visitor
from tests.integration.callback.world import Stage, a_stage

DEFAULT = settings_to_wire(CallingSettings(callable_regions=("MD",)))
ALWAYS = tuple(Opening(day, 0, 1440) for day in range(1, 8))
REFUSED = [
    ("+37190000000", "phone_premium"),
    ("+881612345678", "phone_satellite"),
    ("+12687641234", "phone_region_not_allowed"),
    ("+12025550123", "phone_fictional"),
    ("+447700900123", "phone_fictional"),
    ("112", "phone_emergency"),
    ("911", "phone_emergency"),
    ("+7 999 222-22-22", "phone_repeated_digits"),
    ("12", "phone_emergency"),
    ("not a phone", "phone_invalid"),
    ("   ", "phone_required"),
    ("+37322", "phone_invalid"),
]


@pytest.mark.parametrize(("phone", "code"), REFUSED)
async def test_a_number_that_must_not_be_called_is_refused_and_nothing_is_stored(
    stage: Stage, phone: str, code: str
) -> None:
    """S38."""
    await stage.calling(callable_regions=("US", "MD"))
    with pytest.raises(AppError) as refused:
        await stage.ask(phone=phone)

    assert refused.value.code == code
    assert stage.posts() == []
    assert stage.node.world.rejected == [code]
    assert await stage.node.callbacks.service.newest(ANNA) == []


async def test_limits_blocks_and_consent_refuse_without_a_call(mongo_url: str) -> None:
    """S38: the fourth request from one network, the third to one number, a blocked number, missing consent."""
    async with a_stage(mongo_url, limits=Limits()) as stage:
        await stage.script(A1, {"wait": 600})
        service = stage.node.callbacks.service

        async def refused(code: str, **asked: Any) -> AppError:
            with pytest.raises(AppError) as error:
                await stage.ask(**asked)
            assert error.value.code == code
            return error.value

        for _ in range(2):
            asked = await stage.ask()
            await service.cancel(visitor(), asked.id)
        limited = await refused("callback_limit")
        assert 3000 < int(str(limited.details["retryAfterS"])) <= 3601

        far = "203.0.113.9"
        for n in range(3):
            who = visitor(f"v{n}", far)
            asked = await stage.ask(who, phone=f"+3736912400{n}")
            await service.cancel(who, asked.id)
        await refused("callback_limit", who=visitor("v4", far), phone="+37369124004")
        asked = await stage.ask(visitor("v5"), phone="+37369124004")  # the refused one left nothing behind
        await service.cancel(visitor("v5"), asked.id)

        stage.node.world.blocked.add("+37369125000")
        await refused("phone_blocked", phone="+37369125000")
        await stage.calling(recording="explicit")
        await refused("consent_required", phone="+37369126000")
        await refused("callback_via_unavailable", phone="+37369126000", via="browser")
        assert VISITOR not in stage.posts()


async def test_ten_a_minute_fit_a_site_and_the_eleventh_does_not(mongo_url: str) -> None:
    async with a_stage(mongo_url, limits=Limits()) as stage:
        for person in stage.config.people:
            person[4] = "away"
        await stage.calling(retry_delays_s=(60,))
        for n in range(10):
            await stage.ask(visitor(f"v{n}"), phone=f"+3736913000{n}")
        with pytest.raises(AppError, match="callback_limit"):
            await stage.ask(visitor("v11"), phone="+37369130011")


async def test_a_visitor_who_comes_back_is_told_of_a_callback_that_came_to_nothing(stage: Stage) -> None:
    await stage.calling(retry_delays_s=())
    for number in (A1, A2):
        await stage.script(number, {"busy": True})
    service = stage.node.callbacks.service
    asked = await stage.ask()
    shown = await service.to_show(visitor())
    assert shown is not None and shown.id == asked.id
    await stage.until(asked, "no_agent")

    shown = await service.to_show(visitor())
    assert shown is not None and (shown.id, shown.state) == (asked.id, "no_agent")
    assert await service.open_of(visitor()) is None
    assert await service.to_show(visitor("somebody-else")) is None


async def test_a_visitor_whose_connection_broke_in_a_talk_is_told_how_long_it_was(stage: Stage) -> None:
    await stage.consultant_accepts(A1)
    await stage.visitor_talks()
    asked = await stage.ask()
    await stage.over(asked)

    shown = await stage.node.callbacks.service.to_show(visitor())
    assert shown is not None and (shown.id, shown.state) == (asked.id, "completed")
    assert shown.talked_s is not None and abs(shown.talked_s - stage.talked_s()) <= 1


async def test_a_visitor_who_comes_back_is_not_told_of_what_they_cancelled(stage: Stage) -> None:
    await stage.script(A1, {"wait": 600})
    asked = await stage.ask()
    await stage.node.callbacks.service.cancel(visitor(), asked.id)
    assert await stage.node.callbacks.service.to_show(visitor()) is None


async def test_another_visitor_is_not_told_whose_callback_is_open(stage: Stage) -> None:
    await stage.script(A1, {"wait": 600})
    mine = await stage.ask()

    with pytest.raises(AppError) as same:
        await stage.ask()
    assert (same.value.code, same.value.details) == ("callback_duplicate", {"callbackId": mine.id})
    with pytest.raises(AppError) as other:
        await stage.ask(visitor("somebody-else"))
    assert (other.value.code, other.value.details) == ("callback_duplicate", {})
    again = await stage.ask(client_request_id=mine.client_request_id)
    assert again.id == mine.id
    with pytest.raises(AppError, match="callback_id_reused"):
        await stage.ask(client_request_id=mine.client_request_id, phone="+37369123499")
    await stage.node.callbacks.service.cancel(visitor(), mine.id)


async def test_a_used_up_budget_refuses_and_a_running_one_stops_honestly(stage: Stage) -> None:
    await stage.calling(daily_cap=Money(10, "USD"))
    with pytest.raises(AppError, match="budget_stopped"):
        await stage.ask()
    assert stage.posts() == []

    await stage.calling(daily_cap=None)
    await stage.consultant_accepts(A1, after_s=6)
    await stage.script(VISITOR, {"wait": 600})
    asked = await stage.ask()
    await stage.node_until(lambda: bool(stage.posts()))
    async with stage.still():
        await stage.calling(monthly_cap=Money(100, "USD"))  # enough for the consultant's call, not for the visitor's
    cb = await stage.over(asked)

    assert (cb.state, cb.outcome, stage.posts()) == ("budget_stopped", "budget_stopped", [A1])
    assert "budget is used up" in stage.heard(A1)
    assert [kind for _, kind in stage.node.world.alerts].count("callback_missed") == 1


async def test_the_first_calls_of_a_month_find_room_however_many_begin_at_once(stage: Stage) -> None:
    ledger, now = stage.node.callbacks.ledger, utc_now()

    for month in range(20):
        site = f"site-new-{month}"
        took = await asyncio.gather(
            *(ledger.reserve(TENANT, site, f"leg-{n}", 840_000, Budget("USD", None, None), now) for n in range(10))
        )
        assert took == [True] * 10


async def test_a_cap_holds_against_many_requests_at_once(stage: Stage) -> None:
    """Each call may cost 0.84 USD to the consultant; a cap of 9 leaves room for ten."""
    ledger, now = stage.node.callbacks.ledger, utc_now()
    budget = Budget("USD", 9_000_000, None)
    took = await asyncio.gather(
        *(ledger.reserve(TENANT, "site-1", f"leg-{n}", 840_000, budget, now) for n in range(50))
    )
    assert sum(took) == 10
    assert await ledger.used(TENANT, "site-1", now) == (8_400_000, 8_400_000)
    assert await ledger.reserve(TENANT, "site-1", f"leg-{took.index(True)}", 840_000, budget, now)
    await ledger.settle(TENANT, "site-1", f"leg-{took.index(True)}", 14_000)
    await ledger.settle(TENANT, "site-1", f"leg-{took.index(True)}", 14_000)
    assert await ledger.used(TENANT, "site-1", now) == (7_574_000, 7_560_000)


async def test_a_chosen_time_is_kept(stage: Stage) -> None:
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(20)
    at = utc_now() + timedelta(seconds=2)

    asked = await stage.ask(at=at)
    assert (asked.state, asked.opens_at) == ("scheduled", at)
    assert stage.posts() == []
    cb = await stage.over(asked)

    assert cb.state == "completed"
    assert cb.attempts[0].started_at >= at - timedelta(milliseconds=1)


async def test_a_time_that_cannot_be_kept_is_refused(stage: Stage) -> None:
    now = utc_now()
    for at in (now - timedelta(hours=1), now + timedelta(days=31)):
        with pytest.raises(AppError, match="callback_time_invalid"):
            await stage.ask(at=at)
    tomorrow = (now + timedelta(days=1)).date().isoformat()
    await stage.calling(hours=Hours("UTC", ALWAYS, frozenset({tomorrow})))
    with pytest.raises(AppError, match="callback_time_invalid"):
        await stage.ask(at=now.replace(hour=12) + timedelta(days=1))


async def test_outside_the_hours_a_callback_waits_for_the_next_opening(stage: Stage) -> None:
    now = utc_now()
    closed = frozenset((now + timedelta(days=n)).date().isoformat() for n in (-1, 0))
    await stage.calling(hours=Hours("UTC", ALWAYS, closed))

    offer = await stage.node.callbacks.service.offer(TENANT, "site-1")
    asked = await stage.ask()

    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert (offer.offered, offer.eta_s, offer.opens_at) == (True, None, midnight)
    assert (asked.state, asked.opens_at) == ("scheduled", midnight)
    await stage.node_until(lambda: [kind for _, kind in stage.node.world.alerts] == ["callback_requested"])
    await stage.node.callbacks.service.cancel(visitor(), asked.id)
    assert stage.posts() == []


async def test_nothing_is_promised_before_thirty_calls_were_measured(stage: Stage) -> None:
    service, samples = stage.node.callbacks.service, stage.node.callbacks.samples
    for n in range(29):
        await samples.add(TENANT, "site-1", f"c{n}", 20 + n % 10, utc_now())
    assert (await service.offer(TENANT, "site-1")).eta_s is None

    await samples.add(TENANT, "site-1", "c29", 25, utc_now())
    assert (await service.offer(TENANT, "site-1")).eta_s == 27
    await stage.script(A1, {"wait": 600})
    asked = await stage.ask()
    assert asked.eta_s == 27 and asked.promise is not None
    assert (asked.promise.low_s, asked.promise.high_s) == (24, 28)
    await service.cancel(visitor(), asked.id)

    for person in stage.config.people:
        person[4] = "away"
    assert await service.offer(TENANT, "site-1") == Offer(True, None, None)


async def test_a_chat_becomes_a_call_and_every_step_is_a_line(stage: Stage) -> None:
    """The chat's consultant is rung first, hears the last topic and the page, and the chat tells the story."""
    world = stage.node.world
    world.has_chat, world.assignee, world.chat_topic = True, "p2", "Does the red kettle whistle?"
    await stage.script(A2, {"busy": True})
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(15)

    cb = await stage.over(await stage.ask(from_conversation=True, name="Maria"))

    assert stage.posts() == [A2, A1, VISITOR]
    assert cb.conversation_id == CHAT
    assert [name for name, _ in world.lines.values()] == [
        "call_requested",
        "call_ringing_consultant",
        "call_consultant_busy",
        "call_ringing_consultant",
        "call_consultant_accepted",
        "call_ringing_visitor",
        "call_connected",
        "call_ended",
    ]
    data = [data for _, data in world.lines.values()]
    assert data[1] == {"callback_id": cb.id, "name": "Boris"}
    assert data[-1] == {"callback_id": cb.id, "duration_s": cb.talked_s}
    heard = stage.heard(A1)
    for words in ("Callback for Maria", "Does the red kettle whistle?", "A red kettle", "Press 1"):
        assert words in heard


async def test_a_known_phone_need_not_be_given_again_and_an_unknown_one_must(stage: Stage) -> None:
    with pytest.raises(AppError, match="phone_required"):
        await stage.ask(phone=None)
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(20)
    await stage.over(await stage.ask())

    cb = await stage.over(await stage.ask(phone=None))
    assert (cb.phone, cb.state) == (VISITOR, "completed")


async def test_a_consultant_starts_a_call_or_offers_one_in_the_chat(stage: Stage) -> None:
    world, service = stage.node.world, stage.node.callbacks.service
    world.has_chat = True
    assert await service.start(ANNA, CHAT, "offer-0001", None) is None
    assert await service.start(ANNA, CHAT, "offer-0001", None) is None
    assert list(world.lines.values()) == [("call_offered", {"name": "Anna"})]
    assert stage.posts() == []
    with pytest.raises(AppError, match="not_found"):
        await service.start(ANNA, "another-conversation", "offer-0002", None)

    await stage.consultant_accepts(A1)
    await stage.visitor_talks(20)
    started = await service.start(ANNA, CHAT, "start-0001", VISITOR)
    assert started is not None
    cb = await stage.over(started)
    assert (cb.state, cb.preferred_person_id, cb.legs[0].ring_s) == ("completed", "p1", 30)


async def test_an_admin_changes_how_a_site_calls_and_it_is_written_down(stage: Stage) -> None:
    url = f"{stage.config.url}/api/v1/sites/site-1/calling"
    headers = {"Authorization": "Bearer admin-token"}
    hours = {
        "timeZone": "Europe/Chisinau",
        "weekly": [{"day": 1, "from": "09:00", "to": "13:00"}, {"day": 5, "from": "22:00", "to": "02:00"}],
        "closedDates": ["2026-12-25"],
    }

    async def call(method: str, body: Any = None, site: str = "site-1", **more: Any) -> tuple[int, Any]:
        where = url.replace("site-1", site)
        async with stage.http.request(method, where, json=body, headers=headers, **more) as answer:
            return answer.status, await answer.json()

    assert await call("GET") == (200, DEFAULT)
    status, changed = await call("PATCH", {"offerS": 30, "hours": hours, "retryDelaysS": []})
    assert (status, changed) == (200, DEFAULT | {"offerS": 30, "hours": hours, "retryDelaysS": [], "version": 1})
    CONTRACTS[0].validate("CallingSettings", changed)
    assert await call("GET") == (200, changed)
    for bad, field in (
        ({"callableRegions": ["XX"]}, "callableRegions"),
        ({"hours": hours | {"timeZone": "Mars/Base"}}, "hours.timeZone"),
        ({"dailyCap": {"amountMinor": 5, "currency": "ZZZ"}}, "dailyCap"),
    ):
        status, answer = await call("PATCH", bad)
        assert (status, answer["error"]["code"]) == (400, "value_invalid")
        assert answer["error"]["details"] == {"field": field}
    assert (await call("PATCH", {"offerS": 0}))[0] == 400
    status, answer = await call("PATCH", {"offerS": 44, "version": 0})  # from what it was before
    assert (status, answer["error"]["code"]) == (409, "calling_changed")
    assert await call("GET") == (200, changed)
    assert (await call("PATCH", {"offerS": 20}, site="of-another-tenant"))[0] == 404
    ((action, subject, told),) = stage.node.world.audited
    assert (action, subject) == ("site.calling_changed", "site-1")
    assert (told["offer_s"], told["retry_delays_s"]) == ((20, 30), ([120, 600], []))
    assert told["hours"][1][0] == hours["timeZone"]
    async with aiohttp.ClientSession() as http, http.patch(url, json={"offerS": 20}) as answer:
        assert answer.status == 401
