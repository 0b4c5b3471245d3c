"""A marketer gives the widget another look: seen before it is saved, taken by pages that are open already."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import FrameLocator, Page, Request, expect

from tests.e2e.actors import Consultant, Visitor, is_accessible, keep_picture
from tests.e2e.conftest import NewConsultant, NewVisitor
from tests.e2e.demo import Demo
from tests.ports import free_port

GREEN, BLUE = "rgb(10, 125, 92)", "rgb(36, 87, 214)"
HOSTILE = '<img src=x onerror="window.hurt=1"> & <b>co</b>'


class Looks:
    """The site's appearance over HTTP, as it was when the test began."""

    def __init__(self, mara: Consultant) -> None:
        self._request = mara.context.request
        self._origin = mara.demo.url
        self._url = f"{mara.demo.url}/api/v1/sites/{mara.demo.facts['siteId']}/appearance"

    async def read(self) -> dict[str, Any]:
        reply: dict[str, Any] = await (await self._request.get(self._url)).json()
        return reply

    async def change(self, **changed: Any) -> None:
        now = await self.read()
        body = {"version": now["version"], "appearance": {**now["appearance"], **changed}}
        answer = await self._request.put(self._url, data=body, headers={"Origin": self._origin})
        assert answer.ok, await answer.text()


@pytest_asyncio.fixture(loop_scope="session")
async def mara(new_consultant: NewConsultant) -> Consultant:
    """A marketer with the appearance before her, in Russian."""
    return await new_consultant("Mara", "settings/appearance", locale="ru-RU")


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def looks(mara: Consultant) -> AsyncIterator[Looks]:
    """Leave the next test the look that it expects."""
    looks = Looks(mara)
    before = (await looks.read())["appearance"]
    yield looks
    await looks.change(**before)


def preview(page: Page) -> FrameLocator:
    return page.frame_locator(".preview iframe")


async def place_of(visitor: Visitor) -> list[int]:
    """Where the button is laid out; a button that is hovered is drawn larger."""
    place: list[int] = await visitor.launcher.evaluate("(button) => [button.offsetLeft, button.offsetTop]")
    return place


async def color_of(visitor: Visitor) -> str:
    return str(await visitor.launcher.evaluate("(button) => getComputedStyle(button).backgroundColor"))


async def test_a_new_color_and_greeting_are_previewed_and_taken_by_a_page_that_is_open(
    mara: Consultant, new_visitor: NewVisitor
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.frame != mara.page.main_frame:
            asked.append(request.url)

    mara.page.on("request", note)
    visitor = await new_visitor("ru/")
    await visitor.open_chat()
    await expect(visitor.panel.get_by_role("heading", name="Чем помочь?")).to_be_visible()
    place = await place_of(visitor)

    form = mara.page.locator("form.look")
    await form.get_by_role("button", name="#0a7d5c").click()
    await form.locator("fieldset").get_by_role("button", name="русский").click()
    await form.get_by_label("Приветствие").fill("Подберём лампу вместе?")
    shown = preview(mara.page)
    await expect(shown.get_by_role("heading", name="Подберём лампу вместе?")).to_be_visible()
    await expect(shown.locator("ringback-widget .head")).to_have_css("background-color", GREEN)
    await keep_picture(mara.page, "console-appearance")
    # She looks around in the preview; nothing of it reaches the server or the shop.
    await form.locator(".preview").get_by_role("button", name="Звонок").click()
    await expect(shown.get_by_role("heading", name="Мы вам перезвоним")).to_be_visible()
    await form.locator(".preview").get_by_role("button", name="Телефон").click()
    await expect(shown.locator("ringback-widget .panel")).to_have_attribute("aria-modal", "true")
    own = ("/preview/", "/widget.js", "/widget/")
    assert asked
    assert [url for url in asked if not url.removeprefix(mara.demo.url).startswith(own)] == []
    await expect(visitor.panel.get_by_role("heading", name="Чем помочь?")).to_be_visible()
    assert await color_of(visitor) == BLUE

    await form.get_by_role("button", name="Сохранить").click()
    await expect(mara.page.get_by_text("Сохранено.")).to_be_visible()
    await expect(visitor.panel.get_by_role("heading", name="Подберём лампу вместе?")).to_be_visible()
    assert await color_of(visitor) == GREEN
    await expect(visitor.panel.locator(".head")).to_have_css("background-color", GREEN)
    assert await place_of(visitor) == place
    late = await new_visitor("ru/catalogue")
    await late.open_chat()
    await expect(late.panel.get_by_role("heading", name="Подберём лампу вместе?")).to_be_visible()
    assert [line for line in mara.complaints if "favicon" not in line] == []


async def test_a_quiet_site_shows_its_button_once_the_page_opens_the_widget(visitor: Visitor, looks: Looks) -> None:
    await looks.change(
        quiet=True,
        corner="top-start",
        desktop={"x": 48, "y": 96},
        texts={"en": {"title": HOSTILE, "launcher": "Ask us"}},
    )
    await expect(visitor.launcher).to_be_hidden()
    await visitor.page.reload()
    await expect(visitor.host).to_be_attached()
    await expect(visitor.launcher).to_be_hidden()

    await visitor.page.evaluate("ringback('open')")
    await expect(visitor.panel.get_by_role("heading", name=HOSTILE)).to_be_visible()
    assert await visitor.page.evaluate("window.hurt") is None
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.launcher).to_have_accessible_name("Ask us")
    await expect(visitor.launcher).to_have_css("left", "48px")
    await expect(visitor.launcher).to_have_css("top", "96px")


async def test_of_two_marketers_the_slower_one_chooses_and_loses_nothing(mara: Consultant, looks: Looks) -> None:
    form = mara.page.locator("form.look")
    await form.get_by_label("Адрес политики").fill("https://shop.example/privacy")
    await looks.change(theme="dark")
    await form.get_by_role("button", name="Сохранить").click()
    refusal = form.get_by_role("alert")
    await expect(refusal).to_contain_text("тем временем изменил(а) внешний вид")
    await is_accessible(mara.page)
    await refusal.get_by_role("button", name="Сохранить мой").click()
    await expect(mara.page.locator(".toast").filter(has_text="Сохранено.")).to_be_visible()
    await expect(refusal).to_be_hidden()
    now = (await looks.read())["appearance"]
    assert (now["privacyUrl"], now["theme"]) == ("https://shop.example/privacy", "auto")


@asynccontextmanager
async def page_with_the_tag(demo: Demo, site_key: str, port: int = 0) -> AsyncIterator[str]:
    """A website of its own with the widget's tag; gives its origin."""
    tag = f'<script async src="{demo.url}/widget.js" data-ringback-site="{site_key}"></script>'
    html = f'<!doctype html><html lang="en"><title>Outlet</title><h1>Outlet</h1>{tag}</html>'

    async def show(_: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", show)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", port)
    await listening.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_an_admin_adds_a_site_and_sees_its_pages_appear_and_a_copy_be_refused(
    new_consultant: NewConsultant, people: Any, demo: Demo
) -> None:
    adam = await new_consultant("Adam", "settings/sites")
    page = adam.page
    async with AsyncExitStack() as stack:
        await page.get_by_role("button", name="Add a site").click()
        form = page.get_by_role("dialog", name="Add a site")
        await form.get_by_role("button", name="Add a site").click()
        await expect(form.get_by_text("Fill this in.")).to_be_visible()
        await is_accessible(page)
        port = free_port()
        await form.get_by_label("Name").fill("Outlet")
        await form.get_by_label("Address").fill(f"http://127.0.0.1:{port}")
        await form.get_by_label("Default language").select_option("ro")
        await form.get_by_label("Country").select_option("MD")
        await form.get_by_role("button", name="Add a site").click()

        check = page.locator("section.panel").filter(has_text="Is the widget on your page?")
        await expect(check.get_by_text("Not seen yet.")).to_be_visible()
        await is_accessible(page)
        tag = await page.locator(".code pre").first.inner_text()
        key = tag.split('data-ringback-site="')[1].split('"')[0]
        assert key != demo.facts["siteKey"]
        own = await stack.enter_async_context(page_with_the_tag(demo, key, port))
        copy = await stack.enter_async_context(page_with_the_tag(demo, key))
        visitor: Visitor = await people(Visitor, "outlet")
        await visitor.page.goto(own)
        await expect(visitor.launcher).to_be_visible()
        await expect(check.get_by_text("Yes, the widget is on your page.")).to_be_visible()
        await expect(check).to_contain_text("version 0.1.0 · protocol 1")

        await visitor.page.goto(copy)
        await visitor.launcher.click()
        await expect(visitor.panel).to_contain_text("This address is not on the site's list.")
        await expect(check.get_by_text("were refused")).to_be_visible()
        await is_accessible(page)
        await keep_picture(page, "console-install-check")
        await check.get_by_role("button", name=f"Allow {copy}").click()
        await expect(check.get_by_text("were refused")).to_be_hidden()
        await visitor.page.reload()
        await visitor.launcher.click()
        await expect(visitor.panel).not_to_contain_text("This address is not on the site's list.")
        await expect(visitor.panel).to_contain_text("A consultant is online")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_where_the_look_is_chosen(new_consultant: NewConsultant, scheme: str) -> None:
    mara = await new_consultant("Mara", "settings/appearance", color_scheme=scheme)
    shown = preview(mara.page)
    await expect(shown.get_by_role("heading", name="How can we help?")).to_be_visible()
    await is_accessible(mara.page)
    await mara.page.get_by_label("Accent colour").fill("blue")
    await expect(mara.page.get_by_text("Write a colour as #2457d6.")).to_be_visible()
    await is_accessible(mara.page)
    await keep_picture(mara.page, f"console-appearance-{scheme}", full_page=True)
