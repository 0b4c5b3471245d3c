"""How a site calls: read, changed by an admin, remembered with its version and an entry in the audit trail."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from server.callback.guards import RateCard
from server.callback.model import CallingSettings, Hours, Money
from server.callback.ports import Audit, Holidays, SettingsStore, Sites
from server.callback.screening import known_region
from server.clock import Now, utc_now
from server.errors import AppError
from server.principals import Person

MAX_TRIES = 5
KEPT_S = 2.0
"""How long another server's change may go unnoticed; our own is seen at once."""


class CallingService:
    def __init__(
        self,
        store: SettingsStore,
        sites: Sites,
        audit: Audit,
        rates: RateCard,
        holidays: Holidays,
        now: Now = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._sites = sites
        self._audit = audit
        self._rates = rates
        self._holidays = holidays
        self._now = now
        self._monotonic = monotonic
        self._kept: dict[tuple[str, str], tuple[float, CallingSettings]] = {}
        self._changes = 0
        self._listeners: list[Callable[[str, str], Awaitable[None]]] = []

    def on_changed(self, listener: Callable[[str, str], Awaitable[None]]) -> None:
        """Await `listener(tenant_id, site_id)` after each change that was saved here."""
        self._listeners.append(listener)

    async def settings_of(self, tenant_id: str, site_id: str) -> CallingSettings:
        """Return how a site calls; one that nobody has set up calls its own country at any hour.

        Raises:
            AppError: not_found, there is no such site in the account.
        """
        until, kept = self._kept.get((tenant_id, site_id), (0.0, None))
        if kept is not None and self._monotonic() < until:
            return kept
        while True:
            changes = self._changes
            found = await self._load(tenant_id, site_id)
            if changes == self._changes:  # else what was read may be old already
                self._kept[tenant_id, site_id] = (self._monotonic() + KEPT_S, found)
                return found

    async def newest(self, tenant_id: str, site_id: str) -> CallingSettings:
        """Return them as they are stored now, for somebody who is about to change them. Raises not_found."""
        return await self._load(tenant_id, site_id)

    async def _load(self, tenant_id: str, site_id: str) -> CallingSettings:
        site = self._sites.find(tenant_id, site_id)
        if site is None:
            raise AppError("not_found")
        stored = await self._store.load(tenant_id, site_id)
        return stored or CallingSettings(callable_regions=(site.country,))

    async def change(
        self, who: Person, site_id: str, changes: dict[str, Any], version: int | None = None
    ) -> CallingSettings:
        """Change some settings; the others stay.

        Args:
            version: what they are changed from; None changes them whatever they are.

        Raises:
            AppError: not_found; value_invalid, a value makes no sense; calling_changed, they are at another version.
        """
        for _ in range(MAX_TRIES):
            before = await self._load(who.tenant_id, site_id)
            if version is not None and version != before.version:
                raise AppError("calling_changed")
            after = replace(before, **changes)
            self._check(after)
            if after == before:
                return before
            after = replace(after, version=before.version + 1)
            try:
                saved = await self._store.save(who.tenant_id, site_id, after, before.version)
            finally:  # also when it is not known whether it was saved
                self._changes += 1
                self._kept.pop((who.tenant_id, site_id), None)
            if saved:
                told = {
                    name: (_plain(getattr(before, name)), _plain(getattr(after, name)))
                    for name in changes
                    if getattr(before, name) != getattr(after, name)
                }
                await self._audit.record(who, "site.calling_changed", site_id, told)
                for listener in self._listeners:
                    await listener(who.tenant_id, site_id)
                return after
        raise AppError("unavailable")

    async def preview(self, who: Person, site_id: str, hours: Hours | None) -> datetime:
        """Check hours that are not saved yet; return the moment from which to look at them.

        Raises:
            AppError: not_found; value_invalid, as `change`.
        """
        if self._sites.find(who.tenant_id, site_id) is None:
            raise AppError("not_found")
        if hours is not None:
            check_dates(hours)
        return self._now()

    async def holiday_countries(self) -> list[str]:
        """Return the regions whose public holidays are known."""
        return await self._holidays.countries()

    async def holidays(self, who: Person, region: str) -> list[tuple[str, str]]:
        """Return the public holidays of this year and the next from today on, named in the person's language.

        Raises:
            AppError: not_found, nothing is known of that region.
        """
        today = self._now().date()
        found = await self._holidays.of(region, (today.year, today.year + 1), who.locale)
        if found is None:
            raise AppError("not_found")
        return [each for each in found if each[0] >= today.isoformat()]

    def _check(self, settings: CallingSettings) -> None:
        unknown = [region for region in settings.callable_regions if not known_region(region)]
        if unknown:
            raise AppError("value_invalid", field="callableRegions")
        for field, cap in (("dailyCap", settings.daily_cap), ("monthlyCap", settings.monthly_cap)):
            if cap is not None and not self._rates.knows(cap.currency):
                raise AppError("value_invalid", field=field)
        if settings.daily_cap and settings.monthly_cap and settings.daily_cap.currency != settings.monthly_cap.currency:
            raise AppError("value_invalid", field="monthlyCap")
        if settings.hours is not None:
            check_dates(settings.hours)


def check_dates(hours: Hours) -> None:
    """Refuse dates that are in no calendar, and two kinds of hours for one date.

    Raises:
        AppError: value_invalid.
    """
    for field, dates in (
        ("hours.closedDates", sorted(hours.closed_dates)),
        ("hours.exceptions", [special.date for special in hours.special_days]),
    ):
        try:
            known = {date.fromisoformat(day) for day in dates}
        except ValueError:
            raise AppError("value_invalid", field=field) from None
        if len(known) < len(dates):
            raise AppError("value_invalid", field=field)


def _plain(value: object) -> object:
    """Return a value as the audit trail keeps it: a number, a text, a list of them, or what people call it."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Money):
        return f"{value.amount_minor / 100:.2f} {value.currency}"
    if isinstance(value, Hours):
        week = (f"{each.day} {_clock(each.from_min)}-{_clock(each.to_min)}" for each in value.weekly)
        dates = sorted({*value.closed_dates, *(day.date for day in value.special_days)})
        return [value.time_zone, *week, *dates]
    return [_plain(each) for each in value] if isinstance(value, tuple) else str(value)


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"
