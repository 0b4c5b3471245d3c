"""What callbacks keep beside themselves: webhooks, reserved consultants, money, counters, measured times."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from server.callback.eta import TARGET
from server.callback.guards import Budget, Window, retry_after_s
from server.mongo import Database, DuplicateKey, Index

WEBHOOKS, CONSULTANTS, SPEND = "callback_webhooks", "callback_consultants", "callback_spend"
COUNTERS, ETA = "callback_counters", "callback_eta"
KEPT_WEBHOOKS_S = 30 * 86_400
KEPT_SAMPLES = 200
RESERVED_MS = 15_000
NUMBERS = frozenset({"To", "From", "Called", "Caller", "ForwardedFrom", "CallerName", "To_", "From_"})

INDEXES = [
    Index(WEBHOOKS, (("at", 1),), "webhooks_are_kept_30_days", expire_after_s=KEPT_WEBHOOKS_S),
    Index(COUNTERS, (("expires_at", 1),), "counters_forget", expire_after_s=0),
    Index(CONSULTANTS, (("tenant", 1), ("callback_id", 1)), "consultants_of_a_callback"),
    Index(SPEND, (("tenant", 1), ("site_id", 1)), "spend_of_a_site"),
]


class MongoWebhookLog:
    """`ports.WebhookLog`. Phone numbers are left out of what is kept."""

    def __init__(self, db: Database) -> None:
        # The key is the carrier's, and unique over all of its accounts with us.
        self._webhooks = db.global_collection(WEBHOOKS)

    async def begin(self, key: str, kind: str, ref: str, form: Mapping[str, str], now: datetime) -> str | None:
        kept = [[name, value] for name, value in form.items() if name not in NUMBERS]
        try:
            await self._webhooks.insert_one({"_id": key, "kind": kind, "ref": ref, "form": kept, "at": now})
        except DuplicateKey:
            before = await self._webhooks.find_one({"_id": key})
            reply = (before or {}).get("reply")
            return str(reply) if reply is not None else None
        return None

    async def answered(self, key: str, reply: str) -> None:
        await self._webhooks.update_one({"_id": key}, {"$set": {"reply": reply}})


class MongoConsultantLeases:
    """`ports.ConsultantLeases`. The database's clock decides when a reservation has run out."""

    def __init__(self, db: Database) -> None:
        self._leases = db.tenant_collection(CONSULTANTS)

    async def take(self, tenant_id: str, person_id: str, callback_id: str) -> bool:
        free = {"_id": f"{tenant_id}:{person_id}", "callback_id": {"$in": [None, callback_id]}}
        return await self._write(tenant_id, free, callback_id, upsert=True)

    async def seize(self, tenant_id: str, person_id: str, from_id: str, callback_id: str) -> bool:
        expired = {
            "_id": f"{tenant_id}:{person_id}",
            "callback_id": from_id,
            "$expr": {"$lt": ["$until", "$$NOW"]},
        }
        return await self._write(tenant_id, expired, callback_id, upsert=False)

    async def _write(self, tenant_id: str, wanted: dict[str, Any], callback_id: str, upsert: bool) -> bool:
        update: list[dict[str, Any]] = [
            {
                "$set": {
                    "callback_id": {"$literal": callback_id},
                    "until": _soon(),
                    "epoch": {"$add": [{"$ifNull": ["$epoch", 0]}, 1]},
                }
            }
        ]
        try:
            return await self._leases.update_one(tenant_id, wanted, update, upsert=upsert)
        except DuplicateKey:
            return False  # another callback has it

    async def renew(self, tenant_id: str, callback_id: str) -> None:
        await self._leases.update_many(tenant_id, {"callback_id": callback_id}, [{"$set": {"until": _soon()}}])

    async def release(self, tenant_id: str, person_id: str, callback_id: str, cooldown: str, until: datetime) -> bool:
        changes: dict[str, Any] = {"callback_id": None, "until": None}
        if cooldown:
            changes |= {"cooldown": cooldown, "cooldown_until": until}
        held = {"_id": f"{tenant_id}:{person_id}", "callback_id": callback_id}
        return await self._leases.update_one(tenant_id, held, {"$set": changes})

    async def cooling(self, tenant_id: str, person_ids: Collection[str], now: datetime) -> set[str]:
        ids = {f"{tenant_id}:{person_id}": person_id for person_id in person_ids}
        wanted = {"_id": {"$in": list(ids)}, "cooldown_until": {"$gt": now}}
        found = await self._leases.find(tenant_id, wanted, projection={"_id": 1})
        return {ids[each["_id"]] for each in found}

    async def holder(self, tenant_id: str, person_id: str) -> str | None:
        expired = {"_id": f"{tenant_id}:{person_id}", "$expr": {"$lt": ["$until", "$$NOW"]}}
        found = await self._leases.find_one(tenant_id, expired)
        return str(found["callback_id"]) if found and found.get("callback_id") else None


class MongoLedger:
    """`ports.Ledger`: one document for each site and month, so that both caps are kept in one atomic write."""

    def __init__(self, db: Database) -> None:
        self._spend = db.tenant_collection(SPEND)

    async def reserve(self, tenant_id: str, site_id: str, leg: str, micros: int, budget: Budget, now: datetime) -> bool:
        id, day = f"{tenant_id}:{site_id}:{now:%Y-%m}", f"{now:%d}"
        room = self._room(micros, budget, day)
        if room is None:
            return False
        update = {
            "$inc": {"used": micros, f"days.{day}": micros},
            "$set": {f"open.{leg}": {"micros": micros, "day": day}},
        }
        wanted = {"_id": id, f"open.{leg}": None, **room}
        if await self._spend.update_one(tenant_id, wanted, update):
            return True
        try:
            await self._spend.insert_one(tenant_id, {"_id": id, "site_id": site_id, "used": 0, "open": {}})
        except DuplicateKey:
            pass  # it was there before, or somebody opened the month at this moment
        # The month is there for certain now, so this time a no is about room, or the leg has its reservation already.
        if await self._spend.update_one(tenant_id, wanted, update):
            return True
        found = await self._spend.find_one(tenant_id, {"_id": id})
        return found is not None and leg in found.get("open", {})

    async def settle(self, tenant_id: str, site_id: str, leg: str, micros: int) -> None:
        found = await self._spend.find_one(tenant_id, {"site_id": site_id, f"open.{leg}": {"$exists": True}})
        if found is None:
            return
        reserved = found["open"][leg]
        change = micros - int(reserved["micros"])
        await self._spend.update_one(
            tenant_id,
            {"_id": found["_id"], f"open.{leg}": {"$exists": True}},
            {"$inc": {"used": change, f"days.{reserved['day']}": change}, "$unset": {f"open.{leg}": ""}},
        )

    async def has_room(self, tenant_id: str, site_id: str, micros: int, budget: Budget, now: datetime) -> bool:
        room = self._room(micros, budget, f"{now:%d}")
        if room is None:
            return False
        if not budget.is_capped:
            return True
        id = f"{tenant_id}:{site_id}:{now:%Y-%m}"
        found = await self._spend.find_one(tenant_id, {"_id": id})
        return found is None or await self._spend.count(tenant_id, {"_id": id, **room}) == 1

    async def used(self, tenant_id: str, site_id: str, now: datetime) -> tuple[int, int]:
        """Return the micro-units used and still reserved this month."""
        found = await self._spend.find_one(tenant_id, {"_id": f"{tenant_id}:{site_id}:{now:%Y-%m}"}) or {}
        return int(found.get("used", 0)), sum(int(each["micros"]) for each in found.get("open", {}).values())

    @staticmethod
    def _room(micros: int, budget: Budget, day: str) -> dict[str, Any] | None:
        """Return the filter for a month that has room for the amount; None when no month can have."""
        room: dict[str, Any] = {}
        if budget.month is not None:
            if micros > budget.month:
                return None
            room["used"] = {"$lte": budget.month - micros}
        if budget.day is not None:
            if micros > budget.day:
                return None
            room["$or"] = [{f"days.{day}": None}, {f"days.{day}": {"$lte": budget.day - micros}}]
        return room


class MongoCounters:
    """`ports.Counters`: one document for each key, with the moments inside its longest window."""

    def __init__(self, db: Database) -> None:
        # A number and a network belong to no tenant: their limits hold across all of them.
        self._counters = db.global_collection(COUNTERS)

    async def take(self, key: str, hit: str, windows: tuple[Window, ...], now: datetime) -> int:
        longest = max(window.seconds for window in windows)
        kept = {
            "$filter": {
                "input": {"$ifNull": ["$hits", []]},
                "cond": {"$gt": ["$$this.at", now - timedelta(seconds=longest)]},
            }
        }
        fits = [
            {
                "$lt": [
                    {
                        "$size": {
                            "$filter": {
                                "input": "$hits",
                                "cond": {"$gt": ["$$this.at", now - timedelta(seconds=window.seconds)]},
                            }
                        }
                    },
                    window.most,
                ]
            }
            for window in windows
        ]
        known = {"$in": [{"$literal": hit}, "$hits.id"]}
        added = {"$concatArrays": ["$hits", [{"id": {"$literal": hit}, "at": now}]]}
        update: list[dict[str, Any]] = [
            {"$set": {"hits": kept, "expires_at": now + timedelta(seconds=longest)}},
            {"$set": {"hits": {"$cond": [{"$or": [known, {"$not": [{"$and": fits}]}]}, "$hits", added]}}},
        ]
        try:
            found = await self._counters.find_one_and_update({"_id": key}, update, upsert=True)
        except DuplicateKey:
            found = await self._counters.find_one_and_update({"_id": key}, update, upsert=True)
        hits = (found or {}).get("hits", [])
        if any(each["id"] == hit for each in hits):
            return 0
        return max(1, retry_after_s([each["at"] for each in hits], windows, now))

    async def give_back(self, key: str, hit: str) -> None:
        await self._counters.update_one({"_id": key}, {"$pull": {"hits": {"id": hit}}})


class MongoEtaSamples:
    """`ports.EtaSamples`: the last 200 measured times of a site, in one document."""

    def __init__(self, db: Database) -> None:
        self._eta = db.tenant_collection(ETA)

    async def add(self, tenant_id: str, site_id: str, callback_id: str, seconds: float, now: datetime) -> None:
        sample = {"callback": callback_id, "s": seconds, "at": now}
        try:
            await self._eta.update_one(
                tenant_id,
                {"_id": site_id, "samples.callback": {"$ne": callback_id}},
                {"$push": {"samples": {"$each": [sample], "$slice": -KEPT_SAMPLES}}},
                upsert=True,
            )
        except DuplicateKey:
            pass  # it was counted already

    async def latest(self, tenant_id: str, site_id: str) -> list[float]:
        found = await self._eta.find_one(tenant_id, {"_id": site_id})
        return [float(each["s"]) for each in (found or {}).get("samples", [])]

    async def quantile(self, tenant_id: str, site_id: str) -> float:
        found = await self._eta.find_one(tenant_id, {"_id": site_id}, projection={"q": 1})
        return float((found or {}).get("q", TARGET))

    async def set_quantile(self, tenant_id: str, site_id: str, q: float) -> None:
        await self._eta.update_one(tenant_id, {"_id": site_id}, {"$set": {"q": q}}, upsert=True)


def _soon() -> dict[str, Any]:
    return {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": RESERVED_MS}}
