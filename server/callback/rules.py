"""What happens to a callback (pure): `advance` takes one event and gives the next value and what is to be done.

Every event may come twice, late, or in any order; whoever writes the result first (compare-and-set on `version`) wins,
and the loser asks again with the same event. Nothing moves a callback out of a final state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from server.callback import rooms
from server.callback.legs import heard, set_outcome
from server.callback.model import TIMERS, Callback, CallingSettings, Event, Leg, Promise, Step, Timers
from server.callback.rounds import (
    PICKING,
    after_round,
    ask_for_consultant,
    begin,
    finish,
    may_pick,
    opt_out,
    ring_visitor,
    start,
    visitor_failed,
)
from server.callback.turn import Turn, accept_deadline, alone_deadline, join_deadline, ring_deadline

BAD_NUMBER = frozenset({21211, 21217, 21421, 13224, 21216, 13225, 21215, 13227, 32205, 21614})
"""The carrier will never ring this number for us; trying again cannot help."""


def advance(
    callback: Callback, event: Event, now: datetime, settings: CallingSettings, timers: Timers = TIMERS
) -> tuple[Callback, tuple[Step, ...]]:
    """Return the callback after the event and the steps that follow from it.

    Returns:
        The same object and no steps when the event changes nothing (a duplicate, a late one, a lost race).
    """
    turn = Turn(callback, now, settings, timers)
    handler = _HANDLERS[event.kind]
    if event.leg_id is not None and callback.leg(event.leg_id) is None:
        return callback, ()
    handler(turn, event)
    return turn.finish()


# The request and its rounds


def _due(turn: Turn, event: Event) -> None:
    cb = turn.cb
    if cb.state == "requested" or (cb.state == "scheduled" and turn.passed(cb.opens_at)):
        start(turn)
    elif cb.state == "retry_wait" and turn.passed(cb.opens_at):
        begin(turn)
    elif cb.state in ("queued", "offering", "visitor_waiting") and turn.passed(cb.expires_at):
        finish(turn, "expired", "expired")
    if turn.passed(turn.cb.pick_at):
        turn.set(pick_at=None)
        ask_for_consultant(turn)
    if turn.passed(turn.cb.wait_until) and turn.cb.state == "visitor_waiting":
        nobody_left(turn)
    if turn.passed(turn.cb.recover_until) and turn.cb.state == "recovering":
        rooms.give_up_recovering(turn)
    if turn.passed(turn.cb.doubt_until):
        turn.set(doubt_until=None)
        rooms.decide_doubt(turn)
    if turn.passed(alone_deadline(turn.cb, turn.timers)):
        visitor_failed(turn, "no_answer")
    for leg in turn.cb.legs:
        _leg_due(turn, turn.leg(leg.id))
    rooms.close_when_over(turn)


def _picked(turn: Turn, event: Event) -> None:
    """Consultants were reserved for this callback; ring them, or give them back when they are not wanted any more."""
    if not may_pick(turn):
        rung = {leg.person_id for leg in turn.live("consultant")}
        for person in event.people:
            if person.person_id not in rung:
                turn.step("release", None, person_id=person.person_id, cooldown="")
        return
    if turn.cb.state != "recovering":
        turn.set(state="offering")
        if turn.cb.promise is None or turn.legs("consultant"):
            _promise(turn, event)
    turn.set(wait_until=None, pick_at=None)
    for person in event.people:
        turn.add_leg(
            "consultant",
            person.phone,
            person.locale,
            person.ring_s or turn.settings.offer_s,
            person_id=person.person_id,
            person_name=person.name,
        )
        turn.line("call_ringing_consultant", person=person.name)


def _promise(turn: Turn, event: Event) -> None:
    """Say how long it takes from now, when enough calls were measured; silence is better than a guess."""
    if "eta" not in event.data:
        turn.set(eta_s=None, promise=None)
        return
    low, high = int(event.data["low"]), int(event.data["high"])
    turn.set(eta_s=int(event.data["eta"]), promise=Promise(low, high, turn.now))


def promised_s(cb: Callback) -> float | None:
    """Return the promise as seconds since the callback was queued; None when none was made."""
    if cb.promise is None or cb.eta_s is None or cb.queued_at is None:
        return None
    return cb.eta_s + (cb.promise.made_at - cb.queued_at).total_seconds()


def _nobody_free(turn: Turn, event: Event) -> None:
    """Everyone who is left talks right now: wait for the first to be free."""
    if turn.cb.state in PICKING:
        turn.set(pick_at=turn.after(turn.timers.busy_poll_s))
        if turn.cb.state == "visitor_waiting" and turn.cb.wait_until is None:
            turn.set(wait_until=turn.after(turn.timers.visitor_wait_s))


def _nobody_left(turn: Turn, event: Event) -> None:
    if may_pick(turn):
        nobody_left(turn)


def nobody_left(turn: Turn) -> None:
    """Nobody accepted in this round."""
    if turn.cb.state == "recovering":
        rooms.give_up_recovering(turn)
        return
    visitor = turn.visitor_leg
    if visitor is not None:
        turn.end_leg(visitor, "no_consultant")
    after_round(turn, "no_agent")


def _cancel(turn: Turn, event: Event) -> None:
    """The visitor or a consultant ends it. Two people who talk are hung up, and it counts as a talk."""
    cb = turn.cb
    if cb.is_over or cb.state in ("ended", "wrapup"):
        return
    if cb.state in ("bridged", "recovering"):
        rooms.over(turn, None)
        for leg in turn.cb.legs:
            turn.end_leg(leg)
        rooms.close_when_over(turn)
        return
    finish(turn, "canceled", "canceled")


def _stop(turn: Turn, event: Event) -> None:
    """A guard forbids the next leg: the budget is used up, or the number must not be called any more."""
    cb, leg = turn.cb, turn.leg(event.leg_id or "")
    if cb.is_over or leg.state != "creating" or leg.posted_at is not None:
        return
    if cb.state in ("recovering", "bridged"):
        turn.end_leg(leg)
        rooms.give_up_recovering(turn)
    else:
        finish(turn, "budget_stopped" if event.text == "budget_stopped" else "failed", event.text)


# Legs


def _leg_due(turn: Turn, leg: Leg) -> None:
    if leg.is_over:
        return
    timers = turn.timers
    if leg.state == "unknown":
        if turn.passed(leg.reconcile_at):
            turn.set_leg(leg.id, reconcile_at=turn.after(timers.relist_s))
            turn.step("reconcile", leg.id)
    elif leg.posted_at is not None and leg.call_sid is None:
        if turn.passed(leg.posted_at + timedelta(seconds=timers.create_s)):
            _unknown(turn, Event("unknown", leg.id))
    elif leg.call_sid is not None:
        if turn.passed(leg.look_at):
            turn.set_leg(leg.id, look_at=turn.after(timers.silence_s))
            turn.step("end" if leg.end_wanted else "look", leg.id)
        if leg.end_wanted:
            return
        if turn.passed(ring_deadline(leg, timers)):
            turn.end_leg(leg, None, "no_answer")
        elif turn.passed(accept_deadline(leg, turn.settings.accept_s, timers)):
            set_outcome(turn, leg, "voicemail")
            turn.end_leg(leg)
        elif turn.passed(join_deadline(turn.cb, leg, timers)) and not leg.in_room:
            turn.set_leg(leg.id, answered_at=turn.now)
            turn.step("room", leg.id)


def _claim(turn: Turn, event: Event) -> None:
    """Someone is about to post this leg: allowed once, and only while it is still wanted."""
    leg = turn.leg(event.leg_id or "")
    if not turn.cb.is_over and leg.state == "creating" and leg.posted_at is None:
        turn.set_leg(leg.id, posted_at=turn.now)


def _unclaim(turn: Turn, event: Event) -> None:
    """The carrier said that it did not take the post (too many requests): it may be posted again, later."""
    leg = turn.leg(event.leg_id or "")
    if leg.state == "creating" and leg.posted_at is not None and leg.call_sid is None:
        turn.set_leg(leg.id, posted_at=None)
        if leg.end_wanted or turn.cb.is_over:
            turn.set_leg(leg.id, end_wanted=False)
            turn.end_leg(turn.leg(leg.id))
            _leg_over(turn, turn.leg(leg.id))


def _seen(turn: Turn, event: Event) -> None:
    heard(turn, event)


def _refused(turn: Turn, event: Event) -> None:
    """The carrier said no: there is no call, for certain."""
    leg = turn.leg(event.leg_id or "")
    if leg.is_over or leg.call_sid is not None:
        return
    turn.set_leg(leg.id, state="failed", ended_at=turn.now, look_at=None)
    if not leg.end_wanted:
        set_outcome(turn, leg, "failed")
    bad = event.number in BAD_NUMBER
    turn.leg_is_over(turn.leg(leg.id), "bad_number" if bad else "")
    if leg.role == "visitor" and bad and not turn.cb.is_over and not leg.end_wanted:
        finish(turn, "failed", "visitor_failed")
        return
    _leg_over(turn, turn.leg(leg.id))


def _unknown(turn: Turn, event: Event) -> None:
    """Nobody knows whether the carrier took the post: look in its list, never post again blindly."""
    leg = turn.leg(event.leg_id or "")
    if leg.state == "creating" and leg.posted_at is not None and leg.call_sid is None:
        turn.set_leg(leg.id, state="unknown", reconcile_at=turn.after(turn.timers.relist_s))
        turn.step("reconcile", leg.id)


def _absent(turn: Turn, event: Event) -> None:
    """The carrier's list does not have the call. It is looked at twice, since it may lag behind."""
    leg = turn.leg(event.leg_id or "")
    if leg.state != "unknown" or leg.call_sid is not None:
        return
    if leg.reconciles == 0:
        turn.set_leg(leg.id, reconciles=1, reconcile_at=turn.after(turn.timers.relist_s))
        return
    turn.set_leg(leg.id, state="lost", ended_at=turn.now, reconcile_at=None)
    if turn.cb.is_over or leg.end_wanted or leg.retry:
        if not leg.end_wanted:
            set_outcome(turn, leg, "failed")
        turn.leg_is_over(turn.leg(leg.id))
        _leg_over(turn, turn.leg(leg.id))
        return
    turn.step("settle", leg.id)
    turn.add_leg(
        leg.role,
        leg.phone,
        leg.locale,
        leg.ring_s,
        person_id=leg.person_id,
        person_name=leg.person_name,
        retry=True,
    )


def _status(turn: Turn, event: Event) -> None:
    """The carrier tells how a call is, by webhook or when asked."""
    leg = heard(turn, event)
    if leg is None:
        return
    before = turn.before.leg(leg.id)
    if leg.role == "visitor" and leg.state == "ringing" and turn.cb.rung_at is None and not turn.cb.is_over:
        turn.set(rung_at=turn.now)
        if turn.cb.queued_at is not None and len(turn.cb.attempts) == 1 and turn.cb.order == "consultant_first":
            seconds = (turn.now - turn.cb.queued_at).total_seconds()
            turn.step("sample", leg.id, seconds=seconds, promised=promised_s(turn.before))
        turn.set(eta_s=None)
    if leg.is_over:
        rooms.leg_left(turn, leg, event.at_c)
        if before is not None and not before.is_over:
            turn.leg_is_over(leg)
            _leg_over(turn, turn.leg(leg.id))
    elif event.data.get("polled") and turn.cb.state in ("bridging", "bridged") and leg.role == "visitor":
        rooms.visitor_still_there(turn)
    rooms.close_when_over(turn)


def _leg_over(turn: Turn, leg: Leg) -> None:
    """A leg has ended; decide what that means for the callback."""
    if turn.cb.is_over:
        return
    if leg.role == "visitor":
        _visitor_over(turn, leg)
    else:
        _consultant_over(turn, leg)
    rooms.close_when_over(turn)


def _consultant_over(turn: Turn, leg: Leg) -> None:
    state = turn.cb.state
    if leg.attempt != len(turn.cb.attempts):
        return
    if leg.accepted_at is None and not leg.end_wanted:
        words = {"busy": "busy", "no_answer": "no_answer", "failed": "failed", "completed": "declined"}
        set_outcome(turn, leg, words.get(leg.state, "failed"))
    if leg.accepted_at is not None and turn.accepted_leg is None:
        if state == "agent_ready" and not leg.end_wanted:
            turn.line("call_consultant_left", person=leg.person_name)
            turn.set(state="queued", resume="pick")
            visitor = turn.visitor_leg
            if visitor is not None:
                turn.end_leg(visitor, "no_consultant", "canceled")
            if visitor is None or turn.leg(visitor.id).is_over:
                _resume(turn)
            return
        if state in ("bridging", "bridged"):
            rooms.consultant_gone(turn, leg)
            return
    if state == "offering" and not turn.live("consultant"):
        turn.set(state="visitor_waiting" if turn.visitor_on_line else "queued")
        ask_for_consultant(turn)
    elif state == "recovering" and not turn.live("consultant") and turn.cb.pick_at is None:
        ask_for_consultant(turn)


def _resume(turn: Turn) -> None:
    if turn.cb.resume == "pick":
        turn.set(resume=None)
        ask_for_consultant(turn)


def _visitor_over(turn: Turn, leg: Leg) -> None:
    state = turn.cb.state
    if turn.cb.resume is not None:
        _resume(turn)
    elif state in ("agent_ready", "visitor_ringing") and not (leg.end_wanted and leg.outcome is None):
        words = {"busy": "busy", "no_answer": "no_answer", "failed": "failed", "completed": "declined"}
        visitor_failed(turn, leg.outcome if leg.outcome == "no_answer" else words.get(leg.state, "failed"))
    elif state in ("visitor_waiting", "offering") and turn.cb.order == "visitor_first" and not leg.end_wanted:
        finish(turn, "canceled", "visitor_dropped")
    elif state in ("bridging", "bridged", "recovering"):
        rooms.visitor_gone(turn, leg)


def _answered(turn: Turn, event: Event) -> None:
    """The carrier asks what to do on a call that was answered."""
    leg = heard(turn, replace(event, text="in-progress"))
    if leg is None or leg.is_over or leg.call_sid != event.call_sid:
        return
    if leg.answered_at is None:
        leg = turn.set_leg(leg.id, answered_at=turn.now)
    if leg.role != "visitor" or leg.end_wanted:
        return
    if turn.cb.state == "agent_ready":
        turn.set(state="bridging")
        rooms.try_to_bridge(turn)
    elif turn.cb.state == "visitor_ringing":
        turn.set(state="visitor_waiting")
        if turn.cb.queued_at is not None:
            turn.set(rung_at=turn.cb.rung_at or turn.now)
        ask_for_consultant(turn)


def _key(turn: Turn, event: Event) -> None:
    """A party pressed a key, or none in time (empty). `number` is which prompt it answers, from 1."""
    leg = heard(turn, replace(event, text="in-progress"))
    if leg is None or leg.is_over or leg.call_sid != event.call_sid:
        return
    if leg.answered_at is None:
        leg = turn.set_leg(leg.id, answered_at=turn.now)
    if leg.role == "visitor":
        if event.text == "9" and not turn.cb.recording_begun:
            turn.set(recording_refused=True)
        if event.text == "5" and turn.cb.asks_first and not turn.cb.is_over:
            opt_out(turn, leg)
        return
    if leg.outcome is not None or leg.end_wanted or leg.accepted_at is not None:
        return
    if event.text == "1":
        _accept(turn, leg)
    elif event.text == "2":
        set_outcome(turn, leg, "declined")
        turn.set_leg(leg.id, look_at=turn.after(turn.timers.ending_s))
    elif (event.number or 1) >= 2:
        set_outcome(turn, leg, "voicemail")
        turn.set_leg(leg.id, look_at=turn.after(turn.timers.ending_s))


def _accept(turn: Turn, leg: Leg) -> None:
    cb = turn.cb
    if cb.state not in ("offering", "recovering") or turn.accepted_leg is not None:
        turn.end_leg(leg, "taken", "canceled")
        return
    turn.set_leg(leg.id, accepted_at=turn.now, outcome="accepted")
    turn.line("call_consultant_accepted", person=leg.person_name)
    for other in turn.live("consultant"):
        if other.id != leg.id:
            turn.end_leg(other, "taken", "canceled")
    if turn.visitor_on_line is not None:
        turn.set(state="bridging", recover_until=None, pick_at=None, wait_until=None)
        rooms.try_to_bridge(turn)
    else:
        turn.set(state="agent_ready")
        ring_visitor(turn)


def _closed_up(turn: Turn, event: Event) -> None:
    if turn.cb.state == "wrapup":
        turn.set(state=turn.cb.ending or "completed", opens_at=None, expires_at=None)
        if turn.cb.ending == "voicemail_left":
            turn.set(outcome="visitor_voicemail")
            turn.line("call_visitor_unreachable")
        else:
            turn.set(outcome="talked")
            turn.line("call_ended", duration_s=turn.cb.talked_s or 0)


def _freed(turn: Turn, event: Event) -> None:
    """A consultant is free again: whoever waits need not wait for its next look."""
    if turn.cb.state in ("queued", "visitor_waiting") and turn.cb.pick_at is not None:
        turn.set(pick_at=None)
        ask_for_consultant(turn)


_HANDLERS: dict[str, Callable[[Turn, Event], None]] = {
    "due": _due,
    "picked": _picked,
    "nobody_free": _nobody_free,
    "nobody_left": _nobody_left,
    "cancel": _cancel,
    "stop": _stop,
    "claim": _claim,
    "unclaim": _unclaim,
    "posted": _seen,
    "refused": _refused,
    "unknown": _unknown,
    "absent": _absent,
    "status": _status,
    "answered": _answered,
    "key": _key,
    "machine": rooms.machine,
    "joined": rooms.joined,
    "left": rooms.left,
    "left_room": rooms.left_room,
    "room_started": rooms.room_started,
    "room_ended": rooms.room_ended,
    "room_seen": rooms.room_seen,
    "announced": rooms.announced,
    "recorded": rooms.recorded,
    "closed": _closed_up,
    "freed": _freed,
}
EVENT_KINDS = frozenset(_HANDLERS)
