"""Two people in one conference, as the callback bridge makes it."""

from __future__ import annotations

from tests.integration.carrier.world import ANNA, BORIS, Heard, World


def bridge(carrier: World, visitor_ends: bool = True) -> None:
    """Set up the usual documents: the consultant presses 1, both sit in one room."""
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
        "/agent": '<Gather action="/key" numDigits="1" timeout="5"><Say>Press 1.</Say></Gather><Hangup/>',
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
    assert abs(int(done.duration) - 30) <= 3
    left = carrier.customer.on("/left/agent")
    assert [h["DialCallStatus"] for h in left] == ["answered"]
    assert carrier.customer.on("/left/visitor") == []
    assert "Please hold the line while we fetch somebody for you" in carrier.captions(ANNA)
