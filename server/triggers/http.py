"""Rules over HTTP. Everybody of the account reads them; marketers and admins change them."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from server.contracts.registry import Contracts
from server.http import Route, json_response, person_of, read_json
from server.triggers import wire
from server.triggers.conditions import page_view, plain
from server.triggers.editing import RuleEditor
from server.triggers.model import Content, Counts, Facts, History, Inviter, Rule, Shown
from server.triggers.templates import TEMPLATES

# Room for a rule that is far too large, so that it is told what is wrong with it.
MAX_RULE_BYTES = 1_048_576


def routes(editor: RuleEditor, contracts: Contracts) -> list[Route]:
    """Return the routes."""

    async def read_rule(request: web.Request, shape: str) -> tuple[dict[str, Any], Content]:
        body = await read_json(request.clone(client_max_size=MAX_RULE_BYTES), "RuleOutside")
        content = wire.content_from_wire(body["rule"], contracts.validate)
        # The rule is fine; what stands beside it is judged with a stand-in for it.
        beside = {**body, "rule": _STAND_IN}
        contracts.validate(shape, beside)
        return beside, content

    async def reply(request: web.Request, rule: Rule) -> web.Response:
        counts = await editor.counts_of(person_of(request), rule)
        return json_response({"rule": wire.rule_to_wire(rule, counts)})

    async def listing(request: web.Request) -> web.Response:
        found = await editor.listing(person_of(request), request.match_info["siteId"])
        rules = [wire.rule_to_wire(rule, found.counts.get(rule.id, Counts())) for rule in found.rules]
        return json_response({"rules": rules, "budget": wire.budget_to_wire(found.budget)})

    async def create(request: web.Request) -> web.Response:
        _, content = await read_rule(request, "RuleCreate")
        return await reply(request, await editor.create(person_of(request), request.match_info["siteId"], content))

    async def show(request: web.Request) -> web.Response:
        return await reply(request, await editor.rule(person_of(request), request.match_info["ruleId"]))

    async def save(request: web.Request) -> web.Response:
        body, content = await read_rule(request, "RuleSave")
        rule_id = request.match_info["ruleId"]
        return await reply(request, await editor.save(person_of(request), rule_id, body["version"], content))

    async def publish(request: web.Request) -> web.Response:
        body = await read_json(request, "RuleVersionRef")
        rule_id = request.match_info["ruleId"]
        return await reply(request, await editor.publish(person_of(request), rule_id, body["version"]))

    async def disable(request: web.Request) -> web.Response:
        body = await read_json(request, "RuleVersionRef")
        rule_id = request.match_info["ruleId"]
        return await reply(request, await editor.disable(person_of(request), rule_id, body["version"]))

    async def versions(request: web.Request) -> web.Response:
        found = await editor.versions(person_of(request), request.match_info["ruleId"])
        return json_response({"versions": [wire.version_to_wire(version) for version in found]})

    async def preview(request: web.Request) -> web.Response:
        body, content = await read_rule(request, "RulePreview")
        facts, history = facts_from_wire(body.get("facts", {}))
        decision, names, tried = await editor.preview(
            person_of(request), request.match_info["siteId"], content, body.get("ruleId"), facts, history
        )
        visitors = {"of": tried.of, "wouldFire": tried.would_fire, "unknown": tried.unknown}
        return json_response({"decision": wire.decision_to_wire(decision, names), "visitors": visitors})

    async def decisions(request: web.Request) -> web.Response:
        found = await editor.decisions(person_of(request), request.match_info["siteId"])
        return json_response({"decisions": [wire.logged_to_wire(logged) for logged in found]})

    async def set_budget(request: web.Request) -> web.Response:
        body = await read_json(request, "InvitationBudget")
        budget = wire.budget_from_wire(body)
        budget = await editor.set_budget(person_of(request), request.match_info["siteId"], budget)
        return json_response(wire.budget_to_wire(budget))

    async def templates(_: web.Request) -> web.Response:
        return json_response({"templates": TEMPLATES})

    site, rule = "/api/v1/sites/{siteId}/rules", "/api/v1/rules/{ruleId}"
    return [
        Route("GET", site, listing, None, "RuleList", "The site's rules and its budget of interruptions."),
        Route("POST", site, create, "RuleCreate", "RuleReply", "Keep a new rule as a draft."),
        Route("POST", f"{site}/preview", preview, "RulePreview", "RulePreviewed", "Try a rule on a visitor."),
        Route("GET", f"{site}/decisions", decisions, None, "LoggedDecisions", "The newest shown and withheld."),
        Route("PUT", f"{site}/budget", set_budget, "InvitationBudget", "InvitationBudget", "Change the budget."),
        Route("GET", rule, show, None, "RuleReply", "One rule."),
        Route("PUT", rule, save, "RuleSave", "RuleReply", "Replace the draft."),
        Route("POST", f"{rule}/publish", publish, "RuleVersionRef", "RuleReply", "Let visitors have the draft."),
        Route("POST", f"{rule}/disable", disable, "RuleVersionRef", "RuleReply", "Show the rule to nobody."),
        Route("GET", f"{rule}/versions", versions, None, "RuleVersions", "Who changed what."),
        Route("GET", "/api/v1/rule-templates", templates, None, "RuleTemplates", "Rules to begin with."),
    ]


_STAND_IN = TEMPLATES[0]["rule"]


def facts_from_wire(raw: dict[str, Any]) -> tuple[Facts, History]:
    """Return a visitor to try a rule on, and what that visitor was shown before."""
    page = raw.get("page", {"url": ""})
    told = raw.get("attribution", {})
    utm = {part: plain(told[part]) for part in ("source", "medium", "campaign", "term", "content") if part in told}
    events: dict[str, tuple[dict[str, str], ...]] = {}
    for event in raw.get("events", []):
        data = {name: plain(value) for name, value in wire.data_pairs(event.get("data", []))}
        events[event["name"]] = (*events.get(event["name"], ()), data)
    shown = Shown(raw.get("shownInVisit", 0), raw.get("shownToday", 0), raw.get("shownEver", 0))
    facts = Facts(
        visit_id="preview",
        visitor_id="preview",
        page=page_view(page["url"], page.get("title", "")),
        day="",
        time_s=raw.get("timeS", 0),
        scroll=raw.get("scrollPercent", 0),
        exit=raw.get("exit"),
        idle_s=raw.get("idleS", 0),
        pages=raw.get("pages", 1),
        returning=raw.get("returning", False),
        locale=raw.get("locale", "").casefold(),
        referrer=plain(told.get("referrer", page.get("referrer", ""))),
        utm=utm,
        events=events,
        consultant=Inviter("", "") if raw.get("consultants", True) else None,
        is_open=raw.get("hours", True),
        engaged=raw.get("engaged"),
    )
    return facts, History(shown, dismissed=raw.get("dismissed", False))
