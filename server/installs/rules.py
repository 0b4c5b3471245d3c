"""Decisions about sightings. No IO, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from server.installs.model import Installs, Seen, Sighting

WRITE_EVERY = timedelta(hours=1)
"""One write for an origin and this long, at most."""
REFUSED_LAST = timedelta(days=7)
"""How long an origin that is not allowed is worth showing."""
MOST_REFUSED = 20


def is_origin(text: str) -> bool:
    """Return whether a browser's page can have this origin; "null" is a page that has none."""
    try:
        parts = urlsplit(text)
        return (
            len(text) <= 255
            and parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and text == f"{parts.scheme}://{parts.netloc}"
            and "@" not in parts.netloc
            and text.isascii()
            and text.isprintable()
        )
    except ValueError:
        return False


def seen_again(known: Sighting | None, seen: Seen, now: datetime) -> Sighting:
    """Return the sighting with one more look at it; what a page did not say this time is what it said before."""
    if known is None:
        return Sighting(seen.origin, now, now, seen.protocol, seen.version)
    return replace(
        known,
        last_at=max(known.last_at, now),
        protocol=known.protocol if seen.protocol is None else seen.protocol,
        version=known.version if seen.version is None else seen.version,
    )


def is_news(known: Sighting | None, seen: Seen) -> bool:
    """Return whether something is to be written down before its hour: the first look, the first words of its widget."""
    return known is None or (known.protocol is None and seen.protocol is not None)


def judged(sightings: Iterable[Sighting], origins: Sequence[str], now: datetime) -> Installs:
    """Return where the widget is, judged by the list of origins as it is now.

    Args:
        sightings: of one site; of several with the same origin the newest counts.
    """
    newest: dict[str, Sighting] = {}
    for one in sorted(sightings, key=lambda one: one.last_at):
        before = newest.get(one.origin, one)
        last = seen_again(before, Seen(one.origin, one.protocol, one.version), one.last_at)
        newest[one.origin] = replace(last, first_at=min(one.first_at, before.first_at))
    found = sorted(newest.values(), key=lambda one: (one.last_at, one.origin), reverse=True)
    refused = [one for one in found if one.origin not in origins and now - one.last_at < REFUSED_LAST]
    return Installs(
        allowed=tuple(one for one in found if one.origin in origins),
        refused=tuple(refused[:MOST_REFUSED]),
        missing=tuple(origin for origin in origins if origin not in newest),
    )
