"""Phones of the account's own people: typed in any way, kept as E.164. They are not screened as visitors' are."""

from __future__ import annotations

import re

import phonenumbers

from server.errors import AppError


def own_phone(text: str | None, region: str) -> str | None:
    """Return the number that `text` means, in E.164; None for nothing.

    Args:
        region: the country of a number without an international prefix.

    Raises:
        AppError: phone_invalid.
    """
    typed = (text or "").strip()
    if not typed:
        return None
    digits = re.sub(r"\D", "", typed)
    ways = [(typed, region), (f"+{digits.removeprefix('00')}", None)]
    for way, country in ways:
        try:
            number = phonenumbers.parse(way, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise AppError("phone_invalid")
