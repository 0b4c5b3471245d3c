"""Which pages may talk to us: the visitors' sockets, the console's sockets, polling and HTTP."""

from __future__ import annotations

import pytest

from tests.integration.security.world import World, http_code

SHOP = "https://lamps.example"
STRANGERS = [
    "https://evil.example",
    "null",
    "",
    "https://www.lamps.example",
    "https://lamps.example.evil",
    "https://lamps.example.evil.example",
    "https://evil-lamps.example",
    "https://lamps.example@evil.example",
    "https://user:word@lamps.example",
    "https://lamps.example:8443",
    "https://lamps.example:443",
    "http://lamps.example",
    "https://LAMPS.example",
    "HTTPS://lamps.example",
    "https://lamps.example/",
    "https://lamps.example.",
    "https://lamps.example, https://evil.example",
    "https://lаmps.example",  # a Cyrillic letter
    "file://",
    "chrome-extension://abcdefgh",
    "https://chairs.example",  # on a list, but on another account's
    "https://outlet.lamps.example",  # of the same account, but of another site
]
VISITOR = {"protocol": 1, "siteKey": "lamps-key"}


def _ascii(origin: str) -> str:
    """As a header carries it: a browser would have written the letter in punycode."""
    return origin if origin.isascii() else "https://xn--lmps-63d.example"


@pytest.mark.parametrize("origin", STRANGERS)
async def test_a_page_that_is_not_on_the_sites_list_gets_no_visitor(world: World, origin: str) -> None:
    async with world.socket(Origin=_ascii(origin)) as socket:
        assert await socket.join("/visitor", VISITOR) == "origin_not_allowed"
        assert await socket.join("/visitor", {**VISITOR, "token": world.lamps.visitor_token}) == "origin_not_allowed"


async def test_the_shops_own_page_and_a_program_without_a_page_get_one(world: World) -> None:
    async with world.socket(Origin=SHOP) as page, world.socket() as program:
        assert await page.join("/visitor", VISITOR) == "joined"
        assert await program.join("/visitor", VISITOR) == "joined"


@pytest.mark.parametrize("origin", [*STRANGERS, SHOP, None])
async def test_the_sign_in_cookie_opens_the_console_only_on_our_own_page(world: World, origin: str | None) -> None:
    """A page of a shop is not ours either, and no page at all is no proof."""
    headers = {"Cookie": f"ringback_session={world.lamps.tokens['admin']}"}
    if origin is not None:
        headers["Origin"] = _ascii(origin)
    async with world.socket(**headers) as socket:
        assert await socket.join("/console", None) == "cross_origin"
        assert await socket.join("/console", {"protocol": 1}) == "cross_origin"


async def test_our_own_page_with_the_cookie_and_a_program_with_the_token_get_the_console(world: World) -> None:
    token = world.lamps.tokens["admin"]
    cookie = {"Cookie": f"other=1; ringback_session={token}"}
    async with world.socket(Origin=world.public_origin, **cookie) as page, world.socket() as program:
        assert await page.join("/console", None) == "joined"
        assert await program.join("/console", {"token": token}) == "joined"
    async with world.socket(Origin=world.public_origin.replace("http", "https"), **cookie) as page:
        assert await page.join("/console", None) == "cross_origin"


async def test_an_unknown_site_and_a_listed_origin_of_another_are_told_apart(world: World) -> None:
    async with world.socket(Origin=SHOP) as socket:
        assert await socket.join("/visitor", {"protocol": 1, "siteKey": "nobody"}) == "unknown_site"
        assert await socket.join("/visitor", {"protocol": 1, "siteKey": "chairs-key"}) == "origin_not_allowed"
        assert await socket.join("/visitor", {"protocol": 0, "siteKey": "lamps-key"}) == "client_too_old"


@pytest.mark.parametrize("origin", STRANGERS[:-2])
async def test_a_strange_page_cannot_read_what_polling_answers(world: World, origin: str) -> None:
    url = "/socket.io/?EIO=4&transport=polling"
    async with world.http() as http:
        async with http.get(url, headers={"Origin": _ascii(origin)}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "Access-Control-Allow-Credentials" not in answer.headers
        async with http.options(url, headers={"Origin": _ascii(origin)}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_listed_page_may_read_it_but_never_with_cookies(world: World) -> None:
    async with (
        world.http() as http,
        http.get("/socket.io/?EIO=4&transport=polling", headers={"Origin": SHOP}) as answer,
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
        assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_no_page_gets_answers_as_a_script(world: World) -> None:
    async with world.http() as http, http.get("/socket.io/?EIO=4&transport=polling&j=0") as answer:
        assert answer.status == 400


CHANGES = [
    ("POST", "/api/v1/session"),
    ("DELETE", "/api/v1/session"),
    ("PATCH", "/api/v1/sites/{siteId}"),
    ("PATCH", "/api/v1/sites/{siteId}/calling"),
]


@pytest.mark.parametrize(("method", "path"), CHANGES)
async def test_a_strange_page_changes_nothing_with_our_cookie(world: World, method: str, path: str) -> None:
    path = path.replace("{siteId}", world.lamps.site_id)
    cookie = {"Cookie": f"ringback_session={world.lamps.tokens['admin']}"}
    before = await world.documents()
    async with world.http() as http:
        for origin in [
            *STRANGERS[:1],
            "null",
            "https://lamps.example",
            "https://lamps.example.evil",
            "http://127.0.0.1:1",
        ]:
            for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
                headers = {**cookie, "Origin": origin, "Content-Type": kind}
                async with http.request(method, path, data=b'{"name":"taken"}', headers=headers) as answer:
                    assert await http_code(answer) == "cross_origin", (origin, kind)
        if method == "PATCH":
            async with http.request(method, path, json={"name": "taken"}, headers=cookie) as answer:
                assert await http_code(answer) == "cross_origin"
        # a form or an image on a strange page sends no Origin that is ours, and no JSON
        async with http.get(path, headers=cookie) as answer:
            assert answer.status in (200, 404)
        headers = {**cookie, "Origin": world.public_origin, "Content-Type": "text/plain"}
        if method != "DELETE":
            async with http.request(method, path, data=b'{"name":"taken"}', headers=headers) as answer:
                assert await http_code(answer) == "bad_request"
    assert await world.documents() == before
