"""The life of a leg (pure): statuses only ever go up, a final one stays, and one leg is one call."""

from __future__ import annotations

from typing import Any

from server.callback import lines
from server.callback.model import FINAL_LEG, RANK, Event, Leg
from server.callback.turn import Turn

WORDS = {
    "queued": "queued",
    "initiated": "initiated",
    "ringing": "ringing",
    "in-progress": "in_progress",
    "completed": "completed",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "canceled",
}


def heard(turn: Turn, event: Event) -> Leg | None:
    """Take in what was heard of a leg's call: its SID when it was not known yet, and its status when it is a step up.

    Returns:
        The leg as it is now; None when the call is not the leg's own. Such a second call is ended.
    """
    leg = turn.leg(event.leg_id or "")
    sid = event.call_sid
    if sid and leg.call_sid != sid and (leg.call_sid is not None or leg.is_over):
        if event.text not in ("completed", "busy", "no-answer", "failed", "canceled"):
            turn.step("end_call", None, call_sid=sid)
        return None
    changes: dict[str, Any] = {}
    adopted = bool(sid) and leg.call_sid is None
    if adopted:
        changes |= {"call_sid": sid, "reconcile_at": None}
        if leg.state in ("creating", "unknown"):
            changes["state"] = "dialing"
        if leg.posted_at is None:
            changes["posted_at"] = turn.now
    state = WORDS.get(event.text)
    if state is not None and _is_step_up(str(changes.get("state", leg.state)), state):
        changes["state"] = state
        if state in FINAL_LEG:
            changes |= {"ended_at": turn.now, "look_at": None, "in_room": False}
    if event.number is not None and leg.duration_s is None and WORDS.get(event.text) in FINAL_LEG:
        changes["duration_s"] = event.number
    if not changes:
        return leg
    if changes.get("state", leg.state) not in FINAL_LEG:
        quiet_s = turn.timers.ending_s if leg.end_wanted else _quiet_s(turn, str(changes.get("state", leg.state)))
        changes["look_at"] = turn.after(quiet_s)
    leg = turn.set_leg(leg.id, **changes)
    if adopted and not leg.is_over:
        if leg.end_wanted:
            turn.step("end", leg.id)
        elif turn.cb.is_over:
            turn.end_leg(leg)
    return turn.leg(leg.id)


def _is_step_up(now: str, then: str) -> bool:
    if now in FINAL_LEG:
        return False
    return then in FINAL_LEG or RANK[then] > RANK[now]


def _quiet_s(turn: Turn, state: str) -> float:
    return turn.timers.bridged_look_s if state == "in_progress" else turn.timers.silence_s


def set_outcome(turn: Turn, leg: Leg, outcome: str) -> None:
    """Write down what came of a leg, once, and tell the chat when it came to nothing."""
    leg = turn.leg(leg.id)
    if leg.outcome is not None:
        return
    turn.set_leg(leg.id, outcome=outcome)
    name = lines.of_outcome(leg.role, outcome)
    if name is None:
        return
    if leg.role == "consultant":
        turn.line(name, person=leg.person_name)
    else:
        turn.line(name)
