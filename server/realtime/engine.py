"""The transport: all Engine.IO sessions, who may open one, and what becomes of those that nobody ends.

Names of python-engineio that start with an underscore and are used here: `_handle_connect`, `_cors_headers`, `_ok`,
`_bad_request`. The tests of `tests/integration/realtime` fail when an upgrade changes them.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import engineio
from aiohttp import web

from server.limits import Limit, Network, client_ip, network_of
from server.realtime import packets
from server.realtime.client import POLITE_CLOSE_S, Client, Peer
from server.realtime.noise import Noise
from server.realtime.rates import SocketLimits

if TYPE_CHECKING:
    from server.metrics import Metrics

_reason = engineio.AsyncServer.reason

# The stock server logs a line for every malformed request; we count them instead.
QUIET = logging.getLogger("server.realtime.engineio")
QUIET.setLevel(logging.CRITICAL + 1)


class Layer(Protocol):
    """What sits on the transport. Both calls return at once and do not raise."""

    def on_message(self, client: Client, data: bytes) -> None: ...

    def on_gone(self, client: Client, reason: str) -> None: ...


class Engine(engineio.AsyncServer):  # type: ignore[misc]
    """All sessions of the process."""

    def __init__(
        self,
        *,
        limits: SocketLimits,
        metrics: Metrics,
        noise: Noise,
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
        self.noise = noise
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
            network = network_of(peer.ip)
            if network is not None and self.per_network[network] >= self.limits.sockets_per_network:
                return self._no("too_many_sockets", 429, "rate_limited")
            if query.get("transport") == "websocket" and query.get("EIO") == "4" and request.method == "GET":
                return await self._open_websocket(request, peer)
        elif request.method == "POST":
            self._learn_origin(query["sid"], request)
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

    def _learn_origin(self, sid: str, request: web.Request) -> None:
        """Browsers do not say where a GET to the page's own server comes from; what they post, they do."""
        client = self.sockets.get(sid)
        if client is not None and client.peer.origin is None:
            client.peer = client.peer._replace(origin=self.peer_of(request).origin)

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
        network = network_of(peer.ip)
        if network is not None:
            self.per_network[network] += 1
        return client

    def _opened(self, client: Client, upgrades: list[str]) -> bytes:
        limits = self.limits
        return packets.opened(client.sid, upgrades, limits.ping_interval_s, limits.ping_timeout_s, limits.packet_bytes)

    def forget(self, client: Client, reason: str) -> None:
        """Take a session that ended off every list; its namespaces hear why."""
        self.sockets.pop(client.sid, None)
        network = network_of(client.peer.ip)
        if network is not None:
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
