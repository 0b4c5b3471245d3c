"""Blocking over the sockets: what a blocked visitor may still say. The page opens, what was said before can be read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from server.blocking.book import Blocklist

OPEN = frozenset({"visit:start", "visit:page", "chat:sync", "chat:read", "callback:cancel"})
SAID_BY_ITSELF = frozenset({"chat:typing", "visit:signal", "invitation:outcome"})


class Router(Protocol):
    def events(self, namespace: str) -> Iterable[str]: ...

    def guard(self, namespace: str, event: str, check: Callable[[Any], Awaitable[None]]) -> None: ...


def register(router: Router, blocklist: Blocklist) -> None:
    """Ask the blocklist before every event of visitors that is not open to all, on open sockets too.

    The events have their handlers by then. What the browser says by itself is refused, but not counted.
    """
    for event in set(router.events("/visitor")) - OPEN:
        check = blocklist.refuse_quietly if event in SAID_BY_ITSELF else blocklist.refuse
        router.guard("/visitor", event, check)
