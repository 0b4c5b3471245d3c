"""Callbacks over HTTP: calling settings for admins, and the carrier's webhooks."""

from __future__ import annotations

import structlog
from aiohttp import web
from twilio.request_validator import RequestValidator

from server.callback.calling import CallingService
from server.callback.telephony import TelephonyService
from server.callback.wire import changes_from_wire, hours_from_wire, preview_to_wire, settings_to_wire
from server.errors import AppError
from server.http import Route, json_response, person_of, read_json

log = structlog.get_logger("telephony")

LEG_KINDS = ("voice", "key", "left", "say", "wait", "apology", "status", "amd", "recording")
SIGNATURE = "X-Twilio-Signature"
REPEATED = "I-Twilio-Idempotency-Token"


def routes(calling: CallingService, telephony: TelephonyService, public_url: str, auth_token: str) -> list[Route]:
    """Return the routes.

    Args:
        public_url: how the carrier reaches us; signatures are judged against it, never against the Host header.
        auth_token: the carrier account's secret, with which it signs.
    """
    validator = RequestValidator(auth_token)
    base = public_url.rstrip("/")

    async def signed_form(request: web.Request) -> dict[str, str]:
        form = await request.post()
        signature = request.headers.get(SIGNATURE)
        if not signature or not validator.validate(base + request.raw_path, form, signature):
            log.warning("webhook_refused", route=request.match_info.route.resource.canonical)  # type: ignore[union-attr]
            raise AppError("signature_invalid")
        return {name: value for name, value in form.items() if isinstance(value, str)}

    def leg_route(kind: str) -> Route:
        async def handle(request: web.Request) -> web.Response:
            form = await signed_form(request)
            reply = await telephony.leg(
                kind,
                request.match_info["leg"],
                request.match_info["token"],
                form,
                dict(request.query),
                request.headers.get(REPEATED, ""),
            )
            return web.Response(text=reply, content_type="text/xml") if reply else web.Response(status=204)

        return Route("POST", f"/telephony/{kind}/{{leg}}/{{token}}", handle)

    async def conference(request: web.Request) -> web.Response:
        form = await signed_form(request)
        repeat = request.headers.get(REPEATED, "")
        await telephony.room(request.match_info["room"], request.match_info["token"], form, repeat)
        return web.Response(status=204)

    async def show(request: web.Request) -> web.Response:
        person = person_of(request)
        settings = await calling.newest(person.tenant_id, request.match_info["siteId"])
        return json_response(settings_to_wire(settings))

    async def change(request: web.Request) -> web.Response:
        patch = await read_json(request, "CallingPatch")
        changes, version = changes_from_wire(patch), patch.get("version")
        settings = await calling.change(person_of(request), request.match_info["siteId"], changes, version)
        return json_response(settings_to_wire(settings))

    async def preview(request: web.Request) -> web.Response:
        given = (await read_json(request, "HoursAsk"))["hours"]
        hours = None if given is None else hours_from_wire(given)
        now = await calling.preview(person_of(request), request.match_info["siteId"], hours)
        return json_response(preview_to_wire(hours, now))

    async def holiday_countries(_request: web.Request) -> web.Response:
        return json_response({"countries": await calling.holiday_countries()})

    async def holidays(request: web.Request) -> web.Response:
        found = await calling.holidays(person_of(request), request.match_info["country"])
        return json_response({"holidays": [{"date": day, "name": name} for day, name in found]})

    path = "/api/v1/sites/{siteId}/calling"
    return [
        Route("GET", path, show, reply="CallingSettings", about="How a site calls."),
        Route("PATCH", path, change, "CallingPatch", "CallingSettings", "Change how a site calls, in part."),
        Route(
            "POST",
            "/api/v1/sites/{siteId}/hours/preview",
            preview,
            "HoursAsk",
            "HoursPreview",
            "What opening hours mean for the coming two weeks; nothing is saved.",
        ),
        Route("GET", "/api/v1/holidays", holiday_countries, None, "HolidayCountries", "Countries with known holidays."),
        Route("GET", "/api/v1/holidays/{country}", holidays, None, "HolidayList", "The coming public holidays."),
        *(leg_route(kind) for kind in LEG_KINDS),
        Route("POST", "/telephony/conference/{room}/{token}", conference),
    ]
