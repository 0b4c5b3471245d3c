"""A blocked visitor, network or number, as the running server treats them: on sockets that are open already too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.integration.security.payloads import EVENTS, client_id
from tests.integration.security.world import Shop, World, http_code

ALLOWED = ("visit:start", "visit:page", "chat:sync", "chat:read")
WANTED = ("chat:send", "callback:request", "survey:answer")
BY_ITSELF = {"chat:typing", "visit:signal", "invitation:outcome"}
REFUSED = sorted(
    key.removeprefix("/visitor ")
    for key in EVENTS
    if key.startswith("/visitor ") and key.removeprefix("/visitor ") not in (*ALLOWED, "callback:cancel")
)


@asynccontextmanager
async def blocked(world: World, shop: Shop, kind: str, value: str) -> AsyncIterator[dict[str, Any]]:
    """Block somebody, and let go again."""
    headers = {"Authorization": f"Bearer {shop.tokens['admin']}"}
    async with world.http() as http:
        body = {"kind": kind, "value": value, "reason": "needle: spam", "lastsS": 3600}
        async with http.post("/api/v1/blocks", json=body, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            block = (await answer.json())["block"]
        yield block
        async with http.delete(f"/api/v1/blocks/{block['id']}", headers=headers) as answer:
            assert answer.status == 200


async def listed(http: aiohttp.ClientSession, shop: Shop) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {shop.tokens['admin']}"}
    async with http.get("/api/v1/blocks", headers=headers) as answer:
        return list((await answer.json())["blocks"])


async def test_a_blocked_visitor_is_cut_off_at_once_and_may_still_open_the_page(world: World) -> None:
    shop = world.lamps
    async with world.visitor(shop, shop.visitor_id) as visitor, world.http() as http:
        async with blocked(world, shop, "visitor", shop.visitor_id) as mine:
            for event in REFUSED:
                assert await visitor.code(event, EVENTS[f"/visitor {event}"](shop)) == "blocked", event
            for event in ALLOWED:
                assert await visitor.code(event, EVENTS[f"/visitor {event}"](shop)) == "ok", event
            started = await visitor.data("visit:start", EVENTS["/visitor visit:start"](shop))
            assert started["watch"] == []
            async with world.visitor(shop) as other:
                await other.data("visit:start", EVENTS["/visitor visit:start"](shop))
                assert await other.code("chat:send", {"clientMessageId": client_id(), "text": "needle"}) == "ok"
            (block,) = [one for one in await listed(http, shop) if one["id"] == mine["id"]]
            assert set(WANTED) <= set(REFUSED)
            assert block["hits"] == len(
                set(REFUSED) - BY_ITSELF
            )  # what the visitor wanted, not what the browser says by itself
            assert block["lastHitAtMs"] >= block["createdAtMs"]
        assert await visitor.code("chat:send", {"clientMessageId": client_id(), "text": "needle"}) == "ok"


async def test_a_blocked_network_is_refused_whoever_comes_from_it_and_only_by_this_account(world: World) -> None:
    async with blocked(world, world.lamps, "network", "127.0.0.0/8"):
        for shop, code in ((world.lamps, "blocked"), (world.chairs, "ok")):
            async with world.visitor(shop) as visitor:
                await visitor.data("visit:start", EVENTS["/visitor visit:start"](shop))
                said = {"clientMessageId": client_id(), "text": "needle"}
                assert await visitor.code("chat:send", said) == code


async def test_a_blocked_number_is_refused_whoever_asks_for_it(world: World) -> None:
    shop = world.lamps
    async with (
        world.visitor(shop) as visitor,
        world.person(shop, "consultant") as consultant,
        blocked(world, shop, "prefix", "+373 692 9"),
    ):
        asked = {"clientRequestId": client_id(), "phone": "069 290 001", "region": "MD", "via": "phone"}
        assert await visitor.code("callback:request", asked) == "phone_blocked"
        start = {"conversationId": shop.conversation_id, "clientRequestId": client_id(), "phone": "+37369290001"}
        assert await consultant.code("call:start", start) == "phone_blocked"


async def test_a_foreign_visitor_cannot_be_blocked_and_a_foreign_block_is_not_there(world: World) -> None:
    lamps, chairs = world.lamps, world.chairs
    headers = {"Authorization": f"Bearer {chairs.tokens['admin']}"}
    async with world.http() as http, blocked(world, lamps, "visitor", lamps.visitor_id) as block:
        foreign = {"kind": "visitor", "value": lamps.visitor_id, "reason": ""}
        async with http.post("/api/v1/blocks", json=foreign, headers=headers) as answer:
            assert await http_code(answer) == "not_found"
        async with http.delete(f"/api/v1/blocks/{block['id']}", headers=headers) as answer:
            assert await http_code(answer) == "not_found"
        assert block["id"] not in {one["id"] for one in await listed(http, chairs)}
