"""Where a site's widget is: noticed in passing, written seldom, shown at once."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from server.errors import AppError
from server.installs.model import Seen
from server.installs.service import InstallService
from server.installs.store import INDEXES, MongoSightingStore
from server.mongo import Database
from server.principals import Person, Role
from tests.fakes import Clock

ADMIN = Person("t1", "p", "Adam", Role.ADMIN, "s", "en", "", "c")
SHOP, COPY = "https://shop.example", "https://copy.example"


@dataclass
class Page:
    """The service on a real database; what it starts is run by the test."""

    service: InstallService
    store: MongoSightingStore
    clock: Clock
    origins_of: dict[tuple[str, str], list[str]]
    started: list[Coroutine[Any, Any, Any]] = field(default_factory=list)

    def origins(self, tenant_id: str, site_id: str) -> Sequence[str] | None:
        return self.origins_of.get((tenant_id, site_id))

    def start(self, name: str, work: Coroutine[Any, Any, Any], *, cancel_at_close: bool = False) -> None:
        self.started.append(work)

    def notice(self, origin: str, protocol: int | None = 1, version: str | None = "0.1.0") -> None:
        self.service.notice("t1", "s1", Seen(origin, protocol, version))

    async def written(self) -> int:
        """Let everything that was started happen; return how much it was."""
        works, self.started = self.started, []
        for work in works:
            await work
        return len(works)


def new_page(db: Database, clock: Clock) -> Page:
    store = MongoSightingStore(db.tenant_collection("sightings"))
    page = Page(None, store, clock, {("t1", "s1"): [SHOP], ("t2", "s2"): []})  # type: ignore[arg-type]
    page.service = InstallService(store, page, page, clock, lambda: clock().timestamp())
    return page


@pytest.fixture
async def page(db: Database, clock: Clock) -> Page:
    await db.ensure_indexes(INDEXES[:1])  # the other one lets old ones go, by the real time
    return new_page(db, clock)


async def test_a_page_that_is_open_all_day_is_written_once_an_hour_and_shown_to_the_minute(page: Page) -> None:
    writes = 0
    for _ in range(181):  # a look every minute for three hours
        page.notice(SHOP)
        writes += await page.written()
        page.clock.advance(minutes=1)
    page.clock.advance(minutes=-1)

    [seen] = (await page.service.installs(ADMIN, "s1")).allowed
    assert writes == 4
    assert (seen.last_at, seen.protocol, seen.version) == (page.clock(), 1, "0.1.0")


async def test_what_was_seen_outlives_the_server(page: Page, db: Database, clock: Clock) -> None:
    page.notice(SHOP, None, None)
    page.notice(SHOP)
    page.notice(COPY)
    assert await page.written() == 3
    clock.advance(minutes=30)

    later = new_page(db, clock)
    found = await later.service.installs(ADMIN, "s1")
    assert [(one.origin, one.protocol, one.version) for one in found.allowed] == [(SHOP, 1, "0.1.0")]
    assert [one.origin for one in found.refused] == [COPY]
    later.notice(SHOP)  # another server does not write what was written half an hour ago
    await later.written()
    assert (await later.store.of_site("t1", "s1"))[0].last_at == clock() - timedelta(minutes=30)


async def test_a_refused_page_that_is_put_on_the_list_is_in_order_at_once(page: Page) -> None:
    page.notice(COPY)
    assert [one.origin for one in (await page.service.installs(ADMIN, "s1")).refused] == [COPY]
    page.origins_of["t1", "s1"] = [SHOP, COPY]
    found = await page.service.installs(ADMIN, "s1")
    assert ([one.origin for one in found.allowed], found.refused, found.missing) == ([COPY], (), (SHOP,))
    await page.written()


async def test_a_flood_of_invented_origins_costs_little_and_hides_no_honest_page(page: Page) -> None:
    for number in range(5000):
        page.notice(f"https://a{number}.example")
        page.notice(f"null{number}")
    page.notice(SHOP)
    assert await page.written() == 21
    found = await page.service.installs(ADMIN, "s1")
    assert (len(found.refused), [one.origin for one in found.allowed]) == (20, [SHOP])


async def test_memory_lets_go_of_what_is_written(page: Page) -> None:
    page.notice(COPY)
    await page.written()
    page.clock.advance(hours=3)
    await page.service.forget_old()
    assert page.service._known == {"s1": {}}
    assert page.service._written == {}
    assert [one.origin for one in (await page.service.installs(ADMIN, "s1")).refused] == [COPY]


async def test_a_foreign_site_is_not_found_and_an_unknown_one_is_not_noticed(page: Page) -> None:
    page.service.notice("t2", "s1", Seen(SHOP))
    assert await page.written() == 0
    with pytest.raises(AppError, match="not_found"):
        await page.service.installs(ADMIN, "s2")
