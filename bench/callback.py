"""Callbacks: from the visitor's click to the carrier's first POST, and how fast webhooks are answered.

The whole server runs in a process of its own with its embedded database; the carrier, the phones and the visitors are
in this one. `python -m bench callback [REQUESTS]`.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import socketio
import uvloop
from aiohttp import web

from bench.common import Process, note, report, rounds
from server.app import build
from server.app_seed import seed
from server.callback.guards import Limits, Window
from server.carrier.app import CARRIER, CarrierConfig, VirtualClock, create_carrier_app
from server.log import configure_logging
from server.mongo import open_database
from server.mongod import EmbeddedMongod
from server.settings import from_env

REQUESTS, RATE, CONSULTANTS, PACE_S = 60, 20.0, 40, 0.15
FIRST_POST_MS, WEBHOOK_MS = 150.0, 100.0
SID, TOKEN, CALLER, SITE_KEY = "AC" + "be" * 16, "bench", "+15550000000", "bench"
PASSWORD = "a password only for benches"
WIDE = Limits(number=(Window(3600, 10_000),), network=(Window(3600, 10_000),), site=(Window(60, 10_000),))


def consultant(number: int) -> str:
    return f"+155512300{number:02d}"


def phone(number: int) -> str:
    return f"+373691{number:05d}"


async def serve(carrier_url: str, data_dir: str) -> None:
    """Run the product on a free port, with limits wide enough for a bench."""
    # Logs are written as in life, but not into the pipe that only the first line of is read.
    configure_logging(stream=(Path(data_dir) / "log.jsonl").open("a"))
    mongod = EmbeddedMongod(Path(data_dir))
    database = await open_database(await mongod.start())
    runner = web.AppRunner(web.Application())
    environ = {
        "DATA_DIR": data_dir,
        "SECRET_KEY": "k" * 40,
        "CARRIER_API_URL": carrier_url,
        "TWILIO_ACCOUNT_SID": SID,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "CALLER_ID": CALLER,
    }
    port = _free_port()
    environ |= {"PORT": str(port), "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    ringback = await build(from_env({f"RINGBACK_{name}": value for name, value in environ.items()}), database)
    ringback.callbacks.service._limits = WIDE
    people = [
        {"email": f"c{n}@example.com", "role": "consultant", "name": f"C{n}", "phone": consultant(n), "locale": "en"}
        for n in range(CONSULTANTS)
    ]
    people.append({"email": "a@example.com", "role": "admin", "name": "A", "phone": "", "locale": "en"})
    site = {"key": SITE_KEY, "name": "Bench", "origins": [], "country": "MD"}
    await seed(
        ringback,
        {
            "account": {"name": "Bench"},
            "site": site,
            "people": [{**person, "password": PASSWORD} for person in people],
            "callableRegions": ["MD"],
        },
    )
    runner = web.AppRunner(ringback.web, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await ringback.start()
    print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)
    await asyncio.Event().wait()


def _free_port() -> int:
    from aiohttp.test_utils import unused_port

    return unused_port()


class Clock:
    """When the carrier was asked for the first call of each callback, in this process's seconds."""

    def __init__(self, carrier: Any) -> None:
        self.posted: dict[str, float] = {}
        self._write = carrier.journal.write
        carrier.journal.write = self.write

    def write(self, kind: str, **fields: Any) -> int:
        if kind == "rest" and fields["method"] == "POST" and fields["path"].endswith("/Calls.json"):
            url = str(fields["form"]["Url"])
            self.posted.setdefault(url.split("/")[5].split(".")[1], time.perf_counter())
        number: int = self._write(kind, **fields)
        return number


async def measure(requests: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as folder:
        port = _free_port()
        config = CarrierConfig(SID, TOKEN, f"http://127.0.0.1:{port}", cps=100.0)
        app = create_carrier_app(config, VirtualClock(RATE), random.Random(1))
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        server = Process([sys.executable, "-m", "bench.callback", "serve", config.public_url, folder], core=0)
        try:
            url = (await asyncio.to_thread(server.hear))["url"]
            return await _drive(app[CARRIER], config.public_url, url, requests)
        finally:
            server.stop()
            await runner.cleanup()


async def _drive(carrier: Any, carrier_url: str, url: str, requests: int) -> dict[str, float]:
    clock = Clock(carrier)
    async with aiohttp.ClientSession() as http:
        accepts = [{"wait": 2}, {"answer": True}, {"wait": 1}, {"press": "1"}]
        for number in range(CONSULTANTS):
            await http.post(f"{carrier_url}/handsets/{consultant(number)}/script", json={"behaviour": accepts})
        talks = [{"wait": 2}, {"answer": True}, {"joined": True}, {"wait": 5}, {"hangup": True}]
        for number in range(requests + 1):
            await http.post(f"{carrier_url}/handsets/{phone(number)}/script", json={"behaviour": talks})
        waits_ms = []
        for number in range(requests + 1):
            took_ms = await _ask(clock, url, number)
            if number:  # the first one warms up imports and connections
                waits_ms.append(took_ms)
            await asyncio.sleep(PACE_S)
        async with asyncio.timeout(60):
            while not all(leg.done.done() for leg in carrier.legs.values()):
                await asyncio.sleep(0.1)
    replies_ms = [entry["tookMs"] for entry in carrier.journal.entries(0, "reply")]
    refused = [entry for entry in carrier.journal.entries(0, "reply") if entry.get("status") not in (200, 204)]
    if refused:
        raise RuntimeError(f"{len(refused)} webhooks were refused: {refused[0]}")
    return {
        "first_post_p50": _part(waits_ms, 0.5),
        "first_post_p95": _part(waits_ms, 0.95),
        "webhook_p50": _part(replies_ms, 0.5),
        "webhook_p99": _part(replies_ms, 0.99),
        "webhooks": len(replies_ms),
    }


async def _ask(clock: Clock, url: str, number: int) -> float:
    """Ask for one callback as a browser does; return the milliseconds until the carrier was asked to ring."""
    visitor = socketio.AsyncClient(reconnection=False)
    auth = {"protocol": 1, "siteKey": SITE_KEY, "tabId": f"tab-{number}", "locale": "en", "timeZone": "UTC"}
    await visitor.connect(url, auth=auth, namespaces=["/visitor"], transports=["websocket"])
    payload = {"clientRequestId": f"request-{number:04d}", "phone": phone(number), "via": "phone"}
    started = time.perf_counter()
    reply = await visitor.call("callback:request", payload, namespace="/visitor", timeout=10)
    if not reply["ok"]:
        raise RuntimeError(f"refused: {reply}")
    id = reply["data"]["callback"]["id"]
    async with asyncio.timeout(10):
        while id not in clock.posted:
            await asyncio.sleep(0.001)
    await visitor.disconnect()
    return (clock.posted[id] - started) * 1000


def _part(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def run(arguments: list[str]) -> None:
    """Print both figures; the argument is the number of requests a round."""
    requests = int(arguments[0]) if arguments else REQUESTS
    seen = rounds({"ours": lambda: uvloop.run(measure(requests))})["ours"]
    note(f"{seen['webhooks']:.0f} webhooks a round")
    figures = (
        ("request to first POST", "first_post", "p95", FIRST_POST_MS),
        ("webhook reply", "webhook", "p99", WEBHOOK_MS),
    )
    for metric, name, part, most in figures:
        figure = seen[f"{name}_{part}"]
        more = {"p50": round(seen[f"{name}_p50"], 1)}
        report("callback", f"{metric} {part}", "ms", figure, None, f"at most {most:g} ms", figure <= most, **more)


if __name__ == "__main__" and sys.argv[1:2] == ["serve"]:
    uvloop.run(serve(sys.argv[2], sys.argv[3]))
