"""Accounts in the shapes of `contracts/accounts.schema.json`."""

from __future__ import annotations

from typing import Any

from server.accounts.model import Member, Site


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
