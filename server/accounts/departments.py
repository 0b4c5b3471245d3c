"""What an admin does about departments: names in each language, who belongs to one, what visitors are offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from server.accounts.directory import Directory
from server.accounts.model import Department
from server.accounts.ports import AccountStore, Audit, DepartmentAnnouncer, DepartmentStore, SiteNews
from server.accounts.rules import checked_names, name_in
from server.errors import AppError
from server.ids import NewId
from server.principals import Person

MOST = 30


class DepartmentService:
    """Every method raises AppError: not_found for what this account does not have, unavailable to try again."""

    def __init__(
        self,
        *,
        store: DepartmentStore,
        sites: AccountStore,
        directory: Directory,
        audit: Audit,
        news: SiteNews,
        announcer: DepartmentAnnouncer,
        new_id: NewId,
    ) -> None:
        self._store = store
        self._sites = sites
        self._directory = directory
        self._audit = audit
        self._news = news
        self._announcer = announcer
        self._new_id = new_id

    async def add(
        self, who: Person, names: Mapping[str, str], shown: bool, fall_through: bool, member_ids: Sequence[str]
    ) -> Department:
        """Add a department. Raises AppError("value_invalid" | "department_limit")."""
        self._check_people(who, member_ids)
        department = Department(self._new_id(), who.tenant_id, checked_names(names), shown, fall_through)
        await self._store.add(department, member_ids, MOST)
        await self._told(who, "department.created", None, department)
        return department

    async def save(
        self,
        who: Person,
        department_id: str,
        version: int,
        names: Mapping[str, str],
        shown: bool,
        fall_through: bool,
        member_ids: Sequence[str],
    ) -> Department:
        """Replace version `version`. Raises AppError("department_changed" | "value_invalid")."""
        before = self._known(who, department_id)
        self._check_people(who, member_ids)
        wanted = Department(department_id, who.tenant_id, checked_names(names), shown, fall_through, version)
        saved = await self._store.save(wanted, member_ids)
        if saved is None:
            await self._directory.load()
            self._known(who, department_id)
            raise AppError("department_changed")
        await self._told(who, "department.updated", before, saved)
        return saved

    async def remove(self, who: Person, department_id: str) -> None:
        """Take a department away; its people stay, its conversations are for everyone."""
        before = self._known(who, department_id)
        if not await self._store.remove(who.tenant_id, department_id):
            raise AppError("not_found")
        await self._told(who, "department.removed", before, None)

    def _known(self, who: Person, department_id: str) -> Department:
        department = self._directory.department(who.tenant_id, department_id)
        if department is None:
            raise AppError("not_found")
        return department

    def _check_people(self, who: Person, member_ids: Sequence[str]) -> None:
        if any(self._directory.person(who.tenant_id, one) is None for one in member_ids):
            raise AppError("not_found")

    async def _told(self, who: Person, action: str, before: Department | None, after: Department | None) -> None:
        members = self._names(who, before)
        await self._directory.load()
        one = after or before
        assert one is not None
        changes: dict[str, tuple[object, object]] = {
            "name": (before and name_in(before.names, who.locale), after and name_in(after.names, who.locale)),
            "shown": (before and before.shown, after and after.shown),
            "fall_through": (before and before.fall_through, after and after.fall_through),
            "members": (members, self._names(who, after)),
        }
        told = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
        await self._audit.record(who, action, one.id, told)
        await self.tell(who.tenant_id)

    async def tell(self, tenant_id: str) -> None:
        """Tell consoles who belongs where, and open pages what can be chosen, after either changed."""
        self._announcer.departments_changed(tenant_id)
        for site in self._directory.sites(tenant_id):
            # Pages take only a newer setup; somebody else's change of the site at this moment makes it newer as well.
            newer = await self._sites.save_site(site)
            if newer is not None:
                self._directory.put_site(newer)
            await self._news.config_changed(newer or site)

    def _names(self, who: Person, department: Department | None) -> list[str] | None:
        if department is None:
            return None
        return [one.name for one in self._directory.members(who.tenant_id, department.id)]
