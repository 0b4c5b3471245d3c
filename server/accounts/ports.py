"""What accounts need of the outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from server.accounts.model import Account, AuditEntry, Department, Member, Photo, Session, Site, Status
from server.principals import Person

Sleep = Callable[[float], Awaitable[None]]
Changed = tuple[str, str, Site | Member | Department | Session | None]
"""A change by others: collection, id, the new value or None when it is gone."""
SessionEnded = Callable[[str], None]
"""Told the id of a session that ended, so that its sockets end too. Returns at once, never raises."""


class Everything(NamedTuple):
    sites: list[Site]
    members: list[Member]
    departments: list[Department]
    sessions: list[Session]


class Publisher(Protocol):
    """Live connections of people. Publishing never waits and never raises."""

    def to_staff(self, tenant_id: str, event: str, payload: dict[str, Any]) -> None: ...

    def is_online_person(self, tenant_id: str, person_id: str) -> bool: ...


class Audit(Protocol):
    """The audit trail; `AccountService` is one."""

    async def record(
        self, person: Person, action: str, subject_id: str, changes: dict[str, tuple[object, object]] | None = None
    ) -> None: ...


class SiteNews(Protocol):
    """Pages with the widget. Telling them never raises."""

    async def config_changed(self, site: Site) -> None:
        """Tell every open page of the site how its widget is set up from now on."""


class AccountStore(Protocol):
    """Everything accounts keep. Raises AppError("unavailable") when the database does not answer."""

    async def add_account(self, account: Account) -> Account:
        """Insert it, or return the account that has this name already."""

    async def accounts(self) -> list[Account]: ...

    async def add_site(self, site: Site) -> None:
        """Raises AppError("value_invalid") when the key is taken."""

    async def save_site(self, site: Site) -> Site | None:
        """Write a changed site over version `site.version`; None when somebody else was first, or it is gone."""

    async def add_member(self, member: Member, password_hash: str) -> None:
        """Raises AppError("email_taken")."""

    async def credentials(self, email: str) -> tuple[Member, str] | None:
        """Return who signs in with this normalised e-mail and the stored hash. The e-mail decides the tenant."""

    async def set_password_hash(self, tenant_id: str, person_id: str, password_hash: str) -> None: ...

    async def set_status(self, tenant_id: str, person_id: str, status: Status) -> Member | None: ...

    async def last_dial_order(self, tenant_id: str) -> int:
        """Return the place of whoever is dialled last; 0 when nobody is there."""

    async def add_session(self, session: Session) -> None: ...

    async def touch_sessions(self, used: Mapping[tuple[str, str], datetime]) -> None:
        """Note when sessions were last used: (tenant id, session id) -> time."""

    async def remove_session(self, tenant_id: str, session_id: str) -> bool: ...

    async def remove_sessions_of(self, tenant_id: str, person_id: str, *, but: str | None = None) -> list[str]:
        """Remove the sessions of a person, all but one, and return their ids."""

    async def count_try(self, key: str, try_id: str, limit: int, now: datetime) -> datetime | None:
        """Count one more try for `key`, in one atomic step.

        Returns None when it fits, else the time of the oldest counted one.
        """

    async def forget_try(self, key: str, try_id: str) -> None:
        """Take a counted try back: its password was right, or it never came to a check."""

    async def add_audit(self, entry: AuditEntry) -> None: ...

    async def audit(
        self,
        tenant_id: str,
        limit: int = 100,
        *,
        before: tuple[datetime, str] | None = None,
        only: Sequence[str] = (),
        no: Sequence[str] = (),
    ) -> list[AuditEntry]:
        """Return the newest entries, the newest first.

        Args:
            before: time and id of an entry; only what is older than it.
            only, no: what an action begins with, before its dot.
        """

    async def everything(self) -> Everything:
        """Return all sites, people, departments and sessions of all tenants."""

    def watching(self) -> AbstractAsyncContextManager[AsyncIterator[Changed]]:
        """Give what changes from now on: (one of WATCHED, id, the new value or None when it is gone)."""


class PeopleStore(Protocol):
    """People as an admin changes them."""

    async def person(self, tenant_id: str, person_id: str) -> Member | None: ...

    async def save(self, member: Member, *, keeps_an_admin: bool = False) -> Member | None:
        """Write what an admin sets over revision `member.revision`; None when somebody else was first.

        Args:
            keeps_an_admin: write it only if another active admin stays, in one step with all changes of this kind.

        Raises:
            AppError: email_taken; last_admin.
        """

    async def order(self, tenant_id: str, person_ids: Sequence[str]) -> bool:
        """Give the active consultants these places; False when they are not exactly these people any more."""

    async def set_photo(self, tenant_id: str, person_id: str, photo: Photo, hash: str) -> Member | None:
        """Keep the picture and show it; None when the person is gone."""

    async def remove_photo(self, tenant_id: str, person_id: str) -> Member | None: ...

    async def photo(self, hash: str) -> Photo | None: ...


class Queue(Protocol):
    """The conversations of people who do not answer any more."""

    async def release(self, tenant_id: str, person_id: str) -> None:
        """Put every open conversation of this person back into the queue. May be repeated."""


class PeopleAnnouncer(Protocol):
    """Tells the consoles. Never waits, never raises."""

    def changed(self, member: Member) -> None: ...


class DepartmentNews(Protocol):
    async def tell(self, tenant_id: str) -> None:
        """Tell consoles who belongs where, and open pages what can be chosen, after either changed."""


class DepartmentStore(Protocol):
    async def add(self, department: Department, member_ids: Sequence[str], most: int) -> None:
        """Insert it with its people. Raises AppError("department_limit") when there are `most` already."""

    async def save(self, department: Department, member_ids: Sequence[str]) -> Department | None:
        """Write it and who belongs to it over version `department.version`; None when somebody else was first."""

    async def remove(self, tenant_id: str, department_id: str) -> bool:
        """Delete it and take it from its people."""


class DepartmentAnnouncer(Protocol):
    def departments_changed(self, tenant_id: str) -> None:
        """Tell the consoles which departments there are now."""
