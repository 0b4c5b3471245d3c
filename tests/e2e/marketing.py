"""A marketer at the console, what a visitor is shown because of it, and pages of the shop's that we write ourselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Locator, expect

from tests.e2e.actors import Consultant, Visitor


def a_rule(condition: dict[str, Any], **other: Any) -> dict[str, Any]:
    """A rule of the team's that invites to the chat."""
    return {
        "name": "Rule of a test",
        "condition": condition,
        "action": {"kind": "chat"},
        "texts": [{"locale": "en", "title": "Hello", "text": "May we help?", "button": "Yes, please"}],
        "invitee": "team",
        "priority": 50,
        "caps": {"perVisit": None, "perDay": None, "perVisitor": None},
        "schedule": {"fromAtMs": None, "untilAtMs": None},
        "samplePercent": 100,
        **other,
    }


def told(event: str) -> dict[str, Any]:
    """The condition that the page tells this event."""
    return {"kind": "event", "name": event}


async def _until(look: Callable[[], Awaitable[Any]], wanted: object) -> None:
    """Look again until it is as wanted."""
    deadline = time.monotonic() + 20
    while (found := await look()) != wanted:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.2)


class Marketer(Consultant):
    """Somebody who edits rules and surveys, on the screen or without it."""

    async def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Ask the server as the console does."""
        url, headers = f"{self.demo.url}/api/v1/{path}", {"Origin": self.demo.url}
        reply = await self.context.request.fetch(url, method=method, data=body, headers=headers)
        assert reply.ok, f"{method} {path}: {reply.status} {await reply.text()}"
        answer: dict[str, Any] = await reply.json()
        return answer

    @property
    def site(self) -> str:
        return f"sites/{self.demo.facts['siteId']}"

    async def publish_rule(self, rule: dict[str, Any]) -> str:
        """Let visitors have a rule; return its id."""
        made = (await self.ask("POST", f"{self.site}/rules", {"rule": rule}))["rule"]
        await self.ask("POST", f"rules/{made['id']}/publish", {"version": made["version"]})
        return str(made["id"])

    async def publish_survey(self, content: dict[str, Any] | None = None, template: str = "exit") -> str:
        """Let visitors have a survey; return its id."""
        body = {"siteId": self.demo.facts["siteId"], "name": "Survey of a test"}
        body |= {"template": template} if content is None else {"content": content}
        made = await self.ask("POST", "surveys", body)
        await self.ask("POST", f"surveys/{made['id']}/publish", {"version": made["version"]})
        return str(made["id"])

    async def switch_all_off(self) -> None:
        """Leave no rule to the next test."""
        for rule in (await self.ask("GET", f"{self.site}/rules"))["rules"]:
            if rule["status"] == "live":
                await self.ask("POST", f"rules/{rule['id']}/disable", {"version": rule["version"]})

    async def decided(self, rule_id: str) -> list[str]:
        """Return why a rule was shown or withheld, the first decision first."""
        listed = (await self.ask("GET", f"{self.site}/rules/decisions"))["decisions"]
        return [one["code"] for one in listed if one["ruleId"] == rule_id][::-1]

    async def has_decided(self, rule_id: str, *codes: str) -> None:
        """Wait until these are all decisions on a rule."""
        await _until(lambda: self.decided(rule_id), list(codes))

    async def has_results(self, survey_id: str, *, runs: int, done: int) -> None:
        """Wait until so many have begun to answer a survey, and so many of them have ended."""

        async def counted() -> tuple[int, int]:
            results = await self.ask("GET", f"surveys/{survey_id}/results")
            return results["runs"], results["done"]

        await _until(counted, (runs, done))

    async def go(self, *place: str) -> None:
        """Go to a screen of the console, by its address."""
        await self.page.goto(f"{self.demo.console}#/{'/'.join(place)}")

    @property
    def sentence(self) -> Locator:
        return self.page.locator("p.sentence")

    @property
    def words(self) -> Locator:
        """The text of an invitation that is being edited."""
        return self.page.locator(".texts textarea")

    @property
    def preview(self) -> Locator:
        """The invitation that is being edited, as the widget shows it."""
        return self.page.frame_locator(".preview iframe").locator(".invite")

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def is_told(self, text: str) -> None:
        """Wait for a passing notice."""
        await expect(self.page.locator(".toasts")).to_contain_text(text)


def invitation(visitor: Visitor) -> Locator:
    """The card that invites."""
    return visitor.host.locator(".invite")


def question(visitor: Visitor) -> Locator:
    """The survey beside the launcher."""
    return visitor.host.locator(".ask")


async def tell(visitor: Visitor, event: str, data: dict[str, Any] | None = None) -> None:
    """Let the page tell the widget an event."""
    await visitor.page.evaluate("([event, data]) => ringback('event', event, data)", [event, data or {}])


async def own_page(
    visitor: Visitor, body: str, *, head: str = "", csp: str | None = None, path: str = "en/own"
) -> None:
    """Put a page of ours at an address of the shop, with the snippet of the install page, and go there."""
    snippet = f'<script async src="{visitor.demo.url}/widget.js" data-ringback-site="{visitor.demo.facts["siteKey"]}">'
    html = f'<!doctype html><html lang="en"><title>Own</title>{head}{snippet}</script><body>{body}</body></html>'
    headers = {"Content-Type": "text/html; charset=utf-8"}
    if csp:
        headers["Content-Security-Policy"] = csp
    await visitor.context.grant_permissions(["local-network-access"])  # what is made up here is of no network
    await visitor.page.route(f"**/{path}", lambda route: route.fulfill(body=html, headers=headers))
    await visitor.page.goto(f"{visitor.demo.shop}/{path}")
    await expect(visitor.launcher).to_be_visible()
