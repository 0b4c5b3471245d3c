"""Whether anybody answers, as open pages are told, and who has gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.app_attendance import Attendance
from server.tasks import Tasks
from tests.fakes import Clock, FakePublisher


class People:
    """Whoever is online answers."""

    def __init__(self, publisher: FakePublisher) -> None:
        self._publisher = publisher

    async def consultants_online(self, tenant_id: str) -> bool:
        return self._publisher.is_online_person(tenant_id, "carol") or self._publisher.is_online_person(
            tenant_id, "dave"
        )


class Shop:
    def __init__(self, clock: Clock) -> None:
        self.clock, self.publisher, self.told = clock, FakePublisher(), list[str]()
        self.tasks = Tasks(clock.sleep)
        self.attendance = Attendance(
            People(self.publisher),  # type: ignore[arg-type]
            self.publisher,  # type: ignore[arg-type]
            self.tasks,
            sleep=clock.sleep,
            now=clock,
        )
        self.attendance.on_changed(self._tell)

    async def _tell(self, tenant_id: str) -> None:
        self.told.append(tenant_id)

    async def has(self, *people: str) -> None:
        """These are there now, and the time passes in which a reload is over."""
        self.publisher.online = set(people)
        for person_id in ("carol", "dave"):
            self.attendance.changed("t1", person_id)
        while "attendance" in self.tasks.names:
            if self.clock.sleeping:
                self.clock.advance(seconds=2)
            await asyncio.sleep(0)


@pytest.fixture
async def shop(clock: Clock) -> AsyncIterator[Shop]:
    shop = Shop(clock)
    yield shop
    await shop.tasks.close(0)


async def test_open_pages_are_told_when_the_first_one_comes_and_when_the_last_one_has_left(shop: Shop) -> None:
    await shop.has("carol")
    assert shop.told == ["t1"] and shop.attendance.is_attended("t1") and not shop.attendance.is_attended("t2")
    await shop.has("carol", "dave")
    await shop.has("dave")
    assert shop.told == ["t1"]
    await shop.has()
    assert shop.told == ["t1", "t1"] and not shop.attendance.is_attended("t1")


async def test_a_reload_is_told_to_nobody_also_not_to_pages_that_load_meanwhile(shop: Shop) -> None:
    await shop.has("carol")
    shop.publisher.online = set()
    shop.attendance.changed("t1", "carol")
    while not shop.clock.sleeping:
        await asyncio.sleep(0)
    assert shop.attendance.is_attended("t1")
    await shop.has("carol")
    assert shop.told == ["t1"] and shop.attendance.is_attended("t1")


async def test_whoever_comes_is_told_at_once(shop: Shop) -> None:
    shop.publisher.online = {"dave"}
    shop.attendance.changed("t1", "dave")
    while not shop.told:
        await asyncio.sleep(0)
    assert shop.clock.sleeping == 0


async def test_somebody_has_gone_after_a_minute_without_a_console(shop: Shop) -> None:
    await shop.has("carol")
    assert not shop.attendance.is_gone("t1", "carol")
    await shop.has()
    shop.clock.advance(seconds=57)
    assert not shop.attendance.is_gone("t1", "carol")
    shop.clock.advance(seconds=1)
    assert shop.attendance.is_gone("t1", "carol")
    await shop.has("carol")
    assert not shop.attendance.is_gone("t1", "carol")
    # Of whom a server that has just started knows nothing, a minute is waited for, too.
    assert not shop.attendance.is_gone("t1", "eve")
    shop.clock.advance(seconds=60)
    assert shop.attendance.is_gone("t1", "eve")
