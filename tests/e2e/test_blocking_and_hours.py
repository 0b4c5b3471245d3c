"""When the site is open and whom it refuses: set at the console, seen by a visitor a moment later."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.actors import Consultant, is_accessible, keep_picture
from tests.e2e.conftest import NewConsultant, NewVisitor
from tests.e2e.demo import RINGS, Demo, new_phone

CHISINAU = ZoneInfo("Europe/Chisinau")
TOKYO = {"timezone_id": "Asia/Tokyo"}


@pytest_asyncio.fixture(loop_scope="session")
async def adam(new_consultant: NewConsultant, demo: Demo) -> AsyncIterator[Consultant]:
    """The administrator; the site is always open again when he goes home."""
    admin = await new_consultant("Adam", "settings/hours", locale="en-GB")
    yield admin
    site = demo.facts["siteId"]
    reply = await admin.context.request.patch(
        f"{demo.url}/api/v1/sites/{site}/calling",
        data=json.dumps({"hours": None, "offHours": "schedule"}),
        headers={"Content-Type": "application/json", "Origin": demo.url},
    )
    assert reply.ok, await reply.text()


async def in_both_themes(one: Consultant, name: str) -> None:
    for scheme in ("light", "dark"):
        await one.page.emulate_media(color_scheme=scheme)
        await expect(one.page.locator("html")).to_have_attribute("data-theme", scheme)
        await one.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        await is_accessible(one.page)
        await keep_picture(one.page, f"console-{name}-{scheme}")


async def save(admin: Consultant) -> None:
    await admin.page.get_by_role("button", name="Save", exact=True).click()
    await expect(admin.page.locator(".toast").filter(has_text="Saved.").last).to_be_visible()
    await expect(admin.page.get_by_role("button", name="Save", exact=True)).to_be_disabled()


async def test_hours_set_at_the_console_decide_what_a_visitor_far_away_is_offered(
    adam: Consultant, new_visitor: NewVisitor, demo: Demo
) -> None:
    page = adam.page
    await page.get_by_role("switch", name="Always open").click()
    await page.get_by_label("Time zone").select_option("Europe/Chisinau")
    await page.get_by_role("button", name="Add holidays").click()
    await expect(page.get_by_label("New Year's Day: occasion").first).to_be_visible()
    assert await page.locator("li.date").count() > 8
    today = datetime.now(CHISINAU).date()
    dates = await page.locator("li.date input[type=date]").evaluate_all("(all) => all.map((one) => one.value)")
    if today.isoformat() in dates:  # a holiday, which has a name already
        await page.locator("li.date").nth(dates.index(today.isoformat())).get_by_label("occasion").fill("Stocktaking")
    else:
        await page.get_by_role("button", name="Add a date").click()
        await page.get_by_label("New date: date").fill(today.isoformat())
        await page.get_by_label(f"{today}: occasion").fill("Stocktaking")
    await expect(page.get_by_role("status").filter(has_text="Closed now, opens")).to_be_visible()
    await expect(page.locator(".day-ahead").first).to_contain_text("Stocktaking")
    await in_both_themes(adam, "hours")
    await save(adam)

    visitor = await new_visitor("en/", **TOKYO)
    await visitor.open_callback()
    await expect(visitor.panel).to_contain_text("We are closed at the moment")
    await expect(visitor.panel).to_contain_text(re.compile(r"We are back: .*\d\d:\d\d.* GMT\+9\."))
    values = await visitor.panel.locator("#time option").evaluate_all("(all) => all.map((one) => Number(one.value))")
    there = [datetime.fromtimestamp(value / 1000, CHISINAU) for value in values]
    assert there and all(9 <= at.hour < 18 and at.isoweekday() < 6 and at.date() > today for at in there), there
    assert all(at < there[0] + timedelta(days=14) for at in there)
    await is_accessible(visitor.page)
    await keep_picture(visitor.page, "widget-closed")
    await visitor.ask_for_call(new_phone())
    await expect(visitor.steps.last).to_contain_text(re.compile(r"\d\d:\d\d"))

    await page.get_by_role("radio", name="Only a message").check()
    await save(adam)
    other = await new_visitor("en/", **TOKYO)
    await other.open_callback()
    await expect(other.panel).to_contain_text("Leave us a message instead")
    await expect(other.panel.locator("input[type=tel]")).to_have_count(0)
    await is_accessible(other.page)

    await page.get_by_role("radio", name="Nothing").check()
    await save(adam)
    await other.page.reload()
    await expect(other.host).to_be_attached()
    await expect(other.launcher).to_be_hidden()
    await visitor.page.reload()
    await expect(visitor.launcher).to_be_visible()  # whoever waits for a call is not left alone


async def test_a_visitor_is_blocked_from_the_conversation_and_let_in_again(
    new_visitor: NewVisitor, clara: Consultant
) -> None:
    visitor = await new_visitor()
    await visitor.open_chat()
    await visitor.write("You are all useless")
    await clara.open_conversation("You are all useless")
    page = clara.page
    await page.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Block this visitor").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Block "))
    await expect(dialog).to_be_visible()
    await in_both_themes(clara, "block-dialog")
    await dialog.get_by_label("Reason").fill("Insults")
    await dialog.get_by_role("button", name="Block", exact=True).click()
    toast = page.locator(".toast").filter(has_text="is blocked.")
    await expect(toast).to_be_visible()
    await toast.hover()  # it waits for whoever reads it

    await visitor.write("Are you there?")
    await expect(visitor.panel).to_contain_text("We cannot help you here. Please use the contacts on this site.")
    await is_accessible(visitor.page)
    standing = page.locator(".thread-head").get_by_text("Visitor is blocked")
    await expect(standing).to_be_visible()
    await in_both_themes(clara, "blocked-visitor")
    await toast.get_by_role("button", name="Undo").click()
    await expect(page.locator(".toast").filter(has_text="is not blocked any more.")).to_be_visible()
    await expect(standing).to_have_count(0)
    await visitor.write("I am sorry")
    await visitor.has_sent("I am sorry")


async def test_of_two_admins_none_writes_over_the_other_and_nobody_leaves_changes_behind_unasked(
    adam: Consultant, new_consultant: NewConsultant
) -> None:
    page, other = adam.page, (await new_consultant("Adam", "settings/hours", locale="en-GB")).page
    message = "Only a message"
    for one in (page, other):
        await expect(one.get_by_role("switch", name="Always open")).to_be_visible()
    await page.get_by_role("switch", name="Always open").click()
    await save(adam)
    await other.get_by_role("switch", name="Always open").click()
    await other.get_by_role("radio", name=message).check()
    await other.get_by_role("button", name="Save", exact=True).click()
    refusal = other.get_by_role("alert").filter(has_text="Somebody else has changed this meanwhile.")
    await expect(refusal).to_be_visible()
    await is_accessible(other)
    await refusal.get_by_role("button", name="Take theirs").click()
    await expect(other.get_by_role("radio", name=message)).not_to_be_checked()

    await other.get_by_role("radio", name=message).check()
    await other.locator(".settings-nav a").filter(has_text="Calling").click()
    dialog = other.get_by_role("dialog", name="Leave without saving?")
    await is_accessible(other)
    await dialog.get_by_role("button", name="Stay here").click()
    await expect(other.get_by_role("radio", name=message)).to_be_checked()
    assert other.url.endswith("#/settings/hours")
    await other.locator(".settings-nav a").filter(has_text="Calling").click()
    await dialog.get_by_role("button", name="Leave without saving").click()
    await expect(other.get_by_text("How a call is made")).to_be_visible()
    await other.locator(".settings-nav a").filter(has_text="Hours").click()
    await expect(other.get_by_role("radio", name=message)).not_to_be_checked()


async def test_a_number_is_blocked_from_its_call_and_the_list_says_how_often_that_was_needed(
    new_visitor: NewVisitor, new_consultant: NewConsultant, clara: Consultant, demo: Demo
) -> None:
    phone = new_phone()
    await demo.consultants_do(RINGS)
    visitor = await new_visitor()
    await visitor.ask_for_call(phone)
    await visitor.is_calling()
    page = clara.page
    await page.goto(f"{demo.console}#/calls")
    await page.locator("a.row").first.click()
    await expect(page.locator(".lead")).to_contain_text(phone)
    await page.get_by_role("button", name="Block this number").click()
    dialog = page.get_by_role("dialog", name=re.compile("^Block "))
    await dialog.get_by_label("Reason").fill("Somebody else's number")
    await dialog.get_by_role("radio", name="For ever").check()
    await dialog.get_by_role("button", name="Block", exact=True).click()
    await expect(visitor.steps.last).to_contain_text("cancelled")  # a phone that rings stops
    await expect(page.locator(".lead")).to_contain_text("Number is blocked")

    await visitor.panel.get_by_role("button", name="Call me again").click()
    await visitor.ask_for_call(phone)
    await expect(visitor.panel.get_by_role("alert").filter(has_text="We may not call this number")).to_be_visible()

    adam = await new_consultant("Adam", "settings/blocked", locale="en-GB")
    row = adam.page.locator("li.block").filter(has_text=phone)
    await expect(row).to_contain_text("Somebody else's number")
    await expect(row).to_contain_text("1 refusal")
    await expect(row).to_contain_text("for ever")
    await in_both_themes(adam, "blocked")
    await adam.page.get_by_label("What").select_option("network")
    await adam.page.get_by_label("Network address").last.fill("0.0.0.0/0")
    await adam.page.get_by_role("button", name="Block", exact=True).click()
    await expect(adam.page.get_by_text("not half the world")).to_be_visible()
    await row.get_by_role("button", name=f"Unblock {phone}").click()
    await expect(row).to_have_count(0)
    await visitor.ask_for_call(phone)
    await expect(visitor.steps.first).to_be_visible()
    await visitor.panel.get_by_role("button", name="Cancel the call").click()
    await expect(visitor.steps.last).to_contain_text("cancelled")
