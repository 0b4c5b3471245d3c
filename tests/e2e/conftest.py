"""One demo and one Chromium for all end-to-end tests; a fresh browser context for every person in every test."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser import a_browser
from tests.e2e.actors import SHOTS, Consultant, Visitor
from tests.e2e.demo import Demo
from tests.e2e.marketing import Marketer

HERE = Path(__file__).parent
NewVisitor = Callable[..., Awaitable[Visitor]]
NewConsultant = Callable[..., Awaitable[Consultant]]

expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong
_addresses = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here share one event loop, because they share one browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Let the fixtures know whether the test failed."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        item.stash[_FAILED] = report.failed


_FAILED = pytest.StashKey[bool]()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """The running product."""
    running = Demo(tmp_path_factory.mktemp("demo"))
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One real Chromium."""
    async with a_browser() as chromium:
        yield chromium


@pytest_asyncio.fixture(loop_scope="session")
async def people(browser: Browser, demo: Demo, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """Make people; all of them go home when the test is over. Pictures of a failed test are kept."""
    contexts: list[tuple[str, Any]] = []

    async def make(kind: type[Visitor | Consultant], name: str, **options: Any) -> Any:
        options = {"locale": "en-GB", "timezone_id": "Europe/Chisinau"} | options
        context = await browser.new_context(**options)
        page = await context.new_page()
        contexts.append((name, context))
        return kind(demo, context, page)

    yield make
    demo.cable.mend()
    if request.node.stash.get(_FAILED, False):
        SHOTS.mkdir(exist_ok=True)
        test = re.sub(r"[^\w.-]+", "-", request.node.name)
        for name, context in contexts:
            for number, page in enumerate(context.pages):
                await page.screenshot(path=SHOTS / f"failed-{test}-{name}{number}.png")
    for _, context in contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def new_visitor(people: Any) -> NewVisitor:
    """Bring somebody new into the shop: `await new_visitor("ru/catalogue", locale="ru-RU")`."""

    async def make(path: str = "en/", **options: Any) -> Visitor:
        number = next(_addresses)
        visitor: Visitor = await people(Visitor, f"visitor{number}", **options)
        await visitor.visit(path)
        return visitor

    return make


@pytest_asyncio.fixture(loop_scope="session")
async def new_consultant(people: Any) -> NewConsultant:
    """Let a person of the demo sign in: `await new_consultant("Clara")`."""

    async def make(name: str = "Clara", screen: str = "inbox", **options: Any) -> Consultant:
        consultant: Consultant = await people(Consultant, name, **options)
        await consultant.sign_in(name, screen)
        return consultant

    return make


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(new_visitor: NewVisitor) -> Visitor:
    """An English-speaking visitor on the shop's home page."""
    return await new_visitor()


@pytest_asyncio.fixture(loop_scope="session")
async def clara(new_consultant: NewConsultant) -> Consultant:
    """A consultant with her inbox open, in English."""
    return await new_consultant("Clara")


@pytest_asyncio.fixture(loop_scope="session")
async def mara(people: Any) -> AsyncIterator[Marketer]:
    """A marketer at the rules; none of them outlives the test."""
    marketer: Marketer = await people(Marketer, "Mara")
    await marketer.sign_in("Mara", "campaigns")
    yield marketer
    await marketer.switch_all_off()
