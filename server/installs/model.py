"""What is remembered of a page with the widget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A page said that it has the widget.

    Attributes:
        origin: of the page, as browsers write it.
        protocol: the protocol its widget speaks; None while it has only asked for its configuration.
        version: of the widget; None when it did not say.
    """

    origin: str
    protocol: int | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """One origin on which a site's widget was seen."""

    origin: str
    first_at: datetime
    last_at: datetime
    protocol: int | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Installs:
    """Where a site's widget is. Each list has the newest first.

    Attributes:
        allowed: origins on the site's list that were seen.
        refused: origins that were seen lately and are not on the list.
        missing: origins on the list on which nothing was ever seen.
    """

    allowed: tuple[Sighting, ...]
    refused: tuple[Sighting, ...]
    missing: tuple[str, ...]
