"""Reports of what visitors and consultants really did, through the real routes and sockets."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import timedelta
from typing import Any

from server.clock import to_ms, utc_now
from server.contracts.registry import load_contracts
from tests.integration.security.payloads import client_id
from tests.integration.security.world import Socket
from tests.integration.surveys.test_surveys import PRICE, a_survey, given
from tests.integration.surveys.world import World

CONTRACTS = load_contracts()
LANDED = "https://shop.example/lamps"


async def summary(world: World, query: str = "", role: str = "consultant") -> dict[str, Any]:
    report = await world.get(f"/api/v1/reports/summary{query}", role)
    CONTRACTS.validate("ReportSummary", report)
    return dict(report)


async def totals(world: World, query: str = "") -> dict[str, Any]:
    return dict((await summary(world, query))["totals"])


def row(report: dict[str, Any], table: str, **key: object) -> dict[str, Any]:
    [found] = [one for one in report[table] if all(one[name] == value for name, value in key.items())]
    return dict(found["numbers"])


async def say(visitor: Socket, text: str) -> str:
    sent = await visitor.data("chat:send", {"clientMessageId": client_id(), "text": text})
    return str(sent["message"]["conversationId"])


async def answer(consultant: Socket, conversation_id: str, text: str, *, note: bool = False) -> None:
    said = {"conversationId": conversation_id, "clientMessageId": client_id(), "text": text, "note": note}
    await consultant.data("chat:send", said)


async def settled(world: World) -> None:
    """Wait until what is written beside the visitors' requests is there."""
    async with asyncio.timeout(10):
        while "visit logged" in world.ringback.tasks.names:
            await asyncio.sleep(0.005)


async def test_a_report_of_nothing_is_zeros_for_four_weeks(world: World) -> None:
    report = await summary(world)

    assert len(report["byDay"]) == 28
    assert report["complete"] and report["timeZone"] == "UTC"
    assert report["totals"]["visits"] == 0 and report["totals"]["firstResponseMedianMs"] is None
    assert report["byPage"] == report["bySource"] == []


async def test_visits_and_chats_count_by_day_page_and_source(world: World) -> None:
    async with world.visitor() as anna, world.visitor() as boris, world.visitor(), world.person("consultant") as ana:
        first = await say(anna, "Hello")
        await say(anna, "Anyone?")
        await say(boris, "Hi")
        await answer(ana, first, "Let me look", note=True)
        await answer(ana, first, "Good day")
        await answer(ana, first, "How can I help?")
        await settled(world)
        report = await summary(world, f"?siteId={world.site.id}")

    for numbers in (
        report["totals"],
        report["byDay"][-1]["numbers"],
        row(report, "byPage", page=LANDED),
        row(report, "bySource", source="news", medium="mail", campaign=None),
    ):
        assert (numbers["visits"], numbers["chats"], numbers["chatsAnswered"]) == (3, 2, 1)
        assert 0 <= numbers["firstResponseMedianMs"] == numbers["firstResponseP90Ms"] < 10_000


async def test_a_conversation_that_is_opened_again_is_another_chat(world: World) -> None:
    async with world.visitor() as anna, world.person("consultant") as ana:
        conversation_id = await say(anna, "Hello")
        await answer(ana, conversation_id, "Good day")
        await ana.data("chat:close", {"conversationId": conversation_id})
        await say(anna, "One more thing")
        numbers = await totals(world)
        assert (numbers["chats"], numbers["chatsAnswered"]) == (2, 1)
        await ana.data("chat:claim", {"conversationId": conversation_id})
        await answer(ana, conversation_id, "Yes?")

        numbers = await totals(world)
        assert (numbers["chats"], numbers["chatsAnswered"]) == (2, 2)


async def test_callbacks_count_as_what_became_of_them(world: World) -> None:
    assert await world.code("PATCH", f"/api/v1/sites/{world.site.id}/calling", {"retryDelaysS": []}, "admin") == "ok"
    async with world.visitor() as anna, world.visitor() as boris:
        ids = []
        for number, visitor in enumerate((anna, boris)):
            asked = {"clientRequestId": client_id(), "phone": f"+3736921234{number}", "region": "MD", "via": "phone"}
            ids.append((await visitor.data("callback:request", asked))["callback"]["id"])
            # Nobody has a phone here, so each ends without a talk.
            await visitor.until(lambda v=visitor: any(one["callback"]["outcome"] for one in v.told("callback:updated")))
        callbacks = world.ringback.database.tenant_collection("callbacks")
        now = utc_now()
        talked = {
            "state": "completed",
            "talked_s": 40,
            "created_at": now - timedelta(seconds=25),
            "legs": [
                {
                    "role": "consultant",
                    "answered_at": now - timedelta(seconds=20),
                    "accepted_at": now - timedelta(seconds=18),
                },
                {"role": "visitor", "answered_at": now - timedelta(seconds=4), "accepted_at": None},
            ],
        }
        await callbacks.update_one(world.tenant_id, {"_id": ids[0]}, {"$set": talked})
        await settled(world)
        report = await summary(world)

    numbers = report["totals"]
    assert (numbers["callbacksRequested"], numbers["callbacksConnected"], numbers["callbacksMissed"]) == (2, 1, 1)
    assert (numbers["connectMedianMs"], numbers["connectP90Ms"]) == (21_000, 21_000)
    assert row(report, "byPage", page=LANDED)["callbacksMissed"] == 1


async def test_survey_answers_and_invitations_are_counted_from_what_is_stored(world: World) -> None:
    survey = await a_survey(world)
    async with world.visitor() as anna:
        await anna.data("survey:answer", given(survey, PRICE))
        displays = world.ringback.database.tenant_collection("displays")
        for outcome in ("granted", "shown", "accepted", "dismissed"):
            visitor_id = anna.started["visitorId"]  # type: ignore[attr-defined]
            shown = {"_id": outcome, "site_id": world.site.id, "visitor_id": visitor_id, "outcome": outcome}
            await displays.insert_one(world.tenant_id, {**shown, "at": utc_now(), "windows": [outcome]})
        await settled(world)
        report = await summary(world)

    numbers = row(report, "bySource", source="news")
    assert numbers["surveyAnswers"] == 1
    assert (numbers["invitationsShown"], numbers["invitationsAccepted"], numbers["invitationsDismissed"]) == (3, 1, 1)


async def test_a_period_a_site_and_an_account_see_only_their_own(world: World) -> None:
    async with world.visitor() as anna, world.visitor(site=world.other_site) as olga:
        await say(anna, "Hello")
        await say(olga, "Hello")
        await settled(world)
        now = to_ms(utc_now())

        assert (await totals(world))["chats"] == 1
        assert (await totals(world, f"?fromMs={now - 5000}&toMs={now + 5000}"))["chats"] == 1
        assert (await totals(world, f"?fromMs={now - 90_000_000}&toMs={now - 80_000_000}"))["chats"] == 0
        assert (await totals(world, f"?fromMs={now - 90_000_000}&toMs={now - 80_000_000}"))["visits"] == 0
        foreign = f"/api/v1/reports/summary?siteId={world.other_site.id}"
        assert await world.code("GET", foreign, role="admin") == "not_found"
        assert await world.code("GET", "/api/v1/reports/summary?timeZone=Mars", role="admin") == "value_invalid"
        assert await world.code("GET", "/api/v1/reports/summary", role="anonymous") == "unauthenticated"


async def test_the_days_are_those_of_the_sites_working_hours(world: World) -> None:
    weekly = [{"day": 1, "from": "09:00", "to": "18:00"}]
    hours = {"hours": {"timeZone": "Pacific/Kiritimati", "weekly": weekly, "closedDates": []}}
    assert await world.code("PATCH", f"/api/v1/sites/{world.site.id}/calling", hours, "admin") == "ok"
    async with world.visitor():
        await settled(world)
        report = await summary(world, f"?siteId={world.site.id}")

    assert report["timeZone"] == "Pacific/Kiritimati"
    assert report["byDay"][-1]["day"] == (utc_now() + timedelta(hours=14)).date().isoformat()
    assert report["byDay"][-1]["numbers"]["visits"] == 1


async def test_each_table_can_be_saved_for_a_spreadsheet(world: World) -> None:
    async with world.visitor():
        await settled(world)
        visits = world.ringback.database.tenant_collection("visits")
        await visits.update_many(world.tenant_id, {}, {"$set": {"last_touch.campaign": "=cmd()"}})
        tables = {
            name: await world.get(f"/api/v1/reports/{name}.csv", "consultant") for name in ("days", "pages", "sources")
        }

    days, pages, sources = ([*csv.DictReader(io.StringIO(text))] for text in tables.values())
    assert (len(days), days[-1]["visits"]) == (28, "1")
    assert pages[0]["page"] == LANDED and pages[0]["firstResponseMedianMs"] == ""
    assert (sources[0]["source"], sources[0]["campaign"], sources[0]["visits"]) == ("news", "'=cmd()", "1")


async def test_every_question_of_a_report_begins_with_an_index(world: World) -> None:
    async with world.visitor() as anna, world.person("consultant") as ana:
        await answer(ana, await say(anna, "Hello"), "Good day")
        await settled(world)
    raw = world.ringback.database._db
    await raw.command("profile", 2)
    await totals(world)
    await raw.command("profile", 0)

    asked = await raw["system.profile"].find({"command.aggregate": {"$exists": True}}).to_list(None)
    plans = {one["command"]["aggregate"]: one.get("planSummary", "") for one in asked}
    assert plans.keys() >= {"visits", "messages", "callbacks", "survey_runs", "displays", "conversations"}
    assert {name: plan for name, plan in plans.items() if "IXSCAN" not in plan and plan != "EOF"} == {}
