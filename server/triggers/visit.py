"""A visit while it lasts: what its pages told, in memory. No IO; `service` loads, decides and saves."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.triggers.conditions import page_view, plain
from server.triggers.model import (
    NOTHING_SHOWN,
    Code,
    Facts,
    History,
    Inviter,
    PageView,
    Peak,
    Scalar,
    Summary,
)
from server.triggers.ports import Seen
from server.triggers.rules import Watch, watched_of

MAX_PAGES = 20
MAX_EVENTS = 50
MAX_TOLD = 10


@dataclass(frozen=True, slots=True)
class Signal:
    """A fact as the browser told it. `url` is the page it is about; None is the one the visitor is on."""

    kind: str
    value: int = 0
    url: str | None = None
    name: str = ""
    data: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(slots=True)
class Mark:
    """One page of the visit: what holds now (`time_s`, `scroll`) and the most there was (`peak`)."""

    view: PageView
    peak: Peak
    time_s: int = 0
    scroll: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """What is true at this very moment only."""

    exit: str | None = None
    idle_s: int = 0


NOW_NOTHING = Moment()


class VisitState:
    """One visitor's visit. `history` is what was shown as far as this server knows; `noted` are logged decisions."""

    def __init__(self, tenant_id: str, site_id: str, visitor_id: str, seen: Seen, now: datetime) -> None:
        self.tenant_id = tenant_id
        self.site_id = site_id
        self.visitor_id = visitor_id
        self.seen = seen
        self.history: History = NOTHING_SHOWN
        self.noted: set[tuple[str, Code]] = set()
        self.lock = asyncio.Lock()
        self.last_at = now
        self.is_dirty = True
        self.is_stored = False
        self.told: tuple[Watch, ...] = ()
        self._marks: OrderedDict[str, Mark] = OrderedDict()
        self._events: dict[str, tuple[Mapping[str, str], ...]] = {}
        self._watched: dict[str, int] = {}
        self._took_page(seen)
        self._fold()

    @property
    def here(self) -> Mark:
        """The page that was come to last."""
        return self._marks[self.seen.url]

    def came(self, seen: Seen, now: datetime, *, anew: bool) -> None:
        """Take a page: `anew` is a page change, which starts its time and depth over; else it may be a reconnect."""
        self.seen = seen
        if anew:
            mark = self._marks.get(seen.url)
            if mark is not None:
                mark.time_s = mark.scroll = 0
        self._took_page(seen)
        self._fold()
        self._touched(now)

    def _fold(self) -> None:
        seen = self.seen
        self._locale = seen.locale.casefold()
        self._utm = {part: plain(value) for part, value in seen.utm.items()}
        self._referrer = plain(seen.referrer)

    def _took_page(self, seen: Seen) -> None:
        mark = self._marks.get(seen.url)
        if mark is None:
            self._marks[seen.url] = Mark(page_view(seen.url, seen.title), Peak(seen.url, seen.title))
            while len(self._marks) > MAX_PAGES:
                self._marks.popitem(last=False)
        else:
            self._marks.move_to_end(seen.url)

    def took(self, signal: Signal, now: datetime) -> tuple[Mark, Moment] | None:
        """Take a fact; return the page it is about and what holds at this moment, or None when it says nothing."""
        mark = self.here if signal.url is None else self._marks.get(signal.url)
        if mark is None:
            return None  # a page that is not of this visit, or of another site
        moment = NOW_NOTHING
        peak = mark.peak
        match signal.kind:
            case "time":
                mark.time_s = max(mark.time_s, signal.value)
                mark.peak = replace(peak, time_s=max(peak.time_s, signal.value))
            case "scroll":
                mark.scroll = max(mark.scroll, min(signal.value, 100))
                mark.peak = replace(peak, scroll=max(peak.scroll, mark.scroll))
            case "idle":
                moment = Moment(idle_s=signal.value)
                mark.peak = replace(peak, idle_s=max(peak.idle_s, signal.value))
            case "exit":
                device = signal.name or "desktop"
                if device not in ("desktop", "touch"):
                    return None
                moment = Moment(exit=device)
                mark.peak = replace(peak, exits=tuple(sorted({*peak.exits, device})))
            case "event":
                if not self._took_event(signal):
                    return None
            case _:
                return None
        self._touched(now)
        return mark, moment

    def _took_event(self, signal: Signal) -> bool:
        if not signal.name or (signal.name not in self._events and len(self._events) >= MAX_EVENTS):
            return False
        data = {name: plain(value) for name, value in signal.data.items()}
        before = self._events.get(signal.name, ())
        if data not in before:
            self._events[signal.name] = (*before, data)[-MAX_TOLD:]
        return True

    def asked(self, watch: Iterable[Watch]) -> None:
        """Note that the browser was asked to report these."""
        self._watched = watched_of(watch, self._watched)

    def _touched(self, now: datetime) -> None:
        self.last_at = now
        self.is_dirty = True

    def facts(
        self, mark: Mark, moment: Moment, day: str, consultant: Inviter | None, is_open: bool, engaged: str | None
    ) -> Facts:
        return Facts(
            visit_id=self.seen.visit_id,
            visitor_id=self.visitor_id,
            page=mark.view,
            day=day,
            time_s=mark.time_s,
            scroll=mark.scroll,
            exit=moment.exit,
            idle_s=moment.idle_s,
            pages=self.seen.pages,
            returning=self.seen.returning,
            locale=self._locale,
            referrer=self._referrer,
            utm=self._utm,
            events=self._events,
            consultant=consultant,
            is_open=is_open,
            engaged=engaged,
        )

    # -- a server that starts again --------------------------------------------------------------------------------

    def remember(self, summary: Summary) -> None:
        """Take back what was written down of this visit before."""
        for peak in summary.peaks:
            mark = self._marks.get(peak.url)
            if mark is not None:
                mark.peak = peak
            elif len(self._marks) < MAX_PAGES:
                self._marks[peak.url] = Mark(page_view(peak.url, peak.title), peak)
                self._marks.move_to_end(peak.url, last=False)
        self._events = {**summary.events, **self._events}
        self._watched = {**summary.watched, **self._watched}
        self.is_stored = True

    def summary(self) -> Summary:
        return Summary(
            tenant_id=self.tenant_id,
            site_id=self.site_id,
            visitor_id=self.visitor_id,
            visit_id=self.seen.visit_id,
            started_at=self.seen.started_at,
            updated_at=self.last_at,
            locale=self._locale,
            returning=self.seen.returning,
            pages=self.seen.pages,
            referrer=self._referrer,
            utm=self._utm,
            peaks=tuple(mark.peak for mark in self._marks.values()),
            events=dict(self._events),
            watched=self._watched,
        )
