"""A site with overlapping rules and visitors in several tabs, without a server: what `decide` and windows promise."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from server.triggers.conditions import page_view
from server.triggers.model import (
    Action,
    Budget,
    Caps,
    Condition,
    Consultants,
    Content,
    Display,
    Event,
    Exit,
    Facts,
    Group,
    History,
    Hours,
    Idle,
    Invitee,
    Inviter,
    Language,
    LiveRule,
    Not,
    Outcome,
    Pages,
    Returning,
    Scroll,
    Text,
    Time,
    Url,
    Utm,
)
from server.triggers.rules import RuleSet, compile_rules, decide, history_of, windows

PATHS = ["/", "/shoes", "/shoes/red", "/cart", "/checkout", "/price", "/blog/a", "/contacts"]
CAROL = Inviter("carol", "Carol")


def condition_of(number: int) -> Condition:
    """Rules as people write them: three to six conditions, some nested, many of them overlapping."""
    path = PATHS[number % len(PATHS)]
    match number % 5:
        case 0:
            return Group("all", (Url("starts", path), Time(10 + number % 20), Scroll(30)))
        case 1:
            return Group("all", (Time(5 + number % 30), Not(Returning()), Not(Utm("source", "is", f"s{number}"))))
        case 2:
            return Group("any", (Exit("desktop"), Group("all", (Idle(30), Pages(3), Scroll(20)))))
        case 3:
            return Group("all", (Language(("ro", "ru")), Pages(2), Group("any", (Event("cart"), Scroll(60)))))
    return Group("all", (Consultants(), Hours(), Group("any", (Url("is", path), Url("contains", "red"))), Scroll(50)))


def rules_of(count: int, chance: random.Random) -> list[LiveRule]:
    """Return `count` live rules, a third of them with limits of their own."""
    text = Text("en", "", "May I help?", "Yes")
    return [
        LiveRule(
            f"rule-{number:03}",
            Content(
                name=f"Rule {number}",
                condition=condition_of(number),
                action=Action("chat"),
                texts=(text,),
                invitee=Invitee.CONSULTANT if number % 7 == 0 else Invitee.TEAM,
                priority=chance.randrange(10),
                caps=Caps(1, 1, chance.choice([1, 2, None])) if number % 3 == 0 else Caps(),
                sample_percent=chance.choice([100, 100, 50]),
            ),
        )
        for number in range(count)
    ]


@dataclass
class Site:
    """What happened. `wrong` are displays that should not have been; `codes` every reason that was given."""

    rules: RuleSet
    displays: list[Display] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    decisions: int = 0


def run(visits: int, rules: int, seed: int) -> Site:
    """Let visitors come again and again, with up to five tabs that decide on what they knew a moment ago."""
    chance = random.Random(seed)
    site = Site(compile_rules(rules_of(rules, chance), Budget(Caps(1, 2, 6))))
    taken: dict[str, set[str]] = {}
    by_visitor: dict[str, list[Display]] = {}
    now = datetime(2026, 3, 1, 8, tzinfo=UTC)
    for number in range(visits):
        now += timedelta(minutes=chance.randrange(1, 8))
        visitor = f"visitor-{chance.randrange(max(1, visits // 6))}"
        mine, places = by_visitor.setdefault(visitor, []), taken.setdefault(visitor, set())
        _visit(site, f"visit-{number}", visitor, mine, places, now, chance)
    return site


def _visit(
    site: Site,
    visit_id: str,
    visitor: str,
    mine: list[Display],
    places: set[str],
    now: datetime,
    chance: random.Random,
) -> None:
    day = now.date().isoformat()
    tabs = chance.choice([1, 1, 2, 5])
    engaged: str | None = None
    for _ in range(chance.randrange(4, 14)):
        facts = Facts(
            visit_id=visit_id,
            visitor_id=visitor,
            page=page_view(f"https://shop.example{chance.choice(PATHS)}"),
            day=day,
            time_s=chance.randrange(60),
            scroll=chance.randrange(101),
            exit=chance.choice([None, None, "desktop", "touch"]),
            idle_s=chance.choice([0, 0, 40]),
            pages=chance.randrange(1, 6),
            returning=bool(mine),
            locale=chance.choice(["en", "ro", "ru-md"]),
            events={"cart": ({},)} if chance.random() < 0.3 else {},
            consultant=chance.choice([CAROL, None]),
            is_open=chance.random() < 0.8,
            engaged=engaged,
        )
        known = history_of(mine, visit_id, day)  # all tabs decide on this, then insert one after the other
        for _tab in range(tabs):
            _tab_decides(site, facts, known, mine, places, now)
        if mine and mine[-1].visit_id == visit_id and mine[-1].outcome is Outcome.GRANTED:
            outcome = chance.choice([Outcome.SHOWN, Outcome.DISMISSED, Outcome.ACCEPTED])
            mine[-1] = replace(mine[-1], outcome=outcome)
            if outcome is Outcome.ACCEPTED:
                engaged = "chat"


def _tab_decides(
    site: Site, facts: Facts, history: History, mine: list[Display], places: set[str], now: datetime
) -> None:
    site.decisions += 1
    decision = decide(facts, site.rules, history, now)
    site.codes |= {reason.code.value for reason in decision.reasons}
    if decision.fired is None:
        return
    wanted = windows(decision.fired.id, decision.fired.content.caps, facts, site.rules.budget, history)
    if places & set(wanted):
        return  # the unique index: another tab was first
    if facts.engaged or any(one.visit_id == facts.visit_id and one.outcome is Outcome.DISMISSED for one in mine):
        site.wrong.append(f"{facts.visit_id}: shown to somebody who is busy or said no")
    places.update(wanted)
    display = Display(
        id=f"display-{len(site.displays)}",
        tenant_id="t",
        site_id="s",
        visitor_id=facts.visitor_id,
        visit_id=facts.visit_id,
        rule_id=decision.fired.id,
        rule_version=1,
        day=facts.day,
        at=now,
        windows=wanted,
        action="chat",
        text="",
    )
    mine.append(display)
    site.displays.append(display)


def over_budget(site: Site) -> list[str]:
    """Return what was shown too often, by the site's budget and by each rule's own limits; one line each."""
    over = list(site.wrong) + _beyond("site", site.rules.budget.caps, site.displays)
    for rule in site.rules.rules:
        over += _beyond(rule.id, rule.content.caps, [one for one in site.displays if one.rule_id == rule.id])
    return over


def _beyond(name: str, caps: Caps, displays: list[Display]) -> list[str]:
    counted: list[tuple[int | None, Counter[str]]] = [
        (caps.per_visit, Counter(one.visit_id for one in displays)),
        (caps.per_day, Counter(f"{one.visitor_id} {one.day}" for one in displays)),
        (caps.per_visitor, Counter(one.visitor_id for one in displays)),
    ]
    return [
        f"{name} {key}: {count}"
        for limit, counts in counted
        for key, count in counts.items()
        if limit is not None and count > limit
    ]
