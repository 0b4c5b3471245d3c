"""Visitors with an outbox, as browsers have one, while the server is killed again and again.

Each visitor sends one message after the other: keeps it until it is acknowledged, connects again when the connection
ends, and sends it again under the same id. In the end the timelines are compared with what was sent.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.chatting.load import Client, join

ACK_S = 10.0


@dataclass
class Sender:
    """One visitor. `acked` is what the server said about each text: its number."""

    name: str
    address: Callable[[], str]
    pause_s: float
    sent: list[str] = field(default_factory=list)
    acked: dict[str, int] = field(default_factory=dict)
    resends: int = 0
    client: Client | None = None
    slowest_s: float = 0.0

    async def run(self, until: Callable[[], bool]) -> None:
        """Write until `until` says stop, then see the last one through."""
        while not until():
            text = f"{self.name} number {len(self.sent):06}"
            self.sent.append(text)
            begun = time.monotonic()
            await self._see_through(text)
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
            await asyncio.sleep(self.pause_s * random.uniform(0.5, 1.5))

    async def _see_through(self, text: str) -> None:
        tries = 0
        while text not in self.acked:
            if tries:
                self.resends += 1
                await asyncio.sleep(random.uniform(0, min(2.0, 0.1 * 2**tries)))
            tries += 1
            answer = await self.ask("chat:send", {"clientMessageId": f"id-{text.replace(' ', '-')}", "text": text})
            if answer is not None and answer["ok"]:
                self.acked[text] = answer["data"]["message"]["seq"]
            elif answer is not None and answer["error"]["code"] not in ("unavailable", "draining", "internal_error"):
                raise RuntimeError(f"refused: {answer}")

    async def ask(self, event: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        """Ask once; None when the connection ended or nothing came back in time."""
        try:
            if self.client is None or self.client.gone:
                self.client = await asyncio.wait_for(join(self.address(), "/visitor", self.name), 5)
        except (OSError, TimeoutError):
            return None
        answered: asyncio.Future[dict[str, Any] | None] = asyncio.get_running_loop().create_future()

        def done(answer: dict[str, Any] | None) -> None:
            if not answered.done():
                answered.set_result(answer)

        client = self.client
        client.on_ack = lambda packet: done(json.loads(packet[packet.index(b"[") :])[0])
        client.on_gone = lambda: done(None)
        client.ask(1, event, payload)
        try:
            return await asyncio.wait_for(answered, ACK_S)
        except TimeoutError:
            client.transport.abort()
            return None

    async def timeline(self) -> list[dict[str, Any]]:
        """Replay everything from the beginning."""
        messages: list[dict[str, Any]] = []
        after = 0
        while True:
            answer = await self.ask("chat:sync", {"afterSeq": after})
            if answer is None or not answer["ok"]:
                await asyncio.sleep(0.2)
                continue
            page = answer["data"]
            messages += page["messages"]
            if messages and messages[-1]["seq"] >= page["lastSeq"]:
                return messages
            if page["messages"]:
                after = messages[-1]["seq"]
            else:
                await asyncio.sleep(1)  # a young hole: it will be decided


def judge(sender: Sender, timeline: list[dict[str, Any]]) -> dict[str, int]:
    """Compare what a visitor sent and heard with what is stored."""
    texts = [message["text"] for message in timeline if message["kind"] == "text"]
    numbers = {message["text"]: message["seq"] for message in timeline if message["kind"] == "text"}
    kept = list(dict.fromkeys(texts))
    return {
        "lost": len(set(sender.sent) - set(texts)),
        "doubled": len(texts) - len(set(texts)),
        "reordered": sum(a != b for a, b in zip(kept, [t for t in sender.sent if t in numbers], strict=False)),
        "misnumbered": sum(numbers.get(text) != seq for text, seq in sender.acked.items()),
        "holes": sum(b["seq"] != a["seq"] + 1 for a, b in itertools.pairwise(timeline)),
        "tombstones": sum(message["kind"] == "tombstone" for message in timeline),
    }
