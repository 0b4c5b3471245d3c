"""Two people in one conference, as the callback bridge makes it."""

from __future__ import annotations

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException

from tests.integration.carrier.world import ANNA, BORIS, CALLER, SID, TOKEN, Heard, World


def bridge(carrier: World, visitor_ends: bool = True, waits_s: int = 5) -> None:
    """Set up the usual documents: the consultant presses 1 in time, both sit in one room."""
    url = carrier.customer.url
    events = 'statusCallbackEvent="start end join leave mute hold modify announcement"'

    def room(name: str, ends: bool, extra: str = "") -> str:
        return (
            f'<Dial action="/left/{name}"><Conference startConferenceOnEnter="true" '
            f'endConferenceOnExit="{str(ends).lower()}" waitUrl="/wait" participantLabel="{name}" {extra}>'
            "room-1</Conference></Dial>"
        )

    def key(heard: Heard) -> str:
        if heard["Digits"] == "1":
            return room("agent", False, f'statusCallback="{url}/conf" {events}')
        return "<Hangup/>"

    carrier.customer.twiml |= {
        "/agent": f'<Gather action="/key" numDigits="1" timeout="{waits_s}"><Say>Press 1.</Say></Gather><Hangup/>',
        "/key": key,
        "/visitor": room("visitor", visitor_ends),
        "/wait": "<Say>Please hold the line while we fetch somebody for you</Say><Pause length='5'/>",
        "/left/agent": "<Say>The visitor has left.</Say><Hangup/>",
        "/left/visitor": "<Hangup/>",
    }


async def test_a_consultant_who_presses_1_and_a_visitor_talk_until_the_visitor_hangs_up(carrier: World) -> None:
    bridge(carrier)
    await carrier.script(ANNA, {"wait": 3}, {"answer": True}, {"press": "1"})
    await carrier.script(BORIS, {"wait": 4}, {"answer": True}, {"wait": 30}, {"hangup": True})

    agent = await carrier.call(ANNA, "/agent")
    await carrier.heard("/conf")
    visitor = await carrier.call(BORIS, "/visitor")
    await carrier.until(lambda: len(carrier.customer.on("/conf")) == 3)
    both = carrier.carrier.partners(carrier.carrier.legs[agent.sid])
    done = await carrier.over(visitor.sid)
    await carrier.over(agent.sid)
    await carrier.until(lambda: len(carrier.customer.on("/conf")) == 6)

    told = sorted(carrier.customer.on("/conf"), key=lambda h: int(h["SequenceNumber"]))
    assert [h["StatusCallbackEvent"] for h in told] == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    assert told[3]["ReasonParticipantLeft"] == "participant_hung_up"
    assert told[4]["ReasonParticipantLeft"] == "moderator_ended_conference"
    assert told[5]["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert told[5]["CallSidEndingConference"] == visitor.sid
    assert both == [BORIS]
    assert 29 <= int(done.duration) < 60
    left = carrier.customer.on("/left/agent")
    assert [h["DialCallStatus"] for h in left] == ["answered"]
    assert carrier.customer.on("/left/visitor") == []
    assert "Please hold the line while we fetch somebody for you" in carrier.captions(ANNA)


async def seated(carrier: World) -> tuple[str, str, str]:
    """Bring Anna (agent) and Boris (visitor) together; return both calls and the room."""
    bridge(carrier)
    await carrier.script(ANNA, {"wait": 1}, {"answer": True}, {"press": "1"})
    await carrier.script(BORIS, {"wait": 1}, {"answer": True})
    agent = await carrier.call(ANNA, "/agent")
    await carrier.heard("/conf")
    visitor = await carrier.call(BORIS, "/visitor")
    started = await carrier.heard("/conf", 3)
    return agent.sid, visitor.sid, started["ConferenceSid"]


def events(carrier: World) -> list[str]:
    told = sorted(carrier.customer.on("/conf"), key=lambda h: int(h["SequenceNumber"]))
    return [h["StatusCallbackEvent"] for h in told]


async def test_a_participant_is_muted_held_and_hears_an_announcement(carrier: World) -> None:
    agent, visitor, room = await seated(carrier)
    carrier.customer.twiml["/music"] = "<Say>Hold on please</Say><Pause length='60'/>"
    carrier.customer.twiml["/news"] = "<Say>You are being recorded</Say>"
    people = carrier.client.conferences(room).participants

    held = await people(visitor).update_async(hold=True, hold_url=carrier.customer.url + "/music")
    await carrier.until(lambda: "Hold on please" in carrier.captions(BORIS))
    heard_on_hold = carrier.carrier.partners(carrier.carrier.legs[agent])
    back = await people("visitor").update_async(hold=False, muted=True)
    await people(agent).update_async(announce_url=carrier.customer.url + "/news")
    await carrier.heard("/conf", 7)

    assert (held.hold, back.hold, back.muted, back.label) == (True, False, True, "visitor")
    assert heard_on_hold == []
    assert events(carrier)[3:] == [
        "participant-hold",
        "participant-mute",
        "participant-unhold",
        "announcement-end",
    ]
    assert "You are being recorded" in carrier.captions(ANNA)
    assert "You are being recorded" not in carrier.captions(BORIS)


async def test_a_conference_is_found_by_its_name_while_it_lives_and_ended_over_the_api(carrier: World) -> None:
    agent, visitor, room = await seated(carrier)
    found = await carrier.client.conferences.list_async(friendly_name="room-1", status="in-progress")
    people = await carrier.client.conferences("room-1").participants.list_async()

    ended = await carrier.client.conferences(room).update_async(status="completed")
    left = await carrier.heard("/left/visitor")
    await carrier.over(agent)
    await carrier.heard("/conf", 6)

    assert [each.sid for each in found] == [room]
    assert {person.call_sid for person in people} == {agent, visitor}
    assert (ended.status, ended.reason_conference_ended) == ("completed", "conference-ended-via-api")
    assert left["DialCallStatus"] == "answered"
    assert "DialCallSid" not in left.form
    with pytest.raises(TwilioRestException) as gone:
        await carrier.client.conferences("room-1").update_async(status="completed")
    assert gone.value.code == 20404


async def test_a_participant_who_is_removed_goes_on_with_what_follows_the_dial(carrier: World) -> None:
    agent, _, room = await seated(carrier)
    await carrier.client.conferences(room).participants(agent).delete_async()
    await carrier.over(agent)

    assert "The visitor has left." in carrier.captions(ANNA)
    assert (await carrier.heard("/conf", 4))["ReasonParticipantLeft"] == "participant_updated_via_api"
    assert len(await carrier.client.conferences(room).participants.list_async()) == 1


async def test_only_the_first_participant_decides_who_is_told(carrier: World) -> None:
    bridge(carrier)
    carrier.customer.twiml["/visitor"] = (
        '<Dial><Conference statusCallback="/other" statusCallbackEvent="join leave">room-1</Conference></Dial>'
    )
    await carrier.script(ANNA, {"wait": 1}, {"answer": True}, {"press": "1"})
    await carrier.script(BORIS, {"wait": 1}, {"answer": True}, {"wait": 60}, {"hangup": True})
    await carrier.call(ANNA, "/agent")
    await carrier.heard("/conf")
    await carrier.over((await carrier.call(BORIS, "/visitor")).sid)
    await carrier.heard("/conf", 4)

    assert carrier.customer.on("/other") == []


async def test_a_label_that_is_taken_falls_through_to_the_next_verb(carrier: World) -> None:
    await seated(carrier)
    third = "+15551230003"
    seat = '<Dial><Conference participantLabel="agent">room-1</Conference></Dial><Say>taken</Say>'
    carrier.customer.twiml["/third"] = seat
    await carrier.script(third, {"wait": 1}, {"answer": True})
    await carrier.over((await carrier.call(third, "/third")).sid)

    assert carrier.captions(third) == ["taken"]
    assert 16025 in [e["code"] for e in await carrier.journal(kind="notification")]


async def test_waiting_music_that_cannot_be_had_costs_the_seat(carrier: World) -> None:
    carrier.customer.twiml |= {
        "/voice": '<Dial><Conference waitUrl="/wait">r</Conference></Dial><Say>No room</Say>',
        "/wait": 500,
    }
    await carrier.script(ANNA, {"wait": 1}, {"answer": True})
    await carrier.over((await carrier.call()).sid)

    assert carrier.captions(ANNA) == ["No room"]


async def test_somebody_is_called_into_a_room_over_the_api(carrier: World) -> None:
    agent, _, room = await seated(carrier)
    third = "+15551230003"
    await carrier.script(third, {"wait": 2}, {"answer": True})

    made = await carrier.client.conferences("room-1").participants.create_async(
        from_=CALLER, to=third, label="colleague", start_conference_on_enter=True, end_conference_on_exit=False
    )
    joined = await carrier.heard("/conf", 4)

    assert (made.conference_sid, made.status, made.label) == (room, "queued", "colleague")
    assert (joined["ParticipantLabel"], joined["CallSid"]) == ("colleague", made.call_sid)
    assert carrier.carrier.partners(carrier.carrier.legs[agent]) == [BORIS, third]


async def test_a_room_made_over_the_api_ends_when_its_only_guest_does_not_come(carrier: World) -> None:
    await carrier.script(ANNA, {"busy": True})
    made = await carrier.client.conferences("fresh").participants.create_async(
        from_=CALLER,
        to=ANNA,
        conference_status_callback=carrier.customer.url + "/conf",
        conference_status_callback_event=["leave", "end"],
    )
    await carrier.over(made.call_sid)
    await carrier.heard("/conf", 2)

    assert events(carrier) == ["participant-leave", "conference-end"]
    assert (await carrier.client.conferences(made.conference_sid).fetch_async()).status == "completed"


async def test_a_call_is_recorded_on_request_with_a_pause_and_can_be_fetched_and_deleted(carrier: World) -> None:
    agent, _, _ = await seated(carrier)
    recordings = carrier.client.calls(agent).recordings
    started = await recordings.create_async(
        recording_channels="dual", recording_status_callback=carrier.customer.url + "/rec"
    )
    paused = await recordings("Twilio.CURRENT").update_async(status="paused", pause_behavior="skip")
    resumed = await recordings(started.sid).update_async(status="in-progress")
    await carrier.carrier.clock.sleep(5)
    await carrier.client.calls(agent).update_async(status="completed")
    told = await carrier.heard("/rec")

    kept = await carrier.client.recordings.list_async(call_sid=agent)
    auth = aiohttp.BasicAuth(SID, TOKEN)
    async with carrier.http.get(told["RecordingUrl"] + ".wav", auth=auth) as media:
        head = (await media.read())[:44]
    await carrier.client.recordings(started.sid).delete_async()

    assert (started.channels, started.source) == (2, "StartCallRecordingAPI")
    assert (paused.status, resumed.status) == ("paused", "in-progress")
    assert int(told["RecordingDuration"]) >= 4
    assert [(each.sid, each.status) for each in kept] == [(started.sid, "completed")]
    assert (head[:4], head[22]) == (b"RIFF", 2)
    assert await carrier.client.recordings.list_async() == []


async def test_a_conference_is_recorded_from_its_start_when_the_first_participant_asks_for_it(carrier: World) -> None:
    seat = '<Dial><Conference record="record-from-start" recordingStatusCallback="/rec">r</Conference></Dial>'
    carrier.customer.twiml["/voice"] = seat
    await carrier.script(ANNA, {"wait": 1}, {"answer": True})
    await carrier.script(BORIS, {"wait": 1}, {"answer": True}, {"wait": 10}, {"hangup": True})
    anna = await carrier.call(ANNA)
    boris = await carrier.call(BORIS)
    await carrier.over(boris.sid)
    await carrier.client.calls(anna.sid).update_async(status="completed")
    told = await carrier.heard("/rec")

    assert (told["RecordingSource"], "CallSid" in told.form) == ("Conference", False)
    assert int(told["RecordingDuration"]) >= 6
    kept = await carrier.client.conferences(told["ConferenceSid"]).recordings.list_async()
    assert [each.sid for each in kept] == [told["RecordingSid"]]
