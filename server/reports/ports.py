"""What reports need of the outside."""

from __future__ import annotations

from typing import Protocol

from server.periods import Period
from server.reports.model import Events


class EventStore(Protocol):
    async def events(self, tenant_id: str, site_id: str | None, period: Period) -> Events:
        """Return what is stored of a period, of one site or of the whole account.

        Raises:
            AppError: unavailable when it takes the database too long; a shorter period helps.
        """


class Sites(Protocol):
    def known(self, tenant_id: str, site_id: str) -> bool: ...

    async def time_zone(self, tenant_id: str, site_id: str | None) -> str:
        """Return the site's IANA zone, of the account's first site without one; UTC when nobody has chosen any."""
