"""REST: Recordings, Messages and Balance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiohttp import web

from server.carrier import api, calls, representations
from server.carrier.api import ApiError
from server.carrier.model import E164
from server.carrier.recordings import RUNNING, Recording, RecordingError, wav
from server.carrier.rest_calls import ROOT, leg_of, recording_plan

if TYPE_CHECKING:
    from server.carrier.engine import Carrier

MAX_BODY = 1600
_MAGIC_TO = {
    "+15005550001": (21211, "The 'To' number is not a valid phone number"),
    "+15005550002": (21612, "The 'To' phone number is not currently reachable via SMS"),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
_MAGIC_FROM = {
    "+15005550001": (21212, "The 'From' number is not a valid phone number"),
    "+15005550007": (21606, "The 'From' phone number is not a valid, SMS-capable phone number"),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages"),
}


class RecordRoutes:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def routes(self) -> list[web.RouteDef]:
        of_call, own = f"{ROOT}/Calls/{{call}}/Recordings", f"{ROOT}/Recordings"
        of_room = f"{ROOT}/Conferences/{{room}}/Recordings"
        return [
            web.post(f"{of_call}.json", self.start),
            web.get(f"{of_call}.json", self.list_of_call),
            web.get(f"{of_call}/{{sid}}.json", self.fetch_of_parent),
            web.post(f"{of_call}/{{sid}}.json", self.update),
            web.delete(f"{of_call}/{{sid}}.json", self.delete),
            web.get(f"{of_room}.json", self.list_of_room),
            web.get(f"{of_room}/{{sid}}.json", self.fetch_of_parent),
            web.post(f"{of_room}/{{sid}}.json", self.update),
            web.delete(f"{of_room}/{{sid}}.json", self.delete),
            web.get(f"{own}.json", self.list),
            web.get(f"{own}/{{sid}}.json", self.fetch),
            web.delete(f"{own}/{{sid}}.json", self.delete),
            web.get(f"{own}/{{sid}}.wav", self.media),
            web.get(f"{own}/{{sid}}", self.media),
            web.delete(f"{own}/{{sid}}", self.delete),
            web.post(f"{ROOT}/Messages.json", self.send),
            web.get(f"{ROOT}/Messages.json", self.list_messages),
            web.get(f"{ROOT}/Messages/{{sid}}.json", self.fetch_message),
            web.delete(f"{ROOT}/Messages/{{sid}}.json", self.delete_message),
            web.get(f"{ROOT}/Balance.json", self.balance),
        ]

    async def start(self, request: web.Request) -> web.Response:
        leg = leg_of(self._carrier, request, "call")
        if leg.call.status in calls.FINAL or leg.call.status != "in-progress":
            raise ApiError(400, 21220, "Requested resource is not eligible for recording: call is not in-progress")
        recording = self._carrier.recorder.start(leg, recording_plan(await request.post(), "StartCallRecordingAPI"))
        return web.json_response(representations.recording(recording), status=201)

    def _found(self, request: web.Request) -> Recording:
        """Return the recording named in the path; `Twilio.CURRENT` is the newest that runs on the call."""
        sid, parent = request.match_info["sid"], request.match_info.get("call") or request.match_info.get("room")
        owned = [r for r in self._carrier.recorder.all.values() if parent in {None, r.call_sid, r.conference_sid}]
        if sid == "Twilio.CURRENT":
            owned, sid = [r for r in owned if r.status in RUNNING], ""
        found = next((r for r in reversed(owned) if sid in {"", r.sid}), None)
        if found is None:
            raise api.not_found(request)
        return found

    async def update(self, request: web.Request) -> web.Response:
        form = await request.post()
        status, behavior = api.text(form, "Status"), api.text(form, "PauseBehavior") or "silence"
        recording = self._found(request)
        try:
            after = self._carrier.recorder.update(recording.sid, status, behavior)
        except RecordingError as problem:
            raise ApiError(400, 21220, f"Recording cannot become {status}: it is {problem}") from problem
        return web.json_response(representations.recording(after))

    async def fetch_of_parent(self, request: web.Request) -> web.Response:
        return web.json_response(representations.recording(self._found(request)))

    async def list_of_call(self, request: web.Request) -> web.Response:
        leg = leg_of(self._carrier, request, "call")
        return self._page(request, self._carrier.recorder.of_call(leg.sid), own=False)

    async def list_of_room(self, request: web.Request) -> web.Response:
        room = request.match_info["room"]
        found = [r for r in self._carrier.recorder.all.values() if r.conference_sid == room]
        return self._page(request, found, own=False)

    async def list(self, request: web.Request) -> web.Response:
        query = request.query
        found = [
            r
            for r in self._carrier.recorder.all.values()
            if query.get("CallSid") in {None, r.call_sid} and query.get("ConferenceSid") in {None, r.conference_sid}
        ]
        return self._page(request, found, own=True)

    def _page(self, request: web.Request, found: Sequence[Recording], *, own: bool) -> web.Response:
        url = self._carrier.config.public_url if own else ""
        chosen = [r for r in reversed(found) if api.within(request, "DateCreated", r.created_at)]
        return api.page(request, "recordings", chosen, lambda r: r.sid, lambda r: representations.recording(r, url))

    async def fetch(self, request: web.Request) -> web.Response:
        return web.json_response(representations.recording(self._found(request), self._carrier.config.public_url))

    async def delete(self, request: web.Request) -> web.Response:
        recording = self._found(request)
        if recording.status in RUNNING:
            self._carrier.recorder.update(recording.sid, "stopped")
        self._carrier.recorder.delete(recording.sid)
        return web.Response(status=204)

    async def media(self, request: web.Request) -> web.StreamResponse:
        """Answer the recording as WAV; `RequestedChannels=1|2` chooses the channels."""
        recording = self._found(request)
        if recording.status != "completed":
            raise api.not_found(request)
        asked = request.query.get("RequestedChannels")
        answer = web.StreamResponse(headers={"Content-Type": "audio/x-wav", "Cache-Control": "no-store"})
        chunks = wav(recording, int(asked) if asked in {"1", "2"} else None)
        await answer.prepare(request)
        for chunk in chunks:
            await answer.write(chunk)
        return answer

    async def send(self, request: web.Request) -> web.Response:
        form = await request.post()
        to, from_, body = (api.text(form, name).strip() for name in ("To", "From", "Body"))
        if not to:
            raise ApiError(400, 21604, "A 'To' phone number is required")
        if not from_:
            raise ApiError(400, 21603, "A 'From' phone number is required")
        if not body:
            raise ApiError(400, 21602, "Message body is required")
        if len(body) > MAX_BODY:
            raise ApiError(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        for magic, number in ((_MAGIC_FROM, from_), (_MAGIC_TO, to)):
            if number in magic:
                code, message = magic[number]
                raise ApiError(400, code, f"{message}: {number}")
        if not E164.fullmatch(to):
            raise ApiError(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        told = api.callback(form, "StatusCallback", ())
        return web.json_response(
            representations.message(self._carrier.messages.send(to, from_, body, told)), status=201
        )

    async def list_messages(self, request: web.Request) -> web.Response:
        query = request.query
        found = [
            m
            for m in reversed(self._carrier.messages.all.values())
            if query.get("To") in {None, m.to}
            and query.get("From") in {None, m.from_}
            and api.within(request, "DateSent", m.sent_at)
        ]
        return api.page(request, "messages", found, lambda m: m.sid, representations.message)

    async def fetch_message(self, request: web.Request) -> web.Response:
        message = self._carrier.messages.all.get(request.match_info["sid"])
        if message is None:
            raise api.not_found(request)
        return web.json_response(representations.message(message))

    async def delete_message(self, request: web.Request) -> web.Response:
        if not self._carrier.messages.delete(request.match_info["sid"]):
            raise api.not_found(request)
        return web.Response(status=204)

    async def balance(self, request: web.Request) -> web.Response:
        config = self._carrier.config
        return web.json_response(
            {"account_sid": config.account_sid, "balance": f"{self._carrier.balance:.5f}", "currency": "USD"}
        )
