"""Names of the lines that a callback writes into its chat (pure). The names are the contract's."""

from __future__ import annotations

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
