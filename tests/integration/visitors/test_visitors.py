"""Visits, trail, presence and what consoles hear of them, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.errors import AppError
from server.mongo import Database
from server.visitors.model import Page, VisitorRecord
from server.visitors.service import LEAVING_AT_ONCE
from server.visitors.store import MongoVisitorStore
from tests.fakes import Clock
from tests.integration.chat.world import INDEXES, Server, key, person, start_server, until, visitor

HOME = Page("https://shop.example/", "Shop")


@pytest.fixture
async def server(db: Database, clock: Clock) -> AsyncIterator[Server]:
    await db.ensure_indexes(INDEXES)
    server = start_server(db, clock)
    yield server
    await server.close()


def told(server: Server) -> list[dict]:
    return [one.payload["visitor"] for one in server.publisher.events("visitor:updated")]


async def test_visitors_get_short_numbers_of_their_own_account(server: Server) -> None:
    records = await asyncio.gather(
        *(server.visitors.start(visitor(f"v{n}"), HOME, None) for n in range(10)),
        server.visitors.start(visitor("other", tenant_id="t2"), HOME, None),
    )

    assert sorted(record.number for record in records[:10]) == list(range(1, 11))
    assert records[10].number == 1


async def test_fifty_tabs_that_start_at_once_are_one_visitor_with_one_visit(server: Server) -> None:
    pages = [Page(f"https://shop.example/{n}") for n in range(50)]
    records = await asyncio.gather(
        *(server.visitors.start(visitor(tab_id=f"t{n}"), page, None) for n, page in enumerate(pages))
    )

    assert len({record.visit.id for record in records}) == 1
    stored = await server.visitors.visitor("t1", "anna")
    assert stored.visits == 1
    assert {entry.url for entry in stored.trail} == {page.url for page in pages}


async def test_a_reconnect_continues_the_visit_and_half_an_hour_of_silence_begins_another(
    server: Server, clock: Clock
) -> None:
    first = await server.visitors.start(visitor(), HOME, None)
    clock.advance(minutes=29)
    again = await server.visitors.start(visitor(), HOME, None)
    clock.advance(minutes=30)
    later = await server.visitors.start(visitor(), HOME, {"source": "newsletter"})

    assert again.visit.id == first.visit.id and len(again.trail) == 1
    assert later.visit.id != first.visit.id
    assert (later.visits, later.visit.attribution.source) == (2, "newsletter")


async def test_the_trail_keeps_the_newest_fifty_pages(server: Server, clock: Clock) -> None:
    await server.visitors.start(visitor(), HOME, None)
    for n in range(60):
        clock.advance(seconds=1)
        await server.visitors.page(visitor(), Page(f"https://shop.example/{n}", f"Page {n}"))

    stored = await server.visitors.visitor("t1", "anna")
    assert len(stored.trail) == 50
    assert stored.page is not None and stored.page.title == "Page 59"


async def test_consoles_see_who_is_on_the_site(server: Server) -> None:
    server.publisher.online |= {"anna", "boris"}
    await server.visitors.start(visitor("anna"), HOME, None)
    await server.visitors.start(visitor("boris"), HOME, None)
    await server.visitors.start(visitor("olga", tenant_id="t2"), HOME, None)

    assert {card.record.id for card in await server.visitors.online("t1")} == {"anna", "boris"}
    assert [card.record.id for card in await server.visitors.online("t2")] == ["olga"]


async def test_changing_the_page_is_not_leaving(server: Server, clock: Clock) -> None:
    server.publisher.online.add("anna")
    await server.visitors.start(visitor(), HOME, None)
    await until(lambda: told(server))
    server.publisher.online.clear()
    await server.visitors.left(visitor())
    await until(lambda: clock.sleeping == 1)
    clock.advance(seconds=5)
    server.publisher.online.add("anna")
    await server.visitors.start(visitor(), Page("https://shop.example/shoes"), None)
    await until(lambda: len(told(server)) == 2)
    clock.advance(seconds=10)
    await until(lambda: server.tasks.names == [])

    assert [card["online"] for card in told(server)] == [True, True]
    assert len(await server.visitors.online("t1")) == 1


async def test_who_does_not_come_back_has_left(server: Server, clock: Clock) -> None:
    server.publisher.online.add("anna")
    await server.visitors.start(visitor(), HOME, None)
    await until(lambda: told(server))
    clock.advance(minutes=3)
    server.publisher.online.clear()
    await server.visitors.left(visitor())
    await server.visitors.left(visitor(tab_id="tab2"))
    await until(lambda: clock.sleeping == 1)
    clock.advance(seconds=10)
    await until(lambda: len(told(server)) == 2)

    assert told(server)[-1]["online"] is False
    assert told(server)[-1]["lastSeenAtMs"] == told(server)[0]["lastSeenAtMs"] + 180_000
    assert await server.visitors.online("t1") == []


class Unanswering(MongoVisitorStore):
    """A store whose database is away for some reads."""

    away = 0

    async def visitor(self, tenant_id: str, visitor_id: str) -> VisitorRecord | None:
        if self.away:
            self.away -= 1
            raise AppError("unavailable")
        return await super().visitor(tenant_id, visitor_id)


async def test_consoles_learn_who_left_while_the_database_was_away(server: Server, db: Database, clock: Clock) -> None:
    server.publisher.online.add("anna")
    await server.visitors.start(visitor(), HOME, None)
    await until(lambda: told(server))
    store = Unanswering(db.tenant_collection("visitors"), db.tenant_collection("counters"))
    server.visitors._store = store
    store.away = 2  # when it is written down, and when it is told
    server.publisher.online.clear()
    await server.visitors.left(visitor())
    await until(lambda: clock.sleeping == 1)
    clock.advance(seconds=10)
    await until(lambda: store.away == 0 and clock.sleeping == 1)
    assert [card["online"] for card in told(server)] == [True]
    clock.advance(seconds=10)
    await until(lambda: len(told(server)) == 2)

    assert [card["online"] for card in told(server)] == [True, False]


class Counting(MongoVisitorStore):
    """A store that counts how many changes it is at."""

    busy = most = saved = 0

    async def save(self, record: VisitorRecord) -> bool:
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            return await super().save(record)
        finally:
            self.busy -= 1
            self.saved += 1


async def test_hundreds_who_leave_in_one_moment_are_written_down_a_few_at_a_time(
    server: Server, db: Database, clock: Clock
) -> None:
    store = Counting(db.tenant_collection("visitors"), db.tenant_collection("counters"))
    server.visitors._store = store
    names = [f"visitor-{n}" for n in range(200)]
    server.publisher.online.update(names)
    await asyncio.gather(*(server.visitors.start(visitor(name), HOME, None) for name in names))
    server.publisher.online.clear()
    for name in names:
        await server.visitors.left(visitor(name))
    await until(lambda: clock.sleeping >= len(names))
    clock.advance(seconds=10)
    await until(lambda: store.saved == len(names))

    assert store.most <= LEAVING_AT_ONCE
    assert await server.visitors.online("t1") == []


async def test_consoles_hear_of_one_visitor_at_most_twice_a_second_and_then_the_newest(
    server: Server, clock: Clock
) -> None:
    server.publisher.online.add("anna")
    await server.visitors.start(visitor(), HOME, None)
    await until(lambda: told(server))
    for n in range(20):
        await server.visitors.page(visitor(), Page(f"https://shop.example/{n}"))
    await until(lambda: clock.sleeping == 1)
    assert len(told(server)) == 1
    clock.advance(seconds=0.5)
    await until(lambda: len(told(server)) == 2)

    assert told(server)[-1]["page"]["url"] == "https://shop.example/19"
    assert len(told(server)[-1]["trail"]) == 21


async def test_a_card_leads_to_the_conversation_and_carries_the_given_name(server: Server, clock: Clock) -> None:
    sent = await server.chat.visitor_send(visitor(), key(1), "Hello")
    await server.visitors.name_visitor("t1", "anna", "  Anna\x00\n Ivanova ")
    await server.visitors.name_visitor("t1", "anna", "\x00")
    await server.visitors.name_visitor("t1", "nobody", "Nobody")

    [listed] = await server.chat.inbox(person())

    assert (listed.card["conversationId"], listed.card["name"]) == (sent.conversation_id, "Anna Ivanova")
    await server.visitors.start(visitor(), HOME, None)
    assert (await server.visitors.visitor("t1", "anna")).name == "Anna Ivanova"


async def test_the_address_of_the_visitors_computer_is_not_stored(server: Server, db: Database) -> None:
    await server.visitors.start(visitor(), HOME, None)
    await server.chat.visitor_send(visitor(), key(1), "Hello")

    for name in ("visitors", "conversations", "messages"):
        assert "192.0.2" not in str(await db.tenant_collection(name).find("t1", {}))
