"""Many rules at once: every distinct condition is a bit, and each rule remembers what its bits mean. Pure.

Twenty thousand decisions a second over a hundred rules leave half a microsecond for each rule. So the facts are turned
into one whole number first: numbers by their place among the thresholds, addresses and languages from a small memory.
After that a rule costs one `&` and one look into its memory. What a condition means stands in `conditions` alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable

from server.triggers.conditions import Check, compile_tree, leaf_check, walk
from server.triggers.model import (
    Code,
    Condition,
    Consultants,
    Exit,
    Facts,
    Group,
    Hours,
    Idle,
    Language,
    Leaf,
    Not,
    Pages,
    Reason,
    Referrer,
    Returning,
    Scroll,
    Time,
    Url,
)

REMEMBERED = 512
_UNMET = Reason("", Code.CONDITION_NOT_MET)


class Truth:
    """The distinct conditions of some rules, a bit for each."""

    def __init__(self, conditions: Iterable[Condition]) -> None:
        leaves: dict[str, Leaf] = {}
        for tree in conditions:
            for _, part in walk(tree):
                if not isinstance(part, Group | Not):
                    leaves.setdefault(repr(part), part)  # not the leaf itself: to Python 1 and True are the same key
        self._bits = {name: 1 << place for place, name in enumerate(leaves)}
        of_kind: dict[type[Leaf], list[Leaf]] = {}
        for leaf in leaves.values():
            of_kind.setdefault(type(leaf), []).append(leaf)

        def taken(*kinds: type[Leaf]) -> list[tuple[int, Leaf]]:
            return [(self.bit(leaf), leaf) for kind in kinds for leaf in of_kind.pop(kind, [])]

        self._time = _Thresholds(taken(Time))
        self._scroll = _Thresholds(taken(Scroll))
        self._idle = _Thresholds(taken(Idle))
        self._pages = _Thresholds(taken(Pages))
        exits = taken(Exit)
        self._exits = {
            device: sum(bit for bit, leaf in exits if isinstance(leaf, Exit) and leaf.device in (device, "any"))
            for device in ("desktop", "touch")
        }
        self._returning = sum(bit for bit, _ in taken(Returning))
        self._consultants = sum(bit for bit, _ in taken(Consultants))
        self._hours = sum(bit for bit, _ in taken(Hours))
        self._url = _Memory(taken(Url), lambda facts: facts.page.whole)
        self._language = _Memory(taken(Language), lambda facts: facts.locale)
        self._referrer = _Memory(taken(Referrer), lambda facts: facts.referrer)
        self._others = [(bit, leaf_check(leaf, _UNMET)) for bit, leaf in taken(*of_kind)]

    def bit(self, leaf: Leaf) -> int:
        return self._bits[repr(leaf)]

    def of(self, facts: Facts) -> int:
        """Return the bits of all conditions that these facts meet."""
        truth = self._time.of(facts.time_s) | self._scroll.of(facts.scroll) | self._pages.of(facts.pages)
        truth |= self._url.of(facts) | self._language.of(facts) | self._referrer.of(facts)
        truth |= self._idle.of(facts.idle_s)
        if facts.exit is not None:
            truth |= self._exits.get(facts.exit, 0)
        if facts.returning:
            truth |= self._returning
        if facts.consultant is not None:
            truth |= self._consultants
        if facts.is_open:
            truth |= self._hours
        for bit, check in self._others:
            if check(facts) is None:
                truth |= bit
        return truth


class _Thresholds:
    """Conditions of one number: which of them it reaches."""

    def __init__(self, leaves: list[tuple[int, Leaf]]) -> None:
        limits = sorted((_limit(leaf), bit) for bit, leaf in leaves)
        self._limits = [limit for limit, _ in limits]
        self._reached = [0]
        for _, bit in limits:
            self._reached.append(self._reached[-1] | bit)

    def of(self, number: int) -> int:
        return self._reached[bisect_right(self._limits, number)]


def _limit(leaf: Leaf) -> int:
    match leaf:
        case Time(limit) | Scroll(limit) | Idle(limit) | Pages(limit):
            return limit
    raise TypeError(f"{leaf!r} has no threshold")


class _Memory:
    """Conditions of one text, which is seldom a new one."""

    def __init__(self, leaves: list[tuple[int, Leaf]], text_of: Callable[[Facts], str]) -> None:
        self._checks: list[tuple[int, Check]] = [(bit, leaf_check(leaf, _UNMET)) for bit, leaf in leaves]
        self._text_of = text_of
        self._known: dict[str, int] = {}

    def of(self, facts: Facts) -> int:
        if not self._checks:
            return 0
        text = self._text_of(facts)
        found = self._known.get(text)
        if found is None:
            found = sum(bit for bit, check in self._checks if check(facts) is None)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[text] = found
        return found


class Verdicts(dict[int, Reason | None]):
    """What a rule's condition says to each combination of its bits; asked for a new one it works it out."""

    def __init__(self, rule_id: str, condition: Condition, truth: Truth) -> None:
        super().__init__()
        leaves = [part for _, part in walk(condition) if not isinstance(part, Group | Not)]
        self.mask = 0
        for leaf in leaves:
            self.mask |= truth.bit(leaf)

        def on_bit(leaf: Leaf, unmet: Reason) -> Callable[[int], Reason | None]:
            bit = truth.bit(leaf)
            return lambda bits: None if bits & bit else unmet

        self._check = compile_tree(rule_id, condition, on_bit)

    def __missing__(self, bits: int) -> Reason | None:
        if len(self) >= REMEMBERED:
            self.clear()
        verdict = self[bits] = self._check(bits)
        return verdict
