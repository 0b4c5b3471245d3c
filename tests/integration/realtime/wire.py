"""A WebSocket down to its frames, for what no library would send."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from urllib.parse import urlsplit

from tests.integration.realtime.world import World


class Wire:
    """A WebSocket made of a socket and nothing else, so that it can do what libraries prevent."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    @classmethod
    async def open(cls, world: World, receive_buffer: int = 0) -> Wire:
        address = urlsplit(world.url)
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, (address.hostname, address.port))
        key = base64.b64encode(os.urandom(16)).decode()
        await loop.sock_sendall(
            connection,
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode(),
        )
        assert (await loop.sock_recv(connection, 1024)).startswith(b"HTTP/1.1 101")
        return cls(connection)

    def frame(self, data: bytes, opcode: int, final: bool = True) -> None:
        size = len(data)
        length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        try:
            # with a mask of zeros the data is its own masked form
            self._socket.send(bytes(((0x80 if final else 0) | opcode,)) + length + bytes(4) + data)
        except (BlockingIOError, ConnectionError):
            pass

    def text(self, text: str) -> None:
        self.frame(text.encode(), opcode=1)

    async def gone(self) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(5):
            try:
                while await loop.sock_recv(self._socket, 65536):
                    pass
            except ConnectionError:
                pass
        self.close()

    def close(self) -> None:
        self._socket.close()
