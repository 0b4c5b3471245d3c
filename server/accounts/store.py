"""Accounts in the database. Values in and out; the unique indexes decide."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from server.accounts.model import (
    Account,
    Appearance,
    AuditEntry,
    Department,
    Member,
    Offsets,
    Revision,
    Session,
    Site,
    Status,
)
from server.accounts.ports import Changed, Everything
from server.accounts.rules import TRY_WINDOW, WHOLE_LIFE
from server.errors import AppError
from server.mongo import Changes, Database, Document, DuplicateKey, Index
from server.principals import Role

INDEXES = [
    Index("accounts", (("name", 1),), "one_account_per_name", unique=True),
    Index("sites", (("key", 1),), "one_site_per_key", unique=True),
    Index("people", (("email", 1),), "one_person_per_email", unique=True),
    Index("sessions", (("created_at", 1),), "old_sessions_go", expire_after_s=int(WHOLE_LIFE.total_seconds())),
    Index("sessions", (("tenant", 1), ("person_id", 1)), "sessions_of_a_person"),
    Index("sign_in_tries", (("counted_at", 1),), "old_tries_go", expire_after_s=int(TRY_WINDOW.total_seconds())),
    Index("audit_entries", (("tenant", 1), ("at", -1), ("_id", -1)), "newest_entries_of_an_account"),
]
WATCHED = ("sites", "people", "departments", "sessions")


class MongoAccountStore:
    """Implements `ports.AccountStore`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._accounts = db.global_collection("accounts")  # the tenants themselves
        self._tries = db.global_collection("sign_in_tries")  # counted before anybody is known
        self._sites = db.tenant_collection("sites")
        self._people = db.tenant_collection("people")
        self._departments = db.tenant_collection("departments")
        self._sessions = db.tenant_collection("sessions")
        self._audit = db.tenant_collection("audit_entries")

    # Accounts

    async def add_account(self, account: Account) -> Account:
        """Insert it, or return the account that has this name already."""
        try:
            await self._accounts.insert_one({"_id": account.id, "name": account.name, "created_at": account.created_at})
        except DuplicateKey:
            found = await self._accounts.find_one({"name": account.name})
            if found is None:
                raise AppError("unavailable") from None
            return Account(found["_id"], found["name"], found["created_at"])
        return account

    async def accounts(self) -> list[Account]:
        return [Account(doc["_id"], doc["name"], doc["created_at"]) for doc in await self._accounts.find({})]

    # Sites

    async def add_site(self, site: Site) -> None:
        """Raises AppError("value_invalid") when the key is taken."""
        try:
            await self._sites.insert_one(site.tenant_id, _site_to_doc(site))
        except DuplicateKey:
            raise AppError("value_invalid", field="key") from None

    async def save_site(self, site: Site) -> Site | None:
        """Write a changed site over version `site.version`; None when somebody else was first, or it is gone."""
        next_site = replace(site, version=site.version + 1)
        doc = _site_to_doc(next_site)
        saved = await self._sites.update_one(
            site.tenant_id, {"_id": doc.pop("_id"), "version": site.version}, {"$set": doc}
        )
        return next_site if saved else None

    # People

    async def add_member(self, member: Member, password_hash: str) -> None:
        """Raises AppError("email_taken")."""
        try:
            await self._people.insert_one(member.tenant_id, {**member_to_doc(member), "password_hash": password_hash})
        except DuplicateKey:
            raise AppError("email_taken") from None

    async def credentials(self, email: str) -> tuple[Member, str] | None:
        """Return who signs in with this normalised e-mail and the stored hash. The e-mail decides the tenant."""
        doc = await self._people.every_tenant().find_one({"email": email})
        return (member_from_doc(doc), str(doc["password_hash"])) if doc else None

    async def set_password_hash(self, tenant_id: str, person_id: str, password_hash: str) -> None:
        await self._people.update_one(tenant_id, {"_id": person_id}, {"$set": {"password_hash": password_hash}})

    async def set_status(self, tenant_id: str, person_id: str, status: Status) -> Member | None:
        doc = await self._people.find_one_and_update(
            tenant_id, {"_id": person_id}, {"$set": {"status": status.value}, "$inc": {"version": 1}}
        )
        return member_from_doc(doc) if doc else None

    async def last_dial_order(self, tenant_id: str) -> int:
        """Return the place of whoever is dialled last; 0 when nobody is there."""
        last = await self._people.find(tenant_id, {}, sort=[("dial_order", -1)], limit=1, projection={"dial_order": 1})
        return int(last[0]["dial_order"]) if last else 0

    # Sessions

    async def add_session(self, session: Session) -> None:
        await self._sessions.insert_one(
            session.tenant_id,
            {
                "_id": session.id,
                "person_id": session.person_id,
                "created_at": session.created_at,
                "used_at": session.used_at,
            },
        )

    async def touch_sessions(self, used: Mapping[tuple[str, str], datetime]) -> None:
        """Note when sessions were last used: (tenant id, session id) -> time."""
        await self._sessions.update_batch(
            [(tenant, {"_id": id}, {"$max": {"used_at": at}}) for (tenant, id), at in used.items()]
        )

    async def remove_session(self, tenant_id: str, session_id: str) -> bool:
        return await self._sessions.delete_one(tenant_id, {"_id": session_id})

    async def remove_sessions_of(self, tenant_id: str, person_id: str, *, but: str | None = None) -> list[str]:
        """Remove the sessions of a person, all but one, and return their ids."""
        mine = {"person_id": person_id, "_id": {"$ne": but}}
        ids = [str(doc["_id"]) for doc in await self._sessions.find(tenant_id, mine, projection={"_id": 1})]
        await self._sessions.delete_many(tenant_id, mine)
        return ids

    # Sign-in tries

    async def count_try(self, key: str, try_id: str, limit: int, now: datetime) -> datetime | None:
        """Count one more try for `key`, in one atomic step.

        Returns None when it fits, else the time of the oldest counted one.
        """
        recent = {"$filter": {"input": {"$ifNull": ["$tries", []]}, "cond": {"$gt": ["$$this.at", now - TRY_WINDOW]}}}
        update: list[Document] = [
            {"$set": {"tries": recent}},
            {"$set": {"fits": {"$lt": [{"$size": "$tries"}, limit]}, "counted_at": now}},
            {
                "$set": {
                    "tries": {"$cond": ["$fits", {"$concatArrays": ["$tries", [{"id": try_id, "at": now}]]}, "$tries"]}
                }
            },
        ]
        try:
            doc = await self._tries.find_one_and_update({"_id": key}, update, upsert=True)
        except DuplicateKey:  # two first tries at once: the document is there now
            doc = await self._tries.find_one_and_update({"_id": key}, update, upsert=True)
        if doc is None or doc["fits"]:
            return None
        oldest: datetime = doc["tries"][0]["at"]
        return oldest

    async def forget_try(self, key: str, try_id: str) -> None:
        """Take a counted try back: its password was right, or it never came to a check."""
        await self._tries.update_one({"_id": key}, {"$pull": {"tries": {"id": try_id}}})

    # Audit trail: there is no method that changes or removes an entry

    async def add_audit(self, entry: AuditEntry) -> None:
        await self._audit.insert_one(
            entry.tenant_id,
            {
                "_id": entry.id,
                "at": entry.at,
                "actor_id": entry.actor_id,
                "action": entry.action,
                "subject_id": entry.subject_id,
                "changes": {name: list(pair) for name, pair in entry.changes.items()},
            },
        )

    async def audit(
        self,
        tenant_id: str,
        limit: int = 100,
        *,
        before: tuple[datetime, str] | None = None,
        only: Sequence[str] = (),
        no: Sequence[str] = (),
    ) -> list[AuditEntry]:
        """Return the newest entries, the newest first; see `ports.AccountStore`."""
        wanted: Document = {}
        if only:
            wanted["action"] = {"$regex": f"^({'|'.join(only)})\\."}
        elif no:
            wanted["action"] = {"$not": {"$regex": f"^({'|'.join(no)})\\."}}
        if before is not None:
            at, id = before
            wanted["$or"] = [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": id}}]
            wanted["at"] = {"$lte": at}  # so that the index is entered at the place
        docs = await self._audit.find(tenant_id, wanted, sort=[("at", -1), ("_id", -1)], limit=limit)
        return [
            AuditEntry(
                doc["_id"],
                doc["tenant"],
                doc["at"],
                doc["actor_id"],
                doc["action"],
                doc["subject_id"],
                {name: (pair[0], pair[1]) for name, pair in doc["changes"].items()},
            )
            for doc in docs
        ]

    # For the directory

    async def everything(self) -> Everything:
        """Return all sites, people, departments and sessions of all tenants."""
        return Everything(
            [_site_from_doc(doc) for doc in await self._sites.every_tenant().find({})],
            [member_from_doc(doc) for doc in await self._people.every_tenant().find({})],
            [department_from_doc(doc) for doc in await self._departments.every_tenant().find({})],
            [_session_from_doc(doc) for doc in await self._sessions.every_tenant().find({})],
        )

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[AsyncIterator[Changed]]:
        """Give what changes from now on: (one of WATCHED, id, the new value or None when it is gone)."""
        async with self._db.changes(WATCHED) as changes:
            yield _decoded(changes)


async def _decoded(changes: Changes) -> AsyncIterator[Changed]:
    decode: dict[str, Callable[[Document], Any]] = {
        "sites": _site_from_doc,
        "people": member_from_doc,
        "departments": department_from_doc,
        "sessions": _session_from_doc,
    }
    async for change in changes:
        value = decode[change.collection](change.document) if change.document else None
        yield change.collection, str(change.id), value


def _site_to_doc(site: Site) -> Document:
    look, revision = site.appearance, site.revision
    return {
        "_id": site.id,
        "key": site.key,
        "name": site.name,
        "origins": list(site.origins),
        "appearance": {
            "color": look.color,
            "corner": look.corner,
            "desktop": [look.desktop.x, look.desktop.y],
            "phone": [look.phone.x, look.phone.y],
            "theme": look.theme,
            "quiet": look.quiet,
            "locales": list(look.locales),
            "default_locale": look.default_locale,
            "country": look.country,
            "privacy_url": look.privacy_url,
            "texts": {locale: dict(words) for locale, words in look.texts.items()},
        },
        "revision": {"version": revision.version, "at": revision.at, "by": revision.by},
        "version": site.version,
    }


def _site_from_doc(doc: Document) -> Site:
    look, revision = doc["appearance"], doc["revision"]
    return Site(
        id=doc["_id"],
        tenant_id=doc["tenant"],
        key=doc["key"],
        name=doc["name"],
        origins=tuple(doc["origins"]),
        appearance=Appearance(
            color=look["color"],
            corner=look["corner"],
            desktop=Offsets(*look["desktop"]),
            phone=Offsets(*look["phone"]),
            theme=look["theme"],
            quiet=look["quiet"],
            locales=tuple(look["locales"]),
            default_locale=look["default_locale"],
            country=look["country"],
            privacy_url=look["privacy_url"],
            texts=look["texts"],
        ),
        revision=Revision(revision["version"], revision["at"], revision["by"]),
        version=doc["version"],
    )


def member_to_doc(member: Member) -> Document:
    return {
        "_id": member.id,
        "email": member.email,
        "name": member.name,
        "role": member.role.value,
        "phone": member.phone,
        "dial_order": member.dial_order,
        "locale": member.locale,
        "status": member.status.value,
        "version": member.version,
        "active": member.active,
        "photo": member.photo,
        "revision": member.revision,
        "departments": list(member.departments),
    }


def member_from_doc(doc: Document) -> Member:
    return Member(
        id=doc["_id"],
        tenant_id=doc["tenant"],
        email=doc["email"],
        name=doc["name"],
        role=Role(doc["role"]),
        phone=doc["phone"],
        dial_order=doc["dial_order"],
        locale=doc["locale"],
        status=Status(doc["status"]),
        version=doc["version"],
        active=doc["active"],
        photo=doc["photo"],
        revision=doc["revision"],
        departments=tuple(doc["departments"]),
    )


def department_to_doc(department: Department) -> Document:
    return {
        "_id": department.id,
        "names": dict(department.names),
        "shown": department.shown,
        "fall_through": department.fall_through,
        "version": department.version,
    }


def department_from_doc(doc: Document) -> Department:
    return Department(doc["_id"], doc["tenant"], doc["names"], doc["shown"], doc["fall_through"], doc["version"])


def _session_from_doc(doc: Document) -> Session:
    return Session(doc["_id"], doc["tenant"], doc["person_id"], doc["created_at"], doc["used_at"])
