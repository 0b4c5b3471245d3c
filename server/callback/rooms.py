"""The room (pure): who is in it, when both are joined, and what happens when one of them leaves.

The carrier promises no order between its messages, so presence is judged by its own timestamps, and a consultant who is
gone is replaced only once it is certain that the visitor still waits.
"""

from __future__ import annotations

from datetime import datetime

from server.callback import rounds
from server.callback.legs import set_outcome
from server.callback.model import Event, Leg
from server.callback.turn import Turn

ROOM_OVER = frozenset({"moderator_ended_conference", "conference_ended_via_api"})
TALKING = frozenset({"bridging", "bridged", "recovering"})


def _party(turn: Turn, event: Event) -> Leg | None:
    leg = turn.cb.leg_of_call(event.call_sid or "")
    if leg is None or (event.data.get("room") not in (None, turn.cb.room)):
        return None
    if event.data.get("conference_sid") and turn.cb.conference_sid is None:
        turn.set(conference_sid=event.data["conference_sid"])
    return leg


def joined(turn: Turn, event: Event) -> None:
    """A party entered the room."""
    leg = _party(turn, event)
    if leg is None or (leg.joined_c is not None and leg.in_room):
        return
    stays = not leg.is_over and (leg.left_c is None or (event.at_c is not None and event.at_c > leg.left_c))
    turn.set_leg(leg.id, joined_c=leg.joined_c or event.at_c or turn.now, in_room=stays)
    try_to_bridge(turn)


def room_started(turn: Turn, event: Event) -> None:
    """Both are in the room, the carrier says."""
    if event.data.get("room") not in (None, turn.cb.room):
        return
    if event.data.get("conference_sid") and turn.cb.conference_sid is None:
        turn.set(conference_sid=event.data["conference_sid"])
    visitor, consultant = turn.visitor_leg, _last_accepted(turn)
    if visitor is None or consultant is None or event.at_c is None:
        return
    for leg in (visitor, consultant):
        if leg.joined_c is None:
            stays = not leg.is_over and turn.cb.room_over_c is None
            turn.set_leg(leg.id, joined_c=event.at_c, in_room=stays)
    if turn.cb.state in ("ended", "wrapup") and turn.cb.talk_c is None and turn.cb.talked_s is None:
        turn.set(talk_c=event.at_c)
        close_talk(turn, turn.cb.room_over_c)
        close_when_over(turn)
    else:
        try_to_bridge(turn)


def room_seen(turn: Turn, event: Event) -> None:
    """The carrier was asked who is in the room: `data` has the calls that are, with their times of entering."""
    for sid, at in event.data.items():
        leg = turn.cb.leg_of_call(sid)
        if leg is not None and not leg.is_over and not leg.in_room:
            turn.set_leg(leg.id, joined_c=leg.joined_c or datetime.fromisoformat(at), in_room=True)
    try_to_bridge(turn)
    if turn.cb.state == "bridging" and not any(leg.in_room for leg in turn.legs("visitor")):
        rounds.visitor_failed(turn, "failed")


def _last_accepted(turn: Turn) -> Leg | None:
    accepted = [leg for leg in turn.legs("consultant") if leg.accepted_at is not None]
    return max(accepted, key=lambda leg: (leg.accepted_at or turn.now, leg.number), default=None)


def try_to_bridge(turn: Turn) -> None:
    """Count the two as joined once both are known to have entered."""
    cb, visitor, consultant = turn.cb, turn.visitor_leg, _last_accepted(turn)
    if cb.state != "bridging" or visitor is None or consultant is None:
        return
    if visitor.joined_c is None or consultant.joined_c is None:
        return
    since = max(visitor.joined_c, consultant.joined_c)
    if cb.room_over_c is not None and cb.room_over_c >= since:
        turn.set(talk_c=since)  # it is over already; the message about its beginning was late
        over(turn, cb.room_over_c)
        return
    if consultant.is_over or visitor.is_over:
        if visitor.is_over:
            turn.set(talk_c=since)
            over(turn, visitor.left_c)
        return
    turn.set(state="bridged", talk_c=since, eta_s=None, promise=None, doubt_until=None)
    if cb.talked_s is not None or sum(1 for leg in turn.legs("consultant") if leg.accepted_at) > 1:
        turn.line("call_resumed", person=consultant.person_name)
        turn.step("hold", visitor.id, on=False)
    else:
        turn.line("call_connected", person=consultant.person_name)
    if cb.may_be_recorded and not cb.recording_begun:
        turn.set(recording_begun=True)
        turn.step("record", visitor.id)


def met(turn: Turn) -> bool:
    """Tell whether the visitor is known to have been in the room with a consultant."""
    visitor = turn.visitor_leg
    known = turn.cb.talk_c is not None or turn.cb.talked_s is not None
    return known or (visitor is not None and visitor.joined_c is not None and turn.cb.order != "visitor_first")


def close_talk(turn: Turn, at_c: datetime | None) -> None:
    """Count the seconds of a talk whose end is known by the carrier's clock."""
    if turn.cb.talk_c is not None and at_c is not None:
        seconds = max(0, round((at_c - turn.cb.talk_c).total_seconds()))
        turn.set(talked_s=(turn.cb.talked_s or 0) + seconds, talk_c=None)


def over(turn: Turn, at_c: datetime | None) -> None:
    """The talk is over: one transition, whoever left first."""
    if turn.cb.state not in TALKING:
        return
    close_talk(turn, at_c)
    rounds.set_attempt(turn, "talked")
    turn.set(
        state="ended",
        ending="completed",
        ended_at=turn.now,
        recover_until=None,
        pick_at=None,
        wait_until=None,
        doubt_until=None,
    )
    for leg in turn.cb.legs:
        if leg.is_over or leg.end_wanted:
            continue
        if leg.role == "consultant" and leg.accepted_at is None:
            turn.end_leg(leg, "canceled", "canceled")
        else:
            turn.set_leg(leg.id, look_at=turn.after(turn.timers.ending_s), in_room=False)
    for leg in turn.cb.legs:
        if leg.outcome in (None, "accepted") and leg.joined_c is not None:
            turn.set_leg(leg.id, outcome="talked")


def left(turn: Turn, event: Event) -> None:
    """A party left the room; `text` is the carrier's reason."""
    leg = _party(turn, event)
    if leg is None:
        return
    if leg.left_c is None or (event.at_c is not None and event.at_c > leg.left_c):
        turn.set_leg(leg.id, left_c=event.at_c, in_room=False)
    leg = turn.leg(leg.id)
    if turn.cb.state in ("ended", "wrapup", "completed"):
        close_talk(turn, event.at_c)
        close_when_over(turn)
        return
    if turn.cb.state not in TALKING or leg.end_wanted or leg.attempt != len(turn.cb.attempts):
        return
    if leg.role == "visitor":
        if turn.cb.state != "bridging" or met(turn):
            over(turn, event.at_c)
    elif event.text in ROOM_OVER:
        if met(turn):
            over(turn, event.at_c)
    elif leg.accepted_at is not None and turn.cb.state == "bridged" and leg == _last_accepted(turn):
        recover(turn, leg, event.at_c)


def room_ended(turn: Turn, event: Event) -> None:
    """The room is over."""
    if event.data.get("room") not in (None, turn.cb.room):
        return
    if turn.cb.room_over_c is None:
        turn.set(room_over_c=event.at_c or turn.now)
    if turn.cb.state in TALKING and met(turn):
        over(turn, event.at_c)
    elif turn.cb.state in ("ended", "wrapup", "completed"):
        close_talk(turn, event.at_c)
    close_when_over(turn)


def left_room(turn: Turn, event: Event) -> None:
    """The carrier asks what a party does after the room; `text` is the status of its call."""
    leg = turn.leg(event.leg_id or "")
    if leg.call_sid != event.call_sid or leg.end_wanted or leg.outcome == "voicemail" or turn.cb.state not in TALKING:
        return
    turn.set_leg(leg.id, in_room=False)
    if event.text != "in-progress":
        turn.step("look", leg.id)
    elif leg.role == "visitor" or turn.visitor_leg is not None:
        # Only the end of the room sends a party on while its call goes on, and only the visitor ends the room.
        for party in (turn.visitor_leg, leg):
            if party is not None and party.joined_c is None:
                turn.set_leg(party.id, outcome="talked" if party.outcome in (None, "accepted") else party.outcome)
        over(turn, None)


def leg_left(turn: Turn, leg: Leg, at_c: datetime | None) -> None:
    """A call has ended, so its party is in no room; `at_c` is when, by the carrier's clock."""
    if leg.left_c is None and at_c is not None:
        turn.set_leg(leg.id, left_c=at_c)
    if turn.cb.state in ("ended", "wrapup", "completed") and leg.role == "visitor":
        close_talk(turn, at_c)  # the consultant's call goes on a little: he is said goodbye to


def consultant_gone(turn: Turn, leg: Leg) -> None:
    """The consultant's call ended. Whether the visitor left as well, or waits, is asked first."""
    visitor = turn.visitor_leg
    if visitor is not None and not visitor.is_over:
        turn.set_leg(visitor.id, look_at=turn.after(2))
        turn.step("look", visitor.id)


def visitor_still_there(turn: Turn) -> None:
    """The visitor's call goes on; when no consultant is left, find another one."""
    last = _last_accepted(turn)
    if turn.accepted_leg is None and last is not None and turn.cb.state in ("bridging", "bridged"):
        recover(turn, last, last.left_c)


def recover(turn: Turn, leg: Leg, at_c: datetime | None) -> None:
    """The consultant is gone and the visitor is not: music, an apology, and the next consultant."""
    close_talk(turn, at_c)
    if turn.cb.talk_c is not None:
        turn.set(talk_c=None, talked_s=turn.cb.talked_s or 0)
    set_outcome(turn, leg, "talked")
    if leg.outcome == "accepted":
        turn.set_leg(leg.id, outcome="talked")
    turn.end_leg(turn.leg(leg.id))
    turn.line("call_consultant_left", person=leg.person_name)
    turn.line("call_on_hold")
    turn.set(
        state="recovering",
        recover_until=turn.after(turn.timers.recover_s),
        pick_at=turn.after(turn.timers.apology_s),
        doubt_until=None,
    )
    visitor = turn.visitor_leg
    if visitor is not None:
        turn.step("announce", visitor.id)


def announced(turn: Turn, event: Event) -> None:
    """The visitor heard the apology and still waits."""
    if turn.cb.state == "recovering" and turn.cb.pick_at is not None:
        turn.set(pick_at=None)
        rounds.ask_for_consultant(turn)


def give_up_recovering(turn: Turn) -> None:
    """Nobody could take over: say goodbye to the visitor."""
    visitor = turn.visitor_leg
    over(turn, None)
    if visitor is not None:
        turn.end_leg(visitor, "dropped")
    close_when_over(turn)


def visitor_gone(turn: Turn, leg: Leg) -> None:
    """The visitor's call ended while he was, or may have been, in the room."""
    if turn.cb.state != "bridging" or met(turn):
        over(turn, leg.left_c)
        return
    if turn.cb.doubt_until is None:
        turn.set(doubt_until=turn.after(turn.timers.doubt_s))
    consultant = turn.accepted_leg
    if consultant is not None:
        turn.step("look", consultant.id)


def machine(turn: Turn, event: Event) -> None:
    """The carrier believes that a machine answered the visitor's phone. `number` is how long it listened, ms."""
    cb, leg = turn.cb, turn.leg(event.leg_id or "")
    is_machine = event.text.startswith("machine") or event.text == "fax"
    if not is_machine or leg.role != "visitor" or leg.is_over or leg.end_wanted or leg.outcome is not None:
        return
    if cb.state not in ("agent_ready", "bridging", "bridged", "visitor_waiting", "offering"):
        return
    leaving = turn.settings.visitor_voicemail == "leave_message" and event.text.startswith("machine_end")
    limit_s = turn.timers.machine_end_s if leaving else turn.timers.machine_s
    listened_s = event.number / 1000 if event.number else 0.0
    if cb.state == "bridged" and listened_s > limit_s:
        return
    set_outcome(turn, leg, "voicemail")
    for each in turn.live("consultant"):
        turn.end_leg(each, "visitor_voicemail", None if each.accepted_at else "canceled")
    if leaving:
        rounds.set_attempt(turn, "visitor_voicemail")
        turn.set(state="ended", ending="voicemail_left", ended_at=turn.now, talk_c=None, talked_s=None)
        turn.set_leg(leg.id, told="message", look_at=turn.after(turn.timers.bridged_look_s))
        turn.step("redirect", leg.id)
    else:
        turn.end_leg(turn.leg(leg.id))
        turn.set(talk_c=None, talked_s=None)
        rounds.after_round(turn, "visitor_voicemail")


def recorded(turn: Turn, event: Event) -> None:
    if event.text and event.text not in turn.cb.recordings:
        turn.set(recordings=(*turn.cb.recordings, event.text))


def decide_doubt(turn: Turn) -> None:
    """Nothing more was heard: decide with what is known."""
    if turn.cb.state == "bridging":
        if met(turn):
            over(turn, None)
        else:
            rounds.visitor_failed(turn, "declined")
    elif turn.cb.state == "ended":
        visitor = turn.visitor_leg
        known = visitor.duration_s if visitor is not None else None
        turn.set(talk_c=None, talked_s=turn.cb.talked_s if turn.cb.talked_s is not None else known or 0)
        close_when_over(turn)


def close_when_over(turn: Turn) -> None:
    """After the talk, once every call is over and its seconds are known, do the accounts."""
    cb = turn.cb
    if cb.state != "ended" or any(not leg.is_over for leg in cb.legs):
        return
    if cb.ending == "completed" and (cb.talked_s is None or cb.talk_c is not None):
        if cb.doubt_until is None:
            turn.set(doubt_until=turn.after(turn.timers.doubt_s))
        return
    turn.set(state="wrapup", doubt_until=None)
    turn.step("close")
