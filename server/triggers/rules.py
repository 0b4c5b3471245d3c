"""Decisions about invitations. Pure: facts, rules, history and time come in, a decision goes out.

`decide` is the one judge: live, in the preview and in the tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.triggers.conditions import compile_condition, page_view, walk
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
from server.triggers.truth import Truth, Verdicts

MAX_WATCH = 100
MAX_LIVE_RULES = 100

_CAPPED = {
    "all": (Code.CAPPED_VISIT, Code.CAPPED_DAY, Code.CAPPED_VISITOR),
    "rule": (Code.RULE_CAPPED_VISIT, Code.RULE_CAPPED_DAY, Code.RULE_CAPPED_VISITOR),
}
_ENGAGED = {"call": Code.IN_CALL, "chat": Code.IN_CONVERSATION, "closed": Code.OUTSIDE_HOURS}
_NEVER = Shown()
_SOMEONE = Inviter("", "")


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The live rules of a site made ready, the most important first.

    `reasons` are made beforehand, for each code in the rules' order; `wants_*` say which facts have to be looked up.
    """

    rules: tuple[LiveRule, ...]
    truth: Truth
    verdicts: tuple[tuple[int, Verdicts], ...]
    reasons: Mapping[Code, tuple[Reason, ...]]
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
    truth = Truth(rule.content.condition for rule in ordered)
    every = [Verdicts(rule.id, rule.content.condition, truth) for rule in ordered]
    return RuleSet(
        rules=ordered,
        truth=truth,
        verdicts=tuple((verdicts.mask, verdicts) for verdicts in every),
        reasons={code: tuple(Reason(rule.id, code) for rule in ordered) for code in Code},
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
    true = rules.truth.of(facts)
    found: list[Reason | None] = [verdicts[true & mask] for mask, verdicts in rules.verdicts]
    if None not in found:
        return Decision(None, tuple(found))  # type: ignore[arg-type]
    # Once nothing may interrupt the visitor, or something does, that is the reason of all others that could have.
    common = _busy(facts, rules.budget, history)
    fired: LiveRule | None = None
    for place, unmet in enumerate(found):
        if unmet is None:
            code = common
            if code is None:
                rule = rules.rules[place]
                code = _excluded(rule, facts, history, now)
                if code is None:
                    code, fired, common = Code.FIRED, rule, Code.LOWER_PRIORITY
            found[place] = rules.reasons[code][place]
    return Decision(fired, tuple(found))  # type: ignore[arg-type]


def _excluded(rule: LiveRule, facts: Facts, history: History, now: datetime) -> Code | None:
    """Return why a rule whose condition is met is not for this visitor now, or not once more."""
    content = rule.content
    if not rule.has_survey:
        return Code.SURVEY_CLOSED
    if (content.starts_at and now < content.starts_at) or (content.ends_at and now >= content.ends_at):
        return Code.OUTSIDE_SCHEDULE
    if not in_sample(rule.id, facts.visitor_id, content.sample_percent):
        return Code.SAMPLED_OUT
    if content.invitee is Invitee.CONSULTANT and facts.consultant is None:
        return Code.NO_CONSULTANT
    return _capped(content.caps, history.by_rule.get(rule.id, _NEVER), _CAPPED["rule"])


def _busy(facts: Facts, budget: Budget, history: History) -> Code | None:
    """Return why nothing at all may interrupt the visitor now."""
    if not budget.enabled:
        return Code.SWITCHED_OFF
    if facts.engaged is not None:
        return _ENGAGED[facts.engaged]
    if history.dismissed:
        return Code.DISMISSED
    return _capped(budget.caps, history.all, _CAPPED["all"])


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
