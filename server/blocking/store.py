"""Blocks in MongoDB: one document for each target; what they refused is counted in a collection of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from datetime import timedelta

from server.blocking.model import Block, Hits, Kind, Origin
from server.mongo import Changes, Document, DuplicateKey, Index, TenantCollection

BLOCKS, HITS = "blocks", "block_hits"
HITS_KEPT = timedelta(days=400)

INDEXES = [
    Index(BLOCKS, (("tenant", 1), ("kind", 1), ("value", 1)), "one_block_per_target", unique=True),
    Index(BLOCKS, (("tenant", 1), ("created_at", -1)), "newest_blocks"),
    Index(BLOCKS, (("expires_at", 1),), "blocks_run_out", expire_after_s=0),
    Index(HITS, (("last_at", 1),), "old_hits_go", expire_after_s=int(HITS_KEPT.total_seconds())),
]


class MongoBlockStore:
    """Implements `ports.BlockStore`."""

    def __init__(self, blocks: TenantCollection, hits: TenantCollection, changes: Callable[[], Changes]) -> None:
        self._blocks = blocks
        self._hits = hits
        self._changes = changes

    async def add(self, block: Block) -> Block:
        target = {"kind": block.kind.value, "value": block.value}
        while True:
            try:
                await self._blocks.insert_one(block.tenant_id, {"_id": block.id, **_doc(block)})
            except DuplicateKey:
                pass
            else:
                return block
            # The target is blocked: whoever wants it for longer has it for longer, with their own reason.
            shorter = {"expires_at": {"$ne": None, "$lt": block.expires_at} if block.expires_at else {"$ne": None}}
            changed = {name: value for name, value in _doc(block).items() if name not in target}
            await self._blocks.update_one(block.tenant_id, {**target, **shorter}, {"$set": changed})
            found = await self._blocks.find_one(block.tenant_id, target)
            if found is not None:  # else it ran out at this very moment
                return _block(found)

    async def remove(self, tenant_id: str, block_id: str) -> bool:
        gone = await self._blocks.delete_one(tenant_id, {"_id": block_id})
        await self._hits.delete_one(tenant_id, {"_id": block_id})
        return gone

    async def block(self, tenant_id: str, block_id: str) -> Block | None:
        found = await self._blocks.find_one(tenant_id, {"_id": block_id})
        return _block(found) if found else None

    async def blocks(self, tenant_id: str) -> list[Block]:
        return [_block(doc) for doc in await self._blocks.find(tenant_id, {}, sort=[("created_at", -1), ("_id", -1)])]

    async def of_call(self, tenant_id: str, e164: str, visitor_id: str) -> list[Block]:
        beginnings = [e164[:length] for length in range(2, len(e164) + 1)]
        wanted = {
            "$or": [
                {"kind": Kind.PHONE.value, "value": e164},
                {"kind": Kind.PREFIX.value, "value": {"$in": beginnings}},
                {"kind": Kind.VISITOR.value, "value": visitor_id},
            ]
        }
        return [_block(doc) for doc in await self._blocks.find(tenant_id, wanted)]

    async def hits(self, tenant_id: str, block_ids: Collection[str]) -> Mapping[str, Hits]:
        docs = await self._hits.find(tenant_id, {"_id": {"$in": list(block_ids)}})
        return {doc["_id"]: Hits(doc["count"], doc["last_at"]) for doc in docs}

    async def count_hits(self, hits: Mapping[tuple[str, str], Hits]) -> None:
        for (tenant_id, block_id), more in hits.items():
            update = {"$inc": {"count": more.count}, "$max": {"last_at": more.last_at}}
            try:
                await self._hits.update_one(tenant_id, {"_id": block_id}, update, upsert=True)
            except DuplicateKey:  # another server counted the first one at the same moment
                await self._hits.update_one(tenant_id, {"_id": block_id}, update)

    async def changed_tenants(self) -> AsyncIterator[str | None]:
        async with self._changes() as changes:
            yield None
            async for change in changes:
                yield change.document["tenant"] if change.document else None


def _doc(block: Block) -> Document:
    return {
        "kind": block.kind.value,
        "value": block.value,
        "reason": block.reason,
        "origin": block.origin.value,
        "author_id": block.author_id,
        "author_name": block.author_name,
        "created_at": block.created_at,
        "expires_at": block.expires_at,
    }


def _block(doc: Document) -> Block:
    return Block(
        id=doc["_id"],
        tenant_id=doc["tenant"],
        kind=Kind(doc["kind"]),
        value=doc["value"],
        reason=doc["reason"],
        origin=Origin(doc["origin"]),
        author_id=doc["author_id"],
        author_name=doc["author_name"],
        created_at=doc["created_at"],
        expires_at=doc["expires_at"],
    )
