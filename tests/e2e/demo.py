"""The real thing for the end-to-end tests: `ringback demo` as a child process, and its carrier's handsets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from tests.e2e.cable import Cable
from tests.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
START_S = 60.0
# Phones ring this much faster than in life; the product's own clocks are untouched.
CARRIER_RATE = 5

Step = dict[str, Any]
_numbers = count(10_001 + os.getpid() % 20_000)


def new_phone() -> str:
    """Return a Moldovan mobile number that no test has used yet, E.164."""
    return f"+373692{next(_numbers):05d}"


def national(phone: str) -> str:
    """Return a Moldovan number the way people write it at home: 069 212 345."""
    return f"0{phone[4:6]} {phone[6:9]} {phone[9:]}"


def takes_the_call(after_s: float = 2, talk_s: float = 60) -> list[Step]:
    """A consultant who answers, hears who is calling, presses 1 and talks."""
    return [{"wait": after_s}, {"answer": True}, {"wait": 3}, {"press": "1"}, {"wait": talk_s}]


def answers(after_s: float = 2, talk_s: float = 16) -> list[Step]:
    """A visitor who answers, talks and hangs up."""
    return [{"wait": after_s}, {"answer": True}, {"joined": True}, {"wait": talk_s}, {"hangup": True}]


# Ways in which a consultant does not take a call; each lets the phone ring a little first.
BUSY: list[Step] = [{"wait": 6}, {"busy": True}]
RINGS: list[Step] = [{"ring": True}]
VOICEMAIL: list[Step] = [{"wait": 6}, {"voicemail": {"greeting": 4}}]
DECLINES: list[Step] = [{"wait": 6}, {"answer": True}, {"wait": 2}, {"press": "2"}, {"wait": 20}]


class Demo:
    """One running demo. `facts` is its ready file."""

    def __init__(self, folder: Path) -> None:
        self._ready = folder / "ready.json"
        self._log = folder / "demo.log"
        self._data = folder / "data"
        self._process: asyncio.subprocess.Process | None = None
        self._http: aiohttp.ClientSession | None = None
        public, port = free_ports(2)
        self.cable = Cable(public, port)
        self._port = port
        self.facts: dict[str, Any] = {}

    @property
    def url(self) -> str:
        """The Ringback server."""
        return str(self.facts["url"])

    @property
    def shop(self) -> str:
        """The shop's address, without a slash at its end."""
        return str(self.facts["shopUrl"]).rstrip("/")

    @property
    def console(self) -> str:
        return str(self.facts["consoleUrl"])

    def person(self, name: str) -> dict[str, str]:
        """Return the person whose name starts with `name`: e-mail, password, role, phone."""
        return next(one for one in self.facts["people"] if one["name"].startswith(name))

    def consultants(self) -> list[dict[str, str]]:
        """Return the consultants in the order in which they are dialled."""
        return [one for one in self.facts["people"] if one["role"] == "consultant"]

    async def start(self) -> None:
        """Start it and wait until everything answers."""
        self._http = aiohttp.ClientSession()
        await self.cable.lay()
        shop, carrier = free_ports(2)
        environ = {k: v for k, v in os.environ.items() if not k.startswith("RINGBACK_")} | {
            "RINGBACK_DATA_DIR": str(self._data),
            "RINGBACK_PUBLIC_URL": f"http://127.0.0.1:{self.cable.port}",
            "PYTHONUNBUFFERED": "1",
        }
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server", "demo", "--bare", "--ready-file", str(self._ready),
                "--port", str(self._port), "--shop-port", str(shop), "--carrier-port", str(carrier),
                cwd=ROOT, env=environ, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + START_S
        while not self._ready.exists():
            if self._process and self._process.returncode is not None:
                raise RuntimeError(f"the demo ended:\n{self.log()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the demo is not ready after {START_S:.0f} s:\n{self.log()}")
            await asyncio.sleep(0.05)
        self.facts = json.loads(self._ready.read_text("utf-8"))
        await self.clock(CARRIER_RATE)

    async def stop(self) -> None:
        """End it politely; a demo that does not end is our failure too."""
        if self._http:
            await self._http.close()
        await self.cable.remove()
        if self._process and self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(20):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
                raise RuntimeError(f"the demo did not stop within 20 s:\n{self.log()}") from None

    def log(self) -> str:
        """Return the end of what the demo printed."""
        return self._log.read_text("utf-8", "replace")[-6000:] if self._log.exists() else ""

    async def kill_server(self) -> None:
        """`kill -9` the server's process; the demo starts it again."""
        os.kill(int(self.facts["serverPid"]), signal.SIGKILL)

    async def wait_until_back(self) -> None:
        """Wait until a new server answers at the old address."""
        old, deadline = self.facts["serverPid"], time.monotonic() + START_S
        while time.monotonic() < deadline:
            self.facts = json.loads(self._ready.read_text("utf-8"))
            if self.facts["serverPid"] != old and await self._is_ready():
                return
            await asyncio.sleep(0.05)
        raise RuntimeError(f"the server did not come back:\n{self.log()}")

    async def _is_ready(self) -> bool:
        assert self._http
        try:
            async with self._http.get(f"{self.url}/ready") as reply:
                return reply.status == 200
        except aiohttp.ClientError:
            return False

    async def _carrier(self, method: str, path: str, body: Any = None) -> str:
        assert self._http
        async with self._http.request(method, f"{self.facts['carrierUrl']}{path}", json=body) as reply:
            text = await reply.text()
            assert reply.status < 300, f"{method} {path}: {reply.status} {text}"
            return text

    async def set_calling(self, **settings: Any) -> None:
        """Change how the shop calls, as an admin would: `await demo.set_calling(retryDelaysS=[])`."""
        assert self._http
        admin = self.person("Adam")
        body = {"email": admin["email"], "password": admin["password"]}
        async with self._http.post(f"{self.url}/api/v1/session", json=body) as reply:
            token = (await reply.json())["token"]
        url = f"{self.url}/api/v1/sites/{self.facts['siteId']}/calling"
        async with self._http.patch(url, json=settings, headers={"Authorization": f"Bearer {token}"}) as reply:
            assert reply.status == 200, await reply.text()

    async def clock(self, rate: float) -> None:
        """Let the carrier's time run `rate` times as fast as ours."""
        await self._carrier("POST", "/clock", {"rate": rate})

    async def script(self, phone: str, steps: Sequence[Step]) -> None:
        """Say how the person with this phone behaves from now on."""
        await self._carrier("POST", f"/handsets/{phone}/script", {"behaviour": list(steps)})

    async def consultants_do(self, steps: Sequence[Step], *, but: str = "") -> None:
        """Script all consultants, except the one with the name in `but`."""
        for person in self.consultants():
            if person["name"] != but:
                await self.script(person["phone"], steps)

    async def journal(self) -> list[dict[str, Any]]:
        """Return everything the carrier saw, in order."""
        return [json.loads(line) for line in (await self._carrier("GET", "/journal")).splitlines()]

    async def calls_to(self, phone: str) -> int:
        """Return how often the carrier was asked to call this number."""
        return sum(
            entry["kind"] == "rest"
            and entry["method"] == "POST"
            and entry["path"].endswith("/Calls.json")
            and entry["form"].get("To") == phone
            for entry in await self.journal()
        )
