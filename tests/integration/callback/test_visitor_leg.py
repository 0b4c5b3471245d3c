"""What happens when the visitor is not reached, or leaves."""

from __future__ import annotations

import pytest

from tests.integration.callback.node import A1, A2, VISITOR
from tests.integration.callback.world import Stage, legs_of

NEVER = {"wait": 600}


async def test_a_busy_visitor_is_called_again_and_the_consultant_is_told(stage: Stage) -> None:
    """S18."""
    await stage.calling(retry_delays_s=(1,))
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(10)
    await stage.script(VISITOR, {"busy": True}, once=True)

    asked = await stage.ask()
    waiting = await stage.until(asked, "retry_wait")
    assert waiting.attempts[0].outcome == "visitor_busy"
    cb = await stage.over(asked)

    assert (cb.state, len(cb.attempts)) == ("completed", 2)
    assert stage.posts() == [A1, VISITOR, A1, VISITOR]
    assert "line is busy" in stage.heard(A1)


async def test_a_visitor_who_never_answers_is_given_up_after_the_last_round(stage: Stage) -> None:
    """S19."""
    await stage.calling(retry_delays_s=(1, 1), visitor_s=10)
    await stage.consultant_accepts(A1)
    await stage.script(VISITOR, NEVER)

    cb = await stage.over(await stage.ask())

    assert (cb.state, cb.outcome) == ("visitor_unreachable", "visitor_no_answer")
    assert stage.posts() == [A1, VISITOR] * 3
    assert [kind for _, kind in stage.node.world.alerts].count("callback_missed") == 1
    assert "did not answer" in stage.heard(A1)


async def test_a_message_is_left_on_the_visitors_voicemail(stage: Stage) -> None:
    """S20."""
    await stage.calling(visitor_voicemail="leave_message", recording="announce")
    await stage.consultant_accepts(A1)
    await stage.script(VISITOR, {"voicemail": {"greeting": 9}}, {"amd": "machine_end_beep", "delay": 9})

    cb = await stage.over(await stage.ask())

    assert (cb.state, cb.outcome) == ("voicemail_left", "visitor_voicemail")
    assert stage.posts() == [A1, VISITOR]
    assert "could not reach you" in stage.heard(VISITOR)
    assert "voicemail answered" in stage.heard(A1)
    anna, visitor = (next(leg for leg in stage.carrier.legs.values() if leg.call.to == n) for n in (A1, VISITOR))
    assert anna.call.ended_at < visitor.call.ended_at


async def test_a_machine_on_the_visitors_phone_is_hung_up_on(stage: Stage) -> None:
    await stage.calling(retry_delays_s=())
    await stage.consultant_accepts(A1)
    await stage.script(VISITOR, {"voicemail": {"greeting": 20}}, {"amd": "machine_start", "delay": 4})

    cb = await stage.over(await stage.ask())

    assert (cb.state, cb.outcome) == ("visitor_unreachable", "visitor_voicemail")
    assert legs_of(cb)[1] == ("visitor", None, "completed", "voicemail")


async def test_a_visitor_who_refuses_is_joined_without_a_recording(stage: Stage) -> None:
    """S23."""
    await stage.calling(recording="explicit")
    await stage.consultant_accepts(A1)
    await stage.script(
        VISITOR,
        {"wait": 3},
        {"answer": True},
        {"wait": 2},
        {"press": "9"},
        {"joined": True},
        {"wait": 15},
        {"hangup": True},
    )

    cb = await stage.over(await stage.ask(consent=True))

    assert (cb.state, cb.outcome) == ("completed", "talked")
    assert (cb.recordings, cb.recording_refused) == ((), True)
    assert stage.journal("recording") == []


async def test_consent_given_in_words_and_kept_on_the_phone_is_recorded(stage: Stage) -> None:
    await stage.calling(recording="explicit")
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(20)

    cb = await stage.over(await stage.ask(consent=True))

    assert (cb.state, len(cb.recordings)) == ("completed", 1)


@pytest.mark.parametrize(("consent", "recordings"), [(None, 1), (True, 1), (False, 0)])
async def test_an_announced_recording_is_not_made_of_a_visitor_who_said_no(
    stage: Stage, consent: bool | None, recordings: int
) -> None:
    await stage.calling(recording="announce")
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(20)

    cb = await stage.over(await stage.ask(consent=consent))

    assert (cb.state, len(cb.recordings)) == ("completed", recordings)
    assert ("This call is recorded" in stage.heard(VISITOR)) == (recordings == 1)
    assert ("will be recorded" in stage.heard(A1)) == (recordings == 1)


async def test_a_consultant_who_hangs_up_while_the_visitor_rings_is_followed_by_the_next(stage: Stage) -> None:
    await stage.script(A1, {"wait": 1}, {"answer": True}, {"wait": 1}, {"press": "1"}, {"wait": 600})
    await stage.consultant_accepts(A2)
    await stage.visitor_talks(10, after_s=2)
    await stage.script(VISITOR, NEVER, once=True)

    asked = await stage.ask()
    await stage.node_until(lambda: stage.status_of(VISITOR) == ["ringing"])
    await stage.post(f"/handsets/{A1}/act", {"hangup": True})
    cb = await stage.over(asked)

    assert cb.state == "completed"
    assert stage.posts() == [A1, VISITOR, A2, VISITOR]


async def test_a_visitor_whose_consultant_drops_out_is_given_another_one(stage: Stage) -> None:
    await stage.script(
        A1, {"wait": 1}, {"answer": True}, {"wait": 1}, {"press": "1"}, {"joined": True}, {"wait": 15}, {"hangup": True}
    )
    await stage.consultant_accepts(A2, after_s=2)
    await stage.visitor_talks(90)

    asked = await stage.ask()
    await stage.until(asked, "recovering")
    cb = await stage.over(asked)

    assert (cb.state, cb.outcome) == ("completed", "talked")
    assert stage.posts() == [A1, VISITOR, A2]
    assert [name for _, name, _, outcome in legs_of(cb) if outcome == "talked" and name] == ["Anna", "Boris"]
    assert "consultant has left the call" in stage.heard(VISITOR)
    hooks = stage.hooks()
    held, resumed = (hooks.index(f"conference:participant-{word}") for word in ("hold", "unhold"))
    assert held < resumed
    assert 50 <= (cb.talked_s or 0) <= 90


async def test_a_visitor_who_hangs_up_after_the_consultant_rings_nobody_else(stage: Stage) -> None:
    await stage.script(
        A1, {"wait": 1}, {"answer": True}, {"wait": 1}, {"press": "1"}, {"joined": True}, {"wait": 15}, {"hangup": True}
    )
    await stage.visitor_talks(12, after_s=2)

    cb = await stage.over(await stage.ask())

    assert (cb.state, stage.posts()) == ("completed", [A1, VISITOR])


async def test_a_visitor_whom_nobody_can_take_over_hears_a_goodbye(stage: Stage) -> None:
    del stage.config.people[1:]
    await stage.calling(offer_s=5)
    await stage.script(A1, NEVER)
    await stage.script(
        A1,
        {"wait": 1},
        {"answer": True},
        {"wait": 1},
        {"press": "1"},
        {"joined": True},
        {"wait": 15},
        {"hangup": True},
        once=True,
    )
    await stage.script(VISITOR, {"wait": 2}, {"answer": True}, {"wait": 600})

    cb = await stage.over(await stage.ask())

    assert (cb.state, cb.outcome) == ("completed", "talked")
    assert stage.posts() == [A1, VISITOR, A1]
    assert "could not connect you again" in stage.heard(VISITOR)


async def test_visitor_first_rings_the_visitor_and_then_a_consultant(stage: Stage) -> None:
    """S02."""
    await stage.calling(order="visitor_first")
    await stage.visitor_talks(40)
    await stage.consultant_accepts(A1)

    asked = await stage.ask()
    await stage.until(asked, "visitor_waiting", "offering")
    cb = await stage.over(asked)

    assert (cb.state, cb.outcome) == ("completed", "talked")
    assert stage.posts() == [VISITOR, A1]
    assert "connecting you with a consultant" in stage.heard(VISITOR)


async def test_visitor_first_a_visitor_who_leaves_stops_the_consultants_phone(stage: Stage) -> None:
    """S27."""
    await stage.calling(order="visitor_first")
    await stage.visitor_talks(600)
    await stage.script(A1, NEVER)

    asked = await stage.ask()
    await stage.node_until(lambda: stage.status_of(A1) == ["ringing"])
    await stage.post(f"/handsets/{VISITOR}/act", {"hangup": True})
    cb = await stage.over(asked)

    assert (cb.state, cb.outcome) == ("canceled", "visitor_dropped")
    assert stage.posts() == [VISITOR, A1]
    assert stage.status_of(A1)[0] in ("canceled", "completed")


async def test_visitor_first_a_visitor_for_whom_nobody_is_found_is_told(stage: Stage) -> None:
    await stage.calling(order="visitor_first", offer_s=5, retry_delays_s=())
    await stage.visitor_talks(120)
    for person in stage.config.people:
        await stage.script(person[2], {"busy": True})

    cb = await stage.over(await stage.ask())

    assert (cb.state, cb.outcome) == ("no_agent", "no_agent")
    assert "nobody can take your call" in stage.heard(VISITOR)
