"""The clients that people really use: the official JavaScript one and python-socketio, over WebSocket and polling."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import socketio

from server.realtime import SocketLimits
from tests.integration.realtime.world import SHOP, VISITOR_AUTH, World, running

TRANSPORTS = ["websocket", "polling", "polling,websocket"]
OK = {"ok": True, "data": {}}
TEXT = "tell me – é 日本\n\u2028"


async def told_when_asked(world: World) -> None:
    """Announce what the visitor sent, as the chat does."""
    await world.until(lambda: any(name == "chat:send" for name, _, _ in world.handled))
    text = next(payload["text"] for name, _, payload in world.handled if name == "chat:send")
    world.realtime.publisher.to_visitor("t1", "anna", "chat:message", {"text": text})


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_the_official_client_works(transports: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    script = Path(__file__).with_name("official-client.mjs")
    async with running() as world:
        process = await asyncio.create_subprocess_exec(
            node, script, world.url, transports, SHOP, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(20):
            telling = asyncio.create_task(told_when_asked(world))
            out, err = await process.communicate()
        telling.cancel()
        assert process.returncode == 0, err.decode()
        seen = json.loads(out)

    assert seen["transports"][-1] == transports.split(",")[-1]
    assert seen["sameConnection"]
    assert seen["typing"] == seen["people"] == seen["asked"] == seen["afterUpgrade"] == OK
    assert seen["unknown"] == {"ok": False, "error": {"code": "unknown_event", "details": {}}}
    assert seen["told"] == [{"text": TEXT}]
    assert seen["refused"] == {"message": "unknown_site", "data": {"code": "unknown_site", "details": {}}}


@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_the_python_client_works(transports: str) -> None:
    limits = SocketLimits(ping_interval_s=0.1, ping_timeout_s=5)
    async with running(limits=limits) as world:
        client = socketio.AsyncClient(reconnection=False)
        told: list[Any] = []
        client.on("chat:message", told.append, namespace="/visitor")
        await client.connect(
            world.url,
            transports=transports.split(","),
            namespaces=["/visitor", "/console"],
            auth=lambda: VISITOR_AUTH,
            wait=False,
        )
        await world.until(lambda: "/visitor" in client.namespaces)
        assert "/console" not in client.namespaces  # the visitor's words do not open the console

        asked = await client.call("chat:send", {"clientMessageId": "00000000-1", "text": TEXT}, "/visitor", timeout=5)
        await told_when_asked(world)
        await world.until(lambda: told == [{"text": TEXT}])
        assert asked == OK
        assert client.transport() == transports.split(",")[-1]
        for _ in range(3):  # it lives longer than its pings
            assert await client.call("chat:typing", {"typing": True}, "/visitor", timeout=5) == OK
            asked_at = asyncio.get_running_loop().time()
            await world.until(lambda at=asked_at: asyncio.get_running_loop().time() > at + 0.15)
        await client.disconnect()
        await world.until(lambda: world.sessions == 0)
        await world.until(lambda: ("disconnect", "anna") in [(hook, who.visitor_id) for hook, who, _ in world.hooks])


async def test_a_visitor_can_come_back_over_and_over() -> None:
    async with running() as world:
        for _ in range(3):
            client = socketio.AsyncClient(reconnection=False)
            await client.connect(
                world.url, transports=["websocket"], namespaces=["/visitor"], auth=VISITOR_AUTH, wait_timeout=5
            )
            assert await client.call("chat:typing", {"typing": True}, "/visitor", timeout=5) == OK
            await client.disconnect()
        await world.until(lambda: world.sessions == 0)
        assert world.count("connects_total", ns="/visitor") == 3


async def test_what_was_sent_while_polling_moves_to_a_websocket_is_not_lost() -> None:
    async with running() as world:
        client = socketio.AsyncClient(reconnection=False)
        told: list[Any] = []
        client.on("chat:message", told.append, namespace="/visitor")
        tell = world.realtime.publisher

        async def publish() -> None:
            for number in range(200):
                tell.to_visitor("t1", "anna", "chat:message", {"text": str(number)})
                await asyncio.sleep(0)

        connecting = asyncio.create_task(
            client.connect(world.url, namespaces=["/visitor"], auth=VISITOR_AUTH, wait_timeout=5)
        )
        await world.until(lambda: tell.is_online_visitor("t1", "anna"))
        await publish()
        await connecting
        await world.until(lambda: len(told) >= 200)
        assert told == [{"text": str(number)} for number in range(200)]
        await client.disconnect()
