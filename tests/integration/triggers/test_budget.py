"""One budget for everything that interrupts, decided by one insert: across tabs, servers and days."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from server.errors import AppError
from server.ids import new_id
from server.mongo import Database
from server.principals import Visitor
from server.tasks import Tasks
from server.triggers.book import LiveRules
from server.triggers.model import (
    Action,
    Author,
    Budget,
    Caps,
    Content,
    Display,
    Event,
    Outcome,
    Rule,
    Status,
    Text,
)
from server.triggers.ports import Seen, SiteView, Today
from server.triggers.service import InvitationService
from server.triggers.store import INDEXES as RULE_INDEXES
from server.triggers.store import MongoRuleStore
from server.triggers.store_visits import INDEXES as DISPLAY_INDEXES
from server.triggers.store_visits import MongoVisitStore
from server.triggers.visit import Signal
from tests.fakes import Clock

TENANT, SITE = "t1", "shop"
SERVERS, TABS, TIMES = 5, 50, 20
GO = Signal("event", name="go")


class Elsewhere:
    """What other features answer: the site is there and open, nobody is busy."""

    def site(self, tenant_id: str, site_id: str) -> SiteView:
        return SiteView(site_id, "en")

    def consultant(self, tenant_id: str, visitor_id: str) -> None:
        return None

    async def today(self, tenant_id: str, site_id: str, now: datetime) -> Today:
        return Today(True, now.date().isoformat())

    async def engaged(self, who: Visitor, since: datetime) -> None:
        return None

    async def published(self, tenant_id: str, site_id: str) -> list[str]:
        return []

    async def post_automatic(self, *_: Any) -> None:
        return None


@dataclass
class Shown:
    """An announcer that counts."""

    displays: list[Display] = field(default_factory=list)

    def invite(self, display: Display, *_: Any) -> None:
        self.displays.append(display)

    def watch(self, *_: Any) -> None:
        pass


class Server:
    """One process: its own memory over the shared database."""

    def __init__(self, db: Database, clock: Clock, shown: Shown) -> None:
        self.rules = rule_store(db)
        elsewhere = Elsewhere()
        self.live = LiveRules(self.rules, elsewhere, clock.sleep)
        self.invitations = InvitationService(
            store=visit_store(db),
            live=self.live,
            announcer=shown,
            sites=elsewhere,
            desk=elsewhere,
            engagements=elsewhere,
            chat=elsewhere,
            tasks=Tasks(clock.sleep),
            now=clock,
            new_id=new_id,
        )


def rule_store(db: Database, kind: type[Any] = MongoRuleStore) -> Any:
    names = ("rules", "rule_versions", "invitation_budgets")
    rules, versions, budgets = (db.tenant_collection(name) for name in names)
    return kind(rules, versions, budgets, lambda: db.changes([rules.name, budgets.name]))


def visit_store(db: Database) -> MongoVisitStore:
    return MongoVisitStore(*(db.tenant_collection(name) for name in ("displays", "visit_summaries", "rule_decisions")))


def a_live_rule(id: str, now: datetime, **other: Any) -> Rule:
    content = Content("Help", Event("go"), Action("chat"), (Text("en", "", "Hi", "Yes"),), **other)
    return Rule(id, TENANT, SITE, 2, Status.LIVE, content, content, 2, "published", now, Author("p", "Mara"))


def visitor(name: str, tab: int = 0) -> Visitor:
    return Visitor(TENANT, SITE, name, f"tab-{tab}", "en", "UTC", "192.0.2.1", f"c-{tab}")


def seen(visit_id: str, clock: Clock) -> Seen:
    return Seen(visit_id, clock(), False, 1, "en", "https://shop.example/")


@pytest.fixture
async def shown(db: Database) -> Shown:
    await db.ensure_indexes([*RULE_INDEXES, *DISPLAY_INDEXES])
    return Shown()


async def rush(servers: list[Server], name: str, visit_id: str, clock: Clock) -> None:
    """Fifty tabs on five servers that all say the same at the same moment."""
    for server in servers:
        await server.invitations.started(visitor(name), seen(visit_id, clock))
    await asyncio.gather(*(servers[tab % SERVERS].invitations.signal(visitor(name, tab), GO) for tab in range(TABS)))


async def test_fifty_tabs_at_once_are_one_display_every_time(db: Database, clock: Clock, shown: Shown) -> None:
    servers = [Server(db, clock, shown) for _ in range(SERVERS)]
    for number in range(3):
        await servers[0].rules.add(a_live_rule(f"rule-{number}", clock(), priority=number))
    for time in range(TIMES):
        await rush(servers, f"visitor-{time}", f"visit-{time}", clock)

    assert [display.visitor_id for display in shown.displays] == [f"visitor-{time}" for time in range(TIMES)]
    assert {display.rule_id for display in shown.displays} == {"rule-2"}
    assert await db.tenant_collection("displays").count(TENANT, {}) == TIMES


async def test_a_budget_of_three_is_used_up_to_the_last_and_no_further(
    db: Database, clock: Clock, shown: Shown
) -> None:
    servers = [Server(db, clock, shown) for _ in range(SERVERS)]
    await servers[0].rules.save_budget(TENANT, SITE, Budget(Caps(3, 5, 8)))
    await servers[0].rules.add(a_live_rule("rule", clock()))

    for time, most in enumerate((3, 5, 5, 8, 8)):
        if time == 3:
            clock.advance(days=1)
        await rush(servers, "anna", f"visit-{time}", clock)
        assert len(shown.displays) == most
    windows = [window for display in shown.displays for window in display.windows]
    assert len(windows) == len(set(windows))


async def test_a_rules_own_limit_lets_another_rule_through(db: Database, clock: Clock, shown: Shown) -> None:
    servers = [Server(db, clock, shown) for _ in range(SERVERS)]
    await servers[0].rules.save_budget(TENANT, SITE, Budget(Caps(2, None, None)))
    await servers[0].rules.add(a_live_rule("first", clock(), priority=9, caps=Caps(per_visit=1)))
    await servers[0].rules.add(a_live_rule("second", clock()))

    await rush(servers, "anna", "visit-1", clock)

    assert sorted(display.rule_id for display in shown.displays) == ["first", "second"]


async def test_an_outcome_only_moves_on_and_only_for_its_own_visitor(db: Database, clock: Clock, shown: Shown) -> None:
    store = visit_store(db)
    one = Display(
        "d1", TENANT, SITE, "anna", "v1", "r1", 1, "2026-03-02", clock(), ("w1",), "chat", "Hi"
    )  # fmt: skip
    assert await store.grant(one)
    assert not await store.grant(replace(one, id="d2"))
    assert await store.grant(replace(one, id="d3", visitor_id="bert"))
    assert await store.grant(replace(one, id="d4", site_id="other"))

    for outcome, now in (
        (Outcome.SHOWN, Outcome.SHOWN),
        (Outcome.ACCEPTED, Outcome.ACCEPTED),
        (Outcome.DISMISSED, Outcome.ACCEPTED),
        (Outcome.SHOWN, Outcome.ACCEPTED),
    ):
        moved = await store.move(TENANT, SITE, "anna", "d1", outcome, clock())
        assert moved is not None and moved.outcome is now
    for foreign in ((TENANT, SITE, "bert"), (TENANT, "other", "anna"), ("t2", SITE, "anna")):
        assert await store.move(*foreign, "d1", Outcome.DISMISSED, clock()) is None


class Watched(MongoRuleStore):
    """A store that counts its readers, and fails them on demand."""

    reads = 0
    fails = False

    async def rules(self, tenant_id: str, site_id: str) -> list[Rule]:
        self.reads += 1
        if self.fails:
            raise AppError("unavailable")
        return await super().rules(tenant_id, site_id)


async def test_rules_are_read_once_for_everybody_who_asks_after_a_change(db: Database, clock: Clock) -> None:
    store = rule_store(db, Watched)
    await store.add(a_live_rule("rule", clock()))
    live = LiveRules(store, Elsewhere(), clock.sleep)
    for _ in range(2):
        live.changed(SITE)
        ready = await asyncio.gather(*(live.of(TENANT, SITE) for _ in range(500)))
        assert {rule.id for rules in ready for rule in rules.rules} == {"rule"}
    assert store.reads == 2

    live.changed(SITE)
    store.fails = True
    failed = await asyncio.gather(*(live.of(TENANT, SITE) for _ in range(500)), return_exceptions=True)
    assert {str(getattr(one, "code", one)) for one in failed} == {"unavailable"}
    assert store.reads == 3
    store.fails = False
    one = asyncio.create_task(live.of(TENANT, SITE))
    await asyncio.sleep(0)
    one.cancel()  # whoever goes away takes nothing from the others
    assert (await live.of(TENANT, SITE)).rules
    assert store.reads == 4


async def test_another_server_learns_of_a_published_rule(db: Database, clock: Clock, shown: Shown) -> None:
    here, there = Server(db, clock, shown), Server(db, clock, shown)
    assert (await there.live.of(TENANT, SITE)).rules == ()
    heard: list[str | None] = []
    there.live.on_changed(heard.append)
    following = asyncio.create_task(there.live.follow())
    try:
        async with asyncio.timeout(10):
            while not heard:
                await asyncio.sleep(0.01)
            await here.rules.add(a_live_rule("rule", clock()))
            while SITE not in heard:
                await asyncio.sleep(0.01)
        assert [rule.id for rule in (await there.live.of(TENANT, SITE)).rules] == ["rule"]
    finally:
        following.cancel()
