"""Departments: compare and set on the version; who belongs to one stands with the people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.accounts.model import Department
from server.accounts.store import department_from_doc, department_to_doc
from server.errors import AppError
from server.mongo import Database, Document, Index

INDEXES = [Index("people", (("tenant", 1), ("departments", 1)), "people_of_a_department")]


class MongoDepartmentStore:
    """Implements `ports.DepartmentStore`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._departments = db.tenant_collection("departments")
        self._people = db.tenant_collection("people")

    async def add(self, department: Department, member_ids: Sequence[str], most: int) -> None:
        async def write() -> None:
            # Whoever adds one writes the same document, so that the count is true.
            accounts = self._db.global_collection("accounts")  # the tenants themselves
            await accounts.update_one({"_id": department.tenant_id}, {"$inc": {"department_changes": 1}})
            if await self._departments.count(department.tenant_id, {}) >= most:
                raise AppError("department_limit", max=most)
            await self._departments.insert_one(department.tenant_id, department_to_doc(department))
            await self._set_members(department, member_ids)

        await self._db.together(write)

    async def save(self, department: Department, member_ids: Sequence[str]) -> Department | None:
        async def write() -> Department | None:
            doc = department_to_doc(replace(department, version=department.version + 1))
            wanted = {"_id": doc.pop("_id"), "version": department.version}
            saved = await self._departments.find_one_and_update(department.tenant_id, wanted, {"$set": doc})
            if saved is None:
                return None
            await self._set_members(department, member_ids)
            return department_from_doc(saved)

        return await self._db.together(write)

    async def remove(self, tenant_id: str, department_id: str) -> bool:
        async def write() -> bool:
            removed = await self._departments.delete_one(tenant_id, {"_id": department_id})
            await self._leave(tenant_id, department_id, {})
            return removed

        return await self._db.together(write)

    async def _set_members(self, department: Department, member_ids: Sequence[str]) -> None:
        ids = list(member_ids)
        await self._leave(department.tenant_id, department.id, {"_id": {"$nin": ids}})
        await self._people.update_many(
            department.tenant_id,
            {"_id": {"$in": ids}, "departments": {"$ne": department.id}},
            {"$push": {"departments": department.id}, "$inc": {"version": 1, "revision": 1}},
        )

    async def _leave(self, tenant_id: str, department_id: str, who: Document) -> None:
        await self._people.update_many(
            tenant_id,
            {**who, "departments": department_id},
            {"$pull": {"departments": department_id}, "$inc": {"version": 1, "revision": 1}},
        )
