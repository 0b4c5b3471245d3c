"""Visitors are handed what is kept of them, are erased everywhere, and are forgotten in time."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

from server.clock import utc_now
from server.contracts.registry import load_contracts
from server.mongo import Database
from server.privacy.job import ForgettingJob
from tests.integration.reports.test_reports import answer, say, settled
from tests.integration.security.payloads import client_id
from tests.integration.security.world import Socket
from tests.integration.surveys.test_surveys import a_survey, given
from tests.integration.surveys.world import World

CONTRACTS = load_contracts()
NEEDLE = "needle"
KEPT = ("visitors", "visits", "conversations", "messages", "callbacks", "survey_runs", "displays")


def id_of(visitor: Socket) -> str:
    return str(visitor.started["visitorId"])  # type: ignore[attr-defined]


async def live(world: World, visitor: Socket, phone: str) -> str:
    """Do everything a visitor can do; return the conversation."""
    assert await world.code("PATCH", f"/api/v1/sites/{world.site.id}/calling", {"retryDelaysS": []}, "admin") == "ok"
    survey = await a_survey(world)
    conversation_id = await say(visitor, f"I am {NEEDLE}")
    async with world.person("consultant") as ana:
        await answer(ana, conversation_id, f"Good day, {NEEDLE}")
    answers = {"reason": {"choices": ["other"], "text": f"{NEEDLE} reason"}}
    contact = {"email": f"{NEEDLE}@shop.example", "consent": True}
    await visitor.data("survey:answer", given(survey, answers, contact=contact))
    asked = {"clientRequestId": client_id(), "phone": phone, "region": "MD", "via": "phone", "name": f"{NEEDLE} Anna"}
    await visitor.data("callback:request", asked)
    await visitor.until(lambda: any(one["callback"]["outcome"] for one in visitor.told("callback:updated")))
    shown = {"site_id": world.site.id, "visitor_id": id_of(visitor), "windows": [client_id()], "outcome": "shown"}
    displays = world.ringback.database.tenant_collection("displays")
    await displays.insert_one(world.tenant_id, {**shown, "_id": client_id(), "at": utc_now(), "text": NEEDLE})
    await settled(world)
    return conversation_id


async def stored(world: World) -> dict[str, list[dict[str, Any]]]:
    database = world.ringback.database
    names = await database._db.list_collection_names()
    return {name: await database.global_collection(name).find({}) for name in names if not name.startswith("system.")}


async def at_rest(world: World, visitor_id: str) -> None:
    """Wait until nothing is left to be done about the visitor's callbacks."""
    callbacks = world.ringback.database.tenant_collection("callbacks")
    async with asyncio.timeout(20):
        while await callbacks.count(world.tenant_id, {"visitor_id": visitor_id, "steps.0": {"$exists": True}}):
            await asyncio.sleep(0.02)


async def test_an_admin_is_handed_everything_that_is_kept_of_a_visitor(world: World) -> None:
    async with world.visitor() as visitor:
        await live(world, visitor, "069 212 340")
        visitor_id = id_of(visitor)
    path = f"/api/v1/visitors/{visitor_id}/export"
    export = await world.get(path, "admin")

    CONTRACTS.validate("VisitorExport", export)
    data = export["data"]
    assert {name for name, things in data.items() if things} >= {
        "visitor", "visits", "conversations", "messages", "callbacks", "surveys", "invitations",
    }  # fmt: skip
    assert [one["text"] for one in data["messages"] if one["kind"] == "text"] == [
        f"I am {NEEDLE}",
        f"Good day, {NEEDLE}",
    ]
    assert (data["callbacks"][0]["phone"], data["callbacks"][0]["name"]) == ("+37369212340", f"{NEEDLE} Anna")
    assert data["surveys"][0]["contact"]["email"] == f"{NEEDLE}@shop.example"
    assert world.tenant_id not in json.dumps(export)
    for role in ("consultant", "marketer"):
        assert await world.code("GET", path, role=role) == "forbidden"
    assert await world.code("GET", "/api/v1/visitors/nobody/export", role="admin") == "not_found"
    status, refusal = await world.ask("GET", path, token=world.other)
    assert (status, refusal["error"]["code"]) == (404, "not_found")


async def test_an_erased_visitor_is_nowhere_and_others_stay(world: World) -> None:
    async with world.visitor() as anna, world.visitor() as boris:
        await live(world, boris, "069 212 341")
        await live(world, anna, "069 212 342")
        erased, kept = id_of(anna), id_of(boris)
    await at_rest(world, erased)
    block = {"kind": "visitor", "value": erased, "reason": "spam"}
    assert (await world.ask("POST", "/api/v1/blocks", block, role="consultant"))[0] == 201
    assert (await world.get(f"/api/v1/visitors/{erased}/export", "admin"))["data"]["blocks"][0]["reason"] == "spam"
    before = {name: len(docs) for name, docs in (await stored(world)).items()}
    path = f"/api/v1/visitors/{erased}"
    for role in ("consultant", "marketer"):
        assert await world.code("DELETE", path, role=role) == "forbidden"
    assert (await world.ask("DELETE", path, token=world.other))[0] == 404
    assert {name: len(docs) for name, docs in (await stored(world)).items()} == before

    async with world.person("consultant") as ana:
        status, outcome = await world.ask("DELETE", path, role="admin")
        await ana.until(lambda: ana.told("visitor:erased"))
        assert ana.told("visitor:erased") == [{"visitorId": erased}]
    CONTRACTS.validate("VisitorErased", outcome)
    assert (status, outcome) == (200, {"erased": True, "waiting": 0})
    left = await stored(world)
    assert "069212342" not in str(left).replace(" ", "")
    assert left["blocks"] == []
    for name in KEPT:
        assert len(left[name]) == before[name] / 2 or name == "messages", name
        assert erased not in str(left[name]), name
    assert str(left["messages"]).count(NEEDLE) == str(left["survey_runs"]).count(NEEDLE) == 2
    assert (await world.get(f"/api/v1/visitors/{kept}/export", "admin"))["data"]["messages"]
    assert await world.code("GET", f"{path}/export", role="admin") == "not_found"
    for _ in range(2):
        assert await world.code("DELETE", path, role="admin") == "ok"
    entries = [doc for doc in (await stored(world))["audit_entries"] if doc["action"] == "visitor.erased"]
    assert [(doc["subject_id"], doc["changes"]) for doc in entries] == [(erased, {})]


async def test_who_is_erased_while_here_begins_anew(world: World) -> None:
    async with world.visitor() as anna:
        old = await live(world, anna, "069 212 343")
        await at_rest(world, id_of(anna))
        assert await world.code("DELETE", f"/api/v1/visitors/{id_of(anna)}", role="admin") == "ok"
        said = {"clientMessageId": client_id(), "text": "Here again"}
        code = await anna.code("chat:send", said)  # the widget sends again when it was told to
        new = (await anna.data("chat:send", said))["message"]["conversationId"]
        assert code in ("ok", "unavailable") and new != old
        await world.ringback.privacy.forget()

        synced = await anna.data("chat:sync", {"afterSeq": 0})
    assert [one["text"] for one in synced["messages"]] == ["Here again"]


async def test_a_message_that_came_while_erasing_goes_with_the_next_sweep(world: World) -> None:
    async with world.visitor() as anna:
        old = await live(world, anna, "069 212 344")
        await at_rest(world, id_of(anna))
        visitor_id = id_of(anna)
    await world.code("DELETE", f"/api/v1/visitors/{visitor_id}", role="admin")
    messages = world.ringback.database.tenant_collection("messages")
    late = {"_id": "late", "conversation_id": old, "seq": 9, "text": NEEDLE, "kind": "text", "sent_at": utc_now()}
    await messages.insert_one(world.tenant_id, late)

    gone = await world.ringback.privacy.forget()

    assert gone["erased"] == 1
    assert NEEDLE not in str((await stored(world))["messages"])


async def test_each_class_is_kept_for_as_long_as_its_setting_says(world: World) -> None:
    async with world.visitor() as anna:
        await live(world, anna, "069 212 345")
        await at_rest(world, id_of(anna))
        visitor_id = id_of(anna)
        database = world.ringback.database
        long_ago = utc_now() - timedelta(days=50)
        for name in KEPT:
            times = ("started_at", "created_at", "updated_at", "last_seen_at", "at", "sent_at")
            old = dict.fromkeys(times, long_ago)
            await database.tenant_collection(name).update_many(world.tenant_id, {}, {"$set": old})

        assert await world.ringback.privacy.forget() == {}
        assert len((await stored(world))["visits"]) == 1
        kept = await world.get("/api/v1/retention", "admin")
        CONTRACTS.validate("Retention", kept)
        assert kept["visitsDays"] == 400 and kept["surveysDays"] is None
        left: list[str] = []
        for setting, gone in (
            ("surveysDays", ["survey_runs"]),
            ("invitationsDays", ["displays"]),
            ("visitsDays", ["visits"]),
            ("callbacksDays", ["callbacks"]),
            ("conversationsDays", ["conversations", "messages", "visitors"]),
        ):
            assert await world.code("PATCH", "/api/v1/retention", {setting: 60}, "admin") == "ok"
            await world.ringback.privacy.forget()
            here = await stored(world)
            assert all(here[name] for name in gone), setting
            assert await world.code("PATCH", "/api/v1/retention", {setting: 49}, "admin") == "ok"
            await world.ringback.privacy.forget()
            left += gone
            here = await stored(world)
            assert [name for name in KEPT if not here[name]] == [name for name in KEPT if name in left], setting
        assert await world.code("PATCH", "/api/v1/retention", {"visitsDays": 0}, "admin") == "bad_request"
        assert await world.code("PATCH", "/api/v1/retention", {"visitsDays": 9}, "marketer") == "forbidden"
        changes = [
            doc["changes"] for doc in (await stored(world))["audit_entries"] if doc["action"] == "retention.changed"
        ]
        assert changes[0] == {"surveys": [None, 60]}
        assert visitor_id not in str({name: docs for name, docs in here.items() if name in KEPT})


async def test_of_two_servers_one_forgets_and_only_when_it_is_time(world: World, db: Database) -> None:
    jobs = db.global_collection("jobs")
    now = utc_now()
    servers = [ForgettingJob(jobs, world.ringback.privacy, owner=f"s{n}", now=lambda: now) for n in range(4)]

    assert sorted(await asyncio.gather(*(server.run() for server in servers))) == [False, False, False, True]
    assert not await servers[0].run()
    now += timedelta(hours=1, seconds=1)
    assert await servers[1].run()
