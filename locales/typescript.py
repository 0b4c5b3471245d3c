"""Finds `gettext(...)`, `ngettext(...)` and the marker `N_(...)` in TypeScript and TSX.

Babel's own JavaScript extractor loses its way in JSX text and generics, silently. This one looks for the calls alone
and refuses what it cannot read, so that no sentence is missed. `gettext(TABLE[name])` is read only in a file that
marks its sentences with `N_`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import IO, Any

_CALL = re.compile(r"(?<![\w.$])(gettext|ngettext|N_)\(")
_COMMENT = re.compile(r"^\s*(?:\*|/\*|//)|\s//\s")
_SPACE = re.compile(r"\s*")
_LITERAL = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\$]|\\.|\$(?!\{))*`", re.S)
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r?\n|.)", re.S)
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}

Found = tuple[int, str, str | tuple[str, str], list[str]]


class UnreadableError(ValueError):
    """A call whose sentence is not a plain literal; nobody could translate it."""


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "ux" and len(code) > 1:
        return chr(int(code.strip("ux{}"), 16))
    return _PLAIN_ESCAPES.get(code, code)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _sentence(text: str, at: int) -> tuple[str, int]:
    """Read literals joined by `+` from `at`; return the sentence and where it ends."""
    parts: list[str] = []
    while True:
        at = _skip(text, at)
        literal = _LITERAL.match(text, at)
        if not literal:
            raise UnreadableError
        parts.append(_ESCAPE.sub(_unescape, literal[0][1:-1]))
        at = _skip(text, literal.end())
        if not text.startswith("+", at):
            return "".join(parts), at
        at += 1


def _is_lookup(text: str, at: int) -> bool:
    """Tell whether the argument at `at` holds no words of its own: they are marked where they stand."""
    depth = 0
    for end in range(at, len(text)):
        if text[end] in "'\"`":
            return False
        if depth == 0 and text[end] in ",)":
            return end > at
        depth += (text[end] in "([{") - (text[end] in ")]}")
    return False


def find(text: str, name: str = "") -> Iterator[Found]:
    """Yield every sentence of a source file: line, function, sentence or (one, many), no comments.

    Raises:
        UnreadableError: a call's first arguments are not plain string literals.
    """
    marks = re.search(r"(?<![\w.$])N_\(", text) is not None
    for call in _CALL.finditer(text):
        start = text.rfind("\n", 0, call.start()) + 1
        before = text[start : call.start()]
        if _COMMENT.search(before) or before.rstrip().endswith("function"):
            continue
        line = text.count("\n", 0, call.start()) + 1
        if call[1] == "gettext" and marks and _is_lookup(text, call.end()):
            continue
        try:
            one, at = _sentence(text, call.end())
            if call[1] != "ngettext":
                end = at
                yield line, call[1], one, []
            else:
                if not text.startswith(",", at):
                    raise UnreadableError
                many, end = _sentence(text, at + 1)
                yield line, call[1], (one, many), []
            if text[end] not in ",)":
                raise UnreadableError
        except UnreadableError:
            shown = json.dumps(text[call.start() : call.start() + 60], ensure_ascii=False)
            raise UnreadableError(f"{name}:{line}: {shown} is not a plain sentence") from None


def extract(
    fileobj: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: dict[str, Any]
) -> Iterator[Found]:
    """Babel's interface to `find`."""
    return find(fileobj.read().decode("utf-8"), getattr(fileobj, "name", ""))
