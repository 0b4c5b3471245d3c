"""The wire's contracts: every named shape, the manifest of events, the error codes.

A shape is named by its key under `$defs`; names are unique across files, so `validate("ChatSend", payload)` is enough.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource

from server.contracts.fast import Accepts, compile_shape
from server.errors import AppError, ErrorKind

FOLDER = Path(__file__).parent
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # In ECMA-262, whose regular expressions JSON Schema uses, `$` is the end; in Python a newline may follow it.
    return re.compile(re.sub(r"(?<!\\)\$(?=$|\))", r"\\Z", pattern))


def _pattern(_validator: object, pattern: str, value: object, _schema: object) -> Iterator[ValidationError]:
    if isinstance(value, str) and not _compiled(pattern).search(value):
        yield ValidationError("does not match the pattern")


_Validator = extend(Draft202012Validator, {"pattern": _pattern})
_EXACT = 2**53


def _make_whole(value: object) -> None:
    """Turn whole floats inside a value into ints, in place: to JSON Schema and JavaScript 1.0 and 1 are the same."""
    waiting = [value]
    while waiting:
        inside = waiting.pop()
        if not isinstance(inside, dict | list):
            continue
        for key, part in inside.items() if isinstance(inside, dict) else enumerate(inside):
            if type(part) is float and part.is_integer() and abs(part) < _EXACT:
                inside[key] = int(part)
            else:
                waiting.append(part)


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One stable code: what kind it is, whether the same request may succeed later, what it means."""

    code: str
    kind: ErrorKind
    retry: bool
    about: str


class Contracts:
    """All contracts, compiled. Made once by `load_contracts`."""

    def __init__(
        self, files: Mapping[str, dict[str, Any]], manifest: dict[str, Any], errors: dict[str, ErrorCode]
    ) -> None:
        self.files = files
        self.manifest = manifest
        self.errors = errors
        registry: Registry[Any] = Registry().with_resources(
            (name, Resource.from_contents(content)) for name, content in files.items()
        )
        self.shapes: dict[str, dict[str, Any]] = {}
        self._validators: dict[str, Any] = {}
        self._accepts: dict[str, Accepts] = {}
        for file_name, content in files.items():
            for name, shape in content["$defs"].items():
                if name in self.shapes:
                    raise ValueError(f"the shape {name} is defined twice")
                self.shapes[name] = shape
                self._accepts[name] = compile_shape(files, file_name, shape)
                self._validators[name] = _Validator(
                    {"$schema": _DIALECT, "$ref": f"{file_name}#/$defs/{name}"}, registry=registry
                )

    @property
    def oldest_protocol(self) -> int:
        return int(self.manifest["protocol"]["oldest"])

    @property
    def current_protocol(self) -> int:
        return int(self.manifest["protocol"]["current"])

    def validate(self, name: str, value: object) -> None:
        """Check `value` against the shape `name`. Whole floats inside it become ints, which handlers count on.

        Raises:
            AppError: `bad_request` with `path` (where in the value) and `rule` (the keyword that failed). It never
                carries the value itself, which may be private or hostile.
        """
        if self._accepts[name](value):
            return
        try:
            problem = next(self._validators[name].iter_errors(value), None)
        except RecursionError:  # a thousand brackets: jsonschema writes the value into its message
            raise AppError("bad_request", path="", rule="depth") from None
        if problem is not None:
            path = "/".join(str(part) for part in problem.absolute_path)[:200]
            raise AppError("bad_request", path=path, rule=str(problem.validator))
        _make_whole(value)  # what is accepted quickly has none where an int is meant

    def validator(self, name: str) -> Callable[[object], None]:
        """Return a function that checks one shape, for hot paths."""
        return functools.partial(self.validate, name)


@functools.cache
def load_contracts(folder: Path = FOLDER) -> Contracts:
    """Read every contract of `folder`, once a process.

    Whether each is a JSON Schema takes a second to check: `check_dialect`.

    Raises:
        ValueError: a file is not what it should be; our bug.
    """
    files = {path.name: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.schema.json"))}
    manifest = json.loads((folder / "events.json").read_text("utf-8"))
    raw = json.loads((folder / "errors.json").read_text("utf-8"))
    errors = {
        code: ErrorCode(code, ErrorKind(entry["kind"]), bool(entry["retry"]), str(entry["about"]))
        for code, entry in raw.items()
    }
    return Contracts(files, manifest, errors)


def check_dialect(contracts: Contracts) -> None:
    """Check that every contract is a JSON Schema of draft 2020-12. For tools and tests, not for each start.

    Raises:
        jsonschema.SchemaError: one is not.
    """
    for content in contracts.files.values():
        Draft202012Validator.check_schema(content)
