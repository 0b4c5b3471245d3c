"""What an account is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.principals import ANSWERING, Role


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
class Offsets:
    """How far the widget's button stands from the edges of its corner, in CSS pixels."""

    x: int = 20
    y: int = 20


@dataclass(frozen=True, slots=True)
class Appearance:
    """How a site's widget looks and speaks.

    Attributes:
        locales: the languages offered; `default_locale` is one of them.
        country: ISO 3166-1 alpha-2; where the phone field starts.
        quiet: the button stays away until the page opens the widget.
        texts: language -> name of a place -> the site's own words there; what is missing is ours.
    """

    color: str = "#2457d6"
    corner: str = "bottom-end"
    desktop: Offsets = Offsets()
    phone: Offsets = Offsets()
    theme: str = "auto"
    quiet: bool = False
    locales: tuple[str, ...] = ("en", "ru", "ro")
    default_locale: str = "en"
    country: str = "US"
    privacy_url: str | None = None
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Revision:
    """Which version of the appearance this is; `at` and `by` (a name) are None when nobody has changed it."""

    version: int = 1
    at: datetime | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A website that embeds the widget.

    Attributes:
        key: public; the widget names it.
        origins: which pages may embed it, such as "https://shop.example"; as browsers write them.
        version: grows by one with each change of anything.
        revision: grows with each change of the appearance only.
    """

    id: str
    tenant_id: str
    key: str
    name: str
    origins: tuple[str, ...]
    appearance: Appearance = Appearance()
    revision: Revision = Revision()
    version: int = 1

    @property
    def default_locale(self) -> str:
        return self.appearance.default_locale

    @property
    def country(self) -> str:
        return self.appearance.country


@dataclass(frozen=True, slots=True)
class Member:
    """Someone who works in an account.

    Attributes:
        email: normalised, unique over all accounts.
        phone: E.164; consultants are rung on it. None: never rung.
        dial_order: consultants are dialled in this order, the smallest first.
        version: grows by one with each change, whatever changed.
        active: False for who has left: no sign-in, no chats, no calls; the name stays for the history.
        photo: the SHA-256 of the picture in hexadecimal; None for initials.
        revision: grows by one with each change of what an admin sets, so that two of them do not overwrite each other.
        departments: ids of the departments this person belongs to.
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
    active: bool = True
    photo: str | None = None
    revision: int = 1
    departments: tuple[str, ...] = ()

    @property
    def answers(self) -> bool:
        """Whether this person answers visitors at all, here or away."""
        return self.active and self.role in ANSWERING


@dataclass(frozen=True, slots=True)
class Department:
    """What questions are about, and who answers them.

    Attributes:
        names: locale -> name, at least one; where a language is missing another one stands in.
        shown: whether visitors may choose it before a call.
        fall_through: whether a call goes on to everyone else when nobody of the department takes it.
    """

    id: str
    tenant_id: str
    names: Mapping[str, str]
    shown: bool = True
    fall_through: bool = True
    version: int = 1


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture of a person. `kind` is its media type, as its first bytes say."""

    kind: str
    data: bytes


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


class About(StrEnum):
    """Parts of the audit trail; everything but sign-ins when none is chosen."""

    PEOPLE = "people"
    SITES = "sites"
    RULES = "rules"
    VISITORS = "visitors"
    SESSIONS = "sessions"
