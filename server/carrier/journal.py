"""What happened, in order: every REST request, call status, webhook and its reply."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from server.carrier.clock import VirtualClock

KEPT_ENTRIES = 100_000


class Journal:
    """An append-only log. Kept in memory (the newest 100,000 entries) and, where a folder is given, in a file."""

    def __init__(self, clock: VirtualClock, folder: Path | None = None, real: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._real = real
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT_ENTRIES)
        self._count = 0
        self._file = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / "carrier-journal.jsonl").open("a", encoding="utf-8")

    def write(self, kind: str, **fields: Any) -> int:
        """Append one entry and return its number, from 1."""
        self._count += 1
        entry = {
            "n": self._count,
            "kind": kind,
            "at": self._clock.now().isoformat(timespec="milliseconds"),
            "atMs": int(self._clock.now().timestamp() * 1000),
            "realAtMs": int(self._real() * 1000),
            **fields,
        }
        self._entries.append(entry)
        if self._file is not None:
            self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._file.flush()
        return self._count

    def entries(self, since: int = 0, kind: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield the entries numbered above `since`, of one kind where a kind is given."""
        for entry in list(self._entries):
            if entry["n"] > since and (kind is None or entry["kind"] == kind):
                yield entry

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
