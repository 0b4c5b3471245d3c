"""What is blocked, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a block is about. A prefix is the beginning of phone numbers, a network one address or many."""

    PHONE = "phone"
    PREFIX = "prefix"
    NETWORK = "network"
    VISITOR = "visitor"


class Origin(StrEnum):
    """Who wanted it: a person of the account, or whoever answered a call and pressed the key against further ones."""

    PERSON = "person"
    CALLEE = "callee"


@dataclass(frozen=True, slots=True)
class Block:
    """One refusal to come.

    Attributes:
        value: as `rules.normal_value` writes it; with the kind it is unique in the account.
        author_id: None for a callee.
        expires_at: None means for ever.
    """

    id: str
    tenant_id: str
    kind: Kind
    value: str
    reason: str
    origin: Origin
    author_id: str | None
    author_name: str | None
    created_at: datetime
    expires_at: datetime | None

    def holds(self, now: datetime) -> bool:
        return self.expires_at is None or self.expires_at > now


@dataclass(frozen=True, slots=True)
class Hits:
    """How often a block has refused somebody, and when last."""

    count: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A block as a person sees it. `label` names a visitor, None for the other kinds."""

    block: Block
    hits: Hits
    label: str | None
    may_remove: bool
