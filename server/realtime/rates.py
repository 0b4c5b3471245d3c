"""How often one connection may ask for what. Generous to people, tight to programs that run wild."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.limits import Limit

# An outbox that was offline sends up to 100 messages at once.
WRITES = Limit(per_s=20, burst=200)
HINTS = Limit(per_s=10, burst=40)
READS = Limit(per_s=10, burst=60)

_LIMITS = {"write": WRITES, "hint": HINTS, "read": READS}
_CLASSES = {
    "chat:send": "write",
    "callback:request": "write",
    "callback:cancel": "write",
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


UNLIMITED = Rates(limits=dict.fromkeys(_LIMITS, Limit(per_s=1e9, burst=1_000_000_000)))
"""For benches."""
