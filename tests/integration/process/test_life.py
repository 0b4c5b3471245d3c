"""A server starts, notices that its database is gone, drains, and comes back with its data."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import aiohttp
import psutil
import pytest
import socketio

from tests.integration.process.conftest import (
    ORIGIN,
    ROOT,
    Server,
    environment,
    start_server,
    stop_server,
)
from tests.ports import free_port

EXIT_WITHIN_S = 10.0


async def _join(server: Server, told: list[str]) -> socketio.AsyncClient:
    client = socketio.AsyncClient(reconnection=False)

    async def draining(payload: dict[str, int]) -> None:
        assert payload["retryInMs"] >= 0
        told.append("draining")

    async def gone() -> None:
        told.append("gone")

    client.on("server:draining", draining, namespace="/visitor")
    client.on("disconnect", gone, namespace="/visitor")
    await client.connect(
        server.url,
        headers={"Origin": ORIGIN},
        auth={"protocol": 1, "siteKey": "shop-key"},
        namespaces=["/visitor"],
        transports=["websocket"],
    )
    return client


async def _status(http: aiohttp.ClientSession, server: Server) -> int:
    async with http.get(f"{server.url}/ready") as answer:
        return answer.status


async def test_sigterm_tells_the_sockets_and_ends_within_ten_seconds(
    server: Server, http: aiohttp.ClientSession
) -> None:
    told: list[str] = []
    clients = [await _join(server, told) for _ in range(20)]

    started = time.monotonic()
    server.process.terminate()
    code = await asyncio.wait_for(server.process.wait(), EXIT_WITHIN_S)

    assert code == 0
    assert time.monotonic() - started < EXIT_WITHIN_S
    async with asyncio.timeout(5):
        while told.count("gone") < len(clients):
            await asyncio.sleep(0.02)
    assert told.count("draining") == len(clients)


async def test_a_stopped_server_comes_back_with_its_data_and_its_secret(tmp_path: Path) -> None:
    environ = environment(tmp_path)
    first = await start_server(tmp_path, environ)
    secret = (tmp_path / "secret-key").read_text()
    await stop_server(first)

    second = await start_server(tmp_path, environ)
    await stop_server(second)

    assert second.facts["siteId"] == first.facts["siteId"]
    assert (tmp_path / "secret-key").read_text() == secret


async def test_a_killed_server_takes_its_database_along_and_comes_back(tmp_path: Path) -> None:
    environ = environment(tmp_path)
    first = await start_server(tmp_path, environ)
    databases = list(psutil.Process(first.process.pid).children(recursive=True))
    first.process.kill()
    await first.process.wait()

    async with asyncio.timeout(10):
        while any(database.is_running() and database.status() != psutil.STATUS_ZOMBIE for database in databases):
            await asyncio.sleep(0.05)
    second = await start_server(tmp_path, environ)
    await stop_server(second)

    assert databases
    assert second.facts["siteId"] == first.facts["siteId"]


async def test_a_server_without_its_database_is_alive_but_not_ready(
    server: Server, http: aiohttp.ClientSession
) -> None:
    databases = [
        child for child in psutil.Process(server.process.pid).children(recursive=True) if child.name() == "mongod"
    ]
    for database in databases:
        os.kill(database.pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(10):  # a thread that runs on the other core stops a little later
            while await _status(http, server) != 503:
                pass
        async with http.get(f"{server.url}/health") as answer:
            assert answer.status == 200
    finally:
        for database in databases:
            os.kill(database.pid, signal.SIGCONT)
    async with asyncio.timeout(20):
        while await _status(http, server) != 200:
            await asyncio.sleep(0.1)

    assert databases


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"RINGBACK_PORT": "no"}, "RINGBACK_PORT"),
        ({"RINGBACK_PORT": "PORT-IN-USE"}, "cannot be used"),
        ({"RINGBACK_MONGODB_URL": "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300"}, "RINGBACK_MONGODB_URL"),
        ({"RINGBACK_CALLER_ID": "12"}, "RINGBACK_CALLER_ID"),
    ],
    ids=["wrong-setting", "port-taken", "database-away", "wrong-number"],
)
def test_what_a_person_can_mend_is_one_sentence_and_exit_code_two(
    tmp_path: Path, more: dict[str, str], word: str
) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        filled = {key: value.replace("PORT-IN-USE", str(taken.getsockname()[1])) for key, value in more.items()}
        ended = subprocess.run(
            [sys.executable, "-m", "server", "serve"],
            cwd=ROOT, env=environment(tmp_path, **filled), capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip

    assert ended.returncode == 2
    sentences = ended.stderr.strip().splitlines()
    assert len(sentences) == 1, ended.stderr
    assert word in sentences[0]


def test_without_a_database_and_without_an_address_it_says_what_to_set(tmp_path: Path) -> None:
    environ = environment(tmp_path, PATH="/nowhere")
    # As on a machine for which the wheel with the database was not built.
    code = "import sys; sys.modules['fiftyone'] = None; from server.cli import main; sys.exit(main(['serve']))"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=30, check=False
    )

    assert ended.returncode == 2, ended.stderr
    assert "RINGBACK_MONGODB_URL" in ended.stderr


async def test_a_database_that_refuses_our_password_is_named_in_one_sentence(tmp_path: Path, mongo_url: str) -> None:
    wrong = re.sub(r"//([^:]+):[^@]+@", r"//\1:wrong@", mongo_url)
    refused = subprocess.run(
        [sys.executable, "-m", "server", "migrate"],
        cwd=ROOT, env=environment(tmp_path, RINGBACK_MONGODB_URL=wrong),
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip

    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "password" in refused.stderr
