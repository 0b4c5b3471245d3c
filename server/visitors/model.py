"""Visitors and their visits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the browser told it, cleaned. `url` is empty when it was not one that may be kept."""

    url: str
    title: str = ""
    referrer: str = ""


@dataclass(frozen=True, slots=True)
class TrailEntry:
    url: str
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where a visit came from. None: nothing is known about that part."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    term: str | None = None
    content: str | None = None
    referrer: str | None = None
    landing_url: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A stay on the site; it ends by 30 minutes without a sign of life. `pages` counts page views."""

    id: str
    started_at: datetime
    attribution: Attribution
    pages: int = 0


@dataclass(frozen=True, slots=True)
class VisitorRecord:
    """What is kept of a visitor. `trail` is oldest first, at most 50 entries; `version` grows with every change.

    `first_touch` is where the very first visit came from, `visit.attribution` the last touch.
    """

    id: str
    tenant_id: str
    site_id: str
    number: int
    locale: str
    time_zone: str
    first_seen_at: datetime
    last_seen_at: datetime
    visits: int
    visit: Visit
    trail: tuple[TrailEntry, ...] = ()
    name: str | None = None
    conversation_id: str | None = None
    version: int = 0
    first_touch: Attribution | None = None

    @property
    def page(self) -> TrailEntry | None:
        return self.trail[-1] if self.trail else None


@dataclass(frozen=True, slots=True)
class Card:
    """A visitor as consultants see it: what is kept, and whether the visitor is there."""

    record: VisitorRecord
    online: bool
