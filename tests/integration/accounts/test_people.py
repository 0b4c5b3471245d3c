"""What an admin does about people: they come, change, leave and come back; and nobody locks the account."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from server.accounts.model import About, Member, Status
from server.errors import AppError
from server.principals import Person, Role
from tests.integration.accounts.conftest import PASSWORD, Office

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (64).to_bytes(4) * 2 + bytes(40)


async def code_of(work: Any) -> str:
    with pytest.raises(AppError) as refused:
        await work
    return refused.value.code


async def second_admin(office: Office, admin: Person) -> Member:
    member, _ = await office.people().add(
        admin, email="eva@shop.example", name="Eva", role=Role.ADMIN, password=PASSWORD
    )
    return member


async def test_somebody_new_signs_in_with_the_password_that_the_server_made(office: Office) -> None:
    admin = await office.signed_in(office.admin)
    dora, made = await office.people().add(
        admin, email=" Dora@Shop.example", name="Dora  Munteanu", role=Role.CONSULTANT, phone="069 100 009", locale="ro"
    )

    assert (dora.email, dora.name, dora.phone, dora.locale) == (
        "dora@shop.example",
        "Dora Munteanu",
        "+37369100009",
        "ro",
    )
    assert made is not None and len(made) == 19
    assert (await office.signed_in(dora, made)).person_id == dora.id
    rung = [member.name for member in office.directory.consultants_in_dial_order(office.account.id)]
    assert rung == ["Ana", "Bob", "Dora Munteanu"]
    taken = office.people().add(admin, email="DORA@shop.example", name="X", role=Role.MARKETER)
    assert await code_of(taken) == "email_taken"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+373 69 100-009", "+37369100009"),
        ("0037369100009", "+37369100009"),
        ("373 69 100 009", "+37369100009"),
        ("(069) 10-00-09", "+37369100009"),
        ("  ", None),
        (None, None),
    ],
)
async def test_a_phone_is_taken_as_people_write_it(office: Office, typed: str | None, kept: str | None) -> None:
    admin = await office.signed_in(office.admin)
    changed = await office.people().change(admin, office.ana.id, 1, {"phone": typed})
    assert changed.phone == kept


async def test_what_is_no_phone_is_refused(office: Office) -> None:
    admin = await office.signed_in(office.admin)
    for typed in ("12", "abc", "+999 1234567", "069 100 009 069 100 009"):
        assert await code_of(office.people().change(admin, office.ana.id, 1, {"phone": typed})) == "phone_invalid"


async def test_of_two_admins_who_change_a_person_at_once_the_second_is_told(office: Office) -> None:
    admin = await office.signed_in(office.admin)
    people = office.people()
    outcomes = await asyncio.gather(
        *(people.change(admin, office.ana.id, 1, {"name": name}) for name in ("Anna", "Anette")),
        return_exceptions=True,
    )
    [refused] = [one for one in outcomes if isinstance(one, AppError)]
    [changed] = [one for one in outcomes if isinstance(one, Member)]
    assert refused.code == "person_changed"
    known = office.directory.person(office.account.id, office.ana.id)
    assert known is not None and known.name == changed.name and known.revision == 2


async def test_presence_is_no_change_that_an_admin_could_miss(office: Office) -> None:
    admin, ana = await office.signed_in(office.admin), await office.signed_in(office.ana)
    await office.service.set_status(ana, replace(office.ana).status)
    assert (await office.people().change(admin, office.ana.id, 1, {"name": "Anna"})).name == "Anna"


async def test_who_goes_away_while_an_admin_changes_something_is_not_told_to_be_back(office: Office) -> None:
    admin, ana = await office.signed_in(office.admin), await office.signed_in(office.ana)
    record = office.service.record

    async def away_meanwhile(*args: Any, **more: Any) -> None:
        await office.service.set_status(ana, Status.AWAY)
        await record(*args, **more)

    office.service.record = away_meanwhile  # type: ignore[method-assign]
    await office.people().change(admin, office.ana.id, 1, {"name": "Anna"})

    told = office.publisher.events("presence:updated")[-1].payload["person"]
    assert (told["name"], told["status"]) == ("Anna", "away")


async def test_who_is_deactivated_is_out_at_once_on_every_server(office: Office) -> None:
    admin = await office.signed_in(office.admin)
    other_service, other = office.another_server()
    await other.load()
    token, _ = await other_service.sign_in(office.ana.email, PASSWORD, "192.0.2.8")
    here: list[str] = []
    there: list[str] = []
    office.directory.on_session_ended(here.append)
    other.on_session_ended(there.append)
    await office.directory.load()
    following = asyncio.create_task(other.follow())
    await other.following()

    gone = await office.people().deactivate(admin, office.ana.id, 1)

    assert not gone.active and len(here) == 1
    async with asyncio.timeout(10):
        while not there or other.session(token) is not None:
            await asyncio.sleep(0.01)
    following.cancel()
    assert office.directory.session(token) is None
    assert await code_of(other_service.sign_in(office.ana.email, PASSWORD, "192.0.2.8")) == "sign_in_failed"
    assert office.queue.released == [office.ana.id]
    assert [member.name for member in office.directory.consultants_in_dial_order(office.account.id)] == ["Bob"]
    told = office.publisher.events("presence:updated")[-1].payload["person"]
    assert (told["id"], told["active"]) == (office.ana.id, False)

    back = await office.people().reactivate(admin, office.ana.id, gone.revision)
    assert back.active and (await office.signed_in(back)).person_id == office.ana.id


async def test_two_admins_who_deactivate_each_other_at_once_leave_one(office: Office) -> None:
    admin = await office.signed_in(office.admin)
    eva_member = await second_admin(office, admin)
    eva = await office.signed_in(eva_member)
    for _ in range(5):
        outcomes = await asyncio.gather(
            office.people().deactivate(admin, eva.person_id, await revision(office, eva)),
            office.people().change(eva, admin.person_id, await revision(office, admin), {"role": Role.MARKETER}),
            return_exceptions=True,
        )
        [refused] = [one for one in outcomes if isinstance(one, BaseException)]
        assert isinstance(refused, AppError) and refused.code == "last_admin"
        [left] = [one for one in outcomes if isinstance(one, Member)]
        if left.id == eva.person_id:
            await office.people().reactivate(admin, eva.person_id, left.revision)
        else:
            await office.people().change(eva, admin.person_id, left.revision, {"role": Role.ADMIN})


async def revision(office: Office, who: Person) -> int:
    member = office.directory.person(who.tenant_id, who.person_id)
    assert member is not None
    return member.revision


async def test_nobody_deactivates_demotes_or_resets_themselves(office: Office) -> None:
    admin = await office.signed_in(office.admin)
    people, me = office.people(), office.admin.id
    assert await code_of(people.deactivate(admin, me, 1)) == "not_yourself"
    assert await code_of(people.change(admin, me, 1, {"role": Role.MARKETER})) == "not_yourself"
    assert await code_of(people.set_password(admin, me, None)) == "not_yourself"
    assert (await people.change(admin, me, 1, {"name": "Boss", "role": Role.ADMIN})).name == "Boss"


async def test_a_consultant_who_becomes_a_marketer_gives_conversations_back(office: Office) -> None:
    admin = await office.signed_in(office.admin)
    await office.people().change(admin, office.bob.id, 1, {"role": Role.MARKETER})
    assert office.queue.released == [office.bob.id]
    await office.people().release_left_over()  # what a crash may have left
    assert office.queue.released == [office.bob.id, office.bob.id]


async def test_a_new_password_ends_every_session_and_ones_own_all_but_this(office: Office) -> None:
    admin, ana = await office.signed_in(office.admin), await office.signed_in(office.ana)
    made = await office.people().set_password(admin, office.ana.id, None)
    assert made is not None
    token, _ = await office.service.sign_in(office.ana.email, made, "192.0.2.8")
    another = await office.signed_in(office.ana, made)
    people = office.people()
    assert await code_of(people.change_password(another, PASSWORD, "a brand new one")) == "password_wrong"

    await people.change_password(another, made, "a brand new one")

    assert office.directory.session(token) is None
    assert (await office.signed_in(office.ana, "a brand new one")).person_id == ana.person_id
    mine = {session.id for session in (await office.store.everything()).sessions}
    assert another.session_id in mine and ana.session_id not in mine


async def test_guessing_the_old_password_is_limited_as_signing_in_is(office: Office) -> None:
    ana = await office.signed_in(office.ana)
    for _ in range(10):
        assert await code_of(office.people().change_password(ana, "wrong", "a brand new one")) == "password_wrong"
    assert await code_of(office.people().change_password(ana, PASSWORD, "a brand new one")) == "sign_in_limited"


async def test_the_order_of_dialling_is_set_for_exactly_those_who_are_there(office: Office) -> None:
    admin = await office.signed_in(office.admin)
    people = office.people()
    await people.set_order(admin, [office.bob.id, office.ana.id])
    assert [one.name for one in office.directory.consultants_in_dial_order(office.account.id)] == ["Bob", "Ana"]
    for wrong in ([office.ana.id], [office.ana.id, office.ana.id], [office.ana.id, office.admin.id], []):
        assert await code_of(people.set_order(admin, wrong)) == "person_changed"
    both = ([office.bob.id, office.ana.id], [office.ana.id, office.bob.id])
    await asyncio.gather(*(people.set_order(admin, order) for order in both * 4))
    places = [one.dial_order for one in office.directory.consultants_in_dial_order(office.account.id)]
    assert places == [1, 2]


async def test_a_photo_is_kept_once_and_replaced_as_a_whole(office: Office) -> None:
    admin = await office.signed_in(office.admin)
    people = office.people()
    other = PNG + b"\x00"
    shown = await people.set_photo(admin, office.ana.id, PNG)
    assert shown.photo is not None and (await people.photo(shown.photo)).data == PNG
    await asyncio.gather(*(people.set_photo(admin, office.ana.id, data) for data in (PNG, other) * 5))
    kept = office.directory.person(office.account.id, office.ana.id)
    assert kept is not None and kept.photo is not None
    assert (await people.photo(kept.photo)).kind == "image/png"
    assert await office.db.global_collection("photos").count({}) == 1
    removed = await people.remove_photo(admin, office.ana.id)
    assert removed.photo is None
    assert await code_of(people.photo(kept.photo)) == "not_found"


async def test_what_was_done_stands_in_the_audit_trail_without_secrets(office: Office) -> None:
    admin = await office.signed_in(office.admin)
    people = office.people()
    await people.change(admin, office.ana.id, 1, {"name": "Anna", "phone": ""})
    await people.set_password(admin, office.ana.id, "a brand new one")
    await people.deactivate(admin, office.ana.id, 2)
    entries = [entry for entry in await office.service.audit(office.account.id) if entry.actor_id == admin.person_id]
    done = [(entry.action, entry.changes) for entry in entries][:3]
    assert done == [
        ("person.deactivated", {"active": (True, False)}),
        ("person.password_set", {}),
        ("person.updated", {"name": ("Ana", "Anna"), "phone": ("+37322000001", None)}),
    ]


async def test_changes_come_in_pages_without_a_hole_and_by_what_they_are_about(office: Office) -> None:
    """All entries bear one time here; none is told twice or left out."""
    admin = await office.signed_in(office.admin)
    people = office.people()
    for number in range(120):
        await office.service.record(admin, "rule.published", f"rule-{number}", {"name": (None, f"Rule {number}")})
    await people.change(admin, office.ana.id, 1, {"name": "Anna"})

    told: list[str] = []
    sizes: list[int] = []
    place: str | None = None
    while True:
        page, place = await office.service.changes(admin, None, place)
        told += [entry.id for entry in page]
        sizes.append(len(page))
        if place is None:
            break
    # one account with a site and three people before, and no sign-in among them
    assert len(told) == len(set(told)) == 120 + 1 + 4
    assert sizes == [50, 50, 25]
    about_people, _ = await office.service.changes(admin, About.PEOPLE, None)
    assert [entry.action for entry in about_people] == ["person.updated"] + ["person.created"] * 3
    sessions, _ = await office.service.changes(admin, About.SESSIONS, None)
    assert [entry.action for entry in sessions] == ["session.started"]
    for nonsense in ("1", "1.", ".a", "9" * 13 + ".a", "1.$ne", "-1.a"):
        assert await code_of(office.service.changes(admin, None, nonsense)) == "bad_request"
