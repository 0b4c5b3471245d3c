"""Between values and stored documents. Only the stores use it."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def to_document(value: Any) -> Any:
    """Return a value as MongoDB keeps it: dataclasses become dicts, tuples and sets lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [to_document(each) for each in value]
    if isinstance(value, dict):
        return {key: to_document(each) for key, each in value.items()}
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def from_document(kind: type[T], document: dict[str, Any]) -> T:
    """Return the value of a document; fields that it lacks keep their defaults, fields that are unknown are ignored."""
    hints = _hints(kind)  # type: ignore[arg-type]
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: _read(hints[name], value) for name, value in document.items() if name in names})


def _read(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _read(next(each for each in arguments if each is not type(None)), value)
    if origin is tuple:
        return tuple(_read(arguments[0], each) for each in value)
    if origin is frozenset:
        return frozenset(value)
    if hint is datetime:
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(hint, type) and is_dataclass(hint):
        return from_document(hint, value)
    return value
