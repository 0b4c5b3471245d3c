"""Where a site's widget is, over HTTP."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from server.clock import to_ms
from server.http import Route, json_response, person_of
from server.installs.model import Sighting
from server.installs.service import InstallService


def routes(installs: InstallService, protocol: int, version: str) -> list[Route]:
    """Return the routes.

    Args:
        protocol, version: of the widget that this server hands out.
    """

    def to_wire(one: Sighting) -> dict[str, Any]:
        return {
            "origin": one.origin,
            "firstSeenAtMs": to_ms(one.first_at),
            "lastSeenAtMs": to_ms(one.last_at),
            "protocol": one.protocol,
            "version": one.version,
        }

    async def listing(request: web.Request) -> web.Response:
        found = await installs.installs(person_of(request), request.match_info["siteId"])
        return json_response(
            {
                "allowed": [to_wire(one) for one in found.allowed],
                "refused": [to_wire(one) for one in found.refused],
                "missing": list(found.missing),
                "protocol": protocol,
                "version": version,
            }
        )

    path = "/api/v1/sites/{siteId}/installs"
    return [Route("GET", path, listing, None, "InstallList", "Where the site's widget was seen, allowed or not.")]
