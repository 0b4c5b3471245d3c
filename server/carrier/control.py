"""The control API: scripts of handsets, chaos, the clock and the journal. For tests and the demo."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import web

from server.carrier.chaos import ChaosError, parse_chaos
from server.carrier.model import is_address
from server.carrier.script import ScriptError, parse_script

if TYPE_CHECKING:
    from server.carrier.engine import Carrier

ACTIONS = frozenset({"answer", "decline", "press", "hangup"})


class Control:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/handsets/{number}", self.show),
            web.post("/handsets/{number}/script", self.script),
            web.delete("/handsets/{number}/script", self.forget),
            web.post("/handsets/{number}/act", self.act),
            web.post("/handsets/{number}/mode", self.mode),
            web.get("/chaos", self.show_chaos),
            web.post("/chaos", self.chaos),
            web.get("/clock", self.show_clock),
            web.post("/clock", self.clock),
            web.get("/journal", self.journal),
            web.post("/journal/replay", self.replay),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """Answer what the handset shows now."""
        return web.json_response(self._carrier.handsets.snapshot([number_of(request)])[0])

    async def script(self, request: web.Request) -> web.Response:
        """Give a handset its behaviour for every following call, or with `"once": true` for the next one only."""
        body = await read(request)
        handset = self._carrier.handsets.of(number_of(request))
        try:
            script = parse_script(body)
        except ScriptError as problem:
            raise bad(str(problem)) from problem
        handset.give(script)
        self._carrier.journal.write("script", number=handset.number, body=body)
        self._carrier.handsets.changed()
        return web.json_response({"number": handset.number, "steps": len(script.steps), "once": script.once})

    async def forget(self, request: web.Request) -> web.Response:
        """Take a handset's scripts away: it rings for a person again."""
        self._carrier.handsets.of(number_of(request)).forget_scripts()
        self._carrier.journal.write("script", number=number_of(request), body=None)
        self._carrier.handsets.changed()
        return web.json_response({"number": number_of(request)})

    async def act(self, request: web.Request) -> web.Response:
        """Do one thing at a handset now: {"answer": true}, {"decline": true}, {"press": "1"} or {"hangup": true}."""
        body = await read(request)
        action = next((word for word in body if word in ACTIONS), None)
        if action is None:
            raise bad(f"one of {', '.join(sorted(ACTIONS))}")
        digits = str(body[action]) if action == "press" else ""
        done = self._carrier.handsets.act(number_of(request), action, digits, str(body.get("callSid", "")))
        return web.json_response({"done": done}, status=200 if done else 409)

    async def mode(self, request: web.Request) -> web.Response:
        """Switch a handset to ring, busy or voicemail."""
        mode = str((await read(request)).get("mode"))
        if not self._carrier.handsets.set_mode(number_of(request), mode):
            raise bad("mode is ring, busy or voicemail")
        return web.json_response({"mode": mode})

    async def show_chaos(self, request: web.Request) -> web.Response:
        return web.json_response({"rules": [vars(rule) for rule in self._carrier.chaos.rules]})

    async def chaos(self, request: web.Request) -> web.Response:
        """Replace what goes wrong; an empty object clears it."""
        body = await read(request)
        try:
            rules, seed = parse_chaos(body)
        except ChaosError as problem:
            raise bad(str(problem)) from problem
        chaos = self._carrier.chaos
        chaos.rules = rules
        if seed is not None:
            chaos.rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self._carrier.journal.write("chaos", body=body)
        return web.json_response({"rules": [vars(rule) for rule in rules]})

    async def show_clock(self, request: web.Request) -> web.Response:
        return web.json_response(self._clock())

    async def clock(self, request: web.Request) -> web.Response:
        """Set the rate (virtual seconds per real second, 0: stand still), jump forward: {"rate": 20, "advance": 3}."""
        body = await read(request)
        unknown = set(body) - {"rate", "advance"}
        if unknown:
            raise bad(f"{', '.join(sorted(unknown))} is not known; there are rate and advance")
        try:
            for name, change in (("rate", self._carrier.clock.set_rate), ("advance", self._carrier.clock.advance)):
                if name in body:
                    change(_number(body[name]))
        except ValueError as problem:
            raise bad(str(problem)) from problem
        self._carrier.journal.write("clock", body=body)
        return web.json_response(self._clock())

    def _clock(self) -> dict[str, Any]:
        clock = self._carrier.clock
        return {"rate": clock.rate, "now": clock.now().isoformat(), "nowMs": int(clock.now().timestamp() * 1000)}

    async def journal(self, request: web.Request) -> web.Response:
        """Answer the journal as JSON lines; `since` skips entries up to that number, `kind` keeps one kind."""
        since = request.query.get("since", "0")
        if not since.isdigit():
            raise bad("since is the number of an entry")
        entries = self._carrier.journal.entries(int(since), request.query.get("kind"))
        lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
        return web.Response(text=lines, content_type="application/x-ndjson")

    async def replay(self, request: web.Request) -> web.Response:
        """Send every webhook so far again (of one call or conference: `{"sid": "CA..."}`)."""
        sid = (await read(request)).get("sid")
        return web.json_response({"sent": self._carrier.webhooks.replay(str(sid) if sid else None)})


def number_of(request: web.Request) -> str:
    number = clean_number(request.match_info["number"])
    if not is_address(number):
        raise bad("a handset is named by a number such as +15551230001, or client:name")
    return number


def clean_number(raw: str) -> str:
    """Return a number as it was meant: a plus sign in a query arrives as a space."""
    return f"+{raw[1:]}" if raw[:1] == " " else raw


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number is needed")
    return float(value)


def bad(text: str) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": text}), content_type="application/json")


async def read(request: web.Request) -> Mapping[str, Any]:
    """Read a JSON object; nothing at all counts as an empty one.

    Raises:
        HTTPBadRequest: it is something else.
    """
    raw = await request.text()
    try:
        body = json.loads(raw) if raw.strip() else {}
    except json.JSONDecodeError as problem:
        raise bad("the body is JSON") from problem
    if not isinstance(body, dict):
        raise bad("the body is a JSON object")
    return body


def same_origin(request: web.Request) -> bool:
    """Tell whether a request comes from no web page, or from one of the carrier's own."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
