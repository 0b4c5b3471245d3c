"""What blocking needs of the outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import Protocol

from server.blocking.model import Block, Hits
from server.principals import Person


class BlockStore(Protocol):
    """Every method raises AppError("unavailable") when the database does not answer."""

    async def add(self, block: Block) -> Block:
        """Insert, or let the block that the target has already last at least as long; return what stands there."""

    async def remove(self, tenant_id: str, block_id: str) -> bool: ...

    async def block(self, tenant_id: str, block_id: str) -> Block | None: ...

    async def blocks(self, tenant_id: str) -> list[Block]:
        """Return all blocks of the account, the newest first; one that has run out may still be among them."""

    async def of_call(self, tenant_id: str, e164: str, visitor_id: str) -> list[Block]:
        """Return what is stored at this moment against a number, its beginnings or a visitor."""

    async def hits(self, tenant_id: str, block_ids: Collection[str]) -> Mapping[str, Hits]: ...

    async def count_hits(self, hits: Mapping[tuple[str, str], Hits]) -> None:
        """Add to what was counted: (tenant id, block id) -> how many more, and when the last was."""

    def changed_tenants(self) -> AsyncIterator[str | None]:
        """Give whose blocks change from now on; None when it may be anybody's, also once at the beginning."""


class Visitors(Protocol):
    async def names(self, tenant_id: str, visitor_ids: Collection[str]) -> Mapping[str, str]:
        """Return what consultants call the visitors that the account knows."""


class Calls(Protocol):
    async def end(self, tenant_id: str, is_blocked: Callable[[str, str], bool]) -> None:
        """End callbacks whose (number, visitor id) is blocked, unless they are talking already."""


class Audit(Protocol):
    async def record(
        self, person: Person, action: str, subject_id: str, changes: dict[str, tuple[object, object]] | None = None
    ) -> None:
        """Write down who changed what: field -> (before, after)."""
