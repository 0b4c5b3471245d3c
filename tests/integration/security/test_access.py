"""Who may do what, cell by cell from the policy: every event and route, every kind of asker, own and foreign things."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from server.app import build
from server.contracts.registry import load_contracts
from server.http import Route, create_web_app
from server.metrics import Metrics
from server.mongo import Database
from server.policy import POLICY, TELEPHONY_PREFIX, roles_for
from server.principals import STAFF, Role
from server.realtime.rates import Rates
from server.realtime.router import EventRouter
from server.settings import Settings
from tests.integration.security.payloads import AUTHS, BODIES, EVENTS, address, client_id, places, schema_places, split
from tests.integration.security.world import NEEDLE, PASSWORD, SECRET, Shop, Socket, World, code_of, http_code

CONTRACTS = load_contracts()
ROUTES = {key for key in POLICY if not key.startswith("/")}
CONSOLE_EVENTS = sorted(key for key in EVENTS if key.startswith("/console"))
VISITOR_EVENTS = sorted(key for key in EVENTS if key.startswith("/visitor"))
STAFF_ROLES = sorted(role.value for role in STAFF)
REFUSALS = {"forbidden", "unauthenticated", "session_expired", "bad_request", "internal_error", "unknown_event"}


# The table and what is served are the same


def manifest_events() -> set[str]:
    spaces = CONTRACTS.manifest["namespaces"]
    return {f"{namespace} {event}" for namespace, space in spaces.items() for event in space["asks"]}


def test_every_event_is_in_the_policy_and_the_policy_has_no_other() -> None:
    assert {key for key in POLICY if key.startswith("/")} == manifest_events()


async def test_every_route_that_is_served_is_in_the_policy_and_the_policy_has_no_other(db: Database) -> None:
    ringback = await build(Settings(public_url="http://127.0.0.1:1", secret_key=SECRET), db)
    try:
        served = set()
        for resource in ringback.web.router.resources():
            path = resource.canonical
            for route in resource:
                if route.method != "HEAD" and not path.startswith("/socket.io"):
                    served.add(f"{route.method} {path}")
    finally:
        await ringback.close()

    assert {key for key in served if roles_for(key) is None} == set()
    served = {key for key in served if not split(key)[1].startswith(TELEPHONY_PREFIX)}
    assert served == ROUTES


def test_an_event_that_the_policy_forgot_stops_the_start() -> None:
    policy = {key: roles for key, roles in POLICY.items() if key != "/console chat:close"}
    router = EventRouter(CONTRACTS, policy, Metrics(), Rates(), fifo=1, check_replies=False)

    async def handler(_who: Any, _payload: dict[str, Any]) -> dict[str, Any]:
        return {}

    for key in manifest_events():
        router.on(*split(key), handler)
    with pytest.raises(ValueError, match="chat:close has no policy"):
        router.check_complete()


def test_a_route_that_the_policy_forgot_stops_the_start() -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response()

    class Nobody:
        def principal_of(self, token: str, ip: str, connection_id: str) -> None:
            return None

    with pytest.raises(ValueError, match="/api/v1/forgotten"):
        create_web_app(CONTRACTS, [Route("GET", "/api/v1/forgotten", handler)], Nobody(), lambda: "")


def test_requests_are_complete() -> None:
    """The requests that the tests of this folder make cover every event, every route and every field."""
    shop = Shop("x", "https://x.example", "x", people={"consultant": "p"}, tokens={"consultant": "t"})
    for key in manifest_events():
        namespace, event = split(key)
        shape = CONTRACTS.manifest["namespaces"][namespace]["asks"][event]["payload"]
        assert set(places(EVENTS[key](shop))) == schema_places(CONTRACTS, shape), key
    for namespace, space in CONTRACTS.manifest["namespaces"].items():
        assert set(places(AUTHS[namespace](shop))) == schema_places(CONTRACTS, space["auth"])
    assert set(BODIES) == {key for key in ROUTES if key.startswith(("POST", "PUT", "PATCH"))}


# Sockets


@pytest.mark.parametrize("role", STAFF_ROLES)
async def test_each_role_may_do_at_the_console_what_the_policy_says(world: World, role: str) -> None:
    async with world.person(world.lamps, role) as socket:
        for key in CONSOLE_EVENTS:
            code = await socket.code(split(key)[1], EVENTS[key](world.lamps))
            if Role(role) in POLICY[key]:
                assert code not in REFUSALS, (key, code)
            else:
                assert code == "forbidden", key


async def test_a_visitor_may_do_what_the_policy_says(world: World) -> None:
    async with world.visitor(world.lamps, world.lamps.visitor_id) as socket:
        for key in VISITOR_EVENTS:
            code = await socket.code(split(key)[1], EVENTS[key](world.lamps))
            assert code not in REFUSALS, (key, code)


async def test_strangers_and_visitors_join_no_console_and_people_are_no_visitors(world: World) -> None:
    shop = world.lamps
    async with world.socket(Origin=world.public_origin) as stranger:
        assert await stranger.join("/console", None) == "unauthenticated"
        assert await stranger.join("/console", {"token": shop.visitor_token}) == "session_expired"
        as_visitor = {"protocol": 1, "siteKey": shop.site_key, "token": shop.tokens["admin"]}
        assert await stranger.join("/visitor", as_visitor) == "origin_not_allowed"
    async with world.socket() as person:
        assert await person.join("/visitor", as_visitor) == "token_invalid"
        assert await person.join("/", None) == "not_found"
        assert await person.join("/admin", {"token": shop.tokens["admin"]}) == "not_found"


async def test_an_event_outside_ones_own_namespace_reaches_nothing(world: World) -> None:
    before = await world.documents()
    for key in sorted(EVENTS):
        namespace, event = split(key)
        packet = json.dumps([event, EVENTS[key](world.lamps)])
        outsider = world.visitor(world.lamps) if namespace == "/console" else world.person(world.lamps, "admin")
        async with outsider as socket:
            await socket.say(f"42{namespace},1{packet}")
            honest = ("chat:sync", {"afterSeq": 0}) if namespace == "/console" else ("people:list", {})
            assert await socket.code(*honest) == "ok"
            assert not [one for one in socket.heard if one.startswith(f"43{namespace},")]
            # named in one's own namespace it is unknown, where that has no event of the same name
            if f"{socket.namespace} {event}" not in POLICY:
                assert code_of(await socket.raw_ask(packet)) == "unknown_event"
    assert await world.documents() == before


@pytest.mark.parametrize("namespace", ["/visitor", "/console"])
async def test_ids_of_another_account_are_not_found(world: World, namespace: str) -> None:
    """The answer is the one that an invented id gets, and nothing changes."""
    mine, theirs = world.chairs, world.lamps
    foreign = {"conversationId": theirs.conversation_id, "callbackId": theirs.callback_id}
    foreign["toPersonId"] = theirs.people["consultant"]
    refused = {"ok": False, "error": {"code": "not_found", "details": {}}}
    before = await world.documents()
    who = world.visitor(mine, mine.visitor_id) if namespace == "/visitor" else world.person(mine, "admin")
    async with who as socket:
        for key in (key for key in sorted(EVENTS) if split(key)[0] == namespace):
            event = split(key)[1]
            for name in foreign.keys() & EVENTS[key](mine).keys():
                for id in (foreign[name], "nobody-has-this-id"):
                    answer = await socket.ask(event, {**EVENTS[key](mine), name: id})
                    assert answer == refused, (key, name, id)
        if namespace == "/visitor":
            asked = EVENTS["/visitor callback:request"](mine) | {"fromConversation": theirs.conversation_id}
            assert await socket.ask("callback:request", asked) == refused
        else:
            said = EVENTS["/console chat:send"](mine) | {"conversationId": theirs.conversation_id, "note": False}
            assert await socket.ask("chat:send", said) == refused
    assert await world.documents() == before


async def test_what_belongs_to_another_visitor_is_not_found(world: World) -> None:
    shop = world.lamps
    async with world.visitor(shop) as other:
        assert await other.code("chat:sync", {"afterSeq": 0, "conversationId": shop.conversation_id}) == "not_found"
        assert await other.data("chat:sync", {"afterSeq": 0}) == {"messages": [], "lastSeq": 0}
        assert await other.code("chat:read", {"seq": 1}) == "ok"
        assert await other.code("callback:cancel", {"callbackId": shop.callback_id}) == "not_found"


async def test_lists_hold_only_ones_own_account(world: World) -> None:
    async with world.person(world.lamps, "admin") as lamps, world.person(world.chairs, "admin") as chairs:
        for event in ("people:list", "inbox:list", "callbacks:list", "visitors:list"):
            await lamps.data(event, {})
            await chairs.data(event, {})
        _hears_nothing_of(lamps, world.chairs)
        _hears_nothing_of(chairs, world.lamps)


# HTTP


def _address(key: str, shop: Shop, foreign: bool) -> tuple[str, str]:
    method, path = split(key)
    parts = {"{siteId}": shop.site_id, "{siteKey}": shop.site_key, "{path}": "protocol"}
    parts |= {"{personId}": shop.people["consultant"]} if foreign else {}
    for name, value in parts.items():
        path = path.replace(name, value)
    return method, address(path)


async def _ask(http: aiohttp.ClientSession, key: str, shop: Shop, token: str, foreign: bool = False) -> str:
    method, path = _address(key, shop, foreign)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = BODIES[key](shop) if key in BODIES else None
    async with http.request(method, path, json=body, headers=headers, allow_redirects=False) as answer:
        return await http_code(answer) if answer.content_type == "application/json" else "ok"


async def _fresh_token(http: aiohttp.ClientSession, shop: Shop, role: str) -> str:
    async with http.post("/api/v1/session", json={"email": shop.email(role), "password": PASSWORD}) as answer:
        return str((await answer.json())["token"])


@pytest.mark.parametrize("role", ["anonymous", "visitor", *STAFF_ROLES])
async def test_each_asker_may_use_the_routes_that_the_policy_says(world: World, role: str) -> None:
    async with world.http() as http:
        shop = world.lamps
        tokens = {"anonymous": "", "visitor": shop.visitor_token}
        token = tokens[role] if role in tokens else await _fresh_token(http, shop, role)
        # over HTTP a visitor is a stranger, whose token is no session
        judged = Role(role) if role in STAFF_ROLES else Role.ANONYMOUS
        refusal = {"anonymous": "unauthenticated", "visitor": "session_expired"}.get(role, "forbidden")
        for key in sorted(ROUTES, key=lambda key: key == "DELETE /api/v1/session"):  # signing out comes last
            code = await _ask(http, key, shop, token)
            if judged in POLICY[key]:
                assert code not in REFUSALS, (key, code)
            else:
                assert code == refusal, (key, code)


async def test_the_other_accounts_admin_finds_no_site_and_no_person_of_ours(world: World) -> None:
    before = await world.documents()
    async with world.http() as http:
        for key in sorted(ROUTES):
            if "{siteId}" not in key and "{personId}" not in key:
                continue
            for role in STAFF_ROLES:
                expected = "not_found" if Role(role) in POLICY[key] else "forbidden"
                assert await _ask(http, key, world.lamps, world.chairs.tokens[role], foreign=True) == expected, key
        bearer = {"Authorization": f"Bearer {world.chairs.tokens['admin']}"}
        async with http.get("/api/v1/sites", headers=bearer) as answer:
            text = await answer.text()
    assert not [one for one in world.lamps.private() if one in text]
    assert await world.documents() == before


# Announcements


def _hears_nothing_of(socket: Socket, shop: Shop) -> None:
    heard = "\n".join(socket.heard)
    assert not [one for one in shop.private() if one in heard]


async def test_nothing_of_an_account_ever_arrives_at_another(world: World) -> None:
    """Both accounts do everything there is to do at the same time; every packet of every socket is read."""
    async with AsyncExitStack() as stack:
        hearing: dict[str, list[Socket]] = {"lamps": [], "chairs": []}
        scripts = []
        for shop in (world.lamps, world.chairs):
            visitor = await stack.enter_async_context(world.visitor(shop, shop.visitor_id))
            other = await stack.enter_async_context(world.visitor(shop))
            people = [await stack.enter_async_context(world.person(shop, role)) for role in (*STAFF_ROLES, "colleague")]
            hearing[shop.name] = [visitor, other, *people]
            scripts.append(_busy(world, shop, visitor, other, people))
        await asyncio.gather(*scripts)

        for socket in hearing["lamps"]:
            _hears_nothing_of(socket, world.chairs)
            assert "chairs says" not in "".join(socket.heard)
        for socket in hearing["chairs"]:
            _hears_nothing_of(socket, world.lamps)
            assert "lamps says" not in "".join(socket.heard)
        for name, (visitor, other, *people) in hearing.items():
            shop = world.lamps if name == "lamps" else world.chairs
            # Neither do visitors of the same account hear of each other, nor what is only for colleagues.
            heard_by_other = "".join(other.heard)
            assert shop.visitor_id not in heard_by_other and shop.conversation_id not in heard_by_other
            for socket in (visitor, other):
                heard = "".join(socket.heard)
                assert "a secret note" not in heard and "@" not in heard and "visitor:updated" not in heard
            assert all(f"{name} says" in "".join(person.heard) for person in people)


async def _busy(world: World, shop: Shop, visitor: Socket, other: Socket, people: list[Socket]) -> None:
    admin, consultant, marketer, colleague = people
    here = {"conversationId": shop.conversation_id}
    for who in (visitor, other):
        await who.data("visit:start", EVENTS["/visitor visit:start"](shop))
        await who.data("chat:send", {"clientMessageId": client_id(), "text": f"{NEEDLE} {shop.name} says hello"})
        await who.data("chat:typing", {})
        await who.data("visit:page", EVENTS["/visitor visit:page"](shop))
    await visitor.data("chat:read", {"seq": 1})
    for event in ("people:list", "inbox:list", "visitors:list", "callbacks:list"):
        await asyncio.gather(*(person.data(event, {}) for person in people))
    await consultant.code("chat:claim", here)
    await consultant.data("chat:transfer", {**here, "toPersonId": shop.people["colleague"]})
    for text, note in ((f"{NEEDLE} {shop.name} says a secret note", True), (f"{NEEDLE} {shop.name} says yes", False)):
        said = {**here, "clientMessageId": client_id(), "text": text, "note": note}
        await colleague.data("chat:send", said)
    await colleague.data("chat:typing", here)
    await colleague.data("chat:read", {**here, "seq": 3})
    await colleague.data("presence:set", {"status": "away"})
    await colleague.data("presence:set", {"status": "available"})
    phone = "+37369212" + ("351" if shop.name == "lamps" else "352")
    asked = {"clientRequestId": client_id(), "phone": phone, "region": "MD", "via": "phone"}
    await visitor.data("callback:request", asked)
    # nobody has a phone here: it ends, or waits for tomorrow
    states = lambda: {one["callback"]["state"] for one in visitor.told("callback:updated")}  # noqa: E731
    await visitor.until(lambda: states() & {"no_agent", "retry_wait"})
    await colleague.data("call:start", {**here, "clientRequestId": client_id()})
    await colleague.data("chat:close", here)
    last = f"{NEEDLE} {shop.name} says goodbye"
    await visitor.data("chat:send", {"clientMessageId": client_id(), "text": last})
    for person in people:
        await person.until(lambda person=person: any(last in one for one in person.heard))
    await admin.until(lambda: admin.told("visitor:updated"))
    await visitor.until(lambda: visitor.told("chat:state"))
    await marketer.data("people:list", {})
    await other.data("chat:sync", {"afterSeq": 0})
