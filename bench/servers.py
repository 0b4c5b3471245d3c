"""The servers that benches measure: ours with its contracts, and python-socketio as it comes and tuned.

`python -m bench.servers NAME` prints its port as a JSON line and runs until it is stopped.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

import orjson
import socketio
import uvloop
from aiohttp import web

from bench.common import many_files
from server.contracts.registry import load_contracts
from server.errors import AppError
from server.metrics import Metrics
from server.policy import POLICY
from server.principals import Person, Visitor
from server.realtime import Realtime, tune_gc
from server.realtime.rates import UNLIMITED


async def serve(app: web.Application) -> None:
    """Run `app` on a free port for ever."""
    many_files()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    await asyncio.Event().wait()


def ours() -> web.Application:
    """Our socket server with every check that it has in production; the one handler returns what it got."""

    def visitor(auth: dict[str, Any], origin: str | None, ip: str, connection_id: str) -> Visitor:
        return Visitor("t1", auth["siteKey"], auth.get("token") or connection_id, "tab", "en", "UTC", ip, connection_id)

    def person(
        auth: dict[str, Any], cookies: Mapping[str, str], origin: str | None, ip: str, connection_id: str
    ) -> Person:
        raise AppError("unauthenticated")

    async def echo(_who: Visitor, payload: dict[str, Any]) -> dict[str, Any]:
        return payload

    realtime = Realtime(
        load_contracts(),
        POLICY,
        authenticate_visitor=visitor,
        authenticate_console=person,
        is_known_origin=lambda _origin: True,
        metrics=Metrics(),
        rates=UNLIMITED,
    )
    realtime.router.on("/visitor", "chat:send", echo)
    app = web.Application()
    realtime.attach(app)
    tune_gc()
    return app


class _Orjson:
    """orjson with the signature that python-socketio calls."""

    @staticmethod
    def loads(text: str) -> Any:
        return orjson.loads(text)

    @staticmethod
    def dumps(value: object, **_: Any) -> str:
        return orjson.dumps(value).decode()


def tuned() -> web.Application:
    """python-socketio with every documented switch set to fast."""
    return _stock(
        json=_Orjson, async_handlers=False, monitor_clients=False, http_compression=False, transports=["websocket"]
    )


def stock() -> web.Application:
    """python-socketio as its documentation starts it."""
    return _stock()


def _stock(**options: Any) -> web.Application:
    sio = socketio.AsyncServer(async_mode="aiohttp", **options)

    async def echo(_sid: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "data": payload}

    sio.on("chat:send", echo)
    app = web.Application()
    sio.attach(app)
    return app


SERVERS = {"ours": ours, "tuned": tuned, "stock": stock}


async def main(name: str) -> None:
    await serve(SERVERS[name]())


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
