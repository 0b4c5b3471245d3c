"""A visitor and a consultant talk, each seeing what the other does."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.actors import Consultant, Visitor
from tests.e2e.conftest import NewConsultant, NewVisitor
from tests.e2e.demo import Demo


async def test_the_sign_in_form_lets_a_consultant_in_and_says_what_is_wrong(people, demo: Demo) -> None:
    clara: Consultant = await people(Consultant, "clara")
    page = clara.page
    await page.goto(demo.console)
    await page.get_by_label("E-mail").fill(demo.person("Clara")["email"])
    await page.get_by_label("Password").fill("not the password")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("E-mail or password is wrong")
    await page.get_by_label("Password").fill(demo.person("Clara")["password"])
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


async def test_a_visitor_writes_and_the_consultant_answers(visitor: Visitor, clara: Consultant) -> None:
    await visitor.open_chat()
    await visitor.write("Does the Halm lamp come with a bulb?")
    question = visitor.line("Does the Halm lamp come with a bulb?")
    await visitor.has_sent("Does the Halm lamp come with a bulb?")

    # The consultant hears and sees it at once.
    await expect(clara.row("Does the Halm lamp come with a bulb?")).to_be_visible()
    await expect(question).to_contain_text("Delivered")
    await clara.open_conversation("Does the Halm lamp come with a bulb?")
    await expect(question).to_contain_text("Read")

    # Both see the other type.
    await clara.composer.press_sequentially("It does")
    await expect(visitor.log).to_contain_text("typing")
    await clara.reply("It does, a warm one.")
    await expect(visitor.line("It does, a warm one.")).to_be_visible()
    await expect(clara.line("It does, a warm one.")).to_contain_text("Read")
    await visitor.composer.press_sequentially("And")
    await expect(clara.page.locator(".typing")).to_contain_text("writes")
    await visitor.write("And how bright is it?")
    await expect(clara.line("And how bright is it?")).to_be_visible()

    words = ["Does the Halm lamp come with a bulb?", "It does, a warm one.", "And how bright is it?"]
    assert await visitor.lines() == words
    assert await clara.lines() == words
    await expect(visitor.panel.locator(".head")).to_contain_text("Clara")


async def test_a_second_tab_of_the_visitor_shows_the_same(visitor: Visitor, clara: Consultant) -> None:
    await visitor.open_chat()
    await visitor.write("One visitor, two tabs")
    await visitor.has_sent("One visitor, two tabs")

    second = Visitor(visitor.demo, visitor.context, await visitor.context.new_page())
    await second.visit("en/product/dale")
    await second.open_chat()
    await expect(second.line("One visitor, two tabs")).to_be_visible()

    await clara.open_conversation("One visitor, two tabs")
    await clara.reply("I see you once")
    await expect(second.line("I see you once")).to_be_visible()
    await expect(visitor.line("I see you once")).to_be_visible()
    await second.write("From the second tab")
    await expect(visitor.line("From the second tab")).to_be_visible()
    await visitor.write("From the first tab")
    await expect(second.line("From the first tab")).to_be_visible()
    expected = ["One visitor, two tabs", "I see you once", "From the second tab", "From the first tab"]
    await expect(clara.line("From the first tab")).to_be_visible()
    assert await visitor.lines() == await second.lines() == await clara.lines() == expected


async def test_the_consultant_sees_where_the_visitor_is_and_was(visitor: Visitor, clara: Consultant) -> None:
    page = visitor.page
    await page.goto(f"{visitor.demo.shop}/en/catalogue")
    await expect(visitor.launcher).to_be_visible()
    await visitor.open_chat()
    await visitor.write("Where am I?")
    await clara.open_conversation("Where am I?")
    trail = clara.pane.locator("ol.trail > li")
    await expect(trail.first).to_contain_text("Catalogue")

    await page.get_by_label("Furniture").check()  # no reload: the page changes its address itself
    await expect(trail.first).to_contain_text("/en/catalogue?kind=furniture")
    await page.goto(f"{visitor.demo.shop}/en/product/dale")
    await expect(trail.first).to_contain_text("Dale armchair")
    paths = await trail.locator(".trail-path").all_inner_texts()
    assert paths[:3] == ["/en/product/dale", "/en/catalogue?kind=furniture", "/en/catalogue"]
    await expect(clara.row("Where am I?")).to_contain_text("Dale armchair")


async def test_a_conversation_survives_a_reload_and_a_new_page(visitor: Visitor, clara: Consultant) -> None:
    await visitor.open_chat()
    await visitor.write("I will come back")
    await visitor.has_sent("I will come back")
    await clara.open_conversation("I will come back")
    await visitor.page.keyboard.press("Escape")
    await visitor.page.goto(f"{visitor.demo.shop}/ro/about")
    await clara.reply("Here I am")
    await expect(visitor.launcher).to_have_accessible_name("Chat și apel înapoi, 1 mesaj nou")
    await visitor.open_chat()
    for text in ("I will come back", "Here I am"):
        await expect(visitor.line(text)).to_be_visible()
    assert await visitor.lines() == ["I will come back", "Here I am"]


async def test_the_next_page_goes_on_where_this_one_was_left(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.open_chat()
    await visitor.write("Is the Dale armchair soft?")
    await visitor.has_sent("Is the Dale armchair soft?")
    await visitor.composer.fill("And how high is")
    await page.get_by_role("link", name="Catalogue").first.click()
    await expect(page).to_have_url(f"{visitor.demo.shop}/en/catalogue")
    await expect(visitor.line("Is the Dale armchair soft?")).to_be_visible()
    await expect(visitor.composer).to_have_value("And how high is")
    # Nobody pressed anything in the panel: the keyboard is still the page's. And nothing is kept once it has arrived.
    assert await page.evaluate("document.activeElement.tagName") == "BODY"
    assert "session" not in await visitor.stored()

    await visitor.composer.press("Escape")
    await page.reload()
    await expect(visitor.launcher).to_be_visible()
    await visitor.open_chat()
    await expect(visitor.composer).to_have_value("And how high is")
    await visitor.composer.fill("")
    await visitor.composer.press("Escape")
    await page.reload()
    await expect(visitor.launcher).to_be_visible()
    await visitor.open_chat()
    await expect(visitor.line("Is the Dale armchair soft?")).to_be_visible()
    await expect(visitor.composer).to_have_value("")


async def test_on_a_phone_the_next_page_is_seen_first(new_visitor: NewVisitor, clara: Consultant) -> None:
    visitor = await new_visitor("en/", viewport={"width": 360, "height": 740}, has_touch=True)
    await visitor.open_chat()
    await visitor.write("On my way")
    await visitor.has_sent("On my way")
    await visitor.composer.fill("I am at the")
    await visitor.visit("en/catalogue")
    await clara.open_conversation("On my way")
    await clara.reply("We look forward to it")
    await expect(visitor.launcher).to_have_accessible_name("Chat and callback, 1 new message")
    await expect(visitor.panel).to_be_hidden()
    await visitor.open_chat()
    await expect(visitor.composer).to_have_value("I am at the")


async def test_an_open_panel_says_whether_somebody_answers_as_people_come_and_go(
    visitor: Visitor, new_consultant: NewConsultant
) -> None:
    await visitor.open_chat()
    status = visitor.panel.locator(".status")
    await expect(status).to_have_text("Nobody is online right now")
    clara = await new_consultant("Clara")
    await expect(status).to_have_text("A consultant is online")
    await clara.page.close()
    await expect(status).to_have_text("Nobody is online right now")


async def test_a_double_click_sends_a_message_once(visitor: Visitor, clara: Consultant) -> None:
    await visitor.open_chat()
    await visitor.composer.fill("Only once, please")
    await visitor.panel.locator(".composer .send").dblclick()
    await visitor.has_sent("Only once, please")
    await clara.open_conversation("Only once, please")
    assert await visitor.lines() == await clara.lines() == ["Only once, please"]


async def test_what_looks_like_markup_is_shown_as_text(visitor: Visitor, clara: Consultant) -> None:
    text = "<img src=x onerror=alert(1)><b>bold</b>"
    await visitor.open_chat()
    await visitor.write(text)
    await clara.open_conversation(text)
    await clara.reply(text)
    await expect(visitor.line(text)).to_have_count(2)
    assert await visitor.panel.locator("img, b").count() == 0
    assert visitor.complaints == []


async def test_a_message_that_is_too_long_is_refused_with_a_sentence_and_kept(visitor: Visitor) -> None:
    await visitor.open_chat()
    await visitor.composer.fill("x" * 5000)
    await expect(visitor.panel.get_by_role("alert")).to_contain_text("too long")
    await visitor.composer.press("Enter")
    assert len(await visitor.composer.input_value()) == 5000
    assert await visitor.lines() == []


async def test_an_internal_note_never_reaches_the_visitor(visitor: Visitor, clara: Consultant) -> None:
    await visitor.open_chat()
    await visitor.write("Can I have a discount?")
    await clara.open_conversation("Can I have a discount?")
    await clara.page.get_by_label("Internal note").first.check(force=True)
    await clara.reply("Third time this week")
    await expect(clara.line("Third time this week")).to_be_visible()
    await clara.page.get_by_label("Reply").first.check(force=True)
    await clara.reply("Five percent")
    await expect(visitor.line("Five percent")).to_be_visible()
    assert await visitor.lines() == ["Can I have a discount?", "Five percent"]


async def test_two_consultants_share_one_inbox_and_only_one_takes_the_visitor(
    visitor: Visitor, clara: Consultant, new_consultant: NewConsultant, new_visitor: NewVisitor
) -> None:
    boris = await new_consultant("Boris", locale="en-GB")
    await visitor.open_chat()
    await visitor.write("Who answers first?")
    await clara.open_conversation("Who answers first?")
    await clara.reply("I do")
    await boris.row("I do").click()
    await expect(boris.line("I do")).to_contain_text("Clara")
    assert (await boris.lines())[-1] == (await clara.lines())[-1] == "I do"
