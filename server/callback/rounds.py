"""Rounds over the consultants (pure): how one begins, what follows when it fails, and how a callback ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from server.callback import hours, lines
from server.callback.legs import set_outcome
from server.callback.model import Attempt, Leg
from server.callback.turn import Turn

PICKING = frozenset({"queued", "visitor_waiting", "recovering"})


def start(turn: Turn) -> None:
    """Begin at once, or wait for the chosen time or the next opening."""
    cb = turn.cb
    wanted = max(cb.chosen_at or turn.now, turn.now)
    opens = hours.next_opening(turn.settings.hours, wanted)
    if opens is None:
        finish(turn, "expired", "expired")
    elif opens > turn.now:
        turn.set(state="scheduled", opens_at=opens, expires_at=opens + timedelta(seconds=turn.timers.expire_s))
        turn.line("call_scheduled", at=opens)
    else:
        turn.set(expires_at=turn.after(turn.timers.expire_s))
        begin(turn)


def begin(turn: Turn) -> None:
    """Begin the next round."""
    cb = turn.cb
    if not time_left(turn):
        closed(turn)
        return
    turn.set(
        attempts=(*cb.attempts, Attempt(len(cb.attempts) + 1, turn.now)),
        state="queued",
        queued_at=turn.now,
        opens_at=None,
        rung_at=None,
        resume=None,
        conference_sid=None,
        room_over_c=None,
    )
    if cb.order == "visitor_first":
        turn.set(state="visitor_ringing")
        ring_visitor(turn)
    else:
        ask_for_consultant(turn)


def ring_visitor(turn: Turn) -> None:
    turn.add_leg("visitor", turn.cb.phone, turn.cb.locale, turn.settings.visitor_s)
    turn.line("call_ringing_visitor")


def time_left(turn: Turn) -> bool:
    """Tell whether a new offer may still begin: closing time is more than a margin away."""
    if turn.settings.hours is None:
        return True
    closes = hours.closes_at(turn.settings.hours, turn.now)
    return closes is not None and closes - turn.now >= timedelta(seconds=turn.timers.close_margin_s)


def closed(turn: Turn) -> None:
    """The hours ended. Who agreed to wait is called at the next opening; for the others the promise is over."""
    after = turn.after(turn.timers.close_margin_s)
    opens = hours.next_opening(turn.settings.hours, after)
    if not turn.cb.may_wait or opens is None:
        finish(turn, "expired", "expired")
        return
    turn.set(state="scheduled", opens_at=opens, expires_at=opens + timedelta(seconds=turn.timers.expire_s))
    turn.line("call_scheduled", at=opens)


def ask_for_consultant(turn: Turn) -> None:
    """Ask for the next consultants, unless some are being rung or the visitor's phone has to stop first."""
    cb = turn.cb
    if not may_pick(turn):
        return
    if cb.state == "queued" and not time_left(turn):
        closed(turn)
        return
    if cb.state == "recovering" and turn.visitor_leg is not None:
        turn.step("hold", turn.visitor_leg.id, on=True)  # music until the next one comes
    legs = turn.legs("consultant")
    tried = [leg.person_id for leg in legs]
    dropped = {leg.person_id for leg in legs if leg.accepted_at is not None}
    again = [person for person in dropped if tried.count(person) == 1]
    turn.step("pick", None, tried=[person for person in tried if person not in again], last=again)


def may_pick(turn: Turn) -> bool:
    """Tell whether consultants may be rung now."""
    if turn.cb.state not in PICKING or turn.cb.resume is not None:
        return False
    attempt = len(turn.cb.attempts)
    return not any(leg.attempt == attempt and not leg.end_wanted for leg in turn.live("consultant"))


def after_round(turn: Turn, outcome: str) -> None:
    """A round came to nothing: try later, or end honestly."""
    cb = turn.cb
    set_attempt(turn, outcome)
    turn.set(pick_at=None, wait_until=None, doubt_until=None, eta_s=None, promise=None)
    delays = turn.settings.retry_delays_s
    if len(cb.attempts) > len(delays):
        finish(turn, "no_agent" if outcome == "no_agent" else "visitor_unreachable", outcome)
        return
    wanted = turn.after(delays[len(cb.attempts) - 1])
    if wanted - cb.created_at > timedelta(hours=1) and cb.chosen_at is None:
        wanted = hours.in_daytime(cb.time_zone, wanted)  # who asked just now is awake, whatever the clock says
    opens = hours.next_opening(turn.settings.hours, wanted)
    if opens is None or (opens != wanted and not cb.may_wait):
        finish(turn, "expired", "expired")
        return
    turn.set(state="retry_wait", opens_at=opens)
    turn.line("call_retry_later", at=opens)


def set_attempt(turn: Turn, outcome: str) -> None:
    attempts = turn.cb.attempts
    if attempts and attempts[-1].outcome is None:
        turn.set(attempts=(*attempts[:-1], replace(attempts[-1], outcome=outcome)))


def finish(turn: Turn, state: str, outcome: str) -> None:
    """Enter a final state: once, for ever, and no phone begins to ring after it."""
    if turn.cb.is_over:
        return
    set_attempt(turn, outcome)
    turn.set(
        state=state,
        outcome=outcome,
        opens_at=None,
        pick_at=None,
        wait_until=None,
        recover_until=None,
        doubt_until=None,
        expires_at=None,
        resume=None,
        eta_s=None,
        promise=None,
    )
    turn.end_all(outcome)
    name = lines.FINAL.get(state)
    if name is not None:
        turn.line(name)
    if state in ("no_agent", "visitor_unreachable", "expired", "budget_stopped", "failed"):
        turn.step("alert", None, kind="callback_missed")


def opt_out(turn: Turn, leg: Leg) -> None:
    """Whoever answered did not ask for this call, and is never called again."""
    set_outcome(turn, leg, "declined")
    turn.set_leg(leg.id, told="opted_out", end_wanted=True, look_at=turn.after(turn.timers.ending_s))
    turn.step("opt_out", leg.id)
    finish(turn, "visitor_unreachable", "visitor_declined")


def visitor_failed(turn: Turn, why: str) -> None:
    """The visitor was not reached: tell the consultant who waits, let him go, and try later or give up."""
    visitor = turn.visitor_leg
    if visitor is not None:
        set_outcome(turn, visitor, why)
        turn.end_leg(turn.leg(visitor.id))
    for leg in turn.live("consultant"):
        turn.end_leg(leg, f"visitor_{why}")
    after_round(turn, f"visitor_{why}")
