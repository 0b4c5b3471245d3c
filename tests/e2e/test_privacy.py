"""What is kept of a visitor is handed out and erased in the console, and goes by itself when its time has come."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.async_api import expect

from tests.e2e.actors import Consultant, Visitor, is_accessible, keep_picture
from tests.e2e.conftest import NewConsultant


async def test_an_admin_hands_out_and_erases_what_is_kept_of_a_visitor(
    visitor: Visitor, clara: Consultant, new_consultant: NewConsultant
) -> None:
    said = "Please forget that I asked for a lamp"
    await visitor.open_chat()
    await visitor.write(said)
    await visitor.has_sent(said)
    adam = await new_consultant("Adam", locale="en-GB")
    await adam.open_conversation(said)
    await clara.open_conversation(said)
    await expect(clara.pane.get_by_text("Personal data")).to_have_count(0)

    async with adam.page.expect_download() as coming:
        await adam.pane.get_by_role("button", name="Download").click()
    kept = json.loads(Path(await (await coming.value).path()).read_text())
    assert said in [message["text"] for message in kept["data"]["messages"]]

    await adam.pane.get_by_role("button", name="Erase…").click()
    dialog = adam.page.get_by_role("dialog")
    await is_accessible(adam.page)
    await keep_picture(adam.page, "console-erase")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(adam.row(said)).to_be_visible()
    await adam.pane.get_by_role("button", name="Erase…").click()
    await dialog.get_by_role("button", name="Erase for good").click()
    await expect(adam.page.locator(".toast")).to_contain_text("Everything that was kept of this visitor is erased.")
    for console in (adam, clara):
        await expect(console.row(said)).to_have_count(0)
    await expect(clara.page.get_by_text("This conversation is not here any more")).to_be_visible()

    await visitor.write("One more thing")  # the page is open still: this is a new conversation
    await visitor.has_sent("One more thing")
    await expect(visitor.line(said)).to_have_count(0)
    await clara.open_conversation("One more thing")
    await expect(clara.page.locator(".thread")).not_to_contain_text(said)


async def test_an_admin_says_how_long_data_is_kept(new_consultant: NewConsultant) -> None:
    adam = await new_consultant("Adam", "settings/data", locale="en-GB")
    page = adam.page
    visits, conversations = page.get_by_label("Visits and pages"), page.get_by_label("Conversations")
    save = page.get_by_role("button", name="Save", exact=True)
    await expect(visits).to_have_value("400")
    await expect(save).to_be_disabled()
    await conversations.fill("0")
    await expect(page.get_by_text("Write 1 to 3650 days, or nothing.")).to_be_visible()
    await expect(save).to_be_disabled()
    await is_accessible(page)
    await keep_picture(page, "console-data")

    await conversations.fill("3650")
    await save.click()
    dialog = page.get_by_role("dialog", name="Keep data for a shorter time?")
    await is_accessible(page)
    await dialog.get_by_role("button", name="Delete what is older").click()
    await expect(page.locator(".toast")).to_contain_text("Saved.")
    await page.reload()
    await expect(conversations).to_have_value("3650")
    await conversations.fill("")
    await save.click()
    await expect(page.locator(".toast")).to_contain_text("Saved.")  # for longer: nothing to ask
    await page.reload()
    await expect(conversations).to_have_value("")
