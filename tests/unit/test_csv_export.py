"""Tables that a spreadsheet opens without calculating what a stranger wrote."""

from __future__ import annotations

import pytest

from server.csv_export import csv_lines, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+79161234567", "-2", "@SUM(A1)", "\tx", "\r=x", "=HYPERLINK(1)"])
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    assert safe_cell(text) == "'" + text


def test_ordinary_values_stay_as_they_are() -> None:
    assert [safe_cell(value) for value in ("price", 7, -3, 0.5, None, "a=b")] == ["price", "7", "-3", "0.5", "", "a=b"]


def test_commas_quotes_and_new_lines_stay_in_their_cell() -> None:
    assert csv_lines([['a,"b"', "x\ny"]]) == b'"a,""b""","x\ny"\r\n'
