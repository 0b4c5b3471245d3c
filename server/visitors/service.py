"""Use cases of visitors: load, ask a rule, save, announce."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from weakref import WeakValueDictionary

import structlog

from server.clock import Now
from server.errors import AppError
from server.ids import NewId
from server.principals import Visitor
from server.visitors import rules
from server.visitors.model import Attribution, Card, Page, Visit, VisitorRecord
from server.visitors.ports import Announcer, Presence, Tasks, VisitLog, VisitorStore

# A page change closes one socket and opens the next; until then the visitor has not left.
GRACE_S = 10.0
# Staff hear of one visitor at most this often; what happens in between is told together.
APART_S = 0.5
# Who could not be read because the database did not answer is told this much later.
AGAIN_S = 2.0
LISTED = 500
LEAVING_AT_ONCE = 4
_TRIES = 6

Sleep = Callable[[float], Awaitable[None]]
Key = tuple[str, str]

log = structlog.get_logger("visitors")


class VisitorService:
    def __init__(
        self,
        *,
        store: VisitorStore,
        announcer: Announcer,
        presence: Presence,
        tasks: Tasks,
        now: Now,
        new_id: NewId,
        sleep: Sleep,
        visit_log: VisitLog | None = None,
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._presence = presence
        self._tasks = tasks
        self._now = now
        self._new_id = new_id
        self._sleep = sleep
        self._visit_log = visit_log
        # Visitors who started a visit on this server and have not left; by account.
        self._here: dict[str, dict[str, None]] = {}
        self._leaving: set[Key] = set()
        self._told_at: dict[Key, datetime] = {}
        self._to_tell: set[Key] = set()
        # When hundreds leave in one moment, those who are still here do not wait for it.
        self._few_at_once = asyncio.Semaphore(LEAVING_AT_ONCE)
        # Each goes when nobody holds or waits for it.
        self._turns: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()

    async def start(self, who: Visitor, page: Page, told: Mapping[str, str] | None) -> VisitorRecord:
        """Begin or continue a visit. Said again after a reconnect it changes nothing but the page.

        Args:
            told: the attribution as the browser has it, by its wire names; None lets the rule derive it.
        """
        self._here.setdefault(who.tenant_id, {})[who.visitor_id] = None
        record = await self._changed(
            who,
            page,
            told,
            lambda known, now: rules.came(known, page, told, self._new_id(), who.locale, who.time_zone, now),
        )
        if not self._presence.is_online_visitor(who.tenant_id, who.visitor_id):
            self._wait_whether_gone(who.tenant_id, who.visitor_id)  # left while we were writing
        self._tell_soon(who.tenant_id, who.visitor_id)
        return record

    async def page(self, who: Visitor, page: Page) -> VisitorRecord:
        """Note that the visitor went to another page."""
        record = await self._changed(who, page, None, lambda known, now: rules.moved(known, page, now))
        self._tell_soon(who.tenant_id, who.visitor_id)
        return record

    async def left(self, who: Visitor) -> None:
        """A tab closed. The visitor is gone when no other tab is there after a grace."""
        if self._is_here(who.tenant_id, who.visitor_id):
            self._wait_whether_gone(who.tenant_id, who.visitor_id)

    async def online(self, tenant_id: str) -> list[Card]:
        """Return the visitors on the account's sites right now, the newest first, at most 500."""
        here = list(self._here.get(tenant_id, ()))[-LISTED:]
        return [Card(record, online=True) for record in await self._store.visitors(tenant_id, here)]

    async def cards(self, tenant_id: str, visitor_ids: Collection[str]) -> dict[str, Card]:
        """Return cards of the visitors that are known, by id."""
        records = await self._store.visitors(tenant_id, set(visitor_ids))
        return {record.id: self._card(record) for record in records}

    async def visitor(self, tenant_id: str, visitor_id: str) -> VisitorRecord:
        """Return what is kept of a visitor.

        Raises:
            AppError: not_found.
        """
        record = await self._store.visitor(tenant_id, visitor_id)
        if record is None:
            raise AppError("not_found")
        return record

    async def conversation_started(self, who: Visitor, conversation_id: str) -> None:
        """Remember the visitor's conversation; a visitor nobody knows yet is made known."""
        record = await self._store.set_conversation(who.tenant_id, who.visitor_id, conversation_id)
        if record is None:
            await self._known(who, Page(""), None)
            await self._store.set_conversation(who.tenant_id, who.visitor_id, conversation_id)
        self._tell_soon(who.tenant_id, who.visitor_id)

    async def name_visitor(self, tenant_id: str, visitor_id: str, name: str) -> None:
        """Keep the name that the visitor gave; an empty one changes nothing."""
        name = rules.clean_line(name, rules.MAX_NAME)
        if name and await self._store.set_name(tenant_id, visitor_id, name):
            self._tell_soon(tenant_id, visitor_id)

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _changed(
        self,
        who: Visitor,
        page: Page,
        told: Mapping[str, str] | None,
        change: Callable[[VisitorRecord, datetime], VisitorRecord],
    ) -> VisitorRecord:
        key = (who.tenant_id, who.visitor_id)
        turn = self._turns.setdefault(key, asyncio.Lock())
        async with turn:  # the tabs of one visitor take turns, or many at once would only refuse each other
            for _ in range(_TRIES):
                known, is_new = await self._known(who, page, told)
                if is_new:
                    return known
                changed = change(known, _rounded(self._now()))
                if changed == known:
                    return changed
                if await self._store.save(changed):
                    if changed.visit.id != known.visit.id:
                        self._write_soon(known, changed)
                    return changed
        raise AppError("unavailable")

    async def _known(self, who: Visitor, page: Page, told: Mapping[str, str] | None) -> tuple[VisitorRecord, bool]:
        """Return the stored record, made now if there was none; True when made."""
        record = await self._store.visitor(who.tenant_id, who.visitor_id)
        if record is not None:
            return record, False
        now = _rounded(self._now())
        attribution = rules.attribution_of(page, told) if page.url or told else Attribution()
        record = VisitorRecord(
            id=who.visitor_id,
            tenant_id=who.tenant_id,
            site_id=who.site_id,
            number=await self._store.next_number(who.tenant_id),
            locale=who.locale,
            time_zone=who.time_zone,
            first_seen_at=now,
            last_seen_at=now,
            visits=1,
            visit=Visit(self._new_id(), now, attribution),
            first_touch=attribution,
        )
        record = rules.first_visit(record, page, now)
        if await self._store.add(record):
            self._write_soon(None, record)
            return record, True
        return await self.visitor(who.tenant_id, who.visitor_id), False

    def _is_here(self, tenant_id: str, visitor_id: str) -> bool:
        return visitor_id in self._here.get(tenant_id, ())

    def _card(self, record: VisitorRecord) -> Card:
        return Card(record, self._is_here(record.tenant_id, record.id))

    def _wait_whether_gone(self, tenant_id: str, visitor_id: str) -> None:
        key = (tenant_id, visitor_id)
        if key not in self._leaving and not self._presence.is_online_visitor(*key):
            self._leaving.add(key)
            self._tasks.start("visitor leaving", self._go_after_grace(key, self._now()), cancel_at_close=True)

    async def _go_after_grace(self, key: Key, left_at: datetime) -> None:
        tenant_id, visitor_id = key
        try:
            await self._sleep(GRACE_S)
        finally:
            self._leaving.discard(key)
        if self._presence.is_online_visitor(tenant_id, visitor_id):
            return
        here = self._here.get(tenant_id, {})
        here.pop(visitor_id, None)
        if not here:
            self._here.pop(tenant_id, None)
        try:
            async with self._few_at_once:
                record = await self._store.visitor(tenant_id, visitor_id)
                if record is not None:
                    gone = rules.seen(record, _rounded(left_at))
                    # Lost to a page change at the same moment, which is the better news anyway.
                    await self._store.save(gone)
                    if self._visit_log is not None:
                        await self._write(self._visit_log, gone, None)
        except AppError as problem:  # when it was is lost; that it was is not
            log.warning("leaving_not_kept", code=problem.code)
        self._tell_soon(tenant_id, visitor_id)

    def _write_soon(self, ended: VisitorRecord | None, started: VisitorRecord | None) -> None:
        """Write to the visit log beside what the visitor waits for; reports may be late, a page may not."""
        if self._visit_log is not None:
            self._tasks.start("visit logged", self._write(self._visit_log, ended, started))

    async def _write(self, visit_log: VisitLog, ended: VisitorRecord | None, started: VisitorRecord | None) -> None:
        try:
            if started is not None:
                await visit_log.started(started)
            if ended is not None:
                await visit_log.ended(ended)
        except AppError as problem:  # the next end of this visit writes the same again
            log.warning("visit_not_logged", code=problem.code)

    def _tell_soon(self, tenant_id: str, visitor_id: str) -> None:
        key = (tenant_id, visitor_id)
        if key not in self._to_tell:
            self._to_tell.add(key)
            self._tasks.start("visitor told", self._tell(key), cancel_at_close=True)

    async def _tell(self, key: Key) -> None:
        try:
            wait_s = rules.wait_s(self._told_at.get(key), self._now(), APART_S)
            if wait_s > 0:
                await self._sleep(wait_s)
        finally:
            self._to_tell.discard(key)  # what happens from here on is not in this telling
        try:
            record = await self._store.visitor(*key)
        except AppError as problem:
            log.warning("visitor_not_told", code=problem.code)
            await self._sleep(AGAIN_S)
            self._tell_soon(*key)
            return
        if record is None:
            return
        self._told_at[key] = self._now()
        self._announcer.visitor(key[0], self._card(record))
        if not self._is_here(*key):
            self._told_at.pop(key, None)


def _rounded(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
