"""Who gets in: addresses, origins, first words; everybody else hears why not."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from server.realtime import SocketLimits
from tests.integration.realtime.world import (
    CONSOLE_ORIGIN,
    OTHER_SHOP,
    SHOP,
    VISITOR_AUTH,
    raw,
    running,
    still_served,
)


async def test_one_network_cannot_take_all_the_sockets() -> None:
    limits = SocketLimits(sockets_per_network=2)
    office = {"X-Forwarded-For": "203.0.113.9"}
    async with running(limits=limits, trusted=("127.0.0.1",)) as world:
        async with raw(world, **office), raw(world, **office):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with raw(world, **office):
                    pass
            assert refused.value.status == 429
            url = f"{world.url}/socket.io/?EIO=4&transport=polling"
            async with aiohttp.ClientSession() as http, http.get(url, headers=office) as response:
                assert (await response.json())["error"]["code"] == "rate_limited"
            await still_served(world)  # another network
        await world.until(lambda: world.sessions == 0)
        async with raw(world, **office) as client:
            assert (await client.join()).startswith("40/visitor,")


async def test_the_address_comes_from_the_proxy_and_from_nobody_else() -> None:
    async with running() as world, raw(world, **{"X-Forwarded-For": "198.51.100.7"}) as client:
        await client.join()
        await world.until(lambda: len(world.hooks) == 1)
        assert world.hooks[0][1].ip == "127.0.0.1"
    async with (
        running(trusted=("127.0.0.0/8",)) as world,
        raw(world, **{"X-Forwarded-For": "6.6.6.6, 198.51.100.7"}) as client,
    ):
        await client.join()
        await world.until(lambda: len(world.hooks) == 1)
        assert world.hooks[0][1].ip == "198.51.100.7"


@pytest.mark.parametrize("query", ["EIO=4&transport=polling&j=0", "EIO=4&transport=websocket&j=1", "j=x"])
async def test_jsonp_is_refused(query: str) -> None:
    async with running() as world, aiohttp.ClientSession() as http:
        async with http.get(f"{world.url}/socket.io/?{query}") as response:
            assert response.status == 400
            assert "___eio" not in await response.text()
        assert world.sessions == 0


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        (VISITOR_AUTH | {"protocol": 0}, "client_too_old"),
        ({"protocol": 0, "something": "else"}, "client_too_old"),
        (VISITOR_AUTH | {"siteKey": "nowhere"}, "unknown_site"),
        (VISITOR_AUTH | {"token": "forged"}, "token_invalid"),
        (VISITOR_AUTH | {"token": "crash"}, "internal_error"),
        (VISITOR_AUTH | {"siteKey": {"$ne": None}}, "bad_request"),
        (VISITOR_AUTH | {"admin": True}, "bad_request"),
        (VISITOR_AUTH | {"protocol": "1"}, "bad_request"),
        ([], "bad_request"),
        (None, "bad_request"),
    ],
)
async def test_a_join_that_is_refused_says_why(auth: Any, code: str) -> None:
    async with running() as world, raw(world) as client:
        await client.say(f"40/visitor,{json.dumps(auth)}")
        answer = await client.hear()

        assert answer.startswith("44/visitor,")
        said = json.loads(answer.removeprefix("44/visitor,"))
        assert said["message"] == said["data"]["code"] == code
        assert "secret" not in answer and "$ne" not in answer
        assert world.hooks == []
        assert (await client.join()).startswith("40/visitor,")  # the same connection may try again


async def test_a_namespace_that_does_not_exist_is_refused() -> None:
    async with running() as world, raw(world) as client:
        for namespace in ("", "/admin,", "/visitor/x,"):
            await client.say(f"40{namespace}")
            assert '"code":"not_found"' in await client.hear()
        assert world.realtime._layer.manager.rooms == {}


FOREIGN = ["https://evil.example", "null", f"{SHOP}.evil.example", f"{SHOP}:8443", "http://shop.example", OTHER_SHOP]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_page_of_another_origin_does_not_get_in(origin: str) -> None:
    async with running() as world, raw(world, Origin=origin) as client:
        answer = await client.join()

        assert '"code":"origin_not_allowed"' in answer
        assert world.hooks == []


async def test_a_console_page_must_be_ours_when_a_cookie_speaks_for_it() -> None:
    async with running() as world:
        cookie = {"Cookie": "theme=dark; session=tok-carol"}
        for headers in (cookie, cookie | {"Origin": "https://evil.example"}):
            async with raw(world, **headers) as client:
                assert '"code":"cross_origin"' in await client.join("/console", {})
        async with raw(world, **cookie, Origin=CONSOLE_ORIGIN) as carol:
            assert (await carol.join("/console", {})).startswith("40/console,")
        async with raw(world) as nobody:
            assert '"code":"unauthenticated"' in await nobody.join("/console", {"token": "guess"})


@pytest.mark.parametrize(
    ("posted", "answer"),
    [(CONSOLE_ORIGIN, "40/console,"), ("https://evil.example", "cross_origin"), (None, "cross_origin")],
)
async def test_a_console_page_that_polls_is_known_by_what_it_posts(posted: str | None, answer: str) -> None:
    """Browsers name no origin in a GET to the page's own server."""
    async with running() as world, aiohttp.ClientSession() as http:
        url = f"{world.url}/socket.io/?EIO=4&transport=polling"
        cookie = {"Cookie": "session=tok-carol"}
        async with http.get(url, headers=cookie) as response:
            sid = json.loads((await response.text())[1:])["sid"]
        origin = {"Origin": posted} if posted else {}
        async with http.post(f"{url}&sid={sid}", data="40/console,{}", headers=cookie | origin) as response:
            assert response.status == 200
        async with http.get(f"{url}&sid={sid}", headers=cookie) as response:
            assert answer in await response.text()


async def test_only_pages_of_known_origins_may_read_what_polling_answers() -> None:
    async with running() as world, aiohttp.ClientSession() as http:
        url = f"{world.url}/socket.io/?EIO=4&transport=polling"
        async with http.get(url, headers={"Origin": SHOP}) as response:
            assert response.headers["Access-Control-Allow-Origin"] == SHOP
            assert "Access-Control-Allow-Credentials" not in response.headers
        async with http.get(url, headers={"Origin": "https://evil.example"}) as response:
            assert "Access-Control-Allow-Origin" not in response.headers
