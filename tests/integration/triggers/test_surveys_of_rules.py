"""Rules that lead to a survey: only to one that the site's visitors can answer."""

from __future__ import annotations

from typing import Any

from server.principals import Role
from tests.integration.triggers.world import World, a_rule, until


async def a_survey(world: World, site_id: str, *, published: bool = True, who: str = "marketer") -> str:
    body = {"siteId": site_id, "name": "Why do you leave?", "template": "exit"}
    made = (await world.ask("POST", "surveys", body, who)).body
    if published:
        assert (await world.ask("POST", f"surveys/{made['id']}/publish", {"version": 1}, who)).status == 200
    return str(made["id"])


def leading_to(survey_id: str, **other: Any) -> dict[str, Any]:
    return a_rule(action={"kind": "survey", "surveyId": survey_id}, **other)


async def strangers_survey(world: World) -> str:
    accounts = world.ringback.accounts
    account = await accounts.create_account("Strangers")
    site = await accounts.create_site(account.id, "Strangers", ["https://strangers.example"])
    said = {"email": "eve@strangers.example", "password": "correct horse battery"}
    await accounts.create_person(account.id, name="Eve", role=Role.ADMIN, **said)
    async with world.http.post("/api/v1/session", json=said) as answer:
        world.tokens["eve"] = (await answer.json())["token"]
    return await a_survey(world, site.id, who="eve")


async def test_a_rule_is_published_only_with_a_survey_that_the_sites_visitors_can_answer(world: World) -> None:
    draft_survey = await a_survey(world, world.site_id, published=False)
    of_another_site, of_strangers = await a_survey(world, world.other_id), await strangers_survey(world)
    draft = await world.draft(leading_to("nowhere"))
    path = f"rules/{draft['id']}"
    for version, survey_id in enumerate(("nothing", draft_survey, of_another_site, of_strangers), start=1):
        saved = await world.ask("PUT", path, {"version": version, "rule": leading_to(survey_id)})
        assert saved.code == "ok", "a draft may lead anywhere"
        refused = await world.ask("POST", f"{path}/publish", {"version": version + 1})
        assert (refused.status, refused.code) == (400, "rule_invalid"), survey_id
        assert refused.body["error"]["details"] == {"path": "action/surveyId", "rule": "survey"}
    assert (await world.get(path))["rule"]["status"] == "draft"

    assert (await world.ask("POST", f"surveys/{draft_survey}/publish", {"version": 1})).code == "ok"
    await world.ask("PUT", path, {"version": 5, "rule": leading_to(draft_survey)})
    assert (await world.ask("POST", f"{path}/publish", {"version": 6})).code == "ok"
    async with world.visiting() as tab:
        await tab.go()
        assert (await tab.invited())["action"] == {"kind": "survey", "surveyId": draft_survey}


async def test_a_closed_survey_withholds_its_live_rules_with_a_reason_until_it_is_open_again(world: World) -> None:
    survey_id = await a_survey(world, world.site_id)
    rule = await world.publish(leading_to(survey_id, name="Survey", priority=9))
    await world.publish(a_rule(name="Chat"))
    assert (await world.ask("POST", f"surveys/{survey_id}/close", {"version": 2})).code == "ok"

    async def decided() -> dict[str, str]:
        """The decisions on a new visitor who fulfils both rules."""
        async with world.visiting() as tab:
            visitor_id = tab.started["visitorId"]
            await tab.go()
            await tab.invited()
        told = await world.get(f"sites/{world.site_id}/rules/decisions")
        world.ringback.contracts.validate("LoggedDecisions", told)
        return {one["ruleName"]: one["code"] for one in told["decisions"] if one["visitorId"] == visitor_id}

    async def closed() -> bool:  # other servers hear of it through the database, and so does this one
        return await decided() == {"Survey": "survey_closed", "Chat": "fired"}

    assert await until(closed)
    tried = {"rule": leading_to(survey_id), "ruleId": rule["id"]}
    tried |= {"facts": {"page": {"url": "https://shop.example/", "title": ""}, "events": [{"name": "go"}]}}
    decision = (await world.ask("POST", f"sites/{world.site_id}/rules/preview", tried)).body["decision"]
    assert {one["ruleId"]: one["code"] for one in decision["reasons"]}[rule["id"]] == "survey_closed"

    assert (await world.ask("POST", f"surveys/{survey_id}/publish", {"version": 3})).code == "ok"

    async def open_again() -> bool:
        return await decided() == {"Survey": "fired", "Chat": "lower_priority"}

    assert await until(open_again)
