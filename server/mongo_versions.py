"""Things that people edit: every change is a numbered version, and the database decides whose was first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.mongo_collections import Document, DuplicateKey, TenantCollection


class VersionedCollection:
    """Things as their newest versions made them, beside all their versions, which are written once and never changed.

    A version is written before the thing itself. So the unique index on tenant, `of` and version decides which of two
    changes was first, and a server that dies between the two writes loses nothing: the next change completes it.

    Args:
        current: the things; the fields of a `state` and what they were created with.
        versions: a document for each change, its `state` and which thing it is `of`.
        of: the field of a version that names its thing.
    """

    def __init__(self, current: TenantCollection, versions: TenantCollection, *, of: str) -> None:
        self._current = current
        self._versions = versions
        self._of = of

    async def create(self, tenant_id: str, id: str, state: Document, **fields: Any) -> None:
        """Insert a thing with its first version; `fields` are its own and in no version."""
        await self._versions.insert_one(tenant_id, self._version(id, state))
        await self._current.insert_one(tenant_id, {"_id": id, **fields, **state})

    async def change(self, tenant_id: str, id: str, state: Document) -> bool:
        """Make `state` the next version; False when its number is taken already. `state` holds its `version`."""
        try:
            await self._versions.insert_one(tenant_id, self._version(id, state))
        except DuplicateKey:
            # Whoever took the number may have stopped before the thing itself was written.
            taken = await self.version(tenant_id, id, state["version"])
            if taken is not None:
                await self._follow(tenant_id, id, taken)
            return False
        await self._follow(tenant_id, id, state)
        return True

    async def version(self, tenant_id: str, id: str, number: int) -> Document | None:
        return await self._versions.find_one(tenant_id, {self._of: id, "version": number})

    async def versions(self, tenant_id: str, id: str, limit: int, **wanted: object) -> list[Document]:
        """Return the newest versions with these fields, the newest first."""
        return await self._versions.find(tenant_id, {self._of: id, **wanted}, sort=[("version", -1)], limit=limit)

    def _version(self, id: str, state: Document) -> Document:
        return {"_id": f"{id}/{state['version']}", self._of: id, **state}

    async def _follow(self, tenant_id: str, id: str, state: Mapping[str, Any]) -> None:
        taken_over = {name: value for name, value in state.items() if name not in ("_id", "tenant", self._of)}
        before = {"_id": id, "version": state["version"] - 1}
        await self._current.update_one(tenant_id, before, {"$set": taken_over})
