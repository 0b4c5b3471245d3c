"""The catalogs and their tools: nothing a person reads is missing, stale or half translated."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from locales import typescript
from locales.build import DOMAINS, LANGUAGES, ROOT, Catalog, compiled, problems, template
from locales.build import _wrong as wrong_with
from server.i18n import N_, available, language_of, plural_translator, translator


def test_every_sentence_is_translated_and_every_catalog_is_up_to_date() -> None:
    assert list(problems()) == []


@pytest.mark.parametrize("domain", [d for d in DOMAINS if d.json_dir], ids=lambda d: d.name)
def test_no_call_in_the_sources_is_overlooked(domain) -> None:
    found = {m.id if isinstance(m.id, str) else m.id[0] for m in template(domain) if m.id}
    for source in domain.sources:
        for path in (ROOT / source).rglob("*.ts*"):
            if path.name.endswith((".test.ts", ".test.tsx", ".gen.ts")):
                continue
            if domain.name == "widget" and path.name.endswith(".staff.ts"):
                continue
            text = "\n".join(line.partition("//")[0] for line in path.read_text("utf-8").splitlines())
            text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
            for match in re.finditer(r"\b(?:n?gettext|N_)\(\s*'((?:[^'\\]|\\.)+)'\s*[,)]", text):
                assert match[1].replace("\\'", "'") in found, path


@pytest.mark.parametrize(
    ("source", "sentences"),
    [
        ("gettext('Plain')", ["Plain"]),
        ('<p title={gettext("Don\'t")}>{gettext(`Back tick`)}</p>', ["Don't", "Back tick"]),
        ("gettext(\n  'Long ' +\n    'sentence',\n  { a: 1 },\n)", ["Long sentence"]),
        (r"gettext('It\'s \u00e9 \x41 \n')", ["It's é A \n"]),
        ("ngettext('{n} day', '{n} days', n)", [("{n} day", "{n} days")]),
        ("<p>Don't</p> it's `odd` /['\"]/ {gettext('After')}", ["After"]),
        ("import { gettext } from './gettext'; x.gettext('Not ours')", []),
        ("export function gettext(msgid: string) {}", []),
        ("const T = { a: N_('Marked') };\ngettext(T[x] ?? (T.a as string), { n: 1 })", ["Marked"]),
        ("/** `gettext('In a comment')` */\n// gettext('here too')\n * gettext('and here')", []),
    ],
)
def test_the_extractor_reads_typescript_and_tsx(source: str, sentences: list[object]) -> None:
    assert [found[2] for found in typescript.find(source)] == sentences


@pytest.mark.parametrize(
    "source",
    [
        "gettext(name)",
        "gettext(x ? 'a' : 'b'); N_('Marked')",
        "gettext(`Hello ${name}`)",
        "gettext('a' + b)",
        "gettext(x ? 'a' : 'b')",
        "ngettext('one', n)",
    ],
)
def test_a_sentence_that_nobody_could_translate_is_refused(source: str) -> None:
    with pytest.raises(typescript.UnreadableError, match=r"a\.ts:2"):
        list(typescript.find("\n" + source, "a.ts"))


def test_the_extractor_speaks_babels_interface() -> None:
    file = io.BytesIO("gettext('Привет')".encode())
    assert list(typescript.extract(file, [], [], {})) == [(1, "gettext", "Привет", [])]


def _message(language: str, message_id: object, string: object):
    return Catalog(locale=language).add(message_id, string)


def test_the_check_sees_what_is_wrong_with_a_translation() -> None:
    assert wrong_with(_message("ru", "Hello {name}", "Привет, {name}"), "ru") is None
    assert "not translated" in str(wrong_with(_message("ru", "Hello", ""), "ru"))
    assert "placeholders" in str(wrong_with(_message("ru", "Hello {name}", "Привет, {имя}"), "ru"))
    assert "placeholders" in str(wrong_with(_message("ru", "Hello {name}", "Привет"), "ru"))
    assert "spaces" in str(wrong_with(_message("ru", "Hello", "Привет "), "ru"))
    days = ("{n} day", "{n} days")
    assert "not translated" in str(wrong_with(_message("ru", days, ("{n} день", "{n} дня", "")), "ru"))
    assert wrong_with(_message("ro", days, ("o zi", "{n} zile", "{n} de zile")), "ro") is None
    # In Russian the first form also serves 21, so it needs the number.
    assert "placeholders" in str(wrong_with(_message("ru", days, ("день", "{n} дня", "{n} дней")), "ru"))


def test_a_compiled_catalog_holds_only_what_differs_from_the_sources() -> None:
    catalog = Catalog(locale="ro")
    catalog.add("Chat", "Chat")
    catalog.add("Send", "Trimite")
    catalog.add(("{n} day", "{n} days"), ("{n} zi", "{n} zile", "{n} de zile"))
    assert json.loads(compiled(catalog)) == {"Send": "Trimite", "{n} day": ["{n} zi", "{n} zile", "{n} de zile"]}


def test_every_plural_has_all_forms_of_its_language() -> None:
    forms = {"ru": 3, "ro": 3}
    for domain in DOMAINS:
        for language, count in forms.items():
            if not domain.json_dir:
                continue
            words = json.loads((ROOT / domain.json_dir / f"{language}.json").read_text("utf-8"))
            assert all(len(v) == count for v in words.values() if isinstance(v, list))


def test_the_server_speaks_every_language_of_the_catalogs() -> None:
    assert set(available()) == set(LANGUAGES)
    assert available()[0] == "en"


@pytest.mark.parametrize(
    ("locale", "language"),
    [("ro-MD", "ro"), ("mo", "ro"), ("ru_RU", "ru"), ("RU", "ru"), ("de-DE", "en"), ("", "en"), ("../../etc", "en")],
)
def test_a_locale_gets_the_catalog_that_fits_it_best(locale: str, language: str) -> None:
    assert language_of(locale) == language


def test_an_unknown_sentence_or_language_is_said_in_english() -> None:
    assert translator("ru")("Nobody ever wrote this sentence") == "Nobody ever wrote this sentence"
    assert translator("xx")("Nobody ever wrote this sentence") == "Nobody ever wrote this sentence"
    assert plural_translator("xx")("one", "many", 1) == "one"
    assert plural_translator("ro")("one", "many", 5) == "many"
    assert N_("as it is") == "as it is"


def test_the_catalogs_hold_no_dates_that_change_by_themselves() -> None:
    for path in Path(ROOT / "locales").glob("*/LC_MESSAGES/*.po"):
        assert "POT-Creation-Date: 2026-01-01" in path.read_text("utf-8")
