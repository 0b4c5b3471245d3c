"""Ports for servers that are started a moment later.

What the system gives out for port 0 it gives to the next one who asks, too: between our look and the server's bind
another test could get it. These lie below that range, and each worker has some of its own.
"""

from __future__ import annotations

import itertools
import os
import socket

_FIRST, _EACH = 20_000, 1_500
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_next = itertools.count(os.getpid())


def free_port() -> int:
    """Return a port that nobody listens on, another one at each call."""
    for number in itertools.islice(_next, _EACH):
        port = _FIRST + _worker % 8 * _EACH + number % _EACH
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")


def free_ports(count: int) -> list[int]:
    """Return several of them."""
    return [free_port() for _ in range(count)]
