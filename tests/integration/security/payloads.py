"""One complete, honest request for every event and every route with a body, and the places where a value stands in it.

A new event, route or field without its line here fails `test_requests_are_complete`.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

from server.contracts.registry import Contracts
from tests.integration.security.world import NEEDLE, Shop

Path = tuple[str | int, ...]
_numbers = itertools.count(1)
ANY = "any"
"""Stands for a name in an object whose names are free."""


def client_id() -> str:
    return f"client-{next(_numbers):08d}"


def _page(shop: Shop) -> dict[str, Any]:
    return {"url": f"{shop.origin}/a", "title": f"{NEEDLE} lamp", "referrer": "https://search.example/"}


def _words(text: str = NEEDLE) -> dict[str, str]:
    return {locale: f"{text} {locale}" for locale in ("en", "ru", "ro")}


def _survey() -> dict[str, Any]:
    question = {
        "id": "q1",
        "kind": "one",
        "text": _words(),
        "required": True,
        "options": [{"id": "a", "text": _words(), "freeText": True}, {"id": "b", "text": _words(), "freeText": False}],
        "branches": [{"optionId": "a", "fromScore": 0, "toScore": 1, "next": "end"}],
        "next": "contact",
    }
    contact = {"ask": "either", "text": _words(), "consentText": _words(), "required": False}
    return {"locales": ["en"], "questions": [question], "contact": contact, "thanks": _words()}


def _conversation(shop: Shop) -> dict[str, Any]:
    return {"conversationId": shop.conversation_id}


EVENTS: dict[str, Callable[[Shop], dict[str, Any]]] = {
    "/visitor visit:start": lambda shop: {
        "page": _page(shop),
        "attribution": {
            "source": "a",
            "medium": "b",
            "campaign": "c",
            "term": "d",
            "content": "e",
            "referrer": "https://search.example/",
            "landingUrl": f"{shop.origin}/",
        },
    },
    "/visitor visit:page": lambda shop: {"page": _page(shop)},
    "/visitor visit:signal": lambda shop: {
        "kind": "event",
        "value": 1,
        "page": _page(shop),
        "name": "cart_added",
        "data": {},
    },
    "/visitor invitation:outcome": lambda shop: {"impressionId": "no-such-impression", "outcome": "shown"},
    "/visitor chat:send": lambda _: {"clientMessageId": client_id(), "text": f"{NEEDLE} hello", "fileIds": []},
    "/visitor chat:sync": lambda shop: {"afterSeq": 0, **_conversation(shop)},
    "/visitor chat:typing": lambda _: {"typing": True},
    "/visitor chat:read": lambda _: {"seq": 1, "kind": "read"},
    "/visitor callback:request": lambda _: {
        "clientRequestId": client_id(),
        "phone": "069 212 349",
        "region": "MD",
        "via": "phone",
        "name": f"{NEEDLE} Anna",
        "topic": f"{NEEDLE} delivery",
        "departmentId": "no-such-department",
        "atMs": 1,
        "consent": {"recording": True},
        "fromConversation": True,
    },
    "/visitor callback:cancel": lambda shop: {"callbackId": shop.callback_id},
    "/visitor survey:answer": lambda _: {
        "surveyId": "no-such-survey",
        "version": 1,
        "runId": client_id(),
        "answers": {ANY: {"choices": ["a"], "text": f"{NEEDLE} because", "score": 1}},
        "contact": {"email": f"{NEEDLE}@a.example", "phone": "069 212 349", "region": "MD", "consent": True},
        "done": True,
    },
    "/console presence:set": lambda _: {"status": "available"},
    "/console people:list": lambda _: {},
    "/console inbox:list": lambda _: {},
    "/console chat:claim": _conversation,
    "/console chat:send": lambda shop: {
        **_conversation(shop),
        "clientMessageId": client_id(),
        "text": f"{NEEDLE} answer",
        "note": True,
    },
    "/console chat:sync": lambda shop: {"afterSeq": 0, **_conversation(shop)},
    "/console chat:typing": lambda shop: {**_conversation(shop), "typing": True},
    "/console chat:read": lambda shop: {**_conversation(shop), "seq": 1, "kind": "read"},
    "/console chat:transfer": lambda shop: {**_conversation(shop), "toPersonId": shop.people["consultant"]},
    "/console chat:requeue": lambda shop: {**_conversation(shop), "departmentId": None},
    "/console chat:close": _conversation,
    "/console call:start": lambda shop: {
        **_conversation(shop),
        "clientRequestId": client_id(),
        "phone": "069 212 348",
    },
    "/console call:control": lambda shop: {"callbackId": shop.callback_id, "action": "cancel"},
    "/console callbacks:list": lambda _: {},
    "/console visitors:list": lambda _: {},
}


def _rule() -> dict[str, Any]:
    return {
        "name": f"{NEEDLE} rule",
        "condition": {
            "kind": "all",
            "conditions": [
                {"kind": "url", "op": "starts", "value": "/a"},
                {"kind": "not", "condition": {"kind": "hours"}},
            ],
        },
        "action": {"kind": "link", "url": "https://shop.example/next"},
        "texts": [{"locale": "en", "title": "Hello", "text": "May I help with {page|this}?", "button": "Yes"}],
        "invitee": "team",
        "priority": 1,
        "caps": {"perVisit": 1, "perDay": 1, "perVisitor": 1},
        "schedule": {"fromAtMs": 1, "untilAtMs": 4102444800000},
        "samplePercent": 50,
    }


BODIES: dict[str, Callable[[Shop], dict[str, Any]]] = {
    "POST /api/v1/session": lambda shop: {"email": shop.email("nobody"), "password": f"{NEEDLE} not this one"},
    "POST /api/v1/sites": lambda shop: {
        "name": f"{NEEDLE} site",
        "origins": [f"https://more.{shop.name}.example"],
        "defaultLocale": "ro",
        "country": "MD",
    },
    "PATCH /api/v1/sites/{siteId}": lambda shop: {"name": shop.name.title(), "origins": [shop.origin]},
    "PUT /api/v1/sites/{siteId}/appearance": lambda _: {
        "version": 1,
        "appearance": {
            "color": "#0055aa",
            "corner": "bottom-end",
            "desktop": {"x": 20, "y": 20},
            "phone": {"x": 20, "y": 20},
            "theme": "auto",
            "quiet": False,
            "locales": ["en"],
            "defaultLocale": "en",
            "country": "MD",
            "privacyUrl": "https://shop.example/privacy",
            "texts": {
                locale: dict.fromkeys(("launcher", "title", "greeting", "offline", "callback"), NEEDLE)
                for locale in ("en", "ru", "ro")
            },
        },
    },
    "PATCH /api/v1/sites/{siteId}/calling": lambda _: {
        "order": "consultant_first",
        "offer": "sequential",
        "recording": "off",
        "visitorVoicemail": "hang_up",
        "offerS": 20,
        "acceptS": 10,
        "visitorS": 30,
        "retryDelaysS": [86_400],
        "callableRegions": ["MD"],
        "dailyCap": {"amountMinor": 1000, "currency": "USD"},
        "monthlyCap": {"amountMinor": 10_000, "currency": "USD"},
        "hours": {
            "timeZone": "Europe/Chisinau",
            "weekly": [{"day": day, "from": "00:00", "to": "24:00"} for day in range(1, 8)],
            "closedDates": ["2020-01-01"],
            "exceptions": [{"date": "2020-01-02", "name": NEEDLE, "open": [{"from": "10:00", "to": "12:00"}]}],
        },
        "offHours": "schedule",
    },
    "POST /api/v1/sites/{siteId}/hours/preview": lambda _: {
        "hours": {
            "timeZone": "Europe/Chisinau",
            "weekly": [{"day": 1, "from": "22:00", "to": "02:00"}],
            "closedDates": ["2020-01-01"],
            "exceptions": [{"date": "2020-01-02", "name": NEEDLE, "open": [{"from": "10:00", "to": "12:00"}]}],
        },
    },
    "POST /api/v1/sites/{siteId}/rules": lambda _: {"rule": _rule()},
    "PUT /api/v1/rules/{ruleId}": lambda _: {"rule": _rule(), "version": 1},
    "POST /api/v1/rules/{ruleId}/publish": lambda _: {"version": 1},
    "POST /api/v1/rules/{ruleId}/disable": lambda _: {"version": 1},
    "POST /api/v1/sites/{siteId}/rules/preview": lambda shop: {
        "rule": _rule(),
        "facts": {"page": _page(shop), "timeS": 1, "events": [{"name": "a", "data": [{"name": "b", "value": "c"}]}]},
    },
    "PUT /api/v1/sites/{siteId}/rules/budget": lambda _: {
        "enabled": True,
        "perVisit": 1,
        "perDay": 2,
        "perVisitor": 10,
    },
}


def _department() -> dict[str, Any]:
    return {"names": _words(), "shown": False, "fallThrough": True, "memberIds": ["no-such-person"]}


BODIES |= {
    "PUT /api/v1/session/password": lambda _: {"oldPassword": f"{NEEDLE} not it", "newPassword": f"{NEEDLE} another"},
    "POST /api/v1/people": lambda _: {
        "name": f"{NEEDLE} Dora",
        "email": f"{NEEDLE}-{client_id()}@lamps.example",
        "role": "marketer",
        "phone": "069 212 347",
        "locale": "ro",
        "departmentIds": ["no-such-department"],
        "password": f"{NEEDLE} first one",
    },
    "PUT /api/v1/people/order": lambda shop: {"personIds": [shop.people["consultant"]]},
    "PATCH /api/v1/people/{personId}": lambda _: {
        "revision": 1,
        "name": f"{NEEDLE} Dora",
        "email": f"{NEEDLE}-{client_id()}@lamps.example",
        "role": "marketer",
        "phone": "069 212 347",
        "locale": "ro",
        "departmentIds": ["no-such-department"],
    },
    "POST /api/v1/people/{personId}/deactivate": lambda _: {"revision": 1},
    "POST /api/v1/people/{personId}/reactivate": lambda _: {"revision": 1},
    "PUT /api/v1/people/{personId}/password": lambda _: {"password": f"{NEEDLE} another"},
    "POST /api/v1/departments": lambda shop: {**_department(), "memberIds": [shop.people["consultant"]]},
    "PUT /api/v1/departments/{departmentId}": lambda _: {"version": 1, "department": _department()},
    "PUT /api/v1/people/{personId}/photo": lambda _: {"image": "iVBORw0KGgo="},
}
RULES = {
    "POST /api/v1/sites/{siteId}/rules",
    "PUT /api/v1/rules/{ruleId}",
    "POST /api/v1/sites/{siteId}/rules/preview",
}
"""Routes whose body holds a rule: what is wrong inside it is rule_invalid."""

AUTHS: dict[str, Callable[[Shop], dict[str, Any]]] = {
    "/visitor": lambda shop: {
        "protocol": 1,
        "siteKey": shop.site_key,
        "token": shop.visitor_token,
        "tabId": "tab-1",
        "locale": "en",
        "timeZone": "Europe/Chisinau",
        "version": "0.1.0",
    },
    "/console": lambda shop: {"protocol": 1, "token": shop.tokens["consultant"]},
}


BODIES |= {
    "POST /api/v1/blocks": lambda _: {"kind": "network", "value": "198.51.100.7", "reason": NEEDLE, "lastsS": 3600},
    "POST /api/v1/surveys": lambda shop: {
        "siteId": shop.site_id,
        "name": NEEDLE,
        "template": "blank",
        "content": _survey(),
    },
    "PUT /api/v1/surveys/{surveyId}": lambda _: {"version": 1, "name": NEEDLE, "content": _survey()},
    "POST /api/v1/surveys/{surveyId}/publish": lambda _: {"version": 1},
    "POST /api/v1/surveys/{surveyId}/close": lambda _: {"version": 1},
    "PATCH /api/v1/retention": lambda _: {
        f"{kind}Days": 3650 for kind in ("visits", "conversations", "callbacks", "surveys", "invitations")
    },
}


def split(key: str) -> tuple[str, str]:
    """Return the namespace and the event, or the method and the path, of a key of the policy."""
    first, _, second = key.partition(" ")
    return first, second


def address(path: str) -> str:
    """Return the path of a route with something nobody has in every place that is not filled yet."""
    return re.sub(r"\{\w+\}", "no-such-thing", path)


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Give where a single value stands; an empty list or object counts as one."""
    if isinstance(value, dict) and (value or not path):
        for name, part in value.items():
            yield from places(part, (*path, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))
    else:
        yield path


def with_value(payload: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """Return a copy of `payload` with another value at `path`."""
    changed = copy.deepcopy(payload)
    spot: Any = changed
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    return changed


def schema_places(contracts: Contracts, shape: str) -> set[Path]:
    """Return where the contract `shape` has single values."""
    home = next(name for name, content in contracts.files.items() if shape in content["$defs"])
    return set(_schema_places(contracts, home, contracts.shapes[shape], ()))


def _schema_places(contracts: Contracts, home: str, schema: dict[str, Any], path: Path) -> Iterator[Path]:
    if "$ref" in schema:
        name, _, pointer = schema["$ref"].partition("#/")
        found: Any = contracts.files[name or home]
        for step in pointer.split("/"):
            found = found[step]
        yield from _schema_places(contracts, name or home, found, path)
    elif "oneOf" in schema:
        for part in schema["oneOf"]:
            if part != {"type": "null"}:
                yield from _schema_places(contracts, home, part, path)
    elif "properties" in schema:
        for name, part in schema["properties"].items():
            yield from _schema_places(contracts, home, part, (*path, name))
    elif isinstance(schema.get("additionalProperties"), dict):
        yield from _schema_places(contracts, home, schema["additionalProperties"], (*path, ANY))
    elif "items" in schema and schema.get("maxItems") != 0:
        yield from _schema_places(contracts, home, schema["items"], (*path, 0))
    else:
        yield path
