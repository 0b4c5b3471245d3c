"""Accounts in the shapes of `contracts/accounts.schema.json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from server.accounts.directory import Directory
from server.accounts.model import Appearance, AuditEntry, Department, Member, Offsets, Site
from server.accounts.rules import may_choose, name_in
from server.clock import to_ms

PHOTOS = "/photos/"
LONGEST_VALUE = 500


def person_to_wire(member: Member, online: bool) -> dict[str, Any]:
    return {
        "id": member.id,
        "name": member.name[:120],
        "email": member.email,
        "role": member.role.value,
        "status": member.status.value,
        "online": online,
        "locale": member.locale,
        "active": member.active,
        "photoUrl": photo_path(member.photo),
    }


def photo_path(photo: str | None) -> str | None:
    """Return where a picture is, on this server."""
    return None if photo is None else PHOTOS + photo


def colleague_to_wire(member: Member, online: bool, for_admin: bool) -> dict[str, Any]:
    """Return a Colleague; phones are for admins."""
    return {
        "person": person_to_wire(member, online),
        "phone": member.phone if for_admin else None,
        "dialOrder": member.dial_order,
        "revision": member.revision,
        "departmentIds": list(member.departments),
    }


def department_to_wire(department: Department, members: Iterable[Member]) -> dict[str, Any]:
    return {
        "id": department.id,
        "names": dict(department.names),
        "shown": department.shown,
        "fallThrough": department.fall_through,
        "memberIds": [member.id for member in members],
        "version": department.version,
    }


def departments_to_wire(directory: Directory, tenant_id: str) -> list[dict[str, Any]]:
    """Return all departments of an account with who belongs to them and has not left."""
    return [department_to_wire(one, directory.members(tenant_id, one.id)) for one in directory.departments(tenant_id)]


def choices_to_wire(directory: Directory, tenant_id: str, locale: str) -> list[dict[str, Any]]:
    """Return what visitors may choose from; `name` stands in for languages that have none."""
    people = directory.people(tenant_id)
    return [
        {"id": one.id, "name": name_in(one.names, locale), "names": dict(one.names)}
        for one in directory.departments(tenant_id)
        if may_choose(one, people)
    ]


def site_to_wire(site: Site) -> dict[str, Any]:
    return {"id": site.id, "key": site.key, "name": site.name, "origins": list(site.origins)}


def appearance_from_wire(body: Mapping[str, Any]) -> Appearance:
    return Appearance(
        color=body["color"],
        corner=body["corner"],
        desktop=Offsets(body["desktop"]["x"], body["desktop"]["y"]),
        phone=Offsets(body["phone"]["x"], body["phone"]["y"]),
        theme=body["theme"],
        quiet=body["quiet"],
        locales=tuple(body["locales"]),
        default_locale=body["defaultLocale"],
        country=body["country"],
        privacy_url=body["privacyUrl"],
        texts=body["texts"],
    )


def appearance_to_wire(appearance: Appearance) -> dict[str, Any]:
    return {
        "color": appearance.color,
        "corner": appearance.corner,
        "desktop": {"x": appearance.desktop.x, "y": appearance.desktop.y},
        "phone": {"x": appearance.phone.x, "y": appearance.phone.y},
        "theme": appearance.theme,
        "quiet": appearance.quiet,
        "locales": list(appearance.locales),
        "defaultLocale": appearance.default_locale,
        "country": appearance.country,
        "privacyUrl": appearance.privacy_url,
        "texts": {locale: dict(words) for locale, words in appearance.texts.items()},
    }


def appearance_reply(site: Site) -> dict[str, Any]:
    revision = site.revision
    return {
        "appearance": appearance_to_wire(site.appearance),
        "version": revision.version,
        "changedAtMs": to_ms(revision.at) if revision.at else None,
        "changedBy": revision.by,
    }


def change_to_wire(entry: AuditEntry, directory: Directory) -> dict[str, Any]:
    """Return a Change, with the names that people and sites have now."""
    actor = directory.person(entry.tenant_id, entry.actor_id) if entry.actor_id else None
    return {
        "id": entry.id,
        "atMs": to_ms(entry.at),
        "actorId": entry.actor_id,
        "actorName": actor.name if actor else None,
        "action": entry.action,
        "subjectId": entry.subject_id,
        "subjectName": _subject_name(entry, directory),
        "fields": [
            {"name": name, "before": _value(before), "after": _value(after)}
            for name, (before, after) in entry.changes.items()
            if before != after
        ],
    }


def _subject_name(entry: AuditEntry, directory: Directory) -> str | None:
    person = directory.person(entry.tenant_id, entry.subject_id)
    site = directory.site(entry.tenant_id, entry.subject_id)
    department = directory.department(entry.tenant_id, entry.subject_id)
    if person or site:
        return (person or site).name  # type: ignore[union-attr]
    if department:
        return name_in(department.names, "en")
    told = entry.changes.get("name", (None, None))
    return next((str(name)[:120] for name in reversed(told) if name), None)


def _value(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text[:LONGEST_VALUE]
