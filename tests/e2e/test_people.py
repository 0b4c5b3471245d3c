"""An administrator decides who works here: somebody comes, is called first, and is out at once when she leaves."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.e2e.actors import Consultant, Visitor, is_accessible
from tests.e2e.conftest import NewConsultant, NewVisitor
from tests.e2e.demo import RINGS, Demo, answers, new_phone, takes_the_call


async def choose(admin: Consultant, name: str, action: str) -> None:
    """Open the menu of a person and choose an action."""
    await admin.page.get_by_role("button", name=f"{name}: actions").click()
    await admin.page.get_by_role("menuitem", name=action).click()


async def test_who_was_added_signs_in_is_called_first_and_is_out_at_once_when_deactivated(
    demo: Demo, new_consultant: NewConsultant, new_visitor: NewVisitor, visitor: Visitor
) -> None:
    admin = await new_consultant("Adam", "settings/people")
    page, doras = admin.page, new_phone()
    await page.get_by_role("button", name="Add a person").click()
    form = page.get_by_role("dialog")
    await form.get_by_role("button", name="Add a person").click()
    await expect(form.get_by_label("Name")).to_be_focused()
    await expect(form.get_by_text("Enter a name.")).to_be_visible()
    await is_accessible(page)
    await form.get_by_label("Name").fill("Dora Munteanu")
    await form.get_by_label("E-mail").fill(f"dora{doras[-5:]}@shop.example")
    await form.get_by_label("Phone").fill(f"00{doras[1:4]} {doras[4:]}")  # as people write it
    await form.get_by_role("button", name="Add a person").click()
    password = await form.locator("output").inner_text()
    await is_accessible(page)
    await form.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("button", name="Add a person")).to_be_focused()  # where it came from

    # By keys alone to the first place.
    order = page.locator("ol.dial-order")
    await expect(order.locator("li").last).to_contain_text(doras)
    up = order.get_by_role("button", name="Move Dora Munteanu up")
    await up.focus()
    for place in (3, 2, 1):
        await page.keyboard.press("Enter")
        await expect(order.locator("li").nth(place - 1)).to_contain_text("Dora Munteanu")
        await expect(page.get_by_text(f"Dora Munteanu: place {place}")).to_be_attached()
    await expect(order.get_by_role("button", name="Move Dora Munteanu down")).to_be_focused()
    await is_accessible(page)

    # She signs in with what the server made, and her phone rings first.
    dora = await new_consultant("Mara", "inbox")
    await dora.context.clear_cookies()
    await dora.page.reload()
    await dora.page.get_by_label("E-mail").fill(f"dora{doras[-5:]}@shop.example")
    await dora.page.get_by_label("Password").fill(password)
    await dora.page.get_by_role("button", name="Sign in").click()
    await expect(dora.page.locator(".rail")).to_contain_text("Dora Munteanu")
    await demo.consultants_do(takes_the_call())
    await demo.script(doras, takes_the_call())
    phone = new_phone()
    await demo.script(phone, answers())
    await visitor.ask_for_call(phone)
    assert await visitor.is_calling() == "Dora Munteanu"
    await expect(visitor.steps.last).to_contain_text("You talked for", timeout=60_000)

    # A chat of hers waits again when she is out, and nobody rings her any more.
    writer = await new_visitor()
    await writer.open_chat()
    await writer.write("Is the kettle in stock?")
    await dora.open_conversation("Is the kettle in stock?")
    await dora.reply("Let me see")
    await expect(writer.line("Let me see")).to_be_visible()
    await choose(admin, "Dora Munteanu", "Deactivate")
    await form.get_by_role("button", name="Deactivate").click()
    await expect(dora.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(writer.log).to_contain_text("A colleague takes over shortly")
    left = page.locator("section.panel").filter(has_text="No longer here")
    await expect(left).to_contain_text("Dora Munteanu")
    await expect(order).not_to_contain_text("Dora Munteanu")
    await is_accessible(page)
    await demo.script(doras, RINGS)
    again = await new_visitor()
    phone = new_phone()
    await demo.script(phone, answers())
    await again.ask_for_call(phone)
    assert await again.is_calling() != "Dora Munteanu"
    assert await demo.calls_to(doras) == 1


async def test_a_person_changes_the_own_password_and_other_browsers_are_signed_out(
    demo: Demo, new_consultant: NewConsultant
) -> None:
    admin = await new_consultant("Adam", "settings/people")
    email = f"eva{new_phone()[-5:]}@shop.example"
    reply = await admin.context.request.post(
        f"{demo.url}/api/v1/people",
        data={"name": "Eva Sand", "email": email, "role": "marketer", "password": "the first password"},
        headers={"Origin": demo.url},
    )
    assert reply.ok
    demo.facts["people"].append({"name": "Eva Sand", "email": email, "password": "the first password"})
    eva, elsewhere = await new_consultant("Eva", "settings"), await new_consultant("Eva", "reports")
    demo.facts["people"].pop()
    page = eva.page
    await page.get_by_label("Old password").fill("not the first password")
    await page.get_by_label("New password").fill("the second password")
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_text("The old password is not this one.")).to_be_visible()
    await page.get_by_label("Old password").fill("the first password")
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_text(re.compile("Your password is changed"))).to_be_visible()
    await expect(elsewhere.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await page.reload()
    await expect(page.locator(".rail")).to_contain_text("Eva Sand")


async def test_what_a_call_is_about_decides_who_is_called_and_a_chat_waits_for_a_department(
    demo: Demo, new_consultant: NewConsultant, new_visitor: NewVisitor, visitor: Visitor
) -> None:
    admin = await new_consultant("Adam", "settings/departments")
    page = admin.page
    await page.get_by_role("button", name="Add a department").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name in English").fill("Lamps that flicker")
    await form.get_by_label("Clara Stone").check()
    await is_accessible(page)
    await form.get_by_role("button", name="Save").click()
    card = page.locator(".department").filter(has_text="Lamps that flicker")
    await expect(card).to_contain_text("Clara Stone")
    await is_accessible(page)

    # The open page of a visitor asks what it is about, and Clara's phone rings although she is dialled last.
    await demo.consultants_do(takes_the_call())
    await visitor.open_callback()
    await visitor.panel.get_by_label("What is it about?").select_option(label="Lamps that flicker")
    await is_accessible(visitor.page)
    phone = new_phone()
    await demo.script(phone, answers())
    await visitor.ask_for_call(phone)
    assert await visitor.is_calling() == "Clara Stone"
    await expect(visitor.steps.last).to_contain_text("You talked for", timeout=60_000)

    # Ana hands a chat to that department; Clara finds it there.
    ana, clara = await new_consultant("Ana"), await new_consultant("Clara")
    await visitor.open_chat()
    await visitor.write("Mine still flickers")
    await ana.open_conversation("Mine still flickers")
    await ana.reply("I ask a colleague")
    await ana.page.get_by_role("button", name="More actions").click()
    await ana.page.get_by_role("menuitem", name="Lamps that flicker").click()
    await expect(visitor.log).to_contain_text("Lamps that flicker takes over")
    await clara.page.get_by_label("Department").select_option(label="Lamps that flicker")
    await expect(clara.page.locator("a.row")).to_have_count(1)
    await expect(clara.row("I ask a colleague").locator(".chip")).to_have_text("Lamps that flicker")
    await is_accessible(clara.page)

    await page.get_by_role("button", name="Lamps that flicker: actions").click()
    await page.get_by_role("menuitem", name="Remove").click()
    await form.get_by_role("button", name="Remove").click()
    await expect(card).to_have_count(0)
    await expect(clara.page.get_by_label("Department")).to_have_value("")
    other = await new_visitor()
    await other.open_callback()
    await expect(other.panel.get_by_label("What is it about?")).not_to_contain_text("Lamps that flicker")
    await page.goto(f"{demo.console}#/settings/changes")
    await expect(page.locator(".change").first).to_contain_text("removed a department: Lamps that flicker")
    await is_accessible(page)
