"""Echo with acknowledgement: 200 clients in a closed loop, 120 bytes, through our router with its contract checks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from bench.common import Process, load, node_server, python_server, report, rounds

CLIENTS, SECONDS = 200, 4.0
Running = AbstractContextManager[tuple[Process, str]]


def measure(server: Callable[[], Running], namespace: str) -> dict[str, float]:
    with server() as (_, address), load("echo", address, namespace, str(CLIENTS), str(SECONDS)) as generator:
        return {name: float(value) for name, value in generator.hear().items()}


def run(_arguments: list[str]) -> None:
    """Print messages a second and the 99th percentile of the answer time beside both opponents'."""
    sides: dict[str, Any] = {
        "ours": lambda: measure(lambda: python_server("ours"), "/visitor"),
        "tuned python-socketio": lambda: measure(lambda: python_server("tuned"), "/"),
        "Node socket.io": lambda: measure(lambda: node_server("echo"), "/"),
    }
    seen = rounds(sides)
    ours = seen["ours"]
    for against, budget, goal in (
        ("tuned python-socketio", "at least 1x", 1.0),
        ("Node socket.io", "no budget yet; the goal is 1.2x", 0.0),
    ):
        theirs = seen[against]
        fast = ours["messages_per_s"] >= goal * theirs["messages_per_s"]
        report(
            "echo",
            "acknowledged",
            "messages/s",
            ours["messages_per_s"],
            theirs["messages_per_s"],
            budget,
            fast,
            against=against,
        )
        report("echo", "p99", "ms", ours["p99_ms"], theirs["p99_ms"], "none", True, against=against)
