"""Keeps the catalogs complete: `python -m locales.build extract | update | compile | check`.

extract   write locales/<domain>.pot, the template for a new language
update    bring every .po file up to the sources: new sentences come in empty, gone ones go
compile   write the JSON catalogs of the widget and the console (the server reads its .po files itself)
check     fail when a sentence is missing, fuzzy, stale or has other placeholders, or the JSON is out of date
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from locales import typescript

ROOT: Final = Path(__file__).resolve().parent.parent
LANGUAGES: Final = ("en", "ru", "ro")
SOURCE_LANGUAGE: Final = "en"
KEYWORDS: Final = {"gettext": None, "_": None, "N_": None, "ngettext": (1, 2), "_n": (1, 2)}
# A fixed date: the files change when their sentences do, and at no other time.
BORN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_PLACEHOLDER: Final = re.compile(r"\{(\w*)\}|%\((\w+)\)[sd]")


@dataclass(frozen=True)
class Domain:
    """A catalog: where its sentences stand and where its JSON goes (None: read as .po)."""

    name: str
    sources: tuple[str, ...]
    json_dir: str | None


DOMAINS: Final = (
    Domain("server", ("server",), None),
    Domain("widget", ("widget/src",), "widget/src/locales"),
    Domain("admin", ("admin-spa/src", "widget/src/shared"), "admin-spa/src/locales"),
)


def po_path(domain: Domain, language: str) -> Path:
    """Return where the catalog of a domain and language stands."""
    return ROOT / "locales" / language / "LC_MESSAGES" / f"{domain.name}.po"


def template(domain: Domain) -> Catalog:
    """Return every sentence of the sources, without translations.

    Raises:
        typescript.UnreadableError: a sentence is not a plain literal.
    """
    with (ROOT / "locales" / f"{domain.name}.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file, str(file.name))  # type: ignore[no-untyped-call]
    methods = [(pattern, typescript.extract if "typescript" in method else method) for pattern, method in methods]
    catalog = _empty(None)
    for source in domain.sources:
        folder = str(ROOT / source)
        found = extract_from_dir(folder, methods, options, keywords=KEYWORDS, comment_tags=("Translators:",))
        for name, _line, ids, comments, context in sorted(found, key=lambda f: (f[0], f[1])):
            message = catalog.add(ids, None, auto_comments=comments, context=context)
            place = f"{source}/{name}"
            if all(known != place for known, _ in message.locations):
                message.locations.append((place, None))  # type: ignore[arg-type]  # a place without a line
    return catalog


def _empty(language: str | None) -> Catalog:
    return Catalog(
        locale=language,
        project="Ringback",
        version="1",
        copyright_holder="the Ringback contributors",
        creation_date=BORN,
        revision_date=BORN,
        msgid_bugs_address="the project's issues",
        last_translator="the Ringback contributors",
        language_team="the Ringback contributors",
        fuzzy=False,
        header_comment="# PROJECT's catalog; see locales/build.py.",
    )


def _sentences(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _load(domain: Domain, language: str) -> Catalog:
    path = po_path(domain, language)
    if not path.exists():
        return _empty(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _forms(message: Message) -> tuple[str, ...]:
    """Return what is translated, one string or one for each plural form; empty strings where nothing is."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def updated(domain: Domain, language: str) -> Catalog:
    """Return the catalog with exactly the sentences of the sources and the translations it had."""
    old = {_key(m): m for m in _sentences(_load(domain, language))}
    fresh = _empty(language)
    for message in _sentences(template(domain)):
        known = old.get(_key(message))
        string: Any = known.string if known else ("" if isinstance(message.id, str) else ())
        if language == SOURCE_LANGUAGE:
            string = message.id
        fresh.add(
            message.id,
            string,
            message.locations,
            auto_comments=message.auto_comments,
            user_comments=known.user_comments if known else (),
            context=message.context,
        )
    return fresh


def _key(message: Message) -> tuple[str, ...]:
    """Return what identifies a sentence: its plural too, so that a changed plural is translated anew."""
    return (message.context or "", *((message.id,) if isinstance(message.id, str) else message.id))


def _as_po(catalog: Catalog) -> bytes:
    out = BytesIO()
    write_po(out, catalog, width=110, no_location=False, include_lineno=False, sort_by_file=True)
    return out.getvalue()


def compiled(catalog: Catalog) -> str:
    """Return a catalog as JSON in the format of widget/src/shared/gettext.ts; what reads as its id is left out."""
    words: dict[str, Any] = {}
    for message in sorted(_sentences(catalog), key=_key):
        forms = _forms(message)
        if isinstance(message.id, str):
            if forms[0] and forms[0] != message.id:
                words[message.id] = forms[0]
        elif all(forms) and forms != tuple(message.id):
            words[message.id[0]] = list(forms)
    return json.dumps(words, ensure_ascii=False, indent=2) + "\n"


def _placeholders(text: str) -> list[str]:
    return sorted({a or b for a, b in _PLACEHOLDER.findall(text)})


def _wrong(message: Message, language: str) -> str | None:
    """Return what is wrong with a translation, None when nothing is."""
    forms = _forms(message)
    if not all(forms):
        return "is not translated"
    if message.fuzzy:
        return "is fuzzy"
    ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    wanted = _placeholders(ids[-1])
    for number, form in enumerate(forms):
        # "one day" may do without the number where the form is for exactly one thing.
        spare = len(forms) > 1 and number == 0 and language != "ru"
        if _placeholders(form) != wanted and not (spare and set(_placeholders(form)) <= set(wanted)):
            return f"has other placeholders: {form!r}"
    if ids[0].strip() != ids[0] or any(form.strip() != form for form in forms):
        return "has spaces at an end"
    return None


def problems() -> Iterator[str]:
    """Yield a sentence for everything that `check` finds."""
    for domain in DOMAINS:
        wanted = {_key(m) for m in _sentences(template(domain))}
        for language in LANGUAGES:
            catalog, where = _load(domain, language), po_path(domain, language).relative_to(ROOT)
            have = {_key(m): m for m in _sentences(catalog)}
            yield from (f"{where}: {key[1]!r} is missing" for key in sorted(wanted - have.keys()))
            yield from (f"{where}: {key[1]!r} is not in the sources" for key in sorted(have.keys() - wanted))
            yield from (f"{where}: {m.id!r} is not in the sources" for m in catalog.obsolete.values())
            for message in have.values():
                if wrong := _wrong(message, language):
                    yield f"{where}: {message.id!r} {wrong}"
            path = _json_path(domain, language)
            if path and not (path.exists() and path.read_text("utf-8") == compiled(catalog)):
                yield f"{path.relative_to(ROOT)} is out of date"


def _json_path(domain: Domain, language: str) -> Path | None:
    return ROOT / domain.json_dir / f"{language}.json" if domain.json_dir else None


def _write(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    print(path.relative_to(ROOT))


def main(arguments: Iterable[str]) -> int:
    """Run one command; return the exit code."""
    match list(arguments):
        case ["extract"]:
            for domain in DOMAINS:
                _write(ROOT / "locales" / f"{domain.name}.pot", _as_po(template(domain)))
        case ["update"]:
            for domain in DOMAINS:
                for language in LANGUAGES:
                    catalog = updated(domain, language)
                    _write(po_path(domain, language), _as_po(catalog))
                    empty = sum(1 for m in _sentences(catalog) if not all(_forms(m)))
                    if empty:
                        print(f"{language}/{domain.name}: {empty} to translate")
        case ["compile"]:
            for domain in DOMAINS:
                for language in LANGUAGES:
                    if path := _json_path(domain, language):
                        _write(path, compiled(_load(domain, language)).encode())
        case ["check"]:
            found = list(problems())
            print("\n".join(found), file=sys.stderr, end="\n" if found else "")
            return 1 if found else 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
