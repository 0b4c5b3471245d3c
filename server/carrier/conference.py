"""The life of a conference (pure): who is in it, when it starts and ends, and what is told about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime

from server.carrier.model import Callback

MAX_MEMBERS = 250
EVENT_GROUPS = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}
_Told = tuple[str, tuple[tuple[str, str], ...]]
DEFAULT_EVENTS = frozenset({"start", "end"})


class RoomError(ValueError):
    """A call cannot enter or be changed; `code` is the carrier's error number."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Member:
    call_sid: str
    joined_at: datetime
    updated_at: datetime
    label: str = ""
    muted: bool = False
    hold: bool = False
    coaching: bool = False
    call_sid_to_coach: str = ""
    start_on_enter: bool = True
    end_on_exit: bool = False


@dataclass(frozen=True)
class Room:
    """One conference. `callback` is the first participant's for ever; `sequence` counts every event, from 1."""

    sid: str
    name: str
    created_at: datetime
    updated_at: datetime
    status: str = "init"
    members: tuple[Member, ...] = ()
    sequence: int = 0
    callback: Callback | None = None
    claimed: bool = False
    reason_ended: str | None = None
    ended_by: str | None = None

    def member(self, call_sid_or_label: str) -> Member | None:
        return next((m for m in self.members if call_sid_or_label in {m.call_sid, m.label} - {""}), None)


@dataclass(frozen=True)
class RoomEvent:
    name: str
    params: tuple[tuple[str, str], ...]


def claim(room: Room, callback: Callback | None) -> Room:
    """Take the callback of whoever comes first; every later one is ignored."""
    return room if room.claimed else replace(room, callback=callback, claimed=True)


def join(room: Room, member: Member, now: datetime) -> tuple[Room, tuple[RoomEvent, ...]]:
    """Let a call in. The conference starts with two participants of whom one starts it.

    Raises:
        RoomError: 16025 the label is taken, 16003 the room is full or over, 13240 the call to coach is not in it.
    """
    if member.label and (len(member.label) > 128 or room.member(member.label)):
        raise RoomError(16025, "Participant label is already in use in this conference")
    if room.status == "completed" or len(room.members) >= MAX_MEMBERS:
        raise RoomError(16003, "Participant could not be added to the conference")
    if member.call_sid_to_coach and room.member(member.call_sid_to_coach) is None:
        raise RoomError(13240, "Call to coach is not a participant of this conference")
    entered = replace(room, members=(*room.members, member), updated_at=now)
    told = [("participant-join", _about(member))]
    if room.status == "init" and len(entered.members) > 1 and any(m.start_on_enter for m in entered.members):
        entered = replace(entered, status="in-progress")
        told.append(("conference-start", ()))
    return _tell(entered, told, now)


def leave(
    room: Room, call_sid: str, reason: str, call_status: str, now: datetime, *, kicked: bool = False
) -> tuple[Room, tuple[RoomEvent, ...], tuple[str, ...]]:
    """Take a call out, and end the conference when it was the last or one that ends it.

    Returns:
        The room, what is told in order, and the calls whose part in the conference ended with it.
    """
    member = room.member(call_sid)
    if member is None or room.status == "completed":
        return room, (), ()
    rest = tuple(m for m in room.members if m is not member)
    told = [("participant-leave", _left(member, reason, call_status))]
    if rest and not member.end_on_exit:
        after, events = _tell(replace(room, members=rest, updated_at=now), told, now)
        return after, events, (call_sid,)
    told += [("participant-leave", _left(other, "moderator_ended_conference", "in-progress")) for other in rest]
    cause = "participant-with-end-conference-on-exit" if member.end_on_exit else "last-participant"
    ended = f"{cause}-{'kicked' if kicked else 'left'}"
    after, events = _end(room, told, ended, member, now)
    return after, events, (call_sid, *(m.call_sid for m in rest))


def end(room: Room, now: datetime) -> tuple[Room, tuple[RoomEvent, ...], tuple[str, ...]]:
    """End the conference because the API asked for it. Ending it twice does nothing."""
    if room.status == "completed":
        return room, (), ()
    told = [("participant-leave", _left(m, "conference_ended_via_api", "in-progress")) for m in room.members]
    after, events = _end(room, told, "conference-ended-via-api", None, now)
    return after, events, tuple(m.call_sid for m in room.members)


def change(room: Room, call_sid: str, changed: Member, now: datetime) -> tuple[Room, tuple[RoomEvent, ...]]:
    """Put a participant's new settings in place and tell what became different.

    Raises:
        RoomError: 20404 the call is not in the room, 13240 the call to coach is not in it.
    """
    before = room.member(call_sid)
    if before is None or room.status == "completed":
        raise RoomError(20404, "Participant was not found")
    if changed.coaching and room.member(changed.call_sid_to_coach) is None:
        raise RoomError(13240, "Call to coach is not a participant of this conference")
    changed = replace(changed, updated_at=now)
    members = tuple(changed if m is before else m for m in room.members)
    told: list[_Told] = []
    if changed.muted != before.muted:
        told.append(("participant-mute" if changed.muted else "participant-unmute", _about(changed)))
    if changed.hold != before.hold:
        told.append(("participant-hold" if changed.hold else "participant-unhold", _about(changed)))
    rest = ("coaching", "call_sid_to_coach", "end_on_exit")
    if any(getattr(changed, name) != getattr(before, name) for name in rest):
        told.append(("participant-modify", _about(changed)))
    return _tell(replace(room, members=members, updated_at=now), told, now)


def announced(
    room: Room, url: str, failed: bool, member: Member | None, now: datetime
) -> tuple[Room, tuple[RoomEvent, ...]]:
    """Tell that an announcement was played, or could not be."""
    about = (*(_about(member) if member else ()), ("AnnounceUrl", url))
    return _tell(room, [("announcement-fail" if failed else "announcement-end", about)], now)


def add_failed(
    room: Room, call_sid: str, label: str, call_status: str, now: datetime
) -> tuple[Room, tuple[RoomEvent, ...]]:
    """Tell that a participant asked for over the API never came. An otherwise empty room is over with it."""
    if room.status == "completed":
        return room, ()
    about = (
        ("CallSid", call_sid),
        ("ParticipantLabel", label),
        ("ParticipantCallStatus", call_status),
        ("ReasonParticipantLeft", "participant_add_failed"),
    )
    told: list[_Told] = [("participant-leave", about)]
    if room.members:
        return _tell(room, told, now)
    return _end(room, told, "last-participant-left", None, now)


def wants(callback: Callback | None, event: str) -> bool:
    """Tell whether the first participant asked to hear of an event."""
    return callback is not None and EVENT_GROUPS[event] in (callback.events or DEFAULT_EVENTS)


def _end(
    room: Room, told: list[_Told], reason: str, by: Member | None, now: datetime
) -> tuple[Room, tuple[RoomEvent, ...]]:
    about = [("ReasonConferenceEnded", reason)]
    if by is not None:
        about.append(("CallSidEndingConference", by.call_sid))
        if by.label:
            about.append(("ParticipantLabelEndingConference", by.label))
    told = [*told, ("conference-end", tuple(about))]
    over = replace(
        room,
        members=(),
        status="completed",
        reason_ended=reason,
        ended_by=by.call_sid if by else None,
        updated_at=now,
    )
    return _tell(over, told, now)


def _tell(room: Room, told: list[_Told], now: datetime) -> tuple[Room, tuple[RoomEvent, ...]]:
    events = tuple(
        RoomEvent(
            name,
            (
                ("ConferenceSid", room.sid),
                ("FriendlyName", room.name),
                ("StatusCallbackEvent", name),
                ("SequenceNumber", str(room.sequence + number)),
                ("Timestamp", format_datetime(now)),
                *params,
            ),
        )
        for number, (name, params) in enumerate(told, start=1)
    )
    return replace(room, sequence=room.sequence + len(told)), events


def _about(member: Member) -> tuple[tuple[str, str], ...]:
    flags = (
        ("Muted", member.muted),
        ("Hold", member.hold),
        ("Coaching", member.coaching),
        ("EndConferenceOnExit", member.end_on_exit),
        ("StartConferenceOnEnter", member.start_on_enter),
    )
    return (
        ("CallSid", member.call_sid),
        *((name, "true" if value else "false") for name, value in flags),
        *((("ParticipantLabel", member.label),) if member.label else ()),
        *((("CallSidToCoach", member.call_sid_to_coach),) if member.coaching else ()),
    )


def _left(member: Member, reason: str, call_status: str) -> tuple[tuple[str, str], ...]:
    return (*_about(member), ("ParticipantCallStatus", call_status), ("ReasonParticipantLeft", reason))
