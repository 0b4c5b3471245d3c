"""What consoles are told of erasures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Publisher(Protocol):
    def to_staff(self, tenant_id: str, event: str, payload: Mapping[str, object]) -> object: ...


class Announcements:
    """Implements `ports.Announcer` over the sockets."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def erased(self, tenant_id: str, visitor_id: str) -> None:
        self._publisher.to_staff(tenant_id, "visitor:erased", {"visitorId": visitor_id})
