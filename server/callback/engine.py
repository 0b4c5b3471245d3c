"""Moves callbacks: load, ask the rules, write by compare-and-set, tell everyone, do what follows.

Whoever loses the race asks the rules again with the same event, so nothing is locked in the database. What follows a
change is in the same write; `Runner` does it at once, and a worker does it again later when this process dies before.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from server.callback.guards import mask
from server.callback.model import TIMERS, Callback, CallingSettings, Event, Step, Timers
from server.callback.ports import CallbackStore
from server.callback.rules import advance
from server.clock import Now
from server.errors import AppError
from server.tasks import Tasks

log = structlog.get_logger("callback")

COMMANDS = frozenset(
    {"pick", "dial", "end", "end_call", "redirect", "look", "reconcile", "room", "record", "hold", "announce"}
)
"""Steps that wait for the carrier or choose; each runs on its own. All others run in order, callback by callback."""
MAX_TRIES = 100
KEPT = 2_000
"""Callbacks that are kept in memory, so that a change costs one write and no read."""

StepHandler = Callable[[Callback, Step], Awaitable[None]]
Checkpoint = Callable[[str], Awaitable[None]]


async def no_checkpoint(name: str) -> None:
    """Do nothing. Tests stop a process at a named point here."""


class Announcer(Protocol):
    """Tells the visitor and the consoles. Never waits, never raises."""

    def updated(self, callback: Callback) -> None: ...

    def alert(self, callback: Callback, kind: str) -> None: ...


SettingsOf = Callable[[str, str], Awaitable[CallingSettings]]


class Engine:
    """The only place that changes a stored callback."""

    def __init__(
        self,
        store: CallbackStore,
        settings_of: SettingsOf,
        announcer: Announcer,
        now: Now,
        timers: Timers = TIMERS,
        checkpoint: Checkpoint = no_checkpoint,
    ) -> None:
        self._store = store
        self._settings_of = settings_of
        self._announcer = announcer
        self._now = now
        self._timers = timers
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._latest: OrderedDict[str, Callback] = OrderedDict()
        # What was known before changes of which nobody knows whether they were saved.
        self._unsure: dict[str, Callback] = {}
        self.checkpoint = checkpoint
        self.on_change: list[Callable[[Callback, tuple[Step, ...]], None]] = []

    async def apply(self, tenant_id: str, callback_id: str, event: Event) -> tuple[Callback | None, bool]:
        """Let one event happen.

        Returns:
            The callback as it is now (None: there is none), and whether this event changed it.
        """
        turn = self._turns.setdefault(callback_id, asyncio.Lock())
        async with turn:  # one after the other in this process, so that changes are told in their order
            return await self._apply(tenant_id, callback_id, event)

    async def _apply(self, tenant_id: str, callback_id: str, event: Event) -> tuple[Callback | None, bool]:
        known = self._latest.get(callback_id)
        for tries in range(MAX_TRIES):
            before = known or await self._store.find(tenant_id, callback_id)
            if before is None or before.tenant_id != tenant_id:
                return None, False
            settings = await self._settings_of(tenant_id, before.site_id)
            after, steps = advance(before, event, self._now(), settings, self._timers)
            if after is before:
                if known is None:
                    return before, False
                known = None  # another server may know more
                continue
            try:
                saved = await self._store.save(after, steps, before.version)
            except AppError:
                self._unsure.setdefault(callback_id, before)  # what was told last, however many follow
                raise
            if saved:
                self._unsure.pop(callback_id, None)
                self._keep(after)
                await self.checkpoint(f"saved:{event.kind}")
                self.announce(before, after, steps)
                return after, True
            known = None
            if tries > 10:
                await asyncio.sleep(0.005 * tries)
        raise AppError("unavailable")

    async def settle(self) -> None:
        """Tell what turns out to be saved although the database did not say so in time.

        Raises:
            AppError: unavailable, it still does not answer.
        """
        for before in list(self._unsure.values()):
            turn = self._turns.setdefault(before.id, asyncio.Lock())
            async with turn:
                found = await self._store.find(before.tenant_id, before.id)
                self._unsure.pop(before.id, None)
                known = self._latest.get(before.id, before)
                if found is not None and found.version > known.version:
                    self._keep(found)
                    self.announce(before, found, ())

    async def current(self, tenant_id: str, callback_id: str) -> Callback | None:
        """Return the callback as this server knows it last; `apply` finds out when another one knows more."""
        known = self._latest.get(callback_id)
        return known or await self._store.find(tenant_id, callback_id)

    def _keep(self, callback: Callback) -> None:
        self._latest[callback.id] = callback
        self._latest.move_to_end(callback.id)
        if callback.due_at is None or len(self._latest) > KEPT:
            self._latest.pop(callback.id if callback.due_at is None else next(iter(self._latest)))

    def announce(self, before: Callback | None, after: Callback, steps: tuple[Step, ...]) -> None:
        if before is None:
            self._keep(after)
        if before is None or before.state != after.state:
            log.info(
                "callback_moved", callback=after.id, state=after.state, outcome=after.outcome, to=mask(after.phone)
            )
        if before is None or _shown(before) != _shown(after):
            self._announcer.updated(after)
        for tell in self.on_change:
            tell(after, steps)


def _shown(cb: Callback) -> object:
    """What anybody sees of a callback; a change of anything else is not announced."""
    legs = [(leg.id, leg.state, leg.outcome, leg.ended_at) for leg in cb.legs]
    return (cb.state, cb.outcome, cb.opens_at, cb.eta_s, cb.promise, cb.attempts, cb.talked_s, legs)


class Runner:
    """Does the steps that follow a change, and crosses them off.

    A step may be done twice when a process dies in between; every handler allows that.
    """

    def __init__(self, store: CallbackStore, tasks: Tasks) -> None:
        self._store = store
        self._tasks = tasks
        self.handlers: dict[str, StepHandler] = {}
        self._running: set[tuple[str, str]] = set()
        self._lanes: dict[str, deque[tuple[Callback, Step]]] = {}

    def start(self, callback: Callback, steps: tuple[Step, ...]) -> None:
        """Begin the steps; those that run already are left alone."""
        for step in steps:
            name = (callback.id, step.key)
            if name in self._running:
                continue
            self._running.add(name)
            if step.kind in COMMANDS:
                self._tasks.start(f"callback:{step.kind}", self._do(callback, step))
            elif callback.id in self._lanes:
                self._lanes[callback.id].append((callback, step))
            else:
                self._lanes[callback.id] = deque([(callback, step)])
                self._tasks.start("callback:lane", self._lane(callback.id))

    async def _lane(self, callback_id: str) -> None:
        lane, done = self._lanes[callback_id], []
        callback = lane[0][0]
        try:
            while lane:
                callback, step = lane.popleft()
                if await self._try(callback, step):
                    done.append(step.key)
                if not lane and done:  # crossed off together: one write for all of them
                    keys, done = done, []
                    await self._cross_off(callback, keys)
        finally:
            del self._lanes[callback_id]

    async def _do(self, callback: Callback, step: Step) -> None:
        if await self._try(callback, step):
            await self._cross_off(callback, [step.key])

    async def _try(self, callback: Callback, step: Step) -> bool:
        try:
            await self.handlers[step.kind](callback, step)
        except AppError as problem:
            log.warning("callback_step_postponed", callback=callback.id, step=step.kind, code=problem.code)
        except Exception:
            log.exception("callback_step_failed", callback=callback.id, step=step.kind)
        else:
            return True
        self._running.discard((callback.id, step.key))
        return False

    async def _cross_off(self, callback: Callback, keys: list[str]) -> None:
        try:
            await self._store.done(callback.tenant_id, callback.id, keys)
        except AppError as problem:
            log.warning("callback_steps_left", callback=callback.id, code=problem.code)
        for key in keys:
            self._running.discard((callback.id, key))

    @property
    def is_idle(self) -> bool:
        return not self._running
