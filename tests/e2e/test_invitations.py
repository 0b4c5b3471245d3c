"""From a marketer's rule to a conversation, and everything that keeps an invitation away."""

from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from tests.e2e.actors import Consultant, Visitor
from tests.e2e.conftest import NewVisitor
from tests.e2e.demo import Demo, new_phone
from tests.e2e.marketing import Marketer, a_rule, invitation, own_page, tell, told


def row(mara: Marketer, kind: str) -> Locator:
    """The condition of this kind in the tree."""
    chosen = mara.page.locator(".tree-kind select").filter(has=mara.page.locator(f"option:checked[value='{kind}']"))
    return mara.page.locator(".tree-row").filter(has=chosen)


async def test_a_rule_made_from_a_template_invites_and_its_text_opens_the_chat(
    mara: Marketer, clara: Consultant, new_visitor: NewVisitor
) -> None:
    page = mara.page
    await page.get_by_role("link", name="New rule").click()
    await page.get_by_role("button", name=re.compile("^Help with choosing")).click()
    await expect(mara.sentence).to_contain_text("read for 30 seconds")
    await row(mara, "time").get_by_label("At least").fill("0")
    await expect(row(mara, "time").locator(".field-error")).to_be_visible()
    await expect(page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()
    await row(mara, "time").get_by_label("At least").fill("1")
    await row(mara, "scroll").get_by_role("button", name="Remove: Scroll depth").click()
    await mara.press("Add a condition")
    await page.get_by_role("menuitem", name="Page address").click()
    await row(mara, "url").get_by_role("textbox").fill("/product/kite")
    await expect(mara.sentence).to_contain_text("/product/kite")
    await expect(mara.sentence).not_to_contain_text("has been seen")
    await mara.words.fill("Shall I tell you which bulb fits {page|this lamp}?")
    await expect(mara.preview).to_contain_text("Shall I tell you which bulb fits")
    await expect(mara.preview).to_contain_text("Automatic message")
    await mara.press("Publish")
    await mara.is_told("Published. Visitors get it from now on.")
    await expect(page.locator(".page-head .chip-done")).to_have_text("Live")

    visitor = await new_visitor("en/product/kite")
    card = invitation(visitor)
    text = f"Shall I tell you which bulb fits {await visitor.page.title()}?"
    await expect(card).to_contain_text(text)
    await expect(card).to_contain_text("Clara Stone")
    await expect(card).to_contain_text("Automatic message")
    await expect(card.get_by_role("heading")).to_have_text("Clara Stone is here")
    box, close = await card.bounding_box(), await card.get_by_role("button", name="Close").bounding_box()
    assert box and close and min(close["width"], close["height"]) >= 44
    assert box["width"] * box["height"] < 1280 * 720 / 4, "it never covers the screen"
    assert await visitor.page.evaluate("document.activeElement === document.body"), "nor takes the focus"

    # What the draft says is for nobody but marketers.
    await mara.words.fill("A draft that nobody may see")
    await mara.press("Save the draft")
    await mara.is_told("The draft is saved.")
    await expect(page.locator(".page-head")).to_contain_text("Draft not published")
    another = await new_visitor("en/product/kite")
    await expect(invitation(another)).to_contain_text(text)

    await card.get_by_role("button", name="Ask a question").click()
    await expect(visitor.line(text)).to_be_visible()
    await expect(card).to_have_count(0)
    await expect(visitor.log.locator(".line")).to_have_count(1)
    await expect(clara.row(text)).to_be_visible()
    await clara.open_conversation(text)
    assert await clara.lines() == [text]
    await expect(clara.line(text)).to_contain_text("Automatic")
    await visitor.write("The warm one, please")
    await expect(clara.line("The warm one, please")).to_be_visible()
    assert visitor.complaints == mara.complaints == []

    await mara.press("Decisions")
    rows = page.get_by_role("dialog").locator("tbody tr")
    await expect(rows.filter(has_text="Shown").first).to_contain_text("/en/product/kite")


async def test_a_closed_invitation_stays_closed_in_every_tab_and_after_a_reload(
    mara: Marketer, visitor: Visitor
) -> None:
    rule_id = await mara.publish_rule(a_rule(told("closing"), name="Closing"))
    await tell(visitor, "closing")
    await expect(invitation(visitor)).to_contain_text("May we help?")
    await visitor.page.keyboard.press("Escape")
    await expect(invitation(visitor)).to_have_count(0)

    second = Visitor(visitor.demo, visitor.context, await visitor.context.new_page())
    await second.visit("en/catalogue")
    await tell(second, "closing")
    await mara.has_decided(rule_id, "fired", "dismissed")
    await visitor.page.reload()
    await expect(visitor.launcher).to_be_visible()
    await tell(visitor, "closing", {"again": True})
    # A fact of the reloaded page has come to the server once this other one has.
    await mara.publish_rule(a_rule(told("witness"), name="Witness"))
    await tell(visitor, "witness")
    for tab in (visitor, second):
        await expect(invitation(tab)).to_have_count(0)
    assert await mara.decided(rule_id) == ["fired", "dismissed"]

    await mara.go("campaigns", "decisions")
    withheld = mara.page.locator("tbody tr").filter(has_text="Withheld").filter(has_text="Closing")
    await expect(withheld).to_contain_text("The visitor has closed an invitation in this visit")


async def test_nobody_is_interrupted_in_a_chat_or_in_a_call(
    mara: Marketer, clara: Consultant, new_visitor: NewVisitor, demo: Demo
) -> None:
    rule_id = await mara.publish_rule(a_rule(told("busy"), name="Busy"))
    talking = await new_visitor()
    await talking.open_chat()
    await talking.write("I am busy writing")
    await talking.has_sent("I am busy writing")
    await tell(talking, "busy")
    await mara.has_decided(rule_id, "in_conversation")
    await expect(invitation(talking)).to_have_count(0)

    calling = await new_visitor()
    phone = new_phone()
    await demo.script(phone, [{"ring": True}])
    await calling.ask_for_call(phone)
    await expect(calling.steps.first).to_be_visible()
    await tell(calling, "busy")
    await mara.has_decided(rule_id, "in_conversation", "in_call")
    await expect(invitation(calling)).to_have_count(0)
    await calling.panel.get_by_role("button", name="Cancel").click()
    await expect(calling.steps.last).to_contain_text("cancelled")


async def test_a_route_of_a_single_page_application_is_a_page_for_rules(mara: Marketer, visitor: Visitor) -> None:
    budget = (await mara.ask("GET", f"{mara.site}/rules"))["budget"]
    await mara.ask("PUT", f"{mara.site}/rules/budget", {**budget, "perVisit": 2})
    try:
        at_step = {"kind": "url", "op": "contains", "value": "/step-"}
        tree = {"kind": "all", "conditions": [at_step, {"kind": "time", "atLeastS": 1}]}
        await mara.publish_rule(a_rule(tree, name="Steps"))
        await own_page(visitor, "<h1>An application</h1>")
        card = invitation(visitor)
        for number in (1, 2):
            await visitor.page.evaluate("(n) => history.pushState({}, '', `/en/step-${n}`)", number)
            await expect(card).to_be_visible()
            await visitor.page.evaluate("history.pushState({}, '', '/en/elsewhere')")
            await expect(card).to_have_count(0)  # it belongs to the page on which it was earned
    finally:
        await mara.ask("PUT", f"{mara.site}/rules/budget", budget)


async def test_of_two_marketers_on_one_rule_the_second_is_told_by_name_and_loses_nothing(
    mara: Marketer, people, demo: Demo
) -> None:
    rule_id = await mara.publish_rule(a_rule(told("nothing"), name="Shared rule"))
    adam: Marketer = await people(Marketer, "Adam")
    await adam.sign_in("Adam", f"campaigns/{rule_id}")
    await mara.go("campaigns", rule_id)
    await adam.words.fill("Adam was here")
    await mara.words.fill("Mara was here")
    await adam.press("Save the draft")
    await adam.is_told("The draft is saved.")
    await mara.press("Save the draft")
    alert = mara.page.get_by_role("alert")
    await expect(alert).to_contain_text("Adam Grey")
    await expect(mara.words).to_have_value("Mara was here")
    await mara.press("Save mine over it")
    await mara.is_told("The draft is saved.")
    await mara.press("Versions")
    versions = mara.page.get_by_role("dialog").locator("li, tr")
    await expect(versions.filter(has_text="Adam Grey").first).to_be_visible()
    kept = (await mara.ask("GET", f"rules/{rule_id}"))["rule"]
    assert kept["draft"]["texts"][0]["text"] == "Mara was here"
    assert kept["live"]["texts"][0]["text"] == "May we help?"
