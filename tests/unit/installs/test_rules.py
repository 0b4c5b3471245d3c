"""Where the widget was seen, judged by the list of addresses as it is now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server.installs.model import Seen, Sighting
from server.installs.rules import MOST_REFUSED, is_news, is_origin, judged, seen_again

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SHOP, COPY = "https://shop.example", "https://copy.example"


def sighting(origin: str, minutes_ago: float = 0, protocol: int | None = 1, version: str | None = "0.1.0") -> Sighting:
    at = NOW - timedelta(minutes=minutes_ago)
    return Sighting(origin, at, at, protocol, version)


@pytest.mark.parametrize("text", [SHOP, "http://localhost:8081", "http://[::1]:80", "https://xn--80aairftm.example"])
def test_what_browsers_send_is_an_origin(text: str) -> None:
    assert is_origin(text)


@pytest.mark.parametrize(
    "text",
    ["null", "", SHOP + "/", SHOP + "/a", "ftp://shop.example", "https://a@shop.example", "https://", "https://[x",
     "https://shop.example\n", "https://магазин.example", "https://" + "x" * 250 + ".example"],
)  # fmt: skip
def test_anything_else_is_none(text: str) -> None:
    assert not is_origin(text)


def test_a_list_that_changed_judges_anew_what_was_seen_before() -> None:
    seen = [sighting(SHOP, 5), sighting(COPY, 2)]
    strict, open_ = judged(seen, [SHOP, "https://new.example"], NOW), judged(seen, [SHOP, COPY], NOW)
    assert [one.origin for one in strict.allowed] == [SHOP]
    assert [one.origin for one in strict.refused] == [COPY]
    assert strict.missing == ("https://new.example",)
    assert ([one.origin for one in open_.allowed], open_.refused, open_.missing) == ([COPY, SHOP], (), ())


def test_of_memory_and_database_the_newer_look_counts_and_nothing_said_is_lost() -> None:
    stored, fresh = sighting(SHOP, 50), sighting(SHOP, 1, None, None)
    [one] = judged([fresh, stored], [SHOP], NOW).allowed
    assert (one.first_at, one.last_at) == (stored.first_at, fresh.last_at)
    assert (one.protocol, one.version) == (1, "0.1.0")


def test_old_refusals_are_not_shown_and_many_are_cut() -> None:
    old = sighting(COPY, 7 * 24 * 60)
    many = [sighting(f"https://copy{n}.example", n) for n in range(MOST_REFUSED + 5)]
    refused = judged([old, *many], [], NOW).refused
    assert [one.origin for one in refused] == [one.origin for one in many[:MOST_REFUSED]]


def test_the_first_look_and_the_first_words_of_a_widget_are_news() -> None:
    asked, joined = Seen(SHOP), Seen(SHOP, 1, "0.1.0")
    quiet = seen_again(None, asked, NOW)
    assert is_news(None, asked)
    assert is_news(quiet, joined)
    assert not is_news(quiet, asked)
    assert not is_news(seen_again(quiet, joined, NOW), Seen(SHOP, 2, "0.2.0"))
