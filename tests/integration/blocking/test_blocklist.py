"""Blocks hold at once on every server and after a restart; the database decides who was first; refusals are counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import count

import pytest

from server.blocking.book import Blocklist
from server.blocking.model import Hits, Kind, Origin
from server.blocking.service import BlockingService
from server.blocking.store import INDEXES, MongoBlockStore
from server.errors import AppError
from server.mongo import Database
from server.principals import Person, Role, Visitor
from tests.fakes import Clock

ANNA = Person("t1", "anna", "Anna", Role.CONSULTANT, "s", "en", "", "c")
ADMIN = Person("t1", "vera", "Vera", Role.ADMIN, "s", "en", "", "c")
OTHERS = Person("t2", "olga", "Olga", Role.ADMIN, "s", "en", "", "c")
DAY = 86_400
_ids = count(1)


def visitor(visitor_id: str = "v1", ip: str = "203.0.113.9", tenant: str = "t1") -> Visitor:
    return Visitor(tenant, "site-1", visitor_id, "tab", "en", "UTC", ip, "c")


@dataclass
class Outside:
    """The other features; what they were told is kept."""

    audited: list[tuple[str, str, object]] = field(default_factory=list)
    ended: list[tuple[str, str]] = field(default_factory=list)

    async def names(self, tenant_id: str, visitor_ids: Collection[str]) -> Mapping[str, str]:
        return {id: "Maria" for id in visitor_ids if tenant_id == "t1" and id in ("v1", "v2")}

    async def end(self, tenant_id: str, is_blocked: Callable[[str, str], bool]) -> None:
        self.ended += [call for call in (("+37369123456", "v1"), ("+37368123456", "v2")) if is_blocked(*call)]

    async def record(self, person: Person, action: str, subject_id: str, changes: object = None) -> None:
        self.audited.append((action, subject_id, changes))


@dataclass
class Server:
    blocklist: Blocklist
    service: BlockingService
    outside: Outside
    store: MongoBlockStore


def start(db: Database, clock: Clock) -> Server:
    store = MongoBlockStore(
        db.tenant_collection("blocks"), db.tenant_collection("block_hits"), lambda: db.changes(["blocks"])
    )
    outside, blocklist = Outside(), Blocklist(store, clock, asyncio.sleep)
    service = BlockingService(store, blocklist, outside, outside, outside, clock, lambda: f"block-{next(_ids)}")
    return Server(blocklist, service, outside, store)


@pytest.fixture
async def server(db: Database, clock: Clock) -> AsyncIterator[Server]:
    await db.ensure_indexes(INDEXES)
    made = start(db, clock)
    following = asyncio.create_task(made.blocklist.follow())
    yield made
    following.cancel()


async def test_a_block_holds_from_the_answer_on_and_no_longer_than_it_should(server: Server, clock: Clock) -> None:
    await server.blocklist.refuse(visitor())
    added = await server.service.add(ANNA, Kind.VISITOR, "v1", "  rude \n words ", DAY)

    assert (added.label, added.block.reason, added.may_remove) == ("Maria", "rude words", True)
    assert server.outside.ended == [("+37369123456", "v1")]
    with pytest.raises(AppError, match="blocked"):
        await server.blocklist.refuse(visitor(ip="198.51.100.1"))
    await server.blocklist.refuse(visitor("v2"))
    await server.blocklist.refuse(visitor(tenant="t2"))
    clock.advance(seconds=DAY)
    await server.blocklist.refuse(visitor())
    assert await server.service.listing(ADMIN) == []


async def test_a_restarted_server_and_its_neighbour_know_every_block(
    db: Database, server: Server, clock: Clock
) -> None:
    await server.service.add(ADMIN, Kind.NETWORK, "203.0.113.0/24", "spam", None)
    await server.service.add(ADMIN, Kind.PREFIX, "+373 69", "", None)

    neighbour = start(db, clock)
    following = asyncio.create_task(neighbour.blocklist.follow())
    try:
        with pytest.raises(AppError, match="blocked"):
            await neighbour.blocklist.refuse(visitor())
        assert await neighbour.blocklist.phone_blocked("t1", "+37369123456")
        (network,) = [each for each in await server.service.listing(ADMIN) if each.block.kind is Kind.NETWORK]
        await server.service.remove(ADMIN, network.block.id)
        async with asyncio.timeout(10):
            while await neighbour.blocklist.is_blocked(visitor()):
                await asyncio.sleep(0.02)
    finally:
        following.cancel()


async def test_a_call_is_judged_by_the_database_and_not_by_what_a_server_remembers(
    db: Database, server: Server, clock: Clock
) -> None:
    """Another server blocked the number a moment ago; this one has not heard of it yet."""
    assert not await server.blocklist.phone_blocked("t1", "+37369123456")
    await start(db, clock).service.add(ADMIN, Kind.PREFIX, "+37369", "", DAY)

    assert await server.blocklist.call_blocked("t1", "+37369123456", "v9")
    assert not await server.blocklist.call_blocked("t1", "+37368123456", "v9")
    await server.service.add(ADMIN, Kind.VISITOR, "v1", "", None)
    assert await server.blocklist.call_blocked("t1", "+37368123456", "v1")
    clock.advance(seconds=DAY)
    assert not await server.blocklist.call_blocked("t1", "+37369123456", "v9")


async def test_fifty_at_once_make_one_block_and_it_lasts_as_long_as_the_longest_wish(server: Server) -> None:
    lengths: list[int | None] = [DAY * n for n in range(1, 50)]
    lengths.insert(25, None)
    added = await asyncio.gather(
        *(server.service.add(ANNA, Kind.PHONE, "+37369123456", f"{length}", length) for length in lengths)
    )

    assert len({each.block.id for each in added}) == 1
    (only,) = await server.service.listing(ADMIN)
    assert (only.block.expires_at, only.block.reason) == (None, "None")
    again = await server.service.add(ANNA, Kind.PHONE, "+37369123456", "shorter", DAY)
    assert again.block == only.block


async def test_whoever_wants_no_more_calls_stands_in_the_same_list(server: Server) -> None:
    await server.service.add(ANNA, Kind.PHONE, "+37369123456", "asked twice", DAY)
    for _ in range(2):
        await server.service.opt_out("t1", "+37369123456")

    (only,) = await server.service.listing(ADMIN)
    assert (only.block.origin, only.block.author_name, only.block.expires_at) == (Origin.CALLEE, None, None)
    assert await server.blocklist.phone_blocked("t1", "+37369123456")


async def test_refusals_are_counted_once_each_and_told_with_the_last_one(server: Server, clock: Clock) -> None:
    added = await server.service.add(ADMIN, Kind.VISITOR, "v1", "", None)
    for _ in range(3):
        clock.advance(seconds=60)
        with pytest.raises(AppError, match="blocked"):
            await server.blocklist.refuse(visitor())
        with pytest.raises(AppError, match="blocked"):
            await server.blocklist.refuse_quietly(visitor())
    await server.blocklist.flush()
    with pytest.raises(AppError, match="blocked"):
        await server.blocklist.refuse(visitor())

    (shown,) = await server.service.listing(ADMIN)
    assert shown.hits == Hits(4, clock())
    await server.service.remove(ADMIN, added.block.id)
    assert await server.store.hits("t1", [added.block.id]) == {}


async def test_who_may_take_a_block_away_and_what_is_written_down(server: Server, clock: Clock) -> None:
    mine = await server.service.add(ANNA, Kind.PHONE, "+37369123456", "wrong number", DAY)
    hers = await server.service.add(ADMIN, Kind.NETWORK, "198.51.100.7", "", None)

    with pytest.raises(AppError, match="forbidden"):
        await server.service.remove(ANNA, hers.block.id)
    for id, who in ((hers.block.id, OTHERS), ("no-such-block", ADMIN)):
        with pytest.raises(AppError, match="not_found"):
            await server.service.remove(who, id)
    await server.service.remove(ANNA, mine.block.id)
    assert not await server.blocklist.phone_blocked("t1", "+37369123456")
    assert [action for action, _, _ in server.outside.audited] == ["block.added", "block.added", "block.removed"]
    assert "69123456" not in repr(server.outside.audited) and "198.51" not in repr(server.outside.audited)


async def test_a_visitor_of_another_account_and_a_list_that_is_full_are_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AppError, match="not_found"):
        await server.service.add(OTHERS, Kind.VISITOR, "v1", "", None)
    monkeypatch.setattr("server.blocking.service.MAX_BLOCKS", 1)
    await server.service.add(ADMIN, Kind.PHONE, "+37369123456", "", DAY)
    with pytest.raises(AppError, match="block_limit"):
        await server.service.add(ADMIN, Kind.PHONE, "+37369123457", "", None)
    assert (await server.service.add(ADMIN, Kind.PHONE, "+37369123456", "", None)).block.expires_at is None


async def test_without_news_of_other_servers_nothing_is_remembered(db: Database, clock: Clock) -> None:
    """The stream of changes is down: every question goes to the database."""
    await db.ensure_indexes(INDEXES)
    lonely, other = start(db, clock), start(db, clock)
    await lonely.blocklist.refuse(visitor())
    await other.service.add(ADMIN, Kind.VISITOR, "v1", "", None)

    with pytest.raises(AppError, match="blocked"):
        await lonely.blocklist.refuse(visitor())
