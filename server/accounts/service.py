"""Use cases of accounts: signing in and out, sites, presence, and what the command line sets up."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from server.accounts.directory import Directory
from server.accounts.model import About, Account, Appearance, AuditEntry, Member, Session, Site, Status
from server.accounts.passwords import Passwords
from server.accounts.ports import AccountStore
from server.accounts.rules import (
    ACTIONS,
    TRIES_PER_ADDRESS,
    TRIES_PER_EMAIL,
    checked_email,
    checked_password,
    checked_phone,
    clean_name,
    normal_email,
    normal_origins,
    place_text,
    read_place,
    retry_after_s,
)
from server.clock import Now
from server.errors import AppError
from server.ids import NewId, token_hash
from server.limits import network_of
from server.principals import STAFF, Person, Role

CHANGES_LISTED = 50


@dataclass(frozen=True, slots=True)
class Tries:
    """Where one try of a password was counted."""

    id: str
    keys: tuple[str, ...]


class AccountService:
    """Everything a person can do about accounts.

    Args:
        new_token: makes session tokens; 256 random bits.
    """

    def __init__(
        self, store: AccountStore, directory: Directory, passwords: Passwords, now: Now, new_id: NewId, new_token: NewId
    ) -> None:
        self._store = store
        self._directory = directory
        self._passwords = passwords
        self._now = now
        self._new_id = new_id
        self._new_token = new_token

    # Signing in and out

    async def sign_in(self, email: str, password: str, ip: str) -> tuple[str, Member]:
        """Return a fresh session token and who signed in.

        Raises:
            AppError: sign_in_failed, the same for an unknown e-mail, a wrong password and who has left; sign_in_limited
                after 10 wrong passwords for one e-mail, or 30 from one address, within 15 minutes (`retryAfterS`).
        """
        email = normal_email(email)
        tries = await self._count_try(email, ip)
        found = await self._store.credentials(email)
        try:
            right = await self._passwords.matches(found[1] if found else None, password)
        except AppError:
            await self._forget_try(tries)  # nothing was checked
            raise
        if found is None or not right or not found[0].active:
            if found is not None:
                await self._record(found[0].tenant_id, None, "session.refused", found[0].id)
            raise AppError("sign_in_failed")
        await self._forget_try(tries)
        member, stored = found
        if self._passwords.outdated(stored):
            await self._store.set_password_hash(member.tenant_id, member.id, await self._passwords.hash(password))
        token = self._new_token()
        now = self._now()
        session = Session(token_hash(token), member.tenant_id, member.id, now, now)
        await self._store.add_session(session)
        self._directory.put_member(member)
        self._directory.put_session(session)
        await self._record(member.tenant_id, member.id, "session.started", member.id)
        return token, self._directory.person(member.tenant_id, member.id) or member

    async def check_password(self, member: Member, password: str, ip: str) -> None:
        """Check the password of someone who is signed in, who may be somebody else at an open screen.

        Raises:
            AppError: password_wrong; sign_in_limited, counted together with the tries to sign in.
        """
        tries = await self._count_try(member.email, ip)
        found = await self._store.credentials(member.email)
        try:
            right = await self._passwords.matches(found[1] if found else None, password)
        except AppError:
            await self._forget_try(tries)
            raise
        if not right:
            raise AppError("password_wrong")
        await self._forget_try(tries)

    async def sign_out(self, person: Person) -> None:
        """End the session; its sockets end too. A second call does nothing."""
        await self._store.remove_session(person.tenant_id, person.session_id)
        self._directory.drop_session(person.session_id)
        await self._record(person.tenant_id, person.person_id, "session.ended", person.person_id)

    async def _count_try(self, email: str, ip: str) -> Tries:
        """Count a try before it is made, so that a hundred at once are no way around the limit."""
        now = self._now()
        counted = Tries(self._new_id(), ())
        limits = [(_key("email", email), TRIES_PER_EMAIL)]
        network = network_of(ip)
        if network is not None:
            limits.insert(0, (_key("address", network), TRIES_PER_ADDRESS))
        for key, limit in limits:
            oldest = await self._store.count_try(key, counted.id, limit, now)
            if oldest is not None:
                await self._forget_try(counted)
                raise AppError("sign_in_limited", retryAfterS=retry_after_s(oldest, now))
            counted = Tries(counted.id, (*counted.keys, key))
        return counted

    async def _forget_try(self, tries: Tries) -> None:
        for key in tries.keys:
            await self._store.forget_try(key, tries.id)

    # Sites

    async def update_site(
        self, person: Person, site_id: str, *, name: str | None = None, origins: Sequence[str] | None = None
    ) -> Site:
        """Change a site of the person's account; what is None stays.

        Raises:
            AppError: not_found; value_invalid for an origin that is none.
        """
        return await self._change_site(person.tenant_id, person.person_id, site_id, name, origins)

    async def set_origins(self, tenant_id: str, site_id: str, origins: Sequence[str]) -> Site:
        """Say which pages may embed the widget, from the command line or the demo. Raises as `update_site` does."""
        return await self._change_site(tenant_id, None, site_id, None, origins)

    async def _change_site(
        self, tenant_id: str, actor_id: str | None, site_id: str, name: str | None, origins: Sequence[str] | None
    ) -> Site:
        new_origins = None if origins is None else normal_origins(origins)
        while True:
            site = self._directory.site(tenant_id, site_id)
            if site is None:
                raise AppError("not_found")
            wanted = replace(
                site,
                name=site.name if name is None else clean_name(name) or site.name,
                origins=site.origins if new_origins is None else new_origins,
            )
            if wanted == site:
                return site
            saved = await self._store.save_site(wanted)
            if saved is not None:
                break
            await self._directory.load()  # somebody else changed it; take theirs and try again
        self._directory.put_site(saved)
        changes: dict[str, tuple[object, object]] = {}
        if saved.name != site.name:
            changes["name"] = (site.name, saved.name)
        if saved.origins != site.origins:
            changes["origins"] = (list(site.origins), list(saved.origins))
        await self._record(tenant_id, actor_id, "site.updated", site.id, changes)
        return saved

    # People

    async def set_status(self, person: Person, status: Status) -> Member:
        """Choose available or away; it stays over sign-outs. Raises AppError("not_found") for people who are gone."""
        member = await self._store.set_status(person.tenant_id, person.person_id, status)
        if member is None:
            raise AppError("not_found")
        self._directory.put_member(member)
        return member

    # For the command line and the demo

    async def create_account(self, name: str) -> Account:
        """Return the account with this name, made when it is not there yet."""
        if not name.strip():
            raise AppError("value_invalid", field="account")
        return await self._store.add_account(Account(self._new_id(), name.strip(), self._now()))

    async def create_site(
        self,
        tenant_id: str,
        name: str,
        origins: Sequence[str],
        *,
        key: str | None = None,
        default_locale: str = "en",
        country: str = "US",
    ) -> Site:
        """Add a site. Raises AppError("value_invalid") for a wrong origin or a key that is taken."""
        site = Site(
            id=self._new_id(),
            tenant_id=tenant_id,
            key=key or self._new_id(),
            name=name,
            origins=normal_origins(origins),
            appearance=Appearance(default_locale=default_locale, country=country),
        )
        await self._store.add_site(site)
        self._directory.put_site(site)
        await self._record(tenant_id, None, "site.created", site.id, {"name": (None, name)})
        return site

    async def create_person(
        self,
        tenant_id: str,
        *,
        email: str,
        password: str,
        name: str,
        role: Role,
        phone: str | None = None,
        dial_order: int | None = None,
        locale: str = "en",
        departments: Sequence[str] = (),
        actor_id: str | None = None,
    ) -> Member:
        """Add someone to the account; without `dial_order` they are dialled last.

        Args:
            actor_id: who adds them; None for the command line.

        Raises:
            AppError: value_invalid, with `field`: a wrong e-mail, a short password, a wrong phone; email_taken.
        """
        if role not in STAFF:
            raise AppError("value_invalid", field="role")
        if dial_order is None:
            dial_order = await self._store.last_dial_order(tenant_id) + 1
        member = Member(
            id=self._new_id(),
            tenant_id=tenant_id,
            email=checked_email(email),
            name=clean_name(name) or checked_email(email),
            role=role,
            phone=checked_phone(phone),
            dial_order=dial_order,
            locale=locale,
            departments=tuple(dict.fromkeys(departments)),
        )
        await self._store.add_member(member, await self._passwords.hash(checked_password(password)))
        self._directory.put_member(member)
        told: dict[str, tuple[object, object]] = {"name": (None, member.name), "role": (None, role.value)}
        await self._record(tenant_id, actor_id, "person.created", member.id, told)
        return member

    async def set_password(self, email: str, password: str) -> Member:
        """Set someone's password and end all their sessions. Raises AppError("not_found" | "value_invalid")."""
        found = await self._store.credentials(normal_email(email))
        if found is None:
            raise AppError("not_found")
        member = found[0]
        password_hash = await self._passwords.hash(checked_password(password))
        await self._store.set_password_hash(member.tenant_id, member.id, password_hash)
        for session_id in await self._store.remove_sessions_of(member.tenant_id, member.id):
            self._directory.drop_session(session_id)
        await self._record(member.tenant_id, None, "person.password_set", member.id)
        return member

    async def list_accounts(self) -> list[Account]:
        """Return all accounts, for the command line."""
        return sorted(await self._store.accounts(), key=lambda account: account.name)

    async def list_people(self, tenant_id: str) -> list[Member]:
        """Return everyone of an account by name, fresh from the database."""
        await self._directory.load()
        return self._directory.people(tenant_id)

    async def audit(self, tenant_id: str, limit: int = 100) -> list[AuditEntry]:
        """Return the newest entries of the audit trail, the newest first."""
        return await self._store.audit(tenant_id, limit)

    async def changes(
        self, who: Person, about: About | None, before: str | None
    ) -> tuple[list[AuditEntry], str | None]:
        """Return a page of the audit trail, the newest first, and where the next one begins; None at its end.

        Raises:
            AppError: bad_request, for a place that none of the pages gave.
        """
        place = read_place(before)
        found = await self._store.audit(
            who.tenant_id,
            CHANGES_LISTED + 1,
            before=place,
            only=ACTIONS[about] if about else (),
            no=ACTIONS[About.SESSIONS],
        )
        page = found[:CHANGES_LISTED]
        return page, place_text(page[-1]) if len(found) > CHANGES_LISTED else None

    async def record(
        self, person: Person, action: str, subject_id: str, changes: dict[str, tuple[object, object]] | None = None
    ) -> None:
        """Add a line to the audit trail for another feature's change by an admin."""
        await self._record(person.tenant_id, person.person_id, action, subject_id, changes)

    async def _record(
        self,
        tenant_id: str,
        actor_id: str | None,
        action: str,
        subject_id: str,
        changes: dict[str, tuple[object, object]] | None = None,
    ) -> None:
        entry = AuditEntry(self._new_id(), tenant_id, self._now(), actor_id, action, subject_id, changes or {})
        await self._store.add_audit(entry)


def _key(kind: str, value: str) -> str:
    """Return what tries are counted under; strangers' addresses are not kept in clear."""
    return f"{kind}:{hashlib.sha256(value.encode('utf-8', 'replace')).hexdigest()}"
