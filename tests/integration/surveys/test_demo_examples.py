"""What a new demo shows its marketer."""

from __future__ import annotations

from server.demo.examples import RULES, add_examples
from tests.integration.surveys.world import PASSWORD, World


async def _kept(world: World) -> tuple[dict[str, str], list[str]]:
    """Return the site's rules with their state, and the states of its surveys."""
    bearer = {"Authorization": f"Bearer {world.tokens['marketer']}"}
    async with world.http.get(f"/api/v1/sites/{world.site.id}/rules", headers=bearer) as answer:
        rules = {rule["draft"]["name"]: rule["status"] for rule in (await answer.json())["rules"]}
    async with world.http.get("/api/v1/surveys", headers=bearer) as answer:
        return rules, [survey["status"] for survey in (await answer.json())["surveys"]]


async def test_the_examples_are_drafts_and_come_once(world: World) -> None:
    facts = {"url": world.url, "siteId": world.site.id}
    marketer = {"email": "marketer@shop.example", "password": PASSWORD}
    await add_examples(facts, marketer)
    rules, surveys = await _kept(world)
    assert set(rules.values()) == {"draft"} and len(rules) == len(RULES)
    assert surveys == ["published"]
    await add_examples(facts, marketer)
    assert await _kept(world) == (rules, surveys)
