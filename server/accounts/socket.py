"""Presence and people over the console's socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from server.accounts.directory import Directory
from server.accounts.model import Member, Status
from server.accounts.ports import Publisher
from server.accounts.service import AccountService
from server.accounts.wire import departments_to_wire, person_to_wire
from server.principals import Person


class Router(Protocol):
    """Where handlers and hooks are registered; `realtime.router.EventRouter` is one."""

    def on(self, namespace: str, event: str, handler: Callable[[Any, dict[str, Any]], Awaitable[Any]]) -> None: ...

    def on_connect(self, namespace: str, hook: Callable[[Any], Awaitable[None]]) -> None: ...

    def on_disconnect(self, namespace: str, hook: Callable[[Any, str], Awaitable[None]]) -> None: ...


# Called with the ids of an account and of a person whose presence may be another now.
Heard = Callable[[str, str], None]


def nobody_hears(tenant_id: str, person_id: str) -> None:
    """Do nothing."""


class Announcements:
    """Implements `ports.PeopleAnnouncer` over the sockets."""

    def __init__(self, directory: Directory, publisher: Publisher, heard: Heard = nobody_hears) -> None:
        self._directory = directory
        self._publisher = publisher
        self._heard = heard

    def changed(self, member: Member) -> None:
        # Meanwhile the person may have changed once more, and that was told already.
        member = self._directory.person(member.tenant_id, member.id) or member
        online = member.active and self._publisher.is_online_person(member.tenant_id, member.id)
        told = {"person": person_to_wire(member, online)}
        self._publisher.to_staff(member.tenant_id, "presence:updated", told)
        self._heard(member.tenant_id, member.id)


class DepartmentAnnouncements:
    """Implements `ports.DepartmentAnnouncer` over the sockets."""

    def __init__(self, directory: Directory, publisher: Publisher) -> None:
        self._directory = directory
        self._publisher = publisher

    def departments_changed(self, tenant_id: str) -> None:
        told = {"departments": departments_to_wire(self._directory, tenant_id)}
        self._publisher.to_staff(tenant_id, "departments:changed", told)


def register(
    router: Router,
    service: AccountService,
    directory: Directory,
    publisher: Publisher,
    heard: Heard = nobody_hears,
) -> None:
    """Answer `presence:set` and `people:list`; tell colleagues, and `heard`, who comes, leaves and changes status."""

    def shown(member: Member) -> dict[str, Any]:
        return person_to_wire(member, publisher.is_online_person(member.tenant_id, member.id))

    def tell(member: Member) -> None:
        publisher.to_staff(member.tenant_id, "presence:updated", {"person": shown(member)})
        heard(member.tenant_id, member.id)

    def tell_about(who: Person) -> None:
        member = directory.person(who.tenant_id, who.person_id)
        if member is not None:
            tell(member)

    async def set_presence(who: Person, payload: dict[str, Any]) -> dict[str, Any]:
        member = await service.set_status(who, Status(payload["status"]))
        tell_about(who)
        return {"person": shown(member)}

    async def list_people(who: Person, payload: dict[str, Any]) -> dict[str, Any]:
        return {
            "people": [shown(member) for member in directory.people(who.tenant_id)],
            "departments": departments_to_wire(directory, who.tenant_id),
        }

    async def came(who: Person) -> None:
        tell_about(who)

    async def left(who: Person, reason: str) -> None:
        tell_about(who)

    router.on("/console", "presence:set", set_presence)
    router.on("/console", "people:list", list_people)
    router.on_connect("/console", came)
    router.on_disconnect("/console", left)
