"""A visitor in the shop and a consultant at the console, as a person would use them: by what is on the screen."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.e2e.demo import ROOT, Demo, national

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
SHOTS = ROOT / "test-results"
_SITE_IS_FULL = re.compile("Too many calls were asked for|Заказано слишком много|S-au cerut prea multe")


async def axe_problems(page: Page) -> list[str]:
    """Return what axe finds wrong on the whole page, shadow roots included, one line each."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE)
    # It checks all the same, and writes down only what is wrong.
    found: list[dict[str, Any]] = await page.evaluate(
        """async () => (await axe.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
            resultTypes: ['violations'],
        })).violations"""
    )
    return [
        f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']]} {one['nodes'][0]['failureSummary']}"
        for one in found
    ]


async def is_accessible(page: Page) -> None:
    """Assert that axe finds nothing, once nothing moves any more."""
    await page.evaluate("Promise.all(document.getAnimations().map((a) => a.finished.catch(() => {})))")
    problems = await axe_problems(page)
    assert not problems, "\n".join(problems)


async def keep_picture(page: Page, name: str, *, full_page: bool = False) -> Path:
    """Save a screenshot to test-results/ and return where it is."""
    SHOTS.mkdir(exist_ok=True)
    path = SHOTS / f"{name}.png"
    await page.screenshot(path=path, full_page=full_page)
    return path


class _Actor:
    def __init__(self, demo: Demo, context: BrowserContext, page: Page) -> None:
        self.demo, self.context, self.page = demo, context, page
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


class Visitor(_Actor):
    """Somebody in the shop."""

    @property
    def host(self) -> Locator:
        return self.page.locator("ringback-widget")

    @property
    def launcher(self) -> Locator:
        return self.host.locator("button.launcher")

    @property
    def panel(self) -> Locator:
        return self.host.get_by_role("dialog")

    @property
    def log(self) -> Locator:
        return self.panel.get_by_role("log")

    @property
    def steps(self) -> Locator:
        """The steps of the callback, one element each."""
        return self.panel.locator("ol.steps > li")

    async def visit(self, path: str = "en/") -> None:
        await self.page.goto(f"{self.demo.shop}/{path}")
        await expect(self.launcher).to_be_visible()

    async def open_chat(self) -> None:
        if not await self.panel.is_visible():
            await self.launcher.click()
        await self.panel.locator("#tab-chat").click()
        await expect(self.composer).to_be_visible()

    async def open_callback(self) -> None:
        if not await self.panel.is_visible():
            await self.launcher.click()
        await self.panel.locator("#tab-callback").click()

    @property
    def composer(self) -> Locator:
        return self.panel.locator(".composer textarea")

    async def write(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    def line(self, text: str) -> Locator:
        """The message that says this."""
        return self.log.locator(".line").filter(has_text=text)

    async def has_sent(self, text: str) -> None:
        """Wait until the server has the message, however far it has got since."""
        await expect(self.line(text)).to_contain_text(re.compile("· (Sent|Delivered|Read)"))

    async def lines(self) -> list[str]:
        """Return the texts of all messages in their order."""
        texts: list[str] = await self.log.locator(".line .bubble").evaluate_all(
            """(all) => all.map((one) => {
                const copy = one.cloneNode(true);
                copy.querySelector('.vh')?.remove();
                return copy.textContent.trim();
            })"""
        )
        return texts

    async def ask_for_call(self, phone: str) -> None:
        """Fill in the form and press the button, all as the visitor of the country would."""
        await self.open_callback()
        await self.panel.locator("input[type=tel]").fill(national(phone))
        await self.press_for_call(self.panel.locator(".form"))

    async def press_for_call(self, form: Locator, clicks: int = 1) -> None:
        """Press its button; again while the site has had all its calls of this minute, as the refusal asks."""
        button = form.locator("button[type=submit]")
        refusal = form.get_by_role("alert").filter(has_text=_SITE_IS_FULL)
        async with asyncio.timeout(90):
            while True:
                await button.click(click_count=clicks)
                await expect(form.locator("button[aria-disabled=true]")).to_have_count(0)
                if not await refusal.is_visible():
                    return
                await asyncio.sleep(0.2)

    async def is_calling(self, but: str = "") -> str:
        """Wait until a consultant's phone rings, another one's than `but`, and return whose.

        On the clocks of the tests it rings for about a second: it is looked for at every frame and taken as it is seen.
        """
        name: str = await self.page.evaluate(
            """(but) => new Promise((done, fail) => {
                const { shadowRoot } = document.querySelector('ringback-widget');
                const untilMs = performance.now() + 20_000;
                const look = () => {
                    const now = shadowRoot.querySelector('ol.steps > li.now')?.innerText.trim() ?? '';
                    if (now.startsWith('Calling ') && now !== `Calling ${but}`) done(now.slice('Calling '.length));
                    else if (performance.now() > untilMs) fail(new Error(`nobody is called: ${now}`));
                    else requestAnimationFrame(look);
                };
                look();
            })""",
            but,
        )
        return name

    async def stored(self) -> dict[str, Any]:
        """Return everything that the shop's origin and the widget have put into this browser."""
        found: dict[str, Any] = await self.page.evaluate(
            """async () => ({
                local: Object.keys(localStorage),
                session: Object.keys(sessionStorage),
                databases: (await indexedDB.databases()).map((one) => one.name),
                caches: 'caches' in self ? await caches.keys() : [],
                cookie: document.cookie,
            })"""
        )
        found["cookies"] = await self.context.cookies()
        return {name: value for name, value in found.items() if value}


class Consultant(_Actor):
    """Somebody at the console."""

    async def sign_in(self, name: str, screen: str = "inbox") -> None:
        """Come in by the cookie that the sign-in form would get; the form has a test of its own."""
        person = self.demo.person(name)
        reply = await self.context.request.post(
            f"{self.demo.url}/api/v1/session",
            data={"email": person["email"], "password": person["password"]},
            headers={"Origin": self.demo.url},
        )
        assert reply.ok, await reply.text()
        await self.page.goto(f"{self.demo.console}#/{screen}")
        await expect(self.page.locator(".rail")).to_be_visible()

    def row(self, text: str) -> Locator:
        """The row of a list that shows this text."""
        return self.page.locator("a.row").filter(has_text=text)

    async def open_new_lead(self, phone: str) -> None:
        """Open the callback that has just come in."""
        await self.page.locator("a.row").filter(has=self.page.locator(".unread")).first.press("Enter")
        await expect(self.page.get_by_role("link", name=phone, exact=True)).to_be_visible()

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def pane(self) -> Locator:
        return self.page.locator("aside.pane")

    async def open_conversation(self, text: str) -> None:
        """Open the conversation whose last message is `text`."""
        await self.row(text).press("Enter")  # a row may move under the mouse when another conversation arrives
        await expect(self.line(text)).to_be_visible()

    @property
    def composer(self) -> Locator:
        return self.page.locator(".composer textarea")

    async def reply(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    def line(self, text: str) -> Locator:
        return self.log.locator("li.line").filter(has=self.page.get_by_text(text, exact=True))

    async def lines(self) -> list[str]:
        """Return the texts of all messages in their order."""
        return await self.log.locator("li.line .bubble > p").all_inner_texts()

    def event(self, text: str) -> Locator:
        """A line of the timeline that is no message."""
        return self.log.locator("li.thread-event").filter(has_text=text)
