"""The handsets page in a real browser, and its live connection."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from tests.browser import a_browser
from tests.integration.carrier.test_carrier_conference import bridge
from tests.integration.carrier.world import ANNA, BORIS, CALLER, World, world

pytestmark = pytest.mark.e2e


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as chromium:
        yield chromium


@pytest.fixture
async def shop() -> AsyncIterator[World]:
    async with world(rate=2.0, handset_names={ANNA: "Anna"}) as made:
        yield made


async def test_two_people_answer_press_a_key_are_joined_and_hang_up(shop: World, browser: Browser) -> None:
    bridge(shop, waits_s=600)
    page = await browser.new_page(locale="en")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    await page.goto(f"{shop.url}/handsets?number={ANNA}&number={BORIS}")
    anna = page.get_by_role("region", name=f"Anna {ANNA}")
    boris = page.get_by_role("region", name=BORIS, exact=True)

    await shop.call(ANNA, "/agent")
    await expect(anna.get_by_text("Incoming call")).to_be_visible()
    await expect(anna.get_by_text(CALLER)).to_be_visible()
    await anna.get_by_role("button", name="Answer").press("Enter")
    await expect(anna.get_by_text("Press 1.", exact=True)).to_be_visible()
    await page.keyboard.press("1")
    await shop.heard("/conf")
    await shop.call(BORIS, "/visitor")
    await boris.get_by_role("button", name="Answer").click()
    await expect(boris.get_by_text(f"Joined with Anna ({ANNA})")).to_be_visible()
    await expect(anna.get_by_text(f"Joined with {BORIS}")).to_be_visible()
    await boris.get_by_role("button", name="Hang up").click()
    await expect(anna.get_by_text("Last call from", exact=False)).to_be_visible()

    assert problems == []


async def test_a_phone_can_be_added_declined_switched_to_busy_and_gets_messages(shop: World, browser: Browser) -> None:
    page = await browser.new_page(locale="en", viewport={"width": 360, "height": 720})
    await page.goto(f"{shop.url}/")
    await page.get_by_label("Add a phone by its number").fill("12")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("country code", exact=False)).to_be_visible()
    await page.get_by_label("Add a phone by its number").fill("+1 555 123-0002")
    await page.keyboard.press("Enter")
    boris = page.get_by_role("region", name=BORIS)

    first = await shop.call(BORIS)
    await boris.get_by_role("button", name="Decline").click()
    declined = await shop.over(first.sid)
    await boris.get_by_role("radio", name="Busy").check()
    await shop.until(lambda: shop.carrier.handsets.of(BORIS).mode == "busy")
    busy = await shop.over((await shop.call(BORIS)).sid)
    await shop.client.messages.create_async(to=BORIS, from_=CALLER, body="We missed you")
    await expect(boris.get_by_text("We missed you")).to_be_visible()

    assert (declined.status, busy.status) == ("no-answer", "busy")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert "number=%2B15551230002" in page.url


@pytest.mark.parametrize(("locale", "words"), [("ru-RU", "Входящий звонок"), ("ro-RO", "Apel primit")])
async def test_the_page_speaks_its_readers_language(shop: World, browser: Browser, locale: str, words: str) -> None:
    page = await browser.new_page(locale=locale)
    await page.goto(f"{shop.url}/handsets?number={ANNA}")
    await shop.call(ANNA)

    await expect(page.get_by_text(words, exact=True)).to_be_visible()
    assert await page.get_attribute("html", "lang") == locale[:2]


async def test_a_page_of_another_website_is_not_let_into_the_live_connection(shop: World) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await shop.http.ws_connect(f"{shop.url}/handsets/live", headers={"Origin": "https://evil.example"})
    async with shop.http.get(f"{shop.url}/handsets") as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
