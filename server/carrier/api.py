"""What every REST resource shares: errors, reading forms, pages of lists, filters by time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from aiohttp import web
from multidict import MultiDictProxy

from server.carrier.model import Callback
from server.carrier.twiml import is_url

T = TypeVar("T")
Form = MultiDictProxy[Any]
DEFAULT_PAGE = 50
MAX_PAGE = 1000


class ApiError(Exception):
    """An answer `{code, message, more_info, status}`."""

    def __init__(self, status: int, code: int, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


def error_response(error: ApiError) -> web.Response:
    body = {
        "code": error.code,
        "message": str(error),
        "more_info": f"https://www.twilio.com/docs/errors/{error.code}",
        "status": error.status,
    }
    headers = {} if error.retry_after_s is None else {"Retry-After": f"{error.retry_after_s:g}"}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return web.json_response(body, status=error.status, headers=headers)


def not_found(request: web.Request) -> ApiError:
    return ApiError(404, 20404, f"The requested resource {request.path} was not found")


def text(form: Form, name: str) -> str:
    return str(form.get(name, ""))


def flag(form: Form, name: str, default: bool) -> bool:
    return {"true": True, "false": False}.get(text(form, name).lower(), default)


def whole(form: Form, name: str, default: int, least: int, most: int, code: int) -> int:
    """Read a whole number.

    Raises:
        ApiError: 400 with `code` when it is none or out of range.
    """
    raw = text(form, name)
    if not raw:
        return default
    if not re.fullmatch(r"-?\d{1,9}", raw) or not least <= int(raw) <= most:
        raise ApiError(400, code, f"Invalid {name}: {raw}")
    return int(raw)


def url(form: Form, name: str, code: int) -> str:
    value = text(form, name)
    if value and not is_url(value):
        raise ApiError(400, code, f"{name} is not a valid URL: {value}")
    return value


def method(form: Form, name: str, code: int = 21209) -> str:
    value = text(form, name).upper() or "POST"
    if value not in {"GET", "POST"}:
        raise ApiError(400, code, f"{name} must be GET or POST, not {value}")
    return value


def callback(form: Form, prefix: str, usual: Iterable[str], code: int = 21609) -> Callback | None:
    """Read `{prefix}`, `{prefix}Method` and `{prefix}Event`; the events are repeated keys or words of one."""
    address = url(form, prefix, code)
    if not address:
        return None
    events = {word for value in form.getall(f"{prefix}Event", []) for word in str(value).split()}
    return Callback(address, method(form, f"{prefix}Method"), frozenset(events or usual))


def page(request: web.Request, name: str, items: Sequence[T], sid_of: Callable[[T], str], show: Any) -> web.Response:
    """Answer one page of a list, newest first, with the addresses of its neighbours.

    A page token names the last item of the page before, so that new items do not shift the pages.
    """
    query = request.query
    size = _size(query.get("PageSize", ""))
    start = 0
    token = query.get("PageToken", "")
    number = int(query.get("Page", "0")) if query.get("Page", "0").isdigit() else 0
    if token.startswith("PA"):
        sids = [sid_of(item) for item in items]
        start = sids.index(token[2:]) + 1 if token[2:] in sids else len(items)
    elif number:
        start = number * size
    chosen = items[start : start + size]
    kept = [(k, v) for k, v in query.items() if k not in {"Page", "PageToken", "PageSize"}]

    def uri(to: int, after: str | None) -> str:
        words = [*kept, ("PageSize", str(size)), ("Page", str(to))]
        return f"{request.path}?{urlencode([*words, ('PageToken', f'PA{after}')] if after else words)}"

    more = start + size < len(items)
    before = sid_of(items[start - size - 1]) if start > size else None
    return web.json_response(
        {
            name: [show(item) for item in chosen],
            "end": start + max(0, len(chosen) - 1),
            "first_page_uri": uri(0, None),
            "next_page_uri": uri(number + 1, sid_of(chosen[-1])) if more and chosen else None,
            "page": number,
            "page_size": size,
            "previous_page_uri": uri(number - 1, before) if number > 0 else None,
            "start": start,
            "uri": request.path_qs,
        }
    )


def _size(raw: str) -> int:
    if not raw:
        return DEFAULT_PAGE
    if not raw.isdigit() or not 1 <= int(raw) <= MAX_PAGE:
        raise ApiError(400, 20001, f"Page size must be from 1 to {MAX_PAGE}")
    return int(raw)


def within(request: web.Request, name: str, at: datetime | None) -> bool:
    """Tell whether a time passes the filters `name`, `name<` and `name>` (dates or ISO 8601 times, both included)."""
    for suffix in ("", "<", ">"):
        raw = request.query.get(name + suffix)
        if raw is None:
            continue
        if at is None:
            return False
        whole_day = len(raw) == 10
        try:
            limit = datetime.fromisoformat(raw.replace("Z", "+00:00"))
        except ValueError as problem:
            raise ApiError(400, 20001, f"{name}{suffix} is not a date: {raw}") from problem
        limit = limit if limit.tzinfo else limit.replace(tzinfo=UTC)
        last = limit + timedelta(days=1) if whole_day else limit + timedelta(seconds=1)
        if suffix == "" and not limit <= at < last:
            return False
        if suffix == "<" and at >= last:
            return False
        if suffix == ">" and at < limit:
            return False
    return True
