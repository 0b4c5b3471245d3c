"""One session: a browser's WebSocket or its polls, read, written, timed and cut.

The stock socket has a queue, a writer task, a ping task and two tasks a message. Ours has the task that aiohttp gives
it: it reads there, writes straight to the transport and pings by a timer. Nothing here waits for a slow client: one
that does not read is cut, because only an abort frees what is buffered for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import engineio
from aiohttp import WSMsgType, web
from engineio.async_socket import AsyncSocket
from engineio.exceptions import QueueEmpty, SocketIsClosedError

from server.limits import FULL, take
from server.realtime import packets

if TYPE_CHECKING:
    from server.realtime.engine import Engine
    from server.realtime.layer import Member

HIGH_WATER_BYTES = 64 * 1024
POLITE_CLOSE_S = 3.0
UPGRADE_S = 10.0
POST_S = 10.0
MAX_PACKETS_IN_POST = 16

CUT = frozenset({"strikes", "slow", "binary", "bad post", "bad frame"})

_reason = engineio.AsyncServer.reason


class Peer(NamedTuple):
    """Who opened the session, as far as HTTP tells."""

    ip: str
    origin: str | None
    cookie: str


class _Text:
    """A packet for a polling client: what the stock payload asks for, no more."""

    __slots__ = ("_text",)

    def __init__(self, text: bytes) -> None:
        self._text = text

    def encode(self, b64: bool = False) -> str:
        return self._text.decode()


def _forget_frames(error: BaseException | None) -> None:
    """Let go of what an ended WebSocket's exception holds: its frames hold the WebSocket, a cycle of 90 objects."""
    if error is not None:
        error.__traceback__ = error.__context__ = None


class Client(AsyncSocket):  # type: ignore[misc]
    """One Engine.IO session."""

    def __init__(self, server: Engine, sid: str, peer: Peer) -> None:
        # Not the stock constructor: its queue costs 2 KiB a visitor, and only polling needs one.
        self.server = server
        self.sid = sid
        self.peer = peer
        self.members: dict[bytes, Member] = {}
        self.connected = self.upgrading = self.upgraded = self.closing = self.closed = False
        self.last_ping = None
        self.polled_at_s = server.clock()
        self._queue: asyncio.Queue[_Text | None] | None = None
        self._transport: asyncio.Transport | None = None
        self._behind = 0
        self._polling = False
        self._strikes = FULL
        self._ponged = True
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(server.limits.join_s, self._not_joined)

    @property
    def queue(self) -> asyncio.Queue[_Text | None]:
        if self._queue is None:
            self._queue = asyncio.Queue()
        return self._queue

    @property
    def label(self) -> str:
        """What logs call this session: the beginning of its id, because the whole one lets its owner poll."""
        return str(self.sid[:6])

    # Sending

    def write(self, text: bytes, frame: bytes | None = None) -> None:
        """Send one Engine.IO packet, or cut a client that does not read. Never waits, never raises.

        Args:
            frame: the same packet as a WebSocket frame, where many get it and it was made once.
        """
        if self.closed:
            return
        transport = self._transport
        limits = self.server.limits
        if transport is None:
            if self.queue.qsize() >= limits.queue:
                self._too_slow()
            else:
                self.queue.put_nowait(_Text(text))
            return
        if transport.is_closing():
            return
        waiting = transport.get_write_buffer_size()
        if waiting > HIGH_WATER_BYTES:
            self._behind += 1
            if self._behind > limits.queue or waiting > limits.buffer_bytes:
                self._too_slow()
                return
        else:
            self._behind = 0
        transport.write(frame or packets.frame(text))

    async def send(self, pkt: Any) -> None:
        """The stock way in, used by nothing of ours."""
        self.write(pkt.encode(b64=True).encode())

    def _too_slow(self) -> None:
        self.server.metrics.send_drops.inc()
        self.drop("slow")

    # Ending

    def strike(self, why: str) -> None:
        """Count a packet that no honest client sends; too many end the connection."""
        server = self.server
        server.metrics.bad_packets.labels(why).inc()
        if self._strikes == FULL:  # the first one tells enough
            server.noise.line("socket_strike", why=why, connection=self.label)
        self._strikes, wait_s = take(self._strikes, server.strike_limit, server.clock())
        if wait_s > 0:
            self.drop("strikes")

    def drop(self, reason: str, *, politely: bool = False) -> None:
        """End the session at once, or `politely`, when what was written has gone out. A second call does nothing."""
        if self.closed:
            return
        transport = self._transport
        if politely:
            self.write(packets.CLOSE)
        self.closing = self.closed = True
        self._timer.cancel()
        if reason in CUT:
            self.server.noise.line("socket_cut", why=reason, connection=self.label)
        if self._queue is not None:
            self._queue.put_nowait(None)  # ends a poll that waits
        self.server.forget(self, reason)
        if transport is None or transport.is_closing():
            return
        if politely:
            transport.write(packets.WEBSOCKET_GOODBYE)
            transport.close()
            self._loop.call_later(POLITE_CLOSE_S, transport.abort)
        else:
            transport.abort()

    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:
        self.drop(reason or _reason.SERVER_DISCONNECT, politely=not abort)

    # Time

    def joined(self) -> None:
        """The client joined its first namespace: from now on it only has to answer pings."""
        self._timer.cancel()
        self._schedule_ping()

    def left(self) -> None:
        """The client left its last namespace; it has a few seconds to join one again."""
        if not self.closed:
            self._timer.cancel()
            self._ponged = True
            self._timer = self._loop.call_later(self.server.limits.join_s, self._not_joined)

    def _schedule_ping(self) -> None:
        self._ponged = True
        self._timer = self._loop.call_later(self.server.limits.ping_interval_s, self._ping)

    def _ping(self) -> None:
        self._ponged = False
        self._timer = self._loop.call_later(self.server.limits.ping_timeout_s, self._silent)
        self.write(packets.PING)

    def _pong(self) -> None:
        if not self._ponged:
            self._timer.cancel()
            self._schedule_ping()

    def _silent(self) -> None:
        self.drop(_reason.PING_TIMEOUT)

    def _not_joined(self) -> None:
        self.server.metrics.rejected.labels("not_joined").inc()
        self.drop("not joined")

    # Receiving

    def take(self, data: bytes) -> None:
        """Handle one Engine.IO packet. Returns at once: handlers run elsewhere, so no answer to a ping is late."""
        kind = data[:1]
        if kind == packets.MESSAGE:
            self.server.layer.on_message(self, data)
        elif kind == packets.PONG:
            self._pong()
        elif kind == packets.CLOSE:
            self.drop(_reason.CLIENT_DISCONNECT)
        else:
            self.strike("engine")

    def attach(self, transport: asyncio.Transport) -> None:
        """From now on write to a WebSocket, first of all what waited for a poll."""
        self.connected = self.upgraded = True
        self._transport = transport
        waiting, self._queue = self._queue, None
        while waiting is not None and not waiting.empty():
            text = waiting.get_nowait()
            if text is not None:
                self.write(text.encode().encode())

    async def serve(self, ws: web.WebSocketResponse[Any]) -> None:
        """Read the WebSocket until it ends."""
        try:
            while not self.closed:
                message = await ws.receive()
                if message.type is WSMsgType.TEXT:
                    self.take(message.data)
                elif message.type is WSMsgType.BINARY:
                    self.server.metrics.bad_packets.labels("binary").inc()
                    self.drop("binary")
                else:
                    if message.type is WSMsgType.ERROR:
                        self.server.metrics.bad_packets.labels("frame").inc()
                        self.drop("bad frame")
                    break
        finally:
            self.drop(_reason.TRANSPORT_CLOSE)
            _forget_frames(ws.exception())

    async def handle_get_request(self, environ: dict[str, Any]) -> Any:
        request: web.Request = environ["aiohttp.request"]
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._upgrade(request)
        if self._polling:  # the protocol: two polls at once end the session
            self.drop(_reason.TRANSPORT_ERROR)
            raise SocketIsClosedError()
        if self.upgrading or self.upgraded:
            return [_Text(packets.NOOP)]
        return await self.answer_poll()

    async def answer_poll(self) -> list[_Text]:
        """Wait for something to send.

        Raises:
            QueueEmpty: nothing came, not even a ping: the session is over.
        """
        self._polling = True
        try:
            found: list[_Text] = await self.poll()
        except QueueEmpty:
            self.drop(_reason.TRANSPORT_ERROR)
            raise
        finally:
            self._polling = False
            self.polled_at_s = self.server.clock()
        return found

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        request: web.Request = environ["aiohttp.request"]
        limit = self.server.limits.packet_bytes
        try:
            async with asyncio.timeout(POST_S):
                body = await request.content.read(limit + 1)
                while len(body) <= limit and not request.content.at_eof():
                    body += await request.content.read(limit + 1 - len(body))
        except TimeoutError:
            body = b""
        found = body.split(b"\x1e")
        if not body or len(body) > limit or len(found) > MAX_PACKETS_IN_POST:
            self.server.metrics.bad_packets.labels("post").inc()
            self.drop("bad post")
            raise SocketIsClosedError()
        for data in found:
            if data[:1] == b"b":  # base64 of a binary packet
                self.server.metrics.bad_packets.labels("binary").inc()
                self.drop("binary")
            if not self.closed:
                self.take(data)

    async def _upgrade(self, request: web.Request) -> web.StreamResponse:
        """Move a polling session to a WebSocket; when the client stops half-way it stays where it was."""
        if self.upgrading or self.upgraded:
            raise SocketIsClosedError()
        self.upgrading = True
        ws = self.server.new_websocket()
        try:
            transport = await self.server.prepare(ws, request)
            async with asyncio.timeout(UPGRADE_S):
                if (await ws.receive()).data != b"2probe" or self.closed:
                    return ws
                transport.write(packets.frame(b"3probe"))
                self.queue.put_nowait(_Text(packets.NOOP))  # ends the poll
                if (await ws.receive()).data != packets.UPGRADE or self.closed:
                    return ws
        except (TimeoutError, ConnectionError):
            return ws
        finally:
            self.upgrading = False
        self.attach(transport)
        await self.serve(ws)
        return ws
