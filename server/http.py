"""HTTP at the edge: who is asking, what they may do, contracts, errors, headers. Features add routes, nothing else."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from server.contracts.registry import Contracts
from server.errors import AppError, ErrorKind
from server.ids import new_id
from server.limits import Network, client_ip
from server.policy import TELEPHONY_PREFIX, roles_for
from server.principals import Anonymous, Person, Principal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
MAX_BODY_BYTES = 65_536
FORM_TYPE = "application/x-www-form-urlencoded"
SESSION_COOKIE = "ringback_session"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

log = structlog.get_logger("http")
CONTRACTS = web.AppKey("contracts", Contracts)

STATUS: dict[ErrorKind, int] = {
    ErrorKind.INVALID: 400,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.GONE: 410,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.RATE_LIMITED: 429,
    ErrorKind.INTERNAL: 500,
    ErrorKind.UNAVAILABLE: 503,
}


@dataclass(frozen=True, slots=True)
class Route:
    """One route of a feature. `body` and `reply` name shapes of the contracts, for checking and for the API's page."""

    method: str
    path: str
    handler: Handler
    body: str | None = None
    reply: str | None = None
    about: str = ""
    any_origin: bool = False  # pages of every origin may read the answer, a refusal too; never with a cookie

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"


class Sessions(Protocol):
    """What the edge needs to know of signed-in people. Answers from memory."""

    def principal_of(self, token: str, ip: str, connection_id: str) -> Person | None:
        """Return whose session `token` is, or None."""


def json_response(data: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Answer with JSON that nobody caches."""
    return web.Response(
        body=orjson.dumps(data),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def error_response(contracts: Contracts, error: AppError) -> web.Response:
    """Answer with the error's code and details and the status of its kind."""
    known = contracts.errors[error.code]
    headers = {}
    retry_after = error.details.get("retryAfterS")
    if isinstance(retry_after, int | float):
        headers["Retry-After"] = str(int(retry_after))
    body = {"error": {"code": error.code, "details": error.details}}
    return json_response(body, STATUS[known.kind], headers)


async def read_json(request: web.Request, shape: str) -> dict[str, Any]:
    """Return the body as JSON that matches `shape`.

    Raises:
        AppError: `bad_request` for anything else, also for another content type; `too_large` above 64 KiB.
    """
    if request.content_type != "application/json":
        raise AppError("bad_request", path="", rule="contentType")
    raw = await _read_body(request)
    try:
        body = orjson.loads(raw)
    except (orjson.JSONDecodeError, RecursionError):
        raise AppError("bad_request", path="", rule="json") from None
    request.app[CONTRACTS].validate(shape, body)
    assert isinstance(body, dict)
    return body


async def _read_body(request: web.Request) -> bytes:
    """Return the body, which aiohttp then keeps.

    Raises:
        AppError: `too_large` above 64 KiB; `bad_request` for one that stops half-way or is not encoded as it says.
    """
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise AppError("too_large", maxBytes=MAX_BODY_BYTES) from None
    except (HttpProcessingError, web.RequestPayloadError, ConnectionError):
        raise AppError("bad_request", path="", rule="body") from None


async def _check_form(request: web.Request) -> None:
    """Refuse a webhook's body that no carrier sends: `request.post()` would fail on it in a dozen ways."""
    if request.content_type != FORM_TYPE or (request.charset or "utf-8").lower() != "utf-8":
        raise AppError("bad_request", path="", rule="contentType")
    try:
        (await _read_body(request)).decode()
    except UnicodeDecodeError:
        raise AppError("bad_request", path="", rule="body") from None


def principal_of(request: web.Request) -> Principal:
    """Return who sent the request."""
    principal: Principal = request["principal"]
    return principal


def person_of(request: web.Request) -> Person:
    """Return the signed-in person who sent the request.

    Raises:
        AppError: `unauthenticated`.
    """
    principal = principal_of(request)
    if not isinstance(principal, Person):
        raise AppError("unauthenticated")
    return principal


def _tokens(request: web.Request) -> tuple[str, bool]:
    """Return the session token of a request and whether it came as a cookie."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip(), False
    return request.cookies.get(SESSION_COOKIE, ""), True


def _middleware(
    contracts: Contracts,
    sessions: Sessions,
    public_origin: Callable[[], str],
    trusted_proxies: Sequence[Network],
    routes: Mapping[str, Route],
    count: Callable[[str, str, int, float], None],
) -> Any:
    @web.middleware
    async def edge(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        request_id = new_id()
        request["request_id"] = request_id
        resource = request.match_info.route.resource
        template = resource.canonical if resource is not None else ""
        key = f"{'GET' if request.method == 'HEAD' else request.method} {template}"
        response: web.StreamResponse
        try:
            ip = client_ip(request.remote, ",".join(request.headers.getall("X-Forwarded-For", [])), trusted_proxies)
            request["ip"] = ip
            token, by_cookie = _tokens(request)
            person = sessions.principal_of(token, ip, request_id) if token else None
            request["principal"] = person or Anonymous(ip)
            if key in routes:
                _check(request, key, person, by_cookie and person is not None, token, public_origin())
                if request.method == "POST" and request.path.startswith(TELEPHONY_PREFIX):
                    await _check_form(request)
            response = await handler(request)
        except AppError as error:
            response = error_response(contracts, error)
            if not key.startswith("GET"):
                log.info("request_refused", route=key, code=error.code, request_id=request_id)
        except web.HTTPRequestEntityTooLarge:
            response = error_response(contracts, AppError("too_large", maxBytes=MAX_BODY_BYTES))
        except web.HTTPException as error:
            if error.status == 404 or error.status == 405:
                response = error_response(contracts, AppError("not_found"))
            elif error.status < 400:
                raise
            else:
                response = error_response(contracts, AppError("bad_request", path="", rule="http"))
        except Exception:
            log.exception("request_failed", route=key, request_id=request_id)
            response = error_response(contracts, AppError("internal_error"))
        if not response.prepared:
            response.headers.setdefault("X-Request-Id", request_id)
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
            response.headers.setdefault("Referrer-Policy", "same-origin")
            response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
            response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
            if key in routes and routes[key].any_origin:
                response.headers["Access-Control-Allow-Origin"] = "*"
                response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if key in routes:
            count(request.method, template, response.status, time.perf_counter() - started)
        return response

    return edge


def _check(
    request: web.Request, key: str, person: Person | None, by_cookie: bool, token: str, public_origin: str
) -> None:
    """Refuse what the policy, the origin or the query forbid."""
    if len(request.query) != len(set(request.query)):
        raise AppError("bad_request", path="", rule="duplicateParameter")
    allowed = roles_for(key) or frozenset()
    if request.method not in _SAFE and not request.path.startswith(TELEPHONY_PREFIX):
        origin = request.headers.get("Origin")
        foreign = origin is not None and origin != public_origin
        if foreign or (by_cookie and origin is None):
            raise AppError("cross_origin")
    if request["principal"].role in allowed:
        return
    if person is None:
        raise AppError("session_expired" if token else "unauthenticated")
    raise AppError("forbidden")


def create_web_app(
    contracts: Contracts,
    routes: Iterable[Route],
    sessions: Sessions,
    public_origin: Callable[[], str],
    trusted_proxies: Sequence[Network] = (),
    count: Callable[[str, str, int, float], None] = lambda method, route, status, seconds: None,
) -> web.Application:
    """Return the web application with `routes` behind the edge.

    Raises:
        ValueError: a route is missing in the policy table, or listed twice; our bug, found at start.
    """
    all_routes = list(routes)
    keys = [route.key for route in all_routes]
    missing = [key for key in keys if roles_for(key) is None]
    twice = {key for key in keys if keys.count(key) > 1}
    if missing or twice:
        raise ValueError(f"routes without a policy: {missing}; listed twice: {sorted(twice)}")
    by_key = {route.key: route for route in all_routes}
    app = web.Application(
        middlewares=[_middleware(contracts, sessions, public_origin, trusted_proxies, by_key, count)],
        client_max_size=MAX_BODY_BYTES,
    )
    app[CONTRACTS] = contracts
    for route in all_routes:
        path = "/".join("{path:.+}" if part == "{path}" else part for part in route.path.split("/"))
        resource = app.router.add_resource(path)
        resource.add_route(route.method, route.handler)
        if route.method == "GET":
            resource.add_route("HEAD", route.handler)
    return app


def openapi(contracts: Contracts, routes: Iterable[Route], version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of `routes`, with the contracts as its schemas."""
    schemas = {name: _local(shape) for name, shape in contracts.shapes.items()}
    paths: dict[str, Any] = {}
    for route in routes:
        if not route.path.startswith("/api/"):
            continue
        reply: dict[str, Any] = {"description": "Done."}
        if route.reply:
            reply["content"] = {"application/json": {"schema": {"$ref": f"#/components/schemas/{route.reply}"}}}
        wrong = {
            "description": "Refused; the code says why.",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "properties": {"error": {"$ref": "#/components/schemas/ErrorBody"}},
                        "required": ["error"],
                    }
                }
            },
        }
        operation: dict[str, Any] = {"summary": route.about, "responses": {"200": reply, "default": wrong}}
        names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
        if names:
            operation["parameters"] = [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
            ]
        if route.body:
            schema = {"$ref": f"#/components/schemas/{route.body}"}
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ringback",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _local(node: Any) -> Any:
    """Return a schema with its references pointing into the OpenAPI document."""
    if isinstance(node, dict):
        return {
            key: "#/components/schemas/" + value.split("#/$defs/")[1]
            if key == "$ref" and "#/$defs/" in value
            else _local(value)
            for key, value in node.items()
        }
    return [_local(part) for part in node] if isinstance(node, list) else node
