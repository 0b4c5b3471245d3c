"""What the server shows without asking a feature: the widget's and console's files, the docs, health, metrics."""

from __future__ import annotations

import html
import ipaddress
import mimetypes
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from markdown_it import MarkdownIt

from server.contracts.registry import Contracts
from server.errors import AppError
from server.http import Route, json_response, openapi

STATIC = Path(__file__).parent / "static"
DOCS = Path(__file__).parents[1] / "docs"
READY_TIMEOUT_S = 1.0

CONSOLE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; "
    "font-src 'self'; media-src 'self'; manifest-src 'self'; frame-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"
)
# The page that shows the widget with what is not saved yet: no origin, no connections, in our own frames only.
PREVIEW_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; connect-src 'none'; "
    "form-action 'none'; frame-ancestors 'self'; base-uri 'none'; require-trusted-types-for 'script'; "
    "sandbox allow-scripts allow-forms"
)
DOCS_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
_IMMUTABLE = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=300, stale-while-revalidate=86400"
# A module script of another origin is fetched with CORS, so what the widget loads must allow every origin.
_WIDGET_HEADERS = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}

DOCS_CSS = """
:root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--line:#d8dee4;--code:#f3f5f7;--link:#0b5cad}
@media(prefers-color-scheme:dark){
  :root{--fg:#e8ebee;--bg:#14171a;--line:#333a42;--code:#1f242a;--link:#7cb8ff}
}
body{margin:0 auto;max-width:52rem;padding:1.5rem;font:16px/1.6 system-ui,sans-serif;color:var(--fg)}
body{background:var(--bg)}
a{color:var(--link)}
nav{margin-bottom:2rem;display:flex;flex-wrap:wrap;gap:.25rem 1rem}
pre{background:var(--code);padding:1rem;overflow:auto;border-radius:8px}
code{background:var(--code);padding:.1em .3em;border-radius:4px}
pre code{padding:0}
table{border-collapse:collapse;display:block;overflow:auto}
td,th{border:1px solid var(--line);padding:.35rem .6rem;text-align:start;vertical-align:top}
"""


def _file(root: Path, relative: str) -> Path:
    """Return the file `relative` below `root`.

    Raises:
        AppError: `not_found`, also for whatever points outside `root`.
    """
    try:
        path = (root / relative).resolve()
        if path.is_relative_to(root.resolve()) and path.is_file():
            return path
    except (OSError, ValueError):
        pass
    raise AppError("not_found")


def _serve(path: Path, headers: dict[str, str]) -> web.FileResponse:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind in ("application/javascript", "application/json"):
        kind += "; charset=utf-8"
    return web.FileResponse(path, headers={"Content-Type": kind, "Vary": "Accept-Encoding", **headers})


def static_routes(static: Path = STATIC) -> list[Route]:
    """Routes for what the web build wrote to `static`; a build with .br beside the files is served compressed."""

    async def loader(_request: web.Request) -> web.StreamResponse:
        return _serve(_file(static, "widget/widget.js"), {"Cache-Control": _SHORT, **_WIDGET_HEADERS})

    async def widget(request: web.Request) -> web.StreamResponse:
        path = _file(static / "widget", request.match_info["path"])
        return _serve(path, {"Cache-Control": _IMMUTABLE, **_WIDGET_HEADERS})

    async def preview(request: web.Request) -> web.StreamResponse:
        path = _file(static / "preview", request.match_info["path"])
        return _serve(path, {"Cache-Control": "no-cache", "Content-Security-Policy": PREVIEW_CSP})

    async def console(request: web.Request) -> web.StreamResponse:
        relative = request.match_info.get("path", "")
        if not relative and not request.path.endswith("/"):
            raise web.HTTPFound("/console/")
        if relative:
            path = _file(static / "console", relative)
            cache = _IMMUTABLE if "assets" in path.parts else "no-cache"
            return _serve(path, {"Cache-Control": cache, "Content-Security-Policy": CONSOLE_CSP})
        headers = {
            "Cache-Control": "no-cache",
            "Content-Security-Policy": CONSOLE_CSP,
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        }
        return _serve(_file(static, "console/index.html"), headers)

    async def home(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/console/")

    return [
        Route("GET", "/", home),
        Route("GET", "/widget.js", loader),
        Route("GET", "/widget/{path}", widget),
        Route("GET", "/preview/{path}", preview),
        Route("GET", "/console", console),
        Route("GET", "/console/", console),
        Route("GET", "/console/{path}", console),
    ]


def docs_routes(docs: Path = DOCS) -> list[Route]:
    """Routes that show the project's own documentation as pages."""
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")

    def page(name: str) -> web.Response:
        names = sorted(str(path.relative_to(docs).with_suffix("")) for path in docs.rglob("*.md"))
        if name not in names:
            raise AppError("not_found")
        text = (docs / f"{name}.md").read_text("utf-8").replace(".md)", ")")
        links = " ".join(f'<a href="/docs/{html.escape(n)}">{html.escape(n)}</a>' for n in names if "/" not in n)
        body = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
            f'content="width=device-width"><title>{html.escape(name)} - Ringback</title>'
            f'<link rel="stylesheet" href="/docs/style.css"></head><body><nav aria-label="Documents">{links}</nav>'
            f"<main>{markdown.render(text)}</main></body></html>"
        )
        return web.Response(text=body, content_type="text/html", headers={"Content-Security-Policy": DOCS_CSP})

    async def index(_request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/docs/architecture")

    async def one(request: web.Request) -> web.StreamResponse:
        if request.match_info["path"] == "style.css":
            return web.Response(text=DOCS_CSS, content_type="text/css")
        return page(request.match_info["path"])

    return [Route("GET", "/docs", index), Route("GET", "/docs/{path}", one)]


def health_routes(
    ping: Callable[[float], Awaitable[bool]],
    is_draining: Callable[[], bool],
    render_metrics: Callable[[], tuple[bytes, str]],
) -> list[Route]:
    """Routes for machines: alive, ready, metrics.

    Args:
        ping: whether the database answers within that many seconds.
        render_metrics: returns the exposition and its content type.
    """

    async def health(_request: web.Request) -> web.StreamResponse:
        return json_response({"status": "ok"})

    async def ready(_request: web.Request) -> web.StreamResponse:
        if is_draining():
            return json_response({"status": "draining"}, 503)
        if not await ping(READY_TIMEOUT_S):
            return json_response({"status": "database_unavailable"}, 503)
        return json_response({"status": "ok"})

    async def metrics(request: web.Request) -> web.StreamResponse:
        # Figures about a business are not for strangers: only this machine and private networks may read them, and
        # not through a proxy, which would make a stranger look like it.
        try:
            address = ipaddress.ip_address(request["ip"])
        except ValueError:
            raise AppError("forbidden") from None
        if not (address.is_loopback or address.is_private) or any(name in request.headers for name in _FORWARDED):
            raise AppError("forbidden")
        body, content_type = render_metrics()
        return web.Response(body=body, headers={"Content-Type": content_type})

    return [Route("GET", "/health", health), Route("GET", "/ready", ready), Route("GET", "/metrics", metrics)]


def openapi_route(contracts: Contracts, routes: list[Route], version: str) -> Route:
    """Return the route that describes the other routes."""
    document: dict[str, Any] = openapi(contracts, routes, version)

    async def describe(_request: web.Request) -> web.StreamResponse:
        return json_response(document)

    return Route("GET", "/api/openapi.json", describe)
