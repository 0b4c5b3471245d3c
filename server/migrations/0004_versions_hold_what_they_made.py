"""Versions of rules and surveys hold the whole of what a change made, the newest one too."""

from __future__ import annotations

from typing import Any

from server.mongo import Database


async def up(db: Database) -> None:
    """Give the versions the names that rules and surveys have, and every rule a version of what it is now."""
    renamed = {"at": "updated_at", "by": "updated_by"}
    for name, more in (("survey_versions", {}), ("rule_versions", {"content": "draft"})):
        versions = db.global_collection(name)  # of all accounts
        await versions.update_many({"at": {"$exists": True}}, {"$rename": renamed | more})
    newest: list[dict[str, Any]] = [
        {"$set": {"rule_id": "$_id", "_id": {"$concat": ["$_id", "/", {"$toString": "$version"}]}}},
        {"$merge": {"into": "rule_versions", "whenMatched": "keepExisting"}},
    ]
    await db.global_collection("rules").aggregate(newest)
