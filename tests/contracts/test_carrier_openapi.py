"""The local carrier's answers against Twilio's own description of its API and its TwiML."""

from __future__ import annotations

import json
import os
import re
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from server.carrier.twiml import ATTRIBUTES, CHILDREN
from tests.integration.carrier.world import ANNA, BORIS, CALLER, SID, TOKEN, World, world

DATA = os.environ.get("RINGBACK_CONTRACT_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="RINGBACK_CONTRACT_DATA names no folder with Twilio's descriptions")
BASE = f"/2010-04-01/Accounts/{SID}"
formats = FormatChecker()


@formats.checks("date-time-rfc-2822", raises=(ValueError, TypeError))
def is_rfc_2822(value: object) -> bool:
    return not isinstance(value, str) or parsedate_to_datetime(value) is not None


def load(name: str) -> dict[str, Any]:
    assert DATA
    read: dict[str, Any] = json.loads((Path(DATA) / name).read_text(encoding="utf-8"))
    return read


def as_json_schema(node: Any) -> Any:
    """Turn OpenAPI 3.0's `nullable` into JSON Schema's list of types."""
    if isinstance(node, list):
        return [as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: as_json_schema(value) for key, value in node.items() if key != "nullable"}
    if node.get("nullable") and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    return made


class Description:
    """Twilio's OpenAPI, asked by path and method."""

    def __init__(self) -> None:
        raw = load("twilio_api_v2010.openapi.json")
        self._paths = [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path) for path in raw["paths"]]
        self._raw = raw
        self._components = {"components": as_json_schema(raw["components"])}

    def problems(self, method: str, path: str, status: int, body: Any) -> list[str]:
        known = [name for pattern, name in self._paths if pattern.match(path.partition("?")[0])]
        name = min(known, key=lambda each: each.count("{"))
        answers = self._raw["paths"][name][method.lower()]["responses"]
        if str(status) not in answers:
            return [f"{status} is not in {list(answers)}"]
        content = answers[str(status)].get("content")
        if not content:
            return [] if body is None else ["there should be no body"]
        schema = {**self._components, **as_json_schema(content["application/json"]["schema"])}
        found = Draft202012Validator(schema, format_checker=formats).iter_errors(body)
        return [f"{method} {path}: {each.json_path} {each.message}" for each in found]


async def ask(carrier: World, method: str, path: str, **form: Any) -> tuple[int, Any]:
    url = carrier.url + path
    async with carrier.http.request(method, url, data=form or None, auth=aiohttp.BasicAuth(SID, TOKEN)) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text else None


@needs_data
async def test_every_answer_is_one_that_twilio_could_have_given() -> None:
    description = Description()
    problems: list[str] = []
    async with world() as carrier:

        async def check(method: str, path: str, **form: Any) -> Any:
            status, body = await ask(carrier, method, BASE + path, **form)
            problems.extend(description.problems(method, BASE + path, status, body))
            return body

        url = carrier.customer.url
        carrier.customer.twiml["/voice"] = "<Dial><Conference>room</Conference></Dial>"
        for number in (ANNA, BORIS):
            await carrier.script(number, {"wait": 1}, {"answer": True})
        first = await check("POST", "/Calls.json", To=ANNA, From=CALLER, Url=f"{url}/voice")
        second = await check("POST", "/Calls.json", To=BORIS, From=CALLER, Url=f"{url}/voice")
        await carrier.until(lambda: any(room.status == "in-progress" for room in carrier.carrier.rooms.all()))
        room = carrier.carrier.rooms.all()[0].sid
        call = f"/Calls/{first['sid']}"
        people = f"/Conferences/{room}/Participants"

        recording = await check("POST", f"{call}/Recordings.json", RecordingChannels="dual")
        for path in (
            f"{call}.json",
            "/Calls.json?PageSize=1",
            f"/Conferences/{room}.json",
            "/Conferences.json",
            f"{people}.json",
            f"{people}/{first['sid']}.json",
            f"{call}/Recordings.json",
            f"{call}/Recordings/{recording['sid']}.json",
            "/Balance.json",
        ):
            await check("GET", path)
        await check("POST", f"{call}/Recordings/{recording['sid']}.json", Status="paused")
        await check("POST", f"{people}/{second['sid']}.json", Hold="true", Muted="true")
        await check("POST", f"{people}.json", From=CALLER, To="+15551230003", Label="third")
        await check("DELETE", f"{people}/{second['sid']}.json")
        await check("POST", f"/Conferences/{room}.json", Status="completed")
        await carrier.over(first["sid"])
        await carrier.until(lambda: carrier.carrier.recorder.all[recording["sid"]].status == "completed")
        await carrier.until(lambda: carrier.carrier.legs[first["sid"]].call.price is not None)
        message = await check("POST", "/Messages.json", To=ANNA, From=CALLER, Body="Hello")
        for path in (
            f"{call}.json",
            f"/Conferences/{room}.json",
            "/Recordings.json",
            f"/Recordings/{recording['sid']}.json",
            "/Messages.json",
            f"/Messages/{message['sid']}.json",
        ):
            await check("GET", path)
        await check("DELETE", f"/Recordings/{recording['sid']}.json")
        await check("DELETE", f"/Messages/{message['sid']}.json")
        await check("DELETE", f"{call}.json")

    assert problems == []


@needs_data
def test_the_carrier_knows_no_twiml_that_twilio_does_not() -> None:
    grammar = load("twiml_grammar.json")
    messaging = {"Message"}  # of messaging TwiML, which this grammar of voice leaves out
    for parent, children in CHILDREN.items():
        assert children - messaging <= set(grammar[parent]), parent
        for child in children - messaging:
            assert set(ATTRIBUTES[child]) <= set(grammar[parent][child]), (parent, child)
