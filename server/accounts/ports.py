"""What accounts need of the outside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

Sleep = Callable[[float], Awaitable[None]]
SessionEnded = Callable[[str], None]
"""Told the id of a session that ended, so that its sockets end too. Returns at once, never raises."""


class Publisher(Protocol):
    """Live connections of people. Publishing never waits and never raises."""

    def to_staff(self, tenant_id: str, event: str, payload: dict[str, Any]) -> None: ...

    def is_online_person(self, tenant_id: str, person_id: str) -> bool: ...
