"""The live side of a call: its keypad, what is heard, and the futures on which the engine waits."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from server.carrier.model import Call, CallPlan, Document
from server.carrier.script import Script

KEPT_CAPTIONS = 40


class Keypad:
    """Digits pressed by a person, kept until a Gather, a Record or a Dial takes them."""

    def __init__(self) -> None:
        self._digits: deque[str] = deque()
        self._changed = asyncio.Event()

    def press(self, digits: str) -> None:
        self._digits.extend(digit.upper() for digit in digits if digit not in "wW")
        self._wake()

    async def next(self) -> str:
        """Return the oldest digit, waiting for one."""
        await self.pressed()
        digit = self._digits.popleft()
        self._wake()
        return digit

    async def pressed(self) -> None:
        """Wait until there is a digit, and leave it there."""
        while not self._digits:
            await self._changed.wait()

    async def drained(self) -> None:
        """Wait until every digit was taken."""
        while self._digits:
            await self._changed.wait()

    def drop_leading(self, keys: str) -> None:
        """Forget finish keys left over from an answer that was complete without them."""
        while self._digits and self._digits[0] in keys:
            self._digits.popleft()
        self._wake()

    def clear(self) -> None:
        self._digits.clear()
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


@dataclass(frozen=True)
class Ring:
    """How ringing ended: `in-progress`, `busy`, `no-answer`, `failed` or `canceled`."""

    status: str
    sip_code: int | None = None


@dataclass(frozen=True)
class Ending:
    """Why an answered call ends: hung_up (by its person), api, kicked, limit, error or done (its TwiML is through)."""

    reason: str


@dataclass(frozen=True)
class Caption:
    """Something heard on the line: `say`, `play`, `tone`, `music` or `note`."""

    id: int
    kind: str
    text: str
    language: str = ""


@dataclass
class Leg:
    call: Call
    plan: CallPlan
    starts_at_s: float
    ring: asyncio.Future[Ring]
    over: asyncio.Future[Ending]
    redirect: asyncio.Future[Document]
    done: asyncio.Future[str]
    ready: asyncio.Future[None]
    unbridged: asyncio.Future[None]
    is_child: bool = False
    keypad: Keypad = field(default_factory=Keypad)
    captions: deque[Caption] = field(default_factory=lambda: deque(maxlen=KEPT_CAPTIONS))
    script: Script | None = None
    script_task: asyncio.Task[None] | None = None
    limit_task: asyncio.Task[None] | None = None
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    asking: int = 0
    room_sid: str | None = None
    partner_sid: str | None = None
    speaking_until_s: float | None = None

    @property
    def sid(self) -> str:
        return self.call.sid

    @property
    def number(self) -> str:
        return self.call.to

    def keep(self, task: asyncio.Task[Any]) -> asyncio.Task[Any]:
        """Hold on to a task that belongs to this call; it is cancelled when the call is over."""
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task


def new_leg(call: Call, plan: CallPlan, starts_at_s: float, is_child: bool) -> Leg:
    loop = asyncio.get_running_loop()
    return Leg(
        call=call,
        plan=plan,
        starts_at_s=starts_at_s,
        ring=loop.create_future(),
        over=loop.create_future(),
        redirect=loop.create_future(),
        done=loop.create_future(),
        ready=loop.create_future(),
        unbridged=loop.create_future(),
        is_child=is_child,
    )


def settle(future: asyncio.Future[Any], value: Any) -> bool:
    """Give a future its value unless it has one; tell whether this value won."""
    if future.done():
        return False
    future.set_result(value)
    return True


async def stop(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they are gone."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
