"""Use cases of sites: adding one; how its widget looks and speaks, which open pages take at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace

from server.accounts.directory import Directory
from server.accounts.model import Appearance, Offsets, Revision, Site
from server.accounts.ports import AccountStore, Audit, SiteNews
from server.accounts.rules import checked_appearance, clean_name, normal_origins
from server.clock import Now
from server.errors import AppError
from server.ids import NewId
from server.principals import Person

MAX_SITES = 50


class SiteService:
    """Reads from memory; of two who change the same version the database lets one win.

    Args:
        known_region: whether an ISO 3166-1 code is a country with telephones.
    """

    def __init__(
        self,
        store: AccountStore,
        directory: Directory,
        audit: Audit,
        news: SiteNews,
        now: Now,
        new_id: NewId,
        known_region: Callable[[str], bool],
    ) -> None:
        self._store = store
        self._directory = directory
        self._audit = audit
        self._news = news
        self._now = now
        self._new_id = new_id
        self._known_region = known_region

    def site(self, who: Person, site_id: str) -> Site:
        """Return the site with its appearance. Raises AppError("not_found")."""
        site = self._directory.site(who.tenant_id, site_id)
        if site is None:
            raise AppError("not_found")
        return site

    async def add(self, who: Person, *, name: str, origins: Sequence[str], default_locale: str, country: str) -> Site:
        """Add a site to the person's account; it speaks all our languages and looks as ours does at first.

        Raises:
            AppError: value_invalid with `field`; site_limit, the account has 50.
        """
        wanted = Appearance(default_locale=default_locale, country=country)
        site = Site(
            id=self._new_id(),
            tenant_id=who.tenant_id,
            key=self._new_id(),
            name=clean_name(name),
            origins=normal_origins(origins),
            appearance=checked_appearance(wanted, self._known_region),
        )
        if not site.name:
            raise AppError("value_invalid", field="name")
        if len(self._directory.sites(who.tenant_id)) >= MAX_SITES:
            raise AppError("site_limit", max=MAX_SITES)
        await self._store.add_site(site)
        self._directory.put_site(site)
        told: dict[str, tuple[object, object]] = {"name": (None, site.name), "origins": (None, list(site.origins))}
        await self._audit.record(who, "site.created", site.id, told)
        return site

    async def save(self, who: Person, site_id: str, version: int, wanted: Appearance) -> Site:
        """Replace version `version` of the appearance; the same again changes nothing.

        Raises:
            AppError: not_found; value_invalid with `field`; appearance_changed, somebody else changed it meanwhile
                (`version`, `name`).
        """
        wanted = checked_appearance(wanted, self._known_region)
        while True:
            site = self.site(who, site_id)
            if site.revision.version != version:
                raise AppError("appearance_changed", version=site.revision.version, name=site.revision.by or "")
            if wanted == site.appearance:
                return site
            revision = Revision(version + 1, self._now(), who.name)
            saved = await self._store.save_site(replace(site, appearance=wanted, revision=revision))
            if saved is not None:
                break
            await self._directory.load()  # the site was changed by others; perhaps only its name or its origins
        self._directory.put_site(saved)
        await self._audit.record(who, "site.appearance_changed", site.id, _differences(site.appearance, wanted))
        await self._news.config_changed(saved)
        return saved


def _differences(before: Appearance, after: Appearance) -> dict[str, tuple[object, object]]:
    """Return what changed, as the audit trail keeps it."""
    names = [field.name for field in fields(Appearance)]
    pairs = {name: (_plain(getattr(before, name)), _plain(getattr(after, name))) for name in names}
    told = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if "texts" in told:
        old, new = (_words(appearance) for appearance in (before, after))
        told["texts"] = ([line for line in old if line not in new], [line for line in new if line not in old])
    return told


def _plain(value: object) -> object:
    """Return a value as the audit trail keeps it: a text, a switch, a list of texts."""
    if isinstance(value, Offsets):
        return f"{value.x} × {value.y}"
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, str | bool) else str(value)


def _words(appearance: Appearance) -> list[str]:
    """The site's own words, a line for each place: "ru title: Привет"."""
    return [
        f"{language} {place}: {text}"
        for language, texts in sorted(appearance.texts.items())
        for place, text in sorted(texts.items())
    ]
