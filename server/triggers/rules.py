"""Decisions about invitations. Pure: facts, rules, history and time come in, a decision goes out.

`decide` is the one judge: live, in the preview and in the tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.triggers.conditions import Check, compile_condition, page_view, walk
from server.triggers.model import (
    NOTHING_SHOWN,
    Budget,
    Caps,
    Code,
    Content,
    Decision,
    Display,
    Event,
    Exit,
    Facts,
    History,
    Idle,
    Invitee,
    Inviter,
    LiveRule,
    Outcome,
    Reason,
    Scroll,
    Shown,
    Summary,
    Text,
    Time,
)

MAX_WATCH = 100
MAX_LIVE_RULES = 100

_CAPPED = {
    "all": (Code.CAPPED_VISIT, Code.CAPPED_DAY, Code.CAPPED_VISITOR),
    "rule": (Code.RULE_CAPPED_VISIT, Code.RULE_CAPPED_DAY, Code.RULE_CAPPED_VISITOR),
}
_NEVER = Shown()
_SOMEONE = Inviter("", "")


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The live rules of a site made ready, the most important first.

    `reasons` are made beforehand for each rule, `plain` are the places of rules without limits of their own, `wants_*`
    say which facts have to be looked up.
    """

    rules: tuple[LiveRule, ...]
    checks: tuple[Check, ...]
    reasons: tuple[Mapping[Code, Reason], ...]
    plain: frozenset[int]
    budget: Budget
    watch: tuple[Watch, ...]
    wants_consultant: bool
    wants_hours: bool


@dataclass(frozen=True, slots=True, order=True)
class Watch:
    """A fact that the browser is asked to report: `value` reached, or `name` seen."""

    kind: str
    value: int = 0
    name: str = ""


def compile_rules(rules: Iterable[LiveRule], budget: Budget = Budget()) -> RuleSet:  # noqa: B008
    """Make rules ready for `decide`."""
    ordered = tuple(sorted(rules, key=lambda rule: (-rule.content.priority, rule.id)))
    kinds = {condition.kind for rule in ordered for _, condition in walk(rule.content.condition)}
    return RuleSet(
        rules=ordered,
        checks=tuple(compile_condition(rule.id, rule.content.condition) for rule in ordered),
        reasons=tuple({code: Reason(rule.id, code) for code in Code} for rule in ordered),
        plain=frozenset(place for place, rule in enumerate(ordered) if _is_plain(rule.content)),
        budget=budget,
        watch=tuple(watch_list(ordered)) if budget.enabled else (),
        wants_consultant="consultants" in kinds or any(rule.content.invitee is Invitee.CONSULTANT for rule in ordered),
        wants_hours="hours" in kinds,
    )


def decide(facts: Facts, rules: RuleSet, history: History, now: datetime) -> Decision:
    """Decide which rule fires for a visitor now: the most important one of those that may.

    Returns:
        A decision with one reason for every rule of `rules`, in their order.
    """
    found: list[Reason | None] = [check(facts) for check in rules.checks]
    if None not in found:
        return Decision(None, tuple(found))  # type: ignore[arg-type]
    busy = _busy(facts, rules.budget, history)
    fired: LiveRule | None = None
    for place, unmet in enumerate(found):
        if unmet is None:
            rule = rules.rules[place]
            code = (None if place in rules.plain else _excluded(rule, facts, now)) or busy
            if code is None and place not in rules.plain:
                code = _capped(rule.content.caps, history.by_rule.get(rule.id, _NEVER), _CAPPED["rule"])
            if code is None:
                code = Code.LOWER_PRIORITY if fired else Code.FIRED
                fired = fired or rule
            found[place] = rules.reasons[place][code]
    return Decision(fired, tuple(found))  # type: ignore[arg-type]


def _excluded(rule: LiveRule, facts: Facts, now: datetime) -> Code | None:
    """Return why a rule is not for this visitor at this time, whatever was shown before."""
    content = rule.content
    if (content.starts_at and now < content.starts_at) or (content.ends_at and now >= content.ends_at):
        return Code.OUTSIDE_SCHEDULE
    if not in_sample(rule.id, facts.visitor_id, content.sample_percent):
        return Code.SAMPLED_OUT
    if content.invitee is Invitee.CONSULTANT and facts.consultant is None:
        return Code.NO_CONSULTANT
    return None


def _busy(facts: Facts, budget: Budget, history: History) -> Code | None:
    """Return why nothing at all may interrupt the visitor now."""
    if not budget.enabled:
        return Code.SWITCHED_OFF
    if facts.engaged is not None:
        return Code.IN_CALL if facts.engaged == "call" else Code.IN_CONVERSATION
    if history.dismissed:
        return Code.DISMISSED
    return _capped(budget.caps, history.all, _CAPPED["all"])


def _is_plain(content: Content) -> bool:
    """Whether a rule is for everybody at any time, as often as the site's budget allows."""
    return (
        content.starts_at is None
        and content.ends_at is None
        and content.sample_percent >= 100
        and content.invitee is Invitee.TEAM
        and content.caps == Caps()
    )


def _capped(caps: Caps, shown: Shown, codes: tuple[Code, Code, Code]) -> Code | None:
    if caps.per_visit is not None and shown.visit >= caps.per_visit:
        return codes[0]
    if caps.per_day is not None and shown.day >= caps.per_day:
        return codes[1]
    if caps.per_visitor is not None and shown.visitor >= caps.per_visitor:
        return codes[2]
    return None


def in_sample(rule_id: str, visitor_id: str, percent: int) -> bool:
    """Return whether a visitor is in a rule's sample; always the same answer for the same two."""
    if percent >= 100:
        return True
    digest = hashlib.sha256(f"{rule_id}/{visitor_id}".encode()).digest()
    return int.from_bytes(digest[:4]) % 100 < percent


def windows(rule_id: str, caps: Caps, facts: Facts, budget: Budget, history: History) -> tuple[str, ...]:
    """Return the places that a display takes, one for each limit: who inserts them first has them.

    Two tabs that decide at the same moment on the same history ask for the same places.
    """
    taken = _places("all", budget.caps, history.all, facts)
    return (*taken, *_places(f"rule:{rule_id}", caps, history.by_rule.get(rule_id, _NEVER), facts))


def _places(scope: str, caps: Caps, shown: Shown, facts: Facts) -> list[str]:
    places = []
    if caps.per_visit is not None:
        places.append(f"{scope}/visit:{facts.visit_id}/{shown.visit + 1}")
    if caps.per_day is not None:
        places.append(f"{scope}/day:{facts.day}/{shown.day + 1}")
    if caps.per_visitor is not None:
        places.append(f"{scope}/ever/{shown.visitor + 1}")
    return places


def history_of(displays: Iterable[Display], visit_id: str, day: str) -> History:
    """Return what a visitor's displays on a site mean for this visit and this day."""
    overall = Shown()
    by_rule: dict[str, Shown] = {}
    dismissed = False
    for display in displays:
        here, today = display.visit_id == visit_id, display.day == day
        overall = _counted(overall, here, today)
        by_rule[display.rule_id] = _counted(by_rule.get(display.rule_id, _NEVER), here, today)
        dismissed = dismissed or (here and display.outcome is Outcome.DISMISSED)
    return History(overall, by_rule, dismissed) if by_rule else NOTHING_SHOWN


def _counted(shown: Shown, here: bool, today: bool) -> Shown:
    return Shown(shown.visit + here, shown.day + today, shown.visitor + 1)


def watch_list(rules: Iterable[LiveRule]) -> list[Watch]:
    """Return the facts that these rules need of the browser, each once."""
    wanted: set[Watch] = set()
    for rule in rules:
        wanted |= watched_by(rule.content)
    if Watch("exit", name="any") in wanted:
        wanted -= {Watch("exit", name="desktop"), Watch("exit", name="touch")}
    return sorted(wanted)


def watched_by(content: Content) -> set[Watch]:
    """Return what one rule needs of the browser."""
    wanted = set()
    for _, condition in walk(content.condition):
        match condition:
            case Time(at_least) | Idle(at_least) | Scroll(at_least):
                wanted.add(Watch(condition.kind, at_least))
            case Exit(device):
                wanted.add(Watch("exit", name=device))
            case Event(name):
                wanted.add(Watch("event", name=name))
    return wanted


def unwatched(content: Content, watched: Mapping[str, int]) -> bool:
    """Return whether a rule asks for something that nobody watched for in a visit; see `Summary.watched`."""
    return any(max(watch.value, 1) > watched.get(_watch_key(watch), 0) for watch in watched_by(content))


def watched_of(watch: Iterable[Watch], before: Mapping[str, int]) -> dict[str, int]:
    """Return `Summary.watched` after the browser was asked for these, too."""
    watched = dict(before)
    for entry in watch:
        key = _watch_key(entry)
        watched[key] = max(watched.get(key, 0), entry.value, 1)
        if entry.kind == "exit" and entry.name == "any":
            watched |= {"exit:desktop": 1, "exit:touch": 1}
    return watched


def _watch_key(watch: Watch) -> str:
    return f"{watch.kind}:{watch.name}" if watch.name else watch.kind


def text_for(texts: Sequence[Text], locale: str, default_locale: str) -> Text:
    """Return the words in the visitor's language, else in the site's, else the first."""
    by_tag = {text.locale.casefold(): text for text in reversed(texts)}
    by_language = {text.locale.casefold().partition("-")[0]: text for text in reversed(texts)}
    for wanted in (locale.casefold(), default_locale.casefold()):
        found = by_tag.get(wanted) or by_language.get(wanted.partition("-")[0])
        if wanted and found:
            return found
    return texts[0]


def would_fire(content: Content, summary: Summary) -> bool:
    """Return whether a rule's condition was met at some moment of a past visit, with a consultant there and open."""
    check = compile_condition("", content.condition)
    for peak in summary.peaks:
        for leaving in (None, *peak.exits):
            facts = Facts(
                visit_id=summary.visit_id,
                visitor_id=summary.visitor_id,
                page=page_view(peak.url, peak.title),
                day="",
                time_s=peak.time_s,
                scroll=peak.scroll,
                exit=leaving,
                idle_s=peak.idle_s,
                pages=summary.pages,
                returning=summary.returning,
                locale=summary.locale,
                referrer=summary.referrer,
                utm=summary.utm,
                events=summary.events,
                consultant=_SOMEONE,
            )
            if check(facts) is None:
                return True
    return False
