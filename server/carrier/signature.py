"""X-Twilio-Signature (pure). Facts and vectors: docs of Twilio's webhook security."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit


def url_to_sign(url: str, *, voice: bool) -> str:
    """Return the URL as it is signed: no fragment, no user info, and no port for a voice webhook over https."""
    bare = url.split("#", 1)[0]
    parts = urlsplit(bare)
    host = parts.netloc.rpartition("@")[2]
    if voice and parts.scheme == "https" and parts.port is not None:
        host = host.rpartition(":")[0]
    rest = bare[len(parts.scheme) + 3 + len(parts.netloc) :]
    return f"{parts.scheme}://{host}{rest}"


def signature(token: str, url: str, params: Iterable[tuple[str, str]] = ()) -> str:
    """Return the Base64 HMAC-SHA1 of the URL followed by the sorted form parameters.

    Args:
        url: byte for byte what the receiver is asked for; see `url_to_sign`.
        params: of a POST form; leave out for GET, whose parameters stand in the URL. Repeated pairs count once.
    """
    text = url + "".join(name + value for name, value in sorted(set(params)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()
