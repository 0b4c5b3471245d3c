"""A visitor asks for a call and is really connected: two phones ring, one after the other."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.actors import Consultant, Visitor, is_accessible, keep_picture
from tests.e2e.conftest import NewConsultant, NewVisitor
from tests.e2e.demo import BUSY, CARRIER_RATE, DECLINES, RINGS, VOICEMAIL, Demo, answers, new_phone, takes_the_call

pytestmark = pytest.mark.usefixtures("everybody_there")
CALL_MS = 60_000


@pytest_asyncio.fixture(loop_scope="session")
async def everybody_there(demo: Demo) -> None:
    """Every consultant takes calls unless the test says otherwise."""
    await demo.consultants_do(takes_the_call())


async def test_the_form_leads_to_a_talk_and_shows_each_step(
    visitor: Visitor, demo: Demo, new_consultant: NewConsultant
) -> None:
    console = await new_consultant("Clara", "calls")
    phone = new_phone()
    await demo.script(phone, answers(after_s=8))
    await visitor.ask_for_call(phone)
    # The lead is in the console before anybody talks.
    name, _ = await asyncio.gather(visitor.is_calling(), console.open_new_lead(phone))
    await expect(visitor.steps.filter(has_text=f"{name} answered")).to_be_visible(timeout=CALL_MS)
    await expect(visitor.steps.filter(has_text="Your phone is ringing")).to_be_visible(timeout=CALL_MS)
    await expect(visitor.steps.filter(has_text=f"You are connected with {name}")).to_be_visible(timeout=CALL_MS)
    await expect(console.page.locator(".lead-head .chip")).to_have_text("Talking")
    await expect(visitor.steps.last).to_contain_text("You talked for", timeout=CALL_MS)
    await expect(console.page.locator(".lead-head .chip")).to_have_text("Talked")
    assert await demo.calls_to(phone) == 1


@pytest.mark.parametrize(
    ("first", "says"),
    [
        (BUSY, "is on another call"),
        (RINGS, "did not pick up"),
        (DECLINES, "cannot take the call"),
        (VOICEMAIL, "Voicemail answered instead of"),
    ],
    ids=["busy", "no answer", "declined", "voicemail"],
)
async def test_the_next_consultant_is_rung_when_the_first_cannot(
    visitor: Visitor, demo: Demo, first: list[dict[str, object]], says: str
) -> None:
    phone = new_phone()
    await demo.consultants_do(first)
    await demo.script(phone, answers())
    await visitor.ask_for_call(phone)
    name = await visitor.is_calling()
    await demo.consultants_do(takes_the_call(), but=name)
    other, _ = await asyncio.gather(
        visitor.is_calling(but=name),
        expect(visitor.steps.filter(has_text=says)).to_contain_text(name, timeout=CALL_MS),
    )
    assert other != name
    await expect(visitor.steps.filter(has_text=f"{other} answered")).to_be_visible(timeout=CALL_MS)
    await expect(visitor.steps.last).to_contain_text("You talked for", timeout=CALL_MS)
    assert await demo.calls_to(phone) == 1


async def test_the_closed_button_says_that_a_call_is_running_also_on_the_next_page(
    visitor: Visitor, demo: Demo
) -> None:
    await demo.consultants_do(RINGS)
    await visitor.ask_for_call(new_phone())
    await expect(visitor.steps.first).to_be_visible()
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.launcher).to_have_accessible_name("Chat and callback, Your call")
    await is_accessible(visitor.page)
    await keep_picture(visitor.page, "launcher-call")
    await visitor.visit("en/catalogue")
    await expect(visitor.launcher).to_have_accessible_name("Chat and callback, Your call")
    await visitor.open_callback()
    await visitor.panel.get_by_role("button", name="Cancel the call").click()
    await expect(visitor.steps.last).to_contain_text("cancelled")
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.launcher).to_have_accessible_name("Chat and callback")


async def test_a_call_is_tried_on_until_another_time_is_really_chosen(
    visitor: Visitor, demo: Demo, new_consultant: NewConsultant
) -> None:
    await demo.consultants_do(DECLINES)
    clara = await new_consultant("Clara", "calls")
    await visitor.ask_for_call(new_phone())
    lead = clara.page.locator(".lead-head .chip")
    await clara.page.locator("a.row").first.press("Enter")
    await visitor.panel.get_by_role("button", name="Choose a time for the call").click(timeout=CALL_MS)
    await expect(visitor.panel.locator("#time")).to_be_visible()
    await is_accessible(visitor.page)
    await expect(lead).not_to_have_text("Cancelled")
    scheduled = clara.page.locator("a.row").filter(has_text="Scheduled")
    others = await scheduled.count()

    await visitor.press_for_call(visitor.panel.locator(".form"))
    await expect(lead).to_have_text("Cancelled")
    await expect(visitor.steps.filter(has_text="cancelled")).to_have_count(0)
    await expect(scheduled).to_have_count(others + 1)
    await visitor.panel.get_by_role("button", name="Cancel the call").click()
    await expect(visitor.steps.last).to_contain_text("cancelled")


async def test_when_nobody_can_the_visitor_is_told_so_and_offered_a_time_or_a_message(
    visitor: Visitor, demo: Demo, new_consultant: NewConsultant
) -> None:
    console = await new_consultant("Clara", "calls")
    phone = new_phone()
    await demo.consultants_do(BUSY)
    await demo.set_calling(retryDelaysS=[])
    await visitor.ask_for_call(phone)
    await expect(visitor.steps.last).to_contain_text("Nobody could take the call", timeout=CALL_MS)
    await demo.set_calling(retryDelaysS=[120, 600])
    await expect(visitor.panel.get_by_role("button", name="Choose a time")).to_be_visible()
    assert await demo.calls_to(phone) == 0
    await console.open_new_lead(phone)
    await expect(console.page.locator(".lead-head .chip")).to_have_text("Nobody answered")

    await visitor.panel.get_by_role("button", name="Write a message").click()
    await visitor.write("Then please answer me here")
    await visitor.has_sent("Then please answer me here")


async def test_another_try_is_announced_with_its_time(visitor: Visitor, demo: Demo) -> None:
    phone = new_phone()
    await demo.consultants_do(BUSY)
    await demo.set_calling(retryDelaysS=[120, 600])
    await visitor.ask_for_call(phone)
    await expect(visitor.steps.last).to_contain_text(re.compile(r"The next try: .*\d\d"), timeout=CALL_MS)
    assert await demo.calls_to(phone) == 0
    # While it waits the visitor may write, or give the wait up for a time of their own.
    await expect(visitor.steps.filter(has_text="Nobody could take the call")).to_be_visible()
    await visitor.panel.get_by_role("button", name="Write a message").click()
    await expect(visitor.composer).to_be_visible()
    await expect(visitor.panel.locator(".callbar")).to_contain_text("The next try")
    await visitor.open_callback()
    await visitor.panel.get_by_role("button", name="Choose a time").click()
    await expect(visitor.panel.get_by_label("When shall we call?")).to_be_visible()


async def test_a_wait_for_the_next_try_can_be_cancelled(visitor: Visitor, demo: Demo) -> None:
    await demo.consultants_do(BUSY)
    await demo.set_calling(retryDelaysS=[120, 600])
    await visitor.ask_for_call(new_phone())
    await expect(visitor.steps.last).to_contain_text("The next try", timeout=CALL_MS)
    await visitor.panel.get_by_role("button", name="Cancel").first.click()
    await expect(visitor.steps.last).to_contain_text("cancelled")


async def test_outside_the_hours_a_time_is_asked_for_and_no_call_now_is_promised(
    new_visitor: NewVisitor, demo: Demo
) -> None:
    next_day = datetime.now(UTC) + timedelta(days=2)
    opening = {"day": next_day.isoweekday(), "from": "09:00", "to": "18:00"}
    await demo.set_calling(hours={"timeZone": "UTC", "weekly": [opening]})
    try:
        visitor = await new_visitor("en/")
        await visitor.open_callback()
        await expect(visitor.panel.get_by_role("heading", name="We are closed")).to_be_visible()
        await expect(visitor.panel.get_by_label("When shall we call?")).to_be_visible()
        await expect(visitor.panel.get_by_role("button", name="Call me now")).to_have_count(0)
        await visitor.panel.locator("input[type=tel]").fill(new_phone())
        await visitor.press_for_call(visitor.panel.locator(".form"))
        await expect(visitor.steps.last).to_contain_text("The call is planned")
    finally:
        await demo.set_calling(hours=None)


async def test_a_cancelled_callback_stops_the_phone_that_rings(visitor: Visitor, demo: Demo) -> None:
    phone = new_phone()
    await demo.consultants_do(RINGS)
    await visitor.ask_for_call(phone)
    await expect(visitor.steps.filter(has_text="Calling")).to_be_visible(timeout=CALL_MS)
    await visitor.panel.get_by_role("button", name="Cancel the call").click()
    await expect(visitor.steps.last).to_contain_text("The call was cancelled")
    assert await demo.calls_to(phone) == 0


async def test_a_double_click_rings_one_phone_once(visitor: Visitor, demo: Demo) -> None:
    phone = new_phone()
    await demo.script(phone, answers())
    await visitor.open_callback()
    await visitor.panel.locator("input[type=tel]").fill(phone)
    await visitor.press_for_call(visitor.panel.locator(".form"), clicks=2)
    await expect(visitor.steps.last).to_contain_text("You talked for", timeout=CALL_MS)
    assert await demo.calls_to(phone) == 1


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("", "Enter the phone number"),
        ("069 12", "does not look complete"),
        ("112", "Emergency and short numbers"),
        ("+7 999 222-22-22", "made-up number"),
        ("+881612345678", "cannot call this kind of number"),
    ],
)
async def test_a_number_that_cannot_be_called_is_refused_with_a_sentence(
    visitor: Visitor, number: str, says: str
) -> None:
    await visitor.open_callback()
    await visitor.panel.locator("input[type=tel]").fill(number)
    await visitor.panel.locator(".form button[type=submit]").click()
    await expect(visitor.panel.get_by_role("alert").filter(has_text=says)).to_be_visible()
    await expect(visitor.panel.locator("input[type=tel]")).to_have_value(number)


@pytest.mark.parametrize(
    ("path", "connected", "talked"),
    [("ru/", "Вас соединили. На линии", "Разговор длился"), ("ro/", "Sunteți în legătură cu", "Ați vorbit")],
    ids=["Russian", "Romanian"],
)
async def test_the_callback_speaks_russian_and_romanian(
    new_visitor: NewVisitor, demo: Demo, path: str, connected: str, talked: str
) -> None:
    visitor = await new_visitor(path)
    phone = new_phone()
    await demo.script(phone, answers())
    await visitor.ask_for_call(phone)
    await expect(visitor.steps.filter(has_text=connected)).to_be_visible(timeout=CALL_MS)
    await expect(visitor.steps.last).to_contain_text(talked, timeout=CALL_MS)


async def test_a_callback_survives_a_server_that_is_killed(visitor: Visitor, demo: Demo) -> None:
    phone = new_phone()
    await demo.consultants_do(takes_the_call(after_s=20))
    await demo.script(phone, answers())
    await visitor.ask_for_call(phone)
    await expect(visitor.steps.filter(has_text="Calling")).to_be_visible(timeout=CALL_MS)
    await demo.clock(0)  # the phones' time stands still while the server is away, however slow this machine is
    await demo.kill_server()
    await demo.wait_until_back()
    await demo.clock(CARRIER_RATE)
    await expect(visitor.steps.last).to_contain_text("You talked for", timeout=CALL_MS)
    assert await demo.calls_to(phone) == 1


async def test_a_visitor_in_a_chat_asks_for_a_call_and_the_chat_shows_every_step(
    visitor: Visitor, demo: Demo, new_consultant: NewConsultant
) -> None:
    clara: Consultant = await new_consultant("Clara")
    phone = new_phone()
    await demo.script(phone, answers())
    await visitor.open_chat()
    await visitor.write("Which bulb fits the Halm lamp?")
    await clara.open_conversation("Which bulb fits the Halm lamp?")
    await clara.reply("That is easier on the phone")
    await expect(visitor.line("That is easier on the phone")).to_be_visible()

    await visitor.panel.get_by_role("button", name="Ask for a call").click()
    await visitor.panel.locator(".card input[type=tel]").fill(phone)
    await visitor.press_for_call(visitor.panel.locator(".card"))
    # The chat's own consultant is rung first, though she is the last in the list.
    events = visitor.log.locator(".event")
    await expect(events.filter(has_text="You are connected with Clara")).to_be_visible(timeout=CALL_MS)
    await expect(clara.event("and the visitor are connected")).to_be_visible()
    await expect(events.filter(has_text="You talked for")).to_be_visible(timeout=CALL_MS)
    texts = " / ".join(await events.all_inner_texts())
    steps = [
        "A call was requested",
        "Calling Clara",
        "Your phone is ringing",
        "You are connected",
        "You talked for",
    ]
    places = [texts.find(step) for step in steps]
    assert -1 not in places, texts
    assert places == sorted(places), texts

    spoken = str([entry for entry in await demo.journal() if "Gather" in str(entry)])
    assert "Which bulb fits the Halm lamp?" in spoken  # the whisper names the chat's last topic
    await visitor.write("Thank you")
    await expect(clara.line("Thank you")).to_be_visible()


async def test_a_consultant_offers_a_call_and_the_visitor_accepts_in_the_chat(
    visitor: Visitor, demo: Demo, new_consultant: NewConsultant
) -> None:
    clara: Consultant = await new_consultant("Clara")
    phone = new_phone()
    await demo.script(phone, answers())
    await visitor.open_chat()
    await visitor.write("This is hard to describe")
    await clara.open_conversation("This is hard to describe")
    await clara.page.get_by_role("button", name="Call the visitor").click()
    await clara.page.get_by_role("button", name="Offer a call").click()
    await expect(visitor.log.locator(".event").filter(has_text="offers to call you")).to_be_visible()
    await visitor.panel.locator(".card input[type=tel]").fill(phone)
    await visitor.press_for_call(visitor.panel.locator(".card"))
    await expect(visitor.log.locator(".event").filter(has_text="You talked for")).to_be_visible(timeout=CALL_MS)
    assert await demo.calls_to(phone) == 1
