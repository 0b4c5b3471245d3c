"""The load of `bench chat`: raw clients in one process; figures as JSON lines.

`closed ADDRESS VISITORS SECONDS`        each visitor sends, waits for the acknowledgement, sends again.
`paced ADDRESS VISITORS SECONDS RATE`    RATE messages a second in all; how long until the consultant has each.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import uvloop

from bench.common import many_files
from bench.load import CONNECTING_AT_ONCE, frame, say

FILLER = "Is this jacket there in M, and when would it come to Chisinau? I have looked at the page of deliveries alrea"
RUN = f"{random.randrange(16**8):08x}"


class Client(asyncio.Protocol):
    """One visitor's tab or one console."""

    def __init__(self, host: str, namespace: str, token: str) -> None:
        self.joined = asyncio.get_running_loop().create_future()
        self.token = token
        self.prefix = namespace.encode() + b","
        self.on_ack: Callable[[bytes], None] = lambda _: None
        self.on_event: Callable[[bytes], None] = lambda _: None
        self.on_gone: Callable[[], None] = lambda: None
        self.gone = False
        self._host = host
        self._buffer = b""
        self._upgraded = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        if not self.joined.done():
            self.joined.set_exception(ConnectionError("refused"))
            self.joined.exception()
        self.on_gone()

    def ask(self, ack: int, event: str, payload: dict[str, Any]) -> None:
        self.send(f"42{self.prefix.decode()}{ack}{json.dumps([event, payload])}")

    def send(self, text: str) -> None:
        if not self.gone:
            self.transport.write(frame(text))

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        if not self._upgraded:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.transport.abort()
                return
            self._upgraded = True
        at, end_at = 0, len(data)
        while end_at - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            elif size == 127:
                size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
            if end_at < start + size:
                break
            self._packet(data[start : start + size])
            at = start + size
        self._buffer = data[at:]

    def _packet(self, packet: bytes) -> None:
        kind = packet[:2]
        if kind == b"43":
            self.on_ack(packet)
        elif kind == b"42":
            self.on_event(packet)
        elif packet == b"2":
            self.send("3")
        elif packet[:1] == b"0":
            auth = {"token": self.token}
            if self.prefix == b"/visitor,":
                auth |= {"protocol": 1, "siteKey": "shop"}  # type: ignore[dict-item]
            self.send(f"40{self.prefix.decode()}{json.dumps(auth)}")
        elif kind == b"40" and not self.joined.done():
            self.joined.set_result(None)


async def join(address: str, namespace: str, token: str) -> Client:
    host, _, port = address.partition(":")
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: Client(address, namespace, token), host, int(port))
    await client.joined
    return client


async def join_all(address: str, visitors: int) -> tuple[list[Client], Client]:
    slots = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def one(number: int) -> Client:
        async with slots:
            return await join(address, "/visitor", f"{RUN}-v{number}")

    console = await join(address, "/console", "carol")
    return await asyncio.gather(*(one(number) for number in range(visitors))), console


async def closed(address: str, visitors: int, seconds: float) -> dict[str, float]:
    clients, console = await join_all(address, visitors)
    times: list[float] = []
    failed: list[bytes] = []
    told = [0]
    begun: set[int] = set()
    head, tail = 'Id":"%s-%s-%07d","text":"', f'{FILLER}"}}]'

    def begin(number: int, client: Client) -> None:
        count = 0
        sent_at = 0.0
        start = '42/visitor,1["chat:send",{"clientMessage'

        def send() -> None:
            nonlocal count, sent_at
            count += 1
            sent_at = time.perf_counter()
            client.transport.write(frame(start + head % (RUN, number, count) + tail))

        def acked(packet: bytes) -> None:
            if b'"ok":true' not in packet:
                failed.append(packet)
                return
            times.append(time.perf_counter() - sent_at)
            begun.add(number)
            send()

        client.on_ack = acked
        send()

    def heard(packet: bytes) -> None:
        if packet.startswith(b'42/console,["chat:message"'):
            told[0] += 1

    console.on_event = heard
    for number, client in enumerate(clients):
        begin(number, client)
    async with asyncio.timeout(60):
        while len(begun) < visitors:  # everyone's conversation is there
            await asyncio.sleep(0.05)
    await asyncio.sleep(1.5)
    times.clear()
    told[0] = 0
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - started
    measured = sorted(times)
    if failed or console.gone or not measured:
        raise RuntimeError(f"failed: {failed[:1]}, console gone: {console.gone}")
    return {
        "messages_per_s": len(measured) / elapsed,
        "p50_ms": measured[len(measured) // 2] * 1000,
        "p99_ms": measured[len(measured) * 99 // 100] * 1000,
        "told_per_s": told[0] / elapsed,
    }


async def paced(address: str, visitors: int, seconds: float, rate: float) -> dict[str, float]:
    clients, console = await join_all(address, visitors)
    sent_at: dict[str, float] = {}
    times: list[float] = []
    marker = b'"clientMessageId":"'

    def heard(packet: bytes) -> None:
        if packet.startswith(b'42/console,["chat:message"'):
            at = packet.index(marker) + len(marker)
            sent = sent_at.pop(packet[at : packet.index(b'"', at)].decode(), None)
            if sent is not None:
                times.append(time.perf_counter() - sent)

    console.on_event = heard
    loop = asyncio.get_running_loop()
    total, warm = int(rate * seconds), visitors + int(3 * rate)
    begin = loop.time()
    for number in range(warm + total):
        if number == warm:
            times.clear()
        wait = begin + number / rate - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        client, name = clients[number % visitors], f"{RUN}-{number:09}"
        sent_at[name] = time.perf_counter()
        client.ask(1, "chat:send", {"clientMessageId": name, "text": FILLER})
    end = loop.time() + 5
    while sent_at and loop.time() < end:
        await asyncio.sleep(0.01)
    measured = sorted(times)
    return {
        "heard": float(len(measured)),
        "missed": float(len(sent_at)),
        "p50_ms": measured[len(measured) // 2] * 1000,
        "p99_ms": measured[len(measured) * 99 // 100] * 1000,
    }


async def main(mode: str, address: str, visitors: str, seconds: str, rate: str = "0") -> None:
    many_files()
    if mode == "closed":
        say(await closed(address, int(visitors), float(seconds)))
    else:
        say(await paced(address, int(visitors), float(seconds), float(rate)))


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
