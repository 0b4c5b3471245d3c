"""How long data is kept, and erasures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

CLASSES = ("visits", "conversations", "callbacks", "surveys", "invitations")


@dataclass(frozen=True, slots=True)
class Retention:
    """Days for which each class of data is kept after it was last needed; None keeps it until somebody erases it."""

    visits: int | None = 400
    conversations: int | None = None
    callbacks: int | None = None
    surveys: int | None = None
    invitations: int | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """That a visitor was erased; nothing of what was erased.

    Attributes:
        at: what the visitor did until then is erased; whatever comes later is new.
        refs: ids of conversations that were erased, for messages that were on their way.
    """

    tenant_id: str
    visitor_id: str
    at: datetime
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erased:
    """What one sweep did: things that are gone now, things that must end first (a call), and ids to remember."""

    gone: int = 0
    waiting: int = 0
    refs: tuple[str, ...] = ()
