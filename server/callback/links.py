"""Addresses that the carrier is given (pure). Each names a leg or a room and carries a token that only we can make."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import quote, urlencode

PREFIX = "/telephony"
RETRIES = "#rc=2&rp=ct,5xx,rt&ct=2000&rt=5000"
"""Connection overrides of the carrier: try again when we do not answer. Not part of what is signed."""


@dataclass(frozen=True, slots=True)
class LegRef:
    """What a leg id is made of."""

    tenant_id: str
    callback_id: str
    number: int


def parse_leg_id(leg_id: str) -> LegRef | None:
    """Return the parts of `{tenant}.{callback}.{number}`, or None."""
    parts = leg_id.rsplit(".", 2)
    if len(parts) != 3 or not parts[0] or not parts[1] or not parts[2].isascii() or not parts[2].isdigit():
        return None
    return LegRef(parts[0], parts[1], int(parts[2]))


def parse_room_ref(room_ref: str) -> tuple[str, str, str] | None:
    """Return (tenant id, callback id, room) of `{tenant}.cb_{callback}_{attempt}`, or None."""
    tenant_id, _, room = room_ref.rpartition(".")
    parts = room.split("_")
    if not tenant_id or len(parts) != 3 or parts[0] != "cb":
        return None
    return tenant_id, parts[1], room


@dataclass(frozen=True, slots=True)
class Links:
    """Builds the addresses.

    Args:
        public_url: how the carrier reaches us, without a trailing slash.
        secret: signs the tokens.
    """

    public_url: str
    secret: str

    def token(self, ref: str) -> str:
        digest = hmac.new(self.secret.encode(), f"telephony:{ref}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:18]).decode()

    def is_ours(self, ref: str, token: str) -> bool:
        return hmac.compare_digest(self.token(ref).encode(), token.encode("utf-8", "replace"))

    def of_leg(self, what: str, leg_id: str, **query: str | int) -> str:
        """Return the address for `voice`, `key`, `left`, `say`, `wait`, `status`, `amd` or `recording` of a leg."""
        path = f"{self.public_url}{PREFIX}/{what}/{quote(leg_id)}/{self.token(leg_id)}"
        return f"{path}?{urlencode(query)}{RETRIES}" if query else path + RETRIES

    def of_room(self, tenant_id: str, room: str) -> str:
        ref = f"{tenant_id}.{room}"
        return f"{self.public_url}{PREFIX}/conference/{quote(ref)}/{self.token(ref)}{RETRIES}"
