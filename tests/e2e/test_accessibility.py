"""Everybody can use it: axe finds nothing in any state, and it fits a narrow phone and a page from right to left."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.e2e.actors import Consultant, Visitor, is_accessible, keep_picture
from tests.e2e.conftest import NewConsultant, NewVisitor
from tests.e2e.demo import RINGS, Demo, new_phone

PHONE = {"viewport": {"width": 320, "height": 640}, "has_touch": True}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_state_of_the_widget(
    new_visitor: NewVisitor, clara: Consultant, demo: Demo, scheme: str
) -> None:
    visitor = await new_visitor("en/", color_scheme=scheme)
    page = visitor.page
    await is_accessible(page)
    await visitor.open_chat()
    await is_accessible(page)
    await visitor.write(f"Is {scheme} easy to read?")
    await clara.open_conversation(f"Is {scheme} easy to read?")
    await clara.reply("We think so: https://example.org/")
    await expect(visitor.line("We think so")).to_be_visible()
    await is_accessible(page)
    await keep_picture(page, f"widget-chat-{scheme}")
    await visitor.composer.fill("x" * 4100)
    await expect(visitor.panel.get_by_role("alert")).to_be_visible()
    await is_accessible(page)
    await visitor.open_callback()
    await is_accessible(page)
    await keep_picture(page, f"widget-callback-{scheme}")
    await visitor.panel.locator("input[type=tel]").fill("112")
    await visitor.panel.locator(".form button[type=submit]").click()
    await expect(visitor.panel.get_by_role("alert").filter(has_text="Emergency")).to_be_visible()
    await is_accessible(page)
    await demo.consultants_do(RINGS)
    await visitor.ask_for_call(new_phone())
    await expect(visitor.steps.filter(has_text="Calling")).to_be_visible(timeout=20_000)
    await is_accessible(page)
    await keep_picture(page, f"widget-calling-{scheme}")
    await visitor.panel.get_by_role("button", name="Cancel the call").click()
    await expect(visitor.steps.last).to_contain_text("cancelled")
    await is_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_the_console(
    new_visitor: NewVisitor, new_consultant: NewConsultant, scheme: str
) -> None:
    visitor = await new_visitor("en/contacts")
    clara = await new_consultant("Clara", color_scheme=scheme)
    await visitor.open_chat()
    await visitor.write(f"A question for the {scheme} console")
    await clara.open_conversation(f"A question for the {scheme} console")
    titles = {"inbox": "Inbox", "calls": "Calls", "visitors": "Visitors", "settings": "My console · Settings"}
    for screen, title in titles.items():
        if screen != "inbox":
            await clara.page.locator(f'.rail a[href*="{screen}"]').click()
            await expect(clara.page.locator("main h1").first).to_be_visible()
        await expect(clara.page).to_have_title(re.compile(rf"^(\(\d+\+?\) )?{title} · Ringback$"))
        await is_accessible(clara.page)
        await keep_picture(clara.page, f"console-{screen}-{scheme}")


async def test_axe_finds_nothing_on_the_sign_in_page(people, demo: Demo) -> None:
    somebody = await people(Consultant, "somebody")
    await somebody.page.goto(demo.console)
    await expect(somebody.page.get_by_label("Password")).to_be_visible()
    await expect(somebody.page).to_have_title("Sign in · Ringback")
    await is_accessible(somebody.page)


@pytest.mark.parametrize(
    "path", ["en/", "ru/catalogue", "ro/product/dale", "en/delivery", "ru/about", "ro/contacts", "en/cart"]
)
async def test_axe_finds_nothing_in_the_shop(new_visitor: NewVisitor, path: str) -> None:
    visitor = await new_visitor(path)
    await is_accessible(visitor.page)


@pytest.mark.parametrize("path", ["en/", "ru/", "ro/"])
async def test_everything_fits_a_narrow_phone(new_visitor: NewVisitor, path: str) -> None:
    visitor = await new_visitor(path, **PHONE)
    page, lang = visitor.page, path.strip("/")
    await keep_picture(page, f"narrow-shop-{lang}", full_page=True)
    await visitor.open_chat()
    await visitor.write("A long-word-that-does-not-end-" * 8)
    await expect(visitor.log.locator(".line")).to_have_count(1)
    await _nothing_sticks_out(visitor)
    await keep_picture(page, f"narrow-chat-{lang}")
    await visitor.open_callback()
    await _nothing_sticks_out(visitor)
    await is_accessible(page)
    await keep_picture(page, f"narrow-callback-{lang}")


async def test_a_page_from_right_to_left_has_the_widget_on_its_other_side(new_visitor: NewVisitor) -> None:
    visitor = await new_visitor("en/")
    await visitor.page.evaluate("document.documentElement.dir = 'rtl'")
    await visitor.open_chat()
    await visitor.panel.evaluate("(panel) => { panel.closest('.w').dir = 'rtl'; }")
    await visitor.write("From right to left")
    await expect(visitor.line("From right to left")).to_be_visible()
    box, size = await visitor.launcher.bounding_box(), visitor.page.viewport_size
    assert box is not None
    assert size is not None
    assert box["x"] < size["width"] / 2
    await is_accessible(visitor.page)
    await keep_picture(visitor.page, "right-to-left")


async def test_the_console_fits_a_phone(visitor: Visitor, new_consultant: NewConsultant) -> None:
    await visitor.open_chat()
    await visitor.write("Read me on a phone")
    clara = await new_consultant("Clara", viewport={"width": 360, "height": 700})
    await clara.open_conversation("Read me on a phone")
    wide = await clara.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360
    await is_accessible(clara.page)
    await keep_picture(clara.page, "narrow-console")


async def _nothing_sticks_out(visitor: Visitor) -> None:
    size = visitor.page.viewport_size
    assert size is not None
    assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    wider = await visitor.panel.evaluate(
        """(panel) => [...panel.querySelectorAll('*')]
            .filter((one) => one.getClientRects().length && !one.closest('.vh'))
            .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 80)])
            .filter(([box]) => box.right > innerWidth + 1 || box.left < -1)
            .map(([, html]) => html)"""
    )
    assert wider == []
