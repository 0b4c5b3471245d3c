"""People as an admin changes them: compare and set on the revision, and at least one active admin, whatever races."""

from __future__ import annotations

from collections.abc import Sequence

from server.accounts.model import Member, Photo
from server.accounts.store import member_from_doc, member_to_doc
from server.errors import AppError
from server.mongo import Database, DuplicateKey, Index
from server.principals import Role

INDEXES = [
    Index("photos", (("tenant", 1), ("person_id", 1), ("hash", 1)), "one_copy_of_a_photo", unique=True),
    Index("photos", (("hash", 1),), "photo_by_content"),
]


class MongoPeopleStore:
    """Implements `ports.PeopleStore`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = db.global_collection("accounts")  # the tenants themselves
        self._people = db.tenant_collection("people")
        self._photos = db.tenant_collection("photos")

    async def person(self, tenant_id: str, person_id: str) -> Member | None:
        doc = await self._people.find_one(tenant_id, {"_id": person_id})
        return member_from_doc(doc) if doc else None

    async def save(self, member: Member, *, keeps_an_admin: bool = False) -> Member | None:
        if not keeps_an_admin:
            return await self._save(member)

        async def decide() -> Member | None:
            # Every change of this kind writes the account first, so no two of them happen side by side.
            await self._accounts.update_one({"_id": member.tenant_id}, {"$inc": {"admin_changes": 1}})
            others = {"_id": {"$ne": member.id}, "role": Role.ADMIN.value, "active": True}
            if not await self._people.count(member.tenant_id, others):
                raise AppError("last_admin")
            return await self._save(member)

        return await self._db.together(decide)

    async def _save(self, member: Member) -> Member | None:
        doc = member_to_doc(member)
        wanted = {name: doc[name] for name in ("email", "name", "role", "phone", "locale", "active", "departments")}
        try:
            saved = await self._people.find_one_and_update(
                member.tenant_id,
                {"_id": member.id, "revision": member.revision},
                {"$set": wanted, "$inc": {"revision": 1, "version": 1}},
            )
        except DuplicateKey:
            raise AppError("email_taken") from None
        return member_from_doc(saved) if saved else None

    async def order(self, tenant_id: str, person_ids: Sequence[str]) -> bool:
        async def write() -> bool:
            wanted = {"role": Role.CONSULTANT.value, "active": True}
            found = await self._people.find(tenant_id, wanted, projection={"_id": 1})
            if sorted(doc["_id"] for doc in found) != sorted(person_ids):
                return False
            for place, person_id in enumerate(person_ids, start=1):
                await self._people.update_one(
                    tenant_id, {"_id": person_id}, {"$set": {"dial_order": place}, "$inc": {"version": 1}}
                )
            return True

        return await self._db.together(write)

    # Photos

    async def set_photo(self, tenant_id: str, person_id: str, photo: Photo, hash: str) -> Member | None:
        picture = {"kind": photo.kind, "data": photo.data}

        async def keep() -> Member | None:
            await self._photos.update_one(
                tenant_id, {"person_id": person_id, "hash": hash}, {"$setOnInsert": picture}, upsert=True
            )
            return await self._show_photo(tenant_id, person_id, hash)

        return await self._db.together(keep)

    async def remove_photo(self, tenant_id: str, person_id: str) -> Member | None:
        return await self._db.together(lambda: self._show_photo(tenant_id, person_id, None))

    async def _show_photo(self, tenant_id: str, person_id: str, hash: str | None) -> Member | None:
        doc = await self._people.find_one_and_update(
            tenant_id, {"_id": person_id}, {"$set": {"photo": hash}, "$inc": {"version": 1}}
        )
        await self._photos.delete_many(tenant_id, {"person_id": person_id, "hash": {"$ne": hash}})
        return member_from_doc(doc) if doc else None

    async def photo(self, hash: str) -> Photo | None:
        doc = await self._photos.every_tenant().find_one({"hash": hash})  # whoever knows the hash has seen the picture
        return Photo(doc["kind"], bytes(doc["data"])) if doc else None
