"""Decisions about keeping and forgetting. Pure: values come in, values or errors go out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from server.errors import AppError
from server.privacy.model import CLASSES, Retention

LONGEST_DAYS = 3650
# A call that runs is over by then, and what was on its way has arrived.
SWEPT_FOR = timedelta(days=2)
_INSIDE = re.compile(r"_(\w)")


def changed(retention: Retention, changes: Mapping[str, int | None]) -> Retention:
    """Return the retention with some classes changed.

    Raises:
        AppError: value_invalid for below 1 day or above ten years.
    """
    for name, days in changes.items():
        if name not in CLASSES:
            raise ValueError(f"no such class of data: {name}")
        if days is not None and not 1 <= days <= LONGEST_DAYS:
            raise AppError("value_invalid", field=f"{name}Days")
    return replace(retention, **changes)  # type: ignore[arg-type]


def kept_since(days: int | None, now: datetime) -> datetime | None:
    """Return before when data goes; None when all of it stays."""
    return None if days is None else now - timedelta(days=days)


def portable(value: object) -> object:
    """Return a stored value as it is handed out: names as the API has them, times in ISO 8601, ids as `id`."""
    if isinstance(value, Mapping):
        return {_name(str(name)): portable(part) for name, part in value.items() if name != "tenant"}
    if isinstance(value, list | tuple):
        return [portable(part) for part in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return value


def _name(name: str) -> str:
    return "id" if name == "_id" else _INSIDE.sub(lambda found: found[1].upper(), name)
