from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from pymongo.errors import OperationFailure

from server.errors import AppError
from server.mongo import Change, Database, DuplicateKey, Index, open_database
from server.mongo_collections import translated

AT = datetime(2026, 3, 2, 9, 0, 0, 123000, tzinfo=UTC)


@pytest.fixture
async def db(mongo_url: str) -> AsyncIterator[Database]:
    """A database that no test has used, because indexes are asked for here."""
    database = await open_database(mongo_url, f"test_{secrets.token_hex(6)}")
    yield database
    await database.drop()
    await database.close()


async def test_a_document_of_another_tenant_is_never_found(db: Database) -> None:
    notes = db.tenant_collection("notes")
    await notes.insert_one("a", {"_id": "n1", "text": "ours"})
    await notes.insert_one("b", {"_id": "n2", "text": "theirs"})

    assert [note["_id"] for note in await notes.find("a", {})] == ["n1"]
    assert await notes.find_one("a", {"_id": "n2"}) is None
    assert await notes.count("a", {}) == 1
    assert not await notes.update_one("a", {"_id": "n2"}, {"$set": {"text": "taken"}})
    assert await notes.find_one_and_update("a", {"_id": "n2"}, {"$set": {"text": "taken"}}) is None
    assert not await notes.delete_one("a", {"_id": "n2"})
    assert await notes.delete_many("a", {}) == 1
    assert await notes.find_one("b", {"_id": "n2"}) == {"_id": "n2", "tenant": "b", "text": "theirs"}
    assert await notes.aggregate("b", [{"$count": "n"}]) == [{"n": 1}]


async def test_nobody_names_the_tenant_beside_the_collection(db: Database) -> None:
    notes = db.tenant_collection("notes")
    with pytest.raises(ValueError, match="tenant"):
        await notes.find("a", {"tenant": "b"})
    with pytest.raises(ValueError, match="tenant"):
        await notes.find("a", {"$or": [{"tenant": "b"}, {"x": 1}]})
    with pytest.raises(ValueError, match="tenant"):
        await notes.insert_one("a", {"_id": "n", "tenant": "b"})
    with pytest.raises(ValueError, match="tenant"):
        await notes.update_one("a", {"_id": "n"}, {"$set": {"tenant": "b"}})
    with pytest.raises(ValueError, match="tenant"):
        await notes.update_one("a", {"_id": "n"}, [{"$unset": "tenant"}])
    with pytest.raises(ValueError, match="replaces"):
        await notes.update_one("a", {"_id": "n"}, {"text": "all of it"})
    with pytest.raises(ValueError, match="tenant"):
        await notes.find("", {})
    with pytest.raises(ValueError, match="pipeline"):
        await notes.aggregate("a", [{"$unionWith": "notes"}])


async def test_a_duplicate_names_the_index_that_refused_it(db: Database) -> None:
    await db.ensure_indexes([Index("notes", (("tenant", 1), ("key", 1)), "one_note_per_key", unique=True)])
    notes = db.tenant_collection("notes")
    await notes.insert_one("a", {"_id": "n1", "key": "k"})
    with pytest.raises(DuplicateKey) as refused:
        await notes.insert_one("a", {"_id": "n2", "key": "k"})
    assert refused.value.index == "one_note_per_key"
    with pytest.raises(DuplicateKey) as refused:
        await notes.insert_one("a", {"_id": "n1", "key": "other"})
    assert refused.value.index == "_id_"
    await notes.insert_one("b", {"_id": "n3", "key": "k"})


async def test_a_batch_writes_what_fits_and_names_what_does_not(db: Database) -> None:
    await db.ensure_indexes([Index("notes", (("key", 1),), "one_note_per_key", unique=True)])
    notes = db.tenant_collection("notes")
    refused = await notes.insert_batch(
        [("a", {"_id": "1", "key": "k"}), ("b", {"_id": "2", "key": "k"}), ("b", {"_id": "3", "key": "l"})]
    )
    assert {position: problem.index for position, problem in refused.items()} == {1: "one_note_per_key"}
    assert sorted(note["_id"] for note in await notes.every_tenant().find({})) == ["1", "3"]
    assert await notes.insert_many("a", []) == {}

    assert (
        await notes.update_batch([("a", {"_id": "1"}, {"$inc": {"n": 2}}), ("a", {"_id": "3"}, {"$inc": {"n": 2}})])
        == {}
    )
    assert [note.get("n") for note in await notes.every_tenant().find({}, sort=[("_id", 1)])] == [2, None]


async def test_updates_return_what_they_made(db: Database) -> None:
    notes = db.tenant_collection("notes")
    made = await notes.find_one_and_update("a", {"_id": "c"}, {"$inc": {"seq": 1}}, upsert=True)
    assert made == {"_id": "c", "tenant": "a", "seq": 1}
    before = await notes.find_one_and_update("a", {"_id": "c"}, {"$inc": {"seq": 1}}, before=True)
    assert before is not None and before["seq"] == 1
    assert await notes.update_many("a", {}, {"$set": {"at": AT}}) == 1
    found = await notes.find_one("a", {"_id": "c"}, projection={"at": 1})
    assert found is not None and found["at"] == AT


async def test_indexes_are_made_once_and_hold(db: Database) -> None:
    indexes = [
        Index("notes", (("at", 1),), "old_notes_go", expire_after_s=60),
        Index("notes", (("open", 1),), "one_open", unique=True, partial={"open": True}),
    ]
    await db.ensure_indexes(indexes)
    await db.ensure_indexes(indexes)
    notes = db.tenant_collection("notes")
    await notes.insert_one("a", {"_id": "1", "open": False})
    await notes.insert_one("a", {"_id": "2", "open": False})


async def test_migrations_run_once(db: Database) -> None:
    await db.migrate()
    assert await db.migrate() == []


async def test_a_change_is_told_to_who_watches(db: Database) -> None:
    notes = db.tenant_collection("notes")
    others = db.tenant_collection("others")
    async with db.changes(["notes"]) as stream:
        await others.insert_one("a", {"_id": "x"})
        await notes.insert_one("a", {"_id": "n"})
        await notes.update_one("a", {"_id": "n"}, {"$set": {"x": 1}})
        await notes.delete_one("a", {"_id": "n"})
        seen: list[Change] = []
        async with asyncio.timeout(10):
            async for change in stream:
                seen.append(change)
                if change.document is None and len(seen) >= 3:
                    break
    assert {change.collection for change in seen} == {"notes"}
    assert seen[-1] == Change("notes", "n", None)


async def test_a_write_whose_caller_went_away_is_still_done(db: Database) -> None:
    notes = db.tenant_collection("notes")
    writing = asyncio.create_task(notes.insert_one("a", {"_id": "n"}))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    async with asyncio.timeout(5):
        while await notes.find_one("a", {"_id": "n"}) is None:
            await asyncio.sleep(0.01)


async def test_a_database_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(AppError) as problem:
        await open_database("mongodb://127.0.0.1:9/?directConnection=true&serverSelectionTimeoutMS=100")
    assert problem.value.code == "unavailable"


def test_a_database_that_came_back_and_does_not_know_its_keys_yet_is_unavailable() -> None:
    with pytest.raises(AppError, match="unavailable"), translated():
        raise OperationFailure("No keys found for HMAC that is valid for time", 211)
    with pytest.raises(OperationFailure), translated():
        raise OperationFailure("unknown operator: $no", 2)


async def test_ping_is_about_a_primary(db: Database) -> None:
    assert await db.ping()


async def test_after_close_the_database_is_unavailable(mongo_url: str) -> None:
    database = await open_database(mongo_url, "closed")
    await database.close()
    await database.close()
    assert not await database.ping()
    with pytest.raises(AppError) as problem:
        await database.tenant_collection("notes").find("a", {})
    assert problem.value.code == "unavailable"


async def test_an_index_that_changed_under_its_name_is_made_anew(db: Database) -> None:
    await db.ensure_indexes([Index("things", (("tenant", 1), ("old", 1)), name="things_by_age")])

    await db.ensure_indexes([Index("things", (("tenant", 1), ("new", 1)), name="things_by_age", unique=True)])

    things = db.tenant_collection("things")
    await things.insert_one("t1", {"_id": "a", "new": 1})
    with pytest.raises(DuplicateKey):
        await things.insert_one("t1", {"_id": "b", "new": 1})


async def test_what_is_written_together_happens_as_a_whole(db: Database) -> None:
    """Twenty at once add one only while the sum is below five: without one state for both, more would fit."""
    counts, notes = db.tenant_collection("counts"), db.tenant_collection("notes")
    await counts.insert_one("a", {"_id": "n", "tries": 0})
    await notes.insert_one("a", {"_id": "first"})

    async def add(name: str) -> bool:
        async def work() -> bool:
            await counts.update_one("a", {"_id": "n"}, {"$inc": {"tries": 1}})
            if await notes.count("a", {}) >= 5:
                raise AppError("last_admin")
            await notes.insert_one("a", {"_id": name})
            return True

        return await db.together(work)

    outcomes = await asyncio.gather(*(add(f"n{i}") for i in range(12)), return_exceptions=True)
    assert [one for one in outcomes if one is True] == [True] * 4
    assert {str(one) for one in outcomes if isinstance(one, AppError)} <= {"last_admin", "unavailable"}
    assert await notes.count("a", {}) == 5
    assert (await counts.find_one("a", {"_id": "n"}) or {})["tries"] == 4  # a refusal undid its own
