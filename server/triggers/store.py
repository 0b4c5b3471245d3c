"""Rules, their versions and the sites' budgets in MongoDB."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import fields
from typing import Any

from server.mongo import Changes, Document, DuplicateKey, Index, TenantCollection
from server.mongo_versions import VersionedCollection
from server.triggers.model import (
    LEAVES,
    Action,
    Author,
    Budget,
    Caps,
    Condition,
    Content,
    Group,
    Invitee,
    Not,
    Rule,
    RuleVersion,
    Status,
    Text,
)

INDEXES = [
    Index("rules", (("tenant", 1), ("site_id", 1), ("updated_at", -1)), name="rules_of_a_site"),
    Index("rule_versions", (("tenant", 1), ("rule_id", 1), ("version", -1)), name="one_copy_per_version", unique=True),
]


class MongoRuleStore:
    """Implements `ports.RuleStore`."""

    def __init__(
        self,
        rules: TenantCollection,
        versions: TenantCollection,
        budgets: TenantCollection,
        changes: Callable[[], Changes],
    ) -> None:
        self._rules = rules
        self._drafts = VersionedCollection(rules, versions, of="rule_id")
        self._budgets = budgets
        self._changes = changes

    async def rules(self, tenant_id: str, site_id: str) -> list[Rule]:
        docs = await self._rules.find(tenant_id, {"site_id": site_id}, sort=[("updated_at", -1), ("_id", -1)])
        return [_rule(doc) for doc in docs]

    async def rule(self, tenant_id: str, rule_id: str) -> Rule | None:
        doc = await self._rules.find_one(tenant_id, {"_id": rule_id})
        return _rule(doc) if doc else None

    async def add(self, rule: Rule) -> None:
        await self._drafts.create(rule.tenant_id, rule.id, _rule_doc(rule))

    async def replace(self, after: Rule) -> bool:
        return await self._drafts.change(after.tenant_id, after.id, _rule_doc(after))

    async def versions(self, rule: Rule, limit: int) -> list[RuleVersion]:
        return [_version(doc) for doc in await self._drafts.versions(rule.tenant_id, rule.id, limit)]

    async def budget(self, tenant_id: str, site_id: str) -> Budget | None:
        doc = await self._budgets.find_one(tenant_id, {"_id": site_id})
        return Budget(_caps(doc["caps"]), doc["enabled"]) if doc else None

    async def save_budget(self, tenant_id: str, site_id: str, budget: Budget) -> None:
        fields = {"caps": _caps_doc(budget.caps), "enabled": budget.enabled}
        try:
            await self._budgets.update_one(tenant_id, {"_id": site_id}, {"$set": fields}, upsert=True)
        except DuplicateKey:  # two made it at once; now it is there
            await self._budgets.update_one(tenant_id, {"_id": site_id}, {"$set": fields})

    async def changed_sites(self) -> AsyncIterator[str | None]:
        async with self._changes() as changes:
            yield None
            async for change in changes:
                if change.collection == self._budgets.name:
                    yield str(change.id)
                else:
                    yield change.document["site_id"] if change.document else None


def _rule_doc(rule: Rule) -> Document:
    return {
        "site_id": rule.site_id,
        "version": rule.version,
        "status": rule.status.value,
        "draft": _content_doc(rule.draft),
        "live": _content_doc(rule.live) if rule.live else None,
        "live_version": rule.live_version,
        "action": rule.action,
        "updated_at": rule.updated_at,
        "updated_by": {"id": rule.updated_by.id, "name": rule.updated_by.name},
    }


def _rule(doc: Document) -> Rule:
    return Rule(
        id=doc["_id"],
        tenant_id=doc["tenant"],
        site_id=doc["site_id"],
        version=doc["version"],
        status=Status(doc["status"]),
        draft=_content(doc["draft"]),
        live=_content(doc["live"]) if doc["live"] else None,
        live_version=doc["live_version"],
        action=doc["action"],
        updated_at=doc["updated_at"],
        updated_by=Author(**doc["updated_by"]),
    )


def _version(doc: Document) -> RuleVersion:
    by = Author(**doc["updated_by"])
    return RuleVersion(doc["rule_id"], doc["version"], doc["action"], doc["updated_at"], by, _content(doc["draft"]))


def _content_doc(content: Content) -> Document:
    action = content.action
    return {
        "name": content.name,
        "condition": _condition_doc(content.condition),
        "action": {"kind": action.kind, "survey_id": action.survey_id, "url": action.url, "name": action.name},
        "texts": [
            {"locale": text.locale, "title": text.title, "text": text.text, "button": text.button}
            for text in content.texts
        ],
        "invitee": content.invitee.value,
        "priority": content.priority,
        "caps": _caps_doc(content.caps),
        "starts_at": content.starts_at,
        "ends_at": content.ends_at,
        "sample_percent": content.sample_percent,
    }


def _content(doc: Document) -> Content:
    return Content(
        name=doc["name"],
        condition=_condition(doc["condition"]),
        action=Action(**doc["action"]),
        texts=tuple(Text(**text) for text in doc["texts"]),
        invitee=Invitee(doc["invitee"]),
        priority=doc["priority"],
        caps=_caps(doc["caps"]),
        starts_at=doc["starts_at"],
        ends_at=doc["ends_at"],
        sample_percent=doc["sample_percent"],
    )


def _caps_doc(caps: Caps) -> Document:
    return {"per_visit": caps.per_visit, "per_day": caps.per_day, "per_visitor": caps.per_visitor}


def _caps(doc: Document) -> Caps:
    return Caps(doc["per_visit"], doc["per_day"], doc["per_visitor"])


def _condition_doc(condition: Condition) -> Document:
    if isinstance(condition, Group):
        return {"kind": condition.kind, "conditions": [_condition_doc(part) for part in condition.conditions]}
    if isinstance(condition, Not):
        return {"kind": "not", "condition": _condition_doc(condition.condition)}
    doc: Document = {}
    for field in fields(condition):
        value = getattr(condition, field.name)
        doc[field.name] = (
            [list(part) if isinstance(part, tuple) else part for part in value] if isinstance(value, tuple) else value
        )
    return doc


def _condition(doc: Document) -> Condition:
    kind = doc["kind"]
    if kind in ("all", "any"):
        return Group(kind, tuple(_condition(part) for part in doc["conditions"]))
    if kind == "not":
        return Not(_condition(doc["condition"]))
    values: dict[str, Any] = {name: _tuples(value) for name, value in doc.items()}
    made: Condition = LEAVES[kind](**values)
    return made


def _tuples(value: object) -> object:
    return tuple(_tuples(part) for part in value) if isinstance(value, list) else value
