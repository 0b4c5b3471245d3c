"""REST: Calls."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from server.carrier import api, calls, representations
from server.carrier.api import ApiError, Form
from server.carrier.leg import Leg
from server.carrier.model import API_VERSION, CallPlan, Detection, Document, RecordingPlan, is_address

if TYPE_CHECKING:
    from server.carrier.engine import Carrier

ROOT = f"/{API_VERSION}/Accounts/{{account}}"
MAX_TWIML = 4000
SETTLED_WITHIN_S = 2.0
_SEND_DIGITS = re.compile(r"[0-9A-D#*wW]{1,32}")
_MAGIC_TO = {
    "+15005550001": (21217, "Phone number does not appear to be valid"),
    "+15005550002": (21214, "'To' phone number cannot be reached"),
    "+15005550003": (21215, "Geo Permission configuration is not permitting call"),
    "+15005550004": (21216, "Call blocked by Twilio"),
}
_MAGIC_FROM = {
    "+15005550001": (21212, "The 'From' number is not a valid phone number"),
    "+15005550007": (21210, "'From' phone number not verified"),
}


class CallRoutes:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def routes(self) -> list[web.RouteDef]:
        one = f"{ROOT}/Calls/{{sid}}.json"
        return [
            web.post(f"{ROOT}/Calls.json", self.create),
            web.get(f"{ROOT}/Calls.json", self.list),
            web.get(one, self.fetch),
            web.post(one, self.update),
            web.delete(one, self.delete),
        ]

    async def create(self, request: web.Request) -> web.Response:
        form = await request.post()
        to, from_ = addresses(self._carrier, form)
        document = self._document(form)
        if document is None:
            raise ApiError(400, 21205, "Url parameter is required")
        plan = call_plan(self._carrier, form, document)
        leg = self._carrier.place(to, from_, plan)
        return web.json_response(representations.call(leg.call), status=201)

    async def fetch(self, request: web.Request) -> web.Response:
        return web.json_response(representations.call(leg_of(self._carrier, request).call))

    async def list(self, request: web.Request) -> web.Response:
        query = request.query
        status = query.get("Status")
        if status and status not in {*calls.LIVE, *calls.FINAL}:
            raise ApiError(400, 20001, f"Status is none of the statuses of a call: {status}")
        found = [
            leg.call
            for leg in reversed(self._carrier.legs.values())
            if query.get("To") in {None, leg.call.to}
            and query.get("From") in {None, leg.call.from_}
            and query.get("ParentCallSid") in {None, leg.call.parent_sid}
            and status in {None, leg.call.status}
            and api.within(request, "StartTime", leg.call.started_at)
            and api.within(request, "EndTime", leg.call.ended_at)
        ]
        return api.page(request, "calls", found, lambda call: call.sid, representations.call)

    async def update(self, request: web.Request) -> web.Response:
        leg = leg_of(self._carrier, request)
        form = await request.post()
        document = self._document(form)
        status = api.text(form, "Status")
        if status and status not in {"canceled", "completed"}:
            raise ApiError(400, 21218, f"Status may be canceled or completed, not {status}")
        self._replan(leg, form)
        try:
            if document is not None:
                self._carrier.redirect(leg, replace(document, kind="redirected"))
            if status == "canceled":
                self._carrier.cancel(leg)
            elif status == "completed":
                self._carrier.complete(leg)
        except calls.InvalidMoveError as problem:
            raise ApiError(400, 21220, f"Call is not in-progress. Cannot redirect or end it: {problem}") from problem
        if status:
            await asyncio.wait({leg.done}, timeout=SETTLED_WITHIN_S)
        return web.json_response(representations.call(leg.call))

    async def delete(self, request: web.Request) -> web.Response:
        leg = leg_of(self._carrier, request)
        if leg.call.status not in calls.FINAL:
            raise ApiError(400, 20009, "Cannot delete call because it is still in progress")
        del self._carrier.legs[leg.sid]
        return web.Response(status=204)

    def _document(self, form: Form) -> Document | None:
        address = api.url(form, "Url", 21205)
        if address:
            return Document(address, api.method(form, "Method"))
        twiml = api.text(form, "Twiml")
        if len(twiml) > MAX_TWIML:
            raise ApiError(400, 21201, "Twiml may have 4000 characters")
        return Document(self._carrier.config.public_url, twiml=twiml) if twiml else None

    def _replan(self, leg: Leg, form: Form) -> None:
        fallback = api.url(form, "FallbackUrl", 21205)
        if fallback:
            leg.plan = replace(leg.plan, fallback=Document(fallback, api.method(form, "FallbackMethod")))
        callback = api.callback(form, "StatusCallback", leg.plan.status.events if leg.plan.status else {"completed"})
        if callback:
            leg.plan = replace(leg.plan, status=callback)
        if api.text(form, "TimeLimit"):
            self._carrier.limit(leg, api.whole(form, "TimeLimit", 0, 1, 86_400, 21240))


def leg_of(carrier: Carrier, request: web.Request, name: str = "sid") -> Leg:
    leg = carrier.legs.get(request.match_info[name])
    if leg is None:
        raise api.not_found(request)
    return leg


def addresses(carrier: Carrier, form: Form) -> tuple[str, str]:
    """Return To and From, checked, with Twilio's magic numbers honoured.

    Raises:
        ApiError: missing, malformed, unreachable or not permitted.
    """
    to, from_ = api.text(form, "To").strip(), api.text(form, "From").strip()
    if not to:
        raise ApiError(400, 21201, "No 'To' number is specified")
    if not from_:
        raise ApiError(400, 21213, "'From' phone number is required")
    for magic, number in ((_MAGIC_FROM, from_), (_MAGIC_TO, to)):
        if number in magic:
            code, message = magic[number]
            raise ApiError(400, code, f"{message}: {number}")
    if not is_address(from_):
        raise ApiError(400, 21212, f"The 'From' number {from_} is not a valid phone number, shortcode, or client")
    if carrier.config.callers and from_ not in carrier.config.callers and from_.startswith("+"):
        raise ApiError(400, 21210, f"The source phone number provided, {from_}, is not yet verified for your account")
    if not is_address(to):
        raise ApiError(400, 21211, f"The phone number you are attempting to call, {to}, is not valid.")
    return to, from_


def call_plan(carrier: Carrier, form: Form, document: Document) -> CallPlan:
    """Read what the caller of the API asks for.

    Raises:
        ApiError: a parameter is malformed.
    """
    digits = api.text(form, "SendDigits")
    if digits and not _SEND_DIGITS.fullmatch(digits):
        raise ApiError(400, 21206, f"Invalid SendDigits: {digits}")
    fallback = api.url(form, "FallbackUrl", 21205)
    status = api.callback(form, "StatusCallback", {"completed"})
    if status and not status.events <= calls.EVENTS:
        raise ApiError(400, 21626, f"Invalid StatusCallbackEvent: {', '.join(sorted(status.events - calls.EVENTS))}")
    timeout_s = api.whole(form, "Timeout", 60, 1, 600, 21208)
    return CallPlan(
        document=document,
        fallback=Document(fallback, api.method(form, "FallbackMethod")) if fallback else None,
        status=status,
        timeout_s=timeout_s + carrier.config.ring_buffer_s,
        time_limit_s=api.whole(form, "TimeLimit", 14_400, 1, 86_400, 21240),
        send_digits=digits,
        detection=detection(form),
        record=recording_plan(form, "OutboundAPI") if api.flag(form, "Record", False) else None,
    )


def detection(form: Form) -> Detection | None:
    mode = api.text(form, "MachineDetection")
    if mode in {"", "None"}:
        return None
    if mode not in {"Enable", "DetectMessageEnd"}:
        raise ApiError(400, 21234, f"Invalid MachineDetection: {mode}")
    is_async = api.flag(form, "AsyncAmd", False)
    told = api.callback(form, "AsyncAmdStatusCallback", (), 21262)
    if is_async and told is None:
        raise ApiError(400, 21263, "AsyncAmd needs an AsyncAmdStatusCallback")
    return Detection(mode, is_async, told, float(api.whole(form, "MachineDetectionTimeout", 30, 3, 120, 21234)))


def recording_plan(form: Form, source: str) -> RecordingPlan:
    channels = api.text(form, "RecordingChannels") or "mono"
    if channels not in {"mono", "dual"}:
        raise ApiError(400, 20001, f"RecordingChannels is mono or dual, not {channels}")
    return RecordingPlan(
        source,
        2 if channels == "dual" else 1,
        api.text(form, "RecordingTrack") or "both",
        api.callback(form, "RecordingStatusCallback", {"completed"}),
    )
