"""What a client gets that no honest client is: refused, counted, cut, and nobody else notices."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import logging
import os
import socket
import weakref
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import structlog

from server.limits import Limit
from server.realtime import SocketLimits
from server.realtime.rates import alike
from tests.integration.realtime.world import (
    CONSOLE_ORIGIN,
    OTHER_SHOP,
    SHOP,
    VISITOR_AUTH,
    World,
    raw,
    running,
)

SEND = {"clientMessageId": "00000000-1", "text": "Hello"}


async def still_served(world: World) -> None:
    """The next honest client is served."""
    async with raw(world) as client:
        assert (await client.join()).startswith("40/visitor,")
        assert await client.ask("chat:typing", {"typing": True}) == {"ok": True, "data": {}}


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


async def test_a_session_that_never_joins_is_ended() -> None:
    async with running(limits=SocketLimits(join_s=0.1)) as world, raw(world) as client:
        await client.gone(2)

        assert world.sessions == 0
        assert world.count("rejected_total", why="not_joined") == 1


async def test_a_polling_session_that_never_joins_is_ended() -> None:
    async with running(limits=SocketLimits(join_s=0.1)) as world, aiohttp.ClientSession() as http:
        async with http.get(f"{world.url}/socket.io/?EIO=4&transport=polling") as response:
            assert response.status == 200
        await world.until(lambda: world.sessions == 0)


async def test_a_polling_session_that_no_longer_polls_is_ended() -> None:
    limits = SocketLimits(ping_interval_s=0.1, ping_timeout_s=0.1)
    async with running(limits=limits) as world, aiohttp.ClientSession() as http:
        url = f"{world.url}/socket.io/?EIO=4&transport=polling"
        async with http.get(url) as response:
            sid = json.loads((await response.text())[1:])["sid"]
        async with http.post(f"{url}&sid={sid}", data="40/visitor," + json.dumps(VISITOR_AUTH)) as response:
            assert response.status == 200

        await world.until(lambda: [hook for hook, _, _ in world.hooks] == ["connect", "disconnect"])
        assert world.sessions == 0


async def test_the_reaper_ends_what_nothing_else_ended() -> None:
    now_s = 0.0
    limits = SocketLimits(reap_every_s=0.05)
    async with running(limits=limits, clock=lambda: now_s) as world, aiohttp.ClientSession() as http:
        async with http.get(f"{world.url}/socket.io/?EIO=4&transport=polling") as response:
            await response.read()
        assert world.sessions == 1
        now_s = 1000.0

        await world.until(lambda: world.sessions == 0)


async def test_a_client_that_left_every_namespace_is_ended() -> None:
    async with running(limits=SocketLimits(join_s=0.1)) as world, raw(world) as client:
        await client.join()
        joined_at = asyncio.get_running_loop().time()
        await world.until(lambda: asyncio.get_running_loop().time() > joined_at + 0.15)
        assert world.sessions == 1

        await client.say("41/visitor,")

        await client.gone(2)


async def test_a_client_that_stops_answering_pings_is_ended() -> None:
    async with running(limits=SocketLimits(ping_interval_s=0.05, ping_timeout_s=0.05)) as world, raw(world) as client:
        await client.join()
        await client.gone(2)

        await world.until(lambda: world.hooks[-1][2] == "ping timeout")


async def test_one_network_cannot_take_all_the_sockets() -> None:
    limits = SocketLimits(sockets_per_network=2)
    office = {"X-Forwarded-For": "203.0.113.9"}
    async with running(limits=limits, trusted=("127.0.0.1",)) as world:
        async with raw(world, **office), raw(world, **office):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with raw(world, **office):
                    pass
            assert refused.value.status == 429
            url = f"{world.url}/socket.io/?EIO=4&transport=polling"
            async with aiohttp.ClientSession() as http, http.get(url, headers=office) as response:
                assert (await response.json())["error"]["code"] == "rate_limited"
            await still_served(world)  # another network
        await world.until(lambda: world.sessions == 0)
        async with raw(world, **office) as client:
            assert (await client.join()).startswith("40/visitor,")


async def test_the_address_comes_from_the_proxy_and_from_nobody_else() -> None:
    async with running() as world, raw(world, **{"X-Forwarded-For": "198.51.100.7"}) as client:
        await client.join()
        await world.until(lambda: len(world.hooks) == 1)
        assert world.hooks[0][1].ip == "127.0.0.1"
    async with (
        running(trusted=("127.0.0.0/8",)) as world,
        raw(world, **{"X-Forwarded-For": "6.6.6.6, 198.51.100.7"}) as client,
    ):
        await client.join()
        await world.until(lambda: len(world.hooks) == 1)
        assert world.hooks[0][1].ip == "198.51.100.7"


@pytest.mark.parametrize("query", ["EIO=4&transport=polling&j=0", "EIO=4&transport=websocket&j=1", "j=x"])
async def test_jsonp_is_refused(query: str) -> None:
    async with running() as world, aiohttp.ClientSession() as http:
        async with http.get(f"{world.url}/socket.io/?{query}") as response:
            assert response.status == 400
            assert "___eio" not in await response.text()
        assert world.sessions == 0


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        (VISITOR_AUTH | {"protocol": 0}, "client_too_old"),
        ({"protocol": 0, "something": "else"}, "client_too_old"),
        (VISITOR_AUTH | {"siteKey": "nowhere"}, "unknown_site"),
        (VISITOR_AUTH | {"token": "forged"}, "token_invalid"),
        (VISITOR_AUTH | {"token": "crash"}, "internal_error"),
        (VISITOR_AUTH | {"siteKey": {"$ne": None}}, "bad_request"),
        (VISITOR_AUTH | {"admin": True}, "bad_request"),
        (VISITOR_AUTH | {"protocol": "1"}, "bad_request"),
        ([], "bad_request"),
        (None, "bad_request"),
    ],
)
async def test_a_join_that_is_refused_says_why(auth: Any, code: str) -> None:
    async with running() as world, raw(world) as client:
        await client.say(f"40/visitor,{json.dumps(auth)}")
        answer = await client.hear()

        assert answer.startswith("44/visitor,")
        said = json.loads(answer.removeprefix("44/visitor,"))
        assert said["message"] == said["data"]["code"] == code
        assert "secret" not in answer and "$ne" not in answer
        assert world.hooks == []
        assert (await client.join()).startswith("40/visitor,")  # the same connection may try again


async def test_a_namespace_that_does_not_exist_is_refused() -> None:
    async with running() as world, raw(world) as client:
        for namespace in ("", "/admin,", "/visitor/x,"):
            await client.say(f"40{namespace}")
            assert '"code":"not_found"' in await client.hear()
        assert world.realtime._layer.manager.rooms == {}


FOREIGN = ["https://evil.example", "null", f"{SHOP}.evil.example", f"{SHOP}:8443", "http://shop.example", OTHER_SHOP]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_page_of_another_origin_does_not_get_in(origin: str) -> None:
    async with running() as world, raw(world, Origin=origin) as client:
        answer = await client.join()

        assert '"code":"origin_not_allowed"' in answer
        assert world.hooks == []


async def test_a_console_page_must_be_ours_when_a_cookie_speaks_for_it() -> None:
    async with running() as world:
        cookie = {"Cookie": "theme=dark; session=tok-carol"}
        for headers in (cookie, cookie | {"Origin": "https://evil.example"}):
            async with raw(world, **headers) as client:
                assert '"code":"cross_origin"' in await client.join("/console", {})
        async with raw(world, **cookie, Origin=CONSOLE_ORIGIN) as carol:
            assert (await carol.join("/console", {})).startswith("40/console,")
        async with raw(world) as nobody:
            assert '"code":"unauthenticated"' in await nobody.join("/console", {"token": "guess"})


async def test_only_pages_of_known_origins_may_read_what_polling_answers() -> None:
    async with running() as world, aiohttp.ClientSession() as http:
        url = f"{world.url}/socket.io/?EIO=4&transport=polling"
        async with http.get(url, headers={"Origin": SHOP}) as response:
            assert response.headers["Access-Control-Allow-Origin"] == SHOP
            assert "Access-Control-Allow-Credentials" not in response.headers
        async with http.get(url, headers={"Origin": "https://evil.example"}) as response:
            assert "Access-Control-Allow-Origin" not in response.headers


async def test_too_many_events_at_once_are_told_to_wait() -> None:
    rates = alike(Limit(per_s=0.1, burst=2))
    async with running(rates=rates) as world, raw(world) as client:
        await client.join()
        answers = [await client.ask("chat:send", SEND) for _ in range(3)]

        assert [answer["ok"] for answer in answers] == [True, True, False]
        assert answers[2]["error"]["code"] == "rate_limited"
        assert 1 <= answers[2]["error"]["details"]["retryAfterS"] <= 10
        assert await client.ask("visit:start", {"page": {"url": SHOP}}) == {"ok": True, "data": {}}


async def test_a_flood_beyond_the_rate_ends_the_connection() -> None:
    rates = alike(Limit(per_s=0.1, burst=1))
    async with running(rates=rates) as world, raw(world) as client:
        await client.join()
        for _ in range(120):
            await client.say('42/visitor,["chat:typing",{"typing":true}]')

        await client.gone()
        assert len(world.handled) == 1


async def test_events_that_pile_up_behind_a_slow_one_are_refused() -> None:
    async with running(limits=SocketLimits(fifo=4)) as world, raw(world) as client:
        await client.join()
        await client.say('42/visitor,1["chat:send",{"clientMessageId":"00000000-1","text":"wait"}]')
        await world.until(lambda: len(world.handled) == 1)
        for ack in range(2, 8):
            await client.say(f'42/visitor,{ack}["chat:typing",{{"typing":true}}]')

        assert (await client.answer(6))["error"] == {"code": "rate_limited", "details": {"retryAfterS": 1}}
        assert (await client.answer(7))["error"]["code"] == "rate_limited"
        world.gate.set()
        assert await client.answer(5) == {"ok": True, "data": {}}


async def test_a_client_that_does_not_read_is_cut_and_the_others_are_not() -> None:
    async with running() as world, raw(world) as bob:
        await bob.join(auth=VISITOR_AUTH | {"token": "bob"})
        deaf = await Wire.open(world, receive_buffer=4096)
        deaf.text("40/visitor," + json.dumps(VISITOR_AUTH))
        tell = world.realtime.publisher
        await world.until(lambda: tell.is_online_visitor("t1", "anna"))

        sent = 0
        while tell.is_online_visitor("t1", "anna"):
            assert sent < 5000, "it is still not cut"
            tell.to_visitor("t1", "anna", "chat:message", {"text": "x" * 1000})
            deaf.text("3")  # it answers pings blindly
            sent += 1
            await asyncio.sleep(0)

        assert world.count("send_queue_drops_total") == 1
        await world.until(lambda: world.sessions == 1)
        assert await bob.ask("chat:typing", {"typing": True}) == {"ok": True, "data": {}}
        deaf.close()


async def test_a_client_that_asks_without_reading_the_answers_is_cut() -> None:
    limits = SocketLimits(buffer_bytes=128 * 1024)
    rates = alike(Limit(per_s=1e9, burst=10**9))
    async with running(limits=limits, rates=rates) as world:
        deaf = await Wire.open(world, receive_buffer=4096)
        deaf.text("40/visitor," + json.dumps(VISITOR_AUTH))
        await world.until(lambda: world.sessions == 1)
        for ack in range(100_000):
            if world.sessions == 0:
                break
            deaf.text(f'42/visitor,{ack}["chat:typing",{{"typing":true}}]')
            if ack % 16 == 0:
                await asyncio.sleep(0)
        await world.until(lambda: world.sessions == 0)
        deaf.close()


async def test_everything_is_forgotten_when_many_leave_at_once() -> None:
    async with running() as world:
        clients = [await Wire.open(world) for _ in range(50)]
        for number, client in enumerate(clients):
            client.text("40/visitor," + json.dumps(VISITOR_AUTH | {"token": f"v{number}"}))
        await world.until(lambda: world.count("sockets", ns="/visitor") == 50)
        for client in clients:
            client.close()

        await world.until(lambda: world.sessions == 0)
        manager, engine = world.realtime._layer.manager, world.realtime._layer.eio
        assert (manager.rooms, manager._rooms_of, manager._sid_of, engine.per_network) == ({}, {}, {}, {})
        await world.until(lambda: sum(hook == "disconnect" for hook, _, _ in world.hooks) == 50)
        assert world.count("sockets", ns="/visitor") == 0


async def test_who_left_is_freed_without_waiting_for_the_garbage_collector() -> None:
    async with running() as world:
        wire = await Wire.open(world)
        wire.text("40/visitor," + json.dumps(VISITOR_AUTH))
        await world.until(lambda: world.count("sockets", ns="/visitor") == 1)
        [client] = [weakref.ref(client) for client in world.realtime._layer.eio.sockets.values()]
        gc.disable()
        try:
            wire.close()
            await world.until(lambda: client() is None)
        finally:
            gc.enable()


class Wire:
    """A WebSocket made of a socket and nothing else, so that it can do what libraries prevent."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    @classmethod
    async def open(cls, world: World, receive_buffer: int = 0) -> Wire:
        address = urlsplit(world.url)
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, (address.hostname, address.port))
        key = base64.b64encode(os.urandom(16)).decode()
        await loop.sock_sendall(
            connection,
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode(),
        )
        assert (await loop.sock_recv(connection, 1024)).startswith(b"HTTP/1.1 101")
        return cls(connection)

    def frame(self, data: bytes, opcode: int, final: bool = True) -> None:
        size = len(data)
        length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        try:
            # with a mask of zeros the data is its own masked form
            self._socket.send(bytes(((0x80 if final else 0) | opcode,)) + length + bytes(4) + data)
        except (BlockingIOError, ConnectionError):
            pass

    def text(self, text: str) -> None:
        self.frame(text.encode(), opcode=1)

    async def gone(self) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(5):
            try:
                while await loop.sock_recv(self._socket, 65536):
                    pass
            except ConnectionError:
                pass
        self.close()

    def close(self) -> None:
        self._socket.close()


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


async def test_a_server_that_drains_says_so_and_takes_nobody_new() -> None:
    async with running(chance=lambda: 0.5) as world, raw(world) as anna, raw(world) as late:
        await anna.join()
        await world.realtime.drain(10_000)

        assert await anna.hear() == '42/visitor,["server:draining",{"retryInMs":5000}]'
        assert '"code":"draining"' in await late.join()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with raw(world):
                pass
        assert refused.value.status == 503
        await world.realtime.close()
        await anna.gone()
        await late.gone()
        assert world.sessions == 0


async def test_what_was_taken_is_answered_before_the_sockets_close() -> None:
    async with running() as world, raw(world) as anna:
        await anna.join()
        await anna.say('42/visitor,1["chat:send",{"clientMessageId":"00000000-1","text":"wait"}]')
        await world.until(lambda: len(world.handled) == 1)
        closing = asyncio.create_task(world.realtime.close())
        await asyncio.sleep(0)
        world.gate.set()

        assert await anna.answer(1) == {"ok": True, "data": {}}
        await closing
        await anna.gone()


async def test_a_visitor_who_sends_and_leaves_is_still_heard() -> None:
    async with running() as world:
        async with raw(world) as anna:
            await anna.join()
            await anna.say('42/visitor,1["chat:send",{"clientMessageId":"00000000-1","text":"wait"}]')
            await anna.say('42/visitor,2["chat:send",{"clientMessageId":"00000000-2","text":"bye"}]')
        await world.until(lambda: world.sessions == 0)
        world.gate.set()
        await world.until(lambda: world.hooks[-1][0] == "disconnect")
        assert [payload["text"] for _, _, payload in world.handled] == ["wait", "bye"]
