"""Visitor tokens: signed, for one site, readable without a database. Pure.

`v1.<payload>.<signature>`: the version fixes the one algorithm (HMAC-SHA256 under a key made from the server's secret
for this purpose alone), so a token cannot choose how it is checked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from server.errors import AppError

LIFE = timedelta(days=365)
SKEW = timedelta(seconds=60)
_VERSION = "v1"
_PURPOSE = b"ringback visitor token v1"


@dataclass(frozen=True, slots=True)
class VisitorToken:
    """What a token says, once its signature, audience and age are right."""

    tenant_id: str
    site_id: str
    visitor_id: str
    issued_at: datetime
    expires_at: datetime


def sign_visitor_token(
    secret: str, *, tenant_id: str, site_id: str, visitor_id: str, now: datetime, life: timedelta = LIFE
) -> str:
    """Return a token for this visitor on this site, good for `life` from `now`. At most 1,024 characters."""
    claims = [tenant_id, site_id, visitor_id, int(now.timestamp()), int((now + life).timestamp())]
    payload = _text(json.dumps(claims, separators=(",", ":")).encode())
    signed = f"{_VERSION}.{payload}"
    return f"{signed}.{_signature(secret, signed)}"


def read_visitor_token(secret: str, token: str, *, site_id: str, now: datetime) -> VisitorToken:
    """Return what the token says.

    Raises:
        AppError: token_invalid, for one that is forged, of another site, expired (60 s of clock skew are forgiven) or
            not a token at all. It does not say which.
    """
    signed, _, signature = token.rpartition(".")
    version, _, payload = signed.partition(".")
    genuine = hmac.compare_digest(_signature(secret, signed).encode(), signature.encode("utf-8", "replace"))
    if version != _VERSION or not genuine:
        raise AppError("token_invalid")
    try:
        tenant, audience, visitor, issued, expires = json.loads(base64.urlsafe_b64decode(payload + "=="))
        read = VisitorToken(
            tenant, audience, visitor, datetime.fromtimestamp(issued, UTC), datetime.fromtimestamp(expires, UTC)
        )
    except (binascii.Error, ValueError, TypeError, OverflowError):
        raise AppError("token_invalid") from None
    if read.site_id != site_id or now > read.expires_at + SKEW or now < read.issued_at - SKEW:
        raise AppError("token_invalid")
    return read


def _signature(secret: str, signed: str) -> str:
    key = hmac.digest(secret.encode(), _PURPOSE, hashlib.sha256)
    return _text(hmac.digest(key, signed.encode("utf-8", "replace"), hashlib.sha256))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
