"""Decisions about visits. Pure: values come in, values go out."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from server.visitors.model import Attribution, Page, TrailEntry, Visit, VisitorRecord

VISIT_ENDS_AFTER = timedelta(minutes=30)
TRAIL_LENGTH = 50
MAX_URL = 2048
MAX_TITLE = 512
MAX_VALUE = 255
MAX_NAME = 120

_PARTS = ("source", "medium", "campaign", "term", "content")
_AD_CLICKS = {"gclid": "google", "yclid": "yandex", "fbclid": "facebook", "msclkid": "bing"}
_SEARCH = ("google.", "yandex.", "bing.", "duckduckgo.", "yahoo.", "baidu.", "ecosia.")


def clean_line(text: str, longest: int) -> str:
    """Return `text` on one line without control characters, at most `longest` characters."""
    plain = text[: longest * 4]
    if not plain.isprintable():
        plain = "".join(" " if c in "\r\n\t" else c for c in plain if c in "\r\n\t" or not _is_control(c))
    return " ".join(plain.split())[:longest]


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs")


def clean_url(url: str) -> str:
    """Return `url` when it is a web address without a password in it, else an empty string."""
    plain = "".join(c for c in url.strip() if not _is_control(c))[:MAX_URL]
    try:
        parts = urlsplit(plain)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return ""
    return plain


def clean_page(url: str, title: str, referrer: str) -> Page:
    return Page(clean_url(url), clean_line(title, MAX_TITLE), clean_url(referrer))


def attribution_of(page: Page, told: Mapping[str, str] | None) -> Attribution:
    """Return where a visit that begins on `page` came from.

    What the browser told leads; without it the address's campaign parameters, an advertisement's click id, and the
    referrer (a search engine, another site, or the site itself) say it.
    """
    if told:
        values = {part: clean_line(told.get(part, ""), MAX_VALUE) or None for part in _PARTS}
        return Attribution(
            **values,
            referrer=clean_url(told.get("referrer", "")) or page.referrer or None,
            landing_url=clean_url(told.get("landingUrl", "")) or page.url or None,
        )
    try:
        query = dict(parse_qsl(urlsplit(page.url).query, max_num_fields=100))
    except ValueError:
        query = {}
    values = {part: clean_line(query.get(f"utm_{part}", ""), MAX_VALUE) or None for part in _PARTS}
    if values["source"] is None:
        for click, engine in _AD_CLICKS.items():
            if click in query:
                values |= {"source": engine, "medium": values["medium"] or "cpc"}
                break
    referrer_host = _host(page.referrer)
    foreign = bool(referrer_host) and referrer_host != _host(page.url)
    if values["source"] is None and foreign:
        searched = any(f".{referrer_host}".find(f".{engine}") >= 0 for engine in _SEARCH)
        values |= {
            "source": referrer_host[:MAX_VALUE],
            "medium": values["medium"] or ("organic" if searched else "referral"),
        }
    return Attribution(**values, referrer=(page.referrer or None) if foreign else None, landing_url=page.url or None)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.") if url else ""


def first_visit(record: VisitorRecord, page: Page, now: datetime) -> VisitorRecord:
    """Return a new visitor's record with the page it came to."""
    return _on_page(record, page, now)


def came(
    record: VisitorRecord,
    page: Page,
    told: Mapping[str, str] | None,
    new_visit_id: str,
    locale: str,
    time_zone: str,
    now: datetime,
) -> VisitorRecord:
    """Return the record after `visit:start`. A reconnect within the visit changes little: it is the same visit."""
    if now - record.last_seen_at >= VISIT_ENDS_AFTER:
        visit = Visit(new_visit_id, now, attribution_of(page, told))
        record = replace(record, visit=visit, visits=record.visits + 1)
    record = replace(record, locale=locale or record.locale, time_zone=time_zone or record.time_zone)
    return _on_page(record, page, now)


def moved(record: VisitorRecord, page: Page, now: datetime) -> VisitorRecord:
    """Return the record after the visitor went to `page`."""
    return _on_page(record, page, now)


def seen(record: VisitorRecord, now: datetime) -> VisitorRecord:
    return replace(record, last_seen_at=max(record.last_seen_at, now))


def _on_page(record: VisitorRecord, page: Page, now: datetime) -> VisitorRecord:
    trail = record.trail
    if page.url:
        if trail and trail[-1].url == page.url and trail[-1].at >= record.visit.started_at:
            trail = (*trail[:-1], replace(trail[-1], title=page.title or trail[-1].title))
        else:
            trail = (*trail, TrailEntry(page.url, page.title, now))[-TRAIL_LENGTH:]
            record = replace(record, visit=replace(record.visit, pages=record.visit.pages + 1))
    return replace(seen(record, now), trail=trail)


def page_of(url: str) -> str:
    """Return the page of an address: without its query and fragment, which name campaigns and places, not pages."""
    return url.partition("#")[0].partition("?")[0]


def wait_s(told_at: datetime | None, now: datetime, apart_s: float) -> float:
    """Return how many seconds to wait until staff may hear of this visitor again; 0.0 when at once."""
    if told_at is None:
        return 0.0
    return min(apart_s, max(0.0, apart_s - (now - told_at).total_seconds()))
