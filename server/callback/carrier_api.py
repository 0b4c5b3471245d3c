"""The carrier's REST API through the twilio SDK. A real Twilio account or the local carrier: only settings differ.

The SDK's own HTTP client repeats POSTs on a 500, has no timeout and logs phone numbers; ours does none of that.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from server.callback.ports import CallView, CarrierRefused, NewCall, UnknownOutcome

CONNECT_S = 3.0
TOTAL_S = 10.0
LISTED = 50
OVER_ALREADY = frozenset({21220, 20404})
STATUS_EVENTS = ["initiated", "ringing", "answered", "completed"]
T = TypeVar("T")

logging.getLogger("twilio.async_http_client").setLevel(logging.WARNING)  # it logs phone numbers at INFO


class OneShotHttpClient(AsyncTwilioHttpClient):  # type: ignore[misc]  # the SDK is untyped
    """Sends each request once, to the configured base, with real timeouts."""

    def __init__(self, base_url: str, account_sid: str, auth_token: str) -> None:
        super().__init__(pool_connections=False)
        self._base = base_url.rstrip("/")
        basic = base64.b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        self._authorization = f"Basic {basic}"
        self.session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TOTAL_S, sock_connect=CONNECT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    def _address(self, url: str) -> str:
        """Return the URL at our base. Products other than `api` have a path of their own there."""
        parts = urlsplit(url)
        product = (parts.hostname or "api").split(".", 1)[0]
        base_path = urlsplit(self._base).path.rstrip("/")
        path = parts.path
        if base_path and path.startswith(f"{base_path}/"):
            path = path[len(base_path) :]  # paging links carry the base's path already
        is_api = product == "api" or url.startswith(self._base)
        query = f"?{parts.query}" if parts.query else ""
        return f"{self._base}{'' if is_api else '/' + product}{path}{query}"

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Send it once.

        Raises:
            UnknownOutcome: no whole answer came; for a POST the carrier may have done it.
        """
        sent = {**(headers or {}), "Authorization": self._authorization}
        try:
            async with self.session.request(
                method.upper(),
                self._address(url),
                params=_flat(params),
                data=_flat(data),
                headers=sent,
                allow_redirects=False,
            ) as answer:
                text = await answer.text()
                return Response(answer.status, text, answer.headers)
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise UnknownOutcome(type(problem).__name__) from problem


def _flat(values: dict[str, object] | None) -> list[tuple[str, str]] | None:
    if values is None:
        return None
    pairs: list[tuple[str, str]] = []
    for name, value in values.items():
        each = value if isinstance(value, list | tuple) else [value]
        pairs += [(name, str(one).lower() if isinstance(one, bool) else str(one)) for one in each]
    return pairs


class TwilioCarrier:
    """`ports.CarrierApi` over the SDK. Make it inside the running loop; close it at the end.

    Args:
        api_url: `https://api.twilio.com`, or the base of a carrier with the same API.
        caller_id: the number that both sides see.
    """

    def __init__(self, api_url: str, account_sid: str, auth_token: str, caller_id: str) -> None:
        self._http = OneShotHttpClient(api_url, account_sid, auth_token)
        self._client: Any = Client(account_sid, auth_token, http_client=self._http)
        self._caller_id = caller_id

    async def close(self) -> None:
        await self._http.close()

    async def create_call(self, call: NewCall) -> str:
        options: dict[str, object] = {}
        if call.machine and call.machine_url:
            options = {
                "machine_detection": call.machine,
                "async_amd": "true",
                "async_amd_status_callback": call.machine_url,
                "async_amd_status_callback_method": "POST",
            }
        made = await _answer(
            self._client.calls.create_async(
                to=call.to,
                from_=self._caller_id,
                url=call.voice_url,
                method="POST",
                fallback_url=call.voice_url,
                fallback_method="POST",
                status_callback=call.status_url,
                status_callback_method="POST",
                status_callback_event=STATUS_EVENTS,
                timeout=call.timeout_s,
                time_limit=call.time_limit_s,
                **options,
            )
        )
        return str(made.sid)

    async def fetch_call(self, call_sid: str) -> CallView | None:
        try:
            return _view(await _answer(self._client.calls(call_sid).fetch_async()))
        except CarrierRefused as refused:
            if refused.status == 404:
                return None
            raise

    async def list_calls(self, to: str) -> list[CallView]:
        found = await _answer(
            self._client.calls.list_async(to=to, from_=self._caller_id, limit=LISTED, page_size=LISTED)
        )
        return [_view(each) for each in found]

    async def end_call(self, call_sid: str) -> None:
        try:
            await _answer(self._client.calls(call_sid).update_async(status="completed"))
        except CarrierRefused as refused:
            if refused.code not in OVER_ALREADY and refused.status != 404:
                raise

    async def redirect_call(self, call_sid: str, url: str) -> bool:
        try:
            await _answer(self._client.calls(call_sid).update_async(url=url, method="POST"))
        except CarrierRefused as refused:
            if refused.code in OVER_ALREADY or refused.status == 404:
                return False
            raise
        return True

    async def room_members(self, room: str) -> dict[str, datetime]:
        rooms = await _answer(self._client.conferences.list_async(friendly_name=room, status="in-progress", limit=1))
        if not rooms:
            rooms = await _answer(self._client.conferences.list_async(friendly_name=room, status="init", limit=1))
        if not rooms:
            return {}
        members = await _answer(self._client.conferences(rooms[0].sid).participants.list_async(limit=20))
        return {str(m.call_sid): _utc(m.date_created) or datetime.now(UTC) for m in members}

    async def hold(self, conference_sid: str, call_sid: str, on: bool, url: str) -> None:
        party = self._client.conferences(conference_sid).participants(call_sid)
        options = {"hold_url": url, "hold_method": "POST"} if on else {}
        await _ignore_gone(party.update_async(hold=on, **options))

    async def announce(self, conference_sid: str, call_sid: str, url: str) -> None:
        party = self._client.conferences(conference_sid).participants(call_sid)
        await _ignore_gone(party.update_async(announce_url=url, announce_method="POST"))

    async def record(self, call_sid: str, status_url: str) -> None:
        await _ignore_gone(
            self._client.calls(call_sid).recordings.create_async(
                recording_channels="dual",
                recording_status_callback=status_url,
                recording_status_callback_method="POST",
                recording_status_callback_event=["completed"],
            )
        )


async def _answer(asked: Awaitable[T]) -> T:
    """Wait for an answer of the carrier and sort what went wrong into the two kinds that matter."""
    try:
        return await asyncio.wait_for(asyncio.ensure_future(asked), TOTAL_S + CONNECT_S)
    except TwilioRestException as problem:
        if problem.status >= 500:
            raise UnknownOutcome(str(problem.status)) from problem
        raise CarrierRefused(int(problem.code or 0), int(problem.status)) from problem
    except TwilioException as problem:  # a list or a page that could not be read
        status = _status_in(str(problem))
        if 400 <= status < 500:
            raise CarrierRefused(0, status) from problem
        raise UnknownOutcome("unreadable answer") from problem
    except (TimeoutError, ValueError) as problem:
        raise UnknownOutcome(type(problem).__name__) from problem


def _status_in(text: str) -> int:
    words = [word.strip(",:()") for word in text.split()]
    return next((int(word) for word in words if len(word) == 3 and word.isdigit()), 0)


async def _ignore_gone(asked: Awaitable[object]) -> None:
    try:
        await _answer(asked)
    except CarrierRefused as refused:
        if refused.code not in OVER_ALREADY and refused.status != 404:
            raise


def _view(call: Any) -> CallView:
    duration = str(call.duration) if call.duration is not None else ""
    return CallView(
        sid=str(call.sid),
        status=str(call.status),
        duration_s=int(duration) if duration.isdigit() else None,
        created_at=_utc(call.date_created),
        ended_at=_utc(call.end_time),
    )


def _utc(moment: Any) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
