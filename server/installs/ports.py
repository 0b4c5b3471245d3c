"""What installs need of the outside."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any, Protocol

from server.installs.model import Sighting


class SightingStore(Protocol):
    """Sightings in the database. Raises AppError("unavailable") when it does not answer."""

    async def note(self, tenant_id: str, site_id: str, sighting: Sighting, written_before: datetime) -> None:
        """Write it down unless somebody did after `written_before`; what its widget says first is always written."""

    async def of_site(self, tenant_id: str, site_id: str) -> list[Sighting]: ...


class Sites(Protocol):
    def origins(self, tenant_id: str, site_id: str) -> Sequence[str] | None:
        """Return which pages may embed the site's widget, from memory; None for a site the account does not have."""


class Tasks(Protocol):
    def start(self, name: str, work: Coroutine[Any, Any, Any], *, cancel_at_close: bool = False) -> object: ...
