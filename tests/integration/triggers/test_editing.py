"""Marketers' work over HTTP: drafts, versions, publishing, trying; and what is refused."""

from __future__ import annotations

import asyncio
import importlib
import time
from typing import Any

import pytest

from tests.integration.triggers.world import ORIGIN, SHOES, World, a_rule


def migration(name: str) -> Any:
    return importlib.import_module(f"server.migrations.{name}")


async def test_a_rule_from_a_draft_to_visitors_and_back(world: World) -> None:
    draft = await world.draft(a_rule(name="First"))
    assert (draft["version"], draft["status"], draft["enabled"], draft["live"]) == (1, "draft", False, None)
    assert draft["hasChanges"] and draft["updatedBy"]["name"] == "Marketer"

    path = f"rules/{draft['id']}"
    live = (await world.ask("POST", f"{path}/publish", {"version": 1}, "admin")).body["rule"]
    assert (live["version"], live["status"], live["enabled"], live["hasChanges"]) == (2, "live", True, False)
    saved = (await world.ask("PUT", path, {"version": 2, "rule": a_rule(name="Second")})).body["rule"]
    assert saved["hasChanges"] and saved["live"]["name"] == "First" and saved["draft"]["name"] == "Second"
    async with world.visiting() as tab:
        await tab.go()
        await tab.invited()
    again = (await world.ask("PUT", path, {"version": 3, "rule": a_rule(name="Second")})).body["rule"]
    assert again["version"] == 3, "the same content is no change"
    off = (await world.ask("POST", f"{path}/disable", {"version": 3})).body["rule"]
    assert (off["status"], off["enabled"], off["version"]) == ("disabled", False, 4)
    async with world.visiting() as tab:
        await tab.go()
        assert tab.invitations == []

    told = await world.get(f"{path}/versions", "consultant")
    world.ringback.contracts.validate("RuleVersions", told)
    changes = [(one["version"], one["action"], one["by"]["name"], one["content"]["name"]) for one in told["versions"]]
    assert changes == [
        (4, "disabled", "Marketer", "Second"),
        (3, "saved", "Marketer", "Second"),
        (2, "published", "Admin", "First"),
        (1, "created", "Marketer", "First"),
    ]
    audit = [entry for entry in await world.ringback.accounts.audit(_tenant(world)) if entry.action.startswith("rule.")]
    assert [(entry.action, entry.changes["name"][1]) for entry in audit] == [
        ("rule.disabled", "Second"), ("rule.saved", "Second"), ("rule.published", "First"), ("rule.created", "First"),
    ]  # fmt: skip


def _tenant(world: World) -> str:
    site = world.ringback.directory.site_by_key("shop-key")
    assert site is not None
    return site.tenant_id


async def test_of_two_who_save_at_once_one_is_told_who_was_first(world: World) -> None:
    draft = await world.draft(a_rule())
    path = f"rules/{draft['id']}"

    answers = await asyncio.gather(
        *(
            world.ask("PUT", path, {"version": 1, "rule": a_rule(name=who)}, who)
            for who in ("marketer", "admin", "marketer", "admin")
        )
    )

    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    lost = next(answer for answer in answers if answer.status == 409)
    assert lost.code == "rule_changed" and lost.body["error"]["details"]["version"] == 2
    assert lost.body["error"]["details"]["name"] in ("Marketer", "Admin")
    assert len((await world.get(f"{path}/versions"))["versions"]) == 2
    for change in ("publish", "disable"):
        assert (await world.ask("POST", f"{path}/{change}", {"version": 1})).code == "rule_changed"


async def test_a_change_whose_server_died_half_way_is_completed_by_the_next(world: World) -> None:
    draft = await world.draft(a_rule(name="First"))
    path = f"rules/{draft['id']}"
    await world.ask("PUT", path, {"version": 1, "rule": a_rule(name="Second")}, "admin")
    rules = world.ringback.database.tenant_collection("rules")
    await rules.update_one(_tenant(world), {"_id": draft["id"]}, {"$set": {"version": 1}})

    late = await world.ask("PUT", path, {"version": 1, "rule": a_rule(name="Third")})

    assert (late.code, late.body["error"]["details"]) == ("rule_changed", {"version": 2, "name": "Admin"})
    assert (await world.get(path))["rule"]["draft"]["name"] == "Second"
    assert (await world.ask("PUT", path, {"version": 2, "rule": a_rule(name="Third")})).code == "ok"
    assert [one["version"] for one in (await world.get(f"{path}/versions"))["versions"]] == [3, 2, 1]


async def test_versions_of_an_older_format_are_read_after_the_migration(world: World) -> None:
    rule = await world.publish(a_rule())
    path = f"rules/{rule['id']}/versions"
    now = await world.get(path)
    versions = world.ringback.database.tenant_collection("rule_versions")
    await versions.delete_one(_tenant(world), {"rule_id": rule["id"], "version": 2})
    old = {"$rename": {"updated_at": "at", "updated_by": "by", "draft": "content"}}
    await versions.update_one(_tenant(world), {"rule_id": rule["id"]}, old)

    for _ in range(2):
        await migration("0004_versions_hold_what_they_made").up(world.ringback.database)

    assert await world.get(path) == now


async def test_consultants_read_and_strangers_do_not(world: World) -> None:
    rule = await world.publish(a_rule())
    site = f"sites/{world.site_id}/rules"
    assert (await world.get(site, "consultant"))["rules"][0]["id"] == rule["id"]
    for method, path, body in (
        ("POST", site, {"rule": a_rule()}),
        ("PUT", f"rules/{rule['id']}", {"version": 2, "rule": a_rule()}),
        ("POST", f"rules/{rule['id']}/disable", {"version": 2}),
        ("PUT", f"{site}/budget", {"enabled": False, "perVisit": 1, "perDay": 1, "perVisitor": None}),
    ):
        assert (await world.ask(method, path, body, "consultant")).code == "forbidden"
        assert (await world.ask(method, path, body, "")).code == "unauthenticated"


async def test_another_account_finds_neither_rule_nor_site(world: World) -> None:
    rule = await world.publish(a_rule())
    account = await world.ringback.accounts.create_account("Strangers")
    from server.principals import Role

    await world.ringback.accounts.create_person(
        account.id, email="eve@strangers.example", password="correct horse battery", name="Eve", role=Role.ADMIN
    )
    said = {"email": "eve@strangers.example", "password": "correct horse battery"}
    async with world.http.post("/api/v1/session", json=said) as answer:
        world.tokens["eve"] = (await answer.json())["token"]
    for method, path, body in (
        ("GET", f"rules/{rule['id']}", None),
        ("GET", f"rules/{rule['id']}/versions", None),
        ("PUT", f"rules/{rule['id']}", {"version": 2, "rule": a_rule()}),
        ("POST", f"rules/{rule['id']}/publish", {"version": 2}),
        ("POST", f"rules/{rule['id']}/disable", {"version": 2}),
        ("GET", f"sites/{world.site_id}/rules", None),
        ("GET", f"sites/{world.site_id}/rules/decisions", None),
        ("POST", f"sites/{world.site_id}/rules", {"rule": a_rule()}),
        ("POST", f"sites/{world.site_id}/rules/preview", {"rule": a_rule()}),
        ("PUT", f"sites/{world.site_id}/rules/budget", {"enabled": True, "perVisit": 1, "perDay": 1, "perVisitor": 1}),
    ):
        assert (await world.ask(method, path, body, "eve")).code == "not_found", path


async def test_a_rule_is_tried_on_an_invented_visitor_beside_the_live_ones(world: World) -> None:
    live = await world.publish(a_rule(name="Live", priority=5))
    tried = a_rule({"kind": "all", "conditions": [{"kind": "time", "atLeastS": 30}, {"kind": "hours"}]}, name="Tried")
    path = f"sites/{world.site_id}/rules/preview"

    async def codes(facts: dict[str, Any] | None = None, **more: Any) -> dict[str, str]:
        body = {"rule": tried, **({"facts": facts} if facts else {}), **more}
        answer = await world.ask("POST", path, body, "consultant")
        assert answer.status == 200, answer
        world.ringback.contracts.validate("RulePreviewed", answer.body)
        return {one["name"]: one["code"] for one in answer.body["decision"]["reasons"]}

    assert await codes() == {"Live": "condition_not_met", "Tried": "condition_not_met"}
    assert await codes({"timeS": 30}) == {"Live": "condition_not_met", "Tried": "fired"}
    assert (await codes({"timeS": 30, "hours": False}))["Tried"] == "outside_hours"
    both = {"timeS": 30, "events": [{"name": "go"}]}
    assert await codes(both) == {"Live": "fired", "Tried": "lower_priority"}
    assert await codes(both, ruleId=live["id"]) == {"Tried": "fired"}
    assert (await codes({**both, "engaged": "chat"}))["Tried"] == "in_conversation"
    assert (await codes({**both, "dismissed": True}))["Tried"] == "dismissed"
    assert (await codes({**both, "shownInVisit": 1}))["Tried"] == "capped_visit"
    assert (await world.ask("POST", path, {"rule": tried, "ruleId": "nobodys"})).code == "not_found"
    assert (await world.ask("POST", path, {"rule": tried, "facts": {"mood": "good"}})).code == "bad_request"


async def test_a_rule_is_tried_on_the_last_visitors(world: World) -> None:
    await world.publish(a_rule({"kind": "time", "atLeastS": 60}, name="Watches"))
    for number in range(3):
        async with world.visiting({"url": f"{ORIGIN}/{'cart' if number else 'home'}"}) as tab:
            await tab.signal("time", value=60 if number == 2 else 10)
    await world.ringback.invitations.flush()

    async def tried(*conditions: dict[str, Any]) -> dict[str, int]:
        body = {"rule": a_rule({"kind": "all", "conditions": list(conditions)})}
        answer = await world.ask("POST", f"sites/{world.site_id}/rules/preview", body)
        return dict(answer.body["visitors"])

    cart = {"kind": "url", "op": "is", "value": "/cart"}
    assert await tried(cart) == {"of": 3, "wouldFire": 2, "unknown": 0}
    assert await tried(cart, {"kind": "time", "atLeastS": 60}) == {"of": 3, "wouldFire": 1, "unknown": 0}
    assert await tried(cart, {"kind": "scroll", "atLeastPercent": 5}) == {"of": 3, "wouldFire": 0, "unknown": 3}


async def test_ten_templates_are_there_for_everybody_who_signed_in(world: World) -> None:
    told = await world.get("rule-templates", "consultant")
    world.ringback.contracts.validate("RuleTemplates", told)
    assert len(told["templates"]) == 10
    await world.draft(told["templates"][0]["rule"])


async def test_the_budget_is_the_sites_own_and_off_means_off(world: World) -> None:
    assert (await world.get(f"sites/{world.site_id}/rules"))["budget"] == {
        "enabled": True, "perVisit": 1, "perDay": 2, "perVisitor": 10,
    }  # fmt: skip
    await world.publish(a_rule())
    await world.budget(enabled=False)
    async with world.visiting(SHOES) as tab:
        assert tab.started["watch"] == []
        await tab.go()
        assert tab.invitations == []
    assert (await world.get(f"sites/{world.other_id}/rules"))["budget"]["enabled"] is True


@pytest.mark.parametrize("nodes", [201, 10_000])
async def test_a_rule_of_far_too_many_conditions_is_refused_quickly(world: World, nodes: int) -> None:
    parts = [{"kind": "event", "name": f"e{number}"} for number in range(nodes)]
    started = time.process_time()  # its own and the server's, whoever else is busy
    answer = await world.ask(
        "POST", f"sites/{world.site_id}/rules", {"rule": a_rule({"kind": "any", "conditions": parts})}
    )
    assert time.process_time() - started < 1
    assert (answer.status, answer.code) == (400, "rule_invalid")
    assert answer.body["error"]["details"] == {"path": "condition/conditions", "rule": "nodes", "max": 200}
    assert (await world.get(f"sites/{world.site_id}/rules"))["rules"] == []


async def test_what_is_wrong_with_a_rule_is_told_by_its_place(world: World) -> None:
    path = f"sites/{world.site_id}/rules"
    for rule, where in (
        (a_rule(surprise=1), ""),
        (a_rule({"kind": "time", "atLeastS": 0}), "condition/atLeastS"),
        (a_rule({"kind": "time", "atLeastS": 1, "value": 2}), "condition"),
        (a_rule({"kind": "all", "conditions": [{"kind": "hours"}, {"kind": "hours"}]}), "condition/conditions/1"),
        (a_rule(action={"kind": "link", "url": "javascript:alert(1)"}), "action/url"),
    ):
        answer = await world.ask("POST", path, {"rule": rule})
        assert (answer.status, answer.code, answer.body["error"]["details"]["path"]) == (400, "rule_invalid", where)
    for body in (
        {},
        {"rule": []},
        {"rule": None},
        [],
        {"rule": a_rule(), "extra": 1},
        {"rule": a_rule(), "version": 1},
    ):
        assert (await world.ask("POST", path, body)).code == "bad_request", body
    assert (await world.ask("PUT", "rules/none", {"rule": a_rule()})).code == "bad_request"
    too_large = a_rule(name="x" * 1_100_000)
    assert (await world.ask("POST", path, {"rule": too_large})).code == "too_large"
    assert (await world.get(path))["rules"] == []


async def test_html_and_strange_text_come_back_as_they_were(world: World) -> None:
    rule = a_rule(name="<img src=x onerror=alert(1)>")
    rule["texts"][0] |= {"title": "<script>alert(1)</script>", "text": "\u202e<b>&amp;</b> 💥", "button": "' OR 1=1"}
    await world.publish(rule)
    async with world.visiting() as tab:
        await tab.go()
        content = (await tab.invited())["content"]
    assert {name: content[name] for name in ("title", "text", "button")} == {
        name: rule["texts"][0][name] for name in ("title", "text", "button")
    }


async def test_more_facts_than_a_browser_watches_for_are_refused_at_publishing(world: World) -> None:
    parts = [{"kind": "event", "name": f"e{number}"} for number in range(48)]
    for _ in range(2):
        await world.publish(a_rule({"kind": "any", "conditions": parts}))
    groups = [
        {"kind": "any", "conditions": [{"kind": "event", "name": f"{letter}{n}"} for n in range(40)]} for letter in "xy"
    ]
    draft = await world.draft(a_rule({"kind": "all", "conditions": groups}))
    answer = await world.ask("POST", f"rules/{draft['id']}/publish", {"version": 1})
    assert (answer.status, answer.code, answer.body["error"]["details"]) == (409, "rule_limit", {"max": 100})
