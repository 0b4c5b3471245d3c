"""Idle visitors: what 2,000 browsers that offer compression cost, and what it costs when they all leave at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from bench.common import Process, load, node_server, note, python_server, report, rounds, settled_cpu_s, wait_for_files

CLIENTS = 2_000
PINGS_S = 27.0  # every client is pinged once in it
KIB_BUDGET, DROP_BUDGET_S, CPU_BUDGET_PERCENT = 36.0, 1.0, 8.0
Running = AbstractContextManager[tuple[Process, str]]


def measure(server: Callable[[], Running], namespace: str, idle_s: float) -> dict[str, float]:
    with server() as (process, address):
        with load("hold", address, namespace, "1") as warm:  # imports, first-call caches
            warm.hear()
        settled_cpu_s(process)
        before, files = process.rss(), process.info.num_fds()
        with load("hold", address, namespace, str(CLIENTS)) as generator:
            generator.hear()
            cpu_s = settled_cpu_s(process)
            kib = (process.rss() - before) / 1024 / CLIENTS
            started = time.monotonic()
            time.sleep(idle_s)
            busy_s = process.cpu_s()
            idle_percent = 100 * (busy_s - cpu_s) / (time.monotonic() - started) if idle_s else 0.0
            generator.say("drop")
            if generator.hear()["lost"]:
                note("some clients were lost while idle")
            wait_for_files(process, files)
            drop_s = settled_cpu_s(process) - busy_s
        return {"kib_each": kib, "idle_cpu_percent": idle_percent, "drop_cpu_s": drop_s}


def run(arguments: list[str]) -> None:
    """Print memory for each idle visitor and the CPU seconds when all drop at once; with `pings` idle CPU, slowly."""
    idle_s = PINGS_S if "pings" in arguments else 0.0
    sides: dict[str, Any] = {
        "ours": lambda: measure(lambda: python_server("ours"), "/visitor", idle_s),
        "tuned python-socketio": lambda: measure(lambda: python_server("tuned"), "/", idle_s),
        "Node socket.io": lambda: measure(lambda: node_server("echo"), "/", idle_s),
    }
    seen = rounds(sides)
    ours = seen["ours"]
    figures = [
        ("memory for each visitor", "KiB", "kib_each", KIB_BUDGET),
        ("all dropped at once", "CPU s", "drop_cpu_s", DROP_BUDGET_S),
    ]
    if idle_s:
        figures.append(("idle CPU", "%", "idle_cpu_percent", CPU_BUDGET_PERCENT))
    for against in ("tuned python-socketio", "Node socket.io"):
        for metric, unit, name, most in figures:
            figure, theirs = ours[name], seen[against][name]
            report("idle", metric, unit, figure, theirs, f"at most {most:g} {unit}", figure <= most, against=against)
