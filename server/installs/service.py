"""Use cases of installs: a page with the widget is noticed in passing; people ask where it was seen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from server.clock import Now
from server.errors import AppError
from server.installs.model import Installs, Seen, Sighting
from server.installs.ports import SightingStore, Sites, Tasks
from server.installs.rules import WRITE_EVERY, is_news, is_origin, judged, seen_again
from server.limits import FULL, Limit, take
from server.principals import Person

NEW_STRANGERS = Limit(per_s=20 / 3600, burst=20)
"""Origins that are not allowed and were not seen before, for a site: anybody can invent one."""


class InstallService:
    """Keeps the last looks in memory, and one in an hour in the database.

    Args:
        monotonic: seconds of a clock that never runs backwards.
    """

    def __init__(
        self, store: SightingStore, sites: Sites, tasks: Tasks, now: Now, monotonic: Callable[[], float]
    ) -> None:
        self._store = store
        self._sites = sites
        self._tasks = tasks
        self._now = now
        self._monotonic = monotonic
        self._known: dict[str, dict[str, Sighting]] = {}
        self._written: dict[tuple[str, str], datetime] = {}
        self._strangers: dict[str, float] = {}

    def notice(self, tenant_id: str, site_id: str, seen: Seen) -> None:
        """Note that a page has the widget. Returns at once and never raises; a flood of strange origins is dropped."""
        origins = self._sites.origins(tenant_id, site_id)
        if origins is None or not is_origin(seen.origin):
            return
        here = self._known.setdefault(site_id, {})
        known = here.get(seen.origin)
        if known is None and seen.origin not in origins and not self._has_room(site_id):
            return
        now = self._now()
        sighting = here[seen.origin] = seen_again(known, seen, now)
        written = self._written.get((site_id, seen.origin))
        if written is None or now - written >= WRITE_EVERY or is_news(known, seen):
            self._written[site_id, seen.origin] = now
            self._tasks.start("sighting", self._write(tenant_id, site_id, sighting))

    async def installs(self, who: Person, site_id: str) -> Installs:
        """Return where a site's widget was seen. Raises AppError("not_found")."""
        origins = self._sites.origins(who.tenant_id, site_id)
        if origins is None:
            raise AppError("not_found")
        stored = await self._store.of_site(who.tenant_id, site_id)
        fresh = self._known.get(site_id, {}).values()
        return judged([*stored, *fresh], origins, self._now())

    async def forget_old(self) -> None:
        """Let go of what was written long ago; call it now and then."""
        edge = self._now() - 2 * WRITE_EVERY
        for site_id, here in self._known.items():
            for origin in [origin for origin, one in here.items() if one.last_at < edge]:
                del here[origin]
                self._written.pop((site_id, origin), None)

    def _has_room(self, site_id: str) -> bool:
        bucket, wait_s = take(self._strangers.get(site_id, FULL), NEW_STRANGERS, self._monotonic())
        self._strangers[site_id] = bucket
        return wait_s == 0.0

    async def _write(self, tenant_id: str, site_id: str, sighting: Sighting) -> None:
        with suppress(AppError):  # the database is away; the next look at it is written
            await self._store.note(tenant_id, site_id, sighting, sighting.last_at - WRITE_EVERY)
