"""The visitors of `bench.triggers` in a process of their own; each prints one JSON line.

`paced ADDRESS VISITORS SIGNALS HZ` connects visitors, then sends signals at a steady rate, one visitor after the other:
the milliseconds to each invitation. `rush ADDRESS TABS TIMES` lets all tabs of a visitor say the same at once, for so
many visitors: how many invitations each of them was given, and how many tabs heard of it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import aiohttp

from bench.common import many_files

ORIGIN = "https://shop.example"
SITE_KEY = "shop-key"
EVENT = "go"
AT_ONCE = 50
SETTLED_S = 6.0
PATIENCE_S = 5.0


class Tab:
    """A tab that says "go" and waits for the invitation; without a token it is a visitor of its own."""

    def __init__(self, token: str = "") -> None:
        self.token = token
        self.took_ms: list[float] = []
        self.impressions: list[str] = []
        self._sent: list[float] = []
        self._acks = 0

    async def join(self, http: aiohttp.ClientSession) -> None:
        self._ws = await http.ws_connect("/socket.io/?EIO=4&transport=websocket", headers={"Origin": ORIGIN})
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._reader = asyncio.create_task(self._read())
        auth = {"protocol": 1, "siteKey": SITE_KEY, "token": self.token}
        await self._ws.send_str(f"40/visitor,{json.dumps(auth)}")
        assert (await self._answers.get()).startswith("40/visitor")
        await self._ask("visit:start", {"page": {"url": f"{ORIGIN}/elsewhere", "title": "Elsewhere"}})
        answer = await self._answers.get()
        reply = json.loads(answer[answer.index("[") :])[0]
        assert reply["ok"], reply
        self.token = reply["data"]["token"]

    async def _read(self) -> None:
        async for message in self._ws:
            text = str(message.data)
            if text == "2":
                await self._ws.send_str("3")
            elif text.startswith(("40", "43", "44")):
                self._answers.put_nowait(text)
            elif text.startswith('42/visitor,["invitation:show"'):
                self.impressions.append(json.loads(text[text.index("[") :])[1]["impressionId"])
                if self._sent:
                    self.took_ms.append((time.perf_counter() - self._sent.pop(0)) * 1000)

    async def _ask(self, event: str, payload: dict[str, Any]) -> None:
        self._acks += 1
        await self._ws.send_str(f"42/visitor,{self._acks}{json.dumps([event, payload])}")

    async def signal(self) -> None:
        self._sent.append(time.perf_counter())
        await self._ask("visit:signal", {"kind": "event", "name": EVENT})

    async def is_answered(self) -> None:
        await self._answers.get()

    @property
    def is_waiting(self) -> bool:
        return bool(self._sent)

    async def leave(self) -> None:
        await self._ws.close()
        await self._reader


async def _until(is_so: Callable[[], bool]) -> None:
    """Wait for something that may never be, with some patience."""
    end = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < end:
        await asyncio.sleep(0.005)


async def paced(address: str, count: int, signals: int, rate_hz: float) -> dict[str, Any]:
    async with aiohttp.ClientSession(address, connector=aiohttp.TCPConnector(limit=0)) as http:
        visitors = [Tab() for _ in range(count)]
        for start in range(0, count, AT_ONCE):
            await asyncio.gather(*(visitor.join(http) for visitor in visitors[start : start + AT_ONCE]))
        await asyncio.sleep(SETTLED_S)  # what the arrivals left to write down
        gc.collect()
        gc.disable()  # a pause here would be counted as one of the server's
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for number in range(signals):
            await asyncio.sleep(max(0.0, begun + number / rate_hz - loop.time()))
            await visitors[number % count].signal()
        await _until(lambda: not any(visitor.is_waiting for visitor in visitors))
        await asyncio.gather(*(visitor.leave() for visitor in visitors))
        return {"took_ms": [ms for visitor in visitors for ms in visitor.took_ms]}


async def rush(address: str, count: int, times: int) -> dict[str, Any]:
    given, heard = [], []
    async with aiohttp.ClientSession(address, connector=aiohttp.TCPConnector(limit=0)) as http:
        for _ in range(times):
            first = Tab()
            await first.join(http)
            tabs = [first, *(Tab(first.token) for _ in range(count - 1))]
            await asyncio.gather(*(tab.join(http) for tab in tabs[1:]))
            await asyncio.gather(*(tab.signal() for tab in tabs))
            await asyncio.gather(*(tab.is_answered() for tab in tabs))
            await _until(lambda: not any(tab.is_waiting for tab in tabs))  # noqa: B023
            given.append(len({impression for tab in tabs for impression in tab.impressions}))
            heard.append(sum(len(tab.impressions) == 1 for tab in tabs))
            await asyncio.gather(*(tab.leave() for tab in tabs))
    return {"given": given, "heard": heard}


def main(what: str, address: str, *numbers: str) -> None:
    many_files()
    if what == "paced":
        visitors, signals, rate_hz = numbers
        found = asyncio.run(paced(address, int(visitors), int(signals), float(rate_hz)))
    else:
        tabs, times = numbers
        found = asyncio.run(rush(address, int(tabs), int(times)))
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
