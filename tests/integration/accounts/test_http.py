from __future__ import annotations

import base64
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from pytest_aiohttp import AiohttpClient

from server.accounts import http_people
from server.accounts.http import routes
from server.contracts.registry import Contracts, load_contracts
from server.http import create_web_app
from tests.fakes import FakePublisher
from tests.integration.accounts.conftest import PASSWORD, Office
from tests.integration.accounts.test_people import PNG

OURS = {"Origin": "https://chat.example"}
ANA = {"email": "ana@shop.example", "password": PASSWORD}
ADMIN = {"email": "admin@shop.example", "password": PASSWORD}
SITES = "/api/v1/sites"
PEOPLE = "/api/v1/people"
SESSION = "/api/v1/session"


@pytest.fixture(scope="module")
def contracts() -> Contracts:
    return load_contracts()


@pytest.fixture
async def browser(office: Office, contracts: Contracts, aiohttp_client: AiohttpClient) -> TestClient[Any, Any]:
    publisher = FakePublisher(online={office.ana.id})
    all_routes = routes(
        office.service, office.sites, office.directory, publisher, office.news, lambda: "https://chat.example"
    )
    all_routes += http_people.routes(office.people(), publisher)
    app = create_web_app(contracts, all_routes, office.directory, lambda: "https://chat.example")
    return await aiohttp_client(app)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def sign_in(browser: TestClient[Any, Any], who: dict[str, str] = ANA) -> str:
    """Sign in, forget the cookie that was kept for an https page, return the token."""
    answer = await browser.post(SESSION, json=who, headers=OURS)
    assert answer.status == 200
    return str((await answer.json())["token"])


async def code(answer: Any) -> tuple[int, str]:
    return answer.status, (await answer.json())["error"]["code"]


async def test_signing_in_gives_a_token_and_a_cookie_that_scripts_cannot_read(
    browser: TestClient[Any, Any], contracts: Contracts, office: Office
) -> None:
    answer = await browser.post(SESSION, json=ANA, headers=OURS)
    body = await answer.json()
    contracts.validate("SignedIn", body)
    assert body["person"]["id"] == office.ana.id and body["person"]["online"] is True
    cookie = answer.cookies["ringback_session"]
    assert cookie.value == body["token"]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"], cookie["path"]) == (True, "Lax", True, "/")
    assert answer.headers["Cache-Control"] == "no-store"

    who = await browser.get(SESSION, headers=bearer(body["token"]))
    contracts.validate("PersonReply", await who.json())
    by_cookie = await browser.get(SESSION, headers={"Cookie": f"ringback_session={body['token']}"})
    assert await by_cookie.json() == await who.json()


async def test_a_wrong_password_is_401_and_the_eleventh_is_429(browser: TestClient[Any, Any]) -> None:
    wrong = {**ANA, "password": "wrong"}
    for _ in range(10):
        assert await code(await browser.post(SESSION, json=wrong)) == (401, "sign_in_failed")
    limited = await browser.post(SESSION, json=wrong)
    assert await code(limited) == (429, "sign_in_limited")
    assert limited.headers["Retry-After"] == "900"


@pytest.mark.parametrize("value", [{"$gt": ""}, {"$ne": None}, ["a"], 1, None, ""])
async def test_operators_instead_of_words_are_refused(browser: TestClient[Any, Any], value: object) -> None:
    assert await code(await browser.post(SESSION, json={**ANA, "password": value})) == (400, "bad_request")
    assert await code(await browser.post(SESSION, json={**ANA, "email": value})) == (400, "bad_request")


async def test_a_foreign_page_changes_nothing(browser: TestClient[Any, Any], office: Office) -> None:
    token = await sign_in(browser, ADMIN)
    cookie = {"Cookie": f"ringback_session={token}"}
    path = f"{SITES}/{office.site.id}"
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        answer = await browser.patch(path, json={"name": "Taken"}, headers={**cookie, **headers})
        assert await code(answer) == (403, "cross_origin")
        answer = await browser.delete(SESSION, headers={**cookie, **headers})
        assert await code(answer) == (403, "cross_origin")
    assert office.directory.session(token) is not None
    assert (await browser.patch(path, json={"name": "Ours"}, headers={**cookie, **OURS})).status == 200


async def test_signing_out_ends_the_session_and_the_cookie(browser: TestClient[Any, Any]) -> None:
    token = await sign_in(browser)
    answer = await browser.delete(SESSION, headers=bearer(token))
    assert answer.status == 200
    assert answer.cookies["ringback_session"].value == ""
    assert await code(await browser.get(SESSION, headers=bearer(token))) == (401, "session_expired")
    assert (await browser.delete(SESSION, headers=bearer(token))).status == 200


async def test_sites_are_listed_for_staff_and_changed_by_admins(
    browser: TestClient[Any, Any], office: Office, contracts: Contracts
) -> None:
    consultant, admin = bearer(await sign_in(browser)), bearer(await sign_in(browser, ADMIN))
    browser.session.cookie_jar.clear()
    path = f"{SITES}/{office.site.id}"
    assert await code(await browser.get(SITES)) == (401, "unauthenticated")
    body = await (await browser.get(SITES, headers=consultant)).json()
    contracts.validate("SiteList", body)
    assert body["sites"][0]["origins"] == ["https://shop.example"]

    assert await code(await browser.patch(path, json={"name": "X"}, headers=consultant)) == (403, "forbidden")
    answer = await browser.patch(path, json={"origins": ["https://NEW.example"]}, headers=admin)
    contracts.validate("SiteSummary", await answer.json())
    assert office.directory.origin_known("https://new.example")
    assert [site.origins for site in office.news.told] == [("https://new.example",)]
    assert await code(await browser.patch(f"{SITES}/nope", json={"name": "X"}, headers=admin)) == (404, "not_found")
    answer = await browser.patch(path, json={"origins": ["https://shop.example/path"]}, headers=admin)
    assert await code(answer) == (400, "bad_request")
    assert await code(await browser.patch(path, json={"secret": 1}, headers=admin)) == (400, "bad_request")


async def test_people_are_listed_for_staff_and_changed_by_admins(
    browser: TestClient[Any, Any], office: Office, contracts: Contracts
) -> None:
    consultant, admin = bearer(await sign_in(browser)), bearer(await sign_in(browser, ADMIN))
    listed = await (await browser.get(PEOPLE, headers=consultant)).json()
    contracts.validate("ColleagueList", listed)
    assert {one["phone"] for one in listed["colleagues"]} == {None}
    listed = await (await browser.get(PEOPLE, headers=admin)).json()
    assert {one["phone"] for one in listed["colleagues"]} == {"+37322000001", "+37322000002", None}

    new = {"name": "Dora", "email": "dora@shop.example", "role": "consultant"}
    assert await code(await browser.post(PEOPLE, json=new, headers=consultant)) == (403, "forbidden")
    added = await (await browser.post(PEOPLE, json=new, headers=admin)).json()
    contracts.validate("PersonAdded", added)
    dora = f"{PEOPLE}/{added['colleague']['person']['id']}"
    patched = await browser.patch(dora, json={"revision": 1, "phone": "069 100 009"}, headers=admin)
    contracts.validate("ColleagueReply", await patched.json())
    assert await code(await browser.patch(dora, json={"revision": 1}, headers=admin)) == (409, "person_changed")
    assert await code(await browser.patch(dora, json={"revision": 2, "admin": 1}, headers=admin)) == (
        400,
        "bad_request",
    )
    assert (await browser.post(f"{dora}/deactivate", json={"revision": 2}, headers=admin)).status == 200


async def test_a_photo_is_served_as_a_picture_and_nothing_else(browser: TestClient[Any, Any], office: Office) -> None:
    admin = bearer(await sign_in(browser, ADMIN))
    path = f"{PEOPLE}/{office.ana.id}/photo"
    image = base64.b64encode(PNG).decode()
    shown = await (await browser.put(path, json={"image": image}, headers=admin)).json()
    answer = await browser.get(shown["colleague"]["person"]["photoUrl"])
    assert (answer.status, answer.content_type, await answer.read()) == (200, "image/png", PNG)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "immutable" in answer.headers["Cache-Control"]
    for bad in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + bytes(40), b"", b"\x89PNG"):
        body = {"image": base64.b64encode(bad).decode() or "===="}
        assert await code(await browser.put(path, json=body, headers=admin)) == (400, "photo_invalid")
    big = base64.b64encode(PNG.ljust(48_000, b"\0") + b"\0\0\0").decode()
    assert await code(await browser.put(path, json={"image": big}, headers=admin)) == (400, "bad_request")
    assert await code(await browser.get(f"/photos/{'0' * 64}")) == (404, "not_found")


async def test_changes_are_for_admins_and_bear_names(
    browser: TestClient[Any, Any], office: Office, contracts: Contracts
) -> None:
    admin = bearer(await sign_in(browser, ADMIN))
    await browser.patch(f"{PEOPLE}/{office.ana.id}", json={"revision": 1, "name": "Anna"}, headers=admin)
    told = await (await browser.get("/api/v1/changes?about=people", headers=admin)).json()
    contracts.validate("ChangeList", told)
    newest = told["changes"][0]
    assert (newest["actorName"], newest["subjectName"]) == ("Admin", "Anna")
    assert newest["fields"] == [{"name": "name", "before": "Ana", "after": "Anna"}]
    for wrong in ("about=all", "before=x", "before=9999999999999.a"):
        assert await code(await browser.get(f"/api/v1/changes?{wrong}", headers=admin)) == (400, "bad_request")
    consultant = bearer(await sign_in(browser))
    assert await code(await browser.get("/api/v1/changes", headers=consultant)) == (403, "forbidden")
