"""What a rule may not be. Pure. Everything refused is AppError("rule_invalid", path=..., rule=...).

`path` says where in the rule (condition/conditions/3/atLeastS), `rule` what is wrong, in one word for the editor.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.errors import AppError
from server.triggers import texts
from server.triggers.conditions import walk
from server.triggers.model import Condition, Content, Exit, Group, Idle, Not, Pages, Scroll, Time, Url, Utm

MAX_NODES = 200
MAX_DEPTH = 8


def refuse(path: str, rule: str, **more: object) -> AppError:
    return AppError("rule_invalid", path=path[:200], rule=rule, **more)


def measure(condition: object) -> None:
    """Refuse a tree that is too large or too deep, without recursion and without looking at more than the limit.

    Args:
        condition: what came as JSON; anything that is no tree is left to the contract.

    Raises:
        AppError: rule_invalid with `rule` nodes or depth, and `max`.
    """
    waiting: list[tuple[object, int, str]] = [(condition, 1, "condition")]
    count = 0
    while waiting:
        node, depth, path = waiting.pop()
        count += 1
        if count > MAX_NODES:
            raise refuse("condition", "nodes", max=MAX_NODES)
        if depth > MAX_DEPTH:
            raise refuse(path, "depth", max=MAX_DEPTH)
        if isinstance(node, dict):
            parts = node.get("conditions")
            if isinstance(parts, list):
                if count + len(waiting) + len(parts) > MAX_NODES:
                    raise refuse(f"{path}/conditions", "nodes", max=MAX_NODES)
                waiting += [(part, depth + 1, f"{path}/conditions/{place}") for place, part in enumerate(parts)]
            if "condition" in node:
                waiting.append((node["condition"], depth + 1, f"{path}/condition"))


def check(content: Content) -> None:
    """Refuse what makes no sense although each part of it is well formed.

    Raises:
        AppError: rule_invalid.
    """
    for path, condition in walk(content.condition):
        if isinstance(condition, Group):
            _check_group(condition.kind, condition.conditions, f"condition/{path}".rstrip("/"))
        elif isinstance(condition, Not) and isinstance(condition.condition, Not):
            raise refuse(f"condition/{path}".rstrip("/"), "double_not")
    seen: set[str] = set()
    for place, text in enumerate(content.texts):
        if text.locale.casefold() in seen:
            raise refuse(f"texts/{place}/locale", "repeated")
        seen.add(text.locale.casefold())
        for field, value in (("title", text.title), ("text", text.text)):
            problem = texts.problem_of(value)
            if problem:
                raise refuse(f"texts/{place}/{field}", problem)
    if content.starts_at and content.ends_at and content.starts_at >= content.ends_at:
        raise refuse("schedule/untilAtMs", "order")


def _check_group(kind: str, parts: Sequence[Condition], path: str) -> None:
    """Refuse dead conditions: one that changes nothing beside its neighbours, or that makes the group never true."""
    for place, part in enumerate(parts):
        for before in parts[:place]:
            if part == before or _implied(part, before):
                raise refuse(f"{path}/conditions/{place}", "repeated")
            opposite = Not(part) == before or Not(before) == part
            if opposite or (kind == "all" and _exclusive(part, before)):
                raise refuse(f"{path}/conditions/{place}", "contradiction")


def _implied(one: Condition, other: Condition) -> bool:
    """Two thresholds of the same thing side by side: one of them says nothing."""
    return one.kind == other.kind and isinstance(one, Time | Scroll | Idle | Pages)


def _exclusive(one: Condition, other: Condition) -> bool:
    """Whether two conditions can never both be true."""
    match one, other:
        case Exit(a), Exit(b):
            return {a, b} == {"desktop", "touch"}
        case Url("is", a), Url("is", b):
            return a.startswith("/") == b.startswith("/") and a.casefold().rstrip("/") != b.casefold().rstrip("/")
        case Utm(part, "is", a), Utm(same, "is", b):
            return part == same and a.casefold() != b.casefold()
    return False
