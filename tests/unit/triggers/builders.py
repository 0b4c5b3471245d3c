"""Rules and facts with defaults; a test names what it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from server.triggers.conditions import page_view
from server.triggers.model import Action, Condition, Content, Decision, Facts, LiveRule, Text, Time

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HELLO = Text("en", "", "May I help?", "Yes")


def content(condition: Condition = Time(0), **other: Any) -> Content:  # noqa: B008
    return Content(**{"name": "Help", "condition": condition, "action": Action("chat"), "texts": (HELLO,), **other})


def rule(id: str = "r1", condition: Condition = Time(0), **other: Any) -> LiveRule:  # noqa: B008
    return LiveRule(id, content(condition, **other))


def facts(url: str = "https://shop.example/shoes", **other: Any) -> Facts:
    return Facts(**{"visit_id": "visit-1", "visitor_id": "anna", "page": page_view(url), "day": "2026-03-02", **other})


def codes(decision: Decision) -> dict[str, str]:
    return {reason.rule_id: reason.code.value for reason in decision.reasons}
