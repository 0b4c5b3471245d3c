"""Tables for spreadsheets. What a stranger wrote never becomes a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterable, Iterable, Sequence

from aiohttp import web

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
BOM = "\ufeff"  # without it Excel takes UTF-8 for something else


def safe_cell(value: object) -> str:
    """Return a cell's text. What a spreadsheet would calculate begins with an apostrophe; None is empty."""
    if value is None:
        return ""
    text = str(value)
    if text.startswith(_FORMULA) and not (isinstance(value, int | float) and _NUMBER.fullmatch(text)):
        return "'" + text
    return text


def csv_lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as RFC 4180 lines."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([safe_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8", "replace")


async def csv_response(
    request: web.Request, name: str, header: Sequence[str], parts: AsyncIterable[Sequence[Sequence[object]]]
) -> web.StreamResponse:
    """Answer with a file to save, sent part by part as `parts` gives them. Whoever goes away before gets no more."""
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        }
    )
    try:
        await response.prepare(request)
        await response.write(BOM.encode() + csv_lines([header]))
        async for rows in parts:
            await response.write(csv_lines(rows))
        await response.write_eof()
    except ConnectionResetError:
        pass
    return response
