"""A server of its own process with two accounts on it, and clients that say exactly what they are told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from server.accounts.tokens import sign_visitor_token
from server.callback.model import TERMINAL
from server.clock import utc_now
from server.mongo import Database, open_database

SECRET = "a secret key of these tests, long enough"
PASSWORD = "needle-password correct horse"
DATABASE = "ringback"
NEEDLE = "needle"
"""In every text, address, token and password of this folder, so that a log can be searched for it."""

DEEP = "a thousand brackets"
"""Stands for a list in a list in a list..., which `dumps` writes out: our own encoder could not."""

PATIENCE_S = 10.0
ROLES = ("consultant", "marketer", "admin")
# What changes by itself, without anybody asking for it. The last four: a callback whose steps were done is claimed once
# more some ten seconds later by a worker that makes sure of it, and takes the mark `steps_at` away.
VOLATILE = {"last_seen_at", "used_at", "version", "steps_at", "fence", "lease_until", "lease_owner"}
RESTING = TERMINAL | {"retry_wait", "scheduled"}
# A callback moves as long as it is in no resting state, and as long as steps of it are to be done.
MOVING = {"$or": [{"state": {"$nin": list(RESTING)}}, {"steps.0": {"$exists": True}}]}
VOLATILE_COLLECTIONS = {"leases", "sign_in_tries", "visit_summaries", "rule_decisions", "visits", "jobs", "sightings"}


def dumps(value: object) -> str:
    return json.dumps(value).replace(json.dumps(DEEP), "[" * 1000 + "]" * 1000)


@dataclass
class Shop:
    """One account: its site, its people's tokens, and things of it that others must not reach."""

    name: str
    origin: str
    site_key: str
    tenant_id: str = ""
    site_id: str = ""
    second_site_key: str = ""
    people: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    visitor_id: str = ""
    visitor_token: str = ""
    conversation_id: str = ""
    callback_id: str = ""

    def email(self, who: str) -> str:
        return f"{NEEDLE}-{who}@{self.name}.example"

    def private(self) -> set[str]:
        """Ids that mean something only inside this account."""
        ids = {self.tenant_id, self.site_id, self.visitor_id, self.conversation_id, self.callback_id}
        return {one for one in (*ids, *self.people.values(), self.origin) if one}


async def _everything(database: Database) -> dict[str, list[str]]:
    names = await database._db.list_collection_names()
    found: dict[str, list[str]] = {}
    for name in sorted(set(names) - VOLATILE_COLLECTIONS):
        rows = await database.global_collection(name).find({})
        found[name] = sorted(
            json.dumps({k: v for k, v in row.items() if k not in VOLATILE}, default=str, sort_keys=True) for row in rows
        )
    return found


@dataclass
class World:
    """The running server. `lamps` is the account under attack, `chairs` its neighbour."""

    url: str
    log: Path
    mongo_url: str
    lamps: Shop
    chairs: Shop

    @property
    def public_origin(self) -> str:
        return self.url

    def log_lines(self) -> list[str]:
        return self.log.read_text("utf-8", "replace").splitlines()

    async def documents(self) -> dict[str, list[str]]:
        """Return everything that is stored, without what changes by itself, once no callback is on its way."""
        database = await open_database(self.mongo_url, DATABASE)
        try:
            async with asyncio.timeout(PATIENCE_S):
                before = await _everything(database)
                while True:
                    await asyncio.sleep(0.02)
                    now = await _everything(database)
                    moving = await database.global_collection("callbacks").count(MOVING)
                    if now == before and not moving:
                        return now
                    before = now
        finally:
            await database.close()

    def visitor_token_of(self, shop: Shop, visitor_id: str) -> str:
        return sign_visitor_token(
            SECRET, tenant_id=shop.tenant_id, site_id=shop.site_id, visitor_id=visitor_id, now=utc_now()
        )

    @asynccontextmanager
    async def socket(self, **headers: str) -> AsyncIterator[Socket]:
        """A WebSocket that has heard the server's first packet and joined nothing."""
        url = self.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        async with aiohttp.ClientSession() as http, http.ws_connect(url, headers=headers, max_msg_size=0) as ws:
            socket = Socket(ws)
            try:
                await socket.until(lambda: socket.heard)
                yield socket
            finally:
                await socket.stop()

    @asynccontextmanager
    async def visitor(self, shop: Shop, visitor_id: str | None = None) -> AsyncIterator[Socket]:
        """A visitor of the shop: a new one, or the one with this id."""
        auth: dict[str, Any] = {"protocol": 1, "siteKey": shop.site_key}
        if visitor_id is not None:
            auth["token"] = self.visitor_token_of(shop, visitor_id)
        async with self.socket(Origin=shop.origin) as socket:
            assert await socket.join("/visitor", auth) == "joined"
            yield socket

    @asynccontextmanager
    async def person(self, shop: Shop, role: str) -> AsyncIterator[Socket]:
        """Someone of the shop at the console."""
        async with self.socket() as socket:
            assert await socket.join("/console", {"token": shop.tokens[role]}) == "joined"
            yield socket

    @asynccontextmanager
    async def http(self) -> AsyncIterator[aiohttp.ClientSession]:
        async with aiohttp.ClientSession(self.url, cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield session


class Socket:
    """One connection. `heard` is every packet that arrived, pings left out."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.namespace = ""
        self.heard: list[str] = []
        self.gone = asyncio.Event()
        self._changed = asyncio.Event()
        self._acks = 0
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self.ws:
            if message.data == "2":
                await self.ws.send_str("3")
                continue
            self.heard.append(str(message.data))
            self._changed.set()
        self.gone.set()
        self._changed.set()

    async def stop(self) -> None:
        await self.ws.close()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader

    async def until(self, condition: Any, patience_s: float = PATIENCE_S) -> Any:
        """Wait until `condition()` is something, and return it."""
        deadline = time.monotonic() + patience_s
        while not (found := condition()):
            if self.gone.is_set():
                raise ConnectionError("the server ended the connection")
            self._changed.clear()
            async with asyncio.timeout(deadline - time.monotonic()):
                await self._changed.wait()
        return found

    async def say(self, text: str) -> None:
        await self.ws.send_str(text)

    async def join(self, namespace: str, auth: object) -> str:
        """Join; return "joined" or the code of the refusal."""
        before = len(self.heard)
        name = "" if namespace == "/" else f"{namespace},"
        await self.say(f"40{name}{dumps(auth)}")
        heads = (f"40{name}{{", f"44{name}{{")
        text = await self.until(lambda: next((one for one in self.heard[before:] if one.startswith(heads)), None))
        if text.startswith("40"):
            self.namespace = namespace
            return "joined"
        refusal = json.loads(text[len(heads[0]) - 1 :])
        assert refusal["message"] == refusal["data"]["code"]
        return str(refusal["message"])

    async def ask(self, event: str, payload: object, namespace: str = "") -> dict[str, Any]:
        """Send an event and return its acknowledgement."""
        return await self.raw_ask(dumps([event, payload]), namespace)

    async def raw_ask(self, text: str, namespace: str = "") -> dict[str, Any]:
        self._acks += 1
        namespace = namespace or self.namespace
        head = f"43{namespace},{self._acks}["
        await self.say(f"42{namespace},{self._acks}{text}")
        found = await self.until(lambda: next((one for one in self.heard if one.startswith(head)), None))
        return dict(json.loads(found[len(head) - 1 :])[0])

    async def data(self, event: str, payload: object) -> dict[str, Any]:
        """Ask and return what the answer holds; a refusal fails the test."""
        answer = await self.ask(event, payload)
        assert answer["ok"], (event, answer)
        return dict(answer["data"])

    async def code(self, event: str, payload: object) -> str:
        """Ask and return "ok" or the code of the refusal."""
        return code_of(await self.ask(event, payload))

    def told(self, event: str) -> list[dict[str, Any]]:
        """The payloads of this announcement so far."""
        head = f"42{self.namespace},"
        packets = [json.loads(one[len(head) :]) for one in self.heard if one.startswith(head)]
        return [packet[1] for packet in packets if packet[0] == event]


def code_of(answer: dict[str, Any]) -> str:
    return "ok" if answer.get("ok") else str(answer["error"]["code"])


async def http_code(answer: aiohttp.ClientResponse) -> str:
    """Return "ok" or the code of a refusal over HTTP, whose status and body are checked on the way."""
    text = await answer.text()
    assert "Traceback" not in text and answer.status < 500, text[:500]
    if answer.status < 400:
        return "ok"
    return str(json.loads(text)["error"]["code"])
