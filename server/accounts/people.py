"""What an admin does about people, and each person about the own password."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from server.accounts.directory import Directory
from server.accounts.model import Member, Photo
from server.accounts.passwords import Passwords
from server.accounts.phones import own_phone
from server.accounts.ports import AccountStore, DepartmentNews, PeopleAnnouncer, PeopleStore, Queue
from server.accounts.rules import (
    changes_between,
    checked_email,
    checked_password,
    clean_name,
    easy_password,
    in_order,
    name_in,
    read_photo,
)
from server.accounts.service import AccountService
from server.errors import AppError
from server.ids import NewId
from server.principals import Person, Role

USUAL_REGION = "US"
# Of someone in a department: whether visitors are offered it, and whom it calls.
DECIDES_WHO_IS_CALLED = frozenset({"active", "role", "phone"})


class PeopleService:
    """Every method raises AppError: not_found for people whom this account does not have, unavailable to try again.

    Args:
        new_token: makes what temporary passwords are made of; 256 random bits.
    """

    def __init__(
        self,
        *,
        accounts: AccountService,
        store: PeopleStore,
        sessions: AccountStore,
        directory: Directory,
        passwords: Passwords,
        queue: Queue,
        departments: DepartmentNews,
        announcer: PeopleAnnouncer,
        new_token: NewId,
    ) -> None:
        self._accounts = accounts
        self._store = store
        self._sessions = sessions
        self._directory = directory
        self._passwords = passwords
        self._queue = queue
        self._departments = departments
        self._announcer = announcer
        self._new_token = new_token

    def everyone(self, who: Person) -> list[Member]:
        """Return everyone of the account by name, also who has left."""
        return self._directory.people(who.tenant_id)

    async def add(
        self,
        who: Person,
        *,
        email: str,
        name: str,
        role: Role,
        phone: str | None = None,
        locale: str = "en",
        departments: Sequence[str] = (),
        password: str | None = None,
    ) -> tuple[Member, str | None]:
        """Add someone; without a password the server makes one and returns it, this once.

        Raises:
            AppError: value_invalid, email_taken, phone_invalid.
        """
        if any(self._directory.department(who.tenant_id, one) is None for one in departments):
            raise AppError("not_found")
        made = None if password else easy_password(self._new_token())
        member = await self._accounts.create_person(
            who.tenant_id,
            email=email,
            password=password or made or "",
            name=name,
            role=role,
            phone=own_phone(phone, self._region(who.tenant_id)),
            locale=locale,
            departments=departments,
            actor_id=who.person_id,
        )
        self._announcer.changed(member)
        if member.departments:
            await self._departments.tell(who.tenant_id)
        return member, made

    async def change(self, who: Person, person_id: str, revision: int, wanted: dict[str, Any]) -> Member:
        """Change some of name, email, role, phone, locale and departments; what is missing in `wanted` stays.

        Raises:
            AppError: person_changed, when `revision` is not the current one; value_invalid, email_taken,
                phone_invalid; not_yourself, for one's own role; last_admin.
        """
        before = await self._member(who, person_id)
        changes = dict(wanted)
        if "name" in changes:
            changes["name"] = clean_name(changes["name"]) or before.name
        if "email" in changes:
            changes["email"] = checked_email(changes["email"])
        if "phone" in changes:
            changes["phone"] = own_phone(changes["phone"], self._region(who.tenant_id))
        if "departments" in changes:
            changes["departments"] = tuple(dict.fromkeys(changes["departments"]))
            if any(self._directory.department(who.tenant_id, one) is None for one in changes["departments"]):
                raise AppError("not_found")
        if person_id == who.person_id and changes.get("role", before.role) is not before.role:
            raise AppError("not_yourself")
        return await self._save(who, before, replace(before, revision=revision, **changes), "person.updated")

    async def deactivate(self, who: Person, person_id: str, revision: int) -> Member:
        """Let someone leave: sessions and sockets end at once, open conversations go back to the queue, no calls.

        Raises:
            AppError: not_yourself; last_admin; person_changed.
        """
        if person_id == who.person_id:
            raise AppError("not_yourself")
        before = await self._member(who, person_id)
        after = replace(before, active=False, revision=revision)
        return await self._save(who, before, after, "person.deactivated")

    async def reactivate(self, who: Person, person_id: str, revision: int) -> Member:
        """Let someone come back, with the old password. Raises AppError("person_changed")."""
        before = await self._member(who, person_id)
        return await self._save(who, before, replace(before, active=True, revision=revision), "person.reactivated")

    async def _save(self, who: Person, before: Member, after: Member, action: str) -> Member:
        changes = changes_between(before, after)
        if "departments" in changes:
            changes["departments"] = (self._names(before), self._names(after))
        if after.revision != before.revision:
            raise AppError("person_changed")
        if not changes:
            return before
        was_admin, is_admin = (one.active and one.role is Role.ADMIN for one in (before, after))
        saved = await self._store.save(after, keeps_an_admin=was_admin and not is_admin)
        if saved is None:
            raise AppError("person_changed")
        self._directory.put_member(saved)
        if not saved.active:
            await self._end_sessions(saved)
        if before.answers and not saved.answers:
            await self._queue.release(saved.tenant_id, saved.id)
        await self._accounts.record(who, action, saved.id, changes)
        self._announcer.changed(saved)
        if saved.departments != before.departments or (saved.departments and DECIDES_WHO_IS_CALLED & changes.keys()):
            await self._departments.tell(saved.tenant_id)
        return saved

    async def set_order(self, who: Person, person_ids: Sequence[str]) -> list[Member]:
        """Say in which order consultants are dialled; returns them so.

        Raises:
            AppError: person_changed, when these are not exactly the active consultants any more.
        """
        names = [member.name for member in in_order(self._directory.people(who.tenant_id))]
        if not await self._store.order(who.tenant_id, person_ids):
            raise AppError("person_changed")
        await self._directory.load()
        ordered = in_order(self._directory.people(who.tenant_id))
        now = [member.name for member in ordered]
        if now != names:
            await self._accounts.record(who, "people.reordered", who.tenant_id, {"order": (names, now)})
        return ordered

    # Passwords

    async def set_password(self, who: Person, person_id: str, password: str | None) -> str | None:
        """Give someone else a new password and end their sessions; without one the server makes it and returns it.

        Raises:
            AppError: not_yourself, whose own is changed with the old one; value_invalid for a short one.
        """
        if person_id == who.person_id:
            raise AppError("not_yourself")
        member = await self._member(who, person_id)
        made = None if password else easy_password(self._new_token())
        stored = await self._passwords.hash(checked_password(password or made or ""))
        await self._sessions.set_password_hash(member.tenant_id, member.id, stored)
        await self._end_sessions(member)
        await self._accounts.record(who, "person.password_set", member.id)
        return made

    async def change_password(self, who: Person, old: str, new: str) -> None:
        """Change one's own password; the other sessions end.

        Raises:
            AppError: password_wrong; sign_in_limited, after as many wrong ones as at sign-in; value_invalid.
        """
        member = await self._member(who, who.person_id)
        checked_password(new)
        await self._accounts.check_password(member, old, who.ip)
        await self._sessions.set_password_hash(member.tenant_id, member.id, await self._passwords.hash(new))
        await self._end_sessions(member, but=who.session_id)
        await self._accounts.record(who, "person.password_changed", member.id)

    # Photos

    async def set_photo(self, who: Person, person_id: str, data: bytes) -> Member:
        """Show a picture of someone. Raises AppError("photo_invalid" | "too_large")."""
        await self._member(who, person_id)
        photo = read_photo(data)
        hash = hashlib.sha256(data).hexdigest()
        return await self._shown(who, await self._store.set_photo(who.tenant_id, person_id, photo, hash), "set")

    async def remove_photo(self, who: Person, person_id: str) -> Member:
        """Show initials again."""
        return await self._shown(who, await self._store.remove_photo(who.tenant_id, person_id), "removed")

    async def _shown(self, who: Person, member: Member | None, what: str) -> Member:
        if member is None:
            raise AppError("not_found")
        self._directory.put_member(member)
        await self._accounts.record(who, f"person.photo_{what}", member.id)
        self._announcer.changed(member)
        return member

    async def photo(self, hash: str) -> Photo:
        """Return the picture with this SHA-256, for anybody."""
        photo = await self._store.photo(hash)
        if photo is None:
            raise AppError("not_found")
        return photo

    # Inside

    async def release_left_over(self) -> None:
        """Put back what a crash left with people who do not answer any more."""
        for member in self._directory.silent():
            await self._queue.release(member.tenant_id, member.id)

    async def _member(self, who: Person, person_id: str) -> Member:
        member = await self._store.person(who.tenant_id, person_id)
        if member is None:
            raise AppError("not_found")
        return member

    async def _end_sessions(self, member: Member, but: str | None = None) -> None:
        for session_id in await self._sessions.remove_sessions_of(member.tenant_id, member.id, but=but):
            self._directory.drop_session(session_id)

    def _names(self, member: Member) -> list[str]:
        found = (self._directory.department(member.tenant_id, one) for one in member.departments)
        return [name_in(one.names, "en") for one in found if one]

    def _region(self, tenant_id: str) -> str:
        sites = self._directory.sites(tenant_id)
        return sites[0].country if sites else USUAL_REGION
