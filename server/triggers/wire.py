"""Rules, decisions and invitations as the contracts have them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

from server.clock import from_ms, to_ms
from server.errors import AppError
from server.triggers import checking
from server.triggers.model import (
    LEAVES,
    Action,
    Author,
    Budget,
    Caps,
    Condition,
    Content,
    Counts,
    Decision,
    Display,
    Group,
    Invitee,
    Logged,
    Not,
    Rule,
    RuleVersion,
    Scalar,
    Status,
    Text,
)
from server.triggers.rules import Watch

Wire = dict[str, Any]
Validate = Callable[[str, object], None]

_ACTIONS = {
    "chat": "RuleChat",
    "callback": "RuleCallback",
    "survey": "RuleSurvey",
    "link": "RuleLink",
    "event": "RulePageEvent",
}
_ANY_LEAF = {"kind": "returning"}
_ANY_ACTION = {"kind": "chat"}

# -- what a marketer wrote ---------------------------------------------------------------------------------------------


def content_from_wire(raw: Mapping[str, Any], validate: Validate) -> Content:
    """Return a rule's content.

    Raises:
        AppError: rule_invalid with `path` and `rule`; see `checking`.
    """
    checking.measure(raw.get("condition"))
    # The tree and the action are judged one by one, so that the path leads to the field and not to the whole choice.
    around = {**raw, **_stand_ins(raw)}
    _valid(validate, "RuleContent", around, "")
    condition = _condition(raw["condition"], "condition", validate)
    action = raw["action"]
    _valid(validate, _shape_of(_ACTIONS, action, "action"), action, "action")
    schedule, caps = raw["schedule"], raw["caps"]
    content = Content(
        name=" ".join(raw["name"].split()),
        condition=condition,
        action=Action(action["kind"], action.get("surveyId"), action.get("url"), action.get("name")),
        texts=tuple(Text(one["locale"], one["title"], one["text"], one["button"]) for one in raw["texts"]),
        invitee=Invitee(raw["invitee"]),
        priority=around["priority"],
        caps=Caps(caps["perVisit"], caps["perDay"], caps["perVisitor"]),
        starts_at=None if schedule["fromAtMs"] is None else from_ms(schedule["fromAtMs"]),
        ends_at=None if schedule["untilAtMs"] is None else from_ms(schedule["untilAtMs"]),
        sample_percent=around["samplePercent"],
    )
    checking.check(content)
    return content


def _stand_ins(raw: Mapping[str, Any]) -> Wire:
    stand_ins = {"condition": _ANY_LEAF, "action": _ANY_ACTION}
    return {name: stand_in for name, stand_in in stand_ins.items() if name in raw}


def _valid(validate: Validate, shape: str, value: object, path: str) -> None:
    try:
        validate(shape, value)
    except AppError as refusal:
        inner = str(refusal.details.get("path", ""))
        whole = "/".join(part for part in (path, inner) if part)
        raise checking.refuse(whole, str(refusal.details.get("rule"))) from None


def _shape_of(shapes: Mapping[str, str], value: object, path: str) -> str:
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in shapes:
        raise checking.refuse(f"{path}/kind" if isinstance(value, dict) else path, "kind")
    return shapes[kind]


_SHAPES = {"all": "RuleGroup", "any": "RuleGroup", "not": "RuleNot", **{kind: f"Rule{kind.title()}" for kind in LEAVES}}


def _condition(raw: object, path: str, validate: Validate) -> Condition:
    """Return a condition; the tree has been measured, so it is safe to go down."""
    shape = _shape_of(_SHAPES, raw, path)
    assert isinstance(raw, dict)
    if shape == "RuleGroup":
        parts = raw.get("conditions")
        some = [_ANY_LEAF] * len(parts) if isinstance(parts, list) else parts
        _valid(validate, shape, {**raw, **({"conditions": some} if "conditions" in raw else {})}, path)
        assert isinstance(parts, list)
        inner = (_condition(part, f"{path}/conditions/{place}", validate) for place, part in enumerate(parts))
        return Group(raw["kind"], tuple(inner))
    if shape == "RuleNot":
        _valid(validate, shape, {**raw, **({"condition": _ANY_LEAF} if "condition" in raw else {})}, path)
        return Not(_condition(raw["condition"], f"{path}/condition", validate))
    _valid(validate, shape, raw, path)
    return _leaf(raw)


def _leaf(raw: Mapping[str, Any]) -> Condition:
    values: dict[str, Any] = {
        _snake(name): tuple(value) if isinstance(value, list) else value for name, value in raw.items()
    }
    if "data" in values:
        values["data"] = data_pairs(raw["data"])
    condition: Condition = LEAVES[values.pop("kind")](**values)
    return condition


def data_pairs(data: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, Scalar], ...]:
    return tuple((datum["name"], datum["value"]) for datum in data)


def condition_to_wire(condition: Condition) -> Wire:
    if isinstance(condition, Group):
        return {"kind": condition.kind, "conditions": [condition_to_wire(part) for part in condition.conditions]}
    if isinstance(condition, Not):
        return {"kind": "not", "condition": condition_to_wire(condition.condition)}
    told: Wire = {"kind": condition.kind}
    for field in fields(condition):
        value = getattr(condition, field.name)
        if field.name == "data":
            if value:
                told["data"] = [{"name": name, "value": datum} for name, datum in value]
        elif field.name != "kind":
            told[_camel(field.name)] = list(value) if isinstance(value, tuple) else value
    return told


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def action_to_wire(action: Action) -> Wire:
    told: Wire = {"kind": action.kind}
    for name, value in (("surveyId", action.survey_id), ("url", action.url), ("name", action.name)):
        if value is not None:
            told[name] = value
    return told


def content_to_wire(content: Content) -> Wire:
    return {
        "name": content.name,
        "condition": condition_to_wire(content.condition),
        "action": action_to_wire(content.action),
        "texts": [
            {"locale": text.locale, "title": text.title, "text": text.text, "button": text.button}
            for text in content.texts
        ],
        "invitee": content.invitee.value,
        "priority": content.priority,
        "caps": _caps(content.caps),
        "schedule": {
            "fromAtMs": None if content.starts_at is None else to_ms(content.starts_at),
            "untilAtMs": None if content.ends_at is None else to_ms(content.ends_at),
        },
        "samplePercent": content.sample_percent,
    }


def _caps(caps: Caps) -> Wire:
    return {"perVisit": caps.per_visit, "perDay": caps.per_day, "perVisitor": caps.per_visitor}


def rule_to_wire(rule: Rule, counts: Counts) -> Wire:
    return {
        "id": rule.id,
        "siteId": rule.site_id,
        "version": rule.version,
        "status": rule.status.value,
        "enabled": rule.status is Status.LIVE,
        "draft": content_to_wire(rule.draft),
        "live": content_to_wire(rule.live) if rule.live else None,
        "liveVersion": rule.live_version,
        "hasChanges": rule.draft != rule.live,
        "updatedAtMs": to_ms(rule.updated_at),
        "updatedBy": _author(rule.updated_by),
        "counts": {"shown": counts.shown, "accepted": counts.accepted, "dismissed": counts.dismissed},
    }


def version_to_wire(version: RuleVersion) -> Wire:
    return {
        "version": version.version,
        "action": version.action,
        "atMs": to_ms(version.at),
        "by": _author(version.by),
        "content": content_to_wire(version.content),
    }


def _author(author: Author) -> Wire:
    return {"id": author.id, "name": author.name}


def budget_to_wire(budget: Budget) -> Wire:
    return {"enabled": budget.enabled, **_caps(budget.caps)}


def budget_from_wire(raw: Mapping[str, Any]) -> Budget:
    return Budget(Caps(raw["perVisit"], raw["perDay"], raw["perVisitor"]), raw["enabled"])


# -- what was decided --------------------------------------------------------------------------------------------------


def decision_to_wire(decision: Decision, names: Mapping[str, str]) -> Wire:
    return {
        "firedRuleId": decision.fired.id if decision.fired else None,
        "reasons": [
            {
                "ruleId": reason.rule_id,
                "name": names.get(reason.rule_id, ""),
                "code": reason.code.value,
                "path": reason.path,
                "kind": reason.kind,
            }
            for reason in decision.reasons
        ],
    }


def logged_to_wire(logged: Logged) -> Wire:
    return {
        "id": logged.id,
        "atMs": to_ms(logged.at),
        "visitorId": logged.visitor_id,
        "visitId": logged.visit_id,
        "ruleId": logged.rule_id,
        "ruleName": logged.rule_name,
        "shown": logged.code.value == "fired",
        "code": logged.code.value,
        "url": logged.url,
    }


def watch_to_wire(watch: Watch) -> Wire:
    told: Wire = {"kind": watch.kind}
    if watch.value:
        told["value"] = watch.value
    if watch.name:
        told["name"] = watch.name
    return told


def invitation_to_wire(display: Display, action: Action, text: Text, page: str | None) -> Wire:
    """Return what the visitor is shown; `text` has its variables filled in."""
    inviter = display.inviter
    return {
        "impressionId": display.id,
        "ruleId": display.rule_id,
        "action": action_to_wire(action),
        "content": {"locale": text.locale, "title": text.title, "text": text.text, "button": text.button},
        "consultant": {"id": inviter.id, "name": inviter.name, "photoUrl": inviter.photo_url} if inviter else None,
        "automatic": True,
        "page": page,
    }
