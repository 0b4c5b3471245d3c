from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from server.tasks import Tasks
from tests.fakes import Clock


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_task_that_fails_is_logged_once_by_its_name() -> None:
    async def fail() -> None:
        raise RuntimeError("broken")

    tasks = Tasks()
    with capture_logs() as logs:
        tasks.start("mailer", fail())
        await settle()
    assert [(line["event"], line["task"]) for line in logs] == [("task_failed", "mailer")]
    assert tasks.names == []


async def test_shutdown_waits_for_what_is_under_way_and_ends_what_is_endless(clock: Clock) -> None:
    done = []

    async def send() -> None:
        await asyncio.sleep(0.01)
        done.append("sent")

    tasks = Tasks(clock.sleep)
    tasks.start("send", send())
    tasks.every(60, "sweep", send)
    assert tasks.names == ["send", "sweep"]
    await tasks.close()
    assert done == ["sent"]
    assert tasks.names == []


async def test_shutdown_does_not_wait_for_ever() -> None:
    tasks = Tasks()
    stuck = tasks.start("stuck", asyncio.sleep(3600))
    with capture_logs() as logs:
        await tasks.close(grace_s=0.01)
    assert stuck.cancelled()
    assert [line["task"] for line in logs] == ["stuck"]


async def test_periodic_work_goes_on_after_a_failure_which_is_told_once(clock: Clock) -> None:
    calls: list[int] = []

    async def work() -> None:
        calls.append(len(calls) + 1)
        if len(calls) in (2, 3):
            raise RuntimeError("away")

    tasks = Tasks(clock.sleep)
    with capture_logs() as logs:
        tasks.every(10, "sweep", work)
        await settle()
        for _ in range(4):
            clock.advance(seconds=10)
            await settle()
    assert calls == [1, 2, 3, 4]
    assert [line["event"] for line in logs] == ["task_failing", "task_recovered"]
    await tasks.close()
