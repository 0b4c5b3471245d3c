"""Conferences at work: the rules of `conference.py` applied to live calls."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from server.carrier import conference
from server.carrier.conference import Member, Room, RoomEvent
from server.carrier.leg import Leg, settle
from server.carrier.model import Callback, Document, RecordingPlan, new_sid

if TYPE_CHECKING:
    from server.carrier.engine import Carrier


@dataclass
class Seat:
    """A call's place in a room: `left` is settled when its part in the conference is over."""

    leg: Leg
    left: asyncio.Future[None]
    hold_music: asyncio.Task[bool] | None = None


@dataclass
class Live:
    room: Room
    started: asyncio.Event = field(default_factory=asyncio.Event)
    recording: RecordingPlan | None = None
    seats: dict[str, Seat] = field(default_factory=dict)


class Rooms:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._live: dict[str, Live] = {}

    def all(self) -> list[Room]:
        return [live.room for live in self._live.values()]

    def find(self, sid_or_name: str) -> Room | None:
        """Return a room by its SID, or by name while it is live."""
        live = self._live.get(sid_or_name)
        if live is None:
            return self._by_name(sid_or_name)
        return live.room

    def open(self, name: str) -> Room:
        """Return the live room of that name; make it where there is none."""
        room = self._by_name(name)
        if room is None:
            now = self._carrier.clock.now()
            room = Room(new_sid("CF", self._carrier.rng), name, now, now)
            self._live[room.sid] = Live(room)
            self._log(room, "init")
        return room

    def claim(self, sid: str, callback: Callback | None, recording: RecordingPlan | None = None) -> None:
        """Let the first participant decide who is told and whether the room is recorded."""
        live = self._live[sid]
        if not live.room.claimed:
            live.recording = recording
        live.room = conference.claim(live.room, callback)

    def enter(self, leg: Leg, sid: str, member: Member) -> Seat:
        """Seat a call.

        Raises:
            RoomError: the label is taken, the room is over, the call to coach is not there.
        """
        live = self._live[sid]
        room, events = conference.join(live.room, member, self._carrier.clock.now())
        started = live.room.status == "init" and room.status == "in-progress"
        seat = Seat(leg, asyncio.get_running_loop().create_future())
        live.room, live.seats[leg.sid] = room, seat
        leg.room_sid = sid
        self._emit(live, events)
        if started:
            live.started.set()
        if started and live.recording:
            self._carrier.recorder.start(None, live.recording, conference_sid=sid)
        return seat

    def leave(self, leg: Leg, sid: str, reason: str, *, kicked: bool = False) -> None:
        """Take a call out; a second time does nothing."""
        live = self._live[sid]
        room, events, ended = conference.leave(
            live.room, leg.sid, reason, leg.call.status, self._carrier.clock.now(), kicked=kicked
        )
        live.room = room
        self._emit(live, events)
        self._unseat(live, ended)

    def end(self, sid: str) -> None:
        live = self._live[sid]
        room, events, ended = conference.end(live.room, self._carrier.clock.now())
        live.room = room
        self._emit(live, events)
        self._unseat(live, ended)

    def change(self, sid: str, changed: Member, hold: Document | None = None) -> Room:
        """Put new settings of a participant in place.

        Raises:
            RoomError: the call is not in the room.
        """
        live = self._live[sid]
        room, events = conference.change(live.room, changed.call_sid, changed, self._carrier.clock.now())
        live.room = room
        self._emit(live, events)
        seat = live.seats[changed.call_sid]
        if seat.hold_music and (not changed.hold or hold):
            seat.hold_music.cancel()
            seat.hold_music = None
        if changed.hold and seat.hold_music is None:
            seat.hold_music = asyncio.ensure_future(self._carrier.interpreter.music(seat.leg, hold))
            seat.leg.keep(seat.hold_music)
        return room

    def kick(self, sid: str, call_sid: str) -> None:
        live = self._live[sid]
        if call_sid in live.seats:
            self.leave(live.seats[call_sid].leg, sid, "participant_updated_via_api", kicked=True)

    def never_came(self, leg: Leg) -> None:
        """A participant asked for over the API was not reached."""
        live = self._live.get(leg.plan.room_sid or "")
        if live is None:
            return
        live.room, events = conference.add_failed(live.room, leg.sid, "", leg.call.status, self._carrier.clock.now())
        self._emit(live, events)

    def announce(self, sid: str, document: Document, member: Member | None = None) -> None:
        """Play something to one participant or to all, and tell when it is over."""
        self._carrier.spawn(self._announce(self._live[sid], document, member))

    async def _announce(self, live: Live, document: Document, member: Member | None) -> None:
        sids = [member.call_sid] if member else [m.call_sid for m in live.room.members]
        legs = [live.seats[sid].leg for sid in sids if sid in live.seats]
        about = (("ConferenceSid", live.room.sid), ("FriendlyName", live.room.name))
        fine = bool(legs) and await self._carrier.interpreter.announce(legs, replace(document, extra=about))
        live.room, events = conference.announced(live.room, document.url, not fine, member, self._carrier.clock.now())
        self._emit(live, events)

    def member_of(self, leg: Leg) -> Member | None:
        live = self._live.get(leg.room_sid or "")
        return live.room.member(leg.sid) if live else None

    def heard_by(self, leg: Leg) -> list[str]:
        """Return the calls that a participant hears: nobody while on hold or before the conference starts."""
        live = self._live.get(leg.room_sid or "")
        if live is None or live.room.status != "in-progress":
            return []
        me = live.room.member(leg.sid)
        if me is None or me.hold:
            return []
        return [m.call_sid for m in live.room.members if m.call_sid != leg.sid and not m.hold and not m.coaching]

    def has_started(self, sid: str) -> bool:
        return self._live[sid].room.status != "init"

    async def started(self, sid: str) -> None:
        """Wait until the conference has started."""
        await self._live[sid].started.wait()

    def _by_name(self, name: str) -> Room | None:
        return next((x.room for x in self._live.values() if x.room.name == name and x.room.status != "completed"), None)

    def _unseat(self, live: Live, sids: Iterable[str]) -> None:
        for sid in sids:
            seat = live.seats.pop(sid, None)
            if seat is None:
                continue
            seat.leg.room_sid = None
            if seat.hold_music:
                seat.hold_music.cancel()
            settle(seat.left, None)
        if live.room.status == "completed":
            self._carrier.recorder.stop_conference(live.room.sid)
        self._carrier.handsets.changed()

    def _emit(self, live: Live, events: Iterable[RoomEvent]) -> None:
        room = live.room
        for event in events:
            params = dict(event.params)
            self._log(room, event.name, params)
            if not conference.wants(room.callback, event.name):
                continue
            leg = self._carrier.legs.get(params.get("CallSid", ""))
            self._carrier.webhooks.tell(
                room.callback,
                "conference",
                event.name,
                (("AccountSid", self._carrier.config.account_sid), *event.params),
                sid=room.sid,
                number=leg.number if leg else "",
            )
        self._carrier.handsets.changed()

    def _log(self, room: Room, event: str, params: dict[str, str] | None = None) -> None:
        known = params or {}
        self._carrier.journal.write(
            "conference",
            sid=room.sid,
            name=room.name,
            event=event,
            **({"callSid": known["CallSid"]} if "CallSid" in known else {}),
            **{k: v for k, v in known.items() if k.startswith("Reason")},
        )
