"""People can leave, have a photo, and are changed by revisions."""

from __future__ import annotations

from server.mongo import Database


async def up(db: Database) -> None:
    """Everybody who is there already is active, without a photo, at their first revision."""
    people = db.global_collection("people")  # of all accounts
    await people.update_many({"active": {"$exists": False}}, {"$set": {"active": True, "photo": None, "revision": 1}})
