"""What a marketer finds in a new demo: a survey that can be answered, and rules as drafts: nothing pops up unasked."""

from __future__ import annotations

from typing import Any

import aiohttp

Json = dict[str, Any]

SURVEY = {"name": "Why they leave", "template": "exit"}
RULES = ("help_choosing", "checkout_help", "exit_survey", "welcome_back")


async def add_examples(facts: Json, marketer: Json, *, beside_others: bool = False) -> None:
    """Let the marketer keep the examples, over HTTP as a person would; a demo with rules of its own is left alone.

    Args:
        beside_others: keep them anew also where there are rules and surveys.
    Raises:
        aiohttp.ClientError: the server refused or went away; the next start goes on where this one stopped.
    """
    async with aiohttp.ClientSession(facts["url"], raise_for_status=True) as http:
        who = await _ask(http, "POST", "/api/v1/session", {key: marketer[key] for key in ("email", "password")})
        http.headers["Authorization"] = f"Bearer {who['token']}"
        site = f"/api/v1/sites/{facts['siteId']}/rules"
        if beside_others or not (await _ask(http, "GET", site))["rules"]:
            survey_id = await _survey(http, facts["siteId"], anew=beside_others)
            for template in (await _ask(http, "GET", "/api/v1/rule-templates"))["templates"]:
                if template["id"] in RULES:
                    await _ask(http, "POST", site, {"rule": _with_survey(template["rule"], survey_id)})
        await _ask(http, "DELETE", "/api/v1/session")


async def _survey(http: aiohttp.ClientSession, site_id: str, *, anew: bool) -> str:
    """Return the id of the site's survey; made and published when there is none, or always."""
    found = [] if anew else (await _ask(http, "GET", f"/api/v1/surveys?siteId={site_id}"))["surveys"]
    survey = found[0] if found else await _ask(http, "POST", "/api/v1/surveys", {"siteId": site_id, **SURVEY})
    if survey["status"] == "draft":
        await _ask(http, "POST", f"/api/v1/surveys/{survey['id']}/publish", {"version": survey["version"]})
    return str(survey["id"])


def _with_survey(rule: Json, survey_id: str) -> Json:
    return {**rule, "action": {**rule["action"], "surveyId": survey_id}} if "surveyId" in rule["action"] else rule


async def _ask(http: aiohttp.ClientSession, method: str, path: str, body: Json | None = None) -> Json:
    async with http.request(method, path, json=body) as reply:
        answer: Json = await reply.json()
        return answer
