"""The server is killed (SIGKILL, a process of its own) at numbered points and started again: callbacks go on."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from server.callback.model import TERMINAL, Callback
from server.callback.store import MongoCallbackStore
from server.callback.store_guards import MongoLedger
from server.carrier.engine import Carrier
from server.clock import utc_now
from server.mongo import Database, open_database
from tests.integration.callback.node import A1, A2, A3, TENANT, VISITOR, Config, as_json
from tests.integration.callback.world import a_carrier, a_config

ROOT = Path(__file__).resolve().parents[3]
TIMERS = {"create_s": 2.0, "relist_s": 0.5, "silence_s": 1.0, "ending_s": 0.5, "bridged_look_s": 1.0, "doubt_s": 2.0}
ANSWER = {"answer": True}
POINTS = [
    "inserted",
    "saved:due",
    "reserved",
    "saved:picked",
    "before_claim",
    "claimed",
    "posted",
    "saved:posted",
    "saved:answered",
    "saved:key",
    "saved:joined",
    "saved:left",
    "saved:closed",
]


class Process:
    """A server as a process of its own."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, kill_at: str = "") -> None:
        config = replace(self.config, kill_at=kill_at)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.integration.callback.node",
            as_json(config),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        while (line := await asyncio.wait_for(self._process.stdout.readline(), 20)) != b"ready\n":
            assert line or self._process.returncode is None
            if not line:
                return  # killed while it recovered

    async def died(self) -> None:
        assert self._process is not None
        await asyncio.wait_for(self._process.communicate(), 25)
        assert self._process.returncode == -9

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.communicate()


@asynccontextmanager
async def scene(mongo_url: str, rate: float) -> AsyncIterator[tuple[Carrier, Process, Database, aiohttp.ClientSession]]:
    async with a_carrier(rate) as (carrier, url), aiohttp.ClientSession() as http:
        with a_config(mongo_url, url, timers=TIMERS) as config:
            db = await open_database(mongo_url, config.db_name)
            settings = db.tenant_collection("calling_settings")
            await settings.insert_one(
                TENANT, {"_id": "site-1", "version": 1, "callable_regions": ["MD"], "retry_delays_s": [1, 1, 1]}
            )
            process = Process(config)
            try:
                yield carrier, process, db, http
            finally:
                await process.kill()
                await db.close()


async def ask(http: aiohttp.ClientSession, url: str) -> None:
    with contextlib.suppress(aiohttp.ClientError):
        await http.post(url + "/test/request", json={"client_request_id": "request-1", "phone": VISITOR})


async def script(http: aiohttp.ClientSession, carrier: Carrier, number: str, *steps: object) -> None:
    url = f"{carrier.config.public_url}/handsets/{number}/script"
    async with http.post(url, json={"behaviour": list(steps)}) as answer:
        assert answer.status == 200


async def over(db: Database, carrier: Carrier) -> Callback:
    store = MongoCallbackStore(db)
    found: list[Callback] = []
    try:
        async with asyncio.timeout(40):
            while True:
                found = await store.newest(TENANT, 1)
                ended = found and found[0].state in TERMINAL and all(leg.is_over for leg in found[0].legs)
                calls_over = all(leg.done.done() for leg in carrier.legs.values())
                if ended and calls_over and not await store.steps(TENANT, found[0].id):
                    return found[0]
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"still {found}") from None


async def check(cb: Callback, carrier: Carrier, db: Database) -> None:
    calls = [leg.call for leg in carrier.legs.values()]
    for number in (A1, A2, A3, VISITOR):
        spans = sorted((call.created_at, call.ended_at) for call in calls if call.to == number)
        for (_, end), (start, _) in itertools.pairwise(spans):
            assert end is not None and end <= start, f"two live calls to {number}"
    posts = Counter(
        each["form"]["Url"].split("?")[0]
        for each in carrier.journal.entries(0, "rest")
        if each["method"] == "POST" and each["path"].endswith("/Calls.json")
    )
    assert all(count == 1 for count in posts.values()), posts
    assert await db.tenant_collection("callback_consultants").find(TENANT, {"callback_id": cb.id}) == []
    _, reserved = await MongoLedger(db).used(TENANT, "site-1", utc_now())
    assert reserved == 0


@pytest.mark.parametrize("point", POINTS)
async def test_a_callback_survives_a_kill_at(mongo_url: str, point: str) -> None:
    """S35."""
    async with scene(mongo_url, rate=8) as (carrier, process, db, http):
        for number in (A1, A2, A3):
            await script(http, carrier, number, {"wait": 4}, ANSWER, {"wait": 3}, {"press": "1"})
        await script(http, carrier, VISITOR, {"wait": 4}, ANSWER, {"joined": True}, {"wait": 12}, {"hangup": True})
        await process.start(kill_at=point)
        await ask(http, process.config.url)
        await process.died()
        await process.start()

        cb = await over(db, carrier)

        assert (cb.state, cb.outcome) == ("completed", "talked")
        await check(cb, carrier, db)


async def test_a_call_that_rang_out_while_the_server_was_dead_is_found_and_the_next_is_rung(mongo_url: str) -> None:
    """S34, the second run: 201 was never written down and every callback is lost."""
    async with scene(mongo_url, rate=40) as (carrier, process, db, http):
        await script(http, carrier, A1, {"wait": 600})
        await script(http, carrier, A2, {"wait": 4}, ANSWER, {"wait": 3}, {"press": "1"})
        await script(http, carrier, VISITOR, {"wait": 4}, ANSWER, {"joined": True}, {"wait": 20}, {"hangup": True})
        await process.start(kill_at="posted")
        await ask(http, process.config.url)
        await process.died()
        async with asyncio.timeout(20):
            while not all(leg.done.done() for leg in carrier.legs.values()):
                await asyncio.sleep(0.02)
        await process.start()

        cb = await over(db, carrier)

        assert [leg.outcome for leg in cb.legs] == ["no_answer", "talked", "talked"]
        assert [leg.call.to for leg in carrier.legs.values()] == [A1, A2, VISITOR]
        await check(cb, carrier, db)
