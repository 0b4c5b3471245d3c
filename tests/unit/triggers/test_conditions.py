"""What each condition means."""

from __future__ import annotations

from typing import Any

import pytest

from server.triggers.conditions import compile_condition, page_view, plain
from server.triggers.model import (
    Code,
    Condition,
    Consultants,
    Event,
    Exit,
    Group,
    Hours,
    Idle,
    Inviter,
    Language,
    Not,
    Pages,
    Referrer,
    Returning,
    Scroll,
    Time,
    Url,
    Utm,
)
from tests.unit.triggers.builders import facts

SHOP = "https://Shop.example/Shoes/Red?utm_source=mail&size=40#reviews"


def met(condition: Condition, url: str = SHOP, **known: Any) -> bool:
    return compile_condition("r", condition)(facts(url, **known)) is None


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("is", "/shoes/red", True),
        ("is", "/shoes/red/", True),
        ("is", "/shoes", False),
        ("is", "https://shop.example/shoes/red", True),
        ("is", "/shoes/red?utm_source=mail&size=40", True),
        ("is", "/shoes/red?size=40", False),
        ("starts", "/shoes", True),
        ("starts", "/red", False),
        ("starts", "https://shop", True),
        ("ends", "/RED", True),
        ("ends", "size=40", False),
        ("ends", "?utm_source=mail&size=40", True),
        ("contains", "size=40", True),
        ("contains", "reviews", False),
        ("contains", "shoes/", True),
    ],
)
def test_an_address_is_compared_as_a_marketer_expects(op: str, value: str, expected: bool) -> None:
    assert met(Url(op, value)) is expected


@pytest.mark.parametrize("url", ["", "http://[", "nonsense", "javascript:alert(1)"])
def test_an_address_that_is_none_matches_nothing_and_breaks_nothing(url: str) -> None:
    assert not met(Url("contains", "shop"), url)
    assert not met(Url("is", "https://shop.example/"), url)


def test_numbers_are_reached_not_only_passed() -> None:
    for condition, field in ((Time(30), "time_s"), (Scroll(30), "scroll"), (Idle(30), "idle_s"), (Pages(30), "pages")):
        assert [met(condition, **{field: value}) for value in (29, 30, 31)] == [False, True, True]


def test_leaving_is_told_apart_by_device() -> None:
    assert [met(Exit("desktop"), exit=way) for way in (None, "desktop", "touch")] == [False, True, False]
    assert [met(Exit("any"), exit=way) for way in (None, "desktop", "touch")] == [False, True, True]


def test_where_the_visit_came_from_is_compared_without_regard_to_case() -> None:
    came = {"utm": {"source": plain("Google"), "campaign": plain("Spring Sale")}, "referrer": "https://news.example/a"}
    assert met(Utm("source", "is", "google"), **came)
    assert met(Utm("campaign", "starts", "SPRING"), **came)
    assert not met(Utm("medium", "contains", "c"), **came)
    assert met(Referrer("contains", "News.Example"), **came)
    assert not met(Referrer("is", "https://news.example/"), **came)


@pytest.mark.parametrize(
    ("locale", "expected"), [("ro", True), ("ro-md", True), ("pt-br", True), ("pt", False), ("", False)]
)
def test_a_language_covers_its_regions_and_a_region_only_itself(locale: str, expected: bool) -> None:
    assert met(Language(("ro", "pt-BR")), locale=locale) is expected


def test_an_event_counts_when_one_telling_of_it_holds_all_the_data() -> None:
    told = {"cart": ({"sum": plain(5), "gift": plain(False)}, {"sum": plain("7"), "gift": plain(True)})}
    assert met(Event("cart"), events=told)
    assert met(Event("cart", (("sum", 7), ("gift", True))), events=told)
    assert met(Event("cart", (("sum", 5.0),)), events=told)
    assert not met(Event("cart", (("sum", 5), ("gift", True))), events=told)
    assert not met(Event("checkout"), events=told)


def test_trees_of_all_any_and_not() -> None:
    tree = Group("all", (Time(10), Group("any", (Scroll(50), Not(Returning()))), Pages(2), Hours()))
    assert met(tree, time_s=10, scroll=50, returning=True, pages=2)
    assert met(tree, time_s=10, scroll=0, returning=False, pages=2)
    assert not met(tree, time_s=10, scroll=0, returning=True, pages=2)
    assert not met(tree, time_s=10, scroll=50, pages=2, is_open=False)


@pytest.mark.parametrize(
    ("known", "code", "path"),
    [
        ({}, Code.CONDITION_NOT_MET, "conditions/0"),
        ({"time_s": 9}, Code.CONDITION_NOT_MET, "conditions/1"),
        ({"time_s": 9, "scroll": 9, "returning": True}, Code.CONDITION_NOT_MET, "conditions/2"),
        ({"time_s": 9, "scroll": 9}, Code.NO_CONSULTANT, "conditions/3"),
        (
            {"time_s": 9, "scroll": 9, "consultant": Inviter("c", "Carol"), "is_open": False},
            Code.OUTSIDE_HOURS,
            "conditions/4",
        ),
    ],
)
def test_the_reason_names_the_first_condition_that_was_not_met(known: dict[str, Any], code: Code, path: str) -> None:
    any_scroll = Group("any", (Scroll(5), Exit("any")))
    tree = Group("all", (Time(5), any_scroll, Not(Returning()), Consultants(), Hours()))

    reason = compile_condition("r", tree)(facts(**known))

    assert reason is not None and (reason.rule_id, reason.code, reason.path) == ("r", code, path)


def test_a_page_view_keeps_the_address_as_it_came_beside_the_forms_that_are_compared() -> None:
    view = page_view(SHOP)
    assert (view.url, view.path, view.bare) == (SHOP, "/shoes/red", "https://shop.example/shoes/red")
