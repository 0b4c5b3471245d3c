"""Run the server as one process: database, carrier, web application, and a clean end within 10 seconds."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import random
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from server.app import Ringback, build
from server.app_seed import seed
from server.carrier.app import CarrierConfig, create_carrier_app
from server.mongo import open_database
from server.mongod import EmbeddedMongod
from server.realtime import tune_gc
from server.settings import Settings, kept_secret

DRAIN_S = 1.0
SHUTDOWN_S = 3.0
RETRY_SPREAD_MS = 3_000

log = structlog.get_logger("serve")


def write_ready_file(path: Path | None, facts: dict[str, Any]) -> None:
    """Write `facts` as JSON in one step, so that a reader never sees half of it."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(facts, indent=2), "utf-8")
    os.replace(draft, path)


async def start_site(stack: AsyncExitStack, app: web.Application, host: str, port: int) -> web.AppRunner:
    """Serve `app` until the stack unwinds."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S, handle_signals=False)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, host, port, backlog=1024, reuse_address=True).start()
    return runner


async def with_local_carrier(stack: AsyncExitStack, settings: Settings) -> Settings:
    """Return settings that name a carrier: the configured one, else one that runs in this process on a free port."""
    if settings.carrier_api_url or settings.twilio_account_sid:
        return settings
    account_sid = "AC" + kept_secret(settings.data_dir, "carrier-account").encode().hex()[:32]
    auth_token = kept_secret(settings.data_dir, "carrier-token")
    host = "127.0.0.1"
    probe = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    url = f"http://{host}:{port}"
    carrier = create_carrier_app(CarrierConfig(account_sid=account_sid, auth_token=auth_token, public_url=url))
    await start_site(stack, carrier, host, port)
    log.warning("local_carrier", url=url, hint="no carrier is configured: calls ring virtual phones only")
    return dataclasses.replace(
        settings,
        carrier_api_url=url,
        twilio_account_sid=account_sid,
        twilio_auth_token=auth_token,
        caller_id=settings.caller_id or "+37322800000",
    )


def with_defaults(settings: Settings) -> Settings:
    """Return settings with what follows from the others: the public address and the kept secret."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else host  # noqa: S104
    return dataclasses.replace(
        settings,
        public_url=settings.public_url or f"http://{shown}:{settings.port}",
        secret_key=settings.secret_key or kept_secret(settings.data_dir, "secret-key"),
    )


async def database_url(stack: AsyncExitStack, settings: Settings) -> str:
    """Return the configured database's address, else start the embedded one and stop it when the stack unwinds."""
    if settings.mongodb_url:
        return settings.mongodb_url
    mongod = EmbeddedMongod(settings.data_dir)
    url = await mongod.start()
    stack.push_async_callback(mongod.stop)
    return url


def stop_event() -> asyncio.Event:
    """Return an event that the first SIGTERM or SIGINT sets."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    return stopped


async def serve(settings: Settings, ready_file: Path | None = None, seed_file: Path | None = None) -> int:
    """Run until SIGTERM or SIGINT, then drain and stop; return the exit code."""
    stopped = stop_event()
    async with AsyncExitStack() as stack:
        settings = with_defaults(settings)
        url = await database_url(stack, settings)
        database = await open_database(url)
        stack.push_async_callback(database.close)
        settings = await with_local_carrier(stack, settings)
        ringback = await build(settings, database)
        stack.push_async_callback(ringback.close)
        seeded = await seed(ringback, json.loads(seed_file.read_text("utf-8"))) if seed_file else {}
        await start_site(stack, ringback.web, settings.host, settings.port)
        await ringback.start()
        tune_gc()
        log.info("serving", url=settings.public_url, pid=os.getpid())
        facts = {
            "url": settings.public_url,
            "consoleUrl": f"{settings.public_url}/console/",
            "docsUrl": f"{settings.public_url}/docs",
            "carrierUrl": settings.carrier_api_url,
            "handsetsUrl": f"{settings.carrier_api_url}/handsets",
            "shopUrl": None,
            "serverPid": os.getpid(),
            **seeded,
        }
        write_ready_file(ready_file, facts)
        await stopped.wait()
        await _drain(ringback)
    log.info("stopped")
    return 0


async def _drain(ringback: Ringback) -> None:
    """Tell everybody to come back later, give answers a moment to leave, then close the sockets."""
    log.info("draining")
    await ringback.drain(random.randint(200, RETRY_SPREAD_MS))  # noqa: S311
    await asyncio.sleep(DRAIN_S)
