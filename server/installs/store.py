"""Sightings in the database: one document for an origin of a site; those that are old go by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from server.installs.model import Sighting
from server.mongo import Document, DuplicateKey, Index, TenantCollection

KEPT = timedelta(days=90)
INDEXES = [
    Index(
        "sightings", (("tenant", 1), ("site_id", 1), ("origin", 1)), "one_sighting_for_an_origin_of_a_site", unique=True
    ),
    Index("sightings", (("last_at", 1),), "old_sightings_go", expire_after_s=int(KEPT.total_seconds())),
]
MOST = 500


class MongoSightingStore:
    """Implements `ports.SightingStore`."""

    def __init__(self, sightings: TenantCollection) -> None:
        self._sightings = sightings

    async def note(self, tenant_id: str, site_id: str, sighting: Sighting, written_before: datetime) -> None:
        """Write it down unless somebody did after `written_before`; what its widget says first is always written."""
        which = {"site_id": site_id, "origin": sighting.origin}
        said = {
            name: value
            for name, value in (("protocol", sighting.protocol), ("version", sighting.version))
            if value is not None
        }
        due: list[Document] = [{"last_at": {"$lte": written_before}}]
        if said:
            due.append({"protocol": None})
        changes = {"$set": {"last_at": sighting.last_at, **said}}
        if await self._sightings.update_one(tenant_id, {**which, "$or": due}, changes):
            return
        try:
            await self._sightings.insert_one(
                tenant_id,
                {
                    "_id": f"{site_id} {sighting.origin}",
                    **which,
                    "first_at": sighting.first_at,
                    "last_at": sighting.last_at,
                    "protocol": sighting.protocol,
                    "version": sighting.version,
                },
            )
        except DuplicateKey:  # it is there and new enough
            pass

    async def of_site(self, tenant_id: str, site_id: str) -> list[Sighting]:
        docs = await self._sightings.find(tenant_id, {"site_id": site_id}, sort=[("last_at", -1)], limit=MOST)
        return [
            Sighting(doc["origin"], doc["first_at"], doc["last_at"], doc["protocol"], doc["version"]) for doc in docs
        ]
