"""Sites, people and live sessions in memory, so that a join or a request asks nobody.

What this server writes is here at once; what others write (another server, the command line) comes by a change stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

from server.accounts.model import Department, Member, Session, Site
from server.accounts.ports import AccountStore, SessionEnded, Sleep
from server.accounts.rules import dial_order, session_alive
from server.clock import Now
from server.errors import AppError
from server.ids import token_hash
from server.principals import Person

RELOAD_AFTER_S = 1.0
REMEMBER_ENDED = timedelta(hours=1)

log = structlog.get_logger("directory")


class Directory:
    """The view of all accounts. `load` first, then `follow` as a background task, `sweep` now and then.

    Every question is answered from memory and is no coroutine.
    """

    def __init__(self, store: AccountStore, now: Now, sleep: Sleep = asyncio.sleep) -> None:
        self._store = store
        self._now = now
        self._sleep = sleep
        self._sites: dict[str, Site] = {}
        self._site_by_key: dict[str, Site] = {}
        self._origins: frozenset[str] = frozenset()
        self._members: dict[str, Member] = {}
        self._by_tenant: dict[str, dict[str, Member]] = {}
        self._departments: dict[str, Department] = {}
        self._sessions: dict[str, Session] = {}
        self._used: dict[str, datetime] = {}
        # A session that ended here stays ended, whatever an older change says of it.
        self._ended: dict[str, datetime] = {}
        self._listeners: list[SessionEnded] = []
        self._following = asyncio.Event()

    def on_session_ended(self, listener: SessionEnded) -> None:
        """Call `listener(session_id)` whenever a session ended: sign-out, expiry, new password, changed role."""
        self._listeners.append(listener)

    # Sites

    def site_by_key(self, key: str) -> Site | None:
        """Return the site with this public key."""
        return self._site_by_key.get(key)

    def site(self, tenant_id: str, site_id: str) -> Site | None:
        """Return the account's site; None for an unknown or a foreign one."""
        site = self._sites.get(site_id)
        return site if site and site.tenant_id == tenant_id else None

    def sites(self, tenant_id: str) -> list[Site]:
        """Return the account's sites by name."""
        own = (site for site in self._sites.values() if site.tenant_id == tenant_id)
        return sorted(own, key=lambda site: (site.name, site.id))

    def origin_known(self, origin: str) -> bool:
        """Return whether any site may be embedded by pages of this origin."""
        return origin in self._origins

    # People

    def person(self, tenant_id: str, person_id: str) -> Member | None:
        """Return someone of the account; None for unknown or foreign people."""
        return self._by_tenant.get(tenant_id, {}).get(person_id)

    def people(self, tenant_id: str) -> list[Member]:
        """Return everyone of the account by name, also who has left."""
        return sorted(self._by_tenant.get(tenant_id, {}).values(), key=lambda member: (member.name, member.id))

    def consultants_in_dial_order(self, tenant_id: str) -> list[Member]:
        """Return the consultants with a phone, away ones too, in the order in which they are dialled."""
        return dial_order(self._by_tenant.get(tenant_id, {}).values())

    # Departments

    def department(self, tenant_id: str, department_id: str) -> Department | None:
        """Return a department of the account; None for an unknown or a foreign one."""
        found = self._departments.get(department_id)
        return found if found and found.tenant_id == tenant_id else None

    def departments(self, tenant_id: str) -> list[Department]:
        """Return the account's departments, the oldest first."""
        own = (one for one in self._departments.values() if one.tenant_id == tenant_id)
        return sorted(own, key=lambda one: one.id)

    def members(self, tenant_id: str, department_id: str) -> list[Member]:
        """Return who belongs to a department and has not left, by name."""
        return [one for one in self.people(tenant_id) if one.active and department_id in one.departments]

    def silent(self) -> list[Member]:
        """Return everyone, of all accounts, who answers no visitors: marketers and who has left."""
        return [member for member in self._members.values() if not member.answers]

    # Sessions

    def session(self, token: str, ip: str = "", connection_id: str = "") -> Person | None:
        """Return who is signed in with this token, and count it as used; None when nobody is."""
        session = self._sessions.get(token_hash(token)) if token else None
        if session is None or not session_alive(self._latest(session), self._now()):
            return None
        member = self.person(session.tenant_id, session.person_id)
        if member is None or not member.active:
            return None
        self._used[session.id] = self._now()
        return Person(
            tenant_id=member.tenant_id,
            person_id=member.id,
            name=member.name,
            role=member.role,
            session_id=session.id,
            locale=member.locale,
            ip=ip,
            connection_id=connection_id,
        )

    def principal_of(self, token: str, ip: str, connection_id: str) -> Person | None:
        """Return whose session `token` is, for the HTTP edge."""
        return self.session(token, ip, connection_id)

    def principal_from(self, cookie_token: str | None, bearer_token: str | None) -> Person | None:
        """Return who asks; a bearer token goes before a cookie."""
        return self.session(bearer_token or cookie_token or "")

    # Keeping it fresh

    async def load(self) -> None:
        """Take everything from the database anew."""
        # Only what was known before the question can be gone; a sign-in may come while the database answers.
        known_sites, known_members, known_sessions = set(self._sites), set(self._members), set(self._sessions)
        known_departments = set(self._departments)
        sites, members, departments, sessions = await self._store.everything()
        for missing in known_departments - {department.id for department in departments}:
            self._departments.pop(missing, None)
        for department in departments:
            self.put_department(department)
        for missing in known_sites - {site.id for site in sites}:
            self._sites.pop(missing, None)
        for missing in known_members - {member.id for member in members}:
            self.drop_member(missing)
        for missing in known_sessions - {session.id for session in sessions}:
            self.drop_session(missing)
        for site in sites:
            self.put_site(site)
        for member in members:
            self.put_member(member)
        for session in sessions:
            self.put_session(session)
        self._index_sites()

    async def follow(self) -> None:
        """Keep up with changes by others, for ever. After an outage everything is loaded anew."""
        while True:
            try:
                async with self._store.watching() as changes:
                    await self.load()
                    self._following.set()
                    async for collection, id, value in changes:
                        self._take(collection, id, value)
            except AppError:
                self._following.clear()
                log.warning("directory_outdated")
            await self._sleep(RELOAD_AFTER_S)

    async def following(self) -> None:
        """Wait until `follow` has caught up for the first time."""
        await self._following.wait()

    async def sweep(self, is_online: Callable[[str, str], bool]) -> None:
        """End sessions that are too old, and write down when the others were used. An open console counts as use."""
        now = self._now()
        for session in list(self._sessions.values()):
            if is_online(session.tenant_id, session.person_id):
                self._used[session.id] = now
            if not session_alive(self._latest(session), now):
                await self._store.remove_session(session.tenant_id, session.id)
                self.drop_session(session.id)
        used = {(self._sessions[id].tenant_id, id): at for id, at in self._used.items() if id in self._sessions}
        self._used.clear()
        for (_, id), at in used.items():
            session = self._sessions[id]
            self._sessions[id] = Session(id, session.tenant_id, session.person_id, session.created_at, at)
        await self._store.touch_sessions(used)
        self._ended = {id: at for id, at in self._ended.items() if now - at < REMEMBER_ENDED}

    def put_site(self, site: Site) -> None:
        """Take a site that was written; an older version than the known one is ignored."""
        known = self._sites.get(site.id)
        if known is None or site.version > known.version:
            self._sites[site.id] = site
            self._index_sites()

    def put_member(self, member: Member) -> None:
        """Take a person that was written; with another role the sockets begin anew, of who has left they end."""
        known = self._members.get(member.id)
        if known is not None and member.version <= known.version:
            return
        self._members[member.id] = member
        self._by_tenant.setdefault(member.tenant_id, {})[member.id] = member
        if not member.active:
            self._drop_sessions_of(member.id)
        elif known is not None and known.role is not member.role:
            self._tell_ended(session.id for session in self._sessions.values() if session.person_id == member.id)

    def put_department(self, department: Department) -> None:
        """Take a department that was written; an older version than the known one is ignored."""
        known = self._departments.get(department.id)
        if known is None or department.version > known.version:
            self._departments[department.id] = department

    def drop_member(self, person_id: str) -> None:
        """Forget a person and end their sessions."""
        member = self._members.pop(person_id, None)
        if member is None:
            return
        self._by_tenant.get(member.tenant_id, {}).pop(person_id, None)
        self._drop_sessions_of(person_id)

    def _drop_sessions_of(self, person_id: str) -> None:
        for id in [session.id for session in self._sessions.values() if session.person_id == person_id]:
            self.drop_session(id)

    def put_session(self, session: Session) -> None:
        """Take a session that was written; one that ended here stays ended."""
        if session.id not in self._ended:
            self._sessions[session.id] = session

    def drop_session(self, session_id: str) -> None:
        """End a session here and tell the listeners. A second call does nothing."""
        self._ended[session_id] = self._now()
        self._used.pop(session_id, None)
        if self._sessions.pop(session_id, None):
            self._tell_ended([session_id])

    def _take(self, collection: str, id: str, value: Site | Member | Department | Session | None) -> None:
        match value:
            case Site():
                self.put_site(value)
            case Member():
                self.put_member(value)
            case Department():
                self.put_department(value)
            case Session():
                self.put_session(value)
            case None if collection == "sites":
                self._sites.pop(id, None)
                self._index_sites()
            case None if collection == "people":
                self.drop_member(id)
            case None if collection == "departments":
                self._departments.pop(id, None)
            case _:
                self.drop_session(id)

    def _latest(self, session: Session) -> Session:
        used = self._used.get(session.id, session.used_at)
        return Session(session.id, session.tenant_id, session.person_id, session.created_at, used)

    def _index_sites(self) -> None:
        self._site_by_key = {site.key: site for site in self._sites.values()}
        self._origins = frozenset(origin for site in self._sites.values() for origin in site.origins)

    def _tell_ended(self, ids: Iterable[str]) -> None:
        for id in list(ids):
            for listener in self._listeners:
                listener(id)
