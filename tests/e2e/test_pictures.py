"""The pictures of the README, as the product really looks: `make pictures` puts them into docs/pictures."""

from __future__ import annotations

from playwright.async_api import Page, expect

from server.demo.examples import add_examples
from tests.e2e.actors import SHOTS
from tests.e2e.conftest import NewConsultant, NewVisitor
from tests.e2e.demo import Demo, answers, new_phone, takes_the_call

LAPTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "locale": "ru-RU"}
FOLDER = SHOTS / "pictures"


async def _take(page: Page, name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for frame in page.frames:  # previews too
        await frame.evaluate("Promise.all(document.getAnimations().map((a) => a.finished.catch(() => {})))")
    await page.screenshot(path=FOLDER / f"{name}.png")


async def test_a_chat_is_seen_from_both_sides(new_visitor: NewVisitor, new_consultant: NewConsultant) -> None:
    visitor = await new_visitor("en/catalogue", **LAPTOP)
    clara = await new_consultant("Clara", **LAPTOP)
    await visitor.open_chat()
    await visitor.write("Hello! Do you deliver the oak table to Bucharest?")
    await clara.open_conversation("Hello! Do you deliver the oak table to Bucharest?")
    await clara.page.get_by_role("button", name="Take").click()
    await clara.reply("Good morning! Yes, within five working days.")
    await expect(visitor.line("Good morning! Yes, within five working days.")).to_be_visible()
    await visitor.write("Could somebody carry it up to the fourth floor?")
    await expect(clara.line("Could somebody carry it up to the fourth floor?")).to_be_visible()
    await clara.reply("Of course, that is included.")
    await expect(visitor.line("Of course, that is included.")).to_be_visible()
    await _take(visitor.page, "shop-chat")
    await _take(clara.page, "console-inbox")


async def test_a_call_is_seen_as_it_happens(new_visitor: NewVisitor, demo: Demo) -> None:
    phone = new_phone()
    await demo.consultants_do(takes_the_call())
    await demo.script(phone, answers())
    visitor = await new_visitor("ru/", **PHONE)
    await visitor.open_callback()
    await _take(visitor.page, "phone-callback-form")
    await visitor.panel.locator("input[type=tel]").fill(f"0{phone[4:]}")
    await visitor.press_for_call(visitor.panel.locator(".form"))
    await expect(visitor.steps).not_to_have_count(0)
    await expect(visitor.steps.last).to_contain_text("Разгов", timeout=40_000)
    await _take(visitor.page, "phone-callback-steps")


async def test_a_marketer_sees_her_work(new_consultant: NewConsultant, demo: Demo) -> None:
    await add_examples(demo.facts, demo.person("Mara"), beside_others=True)
    mara = await new_consultant("Mara", "campaigns", **LAPTOP)
    await mara.page.get_by_role("link", name="Help with choosing").first.click()
    await expect(mara.page.get_by_role("heading", name="Help with choosing")).to_be_visible()
    preview = mara.page.frame_locator(".preview iframe")
    await expect(preview.locator(".invite")).to_be_visible()
    await _take(mara.page, "console-rule")
    await mara.page.goto(f"{demo.console}#/surveys")
    await mara.page.get_by_role("link", name="Why they leave").first.click()
    await expect(preview.get_by_role("group", name="What stopped you today?")).to_be_visible()
    await _take(mara.page, "console-survey")
    await mara.page.goto(f"{demo.console}#/reports")
    await expect(mara.page.get_by_text("Visits").first).to_be_visible()
    await _take(mara.page, "console-reports")
