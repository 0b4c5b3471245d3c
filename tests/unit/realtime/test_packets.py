"""The bytes of the wire."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.realtime import packets


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (b'42/visitor,17["chat:send",{}]', (b"/visitor", b"17", b'["chat:send",{}]')),
        (b'42["x"]', (b"/", b"", b'["x"]')),
        (b"40/visitor,", (b"/visitor", b"", b"")),
        (b"41/visitor", (b"/visitor", b"", b"")),
        (b'40/visitor,{"a":"/b,c"}', (b"/visitor", b"", b'{"a":"/b,c"}')),
        (b"4", (b"/", b"", b"")),
    ],
)
def test_a_packet_comes_apart(data: bytes, parts: tuple[bytes, bytes, bytes]) -> None:
    assert packets.split(data) == parts


def test_a_number_without_end_is_no_acknowledgement() -> None:
    with pytest.raises(packets.MalformedError):
        packets.split(b"42/visitor," + b"9" * 17 + b"[]")


@given(st.binary(max_size=200))
def test_any_bytes_come_apart_or_are_malformed(data: bytes) -> None:
    try:
        _, ack, body = packets.split(b"42" + data)
        assert not ack or ack.isdigit()
        packets.loads(body)
    except packets.MalformedError:
        pass


@pytest.mark.parametrize("text", [b"NaN", b"[Infinity]", b"1e999", b'"\\ud800"', b'"\xff"', b"[" * 3000 + b"]" * 3000])
def test_what_browsers_could_not_read_is_no_json(text: bytes) -> None:
    with pytest.raises(packets.MalformedError):
        packets.loads(text)


def test_what_goes_out_is_what_the_protocol_says() -> None:
    assert packets.event("/visitor", "chat:read", {"seq": 1}) == b'42/visitor,["chat:read",{"seq":1}]'
    assert packets.event("/", "x", None) == b'42["x",null]'
    assert packets.ok(b"/visitor", b"3", {"a": 1}) == b'43/visitor,3[{"ok":true,"data":{"a":1}}]'
    assert (
        packets.failed(b"/console", b"9", "not_found", {})
        == b'43/console,9[{"ok":false,"error":{"code":"not_found","details":{}}}]'
    )
    assert packets.joined(b"/visitor", "s") == b'40/visitor,{"sid":"s"}'
    assert packets.left(b"/visitor") == b"41/visitor,"
    refused = packets.refused(b"/visitor", "draining", {})
    assert json.loads(refused[len(b"44/visitor,") :]) == {
        "message": "draining",
        "data": {"code": "draining", "details": {}},
    }


def test_nothing_that_browsers_could_not_read_goes_out() -> None:
    with pytest.raises(TypeError):
        packets.event("/visitor", "x", {"a": "\ud800"})
    assert orjson.loads(packets.event("/visitor", "x", {"a": float("nan")})[len(b"42/visitor,") :]) == [
        "x",
        {"a": None},
    ]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 200_000])
def test_a_frame_says_its_length(size: int) -> None:
    frame = packets.frame(b"x" * size)

    assert frame[0] == 0x81
    assert frame.endswith(b"x" * size)
    if size < 126:
        assert (frame[1], len(frame)) == (size, size + 2)
    elif size < 65536:
        assert (frame[1], int.from_bytes(frame[2:4]), len(frame)) == (126, size, size + 4)
    else:
        assert (frame[1], int.from_bytes(frame[2:10]), len(frame)) == (127, size, size + 10)
