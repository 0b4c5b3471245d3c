"""Use cases of privacy: hand out, erase, forget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import structlog

from server.clock import Now
from server.errors import AppError
from server.principals import Person
from server.privacy import rules
from server.privacy.model import CLASSES, Erased, Erasure, Retention
from server.privacy.ports import Announcer, Audit, Holding, PrivacyStore, Tenants

AT_ONCE = 500
_TRIES = 5

log = structlog.get_logger("privacy")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`waiting` things (a call that runs) are erased as soon as they are over."""

    waiting: int


class PrivacyService:
    def __init__(
        self,
        *,
        store: PrivacyStore,
        holdings: Sequence[Holding],
        audit: Audit,
        tenants: Tenants,
        announcer: Announcer,
        now: Now,
    ) -> None:
        self._store = store
        self._holdings = holdings
        self._audit = audit
        self._tenants = tenants
        self._announcer = announcer
        self._now = now

    async def export(self, who: Person, visitor_id: str) -> dict[str, object]:
        """Return everything that is kept of a visitor, ready for JSON. The audit trail says who took it.

        Raises:
            AppError: not_found when nothing is kept.
        """
        found: dict[str, object] = {}
        for holding in self._holdings:
            for name, things in (await holding.export(who.tenant_id, visitor_id)).items():
                found[name] = [rules.portable(thing) for thing in things]
        if not any(found.values()):
            raise AppError("not_found")
        await self._audit.record(who, "visitor.exported", visitor_id)
        return found

    async def erase(self, who: Person, visitor_id: str) -> Outcome:
        """Delete everything that a visitor left so far. Done again it deletes what came since.

        The erasure is written first, so that a server that dies half way is followed by one that finishes.

        Raises:
            AppError: not_found for a visitor of whom nothing is known.
        """
        known = await self._store.erasure(who.tenant_id, visitor_id)
        if known is None and not await self._holds(who.tenant_id, visitor_id):
            raise AppError("not_found")
        erasure = Erasure(who.tenant_id, visitor_id, self._now(), known.refs if known else ())
        await self._store.begin_erasure(erasure)
        swept = await self._sweep(erasure)
        if known is None or swept.gone:
            await self._audit.record(who, "visitor.erased", visitor_id)
            self._announcer.erased(who.tenant_id, visitor_id)
        return Outcome(swept.waiting)

    async def retention(self, who: Person) -> Retention:
        return await self._store.retention(who.tenant_id)

    async def change_retention(self, who: Person, changes: Mapping[str, int | None]) -> Retention:
        """Change how long some classes are kept; the others stay. Raises value_invalid for a wrong number of days."""
        for _ in range(_TRIES):
            before = await self._store.retention(who.tenant_id)
            after = rules.changed(before, changes)
            if after == before:
                return before
            if await self._store.save_retention(who.tenant_id, after):
                was, is_now = asdict(before), asdict(after)
                told = {name: (was[name], is_now[name]) for name in CLASSES if was[name] != is_now[name]}
                await self._audit.record(who, "retention.changed", who.tenant_id, told)
                return await self._store.retention(who.tenant_id)
        raise AppError("unavailable")

    async def forget(self) -> dict[str, int]:
        """Delete what is kept for too long, and what came late for visitors who were erased; return how much of each.

        One server does this at a time; see job.py.
        """
        gone: dict[str, int] = {}
        for erasure in await self._store.erasures_since(self._now() - rules.SWEPT_FOR):
            swept = await self._sweep(erasure)
            gone["erased"] = gone.get("erased", 0) + swept.gone
            if swept.gone:
                self._announcer.erased(erasure.tenant_id, erasure.visitor_id)
        for tenant_id in await self._tenants.ids():
            kept = asdict(await self._store.retention(tenant_id))
            for holding in self._holdings:
                before = rules.kept_since(kept[holding.name], self._now())
                while before is not None and (count := await holding.expire(tenant_id, before, AT_ONCE)):
                    gone[holding.name] = gone.get(holding.name, 0) + count
        if any(gone.values()):
            log.info("forgotten", **gone)
        return gone

    async def _holds(self, tenant_id: str, visitor_id: str) -> bool:
        for holding in self._holdings:
            if any((await holding.export(tenant_id, visitor_id)).values()):
                return True
        return False

    async def _sweep(self, erasure: Erasure) -> Erased:
        gone = waiting = 0
        for holding in self._holdings:
            erased = await holding.erase(erasure.tenant_id, erasure.visitor_id, erasure.at, erasure.refs)
            if erased.refs:
                await self._store.remember_refs(erasure, erased.refs)
            gone, waiting = gone + erased.gone, waiting + erased.waiting
        return Erased(gone, waiting)
