"""Group commit: whatever messages wait are numbered and written together, and each sender learns of its own.

Takes every waiting message, numbers them in one bulk, inserts them in one bulk, and only then tells anyone. While that
runs the next ones gather. A number whose message did not come to be is closed by a tombstone here when that is known at
once, and by `timeline` later when it is not.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from server.chat import rules
from server.chat.model import Draft, Head, Message
from server.chat.ports import Announcer, Group, Numbers, Outcome, TimelineStore
from server.clock import Now
from server.errors import AppError

# In one lane.
MAX_WAITING = 2_000
MAX_BATCH = 500
# What could not be told because the database did not answer is tried again.
AGAIN_S = 1.0
# Keys of writes with an unknown end, so that a resend which finds them stored is told to the others after all.
MAX_UNKNOWN = 10_000

log = structlog.get_logger("chat.writer")


class NotTaken(Exception):  # noqa: N818
    """The conversation is unknown or in a status in which it does not take this draft."""


@dataclass(frozen=True, slots=True)
class Written:
    """A stored message. `fresh` is False for a resend, which got the first copy. `head` comes with fresh ones."""

    message: Message
    head: Head | None
    fresh: bool


@dataclass(slots=True)
class _Job:
    tenant_id: str
    draft: Draft
    done: asyncio.Future[Written]
    takes_new_number: bool = False


@dataclass(slots=True)
class _Told:
    """Something to do between two batches of a conversation, so that it happens and is told in the right order."""

    run: Callable[[], Awaitable[None]]


@dataclass(slots=True)
class _Lane:
    """Messages of some conversations that wait for the lane's task. A conversation is always in the same lane."""

    waiting: deque[_Job | _Told] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    untold: list[_Told] = field(default_factory=list)
    tell_again_at: float = 0.0


class MessageWriter:
    """Appends drafts to timelines.

    Args:
        lanes: how many batches may be on their way to the database at once. With one, the database rests while we
            count and we rest while it writes.
        again_s: after how many seconds what could not be told is tried again.
    """

    def __init__(
        self, store: TimelineStore, announcer: Announcer, *, now: Now, lanes: int = 4, again_s: float = AGAIN_S
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._now = now
        self._again_s = again_s
        self._lanes = [_Lane() for _ in range(lanes)]
        self._unknown: dict[str, None] = {}
        self._closing = False

    async def append(self, tenant_id: str, draft: Draft) -> Written:
        """Write `draft` and tell everyone; the first copy when its key is stored already.

        Raises:
            NotTaken: the conversation does not take it now.
            AppError: message_id_reused; unavailable when too much waits or the outcome is unknown (send it again).
        """
        lane = self._open_lane(draft.conversation_id)
        done: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._put(lane, _Job(tenant_id, draft, done))
        return await done

    async def change(self, tenant_id: str, conversation_id: str, run: Callable[[], Awaitable[Draft | None]]) -> Written:
        """Run what takes a number itself, and write the entry it returns before anything later is numbered here.

        Otherwise messages with higher numbers could be told first, and every listener would have to ask for the hole.

        Raises:
            NotTaken: `run` returned None: nothing happened.
            AppError: what `run` raises; unavailable when too much waits or when it is not known whether the entry was
                written. The number is taken then, and whoever meets the hole writes the entry.
        """
        lane = self._open_lane(conversation_id)
        done: asyncio.Future[Written] = asyncio.get_running_loop().create_future()

        async def take() -> None:
            try:
                draft = await run()
                if draft is None:
                    raise NotTaken
            except Exception as problem:
                if not done.done():
                    done.set_exception(problem)
            else:
                lane.waiting.appendleft(_Job(tenant_id, draft, done))

        self._put(lane, _Told(take))
        return await done

    def in_order(self, conversation_id: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run something after what waits now was written and told, and before anything later is.

        It is run again a little later when the database did not answer it.
        """
        self._put(self._lane(conversation_id), _Told(run))

    async def close(self) -> None:
        """Write what waits, then refuse more."""
        self._closing = True
        for lane in self._lanes:
            lane.wake.set()
        await asyncio.gather(*(lane.task for lane in self._lanes if lane.task is not None))

    def _lane(self, conversation_id: str) -> _Lane:
        return self._lanes[hash(conversation_id) % len(self._lanes)]

    def _open_lane(self, conversation_id: str) -> _Lane:
        lane = self._lane(conversation_id)
        if self._closing or len(lane.waiting) >= MAX_WAITING:
            raise AppError("unavailable")
        return lane

    def _put(self, lane: _Lane, item: _Job | _Told) -> None:
        lane.waiting.append(item)
        lane.wake.set()
        if lane.task is None or lane.task.done():
            lane.task = asyncio.get_running_loop().create_task(self._run(lane), name="chat writer")

    async def _run(self, lane: _Lane) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            if lane.untold and clock() >= lane.tell_again_at:
                lane.waiting.extend(lane.untold)
                lane.untold.clear()
            if not lane.waiting:
                if self._closing:
                    return
                lane.wake.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(lane.tell_again_at if lane.untold else None):
                        await lane.wake.wait()
                continue
            jobs, told = self._take(lane)
            if jobs:
                await self._write_all(lane, jobs)
            for item in told:
                try:
                    await item.run()
                except AppError as problem:
                    log.warning("not_told", code=problem.code)
                    if problem.code == "unavailable":
                        lane.untold.append(item)
                        lane.tell_again_at = clock() + self._again_s
                except Exception:
                    log.exception("not_told")

    def _take(self, lane: _Lane) -> tuple[list[_Job], list[_Told]]:
        """Take messages up to the first thing that has to wait for them, and the things that follow directly."""
        jobs: list[_Job] = []
        told: list[_Told] = []
        allowed: dict[str, frozenset[object]] = {}
        waiting = lane.waiting
        while waiting and len(jobs) < MAX_BATCH:
            item = waiting[0]
            if isinstance(item, _Told):
                told.append(item)
            elif told:
                break
            elif allowed.setdefault(item.draft.conversation_id, frozenset(item.draft.allowed)) != item.draft.allowed:
                break  # one update numbers a conversation's drafts, under one condition
            else:
                jobs.append(item)
            waiting.popleft()
        return jobs, told

    async def _write_all(self, lane: _Lane, jobs: list[_Job]) -> None:
        try:
            await self._write(lane, jobs)
        except AppError as problem:
            for job in jobs:
                self._fail(job, problem)
        except Exception as problem:
            if len(jobs) == 1:
                log.exception("message_not_written")
                self._fail(jobs[0], problem)
                return
            for job in jobs:  # one of them is at fault; it shall not take the others with it
                self._do_not_know(job)  # the others may be stored already, and are told then
            for job in jobs:
                if not job.done.done():
                    await self._write_all(lane, [job])

    def _fail(self, job: _Job, problem: Exception) -> None:
        if isinstance(problem, AppError) and problem.code == "unavailable":
            self._do_not_know(job)
        if not job.done.done():
            job.done.set_exception(problem)

    def _do_not_know(self, job: _Job) -> None:
        self._unknown[job.draft.key] = None
        while len(self._unknown) > MAX_UNKNOWN:
            self._unknown.pop(next(iter(self._unknown)))

    async def _write(self, lane: _Lane, jobs: list[_Job]) -> None:
        first: dict[str, _Job] = {}
        for job in jobs:
            first.setdefault(job.draft.key, job)
        keys: dict[str, list[str]] = {}
        for key, job in first.items():
            keys.setdefault(job.tenant_id, []).append(key)
        stored = await self._store.existing(keys)
        if stored:
            await self._answer_with_first_copies([job for job in jobs if job.draft.key in stored], stored)
        fresh = [job for key, job in first.items() if key not in stored]
        if fresh:
            await self._write_fresh(lane, fresh)
        repeats = [job for job in jobs if job is not first[job.draft.key] and not job.done.done()]
        lane.waiting.extendleft(reversed(repeats))  # now they find the first copy

    async def _write_fresh(self, lane: _Lane, jobs: Sequence[_Job]) -> None:
        now = rounded(self._now())
        messages, heads = await self._number(jobs, now)
        written = [job for job in jobs if job.draft.key in messages]
        outcomes = await self._store.insert([(job.tenant_id, messages[job.draft.key]) for job in written])
        good: list[tuple[_Job, Message]] = []
        again: list[_Job] = []
        burned: list[tuple[_Job, Message]] = []
        for job, outcome in zip(written, outcomes, strict=True):
            message = messages[job.draft.key]
            if outcome is Outcome.STORED:
                good.append((job, message))
            elif outcome is Outcome.KEY_TAKEN:
                burned.append((job, message))
            else:
                job.takes_new_number = True
                again.append(job)
        for job, message in sorted(good, key=lambda pair: pair[1].seq):
            head = heads[message.conversation_id]
            self._announcer.message(job.tenant_id, head.visitor_id, message)
            self._unknown.pop(message.key, None)
            if not job.done.done():
                job.done.set_result(Written(message, head, fresh=True))
        if burned:
            await self._close_burned(burned, now)
        # The number was closed before its message came: the message takes another one. A change of state does not,
        # because the tombstone's place was filled with the change itself.
        lane.waiting.extendleft(reversed(again))

    async def _number(self, jobs: Sequence[_Job], now: datetime) -> tuple[dict[str, Message], dict[str, Head]]:
        groups: dict[str, list[_Job]] = {}
        messages: dict[str, Message] = {}
        heads: dict[str, Head] = {}
        for job in jobs:
            if job.draft.seq is not None and not job.takes_new_number:
                messages[job.draft.key] = rules.message_of(job.draft, job.draft.seq, job.draft.sent_at or now)
                heads |= await self._store.heads(job.tenant_id, [job.draft.conversation_id])
            else:
                groups.setdefault(job.draft.conversation_id, []).append(job)
        taken: dict[str, Numbers] = {}
        if groups:
            taken = await self._store.take_numbers(
                [
                    Group(members[0].tenant_id, conversation_id, tuple(job.draft for job in members))
                    for conversation_id, members in groups.items()
                ],
                now,
            )
        for conversation_id, members in groups.items():
            numbers = taken.get(conversation_id)
            if numbers is None:
                for job in members:
                    if not job.done.done():
                        job.done.set_exception(NotTaken())
                continue
            heads[conversation_id] = numbers.head
            drafts = [job.draft for job in members]
            for message in rules.numbered(drafts, numbers.first_seq, numbers.first_visitor_text_no, now):
                messages[message.key] = message
        return messages, heads

    async def _close_burned(self, burned: Sequence[tuple[_Job, Message]], now: datetime) -> None:
        """Close numbers whose messages turned out to be stored already, by another server since we looked."""
        keys: dict[str, list[str]] = {}
        for job, message in burned:
            keys.setdefault(job.tenant_id, []).append(message.key)
        stored = await self._store.existing(keys)
        await self._store.insert(
            [
                (job.tenant_id, rules.tombstone(message.conversation_id, message.seq, now))
                for job, message in burned
                if stored[message.key].seq != message.seq
            ]
        )
        await self._answer_with_first_copies([job for job, _ in burned], stored)

    async def _answer_with_first_copies(self, jobs: Sequence[_Job], stored: dict[str, Message]) -> None:
        for job in jobs:
            message = stored[job.draft.key]
            if message.key in self._unknown:
                heads = await self._store.heads(job.tenant_id, [message.conversation_id])
                self._announcer.message(job.tenant_id, heads[message.conversation_id].visitor_id, message)
                self._unknown.pop(message.key, None)
            if job.done.done():
                continue
            if rules.is_resend(message, job.draft):
                job.done.set_result(Written(message, None, fresh=False))
            else:
                job.done.set_exception(AppError("message_id_reused"))


def rounded(moment: datetime) -> datetime:
    """Return `moment` in whole milliseconds, which is what the database keeps."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
