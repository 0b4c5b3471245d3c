"""People belong to departments."""

from __future__ import annotations

from server.mongo import Database


async def up(db: Database) -> None:
    """Whoever is there already belongs to none."""
    people = db.global_collection("people")  # of all accounts
    await people.update_many({"departments": {"$exists": False}}, {"$set": {"departments": []}})
