"""Who is blocked, by account, in memory: asked before a visitor's event does anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from server.blocking.model import Block, Hits
from server.blocking.ports import BlockStore
from server.blocking.rules import BlockIndex
from server.clock import Now
from server.errors import AppError
from server.principals import Visitor

RETRY_S = 1.0

Sleep = Callable[[float], Awaitable[None]]

log = structlog.get_logger("blocking")


class Blocklist:
    """What this server changes holds at once; what others change comes by `follow`, and without it nothing is kept."""

    def __init__(self, store: BlockStore, now: Now, sleep: Sleep) -> None:
        self._store = store
        self._now = now
        self._sleep = sleep
        self._ready: dict[str, BlockIndex] = {}
        self._changes = 0
        self._is_following = False
        self._unwritten: dict[tuple[str, str], Hits] = {}

    async def refuse(self, who: Visitor) -> None:
        """Refuse what a blocked visitor wants, and count it.

        Raises:
            AppError: blocked.
        """
        block = await self._of_visitor(who)
        if block is not None:
            self._count(block)
            raise AppError("blocked")

    async def refuse_quietly(self, who: Visitor) -> None:
        """As `refuse`, for what the browser says by itself: it is not counted."""
        if await self._of_visitor(who) is not None:
            raise AppError("blocked")

    async def is_blocked(self, who: Visitor) -> bool:
        return await self._of_visitor(who) is not None

    async def phone_blocked(self, tenant_id: str, e164: str) -> bool:
        """Tell whether a number that was asked for is refused, and count it."""
        block = (await self.of(tenant_id)).phone(e164, self._now())
        if block is not None:
            self._count(block)
        return block is not None

    async def call_blocked(self, tenant_id: str, e164: str, visitor_id: str) -> bool:
        """Tell whether a call must not be made, as the database knows it at this moment; counts it."""
        found = await self._store.of_call(tenant_id, e164, visitor_id)
        block = next((each for each in found if each.holds(self._now())), None)
        if block is not None:
            self._count(block)
        return block is not None

    async def of(self, tenant_id: str) -> BlockIndex:
        """Return the account's blocks."""
        ready = self._ready.get(tenant_id)
        while ready is None:
            changes = self._changes
            ready = BlockIndex(await self._store.blocks(tenant_id))
            if changes != self._changes:
                ready = None  # what was read may be old already
            elif self._is_following:
                self._ready[tenant_id] = ready
        return ready

    def changed(self, tenant_id: str | None) -> None:
        """Forget an account's blocks, or all; they are read again when they are needed."""
        self._changes += 1
        if tenant_id is None:
            self._ready.clear()
        else:
            self._ready.pop(tenant_id, None)

    async def follow(self) -> None:
        """Keep up with changes by other servers, for ever."""
        while True:
            try:
                async for tenant_id in self._store.changed_tenants():
                    self._is_following = True
                    self.changed(tenant_id)
            except AppError:
                log.warning("blocks_outdated")
            self._is_following = False
            self.changed(None)
            await self._sleep(RETRY_S)

    async def flush(self) -> None:
        """Write down what was counted since the last time."""
        counted, self._unwritten = self._unwritten, {}
        if not counted:
            return
        try:
            await self._store.count_hits(counted)
        except AppError:
            for key, hits in counted.items():
                self._add(key, hits)
            raise

    async def _of_visitor(self, who: Visitor) -> Block | None:
        return (await self.of(who.tenant_id)).visitor(who.visitor_id, who.ip, self._now())

    def _count(self, block: Block) -> None:
        self._add((block.tenant_id, block.id), Hits(1, self._now()))

    def _add(self, key: tuple[str, str], hits: Hits) -> None:
        before = self._unwritten.get(key, Hits())
        last = max((at for at in (before.last_at, hits.last_at) if at is not None), default=None)
        self._unwritten[key] = Hits(before.count + hits.count, last)
