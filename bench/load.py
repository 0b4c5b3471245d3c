"""The load generator: raw asyncio, its own WebSocket frames, no library that could be the slower side.

`echo ADDRESS NAMESPACE CLIENTS SECONDS`  a closed loop: each client sends, waits for the acknowledgement, sends again.
`hold ADDRESS NAMESPACE CLIENTS`          joins, says so, and on the next line of its input drops everything at once.
Every client offers permessage-deflate with `hold`, as browsers do.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
import zlib
from typing import Any

import uvloop

from bench.common import many_files

AUTH = {"protocol": 1, "siteKey": "shop"}
PAYLOAD = {
    "clientMessageId": "0123456789abcdef0123456789abcdef",
    "text": "Is this jacket there in M, and when would it come?",
}
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
CONNECTING_AT_ONCE = 50


def frame(text: str) -> bytes:
    """A client's text frame; a mask of zeros is a mask."""
    data = text.encode()
    size = len(data)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + bytes(4) + data


class Client(asyncio.Protocol):
    """One browser: upgrade, join, answer pings, and count acknowledgements."""

    def __init__(self, host: str, namespace: str, number: int, offers_deflate: bool, times: list[float]) -> None:
        self.joined = asyncio.get_running_loop().create_future()
        self.gone = False
        self.acks = 0
        self.running = False
        self._host = host
        self._prefix = "" if namespace == "/" else namespace + ","
        self._number = number
        self._deflate = DEFLATE if offers_deflate else ""
        self._buffer = b""
        self._upgraded = False
        self._send = frame(f"42{self._prefix}1" + json.dumps(["chat:send", PAYLOAD], separators=(",", ":")))
        self._ack = f"43{self._prefix}1[".encode()
        self._times = times
        self._sent_at = 0.0
        self._inflate: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{self._deflate}"
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140 Safari\r\n"
            "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\nCache-Control: no-cache\r\n"
            "Pragma: no-cache\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        if not self.joined.done():
            self.joined.set_exception(ConnectionError("refused"))

    def go(self) -> None:
        self.running = True
        self._next()

    def _next(self) -> None:
        self._sent_at = time.perf_counter()
        self.transport.write(self._send)

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        if not self._upgraded:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head[:80]
            self._upgraded = True
        at = 0
        while len(data) - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            if len(data) < start + size:
                break
            packet = data[start : start + size]
            self._packet(self._inflated(packet) if data[at] & 0x40 else packet)
            at = start + size
        self._buffer = data[at:]

    def _inflated(self, packet: bytes) -> bytes:
        if self._inflate is None:
            self._inflate = zlib.decompressobj(-15)
        return self._inflate.decompress(packet + b"\x00\x00\xff\xff")

    def _packet(self, packet: bytes) -> None:
        if packet.startswith(self._ack):
            self.acks += 1
            self._times.append(time.perf_counter() - self._sent_at)
            if self.running:
                self._next()
        elif packet == b"2":
            self.transport.write(frame("3"))
        elif packet[:1] == b"0":
            auth = AUTH | {"token": f"visitor-{self._number}"}
            self.transport.write(frame(f"40{self._prefix}{json.dumps(auth)}"))
        elif packet[:2] == b"40":
            self.joined.set_result(None)


async def connect(address: str, namespace: str, count: int, *, deflate: bool, times: list[float]) -> list[Client]:
    """Join `count` clients, a few at once."""
    host, _, port = address.partition(":")
    loop = asyncio.get_running_loop()
    slots = asyncio.Semaphore(CONNECTING_AT_ONCE)

    async def one(number: int) -> Client:
        async with slots:
            _, client = await loop.create_connection(
                lambda: Client(address, namespace, number, deflate, times), host, int(port)
            )
            await client.joined
            return client

    return await asyncio.gather(*(one(number) for number in range(count)))


async def echo(address: str, namespace: str, count: int, seconds: float) -> dict[str, float]:
    times: list[float] = []
    clients = await connect(address, namespace, count, deflate=False, times=times)
    for client in clients:
        client.go()
    await asyncio.sleep(seconds / 4)  # warm
    say({"warm": len(clients)})
    times.clear()
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    measured = sorted(times)
    elapsed = time.perf_counter() - started
    if not measured or any(client.gone for client in clients):
        raise RuntimeError("clients were lost")
    return {
        "messages": len(measured),
        "messages_per_s": len(measured) / elapsed,
        "p50_ms": measured[len(measured) // 2] * 1000,
        "p99_ms": measured[len(measured) * 99 // 100] * 1000,
    }


async def hold(address: str, namespace: str, count: int) -> None:
    clients = await connect(address, namespace, count, deflate=True, times=[])
    say({"joined": len(clients)})
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.readline)
    lost = sum(client.gone for client in clients)
    for client in clients:
        client.transport.abort()
    say({"dropped": len(clients), "lost": lost})
    await loop.run_in_executor(None, sys.stdin.readline)


def say(figures: dict[str, float]) -> None:
    print(json.dumps(figures), flush=True)


async def main(mode: str, address: str, namespace: str, count: str, seconds: str = "0") -> None:
    many_files()
    if mode == "echo":
        say(await echo(address, namespace, int(count), float(seconds)))
    else:
        await hold(address, namespace, int(count))


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
