"""The whole server in this process on a real database, with real sockets and HTTP around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from server.accounts.passwords import Passwords
from server.app import Ringback, build
from server.app_seed import seed
from server.mongo import Database
from server.settings import Settings
from tests.integration.security.world import Socket

ORIGIN = "https://shop.example"
OTHER_ORIGIN = "https://other.example"
PASSWORD = "correct horse battery"
HOME = {"url": f"{ORIGIN}/", "title": "Shop", "referrer": ""}
SHOES = {"url": f"{ORIGIN}/shoes", "title": "Shoes", "referrer": ""}
SECRET = "a secret key of these tests, long enough"


def a_rule(condition: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
    """A rule that fires when the page tells the event `go`."""
    return {
        "name": "Help",
        "condition": condition or {"kind": "event", "name": "go"},
        "action": {"kind": "chat"},
        "texts": [
            {"locale": "en", "title": "Hello", "text": "May I help with {page|this page}?", "button": "Yes"},
            {"locale": "ro", "title": "Bună", "text": "Vă pot ajuta cu {keyword|ceva}?", "button": "Da"},
        ],
        "invitee": "team",
        "priority": 1,
        "caps": {"perVisit": None, "perDay": None, "perVisitor": None},
        "schedule": {"fromAtMs": None, "untilAtMs": None},
        "samplePercent": 100,
        **other,
    }


@dataclass
class Answer:
    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        error = self.body.get("error")
        return str(error["code"]) if error else "ok"


@dataclass
class World:
    """`site` is where the tests happen, `other` another site of the same account, `strangers` another account."""

    ringback: Ringback
    url: str
    http: aiohttp.ClientSession
    site_id: str = ""
    other_id: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: Any = None, who: str = "marketer") -> Answer:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        async with self.http.request(method, f"/api/v1/{path}", json=body, headers=headers) as answer:
            return Answer(answer.status, await answer.json())

    async def get(self, path: str, who: str = "marketer") -> dict[str, Any]:
        answer = await self.ask("GET", path, who=who)
        assert answer.status == 200, answer
        return answer.body

    async def draft(self, rule: dict[str, Any], site_id: str = "") -> dict[str, Any]:
        answer = await self.ask("POST", f"sites/{site_id or self.site_id}/rules", {"rule": rule})
        assert answer.status == 200, answer
        self.ringback.contracts.validate("RuleReply", answer.body)
        return dict(answer.body["rule"])

    async def publish(self, rule: dict[str, Any], site_id: str = "") -> dict[str, Any]:
        """Make a rule and let visitors have it."""
        draft = await self.draft(rule, site_id)
        answer = await self.ask("POST", f"rules/{draft['id']}/publish", {"version": draft["version"]})
        assert answer.status == 200, answer
        return dict(answer.body["rule"])

    async def budget(self, **changes: Any) -> None:
        body = {"enabled": True, "perVisit": 1, "perDay": 2, "perVisitor": 10, **changes}
        assert (await self.ask("PUT", f"sites/{self.site_id}/rules/budget", body)).body == body

    @asynccontextmanager
    async def joined(
        self, key: str = "shop-key", token: str | None = None, origin: str = ORIGIN, **auth: Any
    ) -> AsyncIterator[Socket]:
        url = self.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        async with self.http.ws_connect(url, headers={"Origin": origin}, max_msg_size=0) as ws:
            socket = Socket(ws)
            try:
                await socket.until(lambda: socket.heard)
                said = {"protocol": 1, "siteKey": key, "locale": "en", **({"token": token} if token else {}), **auth}
                assert await socket.join("/visitor", said) == "joined"
                yield socket
            finally:
                await socket.stop()

    @asynccontextmanager
    async def visiting(self, page: dict[str, Any] = SHOES, **more: Any) -> AsyncIterator[Tab]:
        async with self.joined(**more) as socket:
            yield Tab(socket, await socket.data("visit:start", {"page": page}))

    @asynccontextmanager
    async def console(self, who: str = "consultant") -> AsyncIterator[Socket]:
        async with self.http.ws_connect("/socket.io/?EIO=4&transport=websocket", max_msg_size=0) as ws:
            socket = Socket(ws)
            try:
                await socket.until(lambda: socket.heard)
                assert await socket.join("/console", {"token": self.tokens[who]}) == "joined"
                await socket.data("presence:set", {"status": "available"})
                yield socket
            finally:
                await socket.stop()


@dataclass
class Tab:
    """One tab of a visitor who has started a visit."""

    socket: Socket
    started: dict[str, Any]

    @property
    def token(self) -> str:
        return str(self.started["token"])

    async def signal(self, kind: str, **more: Any) -> str:
        return await self.socket.code("visit:signal", {"kind": kind, **more})

    async def go(self) -> None:
        assert await self.signal("event", name="go") == "ok"

    @property
    def invitations(self) -> list[dict[str, Any]]:
        return self.socket.told("invitation:show")

    async def invited(self) -> dict[str, Any]:
        return dict((await self.socket.until(lambda: self.invitations))[-1])

    async def outcome(self, impression_id: str, outcome: str) -> str:
        return await self.socket.code("invitation:outcome", {"impressionId": impression_id, "outcome": outcome})


@asynccontextmanager
async def running(db: Database) -> AsyncIterator[World]:
    settings = Settings(public_url="http://127.0.0.1:1", secret_key=SECRET)
    ringback = await build(settings, db)
    # The strength of passwords is proved elsewhere.
    ringback.accounts._passwords = passwords = Passwords(memory_kib=64, passes=1)
    people = [
        {"name": role.title(), "email": f"{role}@shop.example", "role": role, "phone": "", "locale": "en"}
        for role in ("consultant", "marketer", "admin")
    ]
    seeded = await seed(
        ringback,
        {
            "account": {"name": "Shop"},
            "site": {"key": "shop-key", "name": "Shop", "country": "MD", "origins": [ORIGIN]},
            "people": [{**person, "password": PASSWORD} for person in people],
            "callableRegions": ["MD"],
        },
    )
    site = ringback.directory.site_by_key("shop-key")
    assert site is not None
    other = await ringback.accounts.create_site(site.tenant_id, "Other", [OTHER_ORIGIN], key="other-key")
    runner = web.AppRunner(ringback.web, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await ringback.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession(url, cookie_jar=aiohttp.DummyCookieJar()) as http:
        world = World(ringback, url, http, seeded["siteId"], other.id)
        for person in people:
            said = {"email": person["email"], "password": PASSWORD}
            async with http.post("/api/v1/session", json=said) as answer:
                world.tokens[person["role"]] = (await answer.json())["token"]
        try:
            yield world
        finally:
            await ringback.close()
            passwords.close()
            await runner.cleanup()


async def until(condition: Any, patience_s: float = 10.0) -> Any:
    """Wait until `await condition()` is something, and return it."""
    async with asyncio.timeout(patience_s):
        while not (found := await condition()):
            await asyncio.sleep(0.01)
    return found
