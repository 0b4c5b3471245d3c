"""From stored events to a report. Pure: values come in, values go out."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import TypeVar

from server.periods import Period, days_of, local_day
from server.reports.model import Call, Chat, Events, Landed, Numbers, Report, Source

ROWS = 200
Key = TypeVar("Key", bound=Hashable)


class _Sum:
    """One line while it is added up."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = defaultdict(int)
        self.responses: list[int] = []
        self.connects: list[int] = []

    def add(self, names: Iterable[str], response_ms: int | None, connect_ms: int | None) -> None:
        for name in names:
            self.counts[name] += 1
        if response_ms is not None:
            self.responses.append(response_ms)
        if connect_ms is not None:
            self.connects.append(connect_ms)

    def numbers(self) -> Numbers:
        return Numbers(
            **self.counts,
            first_response_median_ms=median_of(self.responses),
            first_response_p90_ms=quantile(self.responses, 0.9),
            connect_median_ms=median_of(self.connects),
            connect_p90_ms=quantile(self.connects, 0.9),
        )


def median_of(values: Sequence[int]) -> int | None:
    """Return the middle value, None of nothing."""
    return round(median(values)) if values else None


def quantile(values: Sequence[int], part: float) -> int | None:
    """Return the smallest value that at least `part` of all do not exceed, None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    whole = len(ordered) * round(part * 1000)
    return ordered[max(0, -(-whole // 1000) - 1)]


def summarise(period: Period, events: Events) -> Report:
    """Return the report of a period.

    What somebody did counts on its own local day, and on the landing page and for the source of the visit during which
    it happened; without a known visit it counts in the totals and on its day.
    """
    totals = _Sum()
    by_day: dict[str, _Sum] = {day: _Sum() for day in days_of(period)}
    by_page: dict[str, _Sum] = defaultdict(_Sum)
    by_source: dict[Source, _Sum] = defaultdict(_Sum)
    for day, count in events.visits.by_day.items():
        totals.counts["visits"] += count
        by_day.setdefault(day, _Sum()).counts["visits"] = count
    for page, count in events.visits.by_page.items():
        by_page[page].counts["visits"] = count
    for source, count in events.visits.by_source.items():
        by_source[source].counts["visits"] = count
    visits = _Visits(events.landed)

    def add(
        visitor_id: str, at: datetime, names: Iterable[str], response_ms: int | None, connect_ms: int | None
    ) -> None:
        sums = [totals, by_day.setdefault(local_day(at, period.zone).isoformat(), _Sum())]
        visit = visits.during(visitor_id, at)
        if visit is not None:
            sums += [by_page[visit.page], by_source[visit.source]]
        for one in sums:
            one.add(names, response_ms, connect_ms)

    for chat in events.chats:
        add(chat.visitor_id, chat.at, *_of_chat(chat))
    for call in events.calls:
        add(call.visitor_id, call.at, *_of_call(call))
    for happened in events.happened:
        add(happened.visitor_id, happened.at, happened.names, None, None)
    return Report(
        totals=totals.numbers(),
        by_day=tuple((day, one.numbers()) for day, one in sorted(by_day.items())),
        by_page=_largest(by_page),
        by_source=_largest(by_source),
        complete=events.complete,
    )


def _of_chat(chat: Chat) -> tuple[list[str], int | None, None]:
    if chat.answered_at is None:
        return ["chats"], None, None
    return ["chats", "chats_answered"], _ms(chat.at, chat.answered_at), None


def _of_call(call: Call) -> tuple[list[str], None, int | None]:
    if not call.talked:
        # Whoever called it off did not miss it.
        missed = call.over and call.state != "canceled"
        return ["callbacks_requested", *(["callbacks_missed"] if missed else [])], None, None
    return ["callbacks_requested", "callbacks_connected"], None, connected_ms(call)


def connected_ms(call: Call) -> int | None:
    """Return how long it took until both were on the line; None when that is not known."""
    visitor = [party.answered_at for party in call.parties if party.role == "visitor" and party.answered_at]
    consultant = [party.accepted_at for party in call.parties if party.role == "consultant" and party.accepted_at]
    if not visitor or not consultant:
        return None
    return _ms(call.wanted_at, max(min(visitor), min(consultant)))


def _ms(start: datetime, end: datetime) -> int:
    return max(0, round((end - start).total_seconds() * 1000))


def _largest(sums: Mapping[Key, _Sum]) -> tuple[tuple[Key, Numbers], ...]:
    rows = sorted(sums.items(), key=lambda row: (-row[1].counts["visits"], -sum(row[1].counts.values()), str(row[0])))
    return tuple((key, one.numbers()) for key, one in rows[:ROWS])


class _Visits:
    """Visits by visitor and time."""

    def __init__(self, landed: Iterable[Landed]) -> None:
        self._visits: dict[str, list[Landed]] = defaultdict(list)
        for visit in landed:
            self._visits[visit.visitor_id].append(visit)
        for visits in self._visits.values():
            visits.sort(key=lambda visit: visit.at)
        self._times = {id: [visit.at for visit in visits] for id, visits in self._visits.items()}

    def during(self, visitor_id: str, at: datetime) -> Landed | None:
        """Return the visitor's last visit that had begun by then."""
        place = bisect_right(self._times.get(visitor_id, []), at)
        return self._visits[visitor_id][place - 1] if place else None
