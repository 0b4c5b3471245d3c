"""Background tasks: kept, named, awaited at shutdown; a failure is logged once, where it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

Sleep = Callable[[float], Awaitable[None]]

log = structlog.get_logger("tasks")


class Tasks:
    """The background tasks of one server.

    Args:
        sleep: how periodic tasks wait; a test's clock stands in here.
    """

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep
        self._finish: set[asyncio.Task[Any]] = set()
        self._cancel: set[asyncio.Task[Any]] = set()

    @property
    def names(self) -> list[str]:
        """The names of the tasks that run, sorted."""
        return sorted(task.get_name() for task in self._finish | self._cancel)

    def start(self, name: str, work: Coroutine[Any, Any, Any], *, cancel_at_close: bool = False) -> asyncio.Task[Any]:
        """Run `work` beside everything else. At shutdown it may finish, or is cancelled when it never would."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        kept = self._cancel if cancel_at_close else self._finish
        kept.add(task)
        task.add_done_callback(self._ended)
        return task

    def every(self, seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> asyncio.Task[Any]:
        """Call `work` every `seconds` after it last ended, the first time after `seconds`, until shutdown.

        A failure is logged when the work begins to fail and when it works again, not each time.
        """
        return self.start(name, self._repeat(seconds, name, work), cancel_at_close=True)

    async def close(self, grace_s: float = 5.0) -> None:
        """Cancel what is endless, wait up to `grace_s` seconds for the rest, then cancel that too."""
        for task in self._cancel:
            task.cancel()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace_s
        # A task that ends may start another one.
        while (left := self._finish | self._cancel) and (rest := deadline - loop.time()) > 0:
            await asyncio.wait(left, timeout=rest)
        left = self._finish | self._cancel
        for task in left:
            log.warning("task_cancelled", task=task.get_name())
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _repeat(self, seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
        failing = False
        while True:
            await self._sleep(seconds)
            try:
                await work()
            except Exception:
                if not failing:
                    log.exception("task_failing", task=name)
                failing = True
            else:
                if failing:
                    log.info("task_recovered", task=name)
                failing = False

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._finish.discard(task)
        self._cancel.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            log.error("task_failed", task=task.get_name(), exc_info=problem)
