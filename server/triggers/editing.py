"""Use cases of marketers: drafts, versions, publishing, trying a rule."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace

from server.clock import Now
from server.errors import AppError
from server.ids import NewId
from server.principals import Person
from server.triggers import rules as judge
from server.triggers.book import LiveRules, can_be_answered, leads_to_survey, live_of
from server.triggers.checking import refuse
from server.triggers.model import (
    Author,
    Budget,
    Content,
    Counts,
    Decision,
    Facts,
    History,
    LiveRule,
    Logged,
    Rule,
    RuleVersion,
    Status,
)
from server.triggers.ports import Audit, RuleStore, Sites, Surveys, VisitStore

MAX_RULES = 300
LISTED_VERSIONS = 100
LISTED_DECISIONS = 100
TRIED_VISITS = 50
DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule would have done in the site's last visits. `unknown`: nobody watched for what it asks."""

    of: int
    would_fire: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Listing:
    rules: list[Rule]
    counts: Mapping[str, Counts]
    budget: Budget


class RuleEditor:
    """Every method raises AppError: not_found for what this account does not have, unavailable to try again."""

    def __init__(
        self,
        *,
        store: RuleStore,
        visits: VisitStore,
        live: LiveRules,
        sites: Sites,
        surveys: Surveys,
        audit: Audit,
        write_decisions: Callable[[], Awaitable[None]],
        now: Now,
        new_id: NewId,
    ) -> None:
        self._store = store
        self._visits = visits
        self._live = live
        self._sites = sites
        self._surveys = surveys
        self._audit = audit
        self._write_decisions = write_decisions
        self._now = now
        self._new_id = new_id

    # -- reading ---------------------------------------------------------------------------------------------------

    async def listing(self, who: Person, site_id: str) -> Listing:
        self._site(who, site_id)
        found = await self._store.rules(who.tenant_id, site_id)
        counts = await self._visits.counts(who.tenant_id, site_id)
        return Listing(found, counts, await self._store.budget(who.tenant_id, site_id) or Budget())

    async def rule(self, who: Person, rule_id: str) -> Rule:
        return await self._rule(who, rule_id)

    async def counts_of(self, who: Person, rule: Rule) -> Counts:
        return (await self._visits.counts(who.tenant_id, rule.site_id)).get(rule.id, Counts())

    async def versions(self, who: Person, rule_id: str) -> list[RuleVersion]:
        """Return who changed what, the newest first, at most 100."""
        return await self._store.versions(await self._rule(who, rule_id), LISTED_VERSIONS)

    async def decisions(self, who: Person, site_id: str) -> list[Logged]:
        """Return the newest 100 rules whose condition was met, shown or withheld."""
        self._site(who, site_id)
        await self._write_decisions()
        return await self._visits.logged(who.tenant_id, site_id, LISTED_DECISIONS)

    # -- changing --------------------------------------------------------------------------------------------------

    async def create(self, who: Person, site_id: str, content: Content) -> Rule:
        """Keep a new rule as a draft.

        Raises:
            AppError: rule_limit, the site has 300 rules.
        """
        self._site(who, site_id)
        if len(await self._store.rules(who.tenant_id, site_id)) >= MAX_RULES:
            raise AppError("rule_limit", max=MAX_RULES)
        rule = Rule(
            id=self._new_id(),
            tenant_id=who.tenant_id,
            site_id=site_id,
            version=1,
            status=Status.DRAFT,
            draft=content,
            live=None,
            live_version=None,
            action="created",
            updated_at=self._now(),
            updated_by=_author(who),
        )
        await self._store.add(rule)
        await self._audit.record(who, "rule.created", rule.id, {"name": (None, content.name)})
        return rule

    async def save(self, who: Person, rule_id: str, version: int, content: Content) -> Rule:
        """Replace the draft; visitors get it when it is published. The same content changes nothing.

        Raises:
            AppError: rule_changed, it is not `version` any more.
        """
        before = await self._on(who, rule_id, version)
        if content == before.draft:
            return before
        return await self._change(who, before, replace(before, draft=content, action="saved"))

    async def publish(self, who: Person, rule_id: str, version: int) -> Rule:
        """Let visitors have the draft from now on.

        Raises:
            AppError: rule_changed; rule_invalid, visitors of the site cannot answer its survey; rule_limit, too many
                live rules, or too many facts to watch for.
        """
        before = await self._on(who, rule_id, version)
        if not can_be_answered(before.draft, await self._published(who, before.site_id, before.draft)):
            raise refuse("action/surveyId", "survey")
        after = replace(
            before, status=Status.LIVE, live=before.draft, live_version=before.version + 1, action="published"
        )
        others = [rule for rule in await self._store.rules(who.tenant_id, before.site_id) if rule.id != rule_id]
        live = live_of([*others, after])
        if len(live) > judge.MAX_LIVE_RULES:
            raise AppError("rule_limit", max=judge.MAX_LIVE_RULES)
        if len(judge.watch_list(live)) > judge.MAX_WATCH:
            raise AppError("rule_limit", max=judge.MAX_WATCH)
        return await self._change(who, before, after)

    async def disable(self, who: Person, rule_id: str, version: int) -> Rule:
        """Show the rule to nobody from now on. One that is not live stays as it is.

        Raises:
            AppError: rule_changed.
        """
        before = await self._on(who, rule_id, version)
        if before.status is not Status.LIVE:
            return before
        return await self._change(who, before, replace(before, status=Status.DISABLED, action="disabled"))

    async def set_budget(self, who: Person, site_id: str, budget: Budget) -> Budget:
        self._site(who, site_id)
        before = await self._store.budget(who.tenant_id, site_id) or Budget()
        if budget != before:
            await self._store.save_budget(who.tenant_id, site_id, budget)
            self._live.changed(site_id)
            changes: dict[str, tuple[object, object]] = {
                "enabled": (before.enabled, budget.enabled),
                "per_visit": (before.caps.per_visit, budget.caps.per_visit),
                "per_day": (before.caps.per_day, budget.caps.per_day),
                "per_visitor": (before.caps.per_visitor, budget.caps.per_visitor),
            }
            told = {name: change for name, change in changes.items() if change[0] != change[1]}
            await self._audit.record(who, "site.invitation_budget_changed", site_id, told)
        return budget

    # -- trying ----------------------------------------------------------------------------------------------------

    async def preview(
        self, who: Person, site_id: str, content: Content, rule_id: str | None, facts: Facts, history: History
    ) -> tuple[Decision, dict[str, str], Tried]:
        """Decide as if this rule were live, beside the others; and over the site's last visits.

        Args:
            rule_id: the live rule that this would replace; None for a new one.

        Returns:
            The decision, the rules' names by id, and what the last 50 visits would have got of this rule.
        """
        self._site(who, site_id)
        if rule_id is not None and (await self._rule(who, rule_id)).site_id != site_id:
            raise AppError("not_found")
        live = await self._live.of(who.tenant_id, site_id)
        # Nobody tries a rule to learn that the one who tries is not in its sample.
        is_answerable = can_be_answered(content, await self._published(who, site_id, content))
        tried = LiveRule(rule_id or DRAFT, replace(content, sample_percent=100), has_survey=is_answerable)
        together = [rule for rule in live.rules if rule.id != tried.id] + [tried]
        now = self._now()
        decision = judge.decide(facts, judge.compile_rules(together, live.budget), history, now)
        visits = await self._visits.last_visits(who.tenant_id, site_id, TRIED_VISITS)
        fires = [visit for visit in visits if judge.would_fire(content, visit)]
        others = [visit for visit in visits if visit not in fires]
        unknown = sum(judge.unwatched(content, visit.watched) for visit in others)
        names = {rule.id: rule.content.name for rule in together}
        return decision, names, Tried(len(visits), len(fires), unknown)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _site(self, who: Person, site_id: str) -> None:
        if self._sites.site(who.tenant_id, site_id) is None:
            raise AppError("not_found")

    async def _published(self, who: Person, site_id: str, content: Content) -> Collection[str]:
        return await self._surveys.published(who.tenant_id, site_id) if leads_to_survey(content) else ()

    async def _rule(self, who: Person, rule_id: str) -> Rule:
        rule = await self._store.rule(who.tenant_id, rule_id)
        if rule is None:
            raise AppError("not_found")
        return rule

    async def _on(self, who: Person, rule_id: str, version: int) -> Rule:
        rule = await self._rule(who, rule_id)
        if rule.version != version:
            raise _changed(rule)
        return rule

    async def _change(self, who: Person, before: Rule, after: Rule) -> Rule:
        after = replace(after, version=before.version + 1, updated_at=self._now(), updated_by=_author(who))
        if not await self._store.replace(after):
            raise _changed(await self._rule(who, before.id))
        self._live.changed(after.site_id)
        changes = {"version": (before.version, after.version), "status": (before.status.value, after.status.value)}
        told: dict[str, tuple[object, object]] = {name: one for name, one in changes.items() if one[0] != one[1]}
        told["name"] = (before.draft.name, after.draft.name)  # the same or not: it says which rule this was
        await self._audit.record(who, f"rule.{after.action}", after.id, told)
        return after


def _changed(rule: Rule) -> AppError:
    return AppError("rule_changed", version=rule.version, name=rule.updated_by.name)


def _author(who: Person) -> Author:
    return Author(who.person_id, who.name)
