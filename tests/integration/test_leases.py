from __future__ import annotations

import asyncio

import pytest

from server.leases import LeaseLost, Leases
from server.mongo import Database
from tests.fakes import Clock

DUE = {"state": "due"}


async def expire(db: Database, id: str) -> None:
    """Let a claim have run out, whatever the clock says."""
    a_moment_ago = {"$subtract": ["$$NOW", 1]}
    await db.global_collection("jobs").update_one({"_id": id}, [{"$set": {"lease_until": a_moment_ago}}])


async def add_jobs(db: Database, count: int) -> None:
    jobs = db.tenant_collection("jobs")
    await jobs.insert_many("a", [{"_id": f"j{n:02}", "state": "due", "order": n} for n in range(count)])


async def test_of_many_workers_each_job_goes_to_one(db: Database) -> None:
    await add_jobs(db, 10)
    workers = [Leases(db.global_collection("jobs"), owner=f"w{n}") for n in range(5)]
    taken = await asyncio.gather(*(worker.claim(DUE) for worker in workers * 4))
    ids = [lease.id for lease in taken if lease]
    assert sorted(ids) == [f"j{n:02}" for n in range(10)]
    assert {lease.tenant_id for lease in taken if lease} == {"a"}


async def test_the_oldest_job_is_claimed_first(db: Database) -> None:
    await add_jobs(db, 3)
    leases = Leases(db.global_collection("jobs"), owner="w")
    lease = await leases.claim(DUE, sort=[("order", 1)])
    assert lease is not None and lease.id == "j00" and lease.fence == 1
    assert lease.document["lease_owner"] == "w"


async def test_a_claim_that_ran_out_is_free_again_and_its_old_owner_can_write_nothing(db: Database) -> None:
    await add_jobs(db, 1)
    jobs = db.tenant_collection("jobs")
    frozen, other = (Leases(jobs.every_tenant(), owner=name) for name in ("frozen", "other"))
    old = await frozen.claim(DUE)
    assert old is not None
    assert await other.claim(DUE) is None
    await expire(db, old.id)
    new = await other.claim(DUE)
    assert new is not None and new.fence == old.fence + 1

    assert not await jobs.update_one("a", old.held, {"$set": {"state": "done"}})
    with pytest.raises(LeaseLost):
        await frozen.renew(old)
    with pytest.raises(LeaseLost):
        await frozen.release(old, {"state": "done"})
    await other.release(new, {"state": "done"})
    job = await jobs.find_one("a", {"_id": old.id})
    assert job == {"_id": "j00", "tenant": "a", "state": "done", "order": 0, "fence": 2}


async def test_a_late_worker_whose_claim_nobody_took_keeps_it(db: Database) -> None:
    await add_jobs(db, 1)
    leases = Leases(db.global_collection("jobs"), owner="w")
    lease = await leases.claim(DUE)
    assert lease is not None
    await expire(db, lease.id)
    await leases.renew(lease)
    assert await leases.claim(DUE) is None


async def test_a_claim_is_renewed_while_its_work_goes_on(db: Database, clock: Clock) -> None:
    await add_jobs(db, 1)
    leases = Leases(db.global_collection("jobs"), owner="w", for_s=30, sleep=clock.sleep)
    lease = await leases.claim(DUE)
    assert lease is not None
    finish = asyncio.Event()

    async def work() -> str:
        await finish.wait()
        return "done"

    working = asyncio.create_task(leases.holding(lease, work()))
    await until_sleeping(clock)
    await expire(db, lease.id)
    clock.advance(seconds=10)
    await until_sleeping(clock)
    assert await leases.claim(DUE) is None
    finish.set()
    assert await working == "done"


async def test_work_whose_claim_is_lost_is_stopped(db: Database, clock: Clock) -> None:
    await add_jobs(db, 1)
    leases = Leases(db.global_collection("jobs"), owner="w", sleep=clock.sleep)
    lease = await leases.claim(DUE)
    assert lease is not None
    working = asyncio.create_task(leases.holding(lease, asyncio.sleep(3600)))
    await until_sleeping(clock)
    await expire(db, lease.id)
    assert await leases.claim(DUE) is not None
    clock.advance(seconds=10)
    with pytest.raises(LeaseLost):
        await working


async def until_sleeping(clock: Clock) -> None:
    async with asyncio.timeout(5):
        while not clock.sleeping:
            await asyncio.sleep(0.005)
