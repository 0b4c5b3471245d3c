"""Keeps callbacks going without anybody asking: due times, steps that a dead process left, reserved consultants."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Protocol

import structlog

from server.callback.engine import Engine, Runner
from server.callback.model import Callback, Event, Step
from server.callback.ports import CallbackStore, ConsultantLeases
from server.clock import Now
from server.errors import AppError
from server.leases import Lease, LeaseLost, Leases
from server.tasks import Tasks

log = structlog.get_logger("callback")

SWEEP_S = 1.0
UPKEEP_S = 5.0
LEFT_AFTER = timedelta(seconds=10)
AT_ONCE = 100


class AllDone(Protocol):
    async def all_done(self, tenant_id: str, callback_id: str) -> None: ...


class Worker:
    """One in each process; several may run side by side."""

    def __init__(
        self,
        store: CallbackStore,
        done: AllDone,
        engine: Engine,
        runner: Runner,
        consultants: ConsultantLeases,
        leases: Leases,
        tasks: Tasks,
        now: Now,
    ) -> None:
        self._store = store
        self._done = done
        self._engine = engine
        self._runner = runner
        self._consultants = consultants
        self._leases = leases
        self._tasks = tasks
        self._now = now
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._draining = False
        engine.on_change.append(self._changed)

    async def start(self) -> None:
        """Bring everything that a stopped process left up to date, then go on by the clock."""
        await self.recover()
        self._tasks.every(SWEEP_S, "callback:sweep", self.sweep)
        self._tasks.every(UPKEEP_S, "callback:upkeep", self.upkeep)

    def stop(self) -> None:
        """Begin nothing new; what runs may finish."""
        self._draining = True
        for handle in self._timers.values():
            handle.cancel()
        self._timers.clear()

    async def recover(self) -> None:
        """Look at every running call and take up every step that was written and not done."""
        running = await self._store.all_running()
        await asyncio.gather(*(self._recover(callback) for callback in running))
        for tenant_id, callback_id in await self._store.unfinished(self._now()):
            await self._take_up(tenant_id, callback_id)
        if running:
            log.info("callbacks_recovered", count=len(running))

    async def _recover(self, callback: Callback) -> None:
        """Learn how its calls are first: a step that was written before may not be wanted any more."""
        try:
            for leg in callback.legs:
                if leg.call_sid is not None and not leg.is_over:
                    await self._runner.handlers["look"](callback, Step("recover", "look", leg.id))
            await self._take_up(callback.tenant_id, callback.id)
            await self._engine.apply(callback.tenant_id, callback.id, Event("due"))
        except AppError as problem:
            log.warning("callback_recovery_postponed", callback=callback.id, code=problem.code)

    async def sweep(self) -> None:
        """Ask the rules about every callback whose time has come."""
        await self._engine.settle()
        due = await self._store.due(self._now(), AT_ONCE)
        await asyncio.gather(*(self._due(each.tenant_id, each.id) for each in due))

    async def upkeep(self) -> None:
        """Renew reservations, and take up what another process left undone."""
        for callback in await self._store.all_running():
            if any(leg.role == "consultant" and not leg.is_over for leg in callback.legs):
                await self._consultants.renew(callback.tenant_id, callback.id)
        while (lease := await self._leases.claim({"steps_at": {"$lte": self._now() - LEFT_AFTER}})) is not None:
            try:
                await self._leases.holding(lease, self._take_up(lease.tenant_id, lease.id))
            finally:
                await self._let_go(lease)

    async def _let_go(self, lease: Lease) -> None:
        try:
            await self._leases.release(lease, {"steps_at": self._now()} if lease.document.get("steps") else None)
        except LeaseLost:
            pass

    async def _take_up(self, tenant_id: str, callback_id: str) -> None:
        steps = await self._store.steps(tenant_id, callback_id)
        if not steps:
            await self._done.all_done(tenant_id, callback_id)
            return
        callback = await self._store.find(tenant_id, callback_id)
        if callback is not None:
            self._runner.start(callback, tuple(steps))

    def _changed(self, callback: Callback, steps: tuple[Step, ...]) -> None:
        self._runner.start(callback, steps)
        before = self._timers.pop(callback.id, None)
        if before is not None:
            before.cancel()
        if callback.due_at is None or self._draining:
            return
        wait_s = (callback.due_at - self._now()).total_seconds()
        if wait_s < SWEEP_S * 5:
            loop = asyncio.get_running_loop()
            self._timers[callback.id] = loop.call_later(max(0.0, wait_s), self._wake, callback.tenant_id, callback.id)

    def _wake(self, tenant_id: str, callback_id: str) -> None:
        self._timers.pop(callback_id, None)
        self._tasks.start("callback:due", self._due(tenant_id, callback_id))

    async def _due(self, tenant_id: str, callback_id: str) -> None:
        try:
            await self._engine.apply(tenant_id, callback_id, Event("due"))
        except AppError as problem:
            log.warning("callback_due_postponed", callback=callback_id, code=problem.code)
