"""The handsets page and its live connection."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from server.carrier.control import ACTIONS, clean_number, same_origin
from server.carrier.model import is_address

if TYPE_CHECKING:
    from server.carrier.engine import Carrier

PAGES = Path(__file__).parent / "pages"
MAX_PHONES = 24
HEARTBEAT_S = 20.0
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class Page:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._sockets: set[web.WebSocketResponse] = set()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.home),
            web.get("/handsets", self.index),
            web.get("/handsets/live", self.live),
            web.get("/handsets/files/{name}", self.file),
        ]

    async def close(self) -> None:
        for socket in list(self._sockets):
            await socket.close(code=1001, message=b"the carrier stops")

    async def home(self, request: web.Request) -> web.Response:
        raise web.HTTPFound("/handsets" + (f"?{request.query_string}" if request.query_string else ""))

    async def index(self, request: web.Request) -> web.Response:
        return self._file("handsets.html")

    async def file(self, request: web.Request) -> web.Response:
        return self._file(request.match_info["name"])

    def _file(self, name: str) -> web.Response:
        path = PAGES / name
        if path.parent != PAGES or path.suffix not in _TYPES or not path.is_file():
            raise web.HTTPNotFound
        return web.Response(body=path.read_bytes(), content_type=_TYPES[path.suffix], charset="utf-8", headers=_HEADERS)

    async def live(self, request: web.Request) -> web.WebSocketResponse:
        """Send the state of the watched handsets whenever it changes, and do what their person does."""
        if not same_origin(request):
            raise web.HTTPForbidden
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=16 * 1024)
        await socket.prepare(request)
        self._sockets.add(socket)
        watched: list[str] = []
        fresh = asyncio.Event()
        fresh.set()
        unwatch = self._carrier.handsets.watch(fresh.set)
        sender = asyncio.ensure_future(self._send(socket, watched, fresh))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    with contextlib.suppress(ValueError, TypeError, AttributeError):
                        self._receive(json.loads(message.data), watched)
                    fresh.set()
        finally:
            unwatch()
            sender.cancel()
            self._sockets.discard(socket)
        return socket

    async def _send(self, socket: web.WebSocketResponse, watched: list[str], fresh: asyncio.Event) -> None:
        last = ""
        while not socket.closed:
            await fresh.wait()
            fresh.clear()
            handsets = self._carrier.handsets
            names = self._carrier.config.handset_names
            state = json.dumps(
                {
                    "phones": handsets.snapshot(watched),
                    "known": [{"number": number, "name": names.get(number, "")} for number in handsets.numbers()],
                    "rate": self._carrier.clock.rate,
                },
                ensure_ascii=False,
            )
            if state != last:
                last = state
                now_ms = int(self._carrier.clock.now().timestamp() * 1000)
                try:
                    await socket.send_str(f'{{"nowMs": {now_ms}, {state[1:]}')
                except ConnectionError:
                    return

    def _receive(self, message: dict[str, Any], watched: list[str]) -> None:
        kind = message.get("type")
        if kind == "watch":
            numbers = [clean_number(str(number)) for number in message.get("numbers", [])]
            watched[:] = [number for number in dict.fromkeys(numbers) if is_address(number)][:MAX_PHONES]
            return
        number = str(message.get("number", ""))
        if number not in watched:
            return
        if kind == "mode":
            self._carrier.handsets.set_mode(number, str(message.get("mode")))
        elif kind in ACTIONS:
            digits = str(message.get("digits", ""))[:32]
            self._carrier.handsets.act(number, str(kind), digits, str(message.get("callId", "")))
