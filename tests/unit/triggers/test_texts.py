"""Variables in an invitation's words."""

from __future__ import annotations

import pytest

from server.triggers.texts import fill, problem_of


def test_a_variable_is_filled_and_falls_back_when_nothing_is_known() -> None:
    template = "{consultant|Our team} found {keyword|what you need} for you"
    assert fill(template, {"consultant": "Carol", "keyword": ""}) == "Carol found what you need for you"
    assert fill(template, {}) == "Our team found what you need for you"


def test_what_an_address_says_is_text_of_one_short_line() -> None:
    assert fill("{keyword|x}", {"keyword": "<b>red\n\u202eshoes\u0000</b>  {page|y}"}) == "<b>red shoes </b> {page|y}"
    assert len(fill("{keyword|x}", {"keyword": "a" * 255})) == 80
    assert fill("{keyword|x}", {"keyword": "\u200b\u2028"}) == "x"


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("Hello", None),
        ("{page|this page}", None),
        ("{password|x}", "unknown_variable"),
        ("{keyword}", "fallback"),
        ("{keyword|}", "fallback"),
        ("{keyword| }", "fallback"),
        ("{", "braces"),
        ("{{keyword|x}}", "braces"),
        ("a } b", "braces"),
    ],
)
def test_a_text_whose_variables_are_wrong_is_told_why(template: str, problem: str | None) -> None:
    assert problem_of(template) == problem
