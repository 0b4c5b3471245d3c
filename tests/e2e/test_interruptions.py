"""Networks break and servers die; no message is lost, doubled or reordered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.e2e.actors import Consultant, Visitor
from tests.e2e.demo import Demo


@pytest.fixture(autouse=True)
def mended(demo: Demo) -> Iterator[None]:
    """Leave the next test a whole cable."""
    yield
    demo.cable.mend()


async def test_words_written_without_a_network_arrive_when_it_is_back(
    visitor: Visitor, clara: Consultant, demo: Demo
) -> None:
    await visitor.open_chat()
    await visitor.write("Before the tunnel")
    await visitor.has_sent("Before the tunnel")
    await clara.open_conversation("Before the tunnel")

    demo.cable.cut("visitor")
    await visitor.write("In the tunnel, one")
    await visitor.write("In the tunnel, two")
    await expect(visitor.line("In the tunnel, two")).to_be_visible()
    await clara.reply("Said while you were away")
    await expect(clara.line("Said while you were away")).to_contain_text("Sent")
    demo.cable.mend()

    await expect(clara.line("In the tunnel, two")).to_be_visible(timeout=20_000)
    await expect(visitor.line("Said while you were away")).to_be_visible()
    await expect(visitor.line("In the tunnel, two")).not_to_contain_text("Waiting")
    seen = await clara.lines()
    assert sorted(seen) == sorted(
        ["Before the tunnel", "In the tunnel, one", "In the tunnel, two", "Said while you were away"]
    )
    assert seen.index("In the tunnel, one") < seen.index("In the tunnel, two")
    assert await visitor.lines() == seen


async def test_a_consultant_without_a_network_loses_nothing_either(
    visitor: Visitor, clara: Consultant, demo: Demo
) -> None:
    await visitor.open_chat()
    await visitor.write("Hello, consultant")
    await clara.open_conversation("Hello, consultant")
    demo.cable.cut("consultant")
    await clara.reply("Answered in a lift")
    await visitor.write("Are you still there?")
    demo.cable.mend()
    await expect(visitor.line("Answered in a lift")).to_be_visible(timeout=20_000)
    await expect(clara.line("Are you still there?")).to_be_visible()
    assert await visitor.lines() == await clara.lines()
    assert len(await visitor.lines()) == 3


async def test_a_consultant_and_a_visitor_whose_networks_let_no_websocket_through_chat_all_the_same(
    visitor: Visitor, clara: Consultant, demo: Demo
) -> None:
    demo.cable.cut("websocket")
    await visitor.open_chat()
    await visitor.write("Through a strict office")
    await clara.open_conversation("Through a strict office")
    await clara.reply("And through another one")
    await expect(visitor.line("And through another one")).to_be_visible()
    await visitor.has_sent("Through a strict office")
    assert await visitor.lines() == await clara.lines()
    demo.cable.mend()


async def test_a_server_killed_in_the_middle_of_a_chat_loses_nothing(
    visitor: Visitor, clara: Consultant, demo: Demo
) -> None:
    await visitor.open_chat()
    await visitor.write("Before the crash")
    await clara.open_conversation("Before the crash")
    await clara.reply("Answer before the crash")
    await expect(visitor.line("Answer before the crash")).to_be_visible()

    await visitor.write("At the moment of the crash")
    await demo.kill_server()
    await visitor.write("During the crash")
    await clara.reply("Answer during the crash")
    await demo.wait_until_back()

    await expect(clara.line("During the crash")).to_be_visible(timeout=30_000)
    await expect(visitor.line("Answer during the crash")).to_be_visible(timeout=30_000)
    await visitor.write("After the crash")
    await expect(clara.line("After the crash")).to_be_visible()
    seen = await clara.lines()
    assert len(seen) == 6, seen
    assert await visitor.lines() == seen
    own = [text for text in seen if "Answer" not in text]
    assert own == ["Before the crash", "At the moment of the crash", "During the crash", "After the crash"]


async def test_without_a_server_the_visitor_is_told_and_may_go_on_writing(visitor: Visitor, demo: Demo) -> None:
    await visitor.open_chat()
    await visitor.write("First")
    await visitor.has_sent("First")
    demo.cable.cut("visitor")
    await expect(visitor.panel.get_by_text("You are offline")).to_be_visible(timeout=45_000)
    await visitor.write("Kept for later")
    await expect(visitor.line("Kept for later")).to_contain_text("Waiting")
    await visitor.page.close()
    demo.cable.mend()

    again = Visitor(visitor.demo, visitor.context, await visitor.context.new_page())
    await again.visit("en/")
    await again.open_chat()
    await again.has_sent("Kept for later")
    await expect(again.line("First")).to_be_visible()
    assert await again.lines() == ["First", "Kept for later"]


async def test_the_panel_says_that_the_network_is_gone_though_nobody_writes(visitor: Visitor) -> None:
    await visitor.open_chat()
    await visitor.write("Before the tunnel")
    await visitor.has_sent("Before the tunnel")
    await visitor.context.set_offline(True)
    await expect(visitor.panel.get_by_text("You are offline")).to_be_visible()
    await expect(visitor.panel.locator(".status")).to_have_text("Reconnecting…")
    await visitor.write("In the tunnel")
    await visitor.context.set_offline(False)
    await visitor.has_sent("In the tunnel")
    assert await visitor.lines() == ["Before the tunnel", "In the tunnel"]
