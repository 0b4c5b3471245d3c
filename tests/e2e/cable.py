"""The cable between browsers and the server: a TCP relay that the tests can cut, for visitors or consultants alone."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

# What the first request on a connection says about who is at its other end.
_SOCKET_OF = {
    "visitor": re.compile(rb"GET /socket\.io/\?[^ ]*site="),
    "consultant": re.compile(rb"GET /socket\.io/\?(?![^ ]*site=)"),
    "websocket": re.compile(rb"GET /socket\.io/\?[^ ]*transport=websocket"),
}


class Cable:
    """Carries bytes from `port` to the server's `target` port on this machine."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self._target = port, target
        self._cut: set[str] = set()
        self._live: dict[asyncio.Task[None], bytes] = {}  # what each said first
        self._server: asyncio.Server | None = None

    async def lay(self) -> None:
        """Start to carry."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def remove(self) -> None:
        """Stop and hang up everything."""
        if self._server:
            self._server.close()
        for task in list(self._live):
            task.cancel()
        await asyncio.gather(*self._live, return_exceptions=True)

    def cut(self, kind: str) -> None:
        """Hang up every socket of visitors or consultants, or every WebSocket, and let no new one through.

        Pages still load.
        """
        self._cut.add(kind)
        for task, first in list(self._live.items()):
            if _SOCKET_OF[kind].match(first):
                task.cancel()

    def mend(self) -> None:
        """Let everything through again."""
        self._cut.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._live[task] = b""
        upstream: asyncio.StreamWriter | None = None
        try:
            first = await reader.read(65536)
            if any(_SOCKET_OF[kind].match(first) for kind in self._cut):
                return
            self._live[task] = first
            back, upstream = await asyncio.open_connection("127.0.0.1", self._target)
            upstream.write(first)
            async with asyncio.TaskGroup() as both:
                both.create_task(_pour(reader, upstream))
                both.create_task(_pour(back, writer))
        except (OSError, ExceptionGroup, asyncio.CancelledError):
            pass  # a broken connection is what this is for
        finally:
            del self._live[task]
            for end in (writer, upstream):
                if end:
                    with suppress(Exception):
                        end.transport.abort()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    raise ConnectionResetError  # one end is gone: so is the other
