"""The whole server in this process on a real database, with an account, its people, and browsers that talk to it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from server.accounts.model import Site
from server.accounts.passwords import Passwords
from server.app import Ringback, build
from server.ids import new_id
from server.mongo import Database
from server.principals import Role
from server.settings import Settings
from tests.integration.security.world import Socket

PASSWORD = "correct horse battery"
ORIGIN = "https://shop.example"
PAGE = {"url": f"{ORIGIN}/lamps?utm_source=news&utm_medium=mail", "title": "Lamps"}


@dataclasses.dataclass
class World:
    """`tokens` are the sessions of the account's people, by role; `other` is the admin of another account."""

    ringback: Ringback
    url: str
    http: aiohttp.ClientSession
    tenant_id: str
    site: Site
    tokens: dict[str, str]
    other_site: Site
    other: str

    async def ask(
        self, method: str, path: str, body: object = None, role: str = "marketer", token: str | None = None
    ) -> tuple[int, Any]:
        """Send a request; return the status and the body, JSON or text."""
        headers = {"Authorization": f"Bearer {token or self.tokens[role]}"} if role != "anonymous" else {}
        async with self.http.request(method, path, json=body, headers=headers) as answer:
            if answer.content_type == "application/json":
                return answer.status, await answer.json()
            return answer.status, await answer.text("utf-8-sig")

    async def get(self, path: str, role: str = "marketer") -> Any:
        status, answer = await self.ask("GET", path, role=role)
        assert status == 200, answer
        return answer

    async def code(self, method: str, path: str, body: object = None, role: str = "marketer") -> str:
        status, answer = await self.ask(method, path, body, role)
        return "ok" if status < 400 else str(answer["error"]["code"])

    @asynccontextmanager
    async def visitor(
        self, *, locale: str = "en", token: str | None = None, site: Site | None = None
    ) -> AsyncIterator[Socket]:
        """A visitor who has begun a visit; `socket.told` is what it heard. Its ids are in `socket.started`."""
        site = site or self.site
        async with self._socket(Origin=site.origins[0]) as socket:
            auth = {"protocol": 1, "siteKey": site.key, "tabId": new_id(), "locale": locale, "token": token}
            assert await socket.join("/visitor", auth) == "joined"
            socket.started = await socket.data("visit:start", {"page": PAGE})  # type: ignore[attr-defined]
            yield socket

    @asynccontextmanager
    async def person(self, role: str) -> AsyncIterator[Socket]:
        async with self._socket() as socket:
            assert await socket.join("/console", {"token": self.tokens[role]}) == "joined"
            yield socket

    @asynccontextmanager
    async def _socket(self, **headers: str) -> AsyncIterator[Socket]:
        address = self.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        async with self.http.ws_connect(address, headers=headers, max_msg_size=0) as ws:
            socket = Socket(ws)
            try:
                await socket.until(lambda: socket.heard)
                yield socket
            finally:
                await socket.stop()


@asynccontextmanager
async def world_on(db: Database) -> AsyncIterator[World]:
    ringback = await build(
        Settings(public_url="http://127.0.0.1:1", secret_key="a secret of these tests, long enough"), db
    )
    # The strength of passwords is proved elsewhere.
    ringback.accounts._passwords = passwords = Passwords(memory_kib=64, passes=1)
    runner = web.AppRunner(ringback.web)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with aiohttp.ClientSession(url, cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield await _furnished(ringback, url, http)
    finally:
        await ringback.close()
        passwords.close()
        await runner.cleanup()


async def _furnished(ringback: Ringback, url: str, http: aiohttp.ClientSession) -> World:
    accounts = ringback.accounts
    sites, tokens = [], {}
    for name in ("shop", "rival"):
        account = await accounts.create_account(name)
        origin = ORIGIN if name == "shop" else "https://rival.example"
        sites.append(await accounts.create_site(account.id, name, [origin], key=f"{name}-key", country="MD"))
        for role in ("consultant", "marketer", "admin") if name == "shop" else ("admin",):
            email = f"{role}@{name}.example"
            await accounts.create_person(account.id, email=email, password=PASSWORD, name=role.title(), role=Role(role))
            async with http.post("/api/v1/session", json={"email": email, "password": PASSWORD}) as answer:
                tokens[f"{name}/{role}"] = (await answer.json())["token"]
    own = {role: tokens[f"shop/{role}"] for role in ("consultant", "marketer", "admin")}
    return World(ringback, url, http, sites[0].tenant_id, sites[0], own, sites[1], tokens["rival/admin"])
