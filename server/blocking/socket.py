"""Blocking over the sockets: what a blocked visitor may still say. The page opens, what was said before can be read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from server.blocking.book import Blocklist

WANTED = ("chat:send", "callback:request", "survey:answer")
SAID_BY_ITSELF = ("chat:typing", "visit:signal", "invitation:outcome")


class Router(Protocol):
    def guard(self, namespace: str, event: str, check: Callable[[Any], Awaitable[None]]) -> None: ...


def register(router: Router, blocklist: Blocklist) -> None:
    """Ask the blocklist before these events of visitors, on sockets that are open already too."""
    for event in WANTED:
        router.guard("/visitor", event, blocklist.refuse)
    for event in SAID_BY_ITSELF:
        router.guard("/visitor", event, blocklist.refuse_quietly)
