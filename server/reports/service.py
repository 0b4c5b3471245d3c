"""Use cases of reports: read what is stored, add it up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from server.clock import Now
from server.errors import AppError
from server.periods import Period, period_of
from server.principals import Person
from server.reports import rules
from server.reports.model import Report
from server.reports.ports import EventStore, Sites


@dataclass(frozen=True, slots=True)
class Summary:
    period: Period
    site_id: str | None
    report: Report


class ReportService:
    def __init__(self, *, store: EventStore, sites: Sites, now: Now) -> None:
        self._store = store
        self._sites = sites
        self._now = now

    async def summary(self, who: Person, query: Mapping[str, str]) -> Summary:
        """Return the report that a request's query names: siteId, fromMs, toMs, timeZone; each may be missing.

        Raises:
            AppError: not_found for a foreign site; value_invalid for a wrong period; unavailable when it takes the
                database too long.
        """
        site_id = query.get("siteId") or None
        if site_id is not None and not self._sites.known(who.tenant_id, site_id):
            raise AppError("not_found")
        period = period_of(query, self._now(), await self._sites.time_zone(who.tenant_id, site_id))
        events = await self._store.events(who.tenant_id, site_id, period)
        # A year of a busy shop takes a moment to add up; chats shall not wait for it.
        report = await asyncio.to_thread(rules.summarise, period, events)
        return Summary(period, site_id, report)
