"""Use cases of blocking: see what is blocked, add to it, take away from it, and hear whoever wants no more calls."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from server.blocking.book import Blocklist
from server.blocking.model import Block, Hits, Kind, Origin, Shown
from server.blocking.ports import Audit, BlockStore, Calls, Visitors
from server.blocking.rules import MAX_BLOCKS, BlockIndex, masked, may_remove, normal_value
from server.clock import Now
from server.errors import AppError
from server.ids import NewId
from server.principals import Person


class BlockingService:
    """Every method raises AppError: not_found for what this account does not have, unavailable to try again."""

    def __init__(
        self,
        store: BlockStore,
        blocklist: Blocklist,
        visitors: Visitors,
        calls: Calls,
        audit: Audit,
        now: Now,
        new_id: NewId,
    ) -> None:
        self._store = store
        self._blocklist = blocklist
        self._visitors = visitors
        self._calls = calls
        self._audit = audit
        self._now = now
        self._new_id = new_id

    async def listing(self, who: Person) -> list[Shown]:
        """Return what is blocked now, the newest first."""
        await self._blocklist.flush()
        now = self._now()
        blocks = [block for block in await self._store.blocks(who.tenant_id) if block.holds(now)]
        return await self._shown(who, blocks)

    async def add(self, who: Person, kind: Kind, text: str, reason: str, lasts_s: int | None) -> Shown:
        """Block from now on, for so many seconds or for ever. Who is blocked already stays so for at least as long.

        Raises:
            AppError: value_invalid, that is no number, network or visitor; not_found, the account has no such visitor;
                block_limit.
        """
        value = normal_value(kind, text)
        if kind is Kind.VISITOR and value not in await self._visitors.names(who.tenant_id, [value]):
            raise AppError("not_found")
        before = await self._store.blocks(who.tenant_id)
        if len(before) >= MAX_BLOCKS and not any((each.kind, each.value) == (kind, value) for each in before):
            raise AppError("block_limit", max=MAX_BLOCKS)
        now = self._now()
        wanted = Block(
            id=self._new_id(),
            tenant_id=who.tenant_id,
            kind=kind,
            value=value,
            reason=" ".join(reason.split()),
            origin=Origin.PERSON,
            author_id=who.person_id,
            author_name=who.name,
            created_at=now,
            expires_at=None if lasts_s is None else now + timedelta(seconds=lasts_s),
        )
        stored = await self._put(wanted)
        await self._audit.record(
            who,
            "block.added",
            stored.id,
            {
                "kind": (None, kind.value),
                "value": (None, masked(kind, value)),
                "reason": (None, wanted.reason),
                "expiresAt": (None, str(stored.expires_at) if stored.expires_at else None),
            },
        )
        (shown,) = await self._shown(who, [stored])
        return shown

    async def remove(self, who: Person, block_id: str) -> None:
        """Block no longer.

        Raises:
            AppError: not_found; forbidden, for a consultant whose own fresh block it is not.
        """
        block = await self._store.block(who.tenant_id, block_id)
        if block is None:
            raise AppError("not_found")
        if not may_remove(who, block, self._now()):
            raise AppError("forbidden")
        if not await self._store.remove(who.tenant_id, block_id):
            raise AppError("not_found")
        self._blocklist.changed(who.tenant_id)
        await self._audit.record(
            who,
            "block.removed",
            block_id,
            {"kind": (block.kind.value, None), "value": (masked(block.kind, block.value), None)},
        )

    async def opt_out(self, tenant_id: str, e164: str) -> None:
        """Never call that number again: whoever answered it has asked for that. Again changes nothing."""
        await self._put(
            Block(
                id=self._new_id(),
                tenant_id=tenant_id,
                kind=Kind.PHONE,
                value=e164,
                reason="",
                origin=Origin.CALLEE,
                author_id=None,
                author_name=None,
                created_at=self._now(),
                expires_at=None,
            )
        )

    async def _put(self, block: Block) -> Block:
        stored = await self._store.add(block)
        self._blocklist.changed(block.tenant_id)
        index, now = BlockIndex([stored]), self._now()

        def is_blocked(e164: str, visitor_id: str) -> bool:
            return bool(index.phone(e164, now) or index.visitor(visitor_id, "", now))

        if stored.kind is not Kind.NETWORK:  # which address a callback was asked for from is not kept
            await self._calls.end(block.tenant_id, is_blocked)
        return stored

    async def _shown(self, who: Person, blocks: Collection[Block]) -> list[Shown]:
        hits = await self._store.hits(who.tenant_id, [block.id for block in blocks])
        visitors = [block.value for block in blocks if block.kind is Kind.VISITOR]
        names = await self._visitors.names(who.tenant_id, visitors) if visitors else {}
        now = self._now()
        return [
            Shown(
                block,
                hits.get(block.id, Hits()),
                names.get(block.value) if block.kind is Kind.VISITOR else None,
                may_remove(who, block, now),
            )
            for block in blocks
        ]
