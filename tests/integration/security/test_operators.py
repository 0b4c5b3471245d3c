"""Database operators, lists, huge numbers and other nonsense in every place where a single value belongs."""

from __future__ import annotations

import asyncio
import functools
import json
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from yarl import URL

from server.contracts.registry import load_contracts
from tests.integration.security.payloads import AUTHS, BODIES, EVENTS, RULES, Path, address, places, split, with_value
from tests.integration.security.world import DEEP, Shop, Socket, World, code_of, dumps, http_code

CONTRACTS = load_contracts()


def nested(depth: int) -> Any:
    return functools.reduce(lambda inner, _: [inner], range(depth), [])


OPERATORS: list[Any] = [
    {"$gt": ""},
    {"$ne": None},
    {"$where": "1"},
    {"$regex": ".*"},
    {"$in": ["a"]},
    {"__proto__": {"x": 1}},
    ["x"],
    [[]],
    {},
    nested(100),
    DEEP,
]
ODDITIES: list[Any] = [
    None,
    1e308,
    -1,
    0.5,
    True,
    "\u0000",
    "a\u0000b",
    "x" * 60_000,
    "",
    1.0,
    2**63,
    2**64 - 1,
    -(2**63),
]
TOO_LARGE = "x" * 70_000

BODY_ROUTES = sorted(BODIES)
HONEST = {"/visitor": ("chat:sync", {"afterSeq": 0}), "/console": ("people:list", {})}
SURVEYS = {"POST /api/v1/surveys": "SurveyCreate", "PUT /api/v1/surveys/{surveyId}": "SurveySave"}
SURVEYS |= {f"POST /api/v1/surveys/{{surveyId}}/{step}": "SurveyStep" for step in ("publish", "close")}
SHAPES = SURVEYS | {"PATCH /api/v1/retention": "RetentionPatch"}
SHAPES |= {"POST /api/v1/session": "SignIn", "PATCH /api/v1/sites/{siteId}": "SitePatch"}
SHAPES |= {"POST /api/v1/sites": "SiteCreate", "PUT /api/v1/sites/{siteId}/appearance": "AppearanceSave"}
SHAPES["PATCH /api/v1/sites/{siteId}/calling"] = "CallingPatch"
SHAPES |= {"POST /api/v1/sites/{siteId}/hours/preview": "HoursAsk", "POST /api/v1/blocks": "BlockCreate"}
SHAPES |= {"POST /api/v1/sites/{siteId}/rules": "RuleCreate", "PUT /api/v1/rules/{ruleId}": "RuleSave"}
SHAPES |= {f"POST /api/v1/rules/{{ruleId}}/{change}": "RuleVersionRef" for change in ("publish", "disable")}
SHAPES |= {"POST /api/v1/sites/{siteId}/rules/preview": "RulePreview"}
SHAPES |= {"PUT /api/v1/sites/{siteId}/rules/budget": "InvitationBudget"}
SHAPES |= {"POST /api/v1/people": "NewPerson", "PATCH /api/v1/people/{personId}": "PersonPatch"}
SHAPES |= {f"POST /api/v1/people/{{personId}}/{step}": "RevisionRef" for step in ("deactivate", "reactivate")}
SHAPES |= {"PUT /api/v1/people/{personId}/password": "PasswordSet", "PUT /api/v1/people/{personId}/photo": "PhotoSet"}
SHAPES |= {"POST /api/v1/departments": "DepartmentDraft", "PUT /api/v1/departments/{departmentId}": "DepartmentSave"}
SHAPES |= {"PUT /api/v1/people/order": "PeopleOrder", "PUT /api/v1/session/password": "PasswordChange"}


@functools.cache
def judge(shape: str) -> Any:
    """The contract as the standard reads it, without our quick checks."""
    registry: Registry[Any] = Registry().with_resources(
        (name, Resource.from_contents(content)) for name, content in CONTRACTS.files.items()
    )
    home = next(name for name, content in CONTRACTS.files.items() if shape in content["$defs"])
    return Draft202012Validator({"$ref": f"{home}#/$defs/{shape}"}, registry=registry)


def shape_of(key: str) -> str:
    namespace, event = split(key)
    return str(CONTRACTS.manifest["namespaces"][namespace]["asks"][event]["payload"])


def who_asks(world: World, namespace: str) -> Any:
    shop = world.lamps
    return world.visitor(shop, shop.visitor_id) if namespace == "/visitor" else world.person(shop, "admin")


def spots() -> list[tuple[str, Path]]:
    shop = Shop("x", "https://x.example", "x", people={"consultant": "p"})
    return [(key, path) for key in sorted(EVENTS) for path in places(EVENTS[key](shop)) if path]


def told_nothing_inside(socket: Socket) -> None:
    heard = "\n".join(socket.heard)
    assert "Traceback" not in heard and 'File "' not in heard and "internal_error" not in heard


async def test_an_operator_in_any_field_of_any_event_is_refused_and_writes_nothing(world: World) -> None:
    before, lines = await world.documents(), len(world.log_lines())
    tried = 0
    for key, path in spots():
        namespace, event = split(key)
        async with who_asks(world, namespace) as socket:
            for value in OPERATORS:
                if judge_accepts(key, path, value):
                    continue
                answer = await socket.ask(event, with_value(EVENTS[key](world.lamps), path, value))
                assert code_of(answer) == "bad_request", (key, path, value, answer)
                tried += 1
            assert await socket.code(*HONEST[namespace]) == "ok"
            told_nothing_inside(socket)
    assert tried > len(spots()) * (len(OPERATORS) - 2)
    assert await world.documents() == before
    assert len(world.log_lines()) - lines <= tried


def judge_accepts(key: str, path: Path, value: Any) -> bool:
    """Lists are right where a list belongs, and only there."""
    spot = with_value(EVENTS[key](Shop("x", "x", "x", people={"consultant": "p"})), path, "")
    for step in path:
        spot = spot[step]
    return (path[-1] == "fileIds" and value == []) or (path[-1] == "data" and value == {})


async def test_an_oddity_in_any_field_of_any_event_is_refused_or_means_what_it_says(world: World) -> None:
    for key, path in spots():
        namespace, event = split(key)
        async with who_asks(world, namespace) as socket:
            for value in ODDITIES:
                payload = with_value(EVENTS[key](world.lamps), path, value)
                code = await socket.code(event, payload)
                if not judge(shape_of(key)).is_valid(payload):
                    assert code == "bad_request", (key, path, value, code)
                assert code not in ("internal_error", "unavailable", "forbidden"), (key, path, value)
            assert await socket.code(*HONEST[namespace]) == "ok"
            told_nothing_inside(socket)


@pytest.mark.parametrize("namespace", ["/visitor", "/console"])
async def test_a_packet_that_is_too_large_ends_only_its_own_connection(world: World, namespace: str) -> None:
    before = await world.documents()
    async with who_asks(world, namespace) as bystander:
        for key in (key for key in sorted(EVENTS) if split(key)[0] == namespace):
            async with who_asks(world, namespace) as socket:
                packet = json.dumps([split(key)[1], {**EVENTS[key](world.lamps), "text": TOO_LARGE}])
                await socket.say(f"42{namespace},1{packet}")
                async with asyncio.timeout(5):
                    await socket.gone.wait()
        assert await bystander.code(*HONEST[namespace]) == "ok"
    assert await world.documents() == before


@pytest.mark.parametrize("namespace", ["/visitor", "/console"])
async def test_an_operator_in_the_first_word_is_refused(world: World, namespace: str) -> None:
    auth = AUTHS[namespace](world.lamps)
    for path in places(auth):
        async with world.socket(Origin=world.lamps.origin) as socket:
            for value in [*OPERATORS[:6], DEEP]:
                assert await socket.join(namespace, with_value(auth, path, value)) == "bad_request", (path, value)
            assert await socket.join(namespace, auth) == "joined"
            told_nothing_inside(socket)
        async with world.socket(Origin=world.lamps.origin) as socket:
            for value in ODDITIES[:8]:
                said = with_value(auth, path, value)
                code = await socket.join(namespace, said)
                if code == "joined":
                    break
                assert code != "internal_error", (path, value)
    async with world.socket(Origin=world.lamps.origin) as socket:
        for whole in ([], "x", True, [auth], DEEP):
            assert await socket.join(namespace, whole) == "bad_request"


@pytest.mark.parametrize("key", BODY_ROUTES)
async def test_an_operator_in_any_field_of_any_body_is_refused_and_writes_nothing(world: World, key: str) -> None:
    shop = world.lamps
    method, path = split(key)
    path = address(path.replace("{siteId}", shop.site_id))
    before, lines, tried = await world.documents(), len(world.log_lines()), 0
    invalid = {"bad_request", "rule_invalid"} if key in RULES else {"bad_request"}
    async with world.http() as http:
        headers = {"Authorization": f"Bearer {shop.tokens['admin']}"}

        async def code(body: Any) -> str:
            nonlocal tried
            tried += 1
            data = body if isinstance(body, bytes) else dumps(body).encode()
            typed = {"Content-Type": "application/json"}
            async with http.request(method, path, data=data, headers=headers | typed) as answer:
                return await http_code(answer)

        for spot in places(BODIES[key](shop)):
            for value in OPERATORS:
                assert await code(with_value(BODIES[key](shop), spot, value)) in invalid, (spot, value)
            # a rule may be larger, so that it is told what is wrong with it
            large = await code(with_value(BODIES[key](shop), spot, TOO_LARGE))
            assert large == "too_large" or (key in RULES and large in invalid)
            for value in ODDITIES:
                body = with_value(BODIES[key](shop), spot, value)
                if not judge(SHAPES[key]).is_valid(body):
                    assert await code(body) in invalid, (spot, value)
        for whole in ([], "x", 1, None, True, DEEP, b"[" * 5000, b""):
            assert await code(whole) == "bad_request"
    assert await world.documents() == before
    assert len(world.log_lines()) - lines <= tried


@pytest.mark.parametrize("key", BODY_ROUTES)
async def test_an_oddity_in_any_field_of_any_body_is_refused_or_means_what_it_says(world: World, key: str) -> None:
    shop = world.chairs
    method, path = split(key)
    path = address(path.replace("{siteId}", shop.site_id))
    async with world.http() as http:
        headers = {"Authorization": f"Bearer {shop.tokens['admin']}"}
        for spot in places(BODIES[key](shop)):
            for value in ODDITIES:
                body = with_value(BODIES[key](shop), spot, value)
                counts = key.startswith("POST") or key == "PUT /api/v1/session/password"
                if counts and judge(SHAPES[key]).is_valid(body):
                    continue  # each would count as a wrong password
                async with http.request(method, path, json=body, headers=headers) as answer:
                    code = await http_code(answer)
                expected = {"ok", "bad_request", "value_invalid", "rule_invalid", "not_found"}
                if key.endswith("/appearance"):
                    expected.add("appearance_changed")  # the first one that was taken made another version
                assert code in expected, (spot, value)
        if method == "PATCH" and "{personId}" not in key:  # nobody is there
            async with http.patch(path, json=BODIES[key](shop), headers=headers) as answer:
                assert await http_code(answer) == "ok"


STRANGE = [
    "{$gt:}",
    '{"$gt":""}',
    "a[$ne]=",
    "\u0000",
    "..",
    "%ff",
    "%00",
    "%",
    "x" * 3000,
    "\U0001f600",
    "$where",
    "a\nb",
]


@pytest.mark.parametrize("value", STRANGE)
async def test_nonsense_in_addresses_queries_and_headers_is_refused(world: World, value: str) -> None:
    encoded = value if value.startswith("%") else quote(value, safe="")
    bearer = {"Authorization": f"Bearer {world.lamps.tokens['admin']}"}
    cases = [
        ("GET", f"/api/v1/widget/{encoded}", {}),
        ("PATCH", f"/api/v1/sites/{encoded}", bearer),
        ("GET", f"/api/v1/sites/{encoded}/calling", bearer),
        ("PATCH", f"/api/v1/sites/{encoded}/calling", bearer),
        ("GET", f"/photos/{encoded}", {}),
        ("PATCH", f"/api/v1/people/{encoded}", bearer),
        ("DELETE", f"/api/v1/people/{encoded}/photo", bearer),
        ("GET", f"/docs/{encoded}", {}),
        ("GET", f"/console/{encoded}", {}),
        ("GET", f"/widget/{encoded}", {}),
        ("GET", f"/{encoded}", {}),
        ("POST", f"/telephony/voice/{encoded}/{encoded}", {}),
    ]
    async with world.http() as http:
        for method, path, headers in cases:
            body = {} if method == "PATCH" else None
            async with http.request(method, URL(world.url + path, encoded=True), json=body, headers=headers) as answer:
                text = await answer.text()
            assert 400 <= answer.status < 500 and "Traceback" not in text, (path, answer.status)
        async with http.get(URL(f"{world.url}/api/v1/sites?{encoded}={encoded}&a[$ne]=1", encoded=True)) as answer:
            assert answer.status == 401


@pytest.mark.parametrize("value", [b"\xff", b"\xc3\x28", b'{"$gt":""}', b"\xed\xa0\x80", b"a" * 4000, "é".encode()])
async def test_bytes_that_are_no_text_in_a_header_are_no_session(world: World, value: bytes) -> None:
    host, port = world.url.removeprefix("http://").split(":")

    async def answered(*headers: bytes, path: bytes = b"/api/v1/session") -> bytes:
        reader, writer = await asyncio.open_connection(host, int(port))
        head = b"\r\n".join((b"GET " + path + b" HTTP/1.1", b"Host: x", b"Connection: close", *headers))
        writer.write(head + b"\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        return answer

    for header in (b"Authorization: Bearer " + value, b"Cookie: ringback_session=" + value):
        answer = await answered(header)
        assert answer.startswith((b"HTTP/1.1 401", b"HTTP/1.1 400")), answer
    for name in (b"Origin: ", b"X-Forwarded-For: ", b"User-Agent: ", b"Content-Type: "):
        assert (await answered(name + value, path=b"/health")).startswith((b"HTTP/1.1 200", b"HTTP/1.1 400"))
