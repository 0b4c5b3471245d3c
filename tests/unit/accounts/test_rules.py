from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.accounts import rules
from server.accounts.model import Appearance, Member, Session
from server.errors import AppError
from server.principals import Role

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://Shop.Example", "https://shop.example"),
        ("https://shop.example:443/", "https://shop.example"),
        ("http://localhost:8081", "http://localhost:8081"),
        ("https://магазин.example", "https://xn--80aairftm.example"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(given: str, origin: str) -> None:
    assert rules.normal_origin(given) == origin


@pytest.mark.parametrize(
    "given",
    [
        "",
        "null",
        "*",
        "https://*.shop.example",
        "ftp://shop.example",
        "https://a@shop.example",
        "https://shop.example/x",
    ],
)
def test_what_is_no_origin_is_refused(given: str) -> None:
    with pytest.raises(AppError) as refused:
        rules.normal_origin(given)
    assert refused.value.code == "value_invalid"


def test_an_email_is_one_person_however_it_is_typed() -> None:
    assert rules.checked_email(" Ana@Shop.Example ") == rules.checked_email("ana@shop.example")


@pytest.mark.parametrize("given", ["", "ana", "ana@shop", "a b@shop.example", "@shop.example", "x" * 250 + "@a.md"])
def test_what_cannot_be_an_email_is_refused(given: str) -> None:
    with pytest.raises(AppError, match="value_invalid"):
        rules.checked_email(given)


def test_a_password_has_at_least_ten_characters() -> None:
    with pytest.raises(AppError, match="value_invalid"):
        rules.checked_password("ninechars")
    assert rules.checked_password("ten chars!") == "ten chars!"


@pytest.mark.parametrize("given", ["22123456", "+0123456789", "+373 22 123456", "+1"])
def test_a_phone_is_e164_or_nothing(given: str) -> None:
    with pytest.raises(AppError, match="value_invalid"):
        rules.checked_phone(given)
    assert rules.checked_phone("") is None
    assert rules.checked_phone("+37322123456") == "+37322123456"


def test_a_session_ends_after_half_a_day_unused_and_after_thirty_days_at_all() -> None:
    session = Session("s", "a", "p", created_at=NOW, used_at=NOW)
    assert rules.session_alive(session, NOW + timedelta(hours=11, minutes=59))
    assert not rules.session_alive(session, NOW + timedelta(hours=12))
    busy = replace(session, used_at=NOW + timedelta(days=30))
    assert rules.session_alive(busy, NOW + timedelta(days=29, hours=23))
    assert not rules.session_alive(busy, NOW + timedelta(days=30))


def test_the_wait_lasts_until_the_oldest_try_is_forgotten() -> None:
    assert rules.retry_after_s(NOW, NOW) == 900
    assert rules.retry_after_s(NOW, NOW + timedelta(minutes=14, seconds=59.5)) == 1
    assert rules.retry_after_s(NOW, NOW + timedelta(hours=1)) == 1


def test_consultants_with_a_phone_are_dialled_in_their_order() -> None:
    def member(id: str, order: int, role: Role = Role.CONSULTANT, phone: str | None = "+37322123456") -> Member:
        return Member(id, "a", f"{id}@x.md", id, role, phone, order)

    members = [member("c", 3), member("a", 1), member("b", 2), member("x", 0, phone=None), member("y", 0, Role.ADMIN)]
    assert [each.id for each in rules.dial_order(members)] == ["a", "b", "c"]


def _checked(**changed: object) -> Appearance:
    return rules.checked_appearance(replace(Appearance(), **changed), lambda region: region != "ZZ")  # type: ignore[arg-type]


def test_words_of_a_site_are_kept_on_one_line_and_empty_ones_are_ours_again() -> None:
    texts = {"ru": {"greeting": " Чем\n помочь?\x07 ", "title": " \n"}, "ro": {"title": ""}}
    assert _checked(texts=texts).texts == {"ru": {"greeting": "Чем помочь?"}}


def test_a_language_is_offered_once_and_a_color_is_written_small() -> None:
    look = _checked(locales=("ru", "en", "ru"), default_locale="ru", color="#AABBCC")
    assert (look.locales, look.color) == (("ru", "en"), "#aabbcc")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"locales": ("ru",), "default_locale": "en"}, "defaultLocale"),
        ({"country": "ZZ"}, "country"),
        ({"privacy_url": "https://"}, "privacyUrl"),
        ({"privacy_url": "https://a@shop.example/"}, "privacyUrl"),
        ({"privacy_url": "javascript:alert(1)"}, "privacyUrl"),
        ({"privacy_url": "https://[shop"}, "privacyUrl"),
        ({"privacy_url": "https://shop.example/\u202e"}, "privacyUrl"),
    ],
)
def test_an_appearance_that_makes_no_sense_is_refused(changed: dict[str, object], field: str) -> None:
    with pytest.raises(AppError, match="value_invalid") as refused:
        _checked(**changed)
    assert refused.value.details["field"] == field


def test_a_made_password_is_easy_to_read_out_and_always_another() -> None:
    made = rules.easy_password("token one")
    assert made == rules.easy_password("token one") != rules.easy_password("token two")
    assert len(made) == 19 and not set(made) & set("0o1il")


WEBP = b"RIFF\0\0\0\0WEBP"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (2048).to_bytes(4) * 2 + bytes(20), "image/png"),
        (b"\xff\xd8\xff\xe0\0\x04ab\xff\xc2\0\x11\x08\x01\0\x01\0" + bytes(20), "image/jpeg"),
        (WEBP + b"VP8X" + bytes(8) + (255).to_bytes(3, "little") * 2, "image/webp"),
        (WEBP + b"VP8L" + bytes(4) + b"\x2f" + (255 | 255 << 14).to_bytes(4, "little") + bytes(9), "image/webp"),
        (WEBP + b"VP8 " + bytes(7) + b"\x9d\x01\x2a" + (256).to_bytes(2, "little") * 2, "image/webp"),
    ],
)
def test_a_photo_is_what_its_bytes_say(data: bytes, kind: str) -> None:
    assert rules.read_photo(data).kind == kind


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg onload=alert(1)>",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (2049).to_bytes(4) * 2 + bytes(20),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(30),
        b"\xff\xd8\xff" + bytes(200),
        b"\xff\xd8\xff\xe0\xff\xff" + bytes(200),
        WEBP + b"VP8Q" + bytes(30),
    ],
)
def test_what_is_no_picture_or_too_large_a_one_is_refused(data: bytes) -> None:
    with pytest.raises(AppError, match="photo_invalid"):
        rules.read_photo(data)
