"""Public holidays, from the `holidays` library. It is large, so it is loaded when somebody first asks, in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

NAME_CHARS = 120


class PublicHolidays:
    """`ports.Holidays`."""

    async def countries(self) -> list[str]:
        return await asyncio.to_thread(_countries)

    async def of(self, region: str, years: Sequence[int], locale: str) -> list[tuple[str, str]] | None:
        return await asyncio.to_thread(_of, region, tuple(years), locale)


def _countries() -> list[str]:
    import holidays

    return sorted(code for code in holidays.list_supported_countries(include_aliases=False) if len(code) == 2)


def _of(region: str, years: tuple[int, ...], locale: str) -> list[tuple[str, str]] | None:
    import holidays

    if region not in _countries():
        return None
    spoken = holidays.list_localized_countries(include_aliases=False).get(region, [])
    wanted = locale.partition("-")[0].lower()
    language = next((each for each in spoken if each.partition("_")[0] == wanted), None)
    if language is None:  # as the people of the country call them
        language = getattr(holidays.country_holidays(region), "default_language", None)
    found = holidays.country_holidays(region, years=years, language=language)
    return [(day.isoformat(), name[:NAME_CHARS]) for day, name in sorted(found.items()) if day.year in years]
