"""The rules alone: every event twice, late, in any order; one final transition and nothing after it."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.callback.model import (
    TERMINAL,
    TIMERS,
    Callback,
    CallingSettings,
    Consultant,
    Event,
    Hours,
    Opening,
    Step,
)
from server.callback.rules import EVENT_KINDS, advance

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA = Consultant("p1", "Anna", "+15551230001", "en")
BORIS = Consultant("p2", "Boris", "+15551230002", "ru")
USUAL = CallingSettings(callable_regions=("MD",), retry_delays_s=(60,))
SILENCE: list[tuple[str, dict[str, object]]] = [("key", {"text": "", "number": n}) for n in (1, 2)]
LEG_1, LEG_2, LEG_3 = "t.cb.1", "t.cb.2", "t.cb.3"


def at_c(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def a_callback(**more: object) -> Callback:
    plain = Callback(
        id="cb",
        tenant_id="t",
        site_id="s",
        visitor_id="v",
        client_request_id="r",
        phone="+37369123456",
        phone_key="k",
        region="MD",
        order="consultant_first",
        recording="off",
        created_at=NOW,
        updated_at=NOW,
        version=1,
        due_at=NOW,
        conversation_id="chat",
    )
    return replace(plain, **more)  # type: ignore[arg-type]


class Life:
    """One callback through many events, with a clock."""

    def __init__(self, callback: Callback | None = None, settings: CallingSettings = USUAL) -> None:
        self.cb = callback or a_callback()
        self.settings = settings
        self.now = NOW
        self.steps: list[Step] = []
        self.states = [self.cb.state]

    def do(self, kind: str, leg: str | None = None, **more: object) -> tuple[Step, ...]:
        before = self.cb
        self.cb, steps = advance(before, Event(kind, leg, **more), self.now, self.settings)  # type: ignore[arg-type]
        if self.cb is not before:
            assert self.cb.version == before.version + 1
        assert not (before.is_over and self.cb.state != before.state)
        self.steps += steps
        if self.cb.state != self.states[-1]:
            self.states.append(self.cb.state)
        return steps

    def kinds(self) -> list[str]:
        return [step.kind for step in self.steps]

    def lines(self) -> list[object]:
        return [step.data["name"] for step in self.steps if step.kind == "line"]

    def wait(self, seconds: float) -> tuple[Step, ...]:
        self.now += timedelta(seconds=seconds)
        return self.do("due")

    def ring(self, leg: str, sid: str) -> None:
        self.do("claim", leg)
        self.do("posted", leg, call_sid=sid, text="queued")

    def to_offer(self, *people: Consultant) -> Life:
        self.do("due")
        self.do("picked", people=people or (ANNA,))
        self.ring(LEG_1, "CA1")
        return self

    def to_accepted(self) -> Life:
        self.to_offer()
        self.do("answered", LEG_1, call_sid="CA1")
        self.do("key", LEG_1, call_sid="CA1", text="1", number=1)
        self.ring(LEG_2, "CA2")
        self.do("joined", call_sid="CA1", at_c=at_c(10))
        return self

    def to_bridged(self) -> Life:
        self.to_accepted()
        self.do("answered", LEG_2, call_sid="CA2")
        self.do("joined", call_sid="CA2", at_c=at_c(20))
        return self


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
