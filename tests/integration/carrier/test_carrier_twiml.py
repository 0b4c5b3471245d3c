"""What the carrier does with TwiML on a live call."""

from __future__ import annotations

import pytest
from aiohttp import web

from tests.integration.carrier.world import ANNA, BORIS, Heard, World

ANSWERS = ({"wait": 1}, {"answer": True})
LONG = "one two three four five six seven eight nine ten " * 5


async def said(carrier: World, twiml: object, *steps: object, **more: object) -> list[str]:
    """Run one document on a call to Anna until it is over; return what she heard."""
    carrier.customer.twiml["/voice"] = twiml
    await carrier.script(ANNA, *(steps or ANSWERS))
    call = await carrier.call(**more)
    await carrier.over(call.sid)
    return carrier.captions(ANNA)


async def test_a_key_interrupts_the_prompt_and_its_action_hears_it(carrier: World) -> None:
    carrier.customer.twiml["/key"] = "<Say>Thanks</Say>"
    heard = await said(
        carrier,
        f'<Gather action="/key" numDigits="1"><Say>{LONG}</Say><Say>never reached</Say></Gather><Say>no key</Say>',
        *ANSWERS,
        {"wait": 1},
        {"press": "1"},
    )

    assert heard == [LONG.strip(), "Thanks"]
    assert carrier.customer.on("/key")[0]["Digits"] == "1"


async def test_without_a_key_a_gather_falls_through_or_tells_its_action_when_asked_to(carrier: World) -> None:
    assert await said(carrier, '<Gather action="/key" timeout="2"/><Say>no key</Say>') == ["no key"]
    assert carrier.customer.on("/key") == []

    carrier.customer.twiml["/key"] = "<Hangup/>"
    await said(carrier, '<Gather action="/key" timeout="2" actionOnEmptyResult="true"/><Say>no key</Say>')
    assert carrier.customer.on("/key")[0]["Digits"] == ""


async def test_digits_end_with_the_finish_key_or_with_the_timeout(carrier: World) -> None:
    carrier.customer.twiml["/key"] = "<Hangup/>"
    await said(carrier, '<Gather action="/key"/>', *ANSWERS, {"press": "42#9"})
    await said(carrier, '<Gather action="/key" finishOnKey="" timeout="2"/>', *ANSWERS, {"press": "7#"})

    assert [(h["Digits"], h["FinishedOnKey"]) for h in carrier.customer.on("/key")] == [("42", "#"), ("7#", "")]


async def test_keys_pressed_early_wait_for_the_gather_that_wants_them(carrier: World) -> None:
    def key(heard: Heard) -> str:
        return '<Gather action="/again" numDigits="1"/>' if heard["Digits"] == "1" else "<Hangup/>"

    carrier.customer.twiml |= {"/key": key, "/again": "<Hangup/>"}
    await said(carrier, '<Say>Wait</Say><Gather action="/key" numDigits="1"/>', *ANSWERS, {"press": "19"})

    assert carrier.customer.on("/again")[0]["Digits"] == "9"


async def test_a_gather_without_an_action_asks_its_own_document_again(carrier: World) -> None:
    def voice(heard: Heard) -> str:
        return "<Say>Got it</Say>" if "Digits" in heard.form else '<Gather numDigits="1"/>'

    assert await said(carrier, voice, *ANSWERS, {"press": "5"}) == ["Got it"]


async def test_addresses_are_relative_to_the_document_and_a_redirect_may_use_get(carrier: World) -> None:
    carrier.customer.twiml["/a/b/next"] = "<Say>here</Say>"
    carrier.customer.twiml["/a/b/voice"] = '<Redirect method="GET">next</Redirect><Say>never</Say>'
    await carrier.script(ANNA, *ANSWERS)
    await carrier.over((await carrier.call(path="/a/b/voice")).sid)

    asked = carrier.customer.on("/a/b/next")[0]
    assert (asked.method, asked.is_signed, carrier.captions(ANNA)) == ("GET", True, ["here"])


async def test_what_is_no_twiml_ends_the_call_with_an_apology(carrier: World) -> None:
    def broken(_: Heard) -> web.Response:
        return web.Response(text="<Response><Say>", content_type="text/xml")

    heard = await said(carrier, broken)

    assert heard == ["We are sorry, an application error has occurred. Goodbye."]
    assert [e["code"] for e in await carrier.journal(kind="notification")] == [12100]


async def test_the_fallback_is_asked_when_the_document_cannot_be_had(carrier: World) -> None:
    carrier.customer.twiml["/sorry"] = "<Say>Please call us</Say>"
    heard = await said(carrier, 500, fallback_url=carrier.customer.url + "/sorry")

    assert heard == ["Please call us"]
    assert carrier.customer.on("/sorry")[0]["ErrorCode"] == "11200"


async def test_an_unknown_element_is_left_out_and_warned_about(carrier: World) -> None:
    assert await said(carrier, '<Shout>hey</Shout><Say voise="x">still</Say>') == ["still"]
    assert [e["code"] for e in await carrier.journal(kind="notification")] == [12200, 12200]


async def test_a_message_is_recorded_until_its_person_hangs_up(carrier: World) -> None:
    told = 'recordingStatusCallback="/rec"'
    await said(carrier, f'<Record action="/left" maxLength="60" {told}/>', *ANSWERS, {"wait": 9}, {"hangup": True})
    left = await carrier.heard("/left")
    recording = await carrier.heard("/rec")

    assert (left["Digits"], left["CallStatus"]) == ("hangup", "completed")
    assert 2 <= int(recording["RecordingDuration"]) <= carrier.carrier.legs[left["CallSid"]].call.duration_s
    async with carrier.http.get(recording["RecordingUrl"] + ".wav") as refused:
        assert refused.status == 401


async def test_silence_or_a_key_ends_a_recorded_message(carrier: World) -> None:
    carrier.customer.twiml["/left"] = "<Hangup/>"
    await said(carrier, '<Record action="/left" timeout="2"/>', *ANSWERS, {"wait": 1}, {"speak": 4})
    await said(carrier, '<Record action="/left" finishOnKey="#"/>', *ANSWERS, {"wait": 5}, {"press": "#"})

    silence, key = carrier.customer.on("/left")
    assert (silence["Digits"], key["Digits"]) == ("", "#")


async def test_a_dialled_number_is_bridged_until_it_hangs_up_and_the_action_learns_of_it(carrier: World) -> None:
    carrier.customer.twiml["/after"] = "<Say>Goodbye</Say>"
    await carrier.script(BORIS, {"wait": 2}, {"answer": True}, {"wait": 10}, {"hangup": True})
    heard = await said(
        carrier,
        f'<Dial action="/after" callerId="+15557770000"><Number statusCallback="/child" '
        f'statusCallbackEvent="initiated ringing answered completed">{BORIS}</Number></Dial><Say>never</Say>',
    )

    after = carrier.customer.on("/after")[0]
    assert (after["DialCallStatus"], after["DialBridged"]) == ("completed", "true")
    assert 8 <= int(after["DialCallDuration"]) <= 25
    assert heard == ["Goodbye"]
    await carrier.heard("/child", 4)
    child = carrier.customer.on("/child")[0]
    assert (child["From"], child["Direction"], child["ParentCallSid"]) == (
        "+15557770000",
        "outbound-dial",
        carrier.customer.on("/voice")[0]["CallSid"],
    )


@pytest.mark.parametrize(("steps", "status"), [(({"busy": True},), "busy"), (({"ring": True},), "no-answer")])
async def test_a_dial_that_reaches_nobody_says_why(carrier: World, steps: tuple[object, ...], status: str) -> None:
    carrier.customer.twiml["/after"] = "<Hangup/>"
    await carrier.script(BORIS, *steps)
    await said(carrier, f'<Dial action="/after" timeout="5">{BORIS}</Dial>')

    assert carrier.customer.on("/after")[0]["DialCallStatus"] == status


async def test_the_called_party_hears_the_whisper_first_and_may_refuse(carrier: World) -> None:
    carrier.customer.twiml |= {
        "/whisper": '<Gather action="/choice" numDigits="1"><Say>Press 1</Say></Gather><Hangup/>',
        "/choice": "<Hangup/>",
        "/after": "<Hangup/>",
    }
    await carrier.script(BORIS, {"wait": 1}, {"answer": True}, {"press": "2"})
    await said(carrier, f'<Dial action="/after"><Number url="/whisper">{BORIS}</Number></Dial>')

    assert carrier.customer.on("/after")[0]["DialBridged"] == "false"
    assert carrier.captions(BORIS) == ["Press 1"]


async def test_the_dialled_phone_stops_ringing_when_the_caller_hangs_up(carrier: World) -> None:
    await said(
        carrier, f"<Dial><Client>boris</Client><Number>{BORIS}</Number></Dial>", *ANSWERS, {"wait": 5}, {"hangup": True}
    )
    children = [leg for leg in carrier.carrier.legs.values() if leg.is_child]
    await carrier.until(lambda: all(leg.done.done() for leg in children))

    assert [leg.call.status for leg in children] == ["canceled", "canceled"]
    assert [leg.number for leg in children] == ["client:boris", BORIS]


async def test_a_text_message_is_sent_from_a_call(carrier: World) -> None:
    await said(carrier, f'<Sms to="{BORIS}">We missed you</Sms>')
    await carrier.until(lambda: carrier.carrier.handsets.of(BORIS).messages)

    assert [m.body for m in carrier.carrier.handsets.of(BORIS).messages] == ["We missed you"]
