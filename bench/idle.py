"""Idle visitors: what 2,000 browsers that offer compression cost, and what it costs when they all leave at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from bench.common import Process, load, node_server, note, python_server, report, rounds, settled_cpu_s

CLIENTS = 2_000
IDLE_S = 8.0
KIB_BUDGET, DROP_BUDGET_S = 36.0, 1.0
Running = AbstractContextManager[tuple[Process, str]]


def measure(server: Callable[[], Running], namespace: str) -> dict[str, float]:
    with server() as (process, address):
        with load("hold", address, namespace, "1") as warm:  # imports, first-call caches
            warm.hear()
        settled_cpu_s(process)
        before = process.rss()
        with load("hold", address, namespace, str(CLIENTS)) as generator:
            generator.hear()
            cpu_s = settled_cpu_s(process)
            kib = (process.rss() - before) / 1024 / CLIENTS
            started = time.monotonic()
            time.sleep(IDLE_S)
            busy_s = process.cpu_s()
            idle_percent = 100 * (busy_s - cpu_s) / (time.monotonic() - started)
            generator.say("drop")
            if generator.hear()["lost"]:
                note("some clients were lost while idle")
            drop_s = settled_cpu_s(process) - busy_s
        return {"kib_each": kib, "idle_cpu_percent": idle_percent, "drop_cpu_s": drop_s}


def run(_arguments: list[str]) -> None:
    """Print memory for each idle visitor, idle CPU, and the CPU seconds when all drop at once."""
    sides: dict[str, Any] = {
        "ours": lambda: measure(lambda: python_server("ours"), "/visitor"),
        "tuned python-socketio": lambda: measure(lambda: python_server("tuned"), "/"),
        "Node socket.io": lambda: measure(lambda: node_server("echo"), "/"),
    }
    seen = rounds(sides)
    ours = seen["ours"]
    for against in ("tuned python-socketio", "Node socket.io"):
        theirs = seen[against]
        report(
            "idle",
            "memory for each visitor",
            "KiB",
            ours["kib_each"],
            theirs["kib_each"],
            f"at most {KIB_BUDGET:g} KiB",
            ours["kib_each"] <= KIB_BUDGET,
            against=against,
        )
        report(
            "idle",
            "all dropped at once",
            "CPU s",
            ours["drop_cpu_s"],
            theirs["drop_cpu_s"],
            f"at most {DROP_BUDGET_S:g} s",
            ours["drop_cpu_s"] <= DROP_BUDGET_S,
            against=against,
        )
        report(
            "idle", "idle CPU", "%", ours["idle_cpu_percent"], theirs["idle_cpu_percent"], "none", True, against=against
        )
