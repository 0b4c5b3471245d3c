"""Accounts in the shapes of `contracts/accounts.schema.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.accounts.model import Appearance, Member, Offsets, Site
from server.clock import to_ms


def person_to_wire(member: Member, online: bool) -> dict[str, Any]:
    return {
        "id": member.id,
        "name": member.name[:120],
        "email": member.email,
        "role": member.role.value,
        "status": member.status.value,
        "online": online,
        "locale": member.locale,
    }


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
