"""Phones that visitors leave in a survey (pure): read, not screened, because nobody is rung without asking again."""

from __future__ import annotations

import phonenumbers

from server.errors import AppError


def read_phone(text: str, regions: tuple[str, ...]) -> str:
    """Return the E.164 number that `text` means.

    Args:
        regions: countries to read a national number in, the likeliest first.
    Raises:
        AppError: phone_invalid when it cannot be a number of any of them.
    """
    for region in (*regions, None):
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise AppError("phone_invalid")
