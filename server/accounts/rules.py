"""Decisions about sign-in, sites and people. No IO, no clock."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from server.accounts.model import Appearance, Member, Session
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
    """Return the consultants who have a phone, in the order in which they are dialled."""
    consultants = (member for member in members if member.role is Role.CONSULTANT and member.phone)
    return sorted(consultants, key=lambda member: (member.dial_order, member.id))
