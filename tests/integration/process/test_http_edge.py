"""What HTTP answers to strangers, to the wrong role, to foreign pages and to nonsense."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.integration.process.conftest import ORIGIN, PASSWORD, Server, environment, start_server, stop_server

SITE_KEY = "shop-key"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """One server for the questions that leave nothing behind."""
    data_dir = tmp_path_factory.mktemp("edge") / "data"
    running = await start_server(data_dir, environment(data_dir))
    yield running
    await stop_server(running)


async def _sign_in(http: aiohttp.ClientSession, server: Server, role: str) -> str:
    answer = await http.post(
        f"{server.url}/api/v1/session", json={"email": f"{role}@shop.example", "password": PASSWORD}
    )
    token: str = (await answer.json())["token"]
    return token


async def _error(answer: aiohttp.ClientResponse) -> tuple[int, str]:
    text = await answer.text()
    assert "Traceback" not in text
    return answer.status, json.loads(text)["error"]["code"]


async def test_the_edge_refuses_each_kind_of_bad_input_with_its_own_code(
    shared: Server, http: aiohttp.ClientSession
) -> None:
    session_url, sites_url = f"{shared.url}/api/v1/session", f"{shared.url}/api/v1/sites"
    admin, marketer = await _sign_in(http, shared, "admin"), await _sign_in(http, shared, "marketer")
    bearer = {"Authorization": f"Bearer {admin}"}
    calling = f"{sites_url}/{shared.facts['siteId']}/calling"
    as_json = {"Content-Type": "application/json"}
    cases: list[tuple[str, str, dict[str, Any], tuple[int, str]]] = [
        ("GET", f"{shared.url}/nowhere", {}, (404, "not_found")),
        ("POST", f"{shared.url}/health", {}, (404, "not_found")),
        ("GET", sites_url, {}, (401, "unauthenticated")),
        ("GET", sites_url, {"headers": {"Authorization": "Bearer forged"}}, (401, "session_expired")),
        ("GET", f"{sites_url}?a=1&a=2", {"headers": bearer}, (400, "bad_request")),
        ("POST", session_url, {"data": b"{", "headers": as_json}, (400, "bad_request")),
        ("POST", session_url, {"data": b'{"email":NaN}', "headers": as_json}, (400, "bad_request")),
        ("POST", session_url, {"data": b"[" * 60_000, "headers": as_json}, (400, "bad_request")),
        ("POST", session_url, {"data": b" " * 70_000, "headers": as_json}, (413, "too_large")),
        ("POST", session_url, {"data": {"email": "a", "password": "b"}}, (400, "bad_request")),
        ("POST", session_url, {"json": {"email": {"$gt": ""}, "password": {"$ne": None}}}, (400, "bad_request")),
        ("POST", session_url, {"json": {"email": "no@body.example", "password": "x"}}, (401, "sign_in_failed")),
        (
            "POST",
            session_url,
            {"json": {"email": "a", "password": "b"}, "headers": {"Origin": "https://evil.example"}},
            (403, "cross_origin"),
        ),
        ("GET", f"{shared.url}/api/v1/widget/nobody", {}, (404, "unknown_site")),
        ("PATCH", calling, {"json": {"offerS": 20}}, (401, "unauthenticated")),
        (
            "PATCH",
            calling,
            {"json": {"offerS": 20}, "headers": {"Authorization": f"Bearer {marketer}"}},
            (403, "forbidden"),
        ),
        ("PATCH", calling, {"json": {"offerS": 0}, "headers": bearer}, (400, "bad_request")),
        ("PATCH", f"{sites_url}/foreign/calling", {"json": {"offerS": 20}, "headers": bearer}, (404, "not_found")),
        ("GET", f"{shared.url}/widget/../../pyproject.toml", {}, (404, "not_found")),
        ("GET", f"{shared.url}/widget/%2e%2e/%2e%2e/pyproject.toml", {}, (404, "not_found")),
        ("GET", f"{shared.url}/docs/..%2f..%2fREADME", {}, (404, "not_found")),
    ]
    for method, url, more, expected in cases:
        answer = await http.request(method, aiohttp.client.URL(url, encoded=True), **more)
        assert await _error(answer) == expected, (method, url)


async def test_a_cookie_counts_only_on_our_own_pages(shared: Server, http: aiohttp.ClientSession) -> None:
    token = await _sign_in(http, shared, "admin")
    url = f"{shared.url}/api/v1/sites/{shared.facts['siteId']}"
    cookie = {"Cookie": f"ringback_session={token}"}

    without = await http.patch(url, json={"name": "A"}, headers=cookie)
    foreign = await http.patch(url, json={"name": "A"}, headers={**cookie, "Origin": ORIGIN})
    own = await http.patch(url, json={"name": "A"}, headers={**cookie, "Origin": shared.origin})

    assert await _error(without) == (403, "cross_origin")
    assert await _error(foreign) == (403, "cross_origin")
    assert own.status == 200


async def test_the_session_cookie_is_out_of_reach_of_scripts(shared: Server, http: aiohttp.ClientSession) -> None:
    answer = await http.post(f"{shared.url}/api/v1/session", json={"email": "admin@shop.example", "password": PASSWORD})

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_the_eleventh_wrong_password_waits(server: Server, http: aiohttp.ClientSession) -> None:
    wrong = {"email": "consultant@shop.example", "password": "not this one"}
    codes = [await _error(await http.post(f"{server.url}/api/v1/session", json=wrong)) for _ in range(11)]

    assert codes[:10] == [(401, "sign_in_failed")] * 10
    assert codes[10] == (429, "sign_in_limited")


async def test_the_widgets_configuration_is_public_and_matches_its_contract(
    shared: Server, http: aiohttp.ClientSession
) -> None:
    from server.contracts.registry import load_contracts

    answer = await http.get(f"{shared.url}/api/v1/widget/{SITE_KEY}", headers={"Origin": ORIGIN})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    load_contracts().validate("WidgetConfig", await answer.json())


async def test_a_configuration_that_has_not_changed_is_not_sent_again(
    shared: Server, http: aiohttp.ClientSession
) -> None:
    url = f"{shared.url}/api/v1/widget/{SITE_KEY}"
    first = await http.get(url)
    again = await http.get(url, headers={"If-None-Match": f"W/{first.headers['ETag']}"})
    other = await http.get(url, headers={"If-None-Match": '"another"'})

    assert (again.status, await again.read()) == (304, b"")
    assert "max-age=" in again.headers["Cache-Control"]
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    assert (other.status, other.headers["ETag"]) == (200, first.headers["ETag"])


async def test_the_api_describes_every_route_it_has(shared: Server, http: aiohttp.ClientSession) -> None:
    from server.policy import POLICY

    described = await (await http.get(f"{shared.url}/api/openapi.json")).json()

    listed = {key for key in POLICY if " /api/v1/" in key}
    assert {f"{method.upper()} {path}" for path, methods in described["paths"].items() for method in methods} == listed


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/docs/protocol"])
async def test_a_machine_or_a_reader_gets_an_answer(shared: Server, http: aiohttp.ClientSession, path: str) -> None:
    answer = await http.get(shared.url + path)

    assert answer.status == 200


async def test_logs_tell_of_refusals_without_private_data(shared: Server, http: aiohttp.ClientSession) -> None:
    await http.post(f"{shared.url}/api/v1/session", json={"email": "needle@shop.example", "password": "needle-secret"})

    async with asyncio.timeout(5):
        while "sign_in_failed" not in shared.log.read_text():
            await asyncio.sleep(0.02)
    assert "needle" not in shared.log.read_text()


async def test_a_page_of_any_origin_can_read_why_its_widget_is_refused(
    shared: Server, http: aiohttp.ClientSession
) -> None:
    answer = await http.get(f"{shared.url}/api/v1/widget/nobody", headers={"Origin": "https://anybody.example"})

    assert await _error(answer) == (404, "unknown_site")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_metrics_are_not_shown_through_a_proxy(shared: Server, http: aiohttp.ClientSession) -> None:
    answer = await http.get(f"{shared.url}/metrics", headers={"X-Forwarded-For": "203.0.113.7"})

    assert await _error(answer) == (403, "forbidden")
