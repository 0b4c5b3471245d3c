"""Calls: from the queue over the ringing to the bill."""

from __future__ import annotations

from datetime import timedelta

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.integration.carrier.world import ANNA, BORIS, CALLER, World, world

ANSWERS = ({"wait": 3}, {"answer": True})


async def test_an_answered_call_is_told_in_four_events_and_asks_for_its_instructions(carrier: World) -> None:
    carrier.customer.twiml["/voice"] = "<Say>Hello from the shop</Say>"
    await carrier.script(ANNA, *ANSWERS)

    call = await carrier.call()
    done = await carrier.over(call.sid)
    await carrier.until(lambda: len(carrier.customer.on("/status")) == 4)

    assert (call.status, done.status) == ("queued", "completed")
    assert sorted(carrier.customer.statuses(call.sid)) == ["completed", "in-progress", "initiated", "ringing"]
    assert {h["SequenceNumber"]: h["CallStatus"] for h in carrier.customer.on("/status")} == {
        "0": "initiated",
        "1": "ringing",
        "2": "in-progress",
        "3": "completed",
    }
    assert "Hello from the shop" in carrier.captions(ANNA)
    assert all(heard.is_signed for heard in carrier.customer.heard)


@pytest.mark.parametrize(
    ("steps", "status", "sip", "rang"),
    [
        (({"busy": True},), "busy", "486", False),
        (({"wait": 2}, {"busy": True}), "busy", "486", True),
        (({"wait": 2}, {"reject": True}), "no-answer", "603", True),
        (({"ring": True},), "no-answer", "487", True),
        (({"fail": 404},), "failed", "404", False),
    ],
)
async def test_a_call_that_is_not_answered_says_how_it_ended(
    carrier: World, steps: tuple[dict[str, object], ...], status: str, sip: str, rang: bool
) -> None:
    await carrier.script(ANNA, *steps)
    call = await carrier.call(timeout=20)

    await carrier.over(call.sid)
    await carrier.until(lambda: status in carrier.customer.statuses(call.sid))
    last = next(h for h in carrier.customer.on("/status") if h["CallStatus"] == status)

    assert (last["SipResponseCode"], last["CallDuration"]) == (sip, "0")
    assert ("ringing" in carrier.customer.statuses(call.sid)) is rang
    assert carrier.customer.on("/voice") == []


async def test_a_call_canceled_in_the_queue_tells_nobody() -> None:
    async with world(cps=0.001) as slow:
        first = await slow.call(ANNA)
        second = await slow.call(BORIS)
        canceled = await slow.client.calls(second.sid).update_async(status="canceled")

        assert (int(first.queue_time), int(second.queue_time)) == (0, pytest.approx(1_000_000, abs=2000))
        assert canceled.status == "canceled"
        assert slow.customer.statuses(second.sid) == []


async def test_a_ringing_call_that_is_canceled_stops_ringing_and_says_so(carrier: World) -> None:
    call = await carrier.call()
    await carrier.until(lambda: "ringing" in carrier.customer.statuses(call.sid))

    await carrier.client.calls(call.sid).update_async(status="completed")
    await carrier.until(lambda: "canceled" in carrier.customer.statuses(call.sid))

    with pytest.raises(TwilioRestException) as refused:
        await carrier.client.calls(call.sid).update_async(status="completed")
    assert (refused.value.status, refused.value.code) == (400, 21220)


async def test_a_call_in_progress_goes_where_it_is_sent_and_ends_at_its_time_limit(carrier: World) -> None:
    carrier.customer.twiml |= {"/voice": "<Pause length='100'/>", "/other": "<Say>Moved</Say><Pause length='100'/>"}
    await carrier.script(ANNA, *ANSWERS)
    call = await carrier.call(time_limit=20)
    await carrier.heard("/voice")

    await carrier.client.calls(call.sid).update_async(url=carrier.customer.url + "/other")
    done = await carrier.over(call.sid)

    assert "Moved" in carrier.captions(ANNA)
    assert 20 <= int(done.duration) < 35


async def test_twiml_given_with_the_call_is_used_where_there_is_no_address(carrier: World) -> None:
    await carrier.script(ANNA, *ANSWERS)
    call = await carrier.client.calls.create_async(
        to=ANNA, from_=CALLER, twiml="<Response><Say>Straight</Say></Response>"
    )
    await carrier.over(call.sid)

    assert carrier.captions(ANNA) == ["Straight"]


async def test_digits_are_sent_to_an_extension_before_the_instructions_and_then_nobody_looks_for_machines(
    carrier: World,
) -> None:
    carrier.customer.twiml["/voice"] = "<Hangup/>"
    await carrier.script(ANNA, *ANSWERS)
    call = await carrier.call(send_digits="W1234#", machine_detection="Enable")
    await carrier.over(call.sid)

    assert "AnsweredBy" not in carrier.customer.on("/voice")[0].form
    assert [e["digits"] for e in await carrier.journal(kind="digits")] == ["W1234#"]


@pytest.mark.parametrize(("mode", "said"), [("Enable", "machine_start"), ("DetectMessageEnd", "machine_end_beep")])
async def test_an_answering_machine_is_told_from_a_person(carrier: World, mode: str, said: str) -> None:
    carrier.customer.twiml["/voice"] = "<Pause length='30'/>"
    await carrier.script(ANNA, {"wait": 2}, {"voicemail": {"greeting": 6}})

    waiting = await carrier.call(machine_detection=mode)
    assert (await carrier.heard("/voice"))["AnsweredBy"] == said
    await carrier.client.calls(waiting.sid).update_async(status="completed")

    await carrier.call(
        machine_detection=mode, async_amd="true", async_amd_status_callback=carrier.customer.url + "/amd"
    )
    result = await carrier.heard("/amd")
    assert (result["AnsweredBy"], "To" in result.form) == (said, False)
    assert "AnsweredBy" not in (await carrier.heard("/voice", 2)).form


async def test_a_once_script_is_used_for_one_call_and_the_standing_one_for_the_rest(carrier: World) -> None:
    await carrier.script(ANNA, *ANSWERS, {"hangup": True})
    await carrier.script(ANNA, {"busy": True}, once=True)

    ends = [(await carrier.over((await carrier.call()).sid)).status for _ in range(3)]

    assert ends == ["busy", "completed", "completed"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"to": "+15005550001"}, 21217),
        ({"to": "+15005550003"}, 21215),
        ({"to": "5551234"}, 21211),
        ({"from_": "+15005550001"}, 21212),
        ({"url": "not a url"}, 21205),
        ({"send_digits": "hello"}, 21206),
        ({"timeout": 9999}, 21208),
        ({"method": "PATCH"}, 21209),
        ({"machine_detection": "Nonsense"}, 21234),
        ({"status_callback_event": ["answerd"]}, 21626),
    ],
)
async def test_a_wrong_call_is_refused_with_twilios_code(carrier: World, more: dict[str, object], code: int) -> None:
    asked = {"to": ANNA, "from_": CALLER, "url": carrier.customer.url + "/voice"}
    asked["status_callback"] = carrier.customer.url + "/status"
    with pytest.raises(TwilioRestException) as refused:
        await carrier.client.calls.create_async(**{**asked, **more})

    assert (refused.value.status, refused.value.code) == (400, code)
    assert carrier.carrier.legs == {}


async def test_a_call_without_instructions_and_one_with_a_wrong_token_are_refused(carrier: World) -> None:
    with pytest.raises(TwilioRestException) as refused:
        await carrier.client.calls.create_async(to=ANNA, from_=CALLER)
    assert refused.value.code == 21205
    async with carrier.http.get(
        f"{carrier.url}/2010-04-01/Accounts/{carrier.carrier.config.account_sid}/Calls.json"
    ) as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, 20003)


async def test_calls_are_listed_newest_first_by_pages_and_filters(carrier: World) -> None:
    await carrier.script(ANNA, {"busy": True})
    await carrier.script(BORIS, {"busy": True})
    made = [(await carrier.call(number)).sid for number in (ANNA, BORIS, ANNA, ANNA, BORIS)]
    for sid in made:
        await carrier.over(sid)

    everything = await carrier.client.calls.list_async(page_size=2)
    annas = await carrier.client.calls.list_async(to=ANNA, status="busy", page_size=2)
    none = await carrier.client.calls.list_async(status="queued")

    assert [call.sid for call in everything] == made[::-1]
    assert [call.sid for call in annas] == [made[3], made[2], made[0]]
    assert none == []


async def test_a_call_that_is_over_has_a_price_and_can_be_deleted(carrier: World) -> None:
    carrier.customer.twiml["/voice"] = "<Pause length='61'/>"
    await carrier.script(ANNA, *ANSWERS)
    call = await carrier.call()
    await carrier.over(call.sid)
    await carrier.until(lambda: carrier.carrier.legs[call.sid].call.price is not None)

    done = await carrier.client.calls(call.sid).fetch_async()
    balance = await carrier.client.balance.fetch_async()
    await carrier.client.calls(call.sid).delete_async()

    assert (done.price, done.price_unit, balance.balance) == ("-0.02800", "USD", "99.97200")
    with pytest.raises(TwilioRestException) as gone:
        await carrier.client.calls(call.sid).fetch_async()
    assert gone.value.code == 20404


async def test_a_person_in_a_call_is_busy_for_the_next_one(carrier: World) -> None:
    carrier.customer.twiml["/voice"] = "<Pause length='200'/>"
    first = await carrier.call()
    await carrier.until(lambda: carrier.carrier.handsets.live_leg(ANNA))
    await carrier.post(f"/handsets/{ANNA}/act", {"answer": True})
    second = await carrier.over((await carrier.call()).sid)

    assert second.status == "busy"
    assert carrier.carrier.legs[first.sid].call.status == "in-progress"


async def test_a_key_that_was_heard_is_told_although_its_person_hangs_up_at_once(carrier: World) -> None:
    carrier.customer.twiml["/voice"] = '<Gather action="/key" numDigits="1"/>'
    await carrier.script(ANNA, *ANSWERS, {"press": "1"}, {"hangup": True})
    for _ in range(5):
        await carrier.over((await carrier.call()).sid)

    await carrier.heard("/key", 5)
    assert {heard["Digits"] for heard in carrier.customer.on("/key")} == {"1"}


async def test_a_call_recorded_from_its_answer_names_the_recording_when_it_is_over(carrier: World) -> None:
    carrier.customer.twiml["/voice"] = "<Pause length='5'/>"
    await carrier.script(ANNA, *ANSWERS)
    call = await carrier.call(record=True, recording_channels="dual", status_callback_event=["completed"])
    told = await carrier.heard("/status")
    kept = await carrier.client.calls(call.sid).recordings.list_async()

    assert told["RecordingSid"] == kept[0].sid
    assert (kept[0].channels, kept[0].source) == (2, "OutboundAPI")


async def test_queued_calls_have_no_start_and_are_left_out_of_a_search_by_time() -> None:
    async with world(cps=0.001) as slow:
        await slow.script(ANNA, {"busy": True})
        before = slow.carrier.clock.now() - timedelta(seconds=5)
        done = await slow.call()
        await slow.over(done.sid)
        waiting = await slow.call()

        found = await slow.client.calls.list_async(start_time_after=before)
        assert [call.sid for call in found] == [done.sid]
        assert await slow.client.calls.list_async(start_time_before=before) == []
        assert [call.sid for call in await slow.client.calls.list_async(status="queued")] == [waiting.sid]
