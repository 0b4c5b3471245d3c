"""A language that is longer and runs from right to left fits every screen: a pseudo-locale over the words on it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from server.demo.examples import add_examples
from tests.e2e.actors import is_accessible, keep_picture
from tests.e2e.conftest import NewConsultant, NewVisitor
from tests.e2e.demo import Demo

Json = dict[str, Any]

# Every word a third longer and, by an override of its direction, really drawn from right to left (as in the
# pseudo-locale ar-XB of CLDR). Names are words to it too; initials, keys and figures are not.
PSEUDO = """(root) => {
    const host = root === 'page' ? document : document.querySelector('ringback-widget').shadowRoot;
    const shown = host === document ? document.body : host.querySelector('.w');
    const texts = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
    if (host === document) document.documentElement.dir = 'rtl';
    else host.querySelector('.w').dir = 'rtl';
    const found = [];
    while (texts.nextNode()) found.push(texts.currentNode);
    window.__words = found.map((node) => [node, node.data]);
    for (const node of found) {
        const text = node.data.trim();
        if (text.length > 3 && !node.parentElement.closest('svg, style, script')) {
            const more = 'ץ'.repeat(Math.ceil(text.length / 3)).replace(/.{6}/g, '$& ').trim();
            node.data = '\\u202e' + text + ' ' + more + '\\u202c';
        }
    }
}"""

# Screens change only what they have to, so the next one would keep some of these words.
BACK = """() => {
    for (const [node, text] of window.__words) node.data = text;
    document.documentElement.dir = 'ltr';
}"""

# What sticks out of the window without a region of its own that scrolls or hides it, and what a button cuts off.
MISFITS = """(root) => {
    const host = root === 'page' ? document : document.querySelector('ringback-widget').shadowRoot;
    const holds = (one) => {
        for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) {
            if (getComputedStyle(up).overflowX !== 'visible') return true;
        }
        return false;
    };
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push(`page ${document.documentElement.scrollWidth}`);
    for (const one of host.querySelectorAll('body *, .w *')) {
        if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        if (one.closest('.vh, svg')) continue;
        const box = one.getBoundingClientRect();
        if (!box.width || !box.height) continue;
        const name = `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 40)}`;
        if ((box.right > innerWidth + 1 || box.left < -1) && !holds(one)) found.push(`out: ${name}`);
        const style = getComputedStyle(one);
        if (/^(BUTTON|A)$/.test(one.tagName) && one.scrollWidth > one.clientWidth + 2 && one.clientWidth &&
            style.overflowX !== 'visible' && style.textOverflow !== 'ellipsis') found.push(`cut: ${name}`);
    }
    return found;
}"""

WIDE: Json = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"}
NARROW: Json = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}
SCREENS = (
    "inbox", "calls", "visitors", "campaigns", "campaigns/new", "campaigns/decisions", "campaigns/limits", "surveys",
    "surveys/new", "reports", "settings/me", "settings/sites", "settings/appearance", "settings/hours",
    "settings/calling", "settings/people", "settings/departments", "settings/blocked", "settings/install",
    "settings/data", "settings/changes",
)  # fmt: skip


async def _fits(page: Page, root: str, picture: str) -> None:
    await page.evaluate(PSEUDO, root)
    await keep_picture(page, picture)
    assert await page.evaluate(MISFITS, root) == [], picture


async def _opened(page: Page, screen: str) -> None:
    """Open a screen by its address, by way of another one so that nothing is left of the last."""
    for one in ("visitors" if screen == "calls" else "calls", screen):
        await page.evaluate("(screen) => { location.hash = `#/${screen}`; }", one)
        await expect(page.locator(f".rail a[aria-current=page][href='#/{one.split('/')[0]}']")).to_be_attached()
    await expect(page.locator("main :is(h1, h2, .title)").first).to_be_visible()
    await expect(page.locator(".skeleton")).to_have_count(0)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_every_screen_of_the_console_is_accessible_and_fits_a_longer_language_from_right_to_left(
    new_visitor: NewVisitor, new_consultant: NewConsultant, demo: Demo, size: Json
) -> None:
    await add_examples(demo.facts, demo.person("Mara"), beside_others=True)
    visitor = await new_visitor()
    await visitor.open_chat()
    await visitor.write("Do you have it in oak?")
    name = "narrow" if size is NARROW else "wide"
    adam = await new_consultant("Adam", **size)
    page, screens = adam.page, list(SCREENS)
    for kind, of in (("campaigns", "Help with choosing"), ("surveys", "Why they leave")):
        await _opened(page, kind)
        link = await page.get_by_role("link", name=of).first.get_attribute("href")
        screens.append(str(link).removeprefix("#/"))
    for screen in screens:
        await _opened(page, screen)
        await is_accessible(page)
        await _fits(page, "page", f"pseudo-{screen.split(':')[0].replace('/', '-')[:30]}-{name}")
        if size is WIDE:
            rail = await page.locator(".rail").bounding_box()
            assert rail is not None
            assert rail["x"] > 640
        await page.evaluate(BACK)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_the_widget_fits_a_longer_language_from_right_to_left(new_visitor: NewVisitor, size: Json) -> None:
    visitor = await new_visitor(**size)
    name = "narrow" if size is NARROW else "wide"
    await visitor.open_chat()
    await visitor.write("Do you have it in oak?")
    await visitor.has_sent("Do you have it in oak?")
    await _fits(visitor.page, "widget", f"pseudo-chat-{name}")
    await visitor.open_callback()
    await _fits(visitor.page, "widget", f"pseudo-callback-{name}")
