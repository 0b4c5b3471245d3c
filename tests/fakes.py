"""Stand-ins for the world: time, ids, other people's sockets. The database is real; see conftest.py."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any


class Clock:
    """`Now` that stands still until it is moved, and a `sleep` that lasts until then."""

    def __init__(self, at: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self.at = at
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **amount: float) -> datetime:
        """Move time by a timedelta's arguments and wake whoever slept until then."""
        self.at += timedelta(**amount)
        due = [future for until, future in self._sleepers if until <= self.at]
        self._sleepers = [(until, future) for until, future in self._sleepers if until > self.at]
        for future in due:
            if not future.done():
                future.set_result(None)
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Sleep until the test has moved the clock that far."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.at + timedelta(seconds=seconds), future))
        await future

    @property
    def sleeping(self) -> int:
        """How many wait in `sleep` right now."""
        return sum(not future.done() for _, future in self._sleepers)


class Ids:
    """`NewId` that counts."""

    def __init__(self, prefix: str = "id") -> None:
        self._prefix = prefix
        self._count = 0

    def __call__(self) -> str:
        self._count += 1
        return f"{self._prefix}-{self._count}"


@dataclass(frozen=True, slots=True)
class Told:
    """One event that was published, and to whom: ("visitor", id), ("staff", tenant id), ("person", id)."""

    to: tuple[str, str]
    event: str
    payload: dict[str, Any]


@dataclass
class FakePublisher:
    """A Publisher that remembers. `online` holds the ids of visitors and people with a socket."""

    told: list[Told] = field(default_factory=list)
    online: set[str] = field(default_factory=set)
    disconnected: list[str] = field(default_factory=list)

    def to_visitor(self, tenant_id: str, visitor_id: str, event: str, payload: dict[str, Any]) -> None:
        self.told.append(Told(("visitor", visitor_id), event, payload))

    def to_site(self, tenant_id: str, site_id: str, event: str, payload: dict[str, Any]) -> None:
        self.told.append(Told(("site", site_id), event, payload))

    def to_staff(self, tenant_id: str, event: str, payload: dict[str, Any]) -> None:
        self.told.append(Told(("staff", tenant_id), event, payload))

    def to_person(self, tenant_id: str, person_id: str, event: str, payload: dict[str, Any]) -> None:
        self.told.append(Told(("person", person_id), event, payload))

    def is_online_visitor(self, tenant_id: str, visitor_id: str) -> bool:
        return visitor_id in self.online

    def is_online_person(self, tenant_id: str, person_id: str) -> bool:
        return person_id in self.online

    async def disconnect_session(self, session_id: str) -> None:
        self.disconnected.append(session_id)

    def events(self, name: str) -> list[Told]:
        """The published events of that name, in order."""
        return [told for told in self.told if told.event == name]
