"""The live rules of every site, made ready, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

import structlog

from server.errors import AppError
from server.triggers.model import Budget, Content, LiveRule, Rule, Status
from server.triggers.ports import RuleStore, Surveys
from server.triggers.rules import RuleSet, compile_rules

RETRY_S = 1.0

Changed = Callable[[str | None], None]
Sleep = Callable[[float], Awaitable[None]]

log = structlog.get_logger("triggers")


class LiveRules:
    """What this server changes is here at once; what others change comes by `follow`."""

    def __init__(self, store: RuleStore, surveys: Surveys, sleep: Sleep) -> None:
        self._store = store
        self._surveys = surveys
        self._sleep = sleep
        self._ready: dict[str, RuleSet] = {}
        self._reading: dict[str, asyncio.Future[RuleSet]] = {}
        self._listeners: list[Changed] = []
        self._changes = 0

    def on_changed(self, listener: Changed) -> None:
        """Call `listener(site_id)` when a site's rules may be others; None for every site."""
        self._listeners.append(listener)

    async def of(self, tenant_id: str, site_id: str) -> RuleSet:
        """Return the site's live rules."""
        ready = self._ready.get(site_id)
        if ready is not None:
            return ready
        # After a change everybody on the site asks at once: one reads and makes ready for all.
        reading = self._reading.get(site_id)
        if reading is None:
            reading = self._reading[site_id] = asyncio.ensure_future(self._read(tenant_id, site_id))
            reading.add_done_callback(lambda done: self._was_read(site_id, done))
        return await asyncio.shield(reading)

    def _was_read(self, site_id: str, done: asyncio.Future[RuleSet]) -> None:
        del self._reading[site_id]
        if not done.cancelled():
            done.exception()  # whoever still waits has it; when nobody does it is no bug

    async def _read(self, tenant_id: str, site_id: str) -> RuleSet:
        while True:
            changes = self._changes
            rules = live_of(await self._store.rules(tenant_id, site_id))
            budget = await self._store.budget(tenant_id, site_id) or Budget()
            if any(leads_to_survey(rule.content) for rule in rules):
                published = await self._surveys.published(tenant_id, site_id)
                rules = [replace(rule, has_survey=can_be_answered(rule.content, published)) for rule in rules]
            ready = compile_rules(rules, budget)
            if changes == self._changes:  # else what was read may be old already
                self._ready[site_id] = ready
                return ready

    def peek(self, site_id: str) -> RuleSet | None:
        """Return the site's live rules when they are known here."""
        return self._ready.get(site_id)

    def changed(self, site_id: str | None) -> None:
        """Forget a site's rules, or all of them; they are read again when they are needed."""
        self._changes += 1
        if site_id is None:
            self._ready.clear()
        else:
            self._ready.pop(site_id, None)
        for listener in self._listeners:
            listener(site_id)

    async def follow(self) -> None:
        """Keep up with changes by other servers, for ever."""
        while True:
            try:
                async for site_id in self._store.changed_sites():
                    self.changed(site_id)
            except AppError:
                self.changed(None)
                log.warning("rules_outdated")
            await self._sleep(RETRY_S)


def leads_to_survey(content: Content) -> bool:
    return content.action.kind == "survey"


def can_be_answered(content: Content, published: Collection[str]) -> bool:
    """Return whether a rule leads to no survey, or to one of these."""
    return not leads_to_survey(content) or content.action.survey_id in published


def live_of(rules: list[Rule]) -> list[LiveRule]:
    return [
        LiveRule(rule.id, rule.live, rule.live_version or 1)
        for rule in rules
        if rule.status is Status.LIVE and rule.live is not None
    ]
