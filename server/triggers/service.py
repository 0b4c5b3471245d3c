"""Use cases of visits: take a fact, decide, show once, hear what became of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from server.clock import Now
from server.errors import AppError
from server.ids import NewId
from server.principals import Visitor
from server.triggers import rules as judge
from server.triggers import texts
from server.triggers.book import LiveRules
from server.triggers.model import (
    Code,
    Decision,
    Display,
    Facts,
    Inviter,
    LiveRule,
    Logged,
    Outcome,
    Text,
)
from server.triggers.ports import Announcer, Chat, Desk, Engagements, Seen, Sites, Tasks, VisitStore
from server.triggers.rules import RuleSet, Watch
from server.triggers.visit import NOW_NOTHING, Mark, Moment, Signal, VisitState

VISIT_FORGOTTEN_AFTER = timedelta(minutes=45)
# A visit that began this recently has nothing written down yet.
FRESH = timedelta(seconds=3)
MAX_VISITS = 50_000
MAX_UNWRITTEN = 5_000
# Few enough that nobody's signal waits for them.
WRITTEN_AT_ONCE = 25
_TRIES = 12

Key = tuple[str, str]


class InvitationService:
    """Every method raises AppError("unavailable") when the database does not answer; the same may be said again."""

    def __init__(
        self,
        *,
        store: VisitStore,
        live: LiveRules,
        announcer: Announcer,
        sites: Sites,
        desk: Desk,
        engagements: Engagements,
        chat: Chat,
        tasks: Tasks,
        now: Now,
        new_id: NewId,
    ) -> None:
        self._store = store
        self._live = live
        self._announcer = announcer
        self._sites = sites
        self._desk = desk
        self._engagements = engagements
        self._chat = chat
        self._tasks = tasks
        self._now = now
        self._new_id = new_id
        self._visits: OrderedDict[Key, VisitState] = OrderedDict()
        self._unwritten: list[Logged] = []
        self._writing = asyncio.Lock()
        live.on_changed(self._rules_changed)

    # -- what the visitor does -------------------------------------------------------------------------------------

    async def started(self, who: Visitor, seen: Seen) -> Sequence[Watch]:
        """Begin or continue a visit; return what the browser shall watch for. What fits at once is decided after it."""
        visit = await self._came(who, seen)
        # Last, so that what is answered is not older than what was told meanwhile.
        rules = await self._live.of(who.tenant_id, who.site_id)
        visit.asked(rules.watch)
        visit.told = rules.watch
        if rules.rules:
            self._tasks.start("invitation", self._quietly(who, visit, visit.here), cancel_at_close=True)
        return rules.watch

    async def moved(self, who: Visitor, seen: Seen) -> None:
        """Take a page change without a reload."""
        visit = self._visits.get((who.tenant_id, who.visitor_id))
        if visit is None or visit.seen.visit_id != seen.visit_id:
            visit = await self._came(who, seen)
        else:
            visit.came(seen, self._now(), anew=True)
        rules = await self._live.of(who.tenant_id, who.site_id)
        if visit.told != rules.watch:
            self._tell_watch(visit, rules)
        await self._decide(who, visit, visit.here, NOW_NOTHING)

    async def signal(self, who: Visitor, signal: Signal) -> None:
        """Take a fact and decide. One of a page that is not of this visit, or of an unknown kind, is ignored."""
        visit = self._visits.get((who.tenant_id, who.visitor_id))
        if visit is None or visit.site_id != who.site_id:
            return  # nobody told us of the visit; its browser starts it anew after every reconnect
        took = visit.took(signal, self._now())
        if took is not None:
            await self._decide(who, visit, *took)

    async def outcome(self, who: Visitor, impression_id: str, outcome: Outcome) -> None:
        """Hear what became of an invitation; said again, or after its end, it changes nothing.

        Raises:
            AppError: not_found, this visitor was never shown it.
        """
        display = await self._store.move(
            who.tenant_id, who.site_id, who.visitor_id, impression_id, outcome, self._now()
        )
        if display is None:
            raise AppError("not_found")
        visit = self._visits.get((who.tenant_id, who.visitor_id))
        if visit is not None and display.outcome is Outcome.DISMISSED and display.visit_id == visit.seen.visit_id:
            visit.history = replace(visit.history, dismissed=True)
        if outcome is Outcome.ACCEPTED and display.outcome is Outcome.ACCEPTED and display.action == "chat":
            # Also when it is said again: the first time may have ended between the two writes.
            inviter = (display.inviter.id, display.inviter.name) if display.inviter else None
            await self._chat.post_automatic(who, display.text, inviter, f"invitation-{display.id}")

    # -- deciding --------------------------------------------------------------------------------------------------

    async def _quietly(self, who: Visitor, visit: VisitState, mark: Mark) -> None:
        try:
            await self._decide(who, visit, mark, NOW_NOTHING)
        except AppError:
            pass  # the database is away; the next fact decides again

    async def _decide(self, who: Visitor, visit: VisitState, mark: Mark, moment: Moment) -> None:
        """Decide on what is known here; before anything is shown, once more on what everybody knows."""
        async with visit.lock:  # the tabs of one visitor take turns
            rules = await self._live.of(who.tenant_id, who.site_id)
            if not rules.rules:
                return
            now = self._now()
            facts = await self._facts(visit, mark, moment, rules, now)
            decision = judge.decide(facts, rules, visit.history, now)
            if decision.fired is not None:
                engaged, displays = await asyncio.gather(
                    self._engagements.engaged(who, visit.seen.started_at), self._displays(visit)
                )
                facts = replace(facts, engaged=engaged)
                decision = await self._grant(visit, facts, rules, displays, now)
            self._note(visit, decision, rules, mark, now)

    async def _facts(self, visit: VisitState, mark: Mark, moment: Moment, rules: RuleSet, now: datetime) -> Facts:
        consultant = self._desk.consultant(visit.tenant_id, visit.visitor_id) if rules.wants_consultant else None
        today = await self._desk.today(visit.tenant_id, visit.site_id, now)
        return visit.facts(mark, moment, today.day, consultant, today.is_open, None)

    async def _displays(self, visit: VisitState) -> list[Display]:
        return await self._store.displays(visit.tenant_id, visit.site_id, visit.visitor_id)

    async def _grant(
        self, visit: VisitState, facts: Facts, rules: RuleSet, displays: list[Display], now: datetime
    ) -> Decision:
        """Take the places of a display in the database, then show it. Whoever comes second decides again."""
        for _ in range(_TRIES):
            visit.history = judge.history_of(displays, facts.visit_id, facts.day)
            decision = judge.decide(facts, rules, visit.history, now)
            if decision.fired is None:
                return decision
            display, text = self._display(visit, facts, decision.fired, rules, now)
            if await self._store.grant(display):
                visit.history = judge.history_of([*displays, display], facts.visit_id, facts.day)
                self._announcer.invite(display, decision.fired.content.action, text, facts.page.url or None)
                return decision
            displays = await self._displays(visit)
        raise AppError("unavailable")

    def _display(
        self, visit: VisitState, facts: Facts, rule: LiveRule, rules: RuleSet, now: datetime
    ) -> tuple[Display, Text]:
        content = rule.content
        site = self._sites.site(visit.tenant_id, visit.site_id)
        text = judge.text_for(content.texts, facts.locale, site.default_locale if site else "")
        inviter = facts.consultant if content.invitee == "consultant" else None
        values = _values(visit.seen, inviter)
        text = replace(text, title=texts.fill(text.title, values), text=texts.fill(text.text, values))
        display = Display(
            id=self._new_id(),
            tenant_id=visit.tenant_id,
            site_id=visit.site_id,
            visitor_id=visit.visitor_id,
            visit_id=facts.visit_id,
            rule_id=rule.id,
            rule_version=rule.version,
            day=facts.day,
            at=now,
            windows=judge.windows(rule.id, content.caps, facts, rules.budget, visit.history),
            action=content.action.kind,
            text=text.text,
            inviter=inviter,
        )
        return display, text

    def _note(self, visit: VisitState, decision: Decision, rules: RuleSet, mark: Mark, now: datetime) -> None:
        """Keep which rules whose condition was met were shown or withheld, each reason once a visit."""
        for rule, reason in zip(rules.rules, decision.reasons, strict=True):
            code = reason.code
            if reason.path is not None or len(self._unwritten) >= MAX_UNWRITTEN:
                continue
            id = self._new_id()
            if code is not Code.FIRED:
                if (rule.id, code) in visit.noted:
                    continue
                visit.noted.add((rule.id, code))
                id = hashlib.sha256(f"{visit.seen.visit_id}/{rule.id}/{code}".encode()).hexdigest()[:32]
            self._unwritten.append(
                Logged(
                    id=id,
                    tenant_id=visit.tenant_id,
                    site_id=visit.site_id,
                    visitor_id=visit.visitor_id,
                    visit_id=visit.seen.visit_id,
                    rule_id=rule.id,
                    rule_name=rule.content.name,
                    code=code,
                    url=mark.view.url,
                    at=now,
                )
            )

    # -- keeping ---------------------------------------------------------------------------------------------------

    async def _came(self, who: Visitor, seen: Seen) -> VisitState:
        now = self._now()
        key = (who.tenant_id, who.visitor_id)
        visit = self._visits.get(key)
        if visit is not None and visit.seen.visit_id == seen.visit_id:
            visit.came(seen, now, anew=False)
            self._visits.move_to_end(key)
            return visit
        visit = VisitState(who.tenant_id, who.site_id, who.visitor_id, seen, now)
        self._visits[key] = visit
        while len(self._visits) > MAX_VISITS:
            self._visits.popitem(last=False)
        if now - seen.started_at > FRESH:
            before = await self._store.summary(who.tenant_id, seen.visit_id)
            if before is not None:
                visit.remember(before)
        return visit

    async def flush(self) -> None:
        """Write down what was learnt since the last time, and forget visits that ended."""
        await self.write_decisions()
        dirty = [visit for visit in self._visits.values() if visit.is_dirty]
        for start in range(0, len(dirty), WRITTEN_AT_ONCE):
            await self._write(dirty[start : start + WRITTEN_AT_ONCE])
        ended = self._now() - VISIT_FORGOTTEN_AFTER
        for key in [key for key, visit in self._visits.items() if visit.last_at < ended]:
            del self._visits[key]

    async def write_decisions(self) -> None:
        """Write down what was decided until now, so that whoever asks is told all of it."""
        async with self._writing:  # what two wrote together would be taken off the list twice
            while logged := self._unwritten[:WRITTEN_AT_ONCE]:
                await self._store.log(logged)
                del self._unwritten[: len(logged)]

    async def _write(self, visits: list[VisitState]) -> None:
        new = [visit.summary() for visit in visits if not visit.is_stored]
        known = [visit.summary() for visit in visits if visit.is_stored]
        for visit in visits:
            visit.is_dirty = False
        try:
            await self._store.save_summaries(new, known)
        except AppError:
            for visit in visits:
                visit.is_dirty = True
            raise
        for visit in visits:
            visit.is_stored = True

    def _rules_changed(self, site_id: str | None) -> None:
        """Browsers of the site learn what to watch for now."""
        if site_id is not None and any(visit.site_id == site_id for visit in self._visits.values()):
            self._tasks.start("rules told", self._tell_all(site_id), cancel_at_close=True)

    async def _tell_all(self, site_id: str) -> None:
        for visit in [visit for visit in self._visits.values() if visit.site_id == site_id]:
            try:
                rules = await self._live.of(visit.tenant_id, site_id)
            except AppError:
                return  # the next page change tells
            if visit.told != rules.watch:
                self._tell_watch(visit, rules)

    def _tell_watch(self, visit: VisitState, rules: RuleSet) -> None:
        visit.told = rules.watch
        visit.asked(rules.watch)
        self._announcer.watch(visit.tenant_id, visit.visitor_id, rules.watch)


def _values(seen: Seen, inviter: Inviter | None) -> dict[str, str]:
    return {
        "consultant": inviter.name if inviter else "",
        "keyword": seen.utm.get("term", ""),
        "source": seen.utm.get("source", ""),
        "medium": seen.utm.get("medium", ""),
        "campaign": seen.utm.get("campaign", ""),
        "page": seen.title,
    }
