"""What is kept of pages, and where a visit came from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.visitors import rules
from server.visitors.model import Attribution, Page, Visit, VisitorRecord

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def record() -> VisitorRecord:
    return VisitorRecord(
        id="anna",
        tenant_id="t1",
        site_id="shop",
        number=1,
        locale="en",
        time_zone="UTC",
        first_seen_at=NOW,
        last_seen_at=NOW,
        visits=1,
        visit=Visit("visit1", NOW, Attribution()),
    )


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://shop.example/a?b=c#d", "https://shop.example/a?b=c#d"),
        ("  http://shop.example/  ", "http://shop.example/"),
        ("http://localhost:8080/", "http://localhost:8080/"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,<b>", ""),
        ("file:///etc/passwd", ""),
        ("https://user:secret@shop.example/", ""),
        ("https://", ""),
        ("http://[::1", ""),
        ("//shop.example/", ""),
        ("", ""),
        ("https://shop.example/\x00\x1b[31m", "https://shop.example/[31m"),
    ],
)
def test_only_web_addresses_are_kept(url: str, kept: str) -> None:
    assert rules.clean_url(url) == kept


@given(st.text(max_size=3000))
def test_whatever_a_page_says_becomes_short_text_on_one_line(text: str) -> None:
    page = rules.clean_page(text, text, text)

    assert len(page.url) <= 2048 and len(page.title) <= 512
    assert not any(c in page.title for c in "\r\n\x00\x1b")
    assert page.url == "" or page.url.startswith(("http://", "https://"))
    rules.attribution_of(page, None)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_address_and_referrer_give_an_attribution_that_fits(path: str, query: str) -> None:
    page = rules.clean_page(f"https://shop.example/{path}?utm_source={query}", "", f"https://{path}/{query}")

    found = rules.attribution_of(page, None)

    assert found.source is None or len(found.source) <= 255


@pytest.mark.parametrize(
    ("url", "referrer", "source", "medium"),
    [
        ("https://shop.example/?utm_source=mail&utm_medium=email", "", "mail", "email"),
        ("https://shop.example/?gclid=x", "https://www.google.com/", "google", "cpc"),
        ("https://shop.example/?yclid=x&utm_source=spring", "", "spring", None),
        ("https://shop.example/", "https://www.google.com/", "google.com", "organic"),
        ("https://shop.example/", "https://yandex.ru/search", "yandex.ru", "organic"),
        ("https://shop.example/", "https://blog.example/post", "blog.example", "referral"),
        ("https://shop.example/", "https://notgoogle.example/", "notgoogle.example", "referral"),
        ("https://shop.example/b", "https://www.shop.example/a", None, None),
        ("https://shop.example/", "", None, None),
    ],
)
def test_the_address_and_the_referrer_say_where_a_visit_came_from(
    url: str, referrer: str, source: str | None, medium: str | None
) -> None:
    found = rules.attribution_of(Page(url, "", referrer), None)

    assert (found.source, found.medium, found.landing_url) == (source, medium, url)


def test_what_the_browser_tells_leads_and_is_cleaned() -> None:
    page = Page("https://shop.example/?utm_source=other", "", "https://blog.example/")

    found = rules.attribution_of(page, {"source": "news\x00letter", "landingUrl": "javascript:1", "term": ""})

    assert found == Attribution(
        source="newsletter", referrer="https://blog.example/", landing_url="https://shop.example/?utm_source=other"
    )


def test_reloading_a_page_does_not_lengthen_the_trail_but_may_name_it() -> None:
    here = rules.moved(record(), Page("https://shop.example/"), NOW)
    again = rules.moved(here, Page("https://shop.example/", "Shop"), NOW + timedelta(seconds=5))
    unnamed = rules.moved(again, Page("https://shop.example/"), NOW + timedelta(seconds=6))

    assert [(entry.title, entry.at) for entry in unnamed.trail] == [("Shop", NOW)]
    assert unnamed.last_seen_at == NOW + timedelta(seconds=6)


def test_a_page_that_may_not_be_kept_is_a_sign_of_life_only() -> None:
    moved = rules.moved(record(), Page(""), NOW + timedelta(seconds=5))

    assert moved == replace(record(), last_seen_at=NOW + timedelta(seconds=5))


def test_a_clock_that_runs_backwards_neither_shortens_a_visit_nor_lengthens_a_wait() -> None:
    assert rules.seen(record(), NOW - timedelta(hours=1)).last_seen_at == NOW
    assert rules.wait_s(NOW, NOW - timedelta(hours=1), 0.5) == 0.5
    assert rules.wait_s(NOW, NOW + timedelta(seconds=0.2), 0.5) == pytest.approx(0.3)
    assert rules.wait_s(None, NOW, 0.5) == 0.0
