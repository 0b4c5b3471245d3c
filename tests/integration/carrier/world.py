"""A carrier on a real port, a customer that answers its webhooks, and the unmodified Twilio SDK between them."""

from __future__ import annotations

import asyncio
import inspect
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from server.carrier.app import CARRIER, CarrierConfig, VirtualClock, create_carrier_app
from server.carrier.engine import Carrier
from tests.clocks import awake_time
from tests.ports import free_port

SID, TOKEN = "AC" + "ab" * 16, "a-secret-token"
ANNA, BORIS, CALLER = "+15551230001", "+15551230002", "+15550000000"
SOON_S = 20.0


@dataclass
class Heard:
    """One webhook as the customer got it."""

    path: str
    form: dict[str, str]
    headers: dict[str, str]
    is_signed: bool
    method: str = "POST"

    def __getitem__(self, name: str) -> str:
        return self.form[name]


@dataclass
class Customer:
    """A small web server: TwiML by path, everything else is answered 204, everything is remembered."""

    twiml: dict[str, Any] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        sent = RequestValidator(TOKEN).validate(
            self.url + request.raw_path, form, request.headers.get("X-Twilio-Signature", "")
        )
        fields = {k: str(v) for k, v in form.items()} or dict(request.query)
        heard = Heard(request.path, fields, dict(request.headers), sent, request.method)
        self.heard.append(heard)
        if not sent:
            return web.Response(status=403)
        found = self.twiml.get(request.path)
        if callable(found):
            found = found(heard)
        if inspect.isawaitable(found):
            found = await found
        if isinstance(found, web.StreamResponse):
            return found
        if isinstance(found, int):
            return web.Response(status=found)
        if found is None:
            return web.Response(status=204)
        return web.Response(text=f"<Response>{found}</Response>", content_type="text/xml")

    def paths(self) -> list[str]:
        return [heard.path for heard in self.heard]

    def on(self, path: str) -> list[Heard]:
        return [heard for heard in self.heard if heard.path == path]

    def statuses(self, sid: str, path: str = "/status") -> list[str]:
        return [h["CallStatus"] for h in self.on(path) if h["CallSid"] == sid]


@dataclass
class World:
    url: str
    carrier: Carrier
    customer: Customer
    client: Client
    http: aiohttp.ClientSession

    async def post(self, path: str, body: Any = None) -> Any:
        async with self.http.post(self.url + path, json=body or {}) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def script(self, number: str, *steps: Any, **more: Any) -> None:
        await self.post(f"/handsets/{number}/script", {"behaviour": list(steps), **more})

    async def journal(self, **query: Any) -> list[dict[str, Any]]:
        async with self.http.get(self.url + "/journal", params=query) as answer:
            return [json.loads(line) for line in (await answer.text()).splitlines()]

    async def call(self, to: str = ANNA, path: str = "/voice", **more: Any) -> Any:
        """Ask for a call the way the product does: its own TwiML, all four events."""
        asked: dict[str, Any] = {
            "url": self.customer.url + path,
            "status_callback": self.customer.url + "/status",
            "status_callback_event": ["initiated", "ringing", "answered", "completed"],
        }
        asked.update(more)
        return await self.client.calls.create_async(to=to, from_=CALLER, **asked)

    async def over(self, sid: str) -> Any:
        """Wait until a call has ended and its end was told; return it."""
        leg = self.carrier.legs[sid]
        async with asyncio.timeout(SOON_S):
            await asyncio.shield(leg.done)
        return await self.client.calls(sid).fetch_async()

    async def until(self, true: Callable[[], Any]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(SOON_S):
            while not true():
                await asyncio.sleep(0.005)

    async def heard(self, path: str, count: int = 1) -> Heard:
        await self.until(lambda: len(self.customer.on(path)) >= count)
        return self.customer.on(path)[count - 1]

    def captions(self, number: str) -> list[str]:
        return [c.text for leg in self.carrier.handsets.of(number).legs for c in leg.captions]


@asynccontextmanager
async def serve(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def world(rate: float = 20.0, **settings: Any) -> AsyncIterator[World]:
    """Make a world whose clock runs `rate` times as fast as ours."""
    customer = Customer()
    receiver = web.Application()
    receiver.router.add_route("*", "/{tail:.*}", customer.answer)
    port = free_port()
    usual = {"cps": 50.0, "account_sid": SID, "auth_token": TOKEN, "public_url": f"http://127.0.0.1:{port}"}
    settings = {**usual, **settings}
    async with awake_time() as seconds:
        app = create_carrier_app(CarrierConfig(**settings), VirtualClock(rate, real=seconds), random.Random(7))
        async with serve(receiver) as customer.url, serve(app, port) as url, aiohttp.ClientSession() as http:
            client = Client(SID, TOKEN, http_client=AsyncTwilioHttpClient())
            client.api.base_url = url
            yield World(url, app[CARRIER], customer, client, http)
            await client.http_client.close()
