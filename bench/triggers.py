"""Invitations: decisions on one core, 10,000 visits against their budget, and the way from a signal to an invitation.

`triggers` measures `decide` with 100 live rules, facts made anew for each decision as they are live; then the real
server on a real database with 500 visitors connected, whose signals make a rule fire among 100: 25 a second, where 500
visitors who stay a minute and are invited once each would make 8.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from bench.chat import database
from bench.common import ROOT, many_files, note, report
from bench.simulated import CAROL, PATHS, over_budget, rules_of
from bench.simulated import run as simulate
from server.triggers.conditions import page_view
from server.triggers.model import NOTHING_SHOWN, Budget, Facts, History, Shown
from server.triggers.rules import compile_rules, decide
from server.triggers.wire import content_to_wire

RULES, PER_ROUND, ROUNDS = 100, 5_000, 5
VISITS = 10_000
VISITORS, INVITATIONS, RATE_HZ = 500, 2, 25
SETTLED_S = 6.0
START_S = 60.0
ORIGIN = "https://shop.example"
PASSWORD = "correct horse battery"


def decisions_per_s() -> float:
    """Return how many decisions one core takes in a second, the best of some rounds: others use this machine too."""
    chance = random.Random(1)
    rules = compile_rules(rules_of(RULES, chance), Budget())
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    views = [page_view(f"{ORIGIN}{path}?utm_source=mail") for path in PATHS]
    histories = [NOTHING_SHOWN] * 9 + [History(Shown(1, 1, 1))]
    known = [
        (chance.choice(views), chance.randrange(40), chance.randrange(101), chance.randrange(1, 5), n % 10)
        for n in range(PER_ROUND)
    ]
    best = 0.0
    for _ in range(ROUNDS):
        started = time.process_time()
        for view, time_s, scroll, pages, which in known:
            facts = Facts(
                visit_id="v",
                visitor_id="anna",
                page=view,
                day="2026-03-02",
                time_s=time_s,
                scroll=scroll,
                exit="desktop" if which == 0 else None,
                pages=pages,
                locale="ro",
                consultant=CAROL if which % 2 else None,
            )
            decide(facts, rules, histories[which], now)
        best = max(best, PER_ROUND / (time.process_time() - started))
    return best


def run(arguments: list[str]) -> None:
    """Print the figures; `pure` leaves the server out."""
    speed = decisions_per_s()
    kept = speed >= 20_000
    report(
        "triggers", f"decisions with {RULES} live rules", "decisions/s", speed, None, "at least 20,000 on a core", kept
    )
    site = simulate(visits=VISITS, rules=20, seed=11)
    over = len(over_budget(site))
    report(
        "triggers",
        f"{VISITS:,} visits with 20 overlapping rules, over budget",
        "displays",
        over,
        None,
        "none",
        over == 0,
        shown=len(site.displays),
        decisions=site.decisions,
    )
    if arguments != ["pure"]:
        many_files()
        with database() as url, _server(url) as address:
            took_ms = asyncio.run(_signals(address))
        p99 = statistics.quantiles(took_ms, n=100)[98]
        report(
            "triggers",
            f"signal to invitation, p99 with {VISITORS} visitors connected and {RULES} live rules",
            "ms",
            p99,
            None,
            "at most 50 ms",
            p99 <= 50,
            p50_ms=round(statistics.median(took_ms), 2),
            invitations=len(took_ms),
            expected=VISITORS * INVITATIONS,
        )


@contextmanager
def _server(mongo_url: str) -> Iterator[str]:
    """Run the real server on the first core; give its address."""
    person = {"name": "Mara", "email": "mara@shop.example", "role": "marketer", "phone": "", "locale": "en"}
    admin = {**person, "name": "Ada", "email": "ada@shop.example", "role": "admin"}
    seed = {
        "account": {"name": "Shop"},
        "site": {"key": "shop-key", "name": "Shop", "country": "MD", "origins": [ORIGIN]},
        "people": [{**one, "password": PASSWORD} for one in (person, admin)],
        "callableRegions": ["MD"],
    }
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as folder:
        home = Path(folder)
        (home / "seed.json").write_text(json.dumps(seed))
        environ = {name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")}
        environ |= {"RINGBACK_MONGODB_URL": mongo_url, "RINGBACK_DATA_DIR": folder, "RINGBACK_PORT": "18473"}
        ready = home / "ready.json"
        command = ["serve", "--seed", str(home / "seed.json"), "--ready-file", str(ready)]
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "server", *command], cwd=ROOT, env=environ, stderr=log, stdout=log
            )
        try:
            deadline = time.monotonic() + START_S
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit((home / "log").read_text())
                time.sleep(0.05)
            psutil.Process(process.pid).cpu_affinity([sorted(os.sched_getaffinity(0))[0]])
            yield json.loads(ready.read_text())["url"]
        finally:
            process.terminate()
            process.wait(20)


async def _signals(address: str) -> list[float]:
    """Connect all visitors, then send signals at a steady rate; return the milliseconds to each invitation."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(address, connector=connector) as http:
        await _publish(http)
        visitors = [Visitor() for _ in range(VISITORS)]
        for start in range(0, VISITORS, 50):
            await asyncio.gather(*(visitor.join(http) for visitor in visitors[start : start + 50]))
        note(f"{VISITORS} visitors connected")
        await asyncio.sleep(SETTLED_S)  # what 500 arrivals left to write down
        sending = asyncio.get_running_loop().time()
        for number in range(VISITORS * INVITATIONS):
            await asyncio.sleep(max(0.0, sending + number / RATE_HZ - asyncio.get_running_loop().time()))
            await visitors[number % VISITORS].signal()
        await asyncio.sleep(2)
        took_ms = [ms for visitor in visitors for ms in visitor.took_ms]
        await asyncio.gather(*(visitor.leave() for visitor in visitors))
        return took_ms


async def _publish(http: aiohttp.ClientSession) -> None:
    """Make 99 rules that consider every fact, and one that fires on an event, as a marketer does."""
    async with http.post("/api/v1/session", json={"email": "mara@shop.example", "password": PASSWORD}) as answer:
        told = await answer.json()
    bearer = {"Authorization": f"Bearer {told['token']}"}
    async with http.get("/api/v1/sites", headers=bearer) as answer:
        site = (await answer.json())["sites"][0]["id"]

    async def send(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with http.request(method, f"/api/v1/{path}", json=body, headers=bearer) as answer:
            reply = await answer.json()
            assert answer.status == 200, reply
            return dict(reply)

    budget = {"enabled": True, "perVisit": 10, "perDay": 20, "perVisitor": None}
    await send("PUT", f"sites/{site}/rules/budget", budget)
    contents = [content_to_wire(rule.content) for rule in rules_of(RULES - 1, random.Random(1))]
    never = {"kind": "event", "name": "never"}
    contents = [{**one, "condition": {"kind": "all", "conditions": [one["condition"], never]}} for one in contents]
    contents.append(
        {**contents[0], "condition": {"kind": "event", "name": "go"}, "invitee": "team", "samplePercent": 100}
    )
    contents[-1]["caps"] = {"perVisit": None, "perDay": None, "perVisitor": None}
    for content in contents:
        rule = (await send("POST", f"sites/{site}/rules", {"rule": content}))["rule"]
        await send("POST", f"rules/{rule['id']}/publish", {"version": rule["version"]})


class Visitor:
    """A visitor who says "go" and waits for the invitation."""

    def __init__(self) -> None:
        self.took_ms: list[float] = []
        self._sent: list[float] = []
        self._acks = 0

    async def join(self, http: aiohttp.ClientSession) -> None:
        self._ws = await http.ws_connect("/socket.io/?EIO=4&transport=websocket", headers={"Origin": ORIGIN})
        self._started = asyncio.Event()
        self._reader = asyncio.create_task(self._read())
        await self._ws.send_str('40/visitor,{"protocol":1,"siteKey":"shop-key"}')
        await self._started.wait()

    async def _read(self) -> None:
        async for message in self._ws:
            text = str(message.data)
            if text == "2":
                await self._ws.send_str("3")
            elif text.startswith("40/visitor"):
                page = {"url": f"{ORIGIN}/elsewhere", "title": "Elsewhere"}
                await self._ask("visit:start", {"page": page})
            elif text.startswith("43"):
                self._started.set()
            elif text.startswith('42/visitor,["invitation:show"') and self._sent:
                self.took_ms.append((time.perf_counter() - self._sent.pop(0)) * 1000)

    async def _ask(self, event: str, payload: dict[str, Any]) -> None:
        self._acks += 1
        await self._ws.send_str(f"42/visitor,{self._acks}{json.dumps([event, payload])}")

    async def signal(self) -> None:
        self._sent.append(time.perf_counter())
        await self._ask("visit:signal", {"kind": "event", "name": "go"})

    async def leave(self) -> None:
        await self._ws.close()
        await self._reader
