"""A server of its own process, as a person would start it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[3]
DEADLINE_S = 30.0
ORIGIN = "https://shop.example"
PASSWORD = "correct horse battery"


@dataclass
class Server:
    """A running server: its process, its addresses, its settings."""

    process: asyncio.subprocess.Process
    facts: dict[str, Any]
    environ: dict[str, str]
    log: Path

    @property
    def url(self) -> str:
        url: str = self.facts["url"]
        return url

    @property
    def origin(self) -> str:
        return self.url


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("RINGBACK_")}
    return {
        **clean,
        "PYTHONPATH": str(ROOT),
        "RINGBACK_DATA_DIR": str(data_dir),
        "RINGBACK_PORT": str(free_port()),
        **more,
    }


async def start_server(data_dir: Path, environ: dict[str, str]) -> Server:
    seed, ready, log = data_dir / "seed.json", data_dir / "ready.json", data_dir / "log.jsonl"
    data_dir.mkdir(parents=True, exist_ok=True)
    seed.write_text(
        json.dumps(
            {
                "account": {"name": "Shop"},
                "site": {"key": "shop-key", "name": "Shop", "country": "MD", "origins": [ORIGIN]},
                "people": [
                    {
                        "name": role.title(),
                        "email": f"{role}@shop.example",
                        "role": role,
                        "phone": "",
                        "locale": "en",
                        "password": PASSWORD,
                    }
                    for role in ("consultant", "marketer", "admin")
                ],
                "callableRegions": ["MD"],
            }
        )
    )
    ready.unlink(missing_ok=True)
    with log.open("ab") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "serve", "--seed", str(seed), "--ready-file", str(ready),
            cwd=ROOT, env=environ, stderr=stream, stdout=stream,
        )  # fmt: skip
    async with asyncio.timeout(DEADLINE_S):
        while not ready.exists():
            assert process.returncode is None, log.read_text()
            await asyncio.sleep(0.02)
    return Server(process, json.loads(ready.read_text()), environ, log)


async def stop_server(server: Server) -> int:
    if server.process.returncode is None:
        server.process.terminate()
    async with asyncio.timeout(DEADLINE_S):
        return await server.process.wait()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    running = await start_server(tmp_path / "data", environment(tmp_path / "data"))
    yield running
    await stop_server(running)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session
