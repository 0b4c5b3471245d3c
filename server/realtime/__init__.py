"""Sockets: the only package that imports socketio and engineio.

`Realtime` is what the composition root makes; features get its `router` and its `publisher` and see nothing else.
"""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import Callable, Mapping, Sequence

import structlog
from aiohttp import web

from server.contracts.registry import Contracts
from server.limits import Network
from server.metrics import Metrics
from server.principals import Role
from server.realtime import packets
from server.realtime.auth import CONSOLE, VISITOR, AuthenticateConsole, AuthenticateVisitor, Doorkeeper
from server.realtime.client import POLITE_CLOSE_S
from server.realtime.layer import SocketLayer
from server.realtime.noise import Noise
from server.realtime.publisher import LocalBus, Publisher
from server.realtime.rates import Rates, SocketLimits
from server.realtime.router import EventRouter

__all__ = ["EventRouter", "Publisher", "Rates", "Realtime", "SocketLimits", "tune_gc"]

log = structlog.get_logger("realtime")


class Realtime:
    """The socket server of one process."""

    def __init__(
        self,
        contracts: Contracts,
        policy: Mapping[str, frozenset[Role]],
        *,
        authenticate_visitor: AuthenticateVisitor,
        authenticate_console: AuthenticateConsole,
        is_known_origin: Callable[[str], bool],
        metrics: Metrics,
        trusted_proxies: Sequence[Network] = (),
        limits: SocketLimits | None = None,
        rates: Rates | None = None,
        check_contracts: bool = False,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Wire everything; nothing runs before `attach`.

        Args:
            is_known_origin: whether any site lists the origin; says which pages may read what polling answers. Whether
                the origin belongs to the visitor's own site is for `authenticate_visitor` to say.
            check_contracts: also check replies and announcements, for tests and development. Payloads always are.
            clock: seconds that never run backwards.
            chance: a number from 0 to 1, to spread reconnects.
        """
        limits = limits or SocketLimits()
        noise = Noise(clock)
        self._limits = limits
        self._chance = chance
        self._reaper: asyncio.Task[None] | None = None
        self.router = EventRouter(
            contracts,
            policy,
            metrics,
            rates or Rates(),
            noise=noise,
            fifo=limits.fifo,
            check_replies=check_contracts,
            clock=clock,
        )
        self._layer = SocketLayer(
            self.router,
            Doorkeeper(contracts, authenticate_visitor, authenticate_console, is_known_origin),
            metrics,
            limits=limits,
            noise=noise,
            trusted=trusted_proxies,
            is_known_origin=is_known_origin,
            clock=clock,
        )
        self._engine = self._layer.eio
        self.publisher = Publisher(
            LocalBus(self._layer), self._layer, contracts, metrics, check_payloads=check_contracts
        )

    def attach(self, app: web.Application, path: str = "/socket.io") -> None:
        """Serve sockets under `path`; they close when the application shuts down."""
        self._engine.attach(app, path)
        app.on_startup.append(self._start)
        app.on_shutdown.append(self._stop)

    async def drain(self, retry_in_ms: int) -> None:
        """Take no new sockets and tell everyone to come back, each at its own moment within `retry_in_ms`."""
        self._engine.draining = True
        for namespace in (VISITOR, CONSOLE):
            for member in self._layer.members_of(namespace):
                wait = {"retryInMs": int(retry_in_ms * self._chance())}
                member.client.write(packets.event(namespace, "server:draining", wait))

    async def close(self, patience_s: float = 3.0) -> None:
        """Let running handlers answer, then end every socket. The second call does nothing."""
        self._engine.draining = True
        if self._reaper is not None:
            self._reaper.cancel()
            self._reaper = None
        clients = list(self._engine.sockets.values())
        await self.router.settle(patience_s)
        for client in clients:
            client.drop("server disconnect", politely=True)
        await self.router.settle(POLITE_CLOSE_S)  # what runs when a client has left

    async def _start(self, _app: web.Application) -> None:
        self._reaper = asyncio.create_task(self._reap(), name="socket reaper")

    async def _stop(self, _app: web.Application) -> None:
        await self.close()

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(self._limits.reap_every_s)
            try:
                self._engine.reap()
            except Exception:
                log.exception("reaper_failed")


def tune_gc() -> None:
    """Let the garbage collector look less often; call it once, when everything is imported and wired.

    The default starts a collection every 700 new objects, and with 10,000 connections a full one walks a million of
    them: it was the longest pause under load. Nothing here makes reference cycles by the message, so rarely is often
    enough, and what lives as long as the process need not be walked at all.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 20)
