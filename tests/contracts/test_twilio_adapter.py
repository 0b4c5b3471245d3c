"""Our use of the twilio SDK, against a server that answers as the carrier can: once, slowly, wrongly, not at all."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port
from twilio.request_validator import RequestValidator

from server.callback import carrier_api
from server.callback.carrier_api import TwilioCarrier
from server.callback.ports import CarrierRefused, NewCall, UnknownOutcome

SID, TOKEN, FROM = "AC" + "12" * 16, "12345", "+15550000000"
CALL = {"sid": "CA" + "0" * 32, "status": "queued", "account_sid": SID, "duration": None}
NEW = NewCall("+37369123456", "https://us.example/voice#rc=2", "https://us.example/status#rc=2", 20, 3600)

# twilio-python's own published vectors (carrier-facts 1.6): token 12345.
VECTORS = [
    ("https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("https://mycompany.com:1234/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
]
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Api:
    """What the server heard, and how it answers next."""

    answer: Answer
    requests: list[tuple[str, str, list[tuple[str, str]], dict[str, str]]] = field(default_factory=list)
    url: str = ""


@asynccontextmanager
async def an_api(answer: Answer, prefix: str = "") -> AsyncIterator[tuple[Api, TwilioCarrier]]:
    api = Api(answer)

    async def handle(request: web.Request) -> web.StreamResponse:
        form = [(name, str(value)) for name, value in (await request.post()).items()]
        api.requests.append((request.method, request.path_qs, form, dict(request.headers)))
        return await api.answer(request)

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}{prefix}"
    carrier = TwilioCarrier(api.url, SID, TOKEN, FROM)
    yield api, carrier
    await carrier.close()
    await runner.cleanup()


def says(body: Any, status: int = 200) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=status)

    return answer


async def test_a_call_is_asked_for_once_with_everything_it_needs() -> None:
    async with an_api(says(CALL, 201)) as (api, carrier):
        assert await carrier.create_call(NEW) == CALL["sid"]

    ((method, path, form, headers),) = api.requests
    assert (method, path) == ("POST", f"/2010-04-01/Accounts/{SID}/Calls.json")
    assert headers["Authorization"] == "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
    sent = dict(form)
    assert (sent["To"], sent["From"], sent["Timeout"], sent["TimeLimit"]) == (NEW.to, FROM, "20", "3600")
    assert (sent["Url"], sent["Method"], sent["FallbackUrl"]) == (NEW.voice_url, "POST", NEW.voice_url)
    assert [value for name, value in form if name == "StatusCallbackEvent"] == [
        "initiated",
        "ringing",
        "answered",
        "completed",
    ]
    assert "MachineDetection" not in sent


async def test_machine_detection_never_holds_up_the_call() -> None:
    async with an_api(says(CALL, 201)) as (api, carrier):
        asked = NewCall(
            NEW.to, NEW.voice_url, NEW.status_url, 20, 3600, "DetectMessageEnd", "https://us.example/amd#rc=2"
        )
        await carrier.create_call(asked)
    sent = dict(api.requests[0][2])
    assert (sent["MachineDetection"], sent["AsyncAmd"]) == ("DetectMessageEnd", "true")
    assert sent["AsyncAmdStatusCallback"] == "https://us.example/amd#rc=2"


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_after_a_5xx_nobody_knows_and_nothing_is_sent_again(status: int) -> None:
    async with an_api(says({"code": 20500, "message": "x", "status": status}, status)) as (api, carrier):
        with pytest.raises(UnknownOutcome):
            await carrier.create_call(NEW)
    assert len(api.requests) == 1


@pytest.mark.parametrize(("status", "code"), [(400, 21211), (401, 20003), (403, 21215), (429, 20429)])
async def test_a_4xx_is_a_definite_no(status: int, code: int) -> None:
    async with an_api(says({"code": code, "message": "x", "status": status}, status)) as (api, carrier):
        with pytest.raises(CarrierRefused) as refused:
            await carrier.create_call(NEW)
    assert (refused.value.code, refused.value.status, refused.value.is_busy) == (code, status, status == 429)
    assert len(api.requests) == 1


async def test_a_broken_connection_is_an_unknown_outcome() -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async with an_api(broken) as (api, carrier):
        with pytest.raises(UnknownOutcome):
            await carrier.create_call(NEW)
    assert len(api.requests) == 1


async def test_nobody_listening_is_an_unknown_outcome() -> None:
    carrier = TwilioCarrier(f"http://127.0.0.1:{unused_port()}", SID, TOKEN, FROM)
    with pytest.raises(UnknownOutcome):
        await carrier.create_call(NEW)
    await carrier.close()


async def test_an_answer_that_takes_too_long_is_an_unknown_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier_api, "TOTAL_S", 0.2)
    held = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        await held.wait()
        return web.Response()

    async with an_api(slow) as (api, carrier):
        with pytest.raises(UnknownOutcome):
            await carrier.create_call(NEW)
        held.set()
    assert len(api.requests) == 1


async def test_an_answer_that_is_no_json_is_an_unknown_outcome() -> None:
    async def nonsense(request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>proxy error</html>", status=201)

    async with an_api(nonsense) as (_, carrier):
        with pytest.raises(UnknownOutcome):
            await carrier.create_call(NEW)


async def test_ending_a_call_that_is_over_is_fine() -> None:
    for answer in (
        says({"code": 21220, "message": "x", "status": 400}, 400),
        says({"code": 20404, "message": "x", "status": 404}, 404),
    ):
        async with an_api(answer) as (api, carrier):
            await carrier.end_call("CA1")
            assert await carrier.redirect_call("CA1", "https://us.example/say") is False
        assert dict(api.requests[0][2]) == {"Status": "completed"}


async def test_a_call_that_the_carrier_does_not_know_is_none() -> None:
    async with an_api(says({"code": 20404, "message": "x", "status": 404}, 404)) as (_, carrier):
        assert await carrier.fetch_call("CA1") is None


async def test_a_call_is_read_with_the_carriers_own_times() -> None:
    body = CALL | {
        "status": "completed",
        "duration": "31",
        "date_created": "Mon, 02 Mar 2026 09:00:00 +0000",
        "end_time": "Mon, 02 Mar 2026 09:01:00 +0000",
    }
    async with an_api(says(body)) as (_, carrier):
        seen = await carrier.fetch_call("CA1")
    assert seen is not None and (seen.status, seen.duration_s) == ("completed", 31)
    assert seen.ended_at is not None and seen.ended_at.isoformat() == "2026-03-02T09:01:00+00:00"


async def test_a_list_over_pages_keeps_a_base_with_a_path_once() -> None:
    pages = {
        "0": {
            "calls": [CALL],
            "next_page_uri": f"/api/laml/2010-04-01/Accounts/{SID}/Calls.json?Page=1&PageSize=50",
        },
        "1": {"calls": [CALL | {"sid": "CA" + "1" * 32}], "next_page_uri": None},
    }

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(pages[request.query.get("Page", "0")] | {"page_size": 50, "uri": "x"})

    async with an_api(answer, prefix="/api/laml") as (api, carrier):
        listed = await carrier.list_calls("+37369123456")
    assert [call.sid for call in listed] == ["CA" + "0" * 32, "CA" + "1" * 32]
    assert all(path.startswith(f"/api/laml/2010-04-01/Accounts/{SID}/Calls.json") for _, path, _, _ in api.requests)
    assert "From=%2B15550000000" in api.requests[0][1] and "To=%2B37369123456" in api.requests[0][1]


async def test_the_sdk_logs_no_phone_numbers(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with an_api(says(CALL, 201)) as (_, carrier):
            await carrier.create_call(NEW)
    assert "37369123456" not in caplog.text


@pytest.mark.parametrize(("url", "signature"), VECTORS)
def test_the_validator_agrees_with_the_published_signatures(url: str, signature: str) -> None:
    assert RequestValidator(TOKEN).validate(url, FORM, signature)
    assert not RequestValidator(TOKEN).validate(url, FORM | {"Digits": "12345"}, signature)
    assert not RequestValidator(TOKEN).validate(url + "/", FORM, signature)
