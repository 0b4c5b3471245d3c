"""The server's own words. It speaks only where no client can: whispers on the phone, later e-mail and SMS.

The catalogs are `locales/<language>/LC_MESSAGES/server.po`, read when a language is first needed and kept. An unknown
language, a missing file or a missing sentence gives the English one.
"""

from __future__ import annotations

import gettext as _gettext
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES: Final = Path(__file__).resolve().parent.parent / "locales"
FALLBACK: Final = "en"

Translator = Callable[[str], str]
PluralTranslator = Callable[[str, str, int], str]


def N_(message: str) -> str:  # noqa: N802 (the customary name, known to the extractor)
    """Mark a sentence for the catalogs where it stands; it is translated later, by `translator(...)(message)`."""
    return message


@cache
def _catalog(language: str) -> _gettext.NullTranslations:
    try:
        with (LOCALES / language / "LC_MESSAGES" / "server.po").open("rb") as file:
            messages = read_po(file, locale=language)
    except OSError:
        return _gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return _gettext.GNUTranslations(compiled)


@cache
def available() -> tuple[str, ...]:
    """Return the languages that have a catalog, English first."""
    found = {path.parents[1].name for path in LOCALES.glob("*/LC_MESSAGES/server.po")} - {FALLBACK}
    return (FALLBACK, *sorted(found))


def language_of(locale: str) -> str:
    """Return the catalog that fits a BCP 47 tag (`ro-MD` gives `ro`), English when none does. Never raises."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    language = {"mo": "ro"}.get(language, language)
    return language if language in available() else FALLBACK


def translator(locale: str) -> Translator:
    """Return the function that turns an English sentence into one of `locale`."""
    return _catalog(language_of(locale)).gettext


def plural_translator(locale: str) -> PluralTranslator:
    """Return the function that turns (one, many, n) into the form for n things."""
    return _catalog(language_of(locale)).ngettext
