"""Decisions about sign-in, sites and people. No IO, no clock."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from server.accounts.model import About, Appearance, AuditEntry, Department, Member, Photo, Session
from server.clock import from_ms, to_ms
from server.errors import AppError
from server.principals import Role

IDLE_LIFE = timedelta(hours=12)
WHOLE_LIFE = timedelta(days=30)
TRY_WINDOW = timedelta(minutes=15)
TRIES_PER_EMAIL = 10
TRIES_PER_ADDRESS = 30
PASSWORD_LENGTH = range(10, 257)
_DEFAULT_PORT = {"http": 80, "https": 443}


def normal_email(text: str) -> str:
    """Return the one way in which we write an e-mail address: NFKC, no spaces around, lower case."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def checked_email(text: str) -> str:
    """Return the normalised address. Raises AppError("value_invalid") when it cannot be one."""
    email = normal_email(text)
    if len(email) > 254 or not re.fullmatch(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+", email):
        raise AppError("value_invalid", field="email")
    return email


def checked_password(text: str) -> str:
    """Return the password. Raises AppError("value_invalid") below 10 or above 256 characters."""
    if len(text) not in PASSWORD_LENGTH:
        raise AppError("value_invalid", field="password", min=PASSWORD_LENGTH.start, max=PASSWORD_LENGTH.stop - 1)
    return text


def clean_name(text: str) -> str:
    """Return a name as it is stored: one line, no control characters, nothing around it. It may end up empty."""
    kept = (" " if c in "\r\n\t" else c for c in text if c in "\r\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return " ".join("".join(kept).split())


def checked_phone(text: str | None) -> str | None:
    """Return an E.164 number or None. Raises AppError("value_invalid") for anything else."""
    if not text:
        return None
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", text):
        raise AppError("value_invalid", field="phone")
    return text


def normal_origin(text: str) -> str:
    """Return an origin as browsers send it: lower case, IDNA, no default port, no path.

    Raises:
        AppError: value_invalid, when it is no http(s) origin.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
        if parts.scheme not in _DEFAULT_PORT or not host or parts.username is not None:
            raise ValueError
        if parts.path not in ("", "/") or parts.query or parts.fragment or "*" in host:
            raise ValueError
        if ":" in host:
            host = f"[{ipaddress.IPv6Address(host)}]"
        elif not host.isascii():
            host = host.encode("idna").decode()
    except ValueError:
        raise AppError("value_invalid", field="origins") from None
    shown_port = "" if port in (None, _DEFAULT_PORT[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown_port}"


def normal_origins(texts: Iterable[str]) -> tuple[str, ...]:
    """Return origins normalised, each once, in their order."""
    return tuple(dict.fromkeys(normal_origin(text) for text in texts))


def checked_appearance(wanted: Appearance, known_region: Callable[[str], bool]) -> Appearance:
    """Return an appearance as it is stored: each language once, words on one line, none that are empty.

    Args:
        known_region: whether an ISO 3166-1 code is a country with telephones.
    Raises:
        AppError: value_invalid, with `field`: a default language that is not offered, an unknown country, an address
            that is none.
    """
    locales = tuple(dict.fromkeys(wanted.locales))
    if wanted.default_locale not in locales:
        raise AppError("value_invalid", field="defaultLocale")
    if not known_region(wanted.country):
        raise AppError("value_invalid", field="country")
    if wanted.privacy_url is not None and not _is_web_address(wanted.privacy_url):
        raise AppError("value_invalid", field="privacyUrl")
    texts: dict[str, dict[str, str]] = {}
    for locale, words in wanted.texts.items():
        said = {place: cleaned for place, text in words.items() if (cleaned := clean_name(text))}
        if said:
            texts[locale] = said
    return replace(wanted, locales=locales, color=wanted.color.lower(), texts=texts)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in _DEFAULT_PORT and bool(parts.hostname) and parts.username is None and text.isprintable()
    except ValueError:
        return False


def session_alive(session: Session, now: datetime) -> bool:
    """Return whether a session still holds: used within 12 hours, begun within 30 days."""
    return now - session.used_at < IDLE_LIFE and now - session.created_at < WHOLE_LIFE


def retry_after_s(oldest_try: datetime, now: datetime) -> int:
    """Return the whole seconds until the oldest counted try leaves the window; 1 or more."""
    return max(1, -int((now - oldest_try - TRY_WINDOW).total_seconds() // 1))


def dial_order(members: Iterable[Member]) -> list[Member]:
    """Return the consultants who have a phone and have not left, in the order in which they are dialled."""
    return [member for member in in_order(members) if member.phone]


def in_order(members: Iterable[Member]) -> list[Member]:
    """Return the active consultants, with or without a phone, in the order in which they are dialled."""
    consultants = (member for member in members if member.role is Role.CONSULTANT and member.active)
    return sorted(consultants, key=lambda member: (member.dial_order, member.id))


_EASY = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for another when read out
_GROUPS, _GROUP = 4, 4


def easy_password(token: str) -> str:
    """Return a password of 79 bits that is easy to read out, made of a random token."""
    number = int.from_bytes(hashlib.sha256(token.encode()).digest())
    letters = []
    for _ in range(_GROUPS * _GROUP):
        number, at = divmod(number, len(_EASY))
        letters.append(_EASY[at])
    return "-".join("".join(letters[at : at + _GROUP]) for at in range(0, len(letters), _GROUP))


PHOTO_BYTES = 48_000
PHOTO_PIXELS = 2_048


def read_photo(data: bytes) -> Photo:
    """Return a picture, judged by its bytes and not by what it is called.

    Raises:
        AppError: too_large above 48,000 bytes; photo_invalid for anything but a PNG, JPEG or WebP of 1 to 2,048 pixels.
    """
    if len(data) > PHOTO_BYTES:
        raise AppError("too_large", maxBytes=PHOTO_BYTES)
    for kind, size_of in _PICTURES.items():
        size = size_of(data)
        if size is not None:
            if not all(1 <= side <= PHOTO_PIXELS for side in size):
                break
            return Photo(kind, data)
    raise AppError("photo_invalid")


Size = tuple[int, int]


def _png_size(data: bytes) -> Size | None:
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 33:
        return None
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def _jpeg_size(data: bytes) -> Size | None:
    """Walk from segment to segment to the one that begins the frame."""
    if data[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        at += 2 + max(2, length)
    return None


def _webp_size(data: bytes) -> Size | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    form = data[12:16]
    if form == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if form == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return None


_PICTURES: dict[str, Callable[[bytes], Size | None]] = {
    "image/png": _png_size,
    "image/jpeg": _jpeg_size,
    "image/webp": _webp_size,
}


ACTIONS: dict[About | None, tuple[str, ...]] = {
    About.PEOPLE: ("person", "people", "department"),
    About.SITES: ("site", "block"),
    About.RULES: ("rule", "survey"),
    About.VISITORS: ("visitor", "retention"),
    About.SESSIONS: ("session",),
}
"""What stands before the dot in an action of each part."""


def read_about(text: str | None) -> About | None:
    """Return which part is asked for, None for all but sign-ins. Raises AppError("bad_request")."""
    try:
        return About(text) if text else None
    except ValueError:
        raise AppError("bad_request", path="about", rule="enum") from None


def place_text(entry: AuditEntry) -> str:
    """Return where an entry stands in the trail, for whoever asks for what comes after it."""
    return f"{to_ms(entry.at)}.{entry.id}"


def read_place(text: str | None) -> tuple[datetime, str] | None:
    """Return a place of `place_text`. Raises AppError("bad_request")."""
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,13})\.([A-Za-z0-9_.:-]{1,64})", text)
    if found is None or int(found[1]) > LATEST_MS:
        raise AppError("bad_request", path="before", rule="pattern")
    return from_ms(int(found[1])), found[2]


LATEST_MS = 4_102_444_800_000


def checked_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return a department's names as they are kept; empty ones are left out. Raises AppError("value_invalid")."""
    kept = {locale: clean_name(name) for locale, name in names.items()}
    kept = {locale: name for locale, name in kept.items() if name}
    if not kept:
        raise AppError("value_invalid", field="names")
    return kept


def name_in(names: Mapping[str, str], locale: str) -> str:
    """Return the name in a language, or in English, or in whatever language there is."""
    return names.get(locale.partition("-")[0].lower()) or names.get("en") or next(iter(names.values()))


def may_choose(department: Department, members: Iterable[Member]) -> bool:
    """Return whether visitors are offered this department: only where somebody could take the call."""
    return department.shown and (
        department.fall_through or any(department.id in one.departments for one in dial_order(members))
    )


CHANGEABLE = ("name", "email", "role", "phone", "locale", "active", "departments")


def changes_between(before: Member, after: Member) -> dict[str, tuple[object, object]]:
    """Return what an admin changed, for the audit trail: field -> (before, after)."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in CHANGEABLE}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
