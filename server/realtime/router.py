"""Requests that come over a socket: which handler, may they, in order, and the acknowledgement.

Every event of the manifest has one handler and one line in the policy, and nothing else can be called: the names that a
client may send are the keys of a dictionary, so `connect`, `disconnect` or a method's name mean nothing here.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from prometheus_client import Counter, Histogram

from server.contracts.registry import Contracts
from server.errors import AppError
from server.limits import FULL, Limit, take
from server.principals import Role
from server.realtime import packets
from server.realtime.noise import Noise
from server.realtime.rates import Rates

if TYPE_CHECKING:
    from server.metrics import Metrics
    from server.realtime.layer import Member

Handler = Callable[[Any, dict[str, Any]], Awaitable[Any]]
ConnectHook = Callable[[Any], Awaitable[None]]
DisconnectHook = Callable[[Any, str], Awaitable[None]]
Guard = Callable[[Any], Awaitable[None]]

REFUSALS = Limit(per_s=5, burst=100)
"""Requests beyond their rate that a connection may send before they count as bad packets."""

log = structlog.get_logger("realtime")


@dataclass(slots=True)
class Route:
    """One event with all that its request needs."""

    key: str
    roles: frozenset[Role]
    payload: str
    reply: str
    handler: Handler
    rate: tuple[str, Limit]
    worked: Counter
    seconds: Histogram
    guard: Guard | None = None


Job = tuple[Route, bytes, Any] | Callable[[], Awaitable[None]]


class EventRouter:
    """Handlers by namespace and event. `check_complete` says whether it fits the manifest and the policy."""

    def __init__(
        self,
        contracts: Contracts,
        policy: Mapping[str, frozenset[Role]],
        metrics: Metrics,
        rates: Rates,
        *,
        fifo: int,
        check_replies: bool,
        noise: Noise | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._contracts = contracts
        self._policy = policy
        self._metrics = metrics
        self._rates = rates
        self._noise = noise or Noise(clock)
        self._fifo = fifo
        self._check_replies = check_replies
        self._clock = clock
        self._routes: dict[str, dict[str, Route]] = {}
        self._problems: list[str] = []
        self._connect_hooks: dict[str, list[ConnectHook]] = {}
        self._disconnect_hooks: dict[str, list[DisconnectHook]] = {}
        self._workers: set[asyncio.Task[None]] = set()

    # Registering

    def on(self, namespace: str, event: str, handler: Handler) -> None:
        """Let `handler(who, payload)` answer an event; what it returns is the reply's data.

        The payload has passed its contract, the caller its policy. Events of one connection come one at a time and in
        order. An AppError becomes its code; anything else is logged and becomes `internal_error`.

        Raises:
            ValueError: the event has a handler already.
        """
        key = f"{namespace} {event}"
        routes = self._routes.setdefault(namespace, {})
        if event in routes:
            raise ValueError(f"{key} has two handlers")
        entry = self._contracts.manifest["namespaces"].get(namespace, {}).get("asks", {}).get(event)
        if entry is None:
            self._problems.append(f"{key} has a handler but is not in events.json")
            return
        roles = self._policy.get(key, frozenset())
        routes[event] = Route(
            key,
            roles,
            entry["payload"],
            entry["reply"],
            handler,
            self._rates.of(event),
            worked=self._metrics.events.labels(key, "ok"),  # looked up once: it is a lock and a dictionary each time
            seconds=self._metrics.event_seconds.labels(key),
        )

    def events(self, namespace: str) -> list[str]:
        """Return the events of a namespace that have a handler."""
        return list(self._routes.get(namespace, {}))

    def guard(self, namespace: str, event: str, check: Guard) -> None:
        """Ask `check(who)` before each request of an event that has its handler; an AppError of it is the answer.

        Raises:
            ValueError: there is no such event, or it is guarded already.
        """
        route = self._routes.get(namespace, {}).get(event)
        if route is None or route.guard is not None:
            raise ValueError(f"{namespace} {event} cannot be guarded")
        route.guard = check

    def on_connect(self, namespace: str, hook: ConnectHook) -> None:
        """Run `hook(who)` after each join: the client is in its rooms and answered, its first event waits."""
        self._connect_hooks.setdefault(namespace, []).append(hook)

    def on_disconnect(self, namespace: str, hook: DisconnectHook) -> None:
        """Run `hook(who, reason)` after the client left its rooms and its last event was handled."""
        self._disconnect_hooks.setdefault(namespace, []).append(hook)

    def check_complete(self) -> None:
        """Compare handlers, manifest and policy.

        Raises:
            ValueError: something is missing; the message names everything.
        """
        problems = list(self._problems)
        for namespace, space in self._contracts.manifest["namespaces"].items():
            for event in space["asks"]:
                key = f"{namespace} {event}"
                if event not in self._routes.get(namespace, {}):
                    problems.append(f"{key} has no handler")
                if key not in self._policy:
                    problems.append(f"{key} has no policy")
        if problems:
            raise ValueError("; ".join(problems))

    # Dispatching

    def joined(self, member: Member) -> None:
        for hook in self._connect_hooks.get(member.namespace, ()):
            self._enqueue(member, lambda hook=hook: hook(member.who))  # type: ignore[misc]

    def left(self, member: Member, reason: str) -> None:
        for hook in self._disconnect_hooks.get(member.namespace, ()):
            self._enqueue(member, lambda hook=hook: hook(member.who, reason))  # type: ignore[misc]

    def dispatch(self, member: Member, ack: bytes, said: object) -> None:
        """Take one event off the wire. Returns at once."""
        if not isinstance(said, list) or not 1 <= len(said) <= 2 or not isinstance(said[0], str):
            member.client.strike("event")
            self._refuse(member, ack, "bad_request")
            return
        route = self._routes.get(member.namespace, {}).get(said[0])
        if route is None:
            self._metrics.events.labels("unknown", "unknown_event").inc()
            member.client.strike("unknown_event")
            self._refuse(member, ack, "unknown_event")
            return
        wait_s = self._wait_s(member, *route.rate)
        if wait_s > 0:
            self._count(route, "rate_limited")
            if self._wait_s(member, "refusals", REFUSALS) > 0:
                member.client.strike("flood")
            self._refuse(member, ack, "rate_limited", {"retryAfterS": math.ceil(wait_s)})
            return
        if len(member.fifo) >= self._fifo:
            self._count(route, "rate_limited")
            member.client.strike("fifo")
            self._refuse(member, ack, "rate_limited", {"retryAfterS": 1})
            return
        self._enqueue(member, (route, ack, said[1] if len(said) == 2 else {}))

    def _wait_s(self, member: Member, name: str, limit: Limit) -> float:
        buckets = member.buckets
        bucket, wait_s = take(buckets.get(name, FULL), limit, self._clock())
        buckets[name] = bucket
        return wait_s

    def _enqueue(self, member: Member, job: Job) -> None:
        member.fifo.append(job)
        if member.worker is None:
            member.worker = worker = asyncio.get_running_loop().create_task(self._work(member))
            self._workers.add(worker)

    async def _work(self, member: Member) -> None:
        """Do what waits, one at a time, then end: an idle visitor has no task."""
        worker = member.worker
        fifo = member.fifo
        try:
            while fifo:
                job = fifo.pop(0)
                if isinstance(job, tuple):
                    await self._answer(member, *job)
                else:
                    await self._run_hook(member, job)
        finally:
            member.worker = None
            if worker is not None:
                self._workers.discard(worker)

    async def _answer(self, member: Member, route: Route, ack: bytes, payload: Any) -> None:
        started = time.perf_counter()
        outcome = ""
        namespace = member.namespace_bytes
        try:
            if member.who.role not in route.roles:
                raise AppError("forbidden")
            self._contracts.validate(route.payload, payload)
            if route.guard is not None:
                await route.guard(member.who)
            data = await route.handler(member.who, payload)
            if self._check_replies:
                self._check_reply(route, data)
            answer = packets.ok(namespace, ack, data) if ack else b""
        except AppError as error:
            outcome, details = error.code, error.details
            if outcome not in self._contracts.errors:
                log.error("unknown_error_code", event_name=route.key, code=outcome)
                outcome, details = "internal_error", {}
            else:
                self._noise.line("event_refused", event_name=route.key, code=outcome, connection=member.client.label)
            answer = packets.failed(namespace, ack, outcome, details) if ack else b""
        except Exception:
            log.exception("event_failed", event_name=route.key)
            outcome = "internal_error"
            answer = packets.failed(namespace, ack, outcome, {}) if ack else b""
        if answer:
            member.client.write(answer)
        if outcome:
            self._count(route, outcome)
        else:
            route.worked.inc()
        route.seconds.observe(time.perf_counter() - started)

    async def _run_hook(self, member: Member, hook: Callable[[], Awaitable[None]]) -> None:
        try:
            await hook()
        except Exception:
            log.exception("socket_hook_failed", namespace=member.namespace)

    def _check_reply(self, route: Route, data: object) -> None:
        try:
            self._contracts.validate(route.reply, data)
        except AppError as error:
            raise ValueError(f"the reply of {route.key} breaks its contract: {error.details}") from None

    def _refuse(self, member: Member, ack: bytes, code: str, details: dict[str, object] | None = None) -> None:
        if ack:
            member.client.write(packets.failed(member.namespace_bytes, ack, code, details or {}))

    def _count(self, route: Route, outcome: str) -> None:
        self._metrics.events.labels(route.key, outcome).inc()

    async def settle(self, timeout_s: float) -> None:
        """Wait until every event that was taken is answered, at most `timeout_s`."""
        if self._workers:
            await asyncio.wait(set(self._workers), timeout=timeout_s)
