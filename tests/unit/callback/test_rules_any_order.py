"""The rules alone: every event twice, late, in any order; one final transition and nothing after it."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.callback.model import (
    TERMINAL,
    TIMERS,
    Event,
)
from server.callback.rules import EVENT_KINDS, advance
from tests.unit.callback.life import ANNA, BORIS, LEG_1, LEG_2, LEG_3, Life, a_callback, at_c

ENDING = [
    Event("left", call_sid="CA2", text="participant_hung_up", at_c=at_c(50), data={"room": "cb_cb_1"}),
    Event("left", call_sid="CA1", text="moderator_ended_conference", at_c=at_c(50), data={"room": "cb_cb_1"}),
    Event("room_ended", at_c=at_c(50), data={"room": "cb_cb_1"}),
    Event("status", LEG_2, call_sid="CA2", text="completed", number=31, at_c=at_c(50)),
    Event("left_room", LEG_1, call_sid="CA1", text="in-progress"),
    Event("status", LEG_1, call_sid="CA1", text="completed", number=45, at_c=at_c(51)),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(ENDING))))[::7])
def test_in_whatever_order_the_end_is_told_it_is_the_same_end(order: tuple[int, ...]) -> None:
    life = Life().to_bridged()
    for place in order:
        for _ in range(2):
            life.cb, steps = advance(life.cb, ENDING[place], life.now, life.settings)
            life.steps += steps
            assert life.cb.state in ("bridged", "ended", "wrapup")
    life.do("closed")
    assert (life.cb.state, life.cb.outcome, life.cb.talked_s) == ("completed", "talked", 30)
    assert [leg.outcome for leg in life.cb.legs] == ["talked", "talked"]


WHOLE = [
    Event("status", LEG_1, call_sid="CA1", text="initiated"),
    Event("status", LEG_1, call_sid="CA1", text="ringing"),
    Event("status", LEG_1, call_sid="CA1", text="in-progress"),
    Event("status", LEG_2, call_sid="CA2", text="initiated"),
    Event("status", LEG_2, call_sid="CA2", text="ringing"),
    Event("status", LEG_2, call_sid="CA2", text="in-progress"),
    Event("joined", call_sid="CA1", at_c=at_c(10), data={"room": "cb_cb_1"}),
    Event("joined", call_sid="CA2", at_c=at_c(20), data={"room": "cb_cb_1"}),
    Event("room_started", at_c=at_c(20), data={"room": "cb_cb_1", "conference_sid": "CF1"}),
    *ENDING[:4],
    ENDING[5],
]


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_callbacks_in_any_order_and_twice_end_in_the_same_way(chance: random.Random, twice: bool) -> None:
    """Only the requests for TwiML, which are answered in turn, keep their order among the shuffled callbacks."""
    life = Life()
    life.do("due")
    life.do("picked", people=(ANNA,))
    life.ring(LEG_1, "CA1")
    life.do("answered", LEG_1, call_sid="CA1")
    life.do("key", LEG_1, call_sid="CA1", text="1", number=1)
    life.ring(LEG_2, "CA2")
    life.do("answered", LEG_2, call_sid="CA2")
    told = WHOLE * (2 if twice else 1)
    chance.shuffle(told)
    for event in [*told, ENDING[4]]:
        life.now += timedelta(seconds=0.2)
        life.cb, steps = advance(life.cb, event, life.now, life.settings)
        life.steps += steps
    life.do("due")
    life.wait(TIMERS.doubt_s)
    life.do("closed")
    assert (life.cb.state, life.cb.outcome) == ("completed", "talked")
    assert abs((life.cb.talked_s or 0) - 30) <= 1
    assert life.kinds().count("dial") == 2


def possible_events() -> list[Event]:
    events = [
        Event(kind, leg, call_sid=sid, text=text, number=number, at_c=at_c(30))
        for leg, sid in ((LEG_1, "CA1"), (LEG_2, "CA2"), (LEG_3, "CA3"))
        for kind, text, number in (
            ("claim", "", None),
            ("unclaim", "", None),
            ("posted", "queued", None),
            ("refused", "", 20003),
            ("unknown", "", None),
            ("absent", "", None),
            *(("status", s, 5) for s in ("ringing", "in-progress", "completed", "busy", "no-answer", "canceled")),
            ("answered", "", None),
            ("key", "1", 1),
            ("key", "2", 1),
            ("key", "", 2),
            ("machine", "machine_start", 3000),
            ("stop", "budget_stopped", None),
            ("left_room", "in-progress", None),
        )
    ]
    for sid in ("CA1", "CA2", "CA3"):
        events += [
            Event("joined", call_sid=sid, at_c=at_c(20)),
            Event("left", call_sid=sid, text="participant_hung_up", at_c=at_c(40)),
            Event("left", call_sid=sid, text="moderator_ended_conference", at_c=at_c(40)),
        ]
    events += [
        Event("due"),
        Event("due"),
        Event("picked", people=(ANNA,)),
        Event("picked", people=(BORIS,)),
        Event("picked", people=(ANNA, BORIS)),
        Event("nobody_free"),
        Event("nobody_left"),
        Event("freed"),
        Event("cancel"),
        Event("room_started", at_c=at_c(20)),
        Event("room_ended", at_c=at_c(40)),
        Event("room_seen", data={"CA1": at_c(20).isoformat()}),
        Event("announced"),
        Event("closed"),
    ]
    return events


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(possible_events()), st.floats(0, 40)), max_size=60),
    st.sampled_from(["consultant_first", "visitor_first"]),
)
def test_no_sequence_of_events_breaks_a_promise(told: list[tuple[Event, float]], order: str) -> None:
    life = Life(a_callback(order=order, recording="announce"))
    posted: set[str] = set()
    for event, wait_s in told:
        life.now += timedelta(seconds=wait_s)
        before = life.cb
        after, steps = advance(before, event, life.now, life.settings)
        again, _ = advance(after, event, life.now, life.settings)
        assert after.version == before.version + (after is not before)
        if before.is_over:
            assert after.state == before.state and after.outcome == before.outcome
            assert not any(step.kind in ("dial", "pick") for step in steps)
        for leg in after.legs:
            old = before.leg(leg.id)
            if old is not None and old.is_over:
                assert leg.state == old.state
            if leg.posted_at is not None and old is not None and old.posted_at is None and event.kind == "claim":
                assert not before.is_over and leg.id not in posted
                posted.add(leg.id)
            if event.kind == "unclaim" and leg.posted_at is None:
                posted.discard(leg.id)
        live_visitors = [leg for leg in after.legs if leg.role == "visitor" and not leg.is_over]
        assert len(live_visitors) <= 1
        if order == "consultant_first" and live_visitors and not live_visitors[0].end_wanted:
            attempt = live_visitors[0].attempt
            assert any(leg.accepted_at for leg in after.legs if leg.role == "consultant" and leg.attempt == attempt)
        if event.kind in ("joined", "left", "room_started", "room_ended", "closed", "answered"):
            assert again.state == after.state or again.state in TERMINAL | {"wrapup", "ended", "bridged"}
        life.cb = after
    assert {event.kind for event, _ in told} <= EVENT_KINDS
