"""The carrier's pure rules: the life of a call and of a conference, scripts, TwiML, overrides, recordings, time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.carrier import calls, conference
from server.carrier.clock import VirtualClock
from server.carrier.conference import Member, Room, RoomError
from server.carrier.model import Call, Callback, RecordingPlan, is_address
from server.carrier.recordings import Recording, RecordingError, change, wav
from server.carrier.script import ScriptError, detected, parse_script
from server.carrier.twiml import TwimlError, parse, resolve
from server.carrier.webhooks import Overrides, overrides_of, should_retry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALL = Call("CA" + "1" * 32, "AC" + "2" * 32, "+15551230001", "+15550000000", "outbound-api", NOW, NOW)
ROOM = Room("CF" + "3" * 32, "room-1", NOW, NOW)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def member(sid: str, **more: object) -> Member:
    return replace(Member(sid, NOW, NOW), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("final", sorted(calls.FINAL))
def test_a_call_that_is_over_never_changes_again(final: str) -> None:
    over = replace(CALL, status=final)
    for status in ("ringing", "in-progress", *calls.FINAL):
        with pytest.raises(calls.InvalidMoveError):
            calls.move(over, status, NOW)


def test_a_call_in_progress_can_only_be_completed() -> None:
    talking = calls.move(calls.move(calls.dial(CALL, NOW), "ringing", NOW), "in-progress", NOW)

    with pytest.raises(calls.InvalidMoveError):
        calls.move(talking, "canceled", NOW)
    assert calls.move(talking, "completed", later(61)).duration_s == 61


def test_webhooks_say_initiated_where_rest_says_queued() -> None:
    assert calls.public_status(CALL) == "queued"
    assert calls.public_status(calls.dial(CALL, NOW)) == "initiated"


@pytest.mark.parametrize(("seconds", "price"), [(0, "0"), (1, "-0.01400"), (60, "-0.01400"), (61, "-0.02800")])
def test_every_started_minute_is_charged_and_an_unanswered_call_is_free(seconds: int, price: str) -> None:
    assert calls.price(replace(CALL, answered_at=NOW, ended_at=later(seconds))) == price


def test_a_conference_starts_with_two_of_whom_one_starts_it() -> None:
    room, events = conference.join(ROOM, member("CAa", start_on_enter=False), NOW)
    assert ([e.name for e in events], room.status) == (["participant-join"], "init")
    room, events = conference.join(room, member("CAb", start_on_enter=False), NOW)
    assert room.status == "init"
    room, events = conference.join(room, member("CAc"), NOW)
    assert ([e.name for e in events], room.status) == (["participant-join", "conference-start"], "in-progress")
    assert dict(events[-1].params)["SequenceNumber"] == "4"


def test_the_last_one_to_leave_ends_the_conference() -> None:
    room, _ = conference.join(ROOM, member("CAa", label="anna"), NOW)
    room, events, ended = conference.leave(room, "CAa", "participant_hung_up", "completed", NOW)

    assert [e.name for e in events] == ["participant-leave", "conference-end"]
    assert (room.reason_ended, ended) == ("last-participant-left", ("CAa",))
    assert dict(events[1].params)["ParticipantLabelEndingConference"] == "anna"
    assert conference.leave(room, "CAa", "participant_hung_up", "completed", NOW) == (room, (), ())


def test_who_ends_it_on_exit_ends_it_for_all() -> None:
    room, _ = conference.join(ROOM, member("CAa"), NOW)
    room, _ = conference.join(room, member("CAb", end_on_exit=True), NOW)
    room, events, ended = conference.leave(room, "CAb", "participant_hung_up", "in-progress", NOW, kicked=True)

    assert ended == ("CAb", "CAa")
    assert room.reason_ended == "participant-with-end-conference-on-exit-kicked"
    assert dict(events[1].params)["ReasonParticipantLeft"] == "moderator_ended_conference"


def test_a_label_is_given_once_and_coaching_needs_somebody_to_coach() -> None:
    room, _ = conference.join(ROOM, member("CAa", label="anna"), NOW)
    for wrong, code in ((member("CAb", label="anna"), 16025), (member("CAb", call_sid_to_coach="CAx"), 13240)):
        with pytest.raises(RoomError) as refused:
            conference.join(room, wrong, NOW)
        assert refused.value.code == code


def test_the_first_participants_callback_holds_for_ever_even_when_it_is_none() -> None:
    other = Callback("http://127.0.0.1/conf", events=frozenset({"join"}))

    assert conference.claim(conference.claim(ROOM, None), other).callback is None
    claimed = conference.claim(ROOM, other).callback
    assert conference.wants(claimed, "participant-join")
    assert not conference.wants(claimed, "conference-end")


def test_a_script_is_read_step_by_step() -> None:
    steps = parse_script(
        {"behaviour": [{"wait": 3}, {"answer": True}, {"joined": True}, {"press": "1"}, {"wait": 30}, {"hangup": True}]}
    ).steps

    assert [step.action for step in steps] == ["wait", "answer", "joined", "press", "wait", "hangup"]
    assert steps[4].seconds == 30


def test_a_handset_that_is_busy_at_once_never_rings() -> None:
    assert parse_script({"behaviour": [{"busy": True}]}).refuses_at_once == ("busy", 486)
    assert parse_script({"behaviour": [{"wait": 1}, {"busy": True}]}).refuses_at_once is None
    assert parse_script({"behaviour": ["reject"]}).refuses_at_once == ("no-answer", 603)


@pytest.mark.parametrize(
    "behaviour",
    ["x", [{"dance": True}], [{"wait": -1}], [{"wait": True}], [{"press": "x"}], [{}], [{"answer": 1}], [3]],
)
def test_a_script_that_cannot_be_understood_is_refused(behaviour: object) -> None:
    with pytest.raises(ScriptError):
        parse_script({"behaviour": behaviour})


def test_detection_says_what_the_script_says_and_when() -> None:
    human = parse_script({"behaviour": [{"answer": True}, {"amd": "machine_start", "delay": 4}]})
    machine = parse_script({"behaviour": [{"voicemail": {"greeting": 9}}]})

    assert detected(None, "Enable") == ("human", 3.0)
    assert detected(human, "Enable") == ("machine_start", 4.0)
    assert detected(machine, "DetectMessageEnd") == ("machine_end_beep", 9.0)


def test_spoken_text_keeps_the_words_inside_its_marks() -> None:
    parsed = parse('<Response><Say language="ru-RU">Добрый <emphasis>день</emphasis>,\n Анна</Say></Response>')

    assert (parsed.verbs[0].text, parsed.verbs[0].get("language")) == ("Добрый день, Анна", "ru-RU")
    assert parsed.warnings == ()


@pytest.mark.parametrize(
    "body", ["", "hello", "<Response><Say>", "<Reply/>", '<!DOCTYPE x [<!ENTITY a "b">]><Response>&a;</Response>']
)
def test_what_is_no_twiml_is_a_parse_failure(body: str) -> None:
    with pytest.raises(TwimlError) as failure:
        parse(body)
    assert failure.value.code == 12100


def test_wrong_nesting_is_left_out_and_warned_about() -> None:
    parsed = parse("<Response><Gather><Dial>+15551230001</Dial><Say>Hi</Say></Gather></Response>")

    assert [child.name for child in parsed.verbs[0].children] == ["Say"]
    assert parsed.warnings == ("Dial is not allowed in Gather",)


def test_an_empty_address_is_the_document_itself() -> None:
    assert resolve("http://shop.example/a/voice?leg=1#rc=2", "") == "http://shop.example/a/voice?leg=1#rc=2"
    assert resolve("http://shop.example/a/voice?leg=1", "key?x=2") == "http://shop.example/a/key?x=2"


def test_connection_overrides_are_read_off_the_fragment() -> None:
    overrides, problem = overrides_of("http://shop.example/s#rc=3&rp=5xx,rt&ct=500&rt=1000")

    assert overrides == Overrides(3, frozenset({"5xx", "rt"}), 500, 1000)
    assert problem is None
    assert [should_retry(overrides, *case) for case in ((500, None), (404, None), (None, "rt"), (None, "ct"))] == [
        True,
        False,
        True,
        False,
    ]
    assert overrides_of("http://shop.example/s#rp=sometimes")[0] == Overrides()
    assert overrides_of("http://shop.example/s#rc=9")[1] == "rc=9"


def test_by_default_only_a_failed_connection_is_tried_again() -> None:
    assert [should_retry(Overrides(), *case) for case in ((500, None), (None, "rt"), (None, "ct"))] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(("behavior", "seconds"), [("skip", 8), ("silence", 13)])
def test_a_pause_is_left_out_of_a_recording_or_kept_silent(behavior: str, seconds: int) -> None:
    recording = Recording("RE1", "AC1", RecordingPlan("OutboundAPI", 2), NOW, NOW, running_since=NOW)
    recording = change(recording, "paused", behavior, later(5))
    recording = change(recording, "in-progress", behavior, later(10))
    recording = change(recording, "stopped", behavior, later(13))
    sound = b"".join(wav(recording))

    assert recording.duration_s == seconds
    assert len(sound) == 44 + seconds * 8000 * 2 * 2
    with pytest.raises(RecordingError):
        change(recording, "paused", behavior, later(14))


@pytest.mark.parametrize(
    ("value", "fine"),
    [("+15551230001", True), ("client:anna", True), ("sip:a@b.example", True), ("client:", False), ("0155", False)],
)
def test_a_call_goes_to_a_full_number_a_browser_or_a_sip_address(value: str, fine: bool) -> None:
    assert is_address(value) is fine


async def test_the_clock_runs_at_its_rate_and_a_jump_wakes_whoever_waits() -> None:
    real = [0.0]
    clock = VirtualClock(20, NOW, lambda: real[0])
    real[0] = 3.0
    assert (clock.seconds(), clock.now()) == (60.0, later(60))

    clock.set_rate(0)
    sleeper = asyncio.ensure_future(clock.sleep(3600))
    await asyncio.sleep(0)
    assert not sleeper.done()
    clock.advance(3600)
    await sleeper
    with pytest.raises(ValueError, match="rate"):
        clock.set_rate(-1)
    with pytest.raises(ValueError, match="put back"):
        clock.advance(-1)


async def test_while_somebody_outside_is_waited_for_a_second_is_a_second() -> None:
    real = [0.0]
    clock = VirtualClock(20, NOW, lambda: real[0])
    with clock.outside(), clock.outside():
        real[0] = 3.0
    real[0] = 4.0
    assert clock.seconds() == 23.0

    clock.set_rate(0.5)
    with clock.outside():
        real[0] = 6.0
    assert clock.seconds() == 24.0


async def test_who_waits_on_the_clock_waits_on_when_it_is_fast_again() -> None:
    clock = VirtualClock(1000)
    with clock.outside():
        sleeper = asyncio.ensure_future(clock.sleep(60))
        await asyncio.sleep(0)
        assert not sleeper.done()
    async with asyncio.timeout(10):
        await sleeper
