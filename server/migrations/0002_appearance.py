"""A site's looks stand together, with a version of their own."""

from __future__ import annotations

from server.mongo import Database

_MOVED = ("color", "corner", "default_locale", "country", "privacy_url")


async def up(db: Database) -> None:
    """Give every site the appearance that its former fields describe."""
    sites = db.global_collection("sites")  # those of all tenants
    for site in await sites.find({"appearance": None}):
        appearance = {
            "desktop": [20, 20],
            "phone": [20, 20],
            "theme": "auto",
            "quiet": False,
            "locales": ["en", "ru", "ro"],
            "texts": {},
            **{name: site[name] for name in _MOVED},
        }
        revision = {"version": 1, "at": None, "by": None}
        await sites.update_one(
            {"_id": site["_id"], "appearance": None},
            {"$set": {"appearance": appearance, "revision": revision}, "$unset": dict.fromkeys(_MOVED, "")},
        )
