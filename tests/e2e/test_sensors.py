"""What rules watch for, with a real pointer, a real finger and a real history; what the facts decide has unit tests."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import WebSocket

from tests.e2e.actors import Visitor
from tests.e2e.conftest import NewVisitor
from tests.e2e.demo import Demo

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
ASKED = re.compile(r'^42/visitor,\d+(\["visit:.*)$', re.DOTALL)
WATCHED = [
    {"kind": "exit", "device": "any"},
    {"kind": "scroll", "atLeastPercent": 50},
    {"kind": "time", "atLeastS": 10},
    {"kind": "event", "name": "mark"},
    {"kind": "event", "name": "never"},
]


class Told:
    """What a page has told the server, in order."""

    def __init__(self, visitor: Visitor) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.is_watching = False
        self.page = visitor.page
        self.page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._heard)

    def _sent(self, payload: str | bytes) -> None:
        if found := ASKED.match(str(payload)):
            event, body = json.loads(found.group(1))
            self.asked.append((event, body))

    def _heard(self, payload: str | bytes) -> None:
        self.is_watching |= '"watch":[{' in str(payload)

    def signals(self, kind: str) -> list[dict[str, Any]]:
        return [body for event, body in self.asked if event == "visit:signal" and body["kind"] == kind]

    async def nothing_of(self, kind: str) -> None:
        """Assert that nothing of this kind was told. What is told arrives in order: a mark after it is waited for."""
        marks = len(self.signals("event"))
        await self.page.evaluate("(marks) => ringback('event', 'mark', { marks })", marks)
        await until(lambda: len(self.signals("event")) > marks)
        assert self.signals(kind) == []

    def pages(self) -> list[str]:
        return [body["page"]["url"] for event, body in self.asked if event in ("visit:start", "visit:page")]


async def until(is_true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


@pytest_asyncio.fixture(loop_scope="session")
async def watching(demo: Demo, new_visitor: NewVisitor) -> AsyncIterator[Callable[..., Any]]:
    """Bring somebody into the shop while a rule that never fires watches: `visitor, told = await watching()`."""
    marketer = next(one for one in demo.facts["people"] if one["role"] == "marketer")
    browser = await new_visitor("en/about")

    async def ask(path: str, body: object) -> dict[str, Any]:
        reply = await browser.context.request.post(f"{demo.url}/api/v1/{path}", data=body, headers={"Origin": demo.url})
        assert reply.ok, await reply.text()
        answer: dict[str, Any] = await reply.json()
        return answer

    await ask("session", {"email": marketer["email"], "password": marketer["password"]})
    rule = {
        "name": "Watches",
        "condition": {"kind": "all", "conditions": WATCHED},
        "action": {"kind": "chat"},
        "texts": [{"locale": "en", "title": "Hello", "text": "May we help?", "button": "Yes"}],
        "invitee": "team",
        "priority": 1,
        "caps": {"perVisit": None, "perDay": None, "perVisitor": None},
        "schedule": {"fromAtMs": None, "untilAtMs": None},
        "samplePercent": 100,
    }
    made = (await ask(f"sites/{demo.facts['siteId']}/rules", {"rule": rule}))["rule"]
    live = (await ask(f"rules/{made['id']}/publish", {"version": made["version"]}))["rule"]

    async def make(path: str = "en/", **options: Any) -> tuple[Visitor, Told]:
        visitor = await new_visitor("en/about", **options)
        await visitor.page.goto("about:blank")
        told = Told(visitor)
        await visitor.page.clock.install()
        await visitor.visit(path)
        await until(lambda: told.is_watching)
        return visitor, told

    yield make
    await ask(f"rules/{live['id']}/disable", {"version": live["version"]})


async def another_page(visitor: Visitor) -> None:
    """Go to another page without a load, in no time: from here the page's clock stands until it is run."""
    page = visitor.page
    await page.clock.pause_at(await page.evaluate("Date.now() / 1000 + 10"))
    await page.evaluate("history.pushState(history.state, '', `?${Math.random()}`)")
    await page.clock.run_for(100)


async def leave(visitor: Visitor, x: int, y: int) -> None:
    """Move the pointer out of the page, from its middle."""
    await visitor.page.mouse.move(700, 400)
    await visitor.page.mouse.move(x, y)


async def test_leaving_by_the_top_is_told_once_and_no_other_way_out_is(watching: Callable[..., Any]) -> None:
    visitor, told = await watching()
    page = visitor.page
    await page.mouse.move(700, 300)
    await another_page(visitor)

    await leave(visitor, 700, -3)  # in the first three seconds
    await told.nothing_of("exit")
    await page.clock.run_for(3500)
    await told.nothing_of("exit")
    await leave(visitor, -3, 300)  # by the side
    await told.nothing_of("exit")
    await page.mouse.move(700, 400)
    await page.mouse.down()
    await page.mouse.move(700, -3)  # while something is dragged
    await page.mouse.up()
    await told.nothing_of("exit")
    await page.evaluate(
        """() => {
            const top = document.elementFromPoint(700, 5);
            const field = top.appendChild(document.createElement('select'));
            const looks = { position: 'fixed', inset: '0 0 auto 0', width: '100%', height: '40px', transform: 'none',
                visibility: 'visible', 'z-index': '99999' };
            field.id = 'list';
            for (const [name, value] of Object.entries(looks)) field.style.setProperty(name, value, 'important');
        }"""
    )
    await page.mouse.move(700, 5)
    assert await page.evaluate("document.elementFromPoint(700, 5).id") == "list"
    await page.mouse.move(700, -3)  # into the popup of a list
    await page.evaluate("document.getElementById('list').remove()")
    await told.nothing_of("exit")

    await leave(visitor, 700, -3)
    await until(lambda: told.signals("exit"))
    await leave(visitor, 700, -3)
    await page.mouse.move(700, 400)
    assert [one["name"] for one in told.signals("exit")] == ["desktop"]


async def swipe(visitor: Visitor, from_y: int, to_y: int, steps: int) -> None:
    """Drag the page with a finger; the fewer steps, the faster."""
    cdp = await visitor.context.new_cdp_session(visitor.page)

    async def touch(kind: str, *points: dict[str, float]) -> None:
        await cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    await touch("touchStart", {"x": 195, "y": from_y})
    for step in range(1, steps + 1):
        await touch("touchMove", {"x": 195, "y": from_y + (to_y - from_y) * step / steps})
    await touch("touchEnd")


async def test_a_fast_way_up_is_leaving_on_a_phone_and_a_slow_one_is_not(watching: Callable[..., Any]) -> None:
    visitor, told = await watching(**PHONE)
    for _ in range(4):
        await swipe(visitor, 700, 100, 8)
    await until(lambda: told.signals("scroll"))
    await swipe(visitor, 200, 600, 60)
    await visitor.page.clock.run_for(1000)
    await told.nothing_of("exit")

    deadline = time.monotonic() + 20
    while not told.signals("exit"):  # a busy machine may drop the frames of a swipe
        assert time.monotonic() < deadline
        await swipe(visitor, 700, 100, 8)
        await swipe(visitor, 100, 700, 4)
        await visitor.page.clock.run_for(400)
    assert [one["name"] for one in told.signals("exit")] == ["touch"]


async def test_another_address_is_a_page_a_fragment_is_none_and_the_history_stays_the_pages(
    watching: Callable[..., Any],
) -> None:
    visitor, told = await watching("en/catalogue")
    page, here = visitor.page, f"{visitor.demo.shop}/en/catalogue"
    before = await page.evaluate("[history.length, history.state, String(history.pushState)]")
    assert "native code" in before[2]

    await page.evaluate("location.hash = 'lamps'")
    await page.get_by_label("Lamps").check()
    await until(lambda: len(told.pages()) > 1)
    await page.go_back()
    await until(lambda: len(told.pages()) > 2)

    assert told.pages() == [here, f"{here}?kind=lamps", here]
    length, _, push = await page.evaluate("[history.length, history.state, String(history.pushState)]")
    # The fragment and the filter, and nothing of ours.
    assert (length, push) == (before[0] + 2, before[2])


@pytest.mark.parametrize("is_seen", [True, False], ids=["seen", "in the background"])
async def test_time_is_active_only_while_the_page_is_seen(watching: Callable[..., Any], is_seen: bool) -> None:
    visitor, told = await watching()
    page = visitor.page
    await another_page(visitor)
    before = len(told.signals("time"))

    await page.clock.run_for(4000)
    if not is_seen:
        await page.evaluate("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")
    await page.clock.run_for(20_000)
    if is_seen:
        await until(lambda: len(told.signals("time")) > before)
        return
    assert len(told.signals("time")) == before
    await page.evaluate("delete document.hidden")
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))")
    await page.clock.run_for(4000)
    assert len(told.signals("time")) == before
    await page.clock.run_for(4000)
    await until(lambda: len(told.signals("time")) > before)
