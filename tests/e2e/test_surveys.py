"""From a survey in the console to answers in its results: whoever leaves is asked, and half an answer is kept."""

from __future__ import annotations

import csv
import io
import time

from playwright.async_api import expect

from tests.e2e.actors import Consultant, Visitor
from tests.e2e.conftest import NewVisitor
from tests.e2e.marketing import Marketer, a_rule, invitation, question, tell, told

FAIR = "Which price would have been right for you?"


async def leaves(visitor: Visitor) -> None:
    """Move the pointer out of the window's top, as to close the tab, until it counts: a page is seen first."""
    deadline = time.monotonic() + 20
    while not await invitation(visitor).is_visible():
        assert time.monotonic() < deadline, "leaving was not noticed"
        await visitor.page.mouse.move(500, 300)
        await visitor.page.mouse.move(500, 40)
        await visitor.page.mouse.move(500, -1)
        await visitor.page.wait_for_timeout(250)


async def answer(visitor: Visitor, label: str) -> None:
    """Choose an option and go on."""
    await question(visitor).get_by_label(label).check()
    await question(visitor).get_by_role("button", name="Next").click()


async def test_whoever_leaves_is_asked_and_the_answers_reach_results_table_and_timeline(
    mara: Marketer, clara: Consultant, new_visitor: NewVisitor
) -> None:
    page = mara.page
    await mara.go("surveys")
    await page.get_by_role("link", name="New survey").click()
    await page.get_by_role("button", name="Before they leave").click()
    first = page.locator(".question").first
    await first.get_by_label("Question", exact=True).fill("")
    await expect(first.locator(".field-error").first).to_be_visible()
    await expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()
    await first.get_by_label("Question", exact=True).fill("What made you go?")
    shown = page.frame_locator(".preview iframe").get_by_role("dialog")
    await expect(shown.get_by_text("What made you go?")).to_be_visible()
    await mara.press("Publish")
    await mara.is_told("Published. Visitors get it from now on.")
    survey_id = page.url.rpartition("/")[2]

    # A rule that leads to no survey is not published; the field says why.
    await mara.go("campaigns", "new")
    await page.get_by_role("button", name="Why are you leaving?").click()
    tree = page.locator(".tree")
    await tree.get_by_role("textbox", name="At least").fill("1")
    await mara.press("Publish")
    await expect(page.get_by_role("alert").last).to_be_visible()
    await expect(page.locator(".page-head .chip-done")).to_have_count(0)
    await page.get_by_label("Survey", exact=True).select_option(survey_id)
    await mara.press("Publish")
    await mara.is_told("Published. Visitors get it from now on.")

    visitor = await new_visitor("en/product/dale")
    await leaves(visitor)
    await invitation(visitor).locator("button.primary").click()
    asked = question(visitor)
    await expect(asked.get_by_role("heading")).to_have_text("What made you go?")
    await answer(visitor, "The price")
    await expect(asked.get_by_role("heading")).to_have_text(FAIR)
    await asked.get_by_role("textbox").fill("=120 euro")
    await asked.get_by_role("button", name="Next").click()
    await expect(asked.get_by_role("heading")).to_contain_text("May we answer you?")
    await asked.get_by_label("Your e-mail").fill("anna@shop.example")
    await asked.get_by_role("button", name="Send").click()
    await expect(asked.get_by_role("alert")).not_to_be_empty()  # nothing is kept without consent
    await asked.get_by_role("checkbox").check()
    await asked.get_by_role("button", name="Send").click()
    await expect(asked.get_by_role("heading")).to_contain_text("Thank you")
    await visitor.page.keyboard.press("Escape")
    await expect(asked).to_have_count(0)

    await mara.go("surveys", f"results:{survey_id}")
    tiles = page.locator(".tile")
    await expect(tiles.filter(has_text="Began to answer")).to_contain_text("1")
    await expect(tiles.filter(has_text="Left a contact")).to_contain_text("1")
    await expect(page.locator("main")).to_contain_text("The price")
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Download as CSV").click()
    table = (await (await downloading.value).path()).read_text("utf-8-sig")
    header, row = csv.reader(io.StringIO(table))
    line = dict(zip(header, row, strict=True))
    assert line["What made you go?"] == "The price"
    assert line[FAIR] == "'=120 euro", "no spreadsheet reckons with it"
    assert (line["email"], line["done"]) == ("anna@shop.example", "yes")

    await visitor.open_chat()
    await visitor.write("About the price")
    await clara.open_conversation("About the price")
    for text in ("The price", "=120 euro", "anna@shop.example"):
        await expect(clara.pane).to_contain_text(text)
    assert visitor.complaints == clara.complaints == []


async def test_half_an_answer_is_kept_and_a_closed_survey_says_which_rules_it_stops(
    mara: Marketer, new_visitor: NewVisitor
) -> None:
    survey_id = await mara.publish_survey()
    action = {"kind": "survey", "surveyId": survey_id}
    rule_id = await mara.publish_rule(a_rule(told("asks"), name="Asks why", action=action))
    visitor = await new_visitor()
    await tell(visitor, "asks")
    await invitation(visitor).get_by_role("button", name="Yes, please").click()
    await answer(visitor, "I did not find what I need")
    await expect(question(visitor).get_by_role("heading")).to_have_text("What were you looking for?")
    await mara.has_results(survey_id, runs=1, done=0)
    await visitor.page.close()

    page = mara.page
    await mara.go("surveys", f"results:{survey_id}")
    tiles = page.locator(".tile")
    await expect(tiles.filter(has_text="Began to answer")).to_contain_text("1")
    await expect(tiles.filter(has_text="Answered to the end")).to_contain_text("0")

    await mara.go("surveys", survey_id)
    uses = page.locator(".editor-aside .panel").filter(has_text="Shown by")
    await expect(uses.get_by_role("link", name="Asks why")).to_be_visible()
    await mara.press("Close the survey")
    await expect(uses).to_contain_text("show nothing: the survey is not published")
    another = await new_visitor()
    await tell(another, "asks")
    await mara.has_decided(rule_id, "fired", "survey_closed")
    await expect(invitation(another)).to_have_count(0)
    await mara.go("campaigns", "decisions")
    await expect(page.locator("tbody tr").filter(has_text="Asks why").first).to_contain_text(
        "The survey is not published"
    )
