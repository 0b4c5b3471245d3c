"""Invitations: decisions on one core, 10,000 visits against their budget, and the way from a signal to an invitation.

`triggers` measures `decide` with 100 live rules, facts made anew for each decision as they are live; then the real
server on a real database with 500 visitors connected, whose signals make a rule fire among 100: 25 a second, where 500
visitors who stay a minute and are invited once each would make 8; then 200 visitors whose 50 tabs signal at once.
Server, database and visitors are three processes; each round has visitors of its own, and the figure is the median.
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
from bench.common import ROOT, Process, report, rounds
from bench.signalling import EVENT, ORIGIN, SITE_KEY
from bench.simulated import CAROL, PATHS, over_budget, rules_of
from bench.simulated import run as simulate
from server.triggers.conditions import page_view
from server.triggers.model import NOTHING_SHOWN, Budget, Facts, History, Shown
from server.triggers.rules import compile_rules, decide
from server.triggers.wire import content_to_wire

RULES, PER_ROUND, ROUNDS = 100, 5_000, 5
VISITS = 10_000
VISITORS, SIGNALS, RATE_HZ = 500, 500, 25
TABS, TIMES = 50, 200
START_S = 60.0
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
        with database() as url, _server(url) as address:
            asyncio.run(_publish(address))
            sides = {"ours": lambda: _invitations(address)}
            seen = rounds(sides, int(arguments[0]) if arguments else 3)["ours"]
            rushed = _signalling("rush", address, TABS, TIMES)
        report(
            "triggers",
            f"signal to invitation, p99 with {VISITORS} visitors connected and {RULES} live rules",
            "ms",
            seen["p99_ms"],
            None,
            "at most 50 ms",
            seen["p99_ms"] <= 50 and seen["missed"] == 0,
            p50_ms=round(seen["p50_ms"], 2),
            missed=seen["missed"],
        )
        wrong = sum(given != 1 for given in rushed["given"])
        report(
            "triggers",
            f"{TABS} tabs of one visitor at once, {TIMES} times: visitors not given exactly one invitation",
            "visitors",
            wrong,
            None,
            "none",
            wrong == 0 and len(rushed["given"]) == TIMES,
            tabs_told=sum(rushed["heard"]),
        )


def _invitations(address: str) -> dict[str, float]:
    """Let visitors signal; return how long their invitations took."""
    took_ms = _signalling("paced", address, VISITORS, SIGNALS, RATE_HZ)["took_ms"]
    p99 = statistics.quantiles(took_ms, n=100)[98]
    return {"p50_ms": statistics.median(took_ms), "p99_ms": p99, "missed": SIGNALS - len(took_ms)}


def _signalling(*arguments: object) -> dict[str, Any]:
    """Run `bench.signalling` on the second core and return what it found."""
    process = Process([sys.executable, "-m", "bench.signalling", *map(str, arguments)], core=1)
    try:
        return process.hear()
    finally:
        process.stop()


@contextmanager
def _server(mongo_url: str) -> Iterator[str]:
    """Run the real server on the first core; give its address."""
    person = {"name": "Mara", "email": "mara@shop.example", "role": "marketer", "phone": "", "locale": "en"}
    admin = {**person, "name": "Ada", "email": "ada@shop.example", "role": "admin"}
    seed = {
        "account": {"name": "Shop"},
        "site": {"key": SITE_KEY, "name": "Shop", "country": "MD", "origins": [ORIGIN]},
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


async def _publish(address: str) -> None:
    """Make 99 rules that consider every fact, and one that fires on an event, as a marketer does."""
    async with aiohttp.ClientSession(address) as http:
        await _publish_over(http)


async def _publish_over(http: aiohttp.ClientSession) -> None:
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

    budget = {"enabled": True, "perVisit": 1, "perDay": 2, "perVisitor": 10}
    await send("PUT", f"sites/{site}/rules/budget", budget)
    contents = [content_to_wire(rule.content) for rule in rules_of(RULES - 1, random.Random(1))]
    never = {"kind": "event", "name": "never"}
    contents = [{**one, "condition": {"kind": "all", "conditions": [one["condition"], never]}} for one in contents]
    contents.append(
        {**contents[0], "condition": {"kind": "event", "name": EVENT}, "invitee": "team", "samplePercent": 100}
    )
    contents[-1]["caps"] = {"perVisit": None, "perDay": None, "perVisitor": None}
    for content in contents:
        rule = (await send("POST", f"sites/{site}/rules", {"rule": content}))["rule"]
        await send("POST", f"rules/{rule['id']}/publish", {"version": rule["version"]})
