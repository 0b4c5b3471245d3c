"""Variables in an invitation's words: {keyword|our products}. Pure; the result is plain text, never markup."""

from __future__ import annotations

import re
from collections.abc import Mapping

VARIABLES = frozenset({"consultant", "keyword", "source", "medium", "campaign", "page"})
MAX_VALUE = 80

_VARIABLE = re.compile(r"\{([a-z]+)\|([^{}|]{1,200})\}")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")


def problem_of(template: str) -> str | None:
    """Return what is wrong with the variables of a text: `unknown_variable`, `fallback`, `braces`; None when nothing.

    Every variable has a fallback that is more than spaces, and braces stand for nothing else.
    """
    for name, fallback in _VARIABLE.findall(template):
        if name not in VARIABLES:
            return "unknown_variable"
        if not fallback.strip():
            return "fallback"
    rest = _VARIABLE.sub("", template)
    if re.search(r"\{[a-z]+\|?\s*\}", rest):
        return "fallback"
    return "braces" if "{" in rest or "}" in rest else None


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the text with its variables filled in; an unknown or empty one becomes its fallback."""
    return _VARIABLE.sub(lambda found: _clean(values.get(found[1], "")) or found[2].strip(), template)


def _clean(value: str) -> str:
    """A visitor's address bar may say anything: one line of it, without characters that turn text around."""
    line = " ".join(_INVISIBLE.sub(" ", value).split())
    return line if len(line) <= MAX_VALUE else line[: MAX_VALUE - 1] + "…"
