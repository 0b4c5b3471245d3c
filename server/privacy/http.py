"""Privacy over HTTP, for admins."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from server.clock import Now, to_ms
from server.http import Route, json_response, person_of, read_json
from server.privacy.model import CLASSES, Retention
from server.privacy.service import PrivacyService


def routes(privacy: PrivacyService, now: Now) -> list[Route]:
    async def export(request: web.Request) -> web.Response:
        visitor_id = request.match_info["visitorId"]
        data = await privacy.export(person_of(request), visitor_id)
        answer = {"visitorId": visitor_id, "exportedAtMs": to_ms(now()), "data": data}
        return json_response(answer, headers={"Content-Disposition": 'attachment; filename="visitor.json"'})

    async def erase(request: web.Request) -> web.Response:
        outcome = await privacy.erase(person_of(request), request.match_info["visitorId"])
        return json_response({"erased": True, "waiting": outcome.waiting})

    async def retention(request: web.Request) -> web.Response:
        return json_response(_to_wire(await privacy.retention(person_of(request))))

    async def change(request: web.Request) -> web.Response:
        body = await read_json(request, "RetentionPatch")
        changes = {name: body[f"{name}Days"] for name in CLASSES if f"{name}Days" in body}
        return json_response(_to_wire(await privacy.change_retention(person_of(request), changes)))

    one = "/api/v1/visitors/{visitorId}"
    return [
        Route("GET", f"{one}/export", export, None, "VisitorExport", "Everything that is kept of a visitor."),
        Route("DELETE", one, erase, None, "VisitorErased", "Erase a visitor; a running call goes when it is over."),
        Route("GET", "/api/v1/retention", retention, None, "Retention", "How long data is kept."),
        Route("PATCH", "/api/v1/retention", change, "RetentionPatch", "Retention", "Change how long data is kept."),
    ]


def _to_wire(value: Retention) -> dict[str, object]:
    kept = asdict(value)
    return {f"{name}Days": kept[name] for name in CLASSES}
