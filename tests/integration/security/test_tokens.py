"""Tokens that are not what they were signed as, and sessions that have ended."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import socketio

from server.accounts.tokens import sign_visitor_token
from server.clock import utc_now
from server.ids import new_id
from tests.integration.process.conftest import ROOT, environment
from tests.integration.security.world import NEEDLE, PASSWORD, SECRET, Shop, World, http_code

SOCKETS_END_WITHIN_S = 5.0


def _signed(shop: Shop, **other: Any) -> str:
    said = {"tenant_id": shop.tenant_id, "site_id": shop.site_id, "visitor_id": shop.visitor_id, "now": utc_now()}
    return sign_visitor_token(other.pop("secret", SECRET), **(said | other))


def _text(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _forged(shop: Shop, neighbour: Shop) -> Iterator[tuple[str, str]]:
    good = shop.visitor_token
    version, payload, signature = good.split(".")
    now = utc_now()
    yield "another account's", neighbour.visitor_token
    yield "another account's claims for this site", _signed(shop, tenant_id=neighbour.tenant_id)
    yield "another site's of this account", _signed(shop, site_id=new_id())
    yield "expired", _signed(shop, now=now - timedelta(days=400))
    yield "just expired", _signed(shop, now=now - timedelta(days=1), life=timedelta(hours=23))
    yield "from the future", _signed(shop, now=now + timedelta(hours=1))
    yield "without an end", f"v1.{_text([shop.tenant_id, shop.site_id, shop.visitor_id, 0, 10**18])}.{signature}"
    yield "another secret", _signed(shop, secret="another secret that is long enough too")
    yield "another visitor under this signature", f"{version}.{_text(['t', shop.site_id, 'v', 0, 1])}.{signature}"
    yield "no signature", f"{version}.{payload}."
    yield "no signature and no dot", f"{version}.{payload}"
    yield "another version", f"v2.{payload}.{signature}"
    yield "no version", f"{payload}.{signature}"
    yield "a JWT that asks for no check", f"{_text({'alg': 'none'})}.{payload}."
    yield "a JWT", f"{_text({'alg': 'HS256', 'typ': 'JWT', 'kid': '../secret'})}.{payload}.{signature}"
    yield "padding", f"{good}=="
    yield "doubled", f"{good}.{good}"
    yield "spaces", f" {good}"
    yield "a newline", f"{good}\n"
    yield "a person's session", shop.tokens["admin"]
    yield "nonsense", "...."
    for length in range(1, len(good), 11):
        yield f"cut to {length}", good[:length]
    for place in range(0, len(good), 7):
        flipped = chr(ord(good[place]) ^ 1)
        yield f"another character at {place}", good[:place] + flipped + good[place + 1 :]


async def test_a_forged_cut_or_expired_token_makes_nobody_a_visitor(world: World) -> None:
    shop = world.lamps
    auth = {"protocol": 1, "siteKey": shop.site_key}
    forgeries = list(_forged(shop, world.chairs))
    assert len(forgeries) > 50
    for start in range(0, len(forgeries), 9):  # the tenth refusal ends a connection
        async with world.socket(Origin=shop.origin) as socket:
            for what, token in forgeries[start : start + 9]:
                assert await socket.join("/visitor", {**auth, "token": token}) == "token_invalid", what
            assert await socket.join("/visitor", {**auth, "token": shop.visitor_token}) == "joined"


async def test_a_visitors_token_of_one_site_is_worth_nothing_on_another_site_of_the_account(world: World) -> None:
    auth = {"protocol": 1, "siteKey": world.lamps.second_site_key, "token": world.lamps.visitor_token}
    async with world.socket(Origin="https://outlet.lamps.example") as socket:
        assert await socket.join("/visitor", auth) == "token_invalid"


async def test_refused_joins_are_counted_and_end_the_connection(world: World) -> None:
    async with world.socket(Origin=world.lamps.origin) as socket:
        for _ in range(10):
            await socket.join("/visitor", {"protocol": 1, "siteKey": world.lamps.site_key, "token": "v1.forged.x"})
        async with asyncio.timeout(5):
            await socket.gone.wait()


async def test_a_token_in_the_address_is_no_token(world: World) -> None:
    token = world.lamps.tokens["admin"]
    async with world.http() as http:
        for name in ("token", "access_token", "ringback_session"):
            async with http.get(f"/api/v1/sites?{name}={token}") as answer:
                assert await http_code(answer) == "unauthenticated"
    async with world.socket() as socket:
        assert await socket.join(f"/console?token={token}", None) == "not_found"


class Console:
    """An honest program at the console, by the public client library."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.ended = asyncio.Event()
        self.client.on("disconnect", self._gone, namespace="/console")

    async def _gone(self, *_: object) -> None:
        self.ended.set()

    async def enter(self, world: World, *, token: str = "", cookie: str = "") -> None:
        headers = {"Cookie": f"ringback_session={cookie}", "Origin": world.public_origin} if cookie else {}
        auth = {"token": token} if token else None
        await self.client.connect(
            world.url, headers=headers, auth=auth, namespaces=["/console"], transports=["websocket"]
        )


async def _sign_in(world: World, who: str, password: str = PASSWORD) -> str:
    body = {"email": world.chairs.email(who), "password": password}
    async with world.http() as http, http.post("/api/v1/session", json=body) as answer:
        return str((await answer.json())["token"])


async def _api_code(world: World, token: str) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    async with world.http() as http, http.get("/api/v1/session", headers=headers) as answer:
        return await http_code(answer)


async def test_signing_out_ends_the_sockets_of_that_session_and_of_no_other(world: World) -> None:
    first, second = await _sign_in(world, "colleague"), await _sign_in(world, "colleague")
    by_token, by_cookie, other = Console(), Console(), Console()
    await by_token.enter(world, token=first)
    await by_cookie.enter(world, cookie=first)
    await other.enter(world, token=second)

    bearer = {"Authorization": f"Bearer {first}"}
    async with world.http() as http, http.delete("/api/v1/session", headers=bearer) as answer:
        assert answer.status == 200
    async with asyncio.timeout(SOCKETS_END_WITHIN_S):
        await asyncio.gather(by_token.ended.wait(), by_cookie.ended.wait())

    assert await _api_code(world, first) == "session_expired"
    async with world.socket() as socket:
        assert await socket.join("/console", {"token": first}) == "session_expired"
    assert (await other.client.call("people:list", {}, namespace="/console"))["ok"]
    assert await _api_code(world, second) == "ok"
    await other.client.disconnect()


async def test_a_new_password_ends_every_session_of_the_person(world: World) -> None:
    """Set from the command line, in another process, as an operator does after a theft."""
    tokens = [await _sign_in(world, "marketer"), await _sign_in(world, "marketer"), world.chairs.tokens["marketer"]]
    consoles = [Console() for _ in tokens]
    bystander = Console()
    for console, token in zip(consoles, tokens, strict=True):
        await console.enter(world, token=token)
    await bystander.enter(world, token=world.chairs.tokens["consultant"])

    new = f"{NEEDLE} another password"
    await _set_password(world, world.chairs.email("marketer"), new)
    async with asyncio.timeout(SOCKETS_END_WITHIN_S):
        await asyncio.gather(*(console.ended.wait() for console in consoles))

    assert [await _api_code(world, token) for token in tokens] == ["session_expired"] * 3
    assert (await bystander.client.call("people:list", {}, namespace="/console"))["ok"]
    await bystander.client.disconnect()
    world.chairs.tokens["marketer"] = await _sign_in(world, "marketer", new)
    await _set_password(world, world.chairs.email("marketer"), PASSWORD)
    world.chairs.tokens["marketer"] = await _sign_in(world, "marketer")


async def _set_password(world: World, email: str, password: str) -> None:
    environ = environment(world.log.parent / "data", RINGBACK_MONGODB_URL=world.mongo_url)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "user", "password", "--email", email,
        cwd=ROOT, env=environ, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, wrong = await process.communicate(f"{password}\n".encode())
    assert process.returncode == 0, wrong.decode()
    assert password not in out.decode() + wrong.decode()


@pytest.mark.parametrize("who", ["nobody", "admin"])
async def test_a_wrong_password_says_the_same_of_everybody(world: World, who: str) -> None:
    body = {"email": world.lamps.email(who), "password": f"{NEEDLE} wrong"}
    async with world.http() as http, http.post("/api/v1/session", json=body) as answer:
        assert answer.status == 401 and "Set-Cookie" not in answer.headers
        assert await answer.json() == {"error": {"code": "sign_in_failed", "details": {}}}
