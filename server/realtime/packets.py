"""The bytes on the wire: Socket.IO 5 over Engine.IO 4, text only. Pure.

An Engine.IO packet is a digit and its text; 4 is a message, and a message is a Socket.IO packet: a digit, a namespace
other than "/" with a comma, the digits of an acknowledgement, JSON. So an event is `42/visitor,17["chat:send",{...}]`.
"""

from __future__ import annotations

from typing import Any

import orjson

CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP = b"1", b"2", b"3", b"4", b"5", b"6"
CONNECT, DISCONNECT, EVENT = b"0", b"1", b"2"
BINARY_KINDS = (b"5", b"6")

MAX_ACK_DIGITS = 16  # more than any counter of an honest client, and it fits a double

WEBSOCKET_GOODBYE = b"\x88\x02\x03\xe8"  # a close frame with code 1000


class MalformedError(Exception):
    """Bytes that no honest client sends."""


def split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the namespace, the acknowledgement's digits (may be empty) and the JSON text of a message packet.

    Raises:
        MalformedError: the acknowledgement is not a short number, or something else stands before the JSON.
    """
    start = 2
    namespace = b"/"
    if data[2:3] == b"/":
        comma = data.find(b",", 3)
        if comma < 0:
            return data[2:], b"", b""
        namespace = data[2:comma]
        start = comma + 1
    end = start
    size = len(data)
    while end < size and 48 <= data[end] <= 57:
        end += 1
    if end - start > MAX_ACK_DIGITS:
        raise MalformedError("acknowledgement")
    return namespace, data[start:end], data[end:]


def loads(text: bytes) -> Any:
    """Return the JSON value of `text`. NaN, Infinity, 1e999, lone surrogates and bad UTF-8 are no JSON.

    Raises:
        MalformedError: it is no JSON.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        raise MalformedError("json") from None


def _head(kind: bytes, namespace: bytes, ack: bytes = b"") -> bytes:
    prefix = b"" if namespace == b"/" else namespace + b","
    return MESSAGE + kind + prefix + ack


def event(namespace: str, name: str, payload: object) -> bytes:
    """Return an event as it goes out.

    Raises:
        TypeError: the payload is no JSON.
    """
    return _head(EVENT, namespace.encode()) + orjson.dumps([name, payload])


def ok(namespace: bytes, ack: bytes, data: object) -> bytes:
    """Return the acknowledgement of a request that worked.

    Raises:
        TypeError: the data is no JSON.
    """
    return _head(b"3", namespace, ack) + b'[{"ok":true,"data":' + orjson.dumps(data) + b"}]"


def failed(namespace: bytes, ack: bytes, code: str, details: object) -> bytes:
    """Return the acknowledgement of a request that was refused.

    Raises:
        TypeError: the details are no JSON.
    """
    return _head(b"3", namespace, ack) + orjson.dumps([{"ok": False, "error": {"code": code, "details": details}}])


def joined(namespace: bytes, sid: str) -> bytes:
    return _head(CONNECT, namespace) + orjson.dumps({"sid": sid})


def refused(namespace: bytes, code: str, details: object) -> bytes:
    """Return a connect_error: its message is the code, its data has code and details."""
    return _head(b"4", namespace) + orjson.dumps({"message": code, "data": {"code": code, "details": details}})


def left(namespace: bytes) -> bytes:
    return _head(DISCONNECT, namespace)


def opened(sid: str, upgrades: list[str], ping_interval_s: float, ping_timeout_s: float, max_bytes: int) -> bytes:
    """Return the first packet of an Engine.IO session."""
    return b"0" + orjson.dumps(
        {
            "sid": sid,
            "upgrades": upgrades,
            "pingInterval": int(ping_interval_s * 1000),
            "pingTimeout": int(ping_timeout_s * 1000),
            "maxPayload": max_bytes,
        }
    )


def frame(text: bytes) -> bytes:
    """Return `text` as one WebSocket text frame of a server: final, unmasked, not compressed."""
    size = len(text)
    if size < 126:
        return bytes((0x81, size)) + text
    if size < 65536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + text
    return b"\x81\x7f" + size.to_bytes(8, "big") + text
