"""What people ask of callbacks: a visitor asks for one or cancels it, a consultant starts, lists and steers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from server.callback import eta, hours
from server.callback.dialling import TIME_LIMIT_S
from server.callback.engine import Engine, SettingsOf
from server.callback.guards import (
    LIMITS,
    SHORT_TALKS,
    Limits,
    RateCard,
    asks_first,
    budget_of,
    mask,
    network_key,
    phone_key,
)
from server.callback.model import Callback, CallingSettings, Event, Promise, Step
from server.callback.offer import Offer, opening_of, refuse_closed
from server.callback.ports import (
    Blocks,
    CallbackStore,
    Chat,
    Chats,
    Consultants,
    Counters,
    Counts,
    Department,
    EtaSamples,
    Ledger,
    OpenAlready,
    SameRequest,
    Sites,
    Timeline,
    Visitors,
    VisitorView,
)
from server.callback.rules import advance
from server.callback.screening import Phone, is_callable, read_phone
from server.clock import Now
from server.errors import AppError
from server.ids import NewId
from server.principals import Person, Visitor

log = structlog.get_logger("callback")

FURTHEST = timedelta(days=30)
NOW_ENOUGH = timedelta(seconds=60)
TOLD_FOR = timedelta(minutes=30)
LISTED = 200


@dataclass(frozen=True, slots=True)
class Request:
    """What a visitor asks for. `at` None means now; `consent` None means not said."""

    client_request_id: str
    phone: str | None = None
    region: str | None = None
    via: str = "phone"
    name: str | None = None
    topic: str | None = None
    department_id: str | None = None
    at: datetime | None = None
    consent: bool | None = None
    from_conversation: bool | str | None = None


@dataclass(frozen=True, slots=True)
class _Asker:
    """Who is behind a request: the visitor, perhaps through a consultant."""

    tenant_id: str
    site_id: str
    visitor_id: str
    locale: str
    time_zone: str
    network: str | None
    preferred: str | None
    by_consultant: bool


class CallbackService:
    def __init__(
        self,
        store: CallbackStore,
        engine: Engine,
        settings_of: SettingsOf,
        sites: Sites,
        consultants: Consultants,
        chats: Chats,
        timeline: Timeline,
        visitors: Visitors,
        counters: Counters,
        ledger: Ledger,
        samples: EtaSamples,
        blocks: Blocks,
        counts: Counts,
        secret: str,
        now: Now,
        new_id: NewId,
        rates: RateCard,
        limits: Limits = LIMITS,
    ) -> None:
        self._store = store
        self._engine = engine
        self._settings_of = settings_of
        self._sites = sites
        self._consultants = consultants
        self._chats = chats
        self._timeline = timeline
        self._visitors = visitors
        self._counters = counters
        self._ledger = ledger
        self._samples = samples
        self._blocks = blocks
        self._counts = counts
        self._secret = secret
        self._now = now
        self._new_id = new_id
        self._rates = rates
        self._limits = limits

    async def request(self, who: Visitor, asked: Request) -> Callback:
        """Accept a callback: it is stored before anything is dialled. The same request id gets the same callback.

        Raises:
            AppError: callback_via_unavailable, phone_*, consent_required, callback_closed, callback_time_invalid,
                callback_duplicate, callback_id_reused, callback_limit, budget_stopped, not_found. None is stored then.
        """
        chat = await self._chat_of(who, asked.from_conversation)
        asker = _Asker(
            who.tenant_id,
            who.site_id,
            who.visitor_id,
            who.locale,
            who.time_zone,
            network_key(who.ip),
            chat.assignee_id if chat else None,
            by_consultant=False,
        )
        return await self._accept(asker, asked, chat)

    async def start(self, who: Person, conversation_id: str, request_id: str, phone: str | None) -> Callback | None:
        """Turn a chat into a call. Without a phone the visitor is asked for one in the chat, and None is returned.

        Raises:
            AppError: as `request`; not_found for a conversation of another account.
        """
        chat = await self._chats.find(who.tenant_id, conversation_id)
        if chat is None:
            raise AppError("not_found")
        if phone is None or not phone.strip():
            await self._timeline.post_event(
                who.tenant_id, conversation_id, "call_offered", {"name": who.name}, f"offer:{request_id}"
            )
            return None
        view = await self._visitors.view(who.tenant_id, chat.visitor_id)
        asker = _Asker(
            who.tenant_id,
            chat.site_id,
            chat.visitor_id,
            view.locale if view else "",
            view.time_zone if view else "",
            None,
            who.person_id,
            by_consultant=True,
        )
        return await self._accept(asker, Request(request_id, phone=phone), chat)

    async def cancel(self, who: Visitor, callback_id: str) -> Callback:
        """End the visitor's own callback; no phone rings after it. Again gives the same answer.

        Raises:
            AppError: not_found; callback_ended, it ended in another way before.
        """
        found = await self._store.find(who.tenant_id, callback_id)
        if found is None or found.visitor_id != who.visitor_id or found.site_id != who.site_id:
            raise AppError("not_found")
        return await self._cancel(found)

    async def control(self, who: Person, callback_id: str, action: str) -> Callback:
        """Steer a running callback; `cancel` is the only action yet.

        Raises:
            AppError: not_found, callback_ended.
        """
        found = await self._store.find(who.tenant_id, callback_id)
        if found is None:
            raise AppError("not_found")
        return await self._cancel(found)

    async def _cancel(self, found: Callback) -> Callback:
        after, changed = await self._engine.apply(found.tenant_id, found.id, Event("cancel"))
        if after is None:
            raise AppError("not_found")
        if not changed and after.state != "canceled":
            raise AppError("callback_ended")
        return after

    async def newest(self, who: Person) -> list[Callback]:
        """Return the account's newest 200 callbacks, the newest first."""
        return await self._store.newest(who.tenant_id, LISTED)

    async def open_of(self, who: Visitor) -> Callback | None:
        """Return the visitor's callback that has not ended."""
        return await self._store.open_of_visitor(who.tenant_id, who.site_id, who.visitor_id)

    async def to_show(self, who: Visitor) -> Callback | None:
        """Return the visitor's open callback, else one that ended a short while ago: nobody may have listened."""
        newest = await self._store.last_of_visitor(who.tenant_id, who.visitor_id)
        if newest is None or (newest.site_id == who.site_id and not newest.is_over):
            return newest
        opened = await self.open_of(who)
        is_news = newest.site_id == who.site_id and newest.state != "canceled"
        if opened is None and is_news and self._now() - newest.updated_at < TOLD_FOR:
            return newest
        return opened

    async def offer(self, tenant_id: str, site_id: str) -> Offer:
        """Return what may be promised now; a figure only from measured calls and while somebody can answer."""
        settings = await self._settings_of(tenant_id, site_id)
        rows = await self._consultants.in_dial_order(tenant_id, site_id)
        reachable = [row for row in rows if is_callable(row[2])]
        told = opening_of(settings, self._now())
        callable = bool(reachable and settings.callable_regions)
        if told.closed is not None:
            return replace(told, offered=callable and told.closed != "message" and told.opens_at is not None)
        if not callable or settings.order != "consultant_first" or all(row[4] == "away" for row in reachable):
            return replace(told, offered=callable)
        found = await self._estimate(tenant_id, site_id)
        return replace(told, offered=True, eta_s=found.eta_s if found else None)

    async def _estimate(self, tenant_id: str, site_id: str) -> eta.Estimate | None:
        samples = await self._samples.latest(tenant_id, site_id)
        if len(samples) < eta.LEAST_SAMPLES:
            return None
        return eta.estimate(samples, 0.0, await self._samples.quantile(tenant_id, site_id))

    # Accepting

    async def _chat_of(self, who: Visitor, wanted: bool | str | None) -> Chat | None:
        if not wanted:
            return None
        chat = await self._chats.of_visitor(who.tenant_id, who.visitor_id)
        if chat is None or (isinstance(wanted, str) and chat.conversation_id != wanted):
            if wanted is True:
                return None
            raise AppError("not_found")
        return chat

    async def _accept(self, asker: _Asker, asked: Request, chat: Chat | None) -> Callback:
        try:
            return await self._screen(asker, asked, chat)
        except AppError as refused:
            self._counts.callback_rejected(refused.code)
            log.info("callback_rejected", code=refused.code, site=asker.site_id)
            raise

    async def _screen(self, asker: _Asker, asked: Request, chat: Chat | None) -> Callback:
        settings = await self._settings_of(asker.tenant_id, asker.site_id)
        phone = await self._phone(asker, asked, settings)
        key = phone_key(self._secret, phone.e164)
        before, is_blocked, opened, last, view, promised = await asyncio.gather(
            self._same_request(asker, asked, phone),
            self._blocks.phone_blocked(asker.tenant_id, phone.e164),
            self._store.open_to(asker.tenant_id, asker.site_id, key),
            self._store.last_to(asker.tenant_id, key, SHORT_TALKS),
            self._visitors.view(asker.tenant_id, asker.visitor_id),
            self._estimate(asker.tenant_id, asker.site_id),
        )
        if before is not None:
            return before
        if asked.via != "phone":
            raise AppError("callback_via_unavailable")
        if is_blocked:
            raise AppError("phone_blocked")
        if settings.recording == "explicit" and asked.consent is None and not asker.by_consultant:
            raise AppError("consent_required")
        if not asker.by_consultant:
            refuse_closed(settings, self._now())
        callback = self._compose(asker, asked, chat, settings, phone, key, view, promised)
        callback = replace(callback, asks_first=asks_first(last))
        if opened is not None:
            raise _duplicate(opened, asker)
        await self._refuse_broke(asker, phone, settings)
        return await self._store_within_limits(asker, asked, callback, settings)

    async def _phone(self, asker: _Asker, asked: Request, settings: CallingSettings) -> Phone:
        site = self._sites.find(asker.tenant_id, asker.site_id)
        if site is None:
            raise AppError("not_found")
        text = asked.phone
        if text is None or not text.strip():
            before = await self._store.by_request(
                asker.tenant_id, asker.site_id, asker.visitor_id, asked.client_request_id
            ) or await self._store.last_of_visitor(asker.tenant_id, asker.visitor_id)
            if before is None:
                raise AppError("phone_required")
            text = before.phone
        return read_phone(text, asked.region, site.country, settings.callable_regions)

    async def _same_request(self, asker: _Asker, asked: Request, phone: Phone) -> Callback | None:
        before = await self._store.by_request(asker.tenant_id, asker.site_id, asker.visitor_id, asked.client_request_id)
        if before is not None and before.phone != phone.e164:
            raise AppError("callback_id_reused")
        return before

    def _compose(
        self,
        asker: _Asker,
        asked: Request,
        chat: Chat | None,
        settings: CallingSettings,
        phone: Phone,
        key: str,
        view: VisitorView | None,
        promised: eta.Estimate | None,
    ) -> Callback:
        now = self._now()
        site = self._sites.find(asker.tenant_id, asker.site_id)
        department = self._department(asker, asked)
        topic = _text(asked.topic)
        callback = Callback(
            id=self._new_id(),
            tenant_id=asker.tenant_id,
            site_id=asker.site_id,
            visitor_id=asker.visitor_id,
            client_request_id=asked.client_request_id,
            phone=phone.e164,
            phone_key=key,
            region=phone.region,
            order=settings.order,
            recording=settings.recording,
            created_at=now,
            updated_at=now,
            name=_text(asked.name) or (view.name if view else None),
            site_name=site.name if site else "",
            topic=topic or (department.name if department else None),
            department_id=asked.department_id if department else None,
            topics=dict(department.names) if department and not topic else {},
            locale=asker.locale or "en",
            time_zone=asker.time_zone or "UTC",
            page=view.page if view else None,
            conversation_id=chat.conversation_id if chat else None,
            preferred_person_id=asker.preferred,
            chat_topic=_text(chat.topic) if chat else None,
            consent=asked.consent if not asker.by_consultant else None,
            due_at=now,
            version=1,
        )
        chosen = self._time(asked.at, settings, now)
        if chosen is not None:
            return replace(callback, state="scheduled", chosen_at=chosen, opens_at=chosen, due_at=chosen)
        if promised is None or settings.order != "consultant_first":
            return callback
        return replace(callback, eta_s=promised.eta_s, promise=Promise(promised.low_s, promised.high_s, now))

    def _department(self, asker: _Asker, asked: Request) -> Department | None:
        """Return what the visitor chose; one that is gone meanwhile is no reason to lose the call."""
        if asked.department_id is None:
            return None
        return self._consultants.department(asker.tenant_id, asker.site_id, asked.department_id)

    def _time(self, at: datetime | None, settings: CallingSettings, now: datetime) -> datetime | None:
        """Return when to call, None for now.

        Raises:
            AppError: callback_time_invalid: past, too far, outside the hours, or the site never opens.
        """
        if at is not None:
            if at < now - NOW_ENOUGH or at > now + FURTHEST or not hours.is_open(settings.hours, max(at, now)):
                raise AppError("callback_time_invalid")
            return at if at > now else None
        opens = hours.next_opening(settings.hours, now)
        if opens is None:
            raise AppError("callback_time_invalid")
        return opens if opens > now else None

    async def _refuse_open(self, asker: _Asker, key: str) -> None:
        before = await self._store.open_to(asker.tenant_id, asker.site_id, key)
        if before is not None:
            raise _duplicate(before, asker)

    async def _refuse_broke(self, asker: _Asker, phone: Phone, settings: CallingSettings) -> None:
        budget = budget_of(settings)
        if not budget.is_capped:
            return
        worst = self._rates.micros(phone.e164, TIME_LIMIT_S, budget.currency)
        if not await self._ledger.has_room(asker.tenant_id, asker.site_id, 2 * worst, budget, self._now()):
            raise AppError("budget_stopped")

    async def _store_within_limits(
        self, asker: _Asker, asked: Request, requested: Callback, settings: CallingSettings
    ) -> Callback:
        """Count the request and store it, or count nothing and store nothing."""
        hit = f"{asker.visitor_id}:{asked.client_request_id}"
        keys = [
            (f"number:{requested.phone_key}", self._limits.number),
            (f"site:{asker.tenant_id}:{asker.site_id}", self._limits.site),
        ]
        if asker.network is not None:
            keys.append((f"network:{phone_key(self._secret, asker.network)}", self._limits.network))
        waits_s = await asyncio.gather(*(self._counters.take(key, hit, windows, self._now()) for key, windows in keys))
        if any(waits_s):
            await self._uncount([key for (key, _), wait_s in zip(keys, waits_s, strict=True) if not wait_s], hit)
            await self._refuse_open(asker, requested.phone_key)
            raise AppError("callback_limit", retryAfterS=max(waits_s))
        await self._engine.checkpoint("before_insert")
        steps = [Step("1.0", "alert", None, {"kind": "callback_requested"})]
        if requested.conversation_id is not None:
            steps.insert(0, Step("1.1", "line", None, {"name": "call_requested"}))
            if requested.opens_at is not None:
                steps.insert(1, Step("1.2", "line", None, {"name": "call_scheduled", "at": requested.opens_at}))
        # The first move needs nobody: it is stored in the same write.
        callback, more = advance(requested, Event("due"), self._now(), settings)
        steps += more
        try:
            await self._store.add(callback, tuple(steps))
        except SameRequest:
            before = await self._store.by_request(
                asker.tenant_id, asker.site_id, asker.visitor_id, asked.client_request_id
            )
            if before is None or before.phone != callback.phone:
                raise AppError("callback_id_reused") from None
            return before
        except OpenAlready:
            await self._uncount([key for key, _ in keys], hit)
            before = await self._store.open_to(asker.tenant_id, asker.site_id, callback.phone_key)
            same = (asker.visitor_id, asked.client_request_id)
            if before is not None and (before.visitor_id, before.client_request_id) == same:
                return before
            raise _duplicate(before, asker) from None
        await self._engine.checkpoint("inserted")
        log.info("callback_requested", callback=callback.id, site=callback.site_id, to=mask(callback.phone))
        if callback is not requested:
            self._engine.announce(None, requested, ())
        self._engine.announce(None, callback, tuple(steps))
        return callback

    async def _uncount(self, keys: list[str], hit: str) -> None:
        for key in keys:
            await self._counters.give_back(key, hit)


def _duplicate(before: Callback | None, asker: _Asker) -> AppError:
    """Tell the visitor which of his callbacks is open; to anybody else say only that there is one."""
    if before is not None and (before.visitor_id == asker.visitor_id or asker.by_consultant):
        return AppError("callback_duplicate", callbackId=before.id)
    return AppError("callback_duplicate")


def _text(text: str | None) -> str | None:
    words = " ".join((text or "").split())
    return words or None
