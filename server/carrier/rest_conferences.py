"""REST: Conferences and their Participants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web

from server.carrier import api, representations
from server.carrier.api import ApiError, Form
from server.carrier.conference import Member, Room, RoomError
from server.carrier.model import Detection, Document, RecordingPlan
from server.carrier.rest_calls import ROOT, addresses, call_plan, recording_plan

if TYPE_CHECKING:
    from server.carrier.engine import Carrier

PARTICIPANT_BUFFER_S = 5.0


class ConferenceRoutes:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def routes(self) -> list[web.RouteDef]:
        rooms = f"{ROOT}/Conferences"
        people, one = f"{rooms}/{{room}}/Participants.json", f"{rooms}/{{room}}/Participants/{{who}}.json"
        return [
            web.get(f"{rooms}.json", self.list),
            web.get(f"{rooms}/{{room}}.json", self.fetch),
            web.post(f"{rooms}/{{room}}.json", self.update),
            web.post(people, self.add),
            web.get(people, self.list_participants),
            web.get(one, self.fetch_participant),
            web.post(one, self.update_participant),
            web.delete(one, self.kick),
        ]

    def _room(self, request: web.Request) -> Room:
        room = self._carrier.rooms.find(request.match_info["room"])
        if room is None:
            raise api.not_found(request)
        return room

    def _member(self, request: web.Request) -> tuple[Room, Member]:
        room = self._room(request)
        member = room.member(request.match_info["who"])
        if member is None:
            raise api.not_found(request)
        return room, member

    def _show(self, room: Room) -> dict[str, object]:
        return representations.conference(room, self._carrier.config.account_sid)

    def _show_member(self, room: Room, member: Member) -> dict[str, object]:
        return representations.participant(member, room.sid, self._carrier.config.account_sid)

    async def list(self, request: web.Request) -> web.Response:
        query = request.query
        found = [
            room
            for room in reversed(self._carrier.rooms.all())
            if query.get("FriendlyName") in {None, room.name}
            and query.get("Status") in {None, room.status}
            and api.within(request, "DateCreated", room.created_at)
            and api.within(request, "DateUpdated", room.updated_at)
        ]
        return api.page(request, "conferences", found, lambda room: room.sid, self._show)

    async def fetch(self, request: web.Request) -> web.Response:
        return web.json_response(self._show(self._room(request)))

    async def update(self, request: web.Request) -> web.Response:
        room = self._room(request)
        form = await request.post()
        status = api.text(form, "Status")
        if status not in {"", "completed"}:
            raise ApiError(400, 20001, f"Status may be completed, not {status}")
        if room.status == "completed":
            raise api.not_found(request)
        announcement = _document(form, "Announce", "announce")
        if announcement:
            self._carrier.rooms.announce(room.sid, announcement)
        if status:
            self._carrier.rooms.end(room.sid)
        return web.json_response(self._show(self._room_after(room)))

    def _room_after(self, room: Room) -> Room:
        return self._carrier.rooms.find(room.sid) or room

    async def list_participants(self, request: web.Request) -> web.Response:
        room = self._room(request)
        query = request.query
        found = [
            member
            for member in room.members
            if all(
                query.get(name, word) == word
                for name, word in (
                    ("Muted", _word(member.muted)),
                    ("Hold", _word(member.hold)),
                    ("Coaching", _word(member.coaching)),
                )
            )
        ]
        return api.page(
            request, "participants", found, lambda member: member.call_sid, lambda m: self._show_member(room, m)
        )

    async def fetch_participant(self, request: web.Request) -> web.Response:
        return web.json_response(self._show_member(*self._member(request)))

    async def update_participant(self, request: web.Request) -> web.Response:
        room, member = self._member(request)
        form = await request.post()
        changed = replace(
            member,
            muted=api.flag(form, "Muted", member.muted),
            hold=api.flag(form, "Hold", member.hold),
            end_on_exit=api.flag(form, "EndConferenceOnExit", member.end_on_exit),
            coaching=api.flag(form, "Coaching", member.coaching),
            call_sid_to_coach=api.text(form, "CallSidToCoach") or member.call_sid_to_coach,
        )
        announcement = _document(form, "Announce", "announce")
        try:
            after = self._carrier.rooms.change(room.sid, changed, _document(form, "Hold", "hold"))
        except RoomError as problem:
            raise ApiError(400, problem.code, str(problem)) from problem
        if announcement:
            self._carrier.rooms.announce(room.sid, announcement, changed)
        return web.json_response(self._show_member(after, after.member(member.call_sid) or changed))

    async def kick(self, request: web.Request) -> web.Response:
        room, member = self._member(request)
        self._carrier.rooms.kick(room.sid, member.call_sid)
        return web.Response(status=204)

    async def add(self, request: web.Request) -> web.Response:
        """Call somebody into a room; a name without a live room makes one."""
        form = await request.post()
        to, from_ = addresses(self._carrier, form)
        label = api.text(form, "Label")
        wanted = request.match_info["room"]
        room = self._carrier.rooms.find(wanted)
        if room is not None and room.status == "completed":
            raise api.not_found(request)
        if room is not None and label and room.member(label):
            raise ApiError(400, 16025, f"Participant label {label} is already in use in this conference")
        room = room or self._carrier.rooms.open(wanted)
        recorded = None
        if api.text(form, "ConferenceRecord") in {"true", "record-from-start"}:
            told = api.callback(form, "ConferenceRecordingStatusCallback", {"completed"})
            recorded = RecordingPlan("Conference", callback=told)
        self._carrier.rooms.claim(room.sid, api.callback(form, "ConferenceStatusCallback", {"start", "end"}), recorded)
        plan = call_plan(self._carrier, form, Document(self._carrier.config.public_url, twiml=_twiml(form, room.name)))
        plan = replace(
            plan,
            timeout_s=plan.timeout_s + PARTICIPANT_BUFFER_S,
            room_sid=room.sid,
            detection=_always_async(plan.detection, form),
            record=recording_plan(form, "OutboundAPI") if api.flag(form, "Record", False) else None,
        )
        leg = self._carrier.place(to, from_, plan)
        now = self._carrier.clock.now()
        member = Member(
            call_sid=leg.sid,
            joined_at=now,
            updated_at=now,
            label=label,
            muted=api.flag(form, "Muted", False),
            coaching=api.flag(form, "Coaching", False),
            call_sid_to_coach=api.text(form, "CallSidToCoach"),
            start_on_enter=api.flag(form, "StartConferenceOnEnter", True),
            end_on_exit=api.flag(form, "EndConferenceOnExit", False),
        )
        account = self._carrier.config.account_sid
        body = representations.participant(member, room.sid, account, "queued", leg.call.queue_time_ms)
        return web.json_response(body, status=201)


def _word(value: bool) -> str:
    return "true" if value else "false"


def _document(form: Form, prefix: str, kind: str) -> Document | None:
    address = api.url(form, f"{prefix}Url", 21205)
    return Document(address, api.method(form, f"{prefix}Method"), kind=kind) if address else None


def _always_async(asked: Detection | None, form: Form) -> Detection | None:
    """Detection of a participant never holds the call up."""
    if asked is None:
        return None
    return replace(asked, is_async=True, callback=api.callback(form, "AmdStatusCallback", ()))


def _twiml(form: Form, name: str) -> str:
    """Return the instructions of a participant: a seat in the room."""
    attributes = {
        "participantLabel": api.text(form, "Label"),
        "muted": _word(api.flag(form, "Muted", False)),
        "startConferenceOnEnter": _word(api.flag(form, "StartConferenceOnEnter", True)),
        "endConferenceOnExit": _word(api.flag(form, "EndConferenceOnExit", False)),
        "coach": api.text(form, "CallSidToCoach") if api.flag(form, "Coaching", False) else "",
        "waitMethod": api.text(form, "WaitMethod"),
    }
    words = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items() if value)
    if "WaitUrl" in form:
        words += f" waitUrl={quoteattr(api.text(form, 'WaitUrl'))}"
    return f"<Response><Dial><Conference {words}>{escape(name)}</Conference></Dial></Response>"
