"""The rules alone, as stories: what happens to a callback, and what is done about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.callback.model import (
    TIMERS,
    Hours,
    Opening,
    Step,
)
from tests.unit.callback.life import ANNA, BORIS, LEG_1, LEG_2, LEG_3, NOW, USUAL, Life, a_callback, at_c


def test_a_callback_goes_its_whole_way() -> None:
    life = Life().to_bridged()
    assert life.cb.state == "bridged"
    life.do("left", call_sid="CA2", text="participant_hung_up", at_c=at_c(50))
    life.do("status", LEG_2, call_sid="CA2", text="completed", number=31, at_c=at_c(50))
    life.do("left_room", LEG_1, call_sid="CA1", text="in-progress")
    life.do("status", LEG_1, call_sid="CA1", text="completed", number=45, at_c=at_c(51))
    life.do("closed")

    assert life.states == [
        "requested",
        "queued",
        "offering",
        "agent_ready",
        "bridging",
        "bridged",
        "ended",
        "wrapup",
        "completed",
    ]
    assert (life.cb.outcome, life.cb.talked_s, life.cb.due_at) == ("talked", 30, None)
    assert life.kinds().count("dial") == 2
    assert life.kinds().count("release") == 1
    assert life.kinds().count("settle") == 2


def test_a_leg_is_posted_only_once_and_only_while_it_is_wanted() -> None:
    life = Life()
    life.do("due")
    life.do("picked", people=(ANNA,))
    life.do("claim", LEG_1)
    claimed = life.cb
    life.do("claim", LEG_1)
    assert life.cb is claimed

    life = Life()
    life.do("due")
    life.do("picked", people=(ANNA,))
    life.do("cancel")
    canceled = life.cb
    life.do("claim", LEG_1)
    assert life.cb is canceled
    assert canceled.legs[0].state == "canceled"


def test_after_a_cancel_a_post_that_was_under_way_is_ended() -> None:
    life = Life()
    life.do("due")
    life.do("picked", people=(ANNA,))
    life.do("claim", LEG_1)
    life.do("cancel")
    assert life.cb.state == "canceled"
    steps = life.do("posted", LEG_1, call_sid="CA1", text="queued")
    assert [step.kind for step in steps] == ["end"]
    assert "dial" not in [step.kind for step in life.do("key", LEG_1, call_sid="CA1", text="1", number=1)]


def test_a_second_call_for_the_same_leg_is_ended_and_never_let_in() -> None:
    life = Life().to_offer()
    steps = life.do("status", LEG_1, call_sid="CA-other", text="ringing")
    assert [(step.kind, step.data) for step in steps] == [("end_call", {"call_sid": "CA-other"})]
    life.do("key", LEG_1, call_sid="CA-other", text="1", number=1)
    assert life.cb.state == "offering"


def test_statuses_only_go_up_and_a_final_one_stays() -> None:
    life = Life().to_offer()
    life.do("status", LEG_1, call_sid="CA1", text="ringing")
    life.do("status", LEG_1, call_sid="CA1", text="initiated")
    assert life.cb.legs[0].state == "ringing"
    life.do("status", LEG_1, call_sid="CA1", text="no-answer")
    life.do("status", LEG_1, call_sid="CA1", text="in-progress")
    life.do("status", LEG_1, call_sid="CA1", text="completed")
    assert (life.cb.legs[0].state, life.cb.legs[0].outcome) == ("no_answer", "no_answer")


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([("status", {"text": "busy"})], "busy"),
        ([("status", {"text": "no-answer"})], "no_answer"),
        ([("status", {"text": "failed"})], "failed"),
        ([("refused", {"number": 21211})], "failed"),
        ([("key", {"text": "2", "number": 1}), ("status", {"text": "completed"})], "declined"),
        (
            [("key", {"text": "", "number": 1}), ("key", {"text": "", "number": 2}), ("status", {"text": "completed"})],
            "voicemail",
        ),
        ([("answered", {}), ("status", {"text": "completed"})], "declined"),
    ],
)
def test_a_consultant_who_does_not_take_it_is_followed_by_the_next(
    events: list[tuple[str, dict[str, object]]], outcome: str
) -> None:
    life = Life()
    life.do("due")
    life.do("picked", people=(ANNA,))
    life.do("claim", LEG_1)
    if events[0][0] != "refused":
        life.do("posted", LEG_1, call_sid="CA1", text="queued")
    steps: tuple[Step, ...] = ()
    for kind, more in events:
        sid = {} if kind == "refused" else {"call_sid": "CA1"}
        steps = life.do(kind, LEG_1, **sid, **more)
    assert life.cb.legs[0].outcome == outcome
    assert f"call_consultant_{outcome}" in life.lines()
    picks = [step for step in steps if step.kind == "pick"]
    assert [step.data for step in picks] == [{"tried": ["p1"], "last": []}]
    cooldowns = [step.data["cooldown"] for step in life.steps if step.kind == "release"]
    assert cooldowns == [{"busy": "busy"}.get(outcome, "bad_number" if events[0][0] == "refused" else "")]


def test_a_late_key_of_a_consultant_who_was_given_up_accepts_nothing() -> None:
    life = Life().to_offer()
    life.do("key", LEG_1, call_sid="CA1", text="", number=1)
    life.do("key", LEG_1, call_sid="CA1", text="", number=2)
    life.do("key", LEG_1, call_sid="CA1", text="1", number=2)
    assert (life.cb.state, life.cb.legs[0].accepted_at) == ("offering", None)


def test_of_two_who_press_one_the_first_gets_the_call() -> None:
    life = Life()
    life.do("due")
    life.do("picked", people=(ANNA, BORIS))
    life.ring(LEG_1, "CA1")
    life.ring(LEG_2, "CA2")
    life.do("answered", LEG_1, call_sid="CA1")
    life.do("answered", LEG_2, call_sid="CA2")
    life.do("key", LEG_2, call_sid="CA2", text="1", number=1)
    steps = life.do("key", LEG_1, call_sid="CA1", text="1", number=1)
    assert steps == ()
    assert [leg.outcome for leg in life.cb.legs[:2]] == ["canceled", "accepted"]
    assert life.cb.legs[0].told == "taken"
    assert [leg.role for leg in life.cb.legs] == ["consultant", "consultant", "visitor"]


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "canceled"])
def test_a_visitor_who_is_not_reached_frees_the_consultant_and_is_tried_later(status: str) -> None:
    life = Life().to_accepted()
    steps = life.do("status", LEG_2, call_sid="CA2", text=status)
    why = {"no-answer": "no_answer", "canceled": "failed"}.get(status, status)
    assert (life.cb.state, life.cb.attempts[0].outcome) == ("retry_wait", f"visitor_{why}")
    assert [step.kind for step in steps if step.leg_id == LEG_1] == ["redirect"]
    assert life.cb.legs[0].told == f"visitor_{why}"
    assert life.cb.opens_at == life.now + timedelta(seconds=60)

    life.do("status", LEG_1, call_sid="CA1", text="completed")
    life.wait(61)
    assert (life.cb.state, len(life.cb.attempts)) == ("queued", 2)


def test_without_further_rounds_the_end_is_told_once() -> None:
    life = Life(settings=replace(USUAL, retry_delays_s=()))
    life.do("due")
    for _ in range(3):
        life.do("nobody_left")
    assert (life.cb.state, life.cb.outcome) == ("no_agent", "no_agent")
    assert [step.data for step in life.steps if step.kind == "alert"] == [{"kind": "callback_missed"}]
    assert life.lines() == ["call_no_consultant"]


def test_who_is_busy_now_is_waited_for() -> None:
    life = Life()
    life.do("due")
    life.do("nobody_free")
    assert life.cb.state == "queued" and life.cb.pick_at is not None
    assert [step.kind for step in life.do("freed")] == ["pick"]
    assert life.do("freed") == ()


def test_a_pick_that_came_too_late_gives_the_consultant_back() -> None:
    life = Life()
    life.do("due")
    life.do("cancel")
    steps = life.do("picked", people=(ANNA, BORIS))
    assert [(step.kind, step.data["person_id"]) for step in steps] == [("release", "p1"), ("release", "p2")]
    assert life.cb.legs == ()


def test_an_unknown_post_is_looked_for_twice_and_replaced_once() -> None:
    life = Life()
    life.do("due")
    life.do("picked", people=(ANNA,))
    life.do("claim", LEG_1)
    assert [step.kind for step in life.do("unknown", LEG_1)] == ["reconcile"]
    assert life.do("absent", LEG_1) == ()
    assert [step.kind for step in life.wait(TIMERS.relist_s)] == ["reconcile"]
    steps = life.do("absent", LEG_1)
    assert [step.kind for step in steps] == ["settle", "dial"]
    assert (life.cb.legs[0].state, life.cb.legs[1].retry) == ("lost", True)
    life.do("claim", LEG_2)
    life.do("unknown", LEG_2)
    life.do("absent", LEG_2)
    steps = life.do("absent", LEG_2)
    assert "dial" not in [step.kind for step in steps]
    assert "pick" in [step.kind for step in steps]
    late = life.do("status", LEG_1, call_sid="CA-late", text="ringing")
    assert [step.kind for step in late] == ["end_call"]


def test_a_post_that_was_never_answered_is_adopted_by_its_first_webhook() -> None:
    life = Life()
    life.do("due")
    life.do("picked", people=(ANNA,))
    life.do("claim", LEG_1)
    life.do("status", LEG_1, call_sid="CA1", text="initiated")
    assert (life.cb.legs[0].call_sid, life.cb.legs[0].state) == ("CA1", "initiated")
    adopted = life.cb
    life.do("posted", LEG_1, call_sid="CA1", text="queued")
    life.do("unknown", LEG_1)
    assert life.cb is adopted


def test_a_silent_carrier_is_asked_and_a_phone_that_rings_too_long_is_stopped() -> None:
    life = Life().to_offer()
    assert [step.kind for step in life.wait(TIMERS.silence_s)] == ["look"]
    steps = life.wait(USUAL.offer_s + TIMERS.slack_s)
    assert "end" in [step.kind for step in steps]
    life.do("status", LEG_1, call_sid="CA1", text="canceled")
    assert life.cb.legs[0].outcome == "no_answer"
    assert life.cb.state == "queued"


def test_a_consultant_whose_line_drops_is_replaced_while_the_visitor_waits() -> None:
    life = Life().to_bridged()
    life.do("left", call_sid="CA1", text="participant_hung_up", at_c=at_c(40))
    assert life.cb.state == "recovering"
    assert life.cb.talked_s == 20
    life.do("status", LEG_1, call_sid="CA1", text="completed", at_c=at_c(40))
    steps = life.do("announced")
    assert [step.data for step in steps if step.kind == "pick"] == [{"tried": [], "last": ["p1"]}]
    life.do("picked", people=(BORIS,))
    life.ring(LEG_3, "CA3")
    life.do("answered", LEG_3, call_sid="CA3")
    life.do("key", LEG_3, call_sid="CA3", text="1", number=1)
    life.do("joined", call_sid="CA3", at_c=at_c(60))
    assert life.cb.state == "bridged"
    life.do("room_ended", at_c=at_c(90))
    assert (life.cb.state, life.cb.talked_s) == ("ended", 50)
    assert "call_resumed" in life.lines()


def test_nobody_for_the_waiting_visitor_ends_with_a_goodbye() -> None:
    life = Life().to_bridged()
    life.do("left", call_sid="CA1", text="participant_hung_up", at_c=at_c(40))
    steps = life.wait(TIMERS.recover_s)
    assert life.cb.state == "ended"
    assert life.cb.legs[1].told == "dropped"
    assert [step.leg_id for step in steps if step.kind == "redirect"] == [LEG_2]


def test_closing_time_ends_the_rounds_of_who_asked_for_now() -> None:
    hours = Hours("UTC", (Opening(1, 480, 545),))  # Monday until 09:05
    life = Life(settings=replace(USUAL, hours=hours, retry_delays_s=(600,)))
    life.do("due")
    life.do("nobody_left")
    assert (life.cb.state, life.cb.outcome) == ("expired", "expired")


def test_closing_time_moves_who_chose_a_time_to_the_next_opening() -> None:
    hours = Hours("UTC", (Opening(1, 480, 545), Opening(2, 480, 545)))
    life = Life(a_callback(chosen_at=NOW), settings=replace(USUAL, hours=hours, retry_delays_s=(600,)))
    life.do("due")
    life.do("nobody_left")
    assert (life.cb.state, life.cb.opens_at) == ("retry_wait", datetime(2026, 3, 3, 8, 0, tzinfo=UTC))


def test_nobody_is_rung_in_the_last_minute() -> None:
    hours = Hours("UTC", (Opening(1, 480, 540),))
    life = Life(settings=replace(USUAL, hours=hours))
    life.now = NOW - timedelta(seconds=30)
    life.do("due")
    assert life.cb.state == "expired" and "pick" not in life.kinds()


def test_a_day_later_nobody_is_rung_any_more() -> None:
    life = Life()
    life.do("due")
    life.do("nobody_free")
    life.wait(TIMERS.expire_s + 1)
    assert (life.cb.state, life.cb.outcome) == ("expired", "expired")
