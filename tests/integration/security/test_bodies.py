"""Requests whose bodies are not what their headers say."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from tests.integration.security.world import World

SESSION, LEG = "/api/v1/session", "/telephony/voice/leg-1/token-1"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
SIGNED = "X-Twilio-Signature: c2lnbmF0dXJl"
BODY = b'{"email":"needle@a.example","password":"needle-wrong"}'

CASES: list[tuple[str, list[str], bytes]] = [
    (SESSION, [f"Content-Type: {JSON}", "Content-Encoding: gzip"], b"not gzip at all"),
    (SESSION, [f"Content-Type: {JSON}", "Content-Encoding: deflate"], b"\x00\x01\x02"),
    (SESSION, [f"Content-Type: {JSON}", "Content-Encoding: br"], b"\x00\x01\x02"),
    (SESSION, [f"Content-Type: {JSON}", "Content-Encoding: gzip"], gzip.compress(b" " * 50_000_000)),
    (SESSION, [f"Content-Type: {JSON}", "Content-Encoding: gzip"], gzip.compress(BODY)[:-5]),
    (SESSION, [f"Content-Type: {JSON}; charset=no-such"], b"{"),
    (SESSION, [f"Content-Type: {JSON}; charset=utf-16"], BODY.decode().encode("utf-16")),
    (SESSION, ["Content-Type: /"], b"{}"),
    (SESSION, ["Content-Type: application/json/json;;;=" + "x" * 500], b"{}"),
    (SESSION, [f"Content-Type: {JSON}"], b"\xef\xbb\xbf{}"),
    (SESSION, [f"Content-Type: {JSON}"], b"\xff\xfe{}"),
    (SESSION, [f"Content-Type: {JSON}", "Expect: the-unexpected"], b"{}"),
    (LEG, [f"Content-Type: {FORM}"], b"CallSid=CA1"),
    (LEG, [f"Content-Type: {FORM}", SIGNED], b"CallSid=CA1"),
    (LEG, [f"Content-Type: {FORM}", "X-Twilio-Signature: \xff\xe9"], b"CallSid=CA1"),
    (LEG, [f"Content-Type: {FORM}; charset=no-such", SIGNED], b"CallSid=CA1"),
    (LEG, [f"Content-Type: {FORM}; charset=utf-16", SIGNED], b"\xd8\x00"),
    (LEG, [f"Content-Type: {FORM}", SIGNED], b"\xff\xfe=%ff%00&=&&;&a=1&a=2"),
    (LEG, [f"Content-Type: {FORM}", SIGNED], b"a=1&" * 30_000),
    (LEG, [f"Content-Type: {FORM}", "Content-Encoding: gzip", SIGNED], b"not gzip"),
    (LEG, ["Content-Type: multipart/form-data", SIGNED], b"--x\r\n\r\n"),
    (LEG, ["Content-Type: multipart/form-data; boundary=x", SIGNED], b"--y\r\nno part"),
    (
        LEG,
        ["Content-Type: multipart/form-data; boundary=x", SIGNED],
        b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--",
    ),
    (
        LEG,
        ["Content-Type: multipart/form-data; boundary=x", SIGNED],
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="../a"\r\n\r\na\r\n--x--',
    ),
    (
        LEG,
        ["Content-Type: multipart/form-data; boundary=x", SIGNED],
        b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--',
    ),
    (LEG, ["Content-Type: multipart/form-data; boundary=" + "x" * 200, SIGNED], b"--x"),
    (LEG, [f"Content-Type: {JSON}", SIGNED], b'{"CallSid":{"$gt":""}}'),
    ("/socket.io/?EIO=4&transport=polling&sid=nobody", ["Content-Type: text/plain"], b"40"),
    ("/socket.io/?EIO=3&transport=polling", ["Content-Type: text/plain"], b"\xff"),
    ("/socket.io/?EIO=4&transport=carrier-pigeon", ["Content-Type: text/plain"], b"\xff"),
    ("/socket.io/", ["Content-Type: text/plain"], b""),
]


async def _post(world: World, path: str, headers: list[str], body: bytes, *, length: int | None = None) -> bytes:
    host, port = world.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    size = len(body) if length is None else length
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Connection: close", f"Content-Length: {size}", *headers]
    writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
    if length is not None:
        writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


@pytest.mark.parametrize("case", range(len(CASES)))
async def test_a_body_that_is_not_what_it_says_is_refused_like_any_other(world: World, case: int) -> None:
    path, headers, body = CASES[case]
    before, lines = await world.documents(), len(world.log_lines())

    answer = await _post(world, path, headers, body)

    assert answer.split()[1].startswith(b"4"), answer[:300]
    assert b"Traceback" not in answer
    assert "Traceback" not in "".join(world.log_lines()[lines:])
    assert await world.documents() == before


async def test_a_body_that_stops_half_way_leaves_nothing(world: World) -> None:
    before = await world.documents()
    for path, kind in ((SESSION, JSON), (LEG, FORM)):
        await _post(world, path, [f"Content-Type: {kind}", SIGNED], BODY, length=5_000)
    async with world.http() as http, http.get("/health") as answer:
        assert answer.status == 200
    assert "Traceback" not in "".join(world.log_lines())
    assert await world.documents() == before
