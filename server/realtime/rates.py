"""What one connection may ask for and may cost. Generous to people, tight to programs that run wild."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.limits import Limit

# An outbox that was offline sends up to 100 messages at once.
WRITES = Limit(per_s=20, burst=200)
HINTS = Limit(per_s=10, burst=40)
READS = Limit(per_s=10, burst=60)
# A page reports a handful of facts; a script that fires an event on every scroll is held back, its chat is not.
SIGNALS = Limit(per_s=5, burst=40)

_LIMITS = {"write": WRITES, "hint": HINTS, "read": READS, "signal": SIGNALS}
_CLASSES = {
    "chat:send": "write",
    "callback:request": "write",
    "callback:cancel": "write",
    "survey:answer": "write",
    "invitation:outcome": "write",
    "visit:signal": "signal",
    "chat:typing": "hint",
    "chat:read": "hint",
}


@dataclass(frozen=True, slots=True)
class Rates:
    """Events belong to a class, a class has a limit. An event without a class is a `read`."""

    limits: Mapping[str, Limit] = field(default_factory=lambda: _LIMITS)
    classes: Mapping[str, str] = field(default_factory=lambda: _CLASSES)

    def of(self, event: str) -> tuple[str, Limit]:
        name = self.classes.get(event, "read")
        return name, self.limits[name]


def alike(limit: Limit) -> Rates:
    """Return rates that hold every class of events to the same limit."""
    return Rates(limits=dict.fromkeys(_LIMITS, limit))


UNLIMITED = alike(Limit(per_s=1e9, burst=1_000_000_000))
"""For benches."""


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
