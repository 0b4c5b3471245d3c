"""The chat path: a visitor's message, written by the majority and journaled, at the consultant and acknowledged.

`chat` measures latency at 200 messages a second and saturation with 200 visitors beside the opponents of the same
minute: a bare python-socketio echo without a database, and Node's socket.io with the mongodb driver.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from bench.common import NODE, Process, _node, report, rounds
from server.mongod import EmbeddedMongod

VISITORS, SECONDS, RATE = 200, 5.0, 200


@contextmanager
def database() -> Iterator[str]:
    """A real MongoDB on the second core, where the load is, as the server has the first for itself."""
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as folder:
        mongod = EmbeddedMongod(Path(folder))
        url = asyncio.run(mongod.start())
        try:
            cores = sorted(os.sched_getaffinity(0))
            for thread in psutil.Process(mongod.pid).threads():
                with suppress(ProcessLookupError):  # a thread may end meanwhile; new ones inherit
                    os.sched_setaffinity(thread.id, {cores[-1]})
            yield url
        finally:
            asyncio.run(mongod.stop())


@contextmanager
def _server(command: list[Any]) -> Iterator[str]:
    process = Process(command, core=0)
    try:
        yield f"127.0.0.1:{process.hear()['port']}"
    finally:
        process.stop()


def ours(url: str, *more: str) -> Any:
    return _server([sys.executable, "-m", "bench.chatting.server", "ours", "--mongo-url", url, *more])


def echo() -> Any:
    return _server([sys.executable, "-m", "bench.chatting.server", "echo"])


def node(url: str) -> Any:
    return _server([_node(), NODE / "chat_server.mjs", url, "bench_node"])


def load(server: Callable[[], Any], *arguments: object) -> dict[str, float]:
    """Run one load against a fresh server and return its figures."""
    with server() as address:
        mode, *rest = (str(argument) for argument in arguments)
        process = Process([sys.executable, "-m", "bench.chatting.load", mode, address, *rest], core=1)
        try:
            return {name: float(value) for name, value in process.hear().items()}
        finally:
            process.stop()


def run(arguments: list[str]) -> None:
    """Print the figures of the chat path."""
    count = int(arguments[0]) if arguments else 3
    with database() as url:
        paced = rounds({"ours": lambda: load(lambda: ours(url), "paced", VISITORS, 10, RATE)}, count)["ours"]
        kept = paced["p99_ms"] <= 50 and paced["missed"] == 0
        report(
            "chat",
            "visitor to consultant, p99 at 200/s",
            "ms",
            paced["p99_ms"],
            None,
            "at most 50 ms, every write majority-journaled",
            kept,
            p50_ms=round(paced["p50_ms"], 2),
            missed=paced["missed"],
        )
        seen = rounds(
            {
                "ours": lambda: load(lambda: ours(url), "closed", VISITORS, SECONDS),
                "Node socket.io + mongodb": lambda: load(lambda: node(url), "closed", VISITORS, SECONDS),
                "python-socketio echo": lambda: load(echo, "closed", VISITORS, SECONDS),
            },
            count,
        )
    mine = seen["ours"]
    for against, budget, goal in (
        ("Node socket.io + mongodb", "at least 1x", 1.0),
        ("python-socketio echo", "none: it has no database", 0.0),
    ):
        theirs = seen[against]
        report(
            "chat",
            "saturated",
            "messages/s",
            mine["messages_per_s"],
            theirs["messages_per_s"],
            budget,
            mine["messages_per_s"] >= goal * theirs["messages_per_s"],
            against=against,
            p99_ms=round(mine["p99_ms"], 1),
            opponent_p99_ms=round(theirs["p99_ms"], 1),
        )
