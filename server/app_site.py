"""How a site's widget is set up, told to pages in three ways. Part of the composition root: only app.py imports it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson
from aiohttp import web

from server.accounts.directory import Directory
from server.accounts.model import Site
from server.accounts.wire import appearance_to_wire, choices_to_wire
from server.app_attendance import Attendance
from server.app_ports import CallbackOffers
from server.callback.calling import CallingService
from server.errors import AppError
from server.http import Route
from server.installs.model import Seen
from server.installs.service import InstallService
from server.principals import Visitor
from server.realtime import Publisher
from server.site_config import launcher_config, site_config

CACHED = "public, max-age=30, stale-while-revalidate=300"


class InstallSites:
    """Accounts, for installs."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def origins(self, tenant_id: str, site_id: str) -> Sequence[str] | None:
        site = self._directory.site(tenant_id, site_id)
        return site.origins if site else None


def notice_joins(installs: InstallService) -> Callable[[Site, str, Mapping[str, Any]], None]:
    """Return what installs are to hear of pages that connect."""

    def noticed(site: Site, origin: str, auth: Mapping[str, Any]) -> None:
        installs.notice(site.tenant_id, site.id, Seen(origin, auth["protocol"], auth.get("version")))

    return noticed


class SiteConfigs:
    """For a page that loads its widget, for a visit that starts, and for pages that are open when something changes."""

    def __init__(
        self,
        directory: Directory,
        publisher: Publisher,
        offers: CallbackOffers,
        attendance: Attendance,
        installs: InstallService,
        protocol: int,
    ) -> None:
        self._directory = directory
        self._publisher = publisher
        self._offers = offers
        self._attendance = attendance
        self._installs = installs
        self._protocol = protocol
        self.calling: CallingService | None = None  # made after the visitors, who need this

    async def site_config(self, who: Visitor) -> dict[str, object]:
        """Return the SiteConfig of the visitor's site. Raises AppError("unknown_site")."""
        site = self._directory.site(who.tenant_id, who.site_id)
        if site is None:
            raise AppError("unknown_site")
        return await self._of(site)

    async def config_changed(self, site: Site) -> None:
        """Tell every open page of the site; one that misses it asks with its next visit:start."""
        with suppress(AppError):  # the database is away
            self._publisher.to_site(site.tenant_id, site.id, "config:changed", {"site": await self._of(site)})

    async def attendance_changed(self, tenant_id: str) -> None:
        """The same, when the first consultant came or the last one left."""
        for site in self._directory.sites(tenant_id):
            await self.config_changed(site)

    async def calling_changed(self, tenant_id: str, site_id: str) -> None:
        """The same, when the site calls in another way from now on."""
        site = self._directory.site(tenant_id, site_id)
        if site is not None:
            await self.config_changed(site)

    def routes(self) -> list[Route]:
        path, about = "/api/v1/widget/{siteKey}", "The widget's setup."
        return [
            Route("GET", path, self._widget, None, "WidgetConfig", about, True),
            Route(
                "GET", f"{path}/launcher", self._launcher, None, "LauncherConfig", f"{about} Its button's part.", True
            ),
        ]

    async def _widget(self, request: web.Request) -> web.Response:
        site = self._asked(request)
        return _cacheable(
            request,
            {
                "site": await self._of(site),
                "callback": await self._offers.offer_for(site.tenant_id, site.id),
            },
        )

    async def _launcher(self, request: web.Request) -> web.Response:
        site = self._asked(request)
        offer = await self._offers.offer_for(site.tenant_id, site.id)
        appearance = appearance_to_wire(site.appearance)
        return _cacheable(request, launcher_config(site.name, appearance, hidden=offer.get("closed") == "hide"))

    def _asked(self, request: web.Request) -> Site:
        site = self._directory.site_by_key(request.match_info["siteKey"])
        if site is None:
            raise AppError("unknown_site")
        origin = request.headers.get("Origin")  # our own pages send none
        if origin is not None:
            self._installs.notice(site.tenant_id, site.id, Seen(origin))
        return site

    async def _of(self, site: Site) -> dict[str, object]:
        assert self.calling is not None
        calling = await self.calling.settings_of(site.tenant_id, site.id)
        return site_config(
            site_id=site.id,
            key=site.key,
            name=site.name,
            appearance=appearance_to_wire(site.appearance),
            regions=calling.callable_regions,
            recording=calling.recording,
            consultants_online=self._attendance.is_attended(site.tenant_id),
            departments=choices_to_wire(self._directory, site.tenant_id, site.appearance.default_locale),
            protocol=self._protocol,
            version=site.version + calling.version,
        )


def _cacheable(request: web.Request, answer: dict[str, object]) -> web.Response:
    body = orjson.dumps(answer)
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"Cache-Control": CACHED, "ETag": tag}
    if tag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    response = web.Response(body=body, content_type="application/json", headers=headers | {"Vary": "Accept-Encoding"})
    response.enable_compression()
    return response
