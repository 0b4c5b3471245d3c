"""The demo shop: a site of its own, on its own origin, that embeds the widget as any customer would."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from babel.core import negotiate_locale

from server.demo.shop.pages import HERE, LANGUAGES, render

_STATIC: Final = HERE / "static"


def content_security_policy(widget_origin: str) -> str:
    """Return the policy of the shop's pages: nothing but its own files and the widget's origin."""
    parts = urlsplit(widget_origin)
    socket_origin = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {widget_origin}",
            "style-src 'self'",
            f"img-src 'self' {widget_origin}",
            f"connect-src 'self' {widget_origin} {socket_origin}",
            "font-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def preferred_language(accept_language: str) -> str:
    """Return the shop's language that fits an Accept-Language header best; English when none does."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        try:
            wanted.append((-float(quality or 1), tag.strip().replace("-", "_")))
        except ValueError:
            continue
    by_wish = [tag for quality, tag in sorted(wanted, key=lambda item: item[0]) if quality < 0]
    return negotiate_locale(by_wish, LANGUAGES, aliases={"mo": "ro"}) or "en"


def create_shop_app(widget_origin: str, site_key: str) -> web.Application:
    """Return the shop as an application.

    Args:
        widget_origin: scheme, host and port of the Ringback server, without a trailing slash.
        site_key: the public key of the site that the shop is.
    """
    widget_origin = widget_origin.rstrip("/")
    policy = content_security_policy(widget_origin)

    async def headers(_request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        response.headers.setdefault("Cache-Control", "no-cache")

    async def root(request: web.Request) -> web.Response:
        lang = preferred_language(request.headers.get("Accept-Language", ""))
        raise web.HTTPFound(f"/{lang}/", headers={"Vary": "Accept-Language"})

    async def page(request: web.Request) -> web.Response:
        lang, path = request.match_info["lang"], request.match_info["path"].strip("/")
        status, html = render(lang, path, request.query, widget_origin, site_key)
        return web.Response(text=html, content_type="text/html", charset="utf-8", status=status)

    async def bare_language(request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently(f"/{request.match_info['lang']}/")

    async def favicon(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(_STATIC / "img" / "mark.svg")

    one_of = "|".join(LANGUAGES)
    app = web.Application()
    app.on_response_prepare.append(headers)
    app.router.add_get("/", root)
    app.router.add_get("/favicon.ico", favicon)
    app.router.add_static("/static/", _STATIC)
    app.router.add_get(f"/{{lang:{one_of}}}", bare_language)
    app.router.add_get(f"/{{lang:{one_of}}}/{{path:.*}}", page)
    return app
