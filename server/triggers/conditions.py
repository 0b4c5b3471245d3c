"""What each condition means: a check returns None when it is met, else the reason, which was made beforehand. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar
from urllib.parse import urlsplit

from server.triggers.model import (
    Code,
    Condition,
    Consultants,
    Event,
    Exit,
    Facts,
    Group,
    Hours,
    Idle,
    Language,
    Leaf,
    Not,
    Pages,
    PageView,
    Reason,
    Referrer,
    Returning,
    Scalar,
    Scroll,
    Time,
    Url,
    Utm,
)

T = TypeVar("T")
Check = Callable[[Facts], Reason | None]


def plain(value: Scalar) -> str:
    """Return a value as rules compare it: without regard to case, and 5, 5.0 and "5" alike."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip().casefold()


def page_view(url: str, title: str = "") -> PageView:
    """Return an address in the forms that rules compare."""
    try:
        parts = urlsplit(url.casefold())
    except ValueError:
        return PageView(url, title, "", "", "", "")
    path = parts.path or "/"
    query = f"?{parts.query}" if parts.query else ""
    bare = f"{parts.scheme}://{parts.netloc}{path}"
    return PageView(url, title, bare + query, bare, path, path + query)


def walk(condition: Condition, path: str = "") -> Iterator[tuple[str, Condition]]:
    """Give every condition of a tree with its path, the root's being empty."""
    yield path, condition
    if isinstance(condition, Group):
        for number, part in enumerate(condition.conditions):
            yield from walk(part, f"{path}/conditions/{number}".lstrip("/"))
    elif isinstance(condition, Not):
        yield from walk(condition.condition, f"{path}/condition".lstrip("/"))


def compile_condition(rule_id: str, condition: Condition) -> Check:
    """Return the check of a condition; its reasons carry `rule_id` and the path of what was not met."""
    return compile_tree(rule_id, condition, leaf_check)


def compile_tree(
    rule_id: str, condition: Condition, leaf: Callable[[Leaf, Reason], Callable[[T], Reason | None]], path: str = ""
) -> Callable[[T], Reason | None]:
    """Return the check of a tree whose leaves `leaf(condition, unmet)` makes, on whatever those look at."""
    if isinstance(condition, Group):
        checks = [
            compile_tree(rule_id, part, leaf, f"{path}/conditions/{number}".lstrip("/"))
            for number, part in enumerate(condition.conditions)
        ]
        if condition.kind == "all":
            return _all(checks)
        return _any(checks, Reason(rule_id, Code.CONDITION_NOT_MET, path, condition.kind))
    if isinstance(condition, Not):
        inner = compile_tree(rule_id, condition.condition, leaf, f"{path}/condition".lstrip("/"))
        unmet = Reason(rule_id, Code.CONDITION_NOT_MET, path, condition.kind)
        return lambda value: unmet if inner(value) is None else None
    code = {"consultants": Code.NO_CONSULTANT, "hours": Code.OUTSIDE_HOURS}.get(condition.kind, Code.CONDITION_NOT_MET)
    return leaf(condition, Reason(rule_id, code, path, condition.kind))


def _all(checks: list[Callable[[T], Reason | None]]) -> Callable[[T], Reason | None]:
    def check(value: T) -> Reason | None:
        for part in checks:
            unmet = part(value)
            if unmet is not None:
                return unmet
        return None

    return checks[0] if len(checks) == 1 else check


def _any(checks: list[Callable[[T], Reason | None]], unmet: Reason) -> Callable[[T], Reason | None]:
    def check(value: T) -> Reason | None:
        for part in checks:
            if part(value) is None:
                return None
        return unmet

    return checks[0] if len(checks) == 1 else check


def leaf_check(leaf: Leaf, unmet: Reason) -> Check:
    """Return the check of one condition that is no tree."""
    match leaf:
        case Time(at_least):
            return lambda facts: None if facts.time_s >= at_least else unmet
        case Scroll(at_least):
            return lambda facts: None if facts.scroll >= at_least else unmet
        case Idle(at_least):
            return lambda facts: None if facts.idle_s >= at_least else unmet
        case Pages(at_least):
            return lambda facts: None if facts.pages >= at_least else unmet
        case Exit("any"):
            return lambda facts: None if facts.exit is not None else unmet
        case Exit(device):
            return lambda facts: None if facts.exit == device else unmet
        case Url(op, value):
            return _url(op, value.strip().casefold(), unmet)
        case Returning():
            return lambda facts: None if facts.returning else unmet
        case Referrer(op, value):
            return _referrer(op, plain(value), unmet)
        case Utm(part, op, value):
            return _utm(part, op, plain(value), unmet)
        case Language(any_of):
            return _language(any_of, unmet)
        case Event(name, data):
            return _event(name, tuple((key, plain(value)) for key, value in data), unmet)
        case Consultants():
            return lambda facts: None if facts.consultant is not None else unmet
        case Hours():
            return lambda facts: None if facts.is_open else unmet


def _url(op: str, value: str, unmet: Reason) -> Check:
    has_query = "?" in value
    if op == "contains":
        return lambda facts: None if value in facts.page.whole else unmet
    if op == "ends":
        if has_query:
            return lambda facts: None if facts.page.whole.endswith(value) else unmet
        return lambda facts: None if facts.page.bare.endswith(value) else unmet
    form = ("path_query" if has_query else "path") if value.startswith("/") else ("whole" if has_query else "bare")
    if op == "starts":
        if form == "path":
            return lambda facts: None if facts.page.path.startswith(value) else unmet
        return lambda facts: None if getattr(facts.page, form).startswith(value) else unmet
    # A slash at the end makes no other page.
    wanted = frozenset({value, value.rstrip("/"), value.rstrip("/") + "/"}) if not has_query else frozenset({value})
    if form == "path":
        return lambda facts: None if facts.page.path in wanted else unmet
    return lambda facts: None if getattr(facts.page, form) in wanted else unmet


def _referrer(op: str, value: str, unmet: Reason) -> Check:
    compare = _compare(op, value)
    return lambda facts: None if compare(facts.referrer) else unmet


def _utm(part: str, op: str, value: str, unmet: Reason) -> Check:
    if op == "is":
        return lambda facts: None if facts.utm.get(part) == value else unmet
    compare = _compare(op, value)
    return lambda facts: None if compare(facts.utm.get(part, "")) else unmet


def _compare(op: str, value: str) -> Callable[[str], bool]:
    if op == "is":
        return lambda text: text == value
    if op == "contains":
        return lambda text: value in text
    if op == "starts":
        return lambda text: text.startswith(value)
    return lambda text: text.endswith(value)


def _language(any_of: tuple[str, ...], unmet: Reason) -> Check:
    wanted = frozenset(tag.casefold() for tag in any_of)
    return lambda facts: None if facts.locale in wanted or facts.locale.partition("-")[0] in wanted else unmet


def _event(name: str, data: tuple[tuple[str, str], ...], unmet: Reason) -> Check:
    if not data:
        return lambda facts: None if name in facts.events else unmet

    def check(facts: Facts) -> Reason | None:
        for told in facts.events.get(name, ()):
            if all(told.get(key) == value for key, value in data):
                return None
        return unmet

    return check
