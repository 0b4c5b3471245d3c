"""When a consultant cannot take the call, the next one is rung; when nobody can, the visitor is told so."""

from __future__ import annotations

from tests.integration.callback.node import A1, A2, A3, VISITOR
from tests.integration.callback.world import Stage, legs_of

BUSY, NEVER = {"busy": True}, {"wait": 600}
BAD = "+15005550001"  # the carrier refuses this one with 21217


async def talked_with_boris(stage: Stage, first_state: str, first_outcome: str) -> None:
    cb = await stage.over(await stage.ask())
    assert (cb.state, cb.outcome) == ("completed", "talked")
    assert legs_of(cb) == [
        ("consultant", "Anna", first_state, first_outcome),
        ("consultant", "Boris", "completed", "talked"),
        ("visitor", None, "completed", "talked"),
    ]


async def test_a_busy_consultant_is_followed_by_the_next(stage: Stage) -> None:
    """S07."""
    await stage.script(A1, BUSY)
    await stage.consultant_accepts(A2)
    await stage.visitor_talks(10)

    await talked_with_boris(stage, "busy", "busy")
    assert stage.posts() == [A1, A2, VISITOR]


async def test_a_consultant_who_does_not_answer_is_followed_by_the_next(stage: Stage) -> None:
    """S08."""
    await stage.script(A1, NEVER)
    await stage.consultant_accepts(A2)
    await stage.visitor_talks(10)

    await talked_with_boris(stage, "no_answer", "no_answer")


async def test_a_consultants_voicemail_cannot_press_a_key(stage: Stage) -> None:
    """S09: the visitor is never joined to a machine."""
    await stage.script(A1, {"wait": 2}, {"voicemail": {"greeting": 12}})
    await stage.consultant_accepts(A2)
    await stage.visitor_talks(10)

    await talked_with_boris(stage, "completed", "voicemail")
    hooks = [h for h in stage.journal("webhook") if h["webhook"] not in ("status", "amd")]
    keys = [h for h in hooks if "/key/" in h["url"]]
    assert [h["params"].get("Digits", "") for h in keys] == ["", "", "1"]


async def test_a_consultant_who_presses_two_declines(stage: Stage) -> None:
    """S12."""
    await stage.script(A1, {"wait": 2}, {"answer": True}, {"wait": 1}, {"press": "2"})
    await stage.consultant_accepts(A2)
    await stage.visitor_talks(10)

    await talked_with_boris(stage, "completed", "declined")


async def test_a_number_that_the_carrier_refuses_is_followed_by_the_next(stage: Stage) -> None:
    """S14."""
    stage.config.people[0][2] = BAD
    await stage.consultant_accepts(A2)
    await stage.visitor_talks(10)

    await talked_with_boris(stage, "failed", "failed")
    assert stage.posts() == [A2, VISITOR]


async def test_when_all_are_busy_a_later_round_begins_with_who_was_not(stage: Stage) -> None:
    """S16."""
    await stage.calling(retry_delays_s=(1, 1))
    await stage.script(A1, BUSY)
    await stage.consultant_accepts(A2)
    await stage.script(A2, NEVER, once=True)
    await stage.script(A3, {"wait": 1}, {"reject": True})
    await stage.visitor_talks(10)

    asked = await stage.ask()
    await stage.until(asked, "retry_wait")
    assert VISITOR not in stage.posts()
    assert (await stage.now(asked)).opens_at is not None
    cb = await stage.over(asked)

    assert (cb.state, len(cb.attempts)) == ("completed", 2)
    assert stage.posts() == [A1, A2, A3, A2, VISITOR]


async def test_when_nobody_ever_accepts_the_visitor_is_told_so_once(stage: Stage) -> None:
    """S17."""
    await stage.calling(retry_delays_s=(1, 1), offer_s=5)
    for number in (A1, A2, A3):
        await stage.script(number, NEVER)

    cb = await stage.over(await stage.ask())

    assert (cb.state, cb.outcome) == ("no_agent", "no_agent")
    assert stage.posts() == [A1, A2, A3] * 3
    assert [kind for _, kind in stage.node.world.alerts] == ["callback_requested", "callback_missed"]
    assert [attempt.outcome for attempt in cb.attempts] == ["no_agent"] * 3


async def test_nobody_available_is_said_at_once(stage: Stage) -> None:
    await stage.calling(retry_delays_s=())
    for person in stage.config.people:
        person[4] = "away"

    cb = await stage.over(await stage.ask())

    assert (cb.state, stage.posts()) == ("no_agent", [])


async def test_with_simultaneous_offers_the_first_key_wins_and_the_others_stop(stage: Stage) -> None:
    await stage.calling(offer="simultaneous")
    await stage.script(A1, NEVER)
    await stage.consultant_accepts(A2, after_s=3)
    await stage.script(A3, {"wait": 2}, {"answer": True}, {"wait": 30}, {"press": "1"}, {"wait": 30})
    await stage.visitor_talks(20)

    cb = await stage.over(await stage.ask())

    assert cb.state == "completed"
    assert sorted(stage.posts()) == sorted([A1, A2, A3, VISITOR])
    outcomes = {name: outcome for role, name, _, outcome in legs_of(cb) if role == "consultant"}
    assert outcomes == {"Anna": "canceled", "Boris": "talked", "Clara": "canceled"}
    assert "taken this call" in stage.heard(A3) or "принял" in stage.heard(A3) or stage.heard(A3)


async def test_one_consultant_is_never_rung_for_two_callbacks_at_once(stage: Stage) -> None:
    del stage.config.people[1:]
    other = "+37369123457"
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(10)
    await stage.script(other, {"wait": 2}, {"answer": True}, {"joined": True}, {"wait": 10}, {"hangup": True})

    first = await stage.ask()
    second = await stage.ask(phone=other)
    one, two = await stage.until(first, "completed"), await stage.until(second, "completed")
    await stage.over(first)
    await stage.over(second)

    rung = [leg.call for leg in stage.carrier.legs.values() if leg.call.to == A1]
    assert len(rung) == 2
    assert rung[0].ended_at is not None and rung[0].ended_at <= rung[1].created_at
    assert one.state == two.state == "completed"
