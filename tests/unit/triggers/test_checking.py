"""Rules that are refused, with the place and the reason; and templates, which never are."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.contracts.registry import load_contracts
from server.errors import AppError
from server.triggers.templates import TEMPLATES
from server.triggers.wire import content_from_wire, content_to_wire

CONTRACTS = load_contracts()
RETURNING = {"kind": "returning"}


def a_rule(condition: Any = None, **other: Any) -> dict[str, Any]:
    return {
        "name": "Help",
        "condition": RETURNING if condition is None else condition,
        "action": {"kind": "chat"},
        "texts": [{"locale": "en", "title": "", "text": "May I help?", "button": "Yes"}],
        "invitee": "team",
        "priority": 1,
        "caps": {"perVisit": None, "perDay": None, "perVisitor": None},
        "schedule": {"fromAtMs": None, "untilAtMs": None},
        "samplePercent": 100,
        **other,
    }


def refused(raw: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(AppError) as refusal:
        content_from_wire(raw, CONTRACTS.validate)
    assert refusal.value.code == "rule_invalid"
    return str(refusal.value.details["path"]), str(refusal.value.details["rule"])


def group(kind: str, *parts: Any) -> dict[str, Any]:
    return {"kind": kind, "conditions": list(parts)}


def no(condition: Any) -> dict[str, Any]:
    return {"kind": "not", "condition": condition}


def at_least(seconds: int) -> dict[str, Any]:
    return {"kind": "time", "atLeastS": seconds}


def url(op: str, value: str) -> dict[str, Any]:
    return {"kind": "url", "op": op, "value": value}


def nested(depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = RETURNING
    for number in range(depth):
        tree = group("all" if number % 2 else "any", tree)
    return tree


@pytest.mark.parametrize(
    "tree",
    [
        group("all", *[{"kind": "consultants"}] * 10_000),
        group("all", *[group("any", *[RETURNING] * 20)] * 20),
        nested(10_000),
        group("any", *[group("any", *[group("any", *[RETURNING] * 50)] * 50)] * 50),
    ],
    ids=["wide", "bushy", "deep", "shared"],
)
def test_a_rule_that_is_far_too_large_is_refused_at_once(tree: dict[str, Any]) -> None:
    started = time.thread_time()  # its own, whoever else is busy
    path, rule = refused(a_rule(tree))
    assert rule in ("nodes", "depth") and path.startswith("condition")
    assert time.thread_time() - started < 0.05


def test_two_hundred_conditions_eight_deep_are_fine() -> None:
    parts = [group("any", *[{"kind": "event", "name": f"e{n}.{m}"} for m in range(48)]) for n in range(4)]
    content_from_wire(a_rule(group("all", *parts)), CONTRACTS.validate)
    content_from_wire(a_rule(nested(7)), CONTRACTS.validate)
    assert refused(a_rule(nested(8)))[1] == "depth"


@pytest.mark.parametrize(
    ("tree", "where"),
    [
        (group("all"), ("condition/conditions", "minItems")),
        (group("some", RETURNING), ("condition/kind", "kind")),
        (group("all", at_least(0)), ("condition/conditions/0/atLeastS", "minimum")),
        (group("all", RETURNING, {**at_least(3), "extra": 1}), ("condition/conditions/1", "additionalProperties")),
        (no({"kind": "exit", "device": "phone"}), ("condition/condition/device", "enum")),
        (url("matches", ".*"), ("condition/op", "enum")),
        (url("is", "   "), ("condition/value", "pattern")),
        ({"kind": "language", "anyOf": []}, ("condition/anyOf", "minItems")),
        ({"kind": "event", "name": ""}, ("condition/name", "minLength")),
        ({"kind": "event", "name": "a", "data": [{"name": "a", "value": None}]}, ("condition/data/0/value", "type")),
        ({"kind": "__proto__"}, ("condition/kind", "kind")),
        ([], ("condition", "kind")),
        ("all", ("condition", "kind")),
        (no(None), ("condition/condition", "kind")),
        ({"kind": "not"}, ("condition", "required")),
    ],
)
def test_a_condition_that_is_none_is_told_where(tree: Any, where: tuple[str, str]) -> None:
    assert refused(a_rule(tree)) == where


@pytest.mark.parametrize(
    ("tree", "rule"),
    [
        (group("all", RETURNING, at_least(1), RETURNING), "repeated"),
        (group("all", at_least(10), at_least(30)), "repeated"),
        (group("any", RETURNING, no(RETURNING)), "contradiction"),
        (group("all", no(at_least(5)), at_least(5)), "contradiction"),
        (group("all", url("is", "/a"), url("is", "/b")), "contradiction"),
        (group("all", {"kind": "exit", "device": "touch"}, {"kind": "exit", "device": "desktop"}), "contradiction"),
        (no(no(RETURNING)), "double_not"),
    ],
)
def test_a_dead_condition_is_refused(tree: Any, rule: str) -> None:
    assert refused(a_rule(group("all", at_least(99), group("any", tree, {"kind": "hours"}))))[1] == rule


def test_addresses_may_differ_under_any() -> None:
    content_from_wire(a_rule(group("any", url("is", "/a"), url("is", "/b"))), CONTRACTS.validate)


def text(**other: Any) -> dict[str, Any]:
    return {"locale": "en", "title": "", "text": "Hi", "button": "Yes", **other}


@pytest.mark.parametrize(
    ("other", "where"),
    [
        ({"extra": 1}, ("", "additionalProperties")),
        ({"name": " "}, ("name", "pattern")),
        ({"action": {"kind": "script", "code": "alert(1)"}}, ("action/kind", "kind")),
        ({"action": {"kind": "survey"}}, ("action", "required")),
        ({"action": {"kind": "chat", "url": "https://x.example"}}, ("action", "additionalProperties")),
        ({"action": {"kind": "link", "url": "javascript:alert(1)"}}, ("action/url", "pattern")),
        ({"action": {"kind": "link", "url": "https://user:pass@x.example"}}, ("action/url", "pattern")),
        ({"action": {"kind": "link", "url": "/relative"}}, ("action/url", "pattern")),
        ({"texts": []}, ("texts", "minItems")),
        ({"texts": [text(), text(locale="EN")]}, ("texts/1/locale", "repeated")),
        ({"texts": [text(text="{keyword}")]}, ("texts/0/text", "fallback")),
        ({"texts": [text(title="{secret|x}")]}, ("texts/0/title", "unknown_variable")),
        ({"texts": [text(button="")]}, ("texts/0/button", "minLength")),
        ({"schedule": {"fromAtMs": 2, "untilAtMs": 2}}, ("schedule/untilAtMs", "order")),
        ({"samplePercent": 0}, ("samplePercent", "minimum")),
        ({"caps": {"perVisit": 0, "perDay": None, "perVisitor": None}}, ("caps/perVisit", "oneOf")),
        ({"priority": 1.5}, ("priority", "type")),
    ],
)
def test_whatever_else_is_wrong_is_told_where(other: dict[str, Any], where: tuple[str, str]) -> None:
    assert refused(a_rule(**other)) == where


def test_whole_numbers_may_be_written_with_a_point_and_are_kept_whole() -> None:
    whole = content_from_wire(a_rule({"kind": "time", "atLeastS": 30}, priority=7), CONTRACTS.validate)

    dotted = content_from_wire(a_rule({"kind": "time", "atLeastS": 30.0}, priority=7.0), CONTRACTS.validate)

    assert repr(dotted) == repr(whole)


def test_there_are_ten_templates_in_three_languages_and_each_is_a_rule() -> None:
    assert len(TEMPLATES) == len({template["id"] for template in TEMPLATES}) == 10
    for template in TEMPLATES:
        CONTRACTS.validate("RuleTemplate", template)
        assert {name["locale"] for name in template["names"]} == {"en", "ru", "ro"}
        assert {one["locale"] for one in template["rule"]["texts"]} == {"en", "ru", "ro"}
        assert content_to_wire(content_from_wire(template["rule"], CONTRACTS.validate)) == template["rule"]


LEAVES: list[Callable[[], Any]] = [
    lambda: st.builds(at_least, st.integers(-1, 90_000)),
    lambda: st.builds(url, st.sampled_from(["is", "contains", "regex"]), st.text(max_size=5)),
    lambda: st.fixed_dictionaries({"kind": st.sampled_from(["returning", "hours", "consultants", "none"])}),
    lambda: st.fixed_dictionaries({"kind": st.just("event"), "name": st.sampled_from(["a", "b b", ""])}),
]


def trees() -> Any:
    return st.recursive(
        st.one_of([leaf() for leaf in LEAVES]),
        lambda inner: st.one_of(st.lists(inner, max_size=3).map(lambda parts: group("all", *parts)), inner.map(no)),
        max_leaves=8,
    )


@settings(max_examples=150, deadline=None)
@given(trees())
def test_the_server_takes_no_tree_that_the_shared_contract_refuses(tree: dict[str, Any]) -> None:
    shared = CONTRACTS._validators["RuleCondition"]
    before = copy.deepcopy(tree)
    try:
        content_from_wire(a_rule(tree), CONTRACTS.validate)
    except AppError as refusal:
        wrong = refusal.details["rule"]
        assert refusal.code == "rule_invalid"
        assert not shared.is_valid(tree) or wrong in ("nodes", "depth", "repeated", "contradiction", "double_not")
    else:
        assert shared.is_valid(tree)
    assert tree == before
