"""Displays, summaries of visits and logged decisions in MongoDB.

A display takes a place in each of its windows (the first of this visit, the second of this day). One unique index over
all of them makes "at most so many" true across tabs and servers: the insert that comes second is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from server.mongo import Document, DuplicateKey, Index, TenantCollection
from server.triggers.model import Code, Counts, Display, Inviter, Logged, Outcome, Peak, Summary

_DAY_S = 86_400

INDEXES = [
    Index(
        "displays",
        (("tenant", 1), ("site_id", 1), ("visitor_id", 1), ("windows", 1)),
        name="one_display_per_window",
        unique=True,
    ),
    Index("displays", (("tenant", 1), ("site_id", 1), ("rule_id", 1), ("outcome", 1)), name="displays_of_a_rule"),
    Index("visit_summaries", (("tenant", 1), ("site_id", 1), ("updated_at", -1)), name="last_visits_of_a_site"),
    Index("visit_summaries", (("updated_at", 1),), name="summaries_go", expire_after_s=90 * _DAY_S),
    Index("rule_decisions", (("tenant", 1), ("site_id", 1), ("at", -1)), name="last_decisions_of_a_site"),
    Index("rule_decisions", (("at", 1),), name="decisions_go", expire_after_s=30 * _DAY_S),
]

# From which outcomes one may move on to which.
_BEFORE = {
    Outcome.SHOWN: [Outcome.GRANTED.value],
    Outcome.ACCEPTED: [Outcome.GRANTED.value, Outcome.SHOWN.value],
    Outcome.DISMISSED: [Outcome.GRANTED.value, Outcome.SHOWN.value],
}
_LISTED = 1_000


class MongoVisitStore:
    """Implements `ports.VisitStore`."""

    def __init__(self, displays: TenantCollection, summaries: TenantCollection, decisions: TenantCollection) -> None:
        self._displays = displays
        self._summaries = summaries
        self._decisions = decisions

    async def grant(self, display: Display) -> bool:
        try:
            await self._displays.insert_one(display.tenant_id, _display_doc(display))
        except DuplicateKey:
            return False
        return True

    async def displays(self, tenant_id: str, site_id: str, visitor_id: str) -> list[Display]:
        docs = await self._displays.find(
            tenant_id, {"site_id": site_id, "visitor_id": visitor_id}, sort=[("_id", -1)], limit=_LISTED
        )
        return [_display(doc) for doc in docs]

    async def move(
        self, tenant_id: str, site_id: str, visitor_id: str, display_id: str, outcome: Outcome, at: datetime
    ) -> Display | None:
        own = {"_id": display_id, "site_id": site_id, "visitor_id": visitor_id}
        doc = await self._displays.find_one_and_update(
            tenant_id,
            {**own, "outcome": {"$in": _BEFORE[outcome]}},
            {"$set": {"outcome": outcome.value, f"{outcome.value}_at": at}},
        )
        if doc is None:
            doc = await self._displays.find_one(tenant_id, own)
        return _display(doc) if doc else None

    async def counts(self, tenant_id: str, site_id: str) -> dict[str, Counts]:
        rows = await self._displays.aggregate(
            tenant_id,
            [
                {"$match": {"site_id": site_id}},
                {"$group": {"_id": {"rule": "$rule_id", "outcome": "$outcome"}, "count": {"$sum": 1}}},
            ],
        )
        by_rule: dict[str, dict[str, int]] = {}
        for row in rows:
            by_rule.setdefault(row["_id"]["rule"], {})[row["_id"]["outcome"]] = row["count"]
        return {rule_id: _counts(outcomes) for rule_id, outcomes in by_rule.items()}

    async def summary(self, tenant_id: str, visit_id: str) -> Summary | None:
        doc = await self._summaries.find_one(tenant_id, {"_id": visit_id})
        return _summary(doc) if doc else None

    async def last_visits(self, tenant_id: str, site_id: str, limit: int) -> list[Summary]:
        docs = await self._summaries.find(tenant_id, {"site_id": site_id}, sort=[("updated_at", -1)], limit=limit)
        return [_summary(doc) for doc in docs]

    async def save_summaries(self, new: Sequence[Summary], known: Sequence[Summary]) -> None:
        if new:
            refused = await self._summaries.insert_batch([(one.tenant_id, _summary_doc(one)) for one in new])
            known = [*known, *(new[place] for place in refused)]
        await self._summaries.update_batch(
            [(one.tenant_id, {"_id": one.visit_id}, {"$set": _without_id(_summary_doc(one))}) for one in known]
        )

    async def log(self, entries: Sequence[Logged]) -> None:
        await self._decisions.insert_batch([(entry.tenant_id, _logged_doc(entry)) for entry in entries])

    async def logged(self, tenant_id: str, site_id: str, limit: int) -> list[Logged]:
        docs = await self._decisions.find(tenant_id, {"site_id": site_id}, sort=[("at", -1), ("_id", -1)], limit=limit)
        return [_logged(doc) for doc in docs]


def _counts(outcomes: Mapping[str, int]) -> Counts:
    accepted, dismissed = outcomes.get(Outcome.ACCEPTED, 0), outcomes.get(Outcome.DISMISSED, 0)
    return Counts(outcomes.get(Outcome.SHOWN, 0) + accepted + dismissed, accepted, dismissed)


def _display_doc(display: Display) -> Document:
    inviter = display.inviter
    return {
        "_id": display.id,
        "site_id": display.site_id,
        "visitor_id": display.visitor_id,
        "visit_id": display.visit_id,
        "rule_id": display.rule_id,
        "rule_version": display.rule_version,
        "day": display.day,
        "at": display.at,
        "windows": list(display.windows),
        "action": display.action,
        "text": display.text,
        "inviter": asdict(inviter) if inviter else None,
        "outcome": display.outcome.value,
    }


def _display(doc: Document) -> Display:
    return Display(
        id=doc["_id"],
        tenant_id=doc["tenant"],
        site_id=doc["site_id"],
        visitor_id=doc["visitor_id"],
        visit_id=doc["visit_id"],
        rule_id=doc["rule_id"],
        rule_version=doc["rule_version"],
        day=doc["day"],
        at=doc["at"],
        windows=tuple(doc["windows"]),
        action=doc["action"],
        text=doc["text"],
        inviter=Inviter(**doc["inviter"]) if doc["inviter"] else None,
        outcome=Outcome(doc["outcome"]),
    )


def _summary_doc(summary: Summary) -> Document:
    return {
        "_id": summary.visit_id,
        "site_id": summary.site_id,
        "visitor_id": summary.visitor_id,
        "started_at": summary.started_at,
        "updated_at": summary.updated_at,
        "locale": summary.locale,
        "returning": summary.returning,
        "pages": summary.pages,
        "referrer": summary.referrer,
        # Pairs, because names that a page gives may hold dots.
        "utm": _pairs(summary.utm),
        "peaks": [
            {
                "url": peak.url,
                "title": peak.title,
                "time_s": peak.time_s,
                "scroll": peak.scroll,
                "idle_s": peak.idle_s,
                "exits": list(peak.exits),
            }
            for peak in summary.peaks
        ],
        "events": [[name, [_pairs(data) for data in told]] for name, told in summary.events.items()],
        "watched": _pairs(summary.watched),
    }


def _without_id(doc: Document) -> Document:
    return {name: value for name, value in doc.items() if name != "_id"}


def _pairs(values: Mapping[str, Any]) -> list[list[Any]]:
    return [[name, value] for name, value in values.items()]


def _summary(doc: Document) -> Summary:
    return Summary(
        tenant_id=doc["tenant"],
        site_id=doc["site_id"],
        visitor_id=doc["visitor_id"],
        visit_id=doc["_id"],
        started_at=doc["started_at"],
        updated_at=doc["updated_at"],
        locale=doc["locale"],
        returning=doc["returning"],
        pages=doc["pages"],
        referrer=doc["referrer"],
        utm=dict(doc["utm"]),
        peaks=tuple(Peak(**{**peak, "exits": tuple(peak["exits"])}) for peak in doc["peaks"]),
        events={name: tuple(dict(data) for data in told) for name, told in doc["events"]},
        watched=dict(doc["watched"]),
    )


def _logged_doc(logged: Logged) -> Document:
    return {
        "_id": logged.id,
        "site_id": logged.site_id,
        "visitor_id": logged.visitor_id,
        "visit_id": logged.visit_id,
        "rule_id": logged.rule_id,
        "rule_name": logged.rule_name,
        "code": logged.code.value,
        "url": logged.url,
        "at": logged.at,
    }


def _logged(doc: Document) -> Logged:
    return Logged(
        id=doc["_id"],
        tenant_id=doc["tenant"],
        site_id=doc["site_id"],
        visitor_id=doc["visitor_id"],
        visit_id=doc["visit_id"],
        rule_id=doc["rule_id"],
        rule_name=doc["rule_name"],
        code=Code(doc["code"]),
        url=doc["url"],
        at=doc["at"],
    )
