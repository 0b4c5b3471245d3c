"""A visitor comes into the shop: the launcher is there, nothing else happens before the visitor wants it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.actors import Visitor
from tests.e2e.conftest import NewVisitor


async def test_the_launcher_shows_in_a_strict_and_hostile_shop_without_a_complaint(visitor: Visitor) -> None:
    box = await visitor.launcher.bounding_box()
    assert box is not None
    assert box["width"] >= 44
    assert box["height"] >= 44
    size = visitor.page.viewport_size
    assert size is not None
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"]
    # Nothing of the shop lies over it, whatever its z-index.
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    on_top = await visitor.page.evaluate("([x, y]) => document.elementFromPoint(x, y).localName", middle)
    assert on_top == "ringback-widget"

    await visitor.open_chat()
    await visitor.open_callback()
    panel = await visitor.panel.bounding_box()
    assert panel is not None
    assert panel["width"] > 300
    assert panel["height"] > 300
    assert visitor.complaints == []


async def test_the_shops_styles_do_not_reach_into_the_widget_and_the_widgets_not_out(visitor: Visitor) -> None:
    await visitor.open_chat()
    style = await visitor.panel.evaluate(
        """(panel) => {
            const own = getComputedStyle(panel);
            const title = getComputedStyle(panel.querySelector('h2'));
            const button = getComputedStyle(panel.querySelector('button'));
            return {
                transform: own.textTransform, spacing: own.letterSpacing, visibility: own.visibility,
                size: parseFloat(title.fontSize), button: button.display,
            };
        }"""
    )
    assert style["transform"] == "none"
    assert style["spacing"] in ("normal", "0px")
    assert style["visibility"] == "visible"
    assert style["size"] >= 12
    assert style["button"] != "none"
    shop = await visitor.page.evaluate(
        """() => [
            getComputedStyle(document.body).fontSize,
            document.querySelectorAll('style, link[rel=stylesheet]').length,
        ]"""
    )
    assert shop == ["17px", 3]


async def test_nothing_is_stored_before_the_visitor_acts(visitor: Visitor) -> None:
    assert await visitor.stored() == {}
    await visitor.open_chat()
    await visitor.open_callback()
    await visitor.open_chat()
    await visitor.page.goto(f"{visitor.demo.shop}/en/catalogue")
    await expect(visitor.launcher).to_be_visible()
    assert await visitor.stored() == {}

    await visitor.open_chat()
    await visitor.write("Is anybody there?")
    await visitor.has_sent("Is anybody there?")
    assert await visitor.stored() != {}
    assert await visitor.context.cookies() == []


async def test_a_page_that_takes_consent_back_at_once_is_heard_in_every_tab(visitor: Visitor) -> None:
    await visitor.open_chat()
    await visitor.write("Forget me, please")
    await visitor.has_sent("Forget me, please")

    second = Visitor(visitor.demo, visitor.context, await visitor.context.new_page())
    await second.page.add_init_script(
        "self.ringback = (...call) => { ringback.q = [...(ringback.q ?? []), call]; }; ringback('consent', false);"
    )
    await second.visit("en/catalogue")
    await expect(visitor.line("Forget me, please")).to_have_count(0)
    await expect(visitor.panel.locator(".empty")).to_be_visible()
    assert "local" not in await visitor.stored()


async def test_the_keyboard_opens_and_closes_the_widget_and_gets_its_place_back(visitor: Visitor) -> None:
    await visitor.launcher.focus()
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.panel).to_be_visible()
    await expect(visitor.composer).to_be_focused()
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.panel).to_be_hidden()
    await expect(visitor.launcher).to_be_focused()


@pytest.mark.parametrize(
    ("path", "locale", "dialog_words"),
    [
        ("en/", "de-DE", ("Chat", "Call me back")),
        ("ru/", "en-GB", ("Чат", "звон")),
        ("ro/", "en-GB", ("Chat", "suna")),
    ],
)
async def test_the_widget_speaks_the_language_of_the_page(
    new_visitor: NewVisitor, path: str, locale: str, dialog_words: tuple[str, str]
) -> None:
    visitor = await new_visitor(path, locale=locale)
    await visitor.open_chat()
    await expect(visitor.panel.locator("#tab-chat")).to_contain_text(dialog_words[0])
    await expect(visitor.panel.locator("#tab-callback")).to_contain_text(dialog_words[1], ignore_case=True)


async def test_the_country_of_the_phone_is_guessed_and_can_be_changed(new_visitor: NewVisitor) -> None:
    visitor = await new_visitor("en/", timezone_id="Europe/Bucharest", locale="ro-RO")
    await visitor.open_callback()
    country = visitor.panel.locator("select").first
    await expect(country).to_have_value("RO")
    await country.select_option("MD")
    await expect(visitor.panel.locator(".country")).to_contain_text("MD +373")


async def test_the_catalogue_filters_in_place_and_the_cart_keeps_what_is_put_in(visitor: Visitor) -> None:
    page = visitor.page
    await page.goto(f"{visitor.demo.shop}/en/catalogue")
    await page.get_by_label("Lamps").check()
    await expect(page).to_have_url(f"{visitor.demo.shop}/en/catalogue?kind=lamps")
    await expect(page.locator("[data-cards] > :visible")).to_have_count(4)
    await page.go_back()
    await expect(page.locator("[data-cards] > :visible")).to_have_count(9)
    await page.goto(f"{visitor.demo.shop}/en/product/halm")
    await page.get_by_role("button", name="Add to cart").click()
    await page.get_by_role("link", name="Cart").first.click()
    await expect(page.get_by_text("Halm floor lamp")).to_be_visible()
    await page.get_by_role("link", name="Русский").click()
    await expect(page).to_have_url(f"{visitor.demo.shop}/ru/cart")
    await expect(page.get_by_text("Торшер «Хальм»")).to_be_visible()
