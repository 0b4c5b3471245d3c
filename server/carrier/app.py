"""Wiring of the carrier's web application."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from aiohttp import web

from server.carrier.clock import VirtualClock
from server.carrier.control import Control, same_origin
from server.carrier.engine import Carrier
from server.carrier.model import CarrierConfig
from server.carrier.page import Page
from server.carrier.rest import PREFIX, Rest

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

CARRIER: web.AppKey[Carrier] = web.AppKey("carrier", Carrier)
__all__ = ["CARRIER", "CarrierConfig", "VirtualClock", "create_carrier_app"]


def create_carrier_app(
    config: CarrierConfig, clock: VirtualClock | None = None, rng: random.Random | None = None
) -> web.Application:
    """Make a carrier.

    Args:
        clock: virtual time; the real time when left out. `POST /clock` changes its rate.
        rng: where SIDs, tokens and chaos come from; give a seeded one for a reproducible run.
    """
    carrier = Carrier(config, clock or VirtualClock(), rng or random.SystemRandom())
    rest = Rest(carrier)
    app = web.Application(middlewares=[_guard, rest.middleware], client_max_size=256 * 1024)
    app[CARRIER] = carrier
    page = Page(carrier)
    app.add_routes([*rest.routes(), *page.routes(), *Control(carrier).routes()])

    async def close_pages(_: web.Application) -> None:
        await page.close()

    async def life(_: web.Application) -> AsyncIterator[None]:
        yield
        await carrier.close()

    app.on_shutdown.append(close_pages)
    app.cleanup_ctx.append(life)
    return app


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what a foreign web page might send to the control API of a carrier on the reader's machine."""
    if not request.path.startswith(PREFIX) and request.method not in {"GET", "HEAD"} and not same_origin(request):
        raise web.HTTPForbidden(text="requests from other origins are not accepted")
    return await handler(request)
