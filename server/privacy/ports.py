"""What privacy needs of the outside: every feature that keeps something of visitors is a Holding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from server.principals import Person
from server.privacy.model import Erased, Erasure, Retention


class Holding(Protocol):
    """What one feature keeps of visitors. Every method raises AppError("unavailable") to try again."""

    @property
    def name(self) -> str:
        """Return one of model.CLASSES."""

    async def export(self, tenant_id: str, visitor_id: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Return everything of a visitor: lists by the name under which they are handed out."""

    async def erase(self, tenant_id: str, visitor_id: str, until: datetime, refs: Sequence[str]) -> Erased:
        """Delete what a visitor left up to `until`; done again it finds nothing. `refs` come from earlier sweeps."""

    async def expire(self, tenant_id: str, before: datetime, limit: int) -> int:
        """Delete up to about `limit` things last needed before that; return how many; 0 when none is left."""


class PrivacyStore(Protocol):
    async def retention(self, tenant_id: str) -> Retention: ...

    async def save_retention(self, tenant_id: str, retention: Retention) -> bool:
        """Write it over `retention.version`; False when somebody else was first."""

    async def begin_erasure(self, erasure: Erasure) -> bool:
        """Remember it, or move a known one to the later time; False when it was known."""

    async def erasure(self, tenant_id: str, visitor_id: str) -> Erasure | None: ...

    async def remember_refs(self, erasure: Erasure, refs: Sequence[str]) -> None: ...

    async def erasures_since(self, at: datetime) -> list[Erasure]:
        """Return the erasures of all accounts that began after `at`."""


class Audit(Protocol):
    async def record(
        self, person: Person, action: str, subject_id: str, changes: dict[str, tuple[object, object]] | None = None
    ) -> None: ...


class Tenants(Protocol):
    async def ids(self) -> Sequence[str]: ...


class Announcer(Protocol):
    def erased(self, tenant_id: str, visitor_id: str) -> None:
        """Tell consoles to forget the visitor. Never waits, never raises."""
