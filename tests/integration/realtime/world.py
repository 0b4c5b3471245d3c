"""A socket server on a real port with two sites and two tenants' staff, and raw clients that may misbehave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry

from server.contracts.registry import load_contracts
from server.errors import AppError
from server.limits import parse_networks
from server.metrics import Metrics
from server.policy import POLICY
from server.principals import Person, Role, Visitor
from server.realtime import Rates, Realtime, SocketLimits

SHOP = "https://shop.example"
OTHER_SHOP = "https://other.example"
CONSOLE_ORIGIN = "https://console.example"
SEND = {"clientMessageId": "00000000-1", "text": "Hello"}
SITES = {"shop": ("t1", SHOP), "other": ("t2", OTHER_SHOP)}
PEOPLE = {"tok-carol": ("t1", "carol", Role.CONSULTANT), "tok-mark": ("t1", "mark", Role.MARKETER)}
PEOPLE["tok-olga"] = ("t2", "olga", Role.ADMIN)

VISITOR_AUTH = {"protocol": 1, "siteKey": "shop", "token": "anna"}


def authenticate_visitor(auth: dict[str, Any], origin: str | None, ip: str, connection_id: str) -> Visitor:
    if auth["siteKey"] not in SITES:
        raise AppError("unknown_site")
    tenant, allowed = SITES[auth["siteKey"]]
    if origin is not None and origin != allowed:
        raise AppError("origin_not_allowed")
    token = auth.get("token") or connection_id
    if token == "forged":
        raise AppError("token_invalid")
    if token == "crash":
        raise RuntimeError("a bug of ours with a secret in it")
    return Visitor(tenant, auth["siteKey"], token, auth.get("tabId", "tab"), "en", "UTC", ip, connection_id)


def authenticate_console(
    auth: dict[str, Any], cookies: Mapping[str, str], origin: str | None, ip: str, connection_id: str
) -> Person:
    token = auth.get("token") or ""
    if not token and "session" in cookies:
        if origin != CONSOLE_ORIGIN:
            raise AppError("cross_origin")
        token = cookies["session"]
    if token not in PEOPLE:
        raise AppError("unauthenticated")
    tenant, person, role = PEOPLE[token]
    return Person(tenant, person, person.title(), role, f"session-{person}", "en", ip, connection_id)


@dataclass
class World:
    """The running server and everything that its handlers saw."""

    url: str
    realtime: Realtime
    metrics: Metrics
    handled: list[tuple[str, Any, dict[str, Any]]] = field(default_factory=list)
    hooks: list[tuple[str, Any, str]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"

    def count(self, name: str, **labels: str) -> float:
        """Return the value of a counter or gauge; 0 when it never moved."""
        return self.metrics.registry.get_sample_value(f"ringback_{name}", labels) or 0.0

    @property
    def sessions(self) -> int:
        return len(self.realtime._layer.eio.sockets)

    async def until(self, condition: Any, patience_s: float = 10.0) -> None:
        """Wait until `condition()` holds."""
        async with asyncio.timeout(patience_s):
            while not condition():
                await asyncio.sleep(0.005)


async def _echo(world: World, name: str, who: Any, payload: dict[str, Any]) -> Any:
    world.handled.append((name, who, payload))
    text = payload.get("text", "")
    if text == "wait":
        await world.gate.wait()
    if text == "crash":
        raise RuntimeError("a bug of ours with a secret in it")
    if text == "too long":
        raise AppError("message_too_long", max=4000)
    return {}


@asynccontextmanager
async def running(
    *, limits: SocketLimits | None = None, rates: Rates | None = None, trusted: tuple[str, ...] = (), **options: Any
) -> AsyncIterator[World]:
    """Run the server until the block ends."""
    contracts = load_contracts()
    metrics = Metrics(CollectorRegistry())
    realtime = Realtime(
        contracts,
        POLICY,
        authenticate_visitor=authenticate_visitor,
        authenticate_console=authenticate_console,
        is_known_origin=lambda origin: origin in (SHOP, OTHER_SHOP, CONSOLE_ORIGIN),
        metrics=metrics,
        trusted_proxies=parse_networks(trusted),
        limits=limits,
        rates=rates,
        **options,
    )
    app = web.Application()
    realtime.attach(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    world = World(f"http://{host}:{port}", realtime, metrics)
    for namespace, space in contracts.manifest["namespaces"].items():
        for event in space["asks"]:

            async def handler(who: Any, payload: dict[str, Any], name: str = event) -> Any:
                return await _echo(world, name, who, payload)

            realtime.router.on(namespace, event, handler)

        async def connected(who: Any) -> None:
            world.hooks.append(("connect", who, ""))

        async def disconnected(who: Any, reason: str) -> None:
            world.hooks.append(("disconnect", who, reason))

        realtime.router.on_connect(namespace, connected)
        realtime.router.on_disconnect(namespace, disconnected)
    realtime.router.check_complete()
    try:
        yield world
    finally:
        await runner.cleanup()


class Raw:
    """A WebSocket that says exactly what it is told, honest or not."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self._acks = 0

    async def say(self, text: str) -> None:
        await self.ws.send_str(text)

    async def hear(self, patience_s: float = 5.0) -> str:
        """Return the next packet that is no ping; pings are answered.

        Raises:
            ConnectionError: the server ended the connection.
        """
        while True:
            message = await self.ws.receive(patience_s)
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise ConnectionError(f"{message.type}")
            if message.data == "2":
                await self.ws.send_str("3")
                continue
            return str(message.data)

    async def join(self, namespace: str = "/visitor", auth: object = None) -> str:
        """Join and return what the server answered."""
        await self.say(f"40{namespace},{json.dumps(VISITOR_AUTH if auth is None else auth)}")
        return await self.hear()

    async def ask(self, event: str, payload: object, namespace: str = "/visitor") -> dict[str, Any]:
        """Send an event and return its acknowledgement; what else arrives before it is dropped."""
        self._acks += 1
        await self.say(f"42{namespace},{self._acks}{json.dumps([event, payload])}")
        return await self.answer(self._acks, namespace)

    async def answer(self, ack: int, namespace: str = "/visitor") -> dict[str, Any]:
        head = f"43{namespace},{ack}["
        while not (text := await self.hear()).startswith(head):
            pass
        return dict(json.loads(text[len(head) - 1 :])[0])

    async def gone(self, patience_s: float = 5.0) -> None:
        """Wait until the server has ended the connection.

        Raises:
            TimeoutError: it has not.
        """
        async with asyncio.timeout(patience_s):
            while (await self.ws.receive()).type is aiohttp.WSMsgType.TEXT:
                pass


@asynccontextmanager
async def raw(world: World, **headers: str) -> AsyncIterator[Raw]:
    """A raw client that has heard the server's first packet."""
    async with aiohttp.ClientSession() as session, session.ws_connect(world.ws_url, headers=headers) as ws:
        client = Raw(ws)
        assert (await client.hear()).startswith("0{")
        yield client


async def still_served(world: World) -> None:
    """The next honest client is served."""
    async with raw(world) as client:
        assert (await client.join()).startswith("40/visitor,")
        assert await client.ask("chat:typing", {"typing": True}) == {"ok": True, "data": {}}
