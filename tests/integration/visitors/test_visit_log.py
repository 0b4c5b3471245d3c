"""One compact line for each visit, which reports and replay read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.mongo import Database
from server.tasks import Tasks
from server.visitors import socket as visitors_socket
from server.visitors.model import Page
from server.visitors.service import VisitorService
from server.visitors.store import INDEXES, VISITS, MongoVisitLog, MongoVisitorStore
from tests.fakes import Clock, FakePublisher, Ids
from tests.integration.chat.world import TENANT, visitor

NEWS = Page("https://shop.example/lamps?utm_source=news&utm_campaign=may#top", "Lamps")


class Office:
    def __init__(self, db: Database, clock: Clock) -> None:
        self.db, self.clock, self.publisher, self.tasks = db, clock, FakePublisher(), Tasks(clock.sleep)
        self.visitors = VisitorService(
            store=MongoVisitorStore(db.tenant_collection("visitors"), db.tenant_collection("counters")),
            announcer=visitors_socket.Announcements(self.publisher),
            presence=self.publisher,
            tasks=self.tasks,
            now=clock,
            new_id=Ids("visit"),
            sleep=clock.sleep,
            visit_log=MongoVisitLog(db.tenant_collection(VISITS)),
        )

    async def visits(self, count: int) -> list[dict[str, Any]]:
        """Wait until everything is written and return the lines, oldest first."""
        async with asyncio.timeout(10):
            while "visit logged" in self.tasks.names:
                await asyncio.sleep(0.002)
        lines = await self.db.tenant_collection(VISITS).find(TENANT, {}, sort=[("started_at", 1)])
        assert len(lines) == count
        return lines


@pytest.fixture
async def office(db: Database, clock: Clock) -> Office:
    await db.ensure_indexes(INDEXES)
    office = Office(db, clock)
    office.publisher.online.add("anna")
    return office


async def test_a_visit_is_a_line_with_where_it_came_from_and_where_it_landed(office: Office) -> None:
    await office.visitors.start(visitor(), NEWS, None)
    [line] = await office.visits(1)

    assert line["landing"] == "https://shop.example/lamps"
    assert (line["last_touch"]["source"], line["last_touch"]["campaign"]) == ("news", "may")
    assert (line["site_id"], line["visitor_id"], line["number"], line["pages"]) == ("shop", "anna", 1, 1)


async def test_who_leaves_ends_the_visit_with_its_pages(office: Office, clock: Clock) -> None:
    await office.visitors.start(visitor(), NEWS, None)
    for n in range(60):
        clock.advance(seconds=10)
        await office.visitors.page(visitor(), Page(f"https://shop.example/{n}"))
    office.publisher.online.clear()
    await office.visitors.left(visitor())
    async with asyncio.timeout(10):
        while clock.sleeping == 0:
            await asyncio.sleep(0.002)
    clock.advance(seconds=11)
    async with asyncio.timeout(10):
        while "visitor leaving" in office.tasks.names:
            await asyncio.sleep(0.002)
    [line] = await office.visits(1)

    assert (line["pages"], len(line["trail"])) == (61, 50)
    assert (line["ended_at"] - line["started_at"]).total_seconds() == 600


async def test_the_next_visit_is_another_line_that_remembers_the_first_touch(office: Office, clock: Clock) -> None:
    await office.visitors.start(visitor(), NEWS, None)
    await office.visits(1)
    clock.advance(minutes=5)
    await office.visitors.page(visitor(), Page("https://shop.example/cart"))
    clock.advance(hours=3)
    await office.visitors.start(visitor(), Page("https://shop.example/cart", "", "https://www.google.com/"), None)
    first, second = await office.visits(2)

    assert (first["pages"], [entry["url"] for entry in first["trail"]][-1]) == (2, "https://shop.example/cart")
    assert (second["number"], second["pages"], second["landing"]) == (2, 1, "https://shop.example/cart")
    assert (second["last_touch"]["medium"], second["first_touch"]["source"]) == ("organic", "news")


async def test_two_tabs_and_a_reconnect_are_one_line(office: Office) -> None:
    await asyncio.gather(*(office.visitors.start(visitor(tab_id=f"t{n}"), NEWS, None) for n in range(6)))
    await office.visitors.start(visitor(), NEWS, None)

    [line] = await office.visits(1)
    assert line["pages"] >= 1
