"""What one feature needs of another, as thin translations. Part of the composition root: only app.py imports it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from server.accounts.directory import Directory
from server.accounts.model import Status
from server.accounts.rules import name_in
from server.accounts.service import AccountService
from server.accounts.wire import photo_path
from server.blocking.book import Blocklist
from server.callback import ports as callback_ports
from server.callback.calling import CallingService
from server.callback.feature import Callbacks
from server.callback.hours import is_open
from server.callback.model import Callback, Page
from server.callback.model import Hours as CallingHours
from server.callback.offer import closed_for
from server.callback.ports import Chat, Site, VisitorView
from server.callback.socket import SocketAnnouncer
from server.callback.wire import callback_to_wire, offer_to_wire
from server.chat import wire as chat_wire
from server.chat.model import Conversation
from server.chat.model import Status as ChatStatus
from server.chat.service import ChatService
from server.clock import Now, to_ms
from server.errors import AppError
from server.metrics import Metrics
from server.principals import Visitor
from server.realtime import Publisher
from server.surveys import ports as survey_ports
from server.surveys.model import Status as SurveyStatus
from server.triggers.model import Inviter
from server.triggers.ports import Seen, SiteView, Today
from server.triggers.service import InvitationService
from server.triggers.wire import watch_to_wire
from server.visitors import model as visitors
from server.visitors.service import VisitorService


class Accounts:
    """Accounts, for work that goes through all of them."""

    def __init__(self, accounts: AccountService) -> None:
        self._accounts = accounts

    async def ids(self) -> list[str]:
        return [account.id for account in await self._accounts.list_accounts()]


class People:
    """Accounts, for chat and the visitors: who answers chats."""

    def __init__(self, directory: Directory, publisher: Publisher) -> None:
        self._directory = directory
        self._publisher = publisher

    async def name_of(self, tenant_id: str, person_id: str) -> str | None:
        member = self._directory.person(tenant_id, person_id)
        return member.name if member and member.answers else None

    async def members_of(self, tenant_id: str, site_id: str, department_id: str) -> tuple[str, list[str]] | None:
        department = self._directory.department(tenant_id, department_id)
        if department is None:
            return None
        site = self._directory.site(tenant_id, site_id)
        name = name_in(department.names, site.appearance.default_locale if site else "en")
        return name, [one.id for one in self._directory.members(tenant_id, department_id) if one.answers]

    async def consultants_online(self, tenant_id: str) -> bool:
        return any(
            member.status is Status.AVAILABLE
            and member.answers
            and self._publisher.is_online_person(tenant_id, member.id)
            for member in self._directory.people(tenant_id)
        )


class Conversations:
    """Chat, for the reply to `visit:start`."""

    def __init__(self, chat: ChatService) -> None:
        self._chat = chat

    async def wire_conversation(self, who: Visitor) -> dict[str, object] | None:
        conversation = await self._chat.conversation_of(who.tenant_id, who.visitor_id)
        return chat_wire.conversation(conversation) if conversation else None


class CallbackOffers:
    """Callbacks, for the reply to `visit:start` and the widget's configuration."""

    def __init__(self) -> None:
        self.callbacks: Callbacks | None = None  # made after the visitors, whom it needs

    def _made(self) -> Callbacks:
        assert self.callbacks is not None
        return self.callbacks

    async def offer(self, who: Visitor) -> dict[str, object]:
        return offer_to_wire(await self._made().service.offer(who.tenant_id, who.site_id), with_openings=True)

    async def offer_for(self, tenant_id: str, site_id: str) -> dict[str, object]:
        return offer_to_wire(await self._made().service.offer(tenant_id, site_id), with_openings=False)

    async def open_callback(self, who: Visitor) -> dict[str, object] | None:
        callback = await self._made().service.to_show(who)
        return callback_to_wire(callback) if callback else None


class CallbackSites:
    """Accounts, for callbacks: sites and consultants."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def find(self, tenant_id: str, site_id: str) -> Site | None:
        site = self._directory.site(tenant_id, site_id)
        return Site(site.id, site.country, site.default_locale, site.name) if site else None

    async def in_dial_order(self, tenant_id: str, site_id: str) -> list[tuple[str, str, str, str, str]]:
        return [
            (member.id, member.name, member.phone or "", member.locale, member.status.value)
            for member in self._directory.consultants_in_dial_order(tenant_id)
        ]

    def department(self, tenant_id: str, site_id: str, department_id: str) -> callback_ports.Department | None:
        department = self._directory.department(tenant_id, department_id)
        site = self._directory.site(tenant_id, site_id)
        if department is None or site is None:
            return None
        return callback_ports.Department(
            name_in(department.names, site.appearance.default_locale),
            department.names,
            frozenset(one.id for one in self._directory.members(tenant_id, department_id)),
            department.fall_through,
        )


class CallbackChats:
    """Chat, for callbacks: what a call grows out of."""

    def __init__(self, chat: ChatService) -> None:
        self._chat = chat

    async def of_visitor(self, tenant_id: str, visitor_id: str) -> Chat | None:
        conversation = await self._chat.conversation_of(tenant_id, visitor_id)
        return await self._shown(conversation) if conversation else None

    async def find(self, tenant_id: str, conversation_id: str) -> Chat | None:
        try:
            conversation = await self._chat.conversation(tenant_id, conversation_id)
        except AppError as refusal:
            if refusal.code == "not_found":
                return None
            raise
        return await self._shown(conversation)

    async def _shown(self, conversation: Conversation) -> Chat:
        context = await self._chat.context(conversation.tenant_id, conversation.id)
        return Chat(
            conversation_id=conversation.id,
            site_id=conversation.site_id,
            visitor_id=conversation.visitor_id,
            assignee_id=context.assignee_id,
            topic=context.topic,
        )


class CallbackVisitors:
    """Visitors, for callbacks: where they are and how they speak."""

    def __init__(self, visitors: VisitorService) -> None:
        self._visitors = visitors

    async def view(self, tenant_id: str, visitor_id: str) -> VisitorView | None:
        try:
            record = await self._visitors.visitor(tenant_id, visitor_id)
        except AppError as refusal:
            if refusal.code == "not_found":
                return None
            raise
        page = record.page
        shown = Page(page.url, page.title, to_ms(page.at)) if page else None
        return VisitorView(shown, record.name, record.locale, record.time_zone)


class BlockedVisitors:
    """Visitors, for blocking: what consultants call them."""

    def __init__(self, visitors: VisitorService) -> None:
        self._visitors = visitors

    async def names(self, tenant_id: str, visitor_ids: Collection[str]) -> Mapping[str, str]:
        known = await self._visitors.cards(tenant_id, visitor_ids)
        return {id: card.record.name or f"#{card.record.number}" for id, card in known.items()}


class BlockedCalls:
    """Callbacks, for blocking: what is on its way to somebody who is blocked from now on."""

    def __init__(self) -> None:
        self.callbacks: Callbacks | None = None  # made after blocking, which it needs

    async def end(self, tenant_id: str, is_blocked: Callable[[str, str], bool]) -> None:
        assert self.callbacks is not None
        await self.callbacks.end_where(tenant_id, lambda cb: is_blocked(cb.phone, cb.visitor_id))


class SurveySites:
    """Accounts and calling, for surveys: sites and their time zones."""

    def __init__(self, directory: Directory, calling: CallingService) -> None:
        self._directory = directory
        self._calling = calling

    def find(self, tenant_id: str, site_id: str) -> survey_ports.Site | None:
        site = self._directory.site(tenant_id, site_id)
        return survey_ports.Site(site.id, site.tenant_id, site.country) if site else None

    def by_key(self, site_key: str) -> survey_ports.Site | None:
        site = self._directory.site_by_key(site_key)
        return survey_ports.Site(site.id, site.tenant_id, site.country) if site else None

    async def time_zone(self, tenant_id: str, site_id: str) -> str:
        return await site_time_zone(self._directory, self._calling, tenant_id, site_id)


class RuleSurveys:
    """Surveys, for rules that lead to one."""

    def __init__(self, store: survey_ports.SurveyStore) -> None:
        self._store = store

    async def published(self, tenant_id: str, site_id: str) -> frozenset[str]:
        surveys = await self._store.surveys(tenant_id, site_id)
        return frozenset(survey.id for survey in surveys if survey.status is SurveyStatus.PUBLISHED)


async def site_time_zone(directory: Directory, calling: CallingService, tenant_id: str, site_id: str) -> str:
    """Return the zone of the site's working hours, the only zone it has; UTC when nobody has set them."""
    if directory.site(tenant_id, site_id) is None:
        return "UTC"
    hours = (await calling.settings_of(tenant_id, site_id)).hours
    return hours.time_zone if hours else "UTC"


class ReportSites:
    """Accounts and calling, for reports."""

    def __init__(self, directory: Directory, calling: CallingService) -> None:
        self._directory = directory
        self._calling = calling

    def known(self, tenant_id: str, site_id: str) -> bool:
        return self._directory.site(tenant_id, site_id) is not None

    async def time_zone(self, tenant_id: str, site_id: str | None) -> str:
        sites = [site_id] if site_id else [site.id for site in self._directory.sites(tenant_id)[:1]]
        return await site_time_zone(self._directory, self._calling, tenant_id, sites[0]) if sites else "UTC"


class SurveyVisitors:
    """Visitors, for surveys: where they were when they answered."""

    def __init__(self, visitors: VisitorService) -> None:
        self._visitors = visitors

    async def page_url(self, tenant_id: str, visitor_id: str) -> str | None:
        known = await self._visitors.cards(tenant_id, [visitor_id])
        page = known[visitor_id].record.page if visitor_id in known else None
        return page.url if page else None


class CallbackCounts:
    """Metrics, for callbacks."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def callback_rejected(self, code: str) -> None:
        self._metrics.callbacks_rejected.labels(code).inc()


class CallbackAnnouncer:
    """The sockets, for callbacks; counts what becomes of them on the way."""

    def __init__(self, told: SocketAnnouncer, metrics: Metrics) -> None:
        self._told = told
        self._metrics = metrics

    def updated(self, callback: Callback) -> None:
        self._metrics.callback_updates.labels(callback.state).inc()
        self._told.updated(callback)

    def alert(self, callback: Callback, kind: str) -> None:
        self._told.alert(callback, kind)


HOURS_KEPT = timedelta(seconds=15)
CHAT_LASTS = timedelta(minutes=30)


class InvitationDesk:
    """Accounts and calling settings, for invitations: who is there, and whether the site is open."""

    def __init__(self, directory: Directory, publisher: Publisher, public_url: str) -> None:
        self._directory = directory
        self._publisher = publisher
        self._public_url = public_url
        self.callbacks: Callbacks | None = None
        self._hours: dict[str, tuple[datetime, CallingHours | None]] = {}

    def consultant(self, tenant_id: str, visitor_id: str) -> Inviter | None:
        there = [
            member
            for member in self._directory.people(tenant_id)
            if member.status is Status.AVAILABLE
            and member.answers
            and self._publisher.is_online_person(tenant_id, member.id)
        ]
        if not there:
            return None
        member = there[sum(visitor_id.encode()) % len(there)]
        path = photo_path(member.photo)
        return Inviter(member.id, member.name, path and self._public_url + path)

    async def today(self, tenant_id: str, site_id: str, now: datetime) -> Today:
        at, hours = self._hours.get(site_id, (None, None))
        if at is None or not timedelta(0) <= now - at < HOURS_KEPT:
            assert self.callbacks is not None
            hours = (await self.callbacks.calling.settings_of(tenant_id, site_id)).hours
            self._hours[site_id] = (now, hours)
        day = now.astimezone(ZoneInfo(hours.time_zone)) if hours else now
        return Today(is_open(hours, now), day.date().isoformat())


class InvitationSites:
    """Accounts, for invitations."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def site(self, tenant_id: str, site_id: str) -> SiteView | None:
        site = self._directory.site(tenant_id, site_id)
        return SiteView(site.id, site.default_locale) if site else None


class Engagements:
    """Chat and callbacks, for invitations: whether the visitor is busy with us already, or sees no widget now."""

    def __init__(self, chat: ChatService, now: Now) -> None:
        self._chat = chat
        self._now = now
        self.callbacks: Callbacks | None = None

    async def engaged(self, who: Visitor, since: datetime) -> str | None:
        assert self.callbacks is not None
        calling = await self.callbacks.calling.settings_of(who.tenant_id, who.site_id)
        if closed_for(calling, self._now()) == "hide":
            return "closed"
        open_call, conversation = await asyncio.gather(
            self.callbacks.service.open_of(who), self._chat.conversation_of(who.tenant_id, who.visitor_id)
        )
        if open_call is not None:
            return "call"
        if conversation is None or conversation.status is ChatStatus.CLOSED or conversation.seq == 0:
            return None
        recent = conversation.updated_at >= min(since, self._now() - CHAT_LASTS)
        return "chat" if recent or conversation.waiting_since else None


class VisitTriggers:
    """Invitations, for the visitors' side: what it is told of visits."""

    def __init__(self, invitations: InvitationService, blocklist: Blocklist) -> None:
        self._invitations = invitations
        self._blocklist = blocklist

    async def started(
        self, who: Visitor, record: visitors.VisitorRecord, page: visitors.Page
    ) -> Sequence[dict[str, object]]:
        if await self._blocklist.is_blocked(who):
            return []
        watch = await self._invitations.started(who, _seen(who, record, page))
        return [watch_to_wire(entry) for entry in watch]

    async def moved(self, who: Visitor, record: visitors.VisitorRecord, page: visitors.Page) -> None:
        if not await self._blocklist.is_blocked(who):
            await self._invitations.moved(who, _seen(who, record, page))


def _seen(who: Visitor, record: visitors.VisitorRecord, page: visitors.Page) -> Seen:
    visit = record.visit
    came_from = visit.attribution
    parts = ("source", "medium", "campaign", "term", "content")
    told = {part: getattr(came_from, part) for part in parts}
    return Seen(
        visit_id=visit.id,
        started_at=visit.started_at,
        returning=record.visits > 1,
        pages=max(1, sum(entry.at >= visit.started_at for entry in record.trail)),
        locale=who.locale or record.locale,
        url=page.url,
        title=page.title,
        referrer=came_from.referrer or "",
        utm={part: value for part, value in told.items() if value},
    )
