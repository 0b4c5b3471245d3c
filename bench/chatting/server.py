"""Servers for `bench chat`: the real socket layer and the real chat on a database, and a bare echo beside it.

`python -m bench.chatting.server ours|echo ...` prints its port as a JSON line and runs until it is stopped.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import socketio
import uvloop
from aiohttp import web

from bench.common import many_files
from server.chat import socket as chat_socket
from server.chat.service import ChatService
from server.chat.store import INDEXES as CHAT_INDEXES
from server.chat.store import MongoChatStore
from server.chat.writer import MessageWriter
from server.clock import utc_now
from server.contracts.registry import load_contracts
from server.ids import new_id
from server.metrics import Metrics
from server.mongo import open_database
from server.mongod import EmbeddedMongod
from server.policy import POLICY
from server.principals import Person, Role, Visitor
from server.realtime import Realtime, SocketLimits, tune_gc
from server.realtime.rates import UNLIMITED
from server.tasks import Tasks
from server.visitors import socket as visitors_socket
from server.visitors.service import VisitorService
from server.visitors.store import INDEXES as VISITOR_INDEXES
from server.visitors.store import MongoVisitorStore

TENANT = "bench"


class _People:
    async def name_of(self, tenant_id: str, person_id: str) -> str | None:
        return person_id

    def is_gone(self, tenant_id: str, person_id: str) -> bool:
        return False


def _visitor(auth: dict[str, Any], origin: str | None, ip: str, connection_id: str) -> Visitor:
    return Visitor(TENANT, "site", auth["token"], "tab", "en", "UTC", ip, connection_id)


def _person(
    auth: dict[str, Any], cookies: Mapping[str, str], origin: str | None, ip: str, connection_id: str
) -> Person:
    return Person(TENANT, auth["token"], "Carol", Role.CONSULTANT, "s", "en", ip, connection_id)


async def real_app(mongo_url: str, database: str, lanes: int) -> web.Application:
    """Wire chat and visitors as the composition root does, without accounts."""
    db = await open_database(mongo_url, database)
    await db.ensure_indexes([*CHAT_INDEXES, *VISITOR_INDEXES])
    realtime = Realtime(
        load_contracts(),
        POLICY,
        authenticate_visitor=_visitor,
        authenticate_console=_person,
        is_known_origin=lambda origin: True,
        metrics=Metrics(),
        limits=SocketLimits(sockets_per_network=100_000),
        rates=UNLIMITED,
    )
    visitors = VisitorService(
        store=MongoVisitorStore(db.tenant_collection("visitors"), db.tenant_collection("counters")),
        announcer=visitors_socket.Announcements(realtime.publisher),
        presence=realtime.publisher,
        tasks=Tasks(),
        now=utc_now,
        new_id=new_id,
        sleep=asyncio.sleep,
    )
    store = MongoChatStore(db.tenant_collection("conversations"), db.tenant_collection("messages"), new_id)
    announcer = chat_socket.Announcements(realtime.publisher)
    chat = ChatService(
        store=store,
        writer=MessageWriter(store, announcer, now=utc_now, lanes=lanes),
        announcer=announcer,
        visitors=visitors_socket.CardsForChat(visitors),
        people=_People(),
        attendance=_People(),
        now=utc_now,
        new_id=new_id,
    )
    chat_socket.register(realtime.router, chat)
    app = web.Application()
    realtime.attach(app)
    tune_gc()

    async def stop(_: web.Application) -> None:
        await chat.close()
        await db.close()

    app.on_cleanup.append(stop)
    return app


def echo_app() -> web.Application:
    """A bare python-socketio server, as its manual has it: no database, one event, its acknowledgement."""
    server = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"])

    @server.on("chat:send", namespace="/visitor")  # type: ignore[untyped-decorator]
    async def echo(sid: str, data: Any) -> Any:
        return {"ok": True, "data": data}

    @server.on("connect", namespace="/console")  # type: ignore[untyped-decorator]
    async def connect(sid: str, environ: Any, auth: Any) -> None:
        return None

    app = web.Application()
    server.attach(app)
    return app


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["ours", "echo"])
    parser.add_argument("--mongo-url")
    parser.add_argument("--data-dir", help="start an embedded database of its own here")
    parser.add_argument("--database", default="bench")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--lanes", type=int, default=4)
    parser.add_argument("--profile")
    args = parser.parse_args()
    many_files()
    mongod = EmbeddedMongod(Path(args.data_dir)) if args.data_dir else None
    url = await mongod.start() if mongod else args.mongo_url
    app = echo_app() if args.role == "echo" else await real_app(url, args.database, args.lanes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", args.port, backlog=2048).start()
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    profiler = None
    if args.profile:
        import cProfile

        profiler = cProfile.Profile()
        profiler.enable()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await stopped.wait()
    if profiler:
        profiler.disable()
        profiler.dump_stats(args.profile)
    with contextlib.suppress(Exception):
        await runner.cleanup()
    if mongod:
        await mongod.stop()


if __name__ == "__main__":
    uvloop.run(main())
