"""Which rule fires, and the one reason of every other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server.triggers.model import (
    NOTHING_SHOWN,
    Action,
    Budget,
    Caps,
    Code,
    Display,
    Event,
    Exit,
    Facts,
    Group,
    History,
    Idle,
    Invitee,
    Inviter,
    LiveRule,
    Not,
    Outcome,
    Peak,
    Scroll,
    Shown,
    Summary,
    Text,
    Time,
)
from server.triggers.rules import (
    Watch,
    compile_rules,
    decide,
    history_of,
    in_sample,
    text_for,
    unwatched,
    watch_list,
    watched_of,
    windows,
    would_fire,
)
from tests.unit.triggers.builders import NOW, codes, content, facts, rule

CAROL = Inviter("carol", "Carol")
DEFAULT = Budget()


def decided(
    rules: list[LiveRule], known: Facts | None = None, history: History = NOTHING_SHOWN, budget: Budget = DEFAULT
) -> dict[str, str]:
    return codes(decide(known or facts(), compile_rules(rules, budget), history, NOW))


def test_the_most_important_rule_fires_and_every_rule_has_one_reason() -> None:
    rules = [rule("low", priority=1), rule("high", priority=9), rule("unmet", Time(5), priority=5)]

    decision = decide(facts(), compile_rules(rules), NOTHING_SHOWN, NOW)

    assert decision.fired is not None and decision.fired.id == "high"
    assert [reason.rule_id for reason in decision.reasons] == ["high", "unmet", "low"]
    assert codes(decision) == {"high": "fired", "unmet": "condition_not_met", "low": "lower_priority"}


def test_without_rules_nothing_fires() -> None:
    decision = decide(facts(), compile_rules([]), NOTHING_SHOWN, NOW)
    assert decision.fired is None and decision.reasons == ()


@pytest.mark.parametrize(
    ("known", "history", "code"),
    [
        ({"engaged": "chat"}, History(), "in_conversation"),
        ({"engaged": "call"}, History(), "in_call"),
        ({"engaged": "closed"}, History(), "outside_hours"),
        ({}, History(dismissed=True), "dismissed"),
        ({}, History(Shown(visit=1)), "capped_visit"),
        ({}, History(Shown(day=2)), "capped_day"),
        ({}, History(Shown(visitor=10)), "capped_visitor"),
        ({"engaged": "call"}, History(Shown(9, 9, 99), dismissed=True), "in_call"),
        ({}, History(Shown(9, 9, 99), dismissed=True), "dismissed"),
    ],
)
def test_nothing_interrupts_a_visitor_who_is_busy_said_no_or_saw_enough(
    known: dict[str, Any], history: History, code: str
) -> None:
    assert decided([rule("a"), rule("b")], facts(**known), history) == {"a": code, "b": code}


def test_a_rule_has_limits_of_its_own_beside_the_sites() -> None:
    wide = Budget(Caps(10, 10, None))
    capped = rule("capped", caps=Caps(per_visit=1, per_day=2, per_visitor=3), priority=1)
    for shown, code in (
        (Shown(visit=1), "rule_capped_visit"),
        (Shown(day=2), "rule_capped_day"),
        (Shown(visitor=3), "rule_capped_visitor"),
    ):
        history = History(Shown(1, 2, 3), {"capped": shown})
        assert decided([capped, rule("free")], history=history, budget=wide) == {"capped": code, "free": "fired"}


def test_a_site_that_switched_interruptions_off_shows_none_and_watches_for_nothing() -> None:
    off = Budget(enabled=False)
    assert decided([rule("a", Time(0))], budget=off) == {"a": "switched_off"}
    assert compile_rules([rule("a", Time(5))], off).watch == ()


def test_a_rule_is_only_shown_within_its_schedule() -> None:
    hour = timedelta(hours=1)
    assert decided([rule("a", starts_at=NOW + hour)]) == {"a": "outside_schedule"}
    assert decided([rule("a", ends_at=NOW)]) == {"a": "outside_schedule"}
    assert decided([rule("a", starts_at=NOW, ends_at=NOW + hour)]) == {"a": "fired"}


def test_an_invitation_in_a_consultants_name_needs_one_who_is_there() -> None:
    asked = rule("a", invitee=Invitee.CONSULTANT)
    assert decided([asked]) == {"a": "no_consultant"}
    assert decided([asked], facts(consultant=CAROL)) == {"a": "fired"}
    assert compile_rules([asked]).wants_consultant and not compile_rules([rule("b")]).wants_consultant


def test_a_sample_holds_its_share_and_always_the_same_visitors() -> None:
    visitors = [f"visitor-{number}" for number in range(4000)]
    inside = [one for one in visitors if in_sample("r1", one, 25)]

    assert 900 < len(inside) < 1100
    assert inside == [one for one in visitors if in_sample("r1", one, 25)]
    assert inside != [one for one in visitors if in_sample("r2", one, 25)]
    assert set(inside) < {one for one in visitors if in_sample("r1", one, 60)}
    assert decided([rule("r1", sample_percent=25)], facts(visitor_id=inside[0])) == {"r1": "fired"}
    outside = next(one for one in visitors if one not in inside)
    assert decided([rule("r1", sample_percent=25)], facts(visitor_id=outside)) == {"r1": "sampled_out"}


def test_two_tabs_that_decide_at_once_ask_for_the_same_places() -> None:
    caps, budget = Caps(per_visit=1, per_visitor=5), Budget(Caps(1, 2, None))
    history = History(Shown(visit=0, day=1, visitor=4), {"r1": Shown(visitor=2)})

    places = windows("r1", caps, facts(), budget, history)

    assert places == ("all/visit:visit-1/1", "all/day:2026-03-02/2", "rule:r1/visit:visit-1/1", "rule:r1/ever/3")
    assert windows("r2", Caps(), facts(), budget, history) == places[:2]


def a_display(number: int, **other: Any) -> Display:
    given = {"rule_id": "r1", "visit_id": "visit-1", "day": "2026-03-02", "outcome": Outcome.SHOWN, **other}
    return Display(
        id=f"d{number}", tenant_id="t", site_id="s", visitor_id="anna", rule_version=1, at=NOW, windows=("w",),
        action="chat", text="", **given,
    )  # fmt: skip


def test_history_counts_this_visit_this_day_and_ever() -> None:
    displays = [
        a_display(1),
        a_display(2, rule_id="r2", visit_id="visit-0"),
        a_display(3, visit_id="visit-0", day="2026-03-01", outcome=Outcome.DISMISSED),
    ]

    history = history_of(displays, "visit-1", "2026-03-02")

    assert history.all == Shown(1, 2, 3)
    assert history.by_rule == {"r1": Shown(1, 1, 2), "r2": Shown(0, 1, 1)}
    assert not history.dismissed, "another visit's no is not this visit's"
    assert history_of([a_display(1, outcome=Outcome.DISMISSED)], "visit-1", "2026-03-02").dismissed
    assert history_of([], "visit-1", "2026-03-02") is NOTHING_SHOWN


def test_the_browser_is_asked_for_each_fact_once_and_for_no_other() -> None:
    rules = [
        rule("a", Group("all", (Time(30), Scroll(50), Not(Idle(20))))),
        rule("b", Group("any", (Time(30), Time(10)))),
        rule("c", Group("any", (Exit("desktop"), Event("cart.added")))),
    ]
    assert watch_list(rules) == [
        Watch("event", name="cart.added"),
        Watch("exit", name="desktop"),
        Watch("idle", 20),
        Watch("scroll", 50),
        Watch("time", 10),
        Watch("time", 30),
    ]
    assert watch_list([*rules, rule("d", Exit("any"))]).count(Watch("exit", name="desktop")) == 0


@pytest.mark.parametrize(
    ("locale", "expected"), [("ro-MD", "ro"), ("pt-BR", "pt-BR"), ("pt-PT", "pt-BR"), ("de", "ru"), ("", "ru")]
)
def test_words_are_the_visitors_else_the_sites(locale: str, expected: str) -> None:
    texts = [Text(tag, "", tag, "") for tag in ("en", "ro", "pt-BR", "ru")]
    assert text_for(texts, locale, "ru").locale == expected
    assert text_for(texts, "de", "xx").locale == "en"


def a_summary(**other: Any) -> Summary:
    given = {"peaks": (Peak("https://shop.example/", time_s=20, scroll=40, exits=("touch",)),), "watched": {}, **other}
    return Summary(
        tenant_id="t", site_id="s", visitor_id="anna", visit_id="v", started_at=NOW, updated_at=NOW, locale="en",
        returning=False, pages=1, referrer="", utm={}, events={}, **given,
    )  # fmt: skip


def test_a_past_visit_tells_whether_a_rule_would_have_fired_or_that_nobody_watched() -> None:
    visit = a_summary(watched=watched_of([Watch("time", 20), Watch("scroll", 60), Watch("exit", name="any")], {}))

    assert would_fire(content(Group("all", (Time(20), Exit("touch")))), visit)
    assert not would_fire(content(Exit("desktop")), visit)
    assert not unwatched(content(Exit("desktop")), visit.watched)
    assert not would_fire(content(Time(30)), visit)
    assert unwatched(content(Time(30)), visit.watched), "nobody asked whether it was thirty seconds"
    assert not unwatched(content(Scroll(60)), visit.watched)
    assert unwatched(content(Event("cart")), visit.watched)


def test_a_decision_on_a_survey_or_a_link_is_the_same_decision() -> None:
    for action in (
        Action("survey", survey_id="s1"),
        Action("link", url="https://x.example"),
        Action("event", name="e"),
    ):
        assert decided([rule("a", action=action)], history=History(Shown(visit=1))) == {"a": Code.CAPPED_VISIT.value}


def test_rules_are_judged_in_the_same_order_whatever_order_they_came_in() -> None:
    rules = [rule(f"r{number}", priority=number % 3) for number in range(9)]
    one, other = compile_rules(rules), compile_rules(reversed(rules))
    assert [r.id for r in one.rules] == [r.id for r in other.rules]
    assert (one.watch, one.wants_hours, one.budget) == (other.watch, other.wants_hours, other.budget)
