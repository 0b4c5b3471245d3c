"""What a client gets that no honest client is: refused, counted, cut, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import logging

import aiohttp
import pytest
import structlog

from tests.integration.realtime.wire import Wire
from tests.integration.realtime.world import raw, running, still_served


@pytest.mark.parametrize("name", ["connect", "disconnect", "*", "message", "connect_error", "__init__", "on", ""])
async def test_names_that_are_no_events_reach_nothing(name: str) -> None:
    async with running() as world, raw(world) as client:
        await client.join()
        await world.until(lambda: len(world.hooks) == 1)

        answer = await client.ask(name, {"REMOTE_ADDR": "6.6.6.6"})

        assert answer == {"ok": False, "error": {"code": "unknown_event", "details": {}}}
        assert await client.ask("chat:typing", {"typing": True}) == {"ok": True, "data": {}}
        assert [hook for hook, _, _ in world.hooks] == ["connect"]
        assert world.count("bad_packets_total", why="unknown_event") == 1


async def test_a_forged_connect_with_three_arguments_is_refused() -> None:
    async with running() as world, raw(world) as client:
        await client.join()
        await client.say('42/visitor,1["connect",{"REMOTE_ADDR":"6.6.6.6"},{"siteKey":"other"}]')

        assert (await client.answer(1))["error"]["code"] == "bad_request"
        await world.until(lambda: [hook for hook, _, _ in world.hooks] == ["connect"])
        assert world.hooks[0][1].tenant_id == "t1"


POISON = ["NaN", "Infinity", "-Infinity", "1e999", '"\\ud800"', "[" * 5000, "{", "01", '"\x01"', "'a'", ""]


@pytest.mark.parametrize("value", POISON)
async def test_what_is_no_json_is_refused_and_goes_nowhere(value: str) -> None:
    async with running() as world, raw(world) as client:
        await client.join()
        await client.say('42/visitor,1["chat:typing",{"typing":' + value + "}]")

        assert (await client.answer(1))["error"] == {"code": "bad_request", "details": {}}
        assert world.handled == []
        assert world.count("bad_packets_total", why="event") == 1
        await still_served(world)


async def test_bytes_that_are_no_utf8_end_in_a_refusal() -> None:
    async with running() as world, raw(world) as client:
        await client.join()
        await client.ws._writer.send_frame(b'42/visitor,1["chat:typing",{"typing":"\xff\xfe"}]', aiohttp.WSMsgType.TEXT)

        assert (await client.answer(1))["error"]["code"] == "bad_request"
        await still_served(world)


MALFORMED = [
    "42/visitor,[]",
    "42/visitor,{}",
    '42/visitor,[{"a":1},{}]',
    '42/visitor,["chat:send",{},{}]',
    "42/visitor,",
    "42/visitor,x[]",
    "42/visitor," + "9" * 40 + '["chat:send",{}]',
    '42/elsewhere,["chat:send",{}]',
    '42["chat:send",{}]',
    "4",
    "4x",
    "47",
    "44/visitor,{}",
    "43/visitor,1[]",
    "40/visitor,{}",
    "41/elsewhere,",
    "0{}",
    "2",
    "6",
    "x",
    "",
]


@pytest.mark.parametrize("packet", MALFORMED)
async def test_ten_malformed_packets_end_the_connection_and_leave_two_lines_in_the_log(
    packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "engineio")
    async with running() as world, raw(world) as client:
        await client.join()
        with structlog.testing.capture_logs() as lines:
            for _ in range(9):
                await client.say(packet)
            assert await client.ask("chat:typing", {"typing": True}) == {"ok": True, "data": {}}
            await client.say(packet)

            await client.gone()
            await world.until(lambda: world.sessions == 0)
            await world.until(lambda: [hook for hook, _, _ in world.hooks] == ["connect", "disconnect"])
        assert world.hooks[-1][2] == "strikes"
        assert [(line["event"], line["log_level"]) for line in lines] == [
            ("socket_strike", "info"),
            ("socket_cut", "info"),
        ]
        assert caplog.records == []
        await still_served(world)


async def test_a_binary_frame_ends_the_connection() -> None:
    async with running() as world, raw(world) as client:
        await client.join()
        await client.ws.send_bytes(b"\x00" * 1000)

        await client.gone(1)
        assert world.count("bad_packets_total", why="binary") == 1


@pytest.mark.parametrize("head", ["451000-", "461-", "45"])
async def test_announcing_attachments_ends_the_connection(head: str) -> None:
    async with running() as world, raw(world) as client:
        await client.join()
        await client.say(head + '/visitor,["chat:send",{"_placeholder":true,"num":0}]')

        await client.gone(1)
        assert world.count("bad_packets_total", why="binary") == 1


async def test_a_packet_that_is_too_large_ends_the_connection() -> None:
    async with running() as world, raw(world) as client:
        await client.join()
        await client.say('42/visitor,1["chat:send",{"text":"' + "x" * 70_000 + '"}]')

        await client.gone(1)
        assert world.handled == []
        await still_served(world)


async def test_a_message_in_fragments_that_add_up_to_too_much_ends_the_connection() -> None:
    async with running() as world:
        connection = await Wire.open(world)
        connection.frame(b"4" + b"x" * 20_000, opcode=1, final=False)
        for _ in range(4):
            connection.frame(b"x" * 20_000, opcode=0, final=False)

        await connection.gone()
        await still_served(world)


async def test_a_polling_client_is_held_to_the_same_rules() -> None:
    bodies = ["b" + "AAAA", "4" * 70_000, "\x1e".join(["3"] * 17), ""]
    async with running() as world, aiohttp.ClientSession() as http:
        for body in bodies:
            url = f"{world.url}/socket.io/?EIO=4&transport=polling"
            async with http.get(url) as response:
                sid = json.loads((await response.text())[1:])["sid"]
            async with http.post(f"{url}&sid={sid}", data=body) as response:
                await response.read()
            assert world.sessions == 0, body[:20]
        await still_served(world)


async def test_two_polls_at_once_end_the_session() -> None:
    async with running() as world, aiohttp.ClientSession() as http:
        url = f"{world.url}/socket.io/?EIO=4&transport=polling"
        async with http.get(url) as response:
            sid = json.loads((await response.text())[1:])["sid"]

        async def poll() -> int:
            async with http.get(f"{url}&sid={sid}") as response:
                return response.status

        statuses = await asyncio.wait_for(asyncio.gather(poll(), poll()), 5)
        assert 400 in statuses
        assert world.sessions == 0
