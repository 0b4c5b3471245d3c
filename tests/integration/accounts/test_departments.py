"""Departments: named in each language, with people, offered to visitors where somebody could take the call."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from server.accounts.model import Department
from server.accounts.wire import choices_to_wire, departments_to_wire
from server.contracts.registry import load_contracts
from server.errors import AppError
from server.principals import Person
from tests.integration.accounts.conftest import Office
from tests.integration.accounts.test_people import code_of

SALES = {"en": " Sales ", "ru": "Продажи", "ro": ""}


@pytest.fixture
async def admin(office: Office) -> Person:
    return await office.signed_in(office.admin)


async def add(office: Office, admin: Person, **wanted: Any) -> Department:
    given = {"names": SALES, "shown": True, "fall_through": True, "member_ids": [office.bob.id], **wanted}
    return await office.departments().add(admin, **given)


def listed(office: Office) -> list[dict[str, Any]]:
    told = {"departments": departments_to_wire(office.directory, office.account.id)}
    load_contracts().validate("DepartmentList", told)
    return list(told["departments"])


async def test_a_department_has_names_and_people_and_everybody_hears_of_it(office: Office, admin: Person) -> None:
    sales = await add(office, admin)
    assert listed(office) == [
        {
            "id": sales.id,
            "names": {"en": "Sales", "ru": "Продажи"},
            "shown": True,
            "fallThrough": True,
            "memberIds": [office.bob.id],
            "version": 1,
        }
    ]
    assert office.publisher.events("departments:changed")[-1].payload["departments"] == listed(office)
    assert [site.id for site in office.news.told] == [office.site.id]
    choices = choices_to_wire(office.directory, office.account.id, "ro")
    assert choices == [{"id": sales.id, "name": "Sales", "names": {"en": "Sales", "ru": "Продажи"}}]

    both = [office.ana.id, office.bob.id]
    saved = await office.departments().save(admin, sales.id, 1, {"ru": "Сбыт"}, True, False, both)
    assert (saved.version, saved.fall_through) == (2, False)
    assert listed(office)[0]["memberIds"] == both
    newest = (await office.service.audit(office.account.id))[0]
    assert newest.action == "department.updated"
    assert newest.changes == {
        "name": ("Sales", "Сбыт"),
        "fall_through": (True, False),
        "members": (["Bob"], ["Ana", "Bob"]),
    }


async def test_of_two_who_change_a_department_at_once_the_second_is_told(office: Office, admin: Person) -> None:
    sales = await add(office, admin)
    service = office.departments()
    outcomes = await asyncio.gather(
        *(service.save(admin, sales.id, 1, {"en": name}, True, True, [id]) for name, id in two(office)),
        return_exceptions=True,
    )
    [refused] = [one for one in outcomes if isinstance(one, AppError)]
    [saved] = [one for one in outcomes if isinstance(one, Department)]
    assert refused.code == "department_changed"
    members = dict(two(office))[saved.names["en"]]
    assert [(one["names"], one["memberIds"]) for one in listed(office)] == [(dict(saved.names), [members])]


def two(office: Office) -> list[tuple[str, str]]:
    return [("Sales of Ana", office.ana.id), ("Sales of Bob", office.bob.id)]


async def test_a_removed_department_leaves_its_people_and_another_server_hears_of_it(
    office: Office, admin: Person
) -> None:
    _, other = office.another_server()
    following = asyncio.create_task(other.follow())
    await other.following()
    sales = await add(office, admin)
    async with asyncio.timeout(10):
        while not other.members(office.account.id, sales.id):
            await asyncio.sleep(0.01)
        await office.departments().remove(admin, sales.id)
        while other.department(office.account.id, sales.id) or other.members(office.account.id, sales.id):
            await asyncio.sleep(0.01)
    following.cancel()
    assert listed(office) == []
    assert [one.departments for one in office.directory.people(office.account.id)] == [()] * 3
    assert await code_of(office.departments().remove(admin, sales.id)) == "not_found"


async def test_visitors_are_not_offered_what_nobody_could_take(office: Office, admin: Person) -> None:
    nobody = await add(office, admin, member_ids=[office.admin.id], fall_through=False)
    await add(office, admin, shown=False)
    assert choices_to_wire(office.directory, office.account.id, "en") == []
    ana = office.directory.person(office.account.id, office.ana.id)
    assert ana is not None
    await office.people().change(admin, ana.id, ana.revision, {"departments": [nobody.id]})
    assert [one["id"] for one in choices_to_wire(office.directory, office.account.id, "en")] == [nobody.id]


async def test_open_pages_and_consoles_hear_when_the_last_one_of_a_department_leaves(
    office: Office, admin: Person
) -> None:
    sales = await add(office, admin, fall_through=False)
    people = office.people()
    office.news.told.clear()
    bob = office.directory.person(office.account.id, office.bob.id)
    assert bob is not None and bob.departments == (sales.id,)

    gone = await people.deactivate(admin, bob.id, bob.revision)
    assert choices_to_wire(office.directory, office.account.id, "en") == []
    assert office.publisher.events("departments:changed")[-1].payload["departments"][0]["memberIds"] == []
    assert [site.id for site in office.news.told] == [office.site.id]

    named = await people.change(admin, bob.id, gone.revision, {"name": "Robert"})
    assert len(office.news.told) == 1  # of a name nobody chooses by
    await people.reactivate(admin, bob.id, named.revision)
    assert office.publisher.events("departments:changed")[-1].payload["departments"][0]["memberIds"] == [bob.id]
    assert len(office.news.told) == 2


async def test_there_are_thirty_departments_at_most_whoever_adds_them_at_once(office: Office, admin: Person) -> None:
    for number in range(28):
        await add(office, admin, names={"en": f"D{number}"}, member_ids=[])
    outcomes = await asyncio.gather(*(add(office, admin) for _ in range(4)), return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, AppError)]
    assert [one.code for one in refused] == ["department_limit"] * 2
    assert len(listed(office)) == 30


async def test_departments_of_nowhere_and_strangers_are_not_found(office: Office, admin: Person) -> None:
    assert await code_of(add(office, admin, member_ids=["nobody"])) == "not_found"
    assert await code_of(add(office, admin, names={"en": " ", "ro": "\x07"})) == "value_invalid"
    people = office.people()
    assert await code_of(people.change(admin, office.ana.id, 1, {"departments": ["nowhere"]})) == "not_found"
    assert await code_of(office.departments().save(admin, "nowhere", 1, SALES, True, True, [])) == "not_found"
