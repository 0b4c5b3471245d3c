from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from server.accounts.directory import Directory
from server.accounts.entry import Entry
from server.accounts.model import Status
from server.accounts.service import AccountService
from server.accounts.tokens import sign_visitor_token
from server.errors import AppError
from server.ids import new_id
from server.principals import Person, Role
from tests.integration.accounts.conftest import PASSWORD, Office

SECRET = "s" * 32
OURS = "https://chat.example"


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def following(directory: Directory) -> AsyncIterator[None]:
    task = asyncio.create_task(directory.follow())
    await directory.following()
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def signed_in(service: AccountService, directory: Directory, email: str) -> tuple[str, Person]:
    token, _ = await service.sign_in(email, PASSWORD, "192.0.2.7")
    person = directory.session(token)
    assert person is not None
    return token, person


async def test_what_another_server_writes_is_known_here_soon(office: Office) -> None:
    _, elsewhere = office.another_server()
    ended: list[str] = []
    elsewhere.on_session_ended(ended.append)
    async with following(elsewhere):
        assert elsewhere.site_by_key("shop-key") == office.site
        assert [member.id for member in elsewhere.consultants_in_dial_order(office.account.id)] == [
            office.ana.id,
            office.bob.id,
        ]
        token, ana = await signed_in(office.service, office.directory, "ana@shop.example")
        await until(lambda: elsewhere.session(token) is not None)

        await office.service.set_status(ana, Status.AWAY)
        await until(lambda: elsewhere.people(office.account.id)[1].status is Status.AWAY)

        _, admin = await signed_in(office.service, office.directory, "admin@shop.example")
        await office.service.update_site(admin, office.site.id, origins=["https://new.example"])
        await until(lambda: elsewhere.origin_known("https://new.example"))
        assert not elsewhere.origin_known("https://shop.example")

        site = await office.service.create_site(office.account.id, "Second", ["https://second.example"])
        await until(lambda: elsewhere.site(office.account.id, site.id) == site)

        await office.service.sign_out(ana)
        await until(lambda: elsewhere.session(token) is None)
        assert ended == [ana.session_id]


async def test_a_session_that_ended_here_does_not_come_back_by_a_late_change(office: Office) -> None:
    async with following(office.directory):
        for _ in range(10):
            token, ana = await signed_in(office.service, office.directory, "ana@shop.example")
            await office.service.sign_out(ana)
            assert office.directory.session(token) is None
        late, _ = await signed_in(office.service, office.directory, "ana@shop.example")
        await office.directory.load()
        assert office.directory.session(token) is None
        assert office.directory.session(late) is not None


async def test_who_signs_in_while_everything_is_loaded_stays_signed_in(office: Office) -> None:
    for _ in range(10):
        (token, _), _ = await asyncio.gather(
            office.service.sign_in("ana@shop.example", PASSWORD, "192.0.2.7"), office.directory.load()
        )
        assert office.directory.session(token) is not None


async def test_another_tenants_site_and_people_are_not_there(office: Office) -> None:
    other = await office.service.create_account("Other")
    assert office.directory.site(other.id, office.site.id) is None
    assert office.directory.person(other.id, office.ana.id) is None
    assert office.directory.people(other.id) == []
    _, admin = await signed_in(office.service, office.directory, "admin@shop.example")
    foreign = await office.service.create_site(other.id, "Other", ["https://other.example"])
    with pytest.raises(AppError, match="not_found"):
        await office.service.update_site(admin, foreign.id, name="Taken")


async def test_two_admins_who_change_a_site_at_once_both_succeed(office: Office) -> None:
    _, admin = await signed_in(office.service, office.directory, "admin@shop.example")
    theirs, elsewhere = office.another_server()
    await elsewhere.load()
    await asyncio.gather(
        office.service.update_site(admin, office.site.id, name="New name"),
        theirs.update_site(admin, office.site.id, origins=["https://new.example"]),
    )
    await elsewhere.load()
    site = elsewhere.site(office.account.id, office.site.id)
    assert site is not None
    assert (site.name, site.origins, site.version) == ("New name", ("https://new.example",), 3)


async def test_what_admins_do_and_who_signs_in_is_in_the_audit_trail(office: Office) -> None:
    _, admin = await signed_in(office.service, office.directory, "admin@shop.example")
    office.clock.advance(minutes=1)
    await office.service.update_site(admin, office.site.id, name="New")
    await office.service.update_site(admin, office.site.id, name="New")
    with pytest.raises(AppError):
        await office.service.sign_in("ana@shop.example", "wrong", "192.0.2.7")
    entries = await office.service.audit(office.account.id)
    assert [entry.action for entry in entries[:3]] == ["session.refused", "site.updated", "session.started"]
    assert entries[1].actor_id == office.admin.id
    assert entries[1].changes == {"name": ("Shop", "New")}


async def test_bad_people_and_sites_are_refused(office: Office) -> None:
    async def refused(**changed: str) -> str:
        fields = {"email": "new@shop.example", "password": PASSWORD, "name": "New", "phone": "", **changed}
        with pytest.raises(AppError) as problem:
            await office.service.create_person(office.account.id, role=Role.CONSULTANT, **fields)  # type: ignore[arg-type]
        assert problem.value.code == "value_invalid"
        return str(problem.value.details["field"])

    assert await refused(email="nonsense") == "email"
    assert await refused(password="short") == "password"
    assert await refused(phone="12345") == "phone"
    with pytest.raises(AppError, match="value_invalid"):
        await office.service.create_site(office.account.id, "Again", [], key="shop-key")
    assert await office.service.create_account("Shop") == office.account
    assert [member.name for member in await office.service.list_people(office.account.id)] == ["Admin", "Ana", "Bob"]


def entry(office: Office) -> Entry:
    return Entry(office.directory, SECRET, office.clock, new_id, lambda: OURS, lambda site, origin, auth: None)


def code(action: Callable[[], object]) -> str:
    with pytest.raises(AppError) as problem:
        action()
    return problem.value.code


async def test_a_visitor_joins_on_its_site_and_keeps_its_identity_by_token(office: Office) -> None:
    door = entry(office)
    said = {"protocol": 1, "siteKey": "shop-key"}
    new = door.visitor(said, "https://shop.example", "192.0.2.9", "c1")
    assert new.site_id == office.site.id and new.locale == "en" and new.tab_id == "c1"
    assert new.visitor_id != door.visitor(said, "https://shop.example", "192.0.2.9", "c2").visitor_id
    token = sign_visitor_token(
        SECRET, tenant_id=new.tenant_id, site_id=new.site_id, visitor_id=new.visitor_id, now=office.clock()
    )
    again = door.visitor({**said, "token": token, "tabId": "t"}, "https://shop.example", "192.0.2.9", "c3")
    assert again.visitor_id == new.visitor_id and again.tab_id == "t"


async def test_a_visitor_from_nowhere_is_told_why(office: Office) -> None:
    door = entry(office)
    said = {"protocol": 1, "siteKey": "shop-key"}
    shop = "https://shop.example"
    assert code(lambda: door.visitor({**said, "siteKey": "nope"}, shop, "", "c")) == "unknown_site"
    for origin in ("https://evil.example", "https://shop.example.evil", "null", "http://shop.example", ""):
        assert code(lambda: door.visitor(said, origin, "", "c")) == "origin_not_allowed"  # noqa: B023
    assert code(lambda: door.visitor({**said, "token": "v1.x.y"}, shop, "", "c")) == "token_invalid"
    other = sign_visitor_token(SECRET, tenant_id=office.account.id, site_id="other", visitor_id="v", now=office.clock())
    assert code(lambda: door.visitor({**said, "token": other}, shop, "", "c")) == "token_invalid"


async def test_a_console_joins_by_cookie_from_our_own_pages_only(office: Office) -> None:
    door = entry(office)
    token, ana = await signed_in(office.service, office.directory, "ana@shop.example")
    cookie = {"ringback_session": token}
    assert door.console({}, cookie, OURS, "", "c").person_id == ana.person_id
    assert door.console({"token": token}, {}, None, "", "c").person_id == ana.person_id
    assert code(lambda: door.console({}, cookie, "https://evil.example", "", "c")) == "cross_origin"
    assert code(lambda: door.console({}, cookie, None, "", "c")) == "cross_origin"
    assert code(lambda: door.console({}, {}, OURS, "", "c")) == "unauthenticated"
    await office.service.sign_out(ana)
    assert code(lambda: door.console({}, cookie, OURS, "", "c")) == "session_expired"
