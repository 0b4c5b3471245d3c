"""Blocks over HTTP, for consultants and admins."""

from __future__ import annotations

from aiohttp import web

from server.blocking.model import Kind
from server.blocking.service import BlockingService
from server.blocking.wire import block_to_wire
from server.http import Route, json_response, person_of, read_json


def routes(service: BlockingService) -> list[Route]:
    async def listing(request: web.Request) -> web.Response:
        return json_response({"blocks": [block_to_wire(each) for each in await service.listing(person_of(request))]})

    async def add(request: web.Request) -> web.Response:
        body = await read_json(request, "BlockCreate")
        kind = Kind(body["kind"])
        added = await service.add(person_of(request), kind, body["value"], body["reason"], body.get("lastsS"))
        return json_response({"block": block_to_wire(added)}, 201)

    async def remove(request: web.Request) -> web.Response:
        await service.remove(person_of(request), request.match_info["blockId"])
        return json_response({})

    path = "/api/v1/blocks"
    return [
        Route("GET", path, listing, None, "BlockList", "Numbers, networks and visitors that are refused."),
        Route("POST", path, add, "BlockCreate", "BlockReply", "Refuse a number, a network or a visitor from now on."),
        Route("DELETE", f"{path}/{{blockId}}", remove, None, "Empty", "Refuse it no longer."),
    ]
