"""Who is there, as it concerns others: whether anybody answers, and whether somebody has gone for good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from server.accounts.ports import Publisher
from server.app_ports import People
from server.clock import Now
from server.tasks import Tasks

# A reload of the console, a change of networks: nobody has gone yet.
SETTLE_S = 2.0
GONE_AFTER = timedelta(seconds=60)

Key = tuple[str, str]


class Attendance:
    """Hears of every change of presence."""

    def __init__(
        self,
        people: People,
        publisher: Publisher,
        tasks: Tasks,
        *,
        sleep: Callable[[float], Awaitable[None]],
        now: Now,
    ) -> None:
        self._people = people
        self._publisher = publisher
        self._tasks = tasks
        self._sleep = sleep
        self._now = now
        self._listeners: list[Callable[[str], Awaitable[None]]] = []
        self._attended: set[str] = set()
        self._looking: set[str] = set()
        self._left_at: dict[Key, datetime] = {}

    def on_changed(self, listener: Callable[[str], Awaitable[None]]) -> None:
        """Await `listener(tenant_id)` whenever `is_attended` says something else than before."""
        self._listeners.append(listener)

    def is_attended(self, tenant_id: str) -> bool:
        """Return whether somebody answers chats now.

        What every page is told: one that loads while the only consultant reloads the console hears the same as those
        that are open.
        """
        return tenant_id in self._attended

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
            # Who comes is told at once, who leaves once it is no reload.
            attended = await self._people.consultants_online(tenant_id)
            if not attended:
                await self._sleep(SETTLE_S)
                attended = await self._people.consultants_online(tenant_id)
        finally:
            self._looking.discard(tenant_id)
        if attended == self.is_attended(tenant_id):
            return
        (self._attended.add if attended else self._attended.discard)(tenant_id)
        for listener in self._listeners:
            await listener(tenant_id)
