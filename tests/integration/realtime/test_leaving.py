"""How connections end: those that never join, fall silent or leave, and all of them when the server goes."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref

import aiohttp
import pytest

from server.realtime import SocketLimits
from tests.integration.realtime.wire import Wire
from tests.integration.realtime.world import VISITOR_AUTH, raw, running


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
