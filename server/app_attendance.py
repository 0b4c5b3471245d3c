"""Who is there, as it concerns others: whether anybody answers, and whether somebody has gone for good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from server.accounts.ports import Publisher
from server.app_ports import People
from server.clock import Now
from server.errors import AppError
from server.tasks import Tasks

# A reload of the console, a change of networks: nobody has gone yet.
SETTLE_S = 2.0
GONE_AFTER = timedelta(seconds=60)

Key = tuple[str, str]


class Attendance:
    """Hears of every change of presence.

    Args:
        tell: tells the account's open pages whether anybody answers.
    """

    def __init__(
        self,
        people: People,
        publisher: Publisher,
        tasks: Tasks,
        *,
        tell: Callable[[str], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]],
        now: Now,
    ) -> None:
        self._people = people
        self._publisher = publisher
        self._tasks = tasks
        self._tell = tell
        self._sleep = sleep
        self._now = now
        self._attended: dict[str, bool] = {}
        self._looking: set[str] = set()
        self._left_at: dict[Key, datetime] = {}

    def changed(self, tenant_id: str, person_id: str) -> None:
        """Take that somebody came, left, or is available or not."""
        if self._publisher.is_online_person(tenant_id, person_id):
            self._left_at.pop((tenant_id, person_id), None)
        else:
            self._left_at.setdefault((tenant_id, person_id), self._now())
        if tenant_id not in self._looking:
            self._looking.add(tenant_id)
            self._tasks.start("attendance", self._look(tenant_id), cancel_at_close=True)

    def is_gone(self, tenant_id: str, person_id: str) -> bool:
        """Return whether this person has had no console open for a minute, as far as this server knows."""
        if self._publisher.is_online_person(tenant_id, person_id):
            return False
        left_at = self._left_at.setdefault((tenant_id, person_id), self._now())
        return self._now() - left_at >= GONE_AFTER

    async def _look(self, tenant_id: str) -> None:
        try:
            await self._sleep(SETTLE_S)
        finally:
            self._looking.discard(tenant_id)
        attended = await self._people.consultants_online(tenant_id)
        if self._attended.get(tenant_id, False) == attended:
            return
        self._attended[tenant_id] = attended
        try:
            await self._tell(tenant_id)
        except AppError:  # the database is away: they ask with their next visit:start
            self._attended.pop(tenant_id, None)
