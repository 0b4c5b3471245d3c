"""Identifiers and secrets. Injected where a test has to know them."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable

NewId = Callable[[], str]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32: no i, l, o, u


def new_id() -> str:
    """Return 26 characters that sort by creation time: 48 bits of milliseconds, 80 random bits (the ULID layout)."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def new_token() -> str:
    """Return 256 random bits, safe in a URL, a header and a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what is stored of a token: its SHA-256. Enough for 256 random bits; never use it for passwords."""
    # Bytes of a header that are no UTF-8 arrive as lone surrogates.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
