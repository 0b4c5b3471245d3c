"""The lines that a callback writes into its chat (pure). The names are the contract's."""

from __future__ import annotations

from datetime import datetime

from server.callback.model import Callback, Step
from server.clock import to_ms

FINAL = {
    "no_agent": "call_no_consultant",
    "visitor_unreachable": "call_visitor_unreachable",
    "canceled": "call_canceled",
    "expired": "call_expired",
    "budget_stopped": "call_failed",
    "failed": "call_failed",
}
OUTCOMES = frozenset({"busy", "no_answer", "declined", "voicemail", "failed"})


def of_outcome(role: str, outcome: str) -> str | None:
    """Return the line for a leg that came to nothing, or None when there is none to write."""
    return f"call_{role}_{outcome}" if outcome in OUTCOMES and role in ("consultant", "visitor") else None


def line_data(callback: Callback, step: Step) -> dict[str, object]:
    """Return the values for the words of a line in the chat."""
    data: dict[str, object] = {"callback_id": callback.id}
    if step.data.get("person"):
        data["name"] = step.data["person"]
    if isinstance(step.data.get("duration_s"), int):
        data["duration_s"] = step.data["duration_s"]
    at = step.data.get("at")
    if isinstance(at, datetime):
        data["at_ms"] = to_ms(at)
    return data
