"""Too many, too fast, not reading: one client pays for it and the others do not notice."""

from __future__ import annotations

import asyncio
import json

from server.limits import Limit
from server.realtime import SocketLimits
from server.realtime.rates import alike
from tests.integration.realtime.wire import Wire
from tests.integration.realtime.world import SEND, SHOP, VISITOR_AUTH, raw, running


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
