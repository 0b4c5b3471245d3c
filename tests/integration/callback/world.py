"""A visitor, consultants with phones, a carrier and a server; and what must be true after every scenario."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from server.callback.model import TERMINAL, Callback
from server.callback.service import Request
from server.carrier.app import CARRIER, CarrierConfig, VirtualClock, create_carrier_app
from server.carrier.calls import price
from server.carrier.engine import Carrier
from server.principals import Visitor
from tests.clocks import awake_time
from tests.databases import databases_of
from tests.integration.callback.node import (
    ADMIN,
    CALLER,
    SID,
    TENANT,
    TOKEN,
    VISITOR,
    Config,
    Node,
    start_node,
    visitor,
)
from tests.ports import free_port

SOON_S = 25.0
ANSWER = {"answer": True}
FINALS = {"completed", "busy", "no-answer", "failed", "canceled"}
_numbers = itertools.count(1)


@dataclass
class Stage:
    node: Node
    carrier: Carrier
    carrier_url: str
    http: aiohttp.ClientSession
    config: Config
    rate: float

    async def post(self, path: str, body: Any = None) -> Any:
        async with self.http.post(self.carrier_url + path, json=body or {}) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def script(self, number: str, *steps: Any, **more: Any) -> None:
        await self.post(f"/handsets/{number}/script", {"behaviour": list(steps), **more})

    async def consultant_accepts(self, number: str, after_s: float = 3, **more: Any) -> None:
        await self.script(number, {"wait": after_s}, ANSWER, {"wait": 2}, {"press": "1"}, **more)

    async def visitor_talks(self, seconds: float = 30, after_s: float = 4, **more: Any) -> None:
        """The visitor answers, hears the notice and then somebody, talks and hangs up."""
        talk = ({"joined": True}, {"wait": seconds}, {"hangup": True})
        await self.script(VISITOR, {"wait": after_s}, ANSWER, *talk, **more)

    async def calling(self, **changes: Any) -> None:
        await self.node.callbacks.calling.change(ADMIN, "site-1", changes)

    async def ask(self, who: Visitor | None = None, **more: Any) -> Callback:
        asked = {"client_request_id": f"request-{next(_numbers)}", "phone": VISITOR, **more}
        return await self.node.callbacks.service.request(who or visitor(), Request(**asked))

    async def now(self, callback: Callback | str) -> Callback:
        id = callback if isinstance(callback, str) else callback.id
        found = await self.node.callbacks.store.find(TENANT, id)
        assert found is not None
        return found

    async def until(self, callback: Callback | str, *states: str, within_s: float = SOON_S) -> Callback:
        """Wait until a callback is in one of these states."""
        try:
            async with asyncio.timeout(within_s):
                while (found := await self.now(callback)).state not in states:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"still {await self.now(callback)}\n{self.tail()}") from None
        return found

    @asynccontextmanager
    async def still(self) -> AsyncIterator[None]:
        """On the phones no time passes meanwhile."""
        await self.post("/clock", {"rate": 0})
        yield
        await self.post("/clock", {"rate": self.rate})

    async def node_until(self, true: Callable[[], object]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(SOON_S):
            while not true():
                await asyncio.sleep(0.01)

    async def over(self, callback: Callback | str, within_s: float = SOON_S) -> Callback:
        """Wait until a callback has ended, its calls too and everything that follows is done; then check it."""
        await self.until(callback, *TERMINAL, within_s=within_s)
        try:
            async with asyncio.timeout(SOON_S):
                while not await self._settled(callback):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"not settled {await self.now(callback)}\n{self.tail()}") from None
        found = await self.now(callback)
        await self.check(found)
        return found

    async def _settled(self, callback: Callback | str) -> bool:
        found = await self.now(callback)
        legs_over = all(leg.is_over for leg in found.legs)
        calls_over = all(leg.done.done() for leg in self.carrier.legs.values())
        return legs_over and calls_over and not await self.node.callbacks.store.steps(TENANT, found.id)

    def journal(self, kind: str | None = None) -> list[dict[str, Any]]:
        return [json.loads(line) if isinstance(line, str) else line for line in self.carrier.journal.entries(0, kind)]

    def tail(self) -> str:
        return "\n".join(json.dumps(each, default=str)[:400] for each in self.journal()[-40:])

    def posts(self) -> list[str]:
        """The numbers that were asked to be rung, in order."""
        return [leg.call.to for leg in self.carrier.legs.values()]

    def status_of(self, number: str) -> list[str]:
        return [leg.call.status for leg in self.carrier.legs.values() if leg.call.to == number]

    def heard(self, number: str) -> str:
        return " ".join(c.text for leg in self.carrier.handsets.of(number).legs for c in leg.captions)

    def talked_s(self) -> float:
        """The carrier's own seconds between the beginning of the conference and the first who left it."""
        at = {}
        for each in self.journal("webhook"):
            at.setdefault(each["event"], each["atMs"])
        return float(at["participant-leave"] - at["conference-start"]) / 1000

    def on_the_line_s(self, number: str) -> int:
        """The carrier's own seconds of the calls to a number, from answer to end."""
        return sum(leg.call.duration_s for leg in self.carrier.legs.values() if leg.call.to == number)

    def hooks(self) -> list[str]:
        """Webhooks in the order of emission, as `kind:event`."""
        return [f"{each['webhook']}:{each['event']}" for each in self.journal("webhook")]

    async def check(self, cb: Callback) -> None:
        """The invariants of callback-scenarios.md that need no eyes on the screen."""
        assert cb.state in TERMINAL
        self._one_live_leg_each()
        self._nothing_rings_after_the_end()
        self._no_numbers_outside(cb)
        finals = [update["state"] for update in self.node.world.updates if update["id"] == cb.id]
        ended = [state for state in finals if state in TERMINAL]
        assert len(set(ended)) <= 1, finals
        versions = [update["version"] for update in self.node.world.updates if update["id"] == cb.id]
        assert versions == sorted(set(versions))
        db = self.node.db
        leases = await db.tenant_collection("callback_consultants").find(TENANT, {"callback_id": cb.id})
        assert leases == []
        missed = [kind for id, kind in self.node.world.alerts if id == cb.id and kind == "callback_missed"]
        assert len(missed) <= 1
        used, reserved = await self.node.callbacks.ledger.used(TENANT, cb.site_id, self.node.callbacks.worker._now())
        assert reserved == 0
        cost = sum(-float(price(leg.call)) for leg in self.carrier.legs.values())
        assert abs(used / 1e6 - cost) < 0.001, (used, cost)

    def _one_live_leg_each(self) -> None:
        """I1: never two live calls to one number."""
        spans: dict[str, list[tuple[Any, Any]]] = {}
        for leg in self.carrier.legs.values():
            spans.setdefault(leg.call.to, []).append((leg.call.created_at, leg.call.ended_at))
        for number, times in spans.items():
            for (_, end), (start, _) in itertools.pairwise(sorted(times)):
                assert end is not None and end <= start, f"two live calls to {number}"

    def _nothing_rings_after_the_end(self) -> None:
        for leg in self.carrier.legs.values():
            assert leg.done.done()

    def _no_numbers_outside(self, cb: Callback) -> None:
        """I10: no phone number in a URL or a room's name."""
        digits = [cb.phone[1:], *(person[2][1:] for person in self.config.people)]
        for each in self.journal("webhook"):
            assert not any(number in each["url"] for number in digits)
            assert not any(number in each["params"].get("FriendlyName", "") for number in digits)


@contextmanager
def a_config(mongo_url: str, carrier_url: str, **more: Any) -> Iterator[Config]:
    """Lend a database with the rest; whoever uses it stops before the end."""
    with databases_of(mongo_url).empty_one() as name:
        yield Config(mongo_url, name, free_port(), carrier_url, **more)


@asynccontextmanager
async def a_carrier(rate: float = 20.0, **settings: Any) -> AsyncIterator[tuple[Carrier, str]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    usual = {"account_sid": SID, "auth_token": TOKEN, "public_url": url, "cps": 20.0, "callers": frozenset({CALLER})}
    async with awake_time() as seconds:
        clock = VirtualClock(rate, real=seconds)
        app = create_carrier_app(CarrierConfig(**{**usual, **settings}), clock, random.Random(7))
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield app[CARRIER], url
        await runner.cleanup()


@asynccontextmanager
async def a_stage(mongo_url: str, rate: float = 20.0, **more: Any) -> AsyncIterator[Stage]:
    """Make everything, with short delays before further rounds."""
    async with a_carrier(rate) as (carrier, url), aiohttp.ClientSession() as http:
        with a_config(mongo_url, url, **more) as config:
            node = await start_node(config)
            try:
                yield Stage(node, carrier, url, http, config, rate)
            finally:
                await node.stop()


def legs_of(cb: Callback) -> list[tuple[str, str | None, str, str | None]]:
    """What came of each leg: role, consultant, state, outcome."""
    return [(leg.role, leg.person_name, leg.state, leg.outcome) for leg in cb.legs]
