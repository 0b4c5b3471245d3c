"""What an account is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.principals import Role


class Status(StrEnum):
    """What a person chose; away is offered neither chats nor calls."""

    AVAILABLE = "available"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant: the owner of sites, people and everything that happens on them."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Site:
    """A website that embeds the widget.

    Attributes:
        key: public; the widget names it.
        origins: which pages may embed it, such as "https://shop.example"; as browsers write them.
        country: ISO 3166-1 alpha-2; where the phone field starts.
        version: grows by one with each change.
    """

    id: str
    tenant_id: str
    key: str
    name: str
    origins: tuple[str, ...]
    default_locale: str = "en"
    country: str = "US"
    color: str = "#2457d6"
    corner: str = "bottom-end"
    privacy_url: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Member:
    """Someone who works in an account.

    Attributes:
        email: normalised, unique over all accounts.
        phone: E.164; consultants are rung on it. None: never rung.
        dial_order: consultants are dialled in this order, the smallest first.
        version: grows by one with each change.
    """

    id: str
    tenant_id: str
    email: str
    name: str
    role: Role
    phone: str | None = None
    dial_order: int = 0
    locale: str = "en"
    status: Status = Status.AVAILABLE
    version: int = 1


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser or program. `id` is the hash of its token; the token itself is kept nowhere."""

    id: str
    tenant_id: str
    person_id: str
    created_at: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit trail: who did what to what. Written once, never changed.

    Attributes:
        actor_id: the person, or None for the command line.
        action: such as "site.updated".
        changes: field -> (before, after); no secrets.
    """

    id: str
    tenant_id: str
    at: datetime
    actor_id: str | None
    action: str
    subject_id: str
    changes: dict[str, tuple[object, object]] = field(default_factory=dict)
