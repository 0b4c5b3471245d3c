"""The widget's public configuration of a site, in its wire shape."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import phonenumbers


@functools.cache
def phone_country(region: str) -> dict[str, str] | None:
    """Return the PhoneCountry of an ISO 3166-1 region, None for a region without phones."""
    code = phonenumbers.country_code_for_region(region)
    if not code:
        return None
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    example = example or phonenumbers.example_number(region)
    national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL) if example else ""
    return {"region": region, "code": str(code), "example": national}


def launcher_config(name: str, appearance: Mapping[str, Any], *, hidden: bool) -> dict[str, object]:
    """Return a LauncherConfig. Every byte of it is paid by every page view: nothing in it that can come later."""
    kept = ("color", "corner", "desktop", "phone", "theme", "quiet", "locales", "defaultLocale")
    names = {locale: appearance["texts"].get(locale, {}).get("launcher") for locale in appearance["locales"]}
    return {
        "name": name,
        "hidden": hidden,
        **{part: appearance[part] for part in kept},
        "texts": {locale: {"launcher": words} for locale, words in names.items() if words},
    }


def site_config(
    *,
    site_id: str,
    key: str,
    name: str,
    appearance: Mapping[str, Any],
    regions: Iterable[str],
    recording: str,
    departments: Sequence[Mapping[str, object]],
    consultants_online: bool,
    protocol: int,
    version: int,
) -> dict[str, object]:
    """Return a SiteConfig.

    Args:
        appearance: an Appearance; only the words of languages that are offered are told.
        regions: ISO 3166-1 regions that this site calls.
        recording: off, announce or explicit.
        departments: DepartmentChoices.
        consultants_online: whether someone can answer a chat right now.
        version: grows with every change of any of this.
    """
    return {
        **appearance,
        "texts": {locale: words for locale, words in appearance["texts"].items() if locale in appearance["locales"]},
        "siteId": site_id,
        "siteKey": key,
        "name": name,
        "protocol": protocol,
        "version": version,
        "consultantsOnline": consultants_online,
        "countries": [found for found in map(phone_country, regions) if found],
        "recording": recording,
        "departments": list(departments),
    }
