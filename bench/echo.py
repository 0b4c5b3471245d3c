"""Echo with acknowledgement: 200 clients in a closed loop, 120 bytes, through our router with its contract checks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from bench.common import Process, load, node_server, python_server, report, rounds

CLIENTS, SECONDS = 200, 4.0
Running = AbstractContextManager[tuple[Process, str]]


def measure(server: Callable[[], Running], namespace: str) -> dict[str, float]:
    with server() as (process, address), load("echo", address, namespace, str(CLIENTS), str(SECONDS)) as generator:
        generator.hear()  # warm
        before_s = process.cpu_s()
        figures = {name: float(value) for name, value in generator.hear().items()}
        cpu_s = process.cpu_s() - before_s
        return figures | {"cpu_us_each": 1e6 * cpu_s / figures["messages"]}


def run(_arguments: list[str]) -> None:
    """Print messages a second, the 99th percentile of the answer time and CPU a message beside both opponents'.

    CPU a message is the figure that a busy machine disturbs least.
    """
    sides: dict[str, Any] = {
        "ours": lambda: measure(lambda: python_server("ours"), "/visitor"),
        "tuned python-socketio": lambda: measure(lambda: python_server("tuned"), "/"),
        "Node socket.io": lambda: measure(lambda: node_server("echo"), "/"),
    }
    seen = rounds(sides)
    ours = seen["ours"]
    for against, budget, least in (
        ("tuned python-socketio", "at least 1x", 1.0),
        ("Node socket.io", "none; the goal is 1.2x", 0.0),
    ):
        theirs = seen[against]
        for metric, unit, name in (
            ("acknowledged", "messages/s", "messages_per_s"),
            ("p99", "ms", "p99_ms"),
            ("server CPU for each message", "us", "cpu_us_each"),
        ):
            judged = name == "messages_per_s"
            ok = not judged or ours[name] >= least * theirs[name]
            report("echo", metric, unit, ours[name], theirs[name], budget if judged else "none", ok, against=against)
