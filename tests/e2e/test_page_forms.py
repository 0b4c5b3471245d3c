"""Forms and buttons of ours in the pages of a site, under the policy that the install page tells the site to have."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.actors import Consultant, Visitor
from tests.e2e.demo import Demo, national, new_phone
from tests.e2e.marketing import Marketer, own_page, question

NONCE = "of-this-test"
STUB = f"""<script nonce="{NONCE}">
window.ringback = window.ringback || function () {{ (ringback.q = ringback.q || []).push(arguments); }};
ringback('open', 'chat');
</script>"""


def policy(demo: Demo) -> str:
    """What docs/install/html.md tells a site to allow, and nothing else but the page's own line of script."""
    socket = demo.url.replace("http", "ws", 1)
    return (
        f"default-src 'none'; script-src {demo.url} 'nonce-{NONCE}'; connect-src {demo.url} {socket}; "
        "require-trusted-types-for 'script'"
    )


async def test_a_call_of_the_page_made_before_the_script_came_opens_the_chat(visitor: Visitor, demo: Demo) -> None:
    await own_page(visitor, "<h1>Own</h1>", head=STUB, csp=policy(demo))
    await expect(visitor.composer).to_be_visible()
    await visitor.page.evaluate("ringback('close')")
    await expect(visitor.panel).to_have_count(0)
    assert visitor.complaints == []


async def test_a_callback_form_and_a_survey_stand_in_the_page(
    mara: Marketer, visitor: Visitor, clara: Consultant, demo: Demo
) -> None:
    survey_id = await mara.publish_survey()
    body = f"""
        <div id="call" data-ringback-inline="callback">Call 022 123 456</div>
        <div id="ask" data-ringback-inline="survey" data-ringback-survey="{survey_id}"></div>
        <div id="gone" data-ringback-inline="survey" data-ringback-survey="nowhere">Write to us</div>"""
    await own_page(visitor, body, csp=policy(demo))
    page = visitor.page

    form, phone = page.locator("#call ringback-inline"), new_phone()
    await demo.script(phone, [{"ring": True}])
    await form.locator("input[type=tel]").fill(national(phone))
    await form.locator("button[type=submit]").click()
    await expect(form.locator("ol.steps > li").first).to_be_visible()
    await clara.page.goto(f"{demo.console}#/calls")
    await clara.open_new_lead(phone)
    await form.get_by_role("button", name="Cancel").click()
    await expect(page.locator("#call")).not_to_contain_text("Call 022")

    survey = page.locator("#ask ringback-inline")
    await survey.get_by_label("Delivery or payment").check()
    await survey.get_by_role("button", name="Next").click()
    await expect(survey.get_by_role("heading")).to_have_text("What should we do better?")
    await mara.has_results(survey_id, runs=1, done=0)  # kept, though the visitor may leave here

    await expect(page.locator("#gone")).to_have_text("Write to us")
    # What is drawn later, as applications do.
    await page.evaluate(
        """(id) => {
            const late = document.createElement('div');
            late.id = 'late';
            late.dataset.ringbackInline = 'survey';
            late.dataset.ringbackSurvey = id;
            document.body.append(late);
            ringback('scan');
        }""",
        survey_id,
    )
    await expect(page.locator("#late ringback-inline").get_by_label("Delivery or payment")).to_be_visible()
    policies = [line for line in visitor.complaints if "Content Security Policy" in line or "TrustedHTML" in line]
    assert policies == []


async def test_any_element_of_the_page_opens_the_widget(mara: Marketer, visitor: Visitor, demo: Demo) -> None:
    survey_id = await mara.publish_survey()
    body = f"""
        <button data-ringback-open="callback"><b>Call me</b></button>
        <a href="#top" data-ringback-open="survey" data-ringback-survey="{survey_id}">One question</a>"""
    await own_page(visitor, body, csp=policy(demo))
    await visitor.page.get_by_text("Call me").click()
    await expect(visitor.panel.locator("input[type=tel]")).to_be_visible()
    await visitor.page.evaluate("ringback('close')")
    await visitor.page.get_by_text("One question").click()
    await expect(question(visitor).get_by_role("heading")).to_have_text("What stopped you today?")
    await expect(question(visitor).locator("#question")).to_be_focused()
    assert visitor.complaints == []
