"""The first format of the data. Later files bring older data to theirs; each is safe to run twice."""

from __future__ import annotations

from server.mongo import Database


async def up(db: Database) -> None:
    """Nothing to do: no data is older than this."""
