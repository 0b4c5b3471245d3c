"""The REST side as a whole: who may ask, what is written down, and what chaos does to an answer."""

from __future__ import annotations

import asyncio
import hmac
import re
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web

from server.carrier.api import ApiError, error_response
from server.carrier.model import API_VERSION
from server.carrier.rest_calls import CallRoutes
from server.carrier.rest_conferences import ConferenceRoutes
from server.carrier.rest_records import RecordRoutes

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

    from server.carrier.engine import Carrier

PREFIX = f"/{API_VERSION}/"


class Rest:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def routes(self) -> list[web.RouteDef]:
        parts = (CallRoutes(self._carrier), ConferenceRoutes(self._carrier), RecordRoutes(self._carrier))
        return [route for part in parts for route in part.routes()]

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Authenticate, journal and answer one REST request; everything else passes through."""
        if not request.path.startswith(PREFIX):
            return await handler(request)
        journal = self._carrier.journal
        form = {k: ",".join(map(str, v)) for k, v in _grouped(await request.post()).items()}
        number = journal.write("rest", method=request.method, path=request.path, query=dict(request.query), form=form)
        resource = resource_of(request.path)
        hit = self._carrier.chaos.for_request(request.method, resource)
        if "slow" in hit:
            await asyncio.sleep(hit["slow"].seconds)
        if "tooManyRequests" in hit:
            error = ApiError(429, 20429, "Too Many Requests", hit["tooManyRequests"].seconds)
            response: web.StreamResponse = error_response(error)
        else:
            response = await self._answer(request, handler)
        if "errorAfterAccept" in hit:
            response = error_response(ApiError(500, 20500, "Internal server error"))
        body = (response.text or "") if isinstance(response, web.Response) else ""
        sid = re.search(r'"(?:call_)?sid": "(\w+)"', body) if response.status == 201 else None
        closes = "closeAfterAccept" in hit
        journal.write(
            "restReply",
            request=number,
            method=request.method,
            path=request.path,
            status=None if closes else response.status,
            **({"sid": sid[1]} if sid else {}),
            **({"chaos": sorted(hit)} if hit else {}),
            **({"body": body[:2000]} if body else {}),
        )
        if closes and request.transport is not None:
            request.transport.abort() if hasattr(request.transport, "abort") else request.transport.close()
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self._authenticate(request)
            return await handler(request)
        except ApiError as error:
            return error_response(error)
        except web.HTTPNotFound:
            return error_response(ApiError(404, 20404, f"The requested resource {request.path} was not found"))
        except web.HTTPMethodNotAllowed:
            return error_response(ApiError(405, 20004, "Method not allowed"))

    def _authenticate(self, request: web.Request) -> None:
        config = self._carrier.config
        try:
            given = aiohttp.BasicAuth.decode(request.headers.get("Authorization", ""), encoding="utf-8")
        except ValueError:
            raise ApiError(401, 20003, "Authenticate") from None
        right = hmac.compare_digest(given.password.encode(), config.auth_token.encode())
        if given.login != config.account_sid or not right:
            raise ApiError(401, 20003, "Authenticate")
        if request.match_info.get("account", config.account_sid) != config.account_sid:
            raise ApiError(404, 20404, f"The requested resource {request.path} was not found")


def resource_of(path: str) -> str:
    """Return the resource a path is about: `Calls`, `Participants`, `Recordings`, `Messages` ..."""
    parts = [part.removesuffix(".json") for part in path.removeprefix(PREFIX).split("/")]
    return next((part for part in reversed(parts) if part[:1].isupper() and part.isalpha()), "")


def _grouped(form: object) -> dict[str, list[object]]:
    grouped: dict[str, list[object]] = {}
    for key, value in form.items():  # type: ignore[attr-defined]
        grouped.setdefault(key, []).append(value)
    return grouped
