"""How the customer is told, and what chaos does on the way."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.integration.carrier.world import ANNA, BORIS, CALLER, TOKEN, World, world

BUSY = {"busy": True}


async def finished(carrier: World, **more: Any) -> str:
    """Make a call to a busy phone and wait until it is over."""
    await carrier.script(ANNA, BUSY)
    sid: str = (await carrier.call(**more)).sid
    await carrier.over(sid)
    return sid


async def replies(carrier: World, count: int) -> list[dict[str, Any]]:
    await carrier.until(lambda: len(list(carrier.carrier.journal.entries(kind="reply"))) >= count)
    return await carrier.journal(kind="reply")


async def test_a_webhook_carries_the_carriers_name_and_a_token_of_its_own(carrier: World) -> None:
    await finished(carrier)
    await carrier.heard("/status", 2)
    first, second = carrier.customer.on("/status")

    assert first.headers["User-Agent"] == "TwilioProxy/1.1"
    assert first.headers["I-Twilio-Idempotency-Token"] != second.headers["I-Twilio-Idempotency-Token"]
    assert (first["CallbackSource"], first["Timestamp"][-5:]) == ("call-progress-events", "+0000")


async def test_a_webhook_by_get_has_its_parameters_in_the_signed_address(carrier: World) -> None:
    await finished(
        carrier,
        status_callback=carrier.customer.url + "/get?leg=a%2Bb",
        status_callback_method="GET",
    )
    heard = await carrier.heard("/get", 2)

    assert (heard.method, heard.is_signed, heard["leg"], heard["CallStatus"]) == ("GET", True, "a+b", "busy")


async def test_a_failed_webhook_is_repeated_only_when_its_address_asks_for_it(carrier: World) -> None:
    carrier.customer.twiml |= {"/lost": 500, "/kept": 500}
    await finished(carrier, status_callback=carrier.customer.url + "/lost", status_callback_event=["completed"])
    await finished(
        carrier, status_callback=carrier.customer.url + "/kept#rc=2&rp=5xx", status_callback_event=["completed"]
    )
    await replies(carrier, 4)
    kept = carrier.customer.on("/kept")

    assert (len(carrier.customer.on("/lost")), len(kept)) == (1, 3)
    assert len({heard.headers["I-Twilio-Idempotency-Token"] for heard in kept}) == 1


async def test_a_host_that_is_not_allowed_is_never_dialled(carrier: World) -> None:
    await finished(carrier, status_callback="http://callbacks.example/status")
    answers = await replies(carrier, 1)

    assert {a["failure"] for a in answers} == {"ct"}
    assert 11205 in [e["code"] for e in await carrier.journal(kind="notification")]


async def test_every_webhook_can_come_twice_with_the_same_token(carrier: World) -> None:
    await carrier.post("/chaos", {"duplicate": True})
    await finished(carrier, status_callback_event=["completed"])
    await carrier.heard("/status", 2)

    assert len({h.headers["I-Twilio-Idempotency-Token"] for h in carrier.customer.on("/status")}) == 1


async def test_lost_callbacks_leave_the_requests_for_instructions_alone(carrier: World) -> None:
    await carrier.post("/chaos", {"drop": True})
    carrier.customer.twiml["/voice"] = "<Hangup/>"
    await carrier.script(ANNA, {"wait": 1}, {"answer": True})
    await carrier.over((await carrier.call()).sid)

    assert carrier.customer.paths() == ["/voice"]

    await carrier.post("/chaos", {})
    await finished(carrier)
    await carrier.heard("/status", 2)


async def test_chaos_is_bounded_by_event_and_count(carrier: World) -> None:
    await carrier.post("/chaos", {"drop": {"events": ["status:initiated"], "count": 1}})
    await finished(carrier)
    await finished(carrier)
    await carrier.heard("/status", 3)

    assert [h["CallStatus"] for h in carrier.customer.on("/status")].count("initiated") == 1


async def test_a_wrong_signature_comes_in_place_of_the_right_one_or_besides_it(carrier: World) -> None:
    await carrier.post("/chaos", {"wrongSignature": {"extra": True}})
    await finished(carrier, status_callback_event=["completed"])
    await carrier.heard("/status", 2)
    assert [h.is_signed for h in carrier.customer.on("/status")] == [False, True]

    await carrier.post("/chaos", {"wrongSignature": True})
    await finished(carrier, status_callback=carrier.customer.url + "/forged", status_callback_event=["completed"])
    assert not (await carrier.heard("/forged")).is_signed


async def test_the_order_of_callbacks_is_shuffled_the_same_way_for_the_same_seed(carrier: World) -> None:
    orders = []
    for _ in range(2):
        async with world(rate=100.0) as fresh:
            await fresh.post("/chaos", {"seed": 3, "reorder": 100})
            await fresh.script(ANNA, {"wait": 1}, {"answer": True}, {"hangup": True})
            fresh.customer.twiml["/voice"] = "<Pause length='10'/>"
            await fresh.call()
            await fresh.heard("/status", 4)
            orders.append([h["SequenceNumber"] for h in fresh.customer.on("/status")])

    assert orders[0] == orders[1]
    assert sorted(orders[0]) == ["0", "1", "2", "3"] != orders[0]


async def test_what_was_sent_can_be_sent_again_later(carrier: World) -> None:
    sid = await finished(carrier)
    await carrier.heard("/status", 2)
    sent = await carrier.post("/journal/replay", {"sid": sid})
    await carrier.heard("/status", 4)

    assert sent == {"sent": 2}


@pytest.mark.parametrize("kind", ["errorAfterAccept", "500 after accept", "closeAfterAccept"])
async def test_a_call_may_be_made_although_its_answer_is_lost(carrier: World, kind: str) -> None:
    await carrier.post("/chaos", {kind: {"count": 1}})
    with pytest.raises(Exception):  # noqa: B017 - a lost answer is whatever the HTTP client makes of it
        await carrier.call()

    assert len(carrier.carrier.legs) == 1
    assert (await carrier.call()).status == "queued"


async def test_a_burst_of_429_makes_no_call(carrier: World) -> None:
    await carrier.post("/chaos", {"429": 2})
    for _ in range(2):
        with pytest.raises(TwilioRestException) as refused:
            await carrier.call()
        assert (refused.value.status, refused.value.code) == (429, 20429)

    assert carrier.carrier.legs == {}
    await carrier.call()


async def test_what_chaos_does_not_know_is_refused(carrier: World) -> None:
    async with carrier.http.post(carrier.url + "/chaos", json={"meteor": True}) as answer:
        assert answer.status == 400
        assert "meteor is not known" in (await answer.json())["error"]


async def test_the_journal_tells_requests_statuses_webhooks_and_replies_in_order(carrier: World) -> None:
    sid = await finished(carrier, status_callback_event=["completed"])
    await replies(carrier, 1)
    entries = await carrier.journal()
    kinds = [e["kind"] for e in entries if e["kind"] not in {"script"}]

    assert [e["n"] for e in entries] == list(range(1, len(entries) + 1))
    assert kinds[:5] == ["rest", "status", "restReply", "status", "webhook"]
    assert "reply" in kinds
    assert [e["status"] for e in entries if e["kind"] == "status"] == ["queued", "busy"]
    assert next(e for e in entries if e["kind"] == "webhook")["sid"] == sid
    assert TOKEN not in str(entries)


async def test_nobody_hangs_up_because_the_customer_needs_a_moment_at_twenty_times_the_speed(carrier: World) -> None:
    answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    carrier.customer.twiml["/voice"] = lambda heard: answered
    await carrier.script(ANNA, {"wait": 1}, {"answer": True})
    sid = (await carrier.call()).sid
    await carrier.heard("/voice")

    began = time.monotonic()
    before = carrier.carrier.clock.seconds()
    await carrier.journal()
    passed = carrier.carrier.clock.seconds() - before
    took = time.monotonic() - began
    answered.set_result("<Hangup/>")
    await carrier.over(sid)

    assert 0 < passed <= took


async def test_who_waits_to_be_joined_hangs_up_after_that_and_not_before(carrier: World) -> None:
    room = "<Dial><Conference endConferenceOnExit='true'>talk</Conference></Dial>"
    carrier.customer.twiml["/voice"] = room
    await carrier.script(ANNA, {"answer": True}, {"joined": True}, {"wait": 5}, {"hangup": True})
    await carrier.script(BORIS, {"answer": True})
    anna = (await carrier.call()).sid
    await carrier.until(lambda: carrier.carrier.rooms.member_of(carrier.carrier.legs[anna]))
    await carrier.carrier.clock.sleep(30)
    assert carrier.carrier.legs[anna].call.status == "in-progress"

    boris = (await carrier.call(BORIS)).sid
    ended = await carrier.over(anna)
    talked_s = carrier.carrier.clock.now() - carrier.carrier.legs[boris].call.answered_at
    await carrier.over(boris)

    assert (ended.status, talked_s.total_seconds() >= 5) == ("completed", True)


async def test_the_clock_is_set_and_jumps(carrier: World) -> None:
    await carrier.post("/clock", {"rate": 0})
    before = (await carrier.post("/clock", {"advance": 0}))["nowMs"]
    after = await carrier.post("/clock", {"advance": 3600})
    async with carrier.http.post(carrier.url + "/clock", json={"rate": -1}) as refused:
        assert refused.status == 400

    assert (after["nowMs"] - before, after["rate"]) == (3_600_000, 0)


async def test_a_text_message_reaches_the_handset_and_its_sender_is_told(carrier: World) -> None:
    made = await carrier.client.messages.create_async(
        to=BORIS, from_=CALLER, body="We missed you", status_callback=carrier.customer.url + "/sms"
    )
    await carrier.heard("/sms", 2)
    kept = await carrier.client.messages.list_async(to=BORIS)

    assert (made.status, kept[0].status, kept[0].body) == ("queued", "delivered", "We missed you")
    assert [h["MessageStatus"] for h in carrier.customer.on("/sms")] == ["sent", "delivered"]
    with pytest.raises(TwilioRestException) as refused:
        await carrier.client.messages.create_async(to="+15005550004", from_=CALLER, body="x")
    assert refused.value.code == 21610


async def test_another_websites_page_cannot_steer_the_carrier(carrier: World) -> None:
    headers = {"Origin": "https://evil.example"}
    async with carrier.http.post(carrier.url + "/chaos", json={}, headers=headers) as answer:
        assert answer.status == 403
