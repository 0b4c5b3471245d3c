"""Chaos (pure): what goes wrong between the carrier and us, on request and reproducibly."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

CALLBACK_KINDS = frozenset({"status", "conference", "amd", "recording", "message"})
_WEBHOOK_KINDS = ("duplicate", "drop", "delay", "reorder", "wrongSignature", "replay")
_REST_KINDS = ("closeAfterAccept", "errorAfterAccept", "tooManyRequests", "slow")
KINDS = _WEBHOOK_KINDS + _REST_KINDS
_ALIASES = {
    **{kind.lower(): kind for kind in KINDS},
    "duplicates": "duplicate",
    "drops": "drop",
    "delays": "delay",
    "shuffle": "reorder",
    "badsignature": "wrongSignature",
    "forge": "wrongSignature",
    "close": "closeAfterAccept",
    "closeconnection": "closeAfterAccept",
    "closeconnectionafteraccept": "closeAfterAccept",
    "500afteraccept": "errorAfterAccept",
    "error500afteraccept": "errorAfterAccept",
    "servererrorafteraccept": "errorAfterAccept",
    "429": "tooManyRequests",
    "429burst": "tooManyRequests",
    "burst429": "tooManyRequests",
    "slowanswers": "slow",
    "slowanswer": "slow",
}
_FIELDS = {
    "events": "events",
    "scope": "events",
    "event": "events",
    "kinds": "events",
    "kind": "events",
    "count": "count",
    "times": "count",
    "probability": "probability",
    "p": "probability",
    "seconds": "seconds",
    "s": "seconds",
    "maxs": "seconds",
    "maxseconds": "seconds",
    "afters": "seconds",
    "delays": "seconds",
    "max": "seconds",
    "min": "least_s",
    "mins": "least_s",
    "minseconds": "least_s",
    "copies": "copies",
    "numbers": "numbers",
    "number": "numbers",
    "to": "numbers",
    "resources": "resources",
    "resource": "resources",
    "methods": "methods",
    "method": "methods",
    "extra": "extra",
    "retryafters": "seconds",
}
_USUAL_SECONDS = {"delay": 10.0, "reorder": 2.0, "replay": 5.0, "slow": 5.0, "tooManyRequests": 1.0}


class ChaosError(ValueError):
    """The request for chaos cannot be understood; the text says why."""


@dataclass(frozen=True)
class Rule:
    """One thing that goes wrong.

    Args:
        events: patterns over "kind" or "kind:event" of webhooks (status, status:ringing, conference:*, twiml ...);
            empty means the usual ones: every webhook for duplicate, only callbacks (no TwiML request) for the others.
        count: how many more times; None until cleared.
        seconds: the longest delay, or the wait before a replay (virtual); for slow and tooManyRequests real seconds.
        copies: deliveries in all of a duplicated webhook.
        extra: a wrongly signed copy comes besides the right one, not in its place.
    """

    kind: str
    events: tuple[str, ...] = ()
    count: int | None = None
    probability: float = 1.0
    seconds: float = 0.0
    least_s: float = 0.0
    copies: int = 2
    numbers: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    extra: bool = False


@dataclass
class Chaos:
    """The rules in force. `rng` makes a run with the same seed go wrong in the same places."""

    rules: list[Rule] = field(default_factory=list)
    rng: random.Random = field(default_factory=random.Random)

    def for_webhook(self, kind: str, event: str, number: str) -> dict[str, Rule]:
        """Return what befalls one webhook, by kind of chaos; counts are used up."""
        return self._take(_WEBHOOK_KINDS, lambda rule: _hits_webhook(rule, kind, event, number))

    def for_request(self, method: str, resource: str) -> dict[str, Rule]:
        """Return what befalls one REST request, by kind of chaos; counts are used up."""
        return self._take(_REST_KINDS, lambda rule: _hits_request(rule, method, resource))

    def _take(self, kinds: tuple[str, ...], hits: Any) -> dict[str, Rule]:
        taken: dict[str, Rule] = {}
        for place, rule in enumerate(self.rules):
            if rule.kind not in kinds or rule.kind in taken or rule.count == 0 or not hits(rule):
                continue
            if rule.probability < 1 and self.rng.random() >= rule.probability:
                continue
            taken[rule.kind] = rule
            if rule.count is not None:
                self.rules[place] = replace(rule, count=rule.count - 1)
        return taken

    def seconds(self, rule: Rule) -> float:
        """Return a delay between the rule's shortest and longest."""
        return self.rng.uniform(rule.least_s, max(rule.seconds, rule.least_s))


def _hits_webhook(rule: Rule, kind: str, event: str, number: str) -> bool:
    if rule.numbers and number not in rule.numbers:
        return False
    if not rule.events:
        return rule.kind == "duplicate" or kind in CALLBACK_KINDS
    names = {kind, event, f"{kind}:{event}", "callback" if kind in CALLBACK_KINDS else "twiml"}
    return any(pattern == "all" or any(fnmatchcase(name, pattern) for name in names) for pattern in rule.events)


def _hits_request(rule: Rule, method: str, resource: str) -> bool:
    if rule.methods and method not in rule.methods:
        return False
    if rule.resources:
        return any(fnmatchcase(resource, pattern) for pattern in rule.resources)
    if rule.kind in {"closeAfterAccept", "errorAfterAccept"}:
        return method == "POST" and resource in {"Calls", "Participants", "Messages"}
    return True


def parse_chaos(body: Mapping[str, Any]) -> tuple[list[Rule], int | None]:
    """Read `{"seed": 7, "drop": {"events": ["status"], "count": 2}, "delay": 10, "duplicate": true}`.

    Each kind takes true, a number (seconds for delay, reorder, replay and slow; copies for duplicate; a count for the
    others; between 0 and 1 a probability), an object with the fields of `Rule`, or a list of those. Fields that stand
    beside the kinds, such as `events` and `count`, hold for all of them that do not say otherwise.

    Returns:
        The rules in order and the seed, where one is given.
    Raises:
        ChaosError: an unknown word or a value of the wrong kind.
    """
    rules: list[Rule] = []
    seed: int | None = None
    shared = {word: value for word, value in body.items() if _plain(word) in _FIELDS}
    for word, value in body.items():
        if word in shared:
            continue
        if word == "seed":
            if not isinstance(value, int):
                raise ChaosError("seed is a whole number")
            seed = value
        elif word == "rules":
            for each in value if isinstance(value, list) else [value]:
                if not isinstance(each, Mapping) or "kind" not in each:
                    raise ChaosError('each of "rules" is an object with a "kind"')
                own = {k: v for k, v in each.items() if k != "kind"}
                rules.append(_rule(_kind(str(each["kind"])), own, shared))
        else:
            kind = _kind(word)
            given = value if isinstance(value, list) else [value]
            rules += [_rule(kind, each, shared) for each in given if each is not False]
    return [rule for rule in rules if rule.count != 0], seed


def _kind(word: str) -> str:
    kind = _ALIASES.get(_plain(word))
    if kind is None:
        raise ChaosError(f"{word} is not known; there are {', '.join(KINDS)}")
    return kind


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", str(word).lower())


def _rule(kind: str, value: Any, shared: Mapping[str, Any]) -> Rule:
    rule = replace(Rule(kind, seconds=_USUAL_SECONDS.get(kind, 0.0)), **_fields(kind, shared))
    if value is True:
        return rule
    if isinstance(value, str):
        return replace(rule, events=(value,))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(rule, value)
    if not isinstance(value, Mapping):
        raise ChaosError(f"{kind} takes true, a number or an object")
    return replace(rule, **_fields(kind, value))


def _fields(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word, each in given.items():
        name = _FIELDS.get(_plain(word))
        if name is None:
            raise ChaosError(f"{kind} has no field {word}")
        found[name] = _field(kind, name, each)
    return found


def _from_number(rule: Rule, value: float) -> Rule:
    if value < 0:
        raise ChaosError(f"{rule.kind} takes no negative number")
    if rule.kind in {"delay", "reorder", "replay", "slow"}:
        return replace(rule, seconds=float(value))
    if 0 < value < 1:
        return replace(rule, probability=float(value))
    return replace(rule, copies=int(value)) if rule.kind == "duplicate" else replace(rule, count=int(value))


def _field(kind: str, name: str, value: Any) -> Any:
    if name in {"events", "numbers", "resources", "methods"}:
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ChaosError(f"{kind}: {name} is a text or a list of texts")
        return tuple(texts)
    if name == "extra":
        return value is True
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ChaosError(f"{kind}: {name} is a number, 0 or more")
    return int(value) if name in {"count", "copies"} else float(value)
