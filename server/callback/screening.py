"""Which numbers are called (pure): a forgiving reader, then a strict judge.

Reads what people type or paste (`8 (916) 123-45-67`, `00373 69...`, `tel:+1...`), with the country of the phone field
and the site's country as help. Judges by region, never by calling code: +1 and +44 and +7 each hold several countries.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, shortnumberinfo

from server.errors import AppError

SATELLITE_CODES = frozenset({870, 878, 881, 882, 883, 888})
EXPENSIVE_CODES = frozenset({800, 808, 979})  # universal free phone, shared cost and premium: no country
EXPENSIVE_TYPES = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
FICTIONAL = {
    1: re.compile(r"\d{3}55501\d{2}"),
    33: re.compile(r"(19900|26191|35301|46571|53649|63998)\d{4}"),
    44: re.compile(
        r"7700900\d{3}|1632960\d{3}|20794[6]0\d{3}|11[3-8]4960\d{3}|1[2-6]14960\d{3}|1914980\d{3}"
        r"|2896496\d{3}|2920180\d{3}|8081570\d{3}|9098790\d{3}|3069990\d{3}"
    ),
    61: re.compile(r"[2378]5550\d{4}|[2378]7010\d{4}|49157(0006|0156|0157|0158|0159|0110|0313|0737|1266|1491)"),
}
_REPEATED = re.compile(r"(\d)\1{6,}$")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
MAX_SHORT_DIGITS = 6
COUNTED = frozenset({"1234567890", "0123456789", "9876543210", "0987654321"})
"""Part of a number that counts up is no sign of anything: +7 916 123-45-67 is somebody's."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that may be called: E.164, and the country it belongs to."""

    e164: str
    region: str


@dataclass(frozen=True, slots=True)
class Country:
    """A country for the phone field: its calling code without the plus, and an example as people there write it."""

    region: str
    code: str
    example: str


def read_phone(text: str, region: str | None, site_region: str, allowed: Iterable[str]) -> Phone:
    """Return the number that `text` means.

    Args:
        region: the country chosen in the phone field; None when there was none.
        site_region: the site's own country, tried next.
        allowed: the countries that the site calls.
    Raises:
        AppError: phone_required, phone_invalid, phone_emergency, phone_premium, phone_satellite, phone_fictional,
            phone_repeated_digits, phone_region_not_allowed.
    """
    typed = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()
    if not typed:
        raise AppError("phone_required")
    regions = [code for code in dict.fromkeys([region, site_region]) if code]
    if _is_short(typed, regions):
        raise AppError("phone_emergency")
    readings = _readings(typed, regions)
    if not readings:
        raise AppError("phone_invalid")
    number = next((each for each in readings if phonenumbers.is_valid_number(each)), readings[0])
    _judge(number)
    found = phonenumbers.region_code_for_number(number) or ""
    if found not in set(allowed):
        raise AppError("phone_region_not_allowed", region=found)
    return Phone(phonenumbers.format_number(number, PhoneNumberFormat.E164), found)


def _is_short(typed: str, regions: list[str]) -> bool:
    """Tell whether it is an emergency or another short number, with or without a plus."""
    digits = re.sub(r"\D", "", typed)
    if not digits or len(digits) > MAX_SHORT_DIGITS:
        return False
    return len(digits) <= 4 or any(
        shortnumberinfo.is_emergency_number(digits, region) or _is_valid_short(digits, region) for region in regions
    )


def _is_valid_short(digits: str, region: str) -> bool:
    try:
        return bool(shortnumberinfo.is_valid_short_number_for_region(phonenumbers.parse(digits, region), region))
    except phonenumbers.NumberParseException:
        return False


def _readings(typed: str, regions: list[str]) -> list[PhoneNumber]:
    """Return every way to read it, the likeliest first."""
    ways: list[tuple[str, str | None]] = []
    if typed.startswith("+") or typed.lower().startswith("tel:"):
        ways.append((typed, regions[0] if regions else None))
    else:
        ways += [(typed, region) for region in regions]
        digits = re.sub(r"\D", "", typed)
        if digits.startswith("00"):
            ways.append(("+" + digits[2:], None))
        ways.append(("+" + digits, None))
    readings = []
    for text, region in ways:
        try:
            readings.append(phonenumbers.parse(text, region))
        except phonenumbers.NumberParseException:
            continue
    return readings


def _judge(number: PhoneNumber) -> None:
    code = number.country_code
    national = phonenumbers.national_significant_number(number)
    if code in SATELLITE_CODES:
        raise AppError("phone_satellite")
    if code in EXPENSIVE_CODES:
        raise AppError("phone_premium")
    if code in FICTIONAL and FICTIONAL[code].fullmatch(national):
        raise AppError("phone_fictional")
    kind = phonenumbers.number_type(number)
    if kind in EXPENSIVE_TYPES:
        raise AppError("phone_premium")
    if _REPEATED.search(national) or national in COUNTED:
        raise AppError("phone_repeated_digits")
    if kind == PhoneNumberType.UNKNOWN or not phonenumbers.is_valid_number(number):
        raise AppError("phone_invalid")


def is_callable(e164: str) -> bool:
    """Tell whether a number can be dialled at all; for the account's own people, who are not screened."""
    return re.fullmatch(r"\+[1-9]\d{6,14}|client:[\w.@+-]{1,100}|sip:\S{1,200}", e164) is not None


def countries(regions: Iterable[str]) -> list[Country]:
    """Return what the phone field needs to know of these countries; those without phone numbers are left out."""
    found = []
    for region in regions:
        code = phonenumbers.country_code_for_region(region)
        example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        if not code or example is None:
            continue
        text = phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL)
        found.append(Country(region, str(code), text))
    return found


def known_region(region: str) -> bool:
    return region in phonenumbers.SUPPORTED_REGIONS
