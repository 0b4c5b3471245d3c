"""What a file of the command line or the demo makes: one account, its site and its people. Part of the composition."""

from __future__ import annotations

from typing import Any

from server.app import Ringback
from server.principals import Person, Role


async def seed(ringback: Ringback, wanted: dict[str, Any]) -> dict[str, Any]:
    """Make the account, site, people and departments where they are missing; return the site's id and key."""
    account = await ringback.accounts.create_account(wanted["account"]["name"])
    place = wanted["site"]
    site = ringback.directory.site_by_key(place["key"])
    is_new = site is None
    if site is None:
        site = await ringback.accounts.create_site(
            account.id, place["name"], place["origins"], key=place["key"], country=place["country"]
        )
    elif set(site.origins) != set(place["origins"]):
        site = await ringback.accounts.set_origins(site.tenant_id, site.id, place["origins"])
    known = {member.email for member in await ringback.accounts.list_people(account.id)}
    for person in wanted["people"]:
        if person["email"] not in known:
            await ringback.accounts.create_person(
                account.id,
                email=person["email"],
                password=person["password"],
                name=person["name"],
                role=Role(person["role"]),
                phone=person["phone"] or None,
                locale=person["locale"],
            )
    if is_new:
        admin = next(person for person in ringback.directory.people(account.id) if person.role is Role.ADMIN)
        seeder = Person(account.id, admin.id, admin.name, admin.role, "", admin.locale, "", "")
        regions = tuple(wanted["callableRegions"])
        await ringback.callbacks.calling.change(seeder, site.id, {"callable_regions": regions})
        ids = {person.email: person.id for person in ringback.directory.people(account.id)}
        for department in wanted.get("departments", []):
            members = [ids[email] for email in department["members"]]
            await ringback.departments.add(
                seeder, department["names"], shown=True, fall_through=True, member_ids=members
            )
    return {"siteId": site.id, "siteKey": site.key}
