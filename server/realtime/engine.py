"""The transport: Engine.IO sessions over WebSocket or polling, hardened, and without what makes the stock one slow.

The stock socket has a queue, a writer task, a ping task and two tasks a message. Ours has the task that aiohttp gives
it: it reads there, writes straight to the transport and pings by a timer. Nothing here waits for a slow client: one
that does not read is cut, because only an abort frees what is buffered for it.

Names of python-engineio that start with an underscore and are used here: `_handle_connect`, `_cors_headers`, `_ok`,
`_bad_request`. The tests of `tests/integration/realtime` fail when an upgrade changes them.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import engineio
from aiohttp import WSMsgType, web
from engineio.async_socket import AsyncSocket
from engineio.exceptions import QueueEmpty, SocketIsClosedError

from server.limits import FULL, Limit, Network, client_ip, network_of, take
from server.realtime import packets

if TYPE_CHECKING:
    from server.metrics import Metrics
    from server.realtime.layer import Member

HIGH_WATER_BYTES = 64 * 1024
POLITE_CLOSE_S = 3.0
UPGRADE_S = 10.0
POST_S = 10.0
MAX_PACKETS_IN_POST = 16

_reason = engineio.AsyncServer.reason

# The stock server logs a line for every malformed request; we count them instead.
QUIET = logging.getLogger("server.realtime.engineio")
QUIET.setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one connection may cost. Bytes and seconds.

    `strikes` bad packets are forgiven at the rate of one a minute; the one after them ends the connection.
    `queue` is how many messages may wait behind a full buffer, `fifo` how many events of one connection may wait for
    their handler.
    """

    packet_bytes: int = 64 * 1024
    queue: int = 256
    buffer_bytes: int = 1024 * 1024
    kernel_buffer_bytes: int = 256 * 1024
    join_s: float = 10.0
    strikes: int = 10
    fifo: int = 64
    sockets_per_network: int = 500
    ping_interval_s: float = 25.0
    ping_timeout_s: float = 20.0
    reap_every_s: float = 60.0


class Peer(NamedTuple):
    """Who opened the session, as far as HTTP tells."""

    ip: str
    origin: str | None
    cookie: str


class Layer(Protocol):
    """What sits on the transport. Both calls return at once and do not raise."""

    def on_message(self, client: Client, data: bytes) -> None: ...

    def on_gone(self, client: Client, reason: str) -> None: ...


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
        self.server.metrics.bad_packets.labels(why).inc()
        server = self.server
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


class Engine(engineio.AsyncServer):  # type: ignore[misc]
    """All sessions of the process."""

    def __init__(
        self,
        *,
        limits: SocketLimits,
        metrics: Metrics,
        trusted: Sequence[Network],
        is_known_origin: Callable[[str], bool],
        clock: Callable[[], float],
        **options: Any,
    ) -> None:
        super().__init__(
            async_mode="aiohttp",
            ping_interval=limits.ping_interval_s,
            ping_timeout=limits.ping_timeout_s,
            max_http_buffer_size=limits.packet_bytes,
            http_compression=False,
            monitor_clients=False,  # every client has its own timer, and the reaper is ours
            cors_allowed_origins=[],  # no stock check: a join tells a foreign origin its stable code; see _cors_headers
            logger=QUIET,
            **options,
        )
        self.limits = limits
        self.metrics = metrics
        self.clock = clock
        self.layer: Layer
        self.draining = False
        self.strike_limit = Limit(per_s=1 / 60, burst=max(1, limits.strikes - 1))
        self.per_network: Counter[str] = Counter()
        self._trusted = trusted
        self._is_known_origin = is_known_origin

    # Admission

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        if "j" in query:  # JSONP, which lets any page read the answers
            return self._no("jsonp", 400, "bad_request")
        if len(set(query)) != len(query):
            return self._no("query", 400, "bad_request")
        if "sid" not in query:
            if self.draining:
                return self._no("draining", 503, "draining")
            peer = self.peer_of(request)
            if self.per_network[network_of(peer.ip)] >= self.limits.sockets_per_network:
                return self._no("too_many_sockets", 429, "rate_limited")
            if query.get("transport") == "websocket" and query.get("EIO") == "4" and request.method == "GET":
                return await self._open_websocket(request, peer)
        response: web.StreamResponse = await super().handle_request(request)
        return response

    def peer_of(self, request: web.Request) -> Peer:
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
        origins = request.headers.getall("Origin", [])
        return Peer(
            ip=client_ip(request.remote, forwarded, self._trusted),
            origin=",".join(origins) if origins else None,  # two origins are no origin that we know
            cookie=request.headers.get("Cookie", ""),
        )

    def _no(self, why: str, status: int, code: str) -> web.Response:
        self.metrics.rejected.labels(why).inc()
        details = {"retryAfterS": 10} if code == "rate_limited" else {}
        return web.json_response({"ok": False, "error": {"code": code, "details": details}}, status=status)

    def _cors_headers(self, environ: dict[str, Any]) -> list[tuple[str, str]]:
        """Let pages of known origins read what polling answers. No credentials: visitors have no cookie of ours."""
        origin = environ.get("HTTP_ORIGIN")
        if not origin or not self._is_known_origin(origin):
            return []
        headers = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
        if environ["REQUEST_METHOD"] == "OPTIONS":
            headers += [
                ("Access-Control-Allow-Methods", "OPTIONS, GET, POST"),
                ("Access-Control-Allow-Headers", "Content-Type"),
                ("Access-Control-Max-Age", "600"),
            ]
        return headers

    # Sessions

    def new_websocket(self) -> web.WebSocketResponse[Any]:
        # compress=False: a deflate context costs 100 KiB a visitor, and messages are short
        return web.WebSocketResponse(
            max_msg_size=self.limits.packet_bytes, compress=False, timeout=POLITE_CLOSE_S, decode_text=False
        )

    async def prepare(self, ws: web.WebSocketResponse[Any], request: web.Request) -> asyncio.Transport:
        """Answer the upgrade and return the transport.

        Raises:
            ConnectionResetError: the client has gone.
        """
        await ws.prepare(request)
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("gone")
        # A fixed buffer: the kernel would grow it to megabytes for a client that does not read, and hide that from us.
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self.limits.kernel_buffer_bytes // 2)
        return transport

    async def _open_websocket(self, request: web.Request, peer: Peer) -> web.StreamResponse:
        ws = self.new_websocket()
        try:
            transport = await self.prepare(ws, request)
        except ConnectionError:
            return ws
        client = self._new_client(peer)
        client.attach(transport)
        client.write(self._opened(client, []))
        await client.serve(ws)
        return ws

    async def _handle_connect(self, environ: dict[str, Any], transport: str, jsonp_index: int | None = None) -> Any:
        """Open a polling session; the stock `handle_request` calls this."""
        if transport != "polling":
            return self._bad_request()
        client = self._new_client(self.peer_of(environ["aiohttp.request"]))
        client.connected = True
        client.write(self._opened(client, ["websocket"]))
        return self._ok(await client.answer_poll())

    def _new_client(self, peer: Peer) -> Client:
        sid: str = self.generate_id()
        client = Client(self, sid, peer)
        self.sockets[sid] = client
        self.per_network[network_of(peer.ip)] += 1
        return client

    def _opened(self, client: Client, upgrades: list[str]) -> bytes:
        limits = self.limits
        return packets.opened(client.sid, upgrades, limits.ping_interval_s, limits.ping_timeout_s, limits.packet_bytes)

    def forget(self, client: Client, reason: str) -> None:
        """Take a session that ended off every list; its namespaces hear why."""
        self.sockets.pop(client.sid, None)
        network = network_of(client.peer.ip)
        self.per_network[network] -= 1
        if self.per_network[network] <= 0:
            del self.per_network[network]
        self.layer.on_gone(client, reason)

    def reap(self) -> int:
        """End sessions that nothing else ended: closed ones on the list, polling ones that no longer poll.

        Returns:
            How many; above 0 is worth a look.
        """
        patience_s = self.limits.ping_interval_s + self.limits.ping_timeout_s + self.limits.join_s
        late = self.clock() - patience_s
        found = 0
        for client in list(self.sockets.values()):
            if client.closed:
                self.sockets.pop(client.sid, None)
                found += 1
            elif not client.upgraded and not client._polling and client.polled_at_s < late:
                client.drop(_reason.PING_TIMEOUT)
                found += 1
        return found
