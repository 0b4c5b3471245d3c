"""Between blocks and the wire (pure)."""

from __future__ import annotations

from typing import Any

from server.blocking.model import Shown
from server.clock import to_ms


def block_to_wire(shown: Shown) -> dict[str, Any]:
    """Return a block as the console sees it (Block in blocking.schema.json)."""
    block, hits = shown.block, shown.hits
    return {
        "id": block.id,
        "kind": block.kind.value,
        "value": block.value,
        "label": shown.label,
        "reason": block.reason,
        "origin": block.origin.value,
        "authorName": block.author_name,
        "createdAtMs": to_ms(block.created_at),
        "expiresAtMs": None if block.expires_at is None else to_ms(block.expires_at),
        "hits": hits.count,
        "lastHitAtMs": None if hits.last_at is None else to_ms(hits.last_at),
        "mayRemove": shown.may_remove,
    }
