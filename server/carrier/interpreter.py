"""Running TwiML on a call: fetch a document, do its verbs one after the other, follow where they lead."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from server.carrier import calls
from server.carrier.dial import Dialler
from server.carrier.gather import gather
from server.carrier.leg import Leg
from server.carrier.model import Callback, Document
from server.carrier.record import record
from server.carrier.twiml import Parsed, TwimlError, Verb, digits_s, parse, repeats, resolve, spoken_s
from server.carrier.webhooks import Reply, Webhook

if TYPE_CHECKING:
    from server.carrier.engine import Carrier

END = Document(kind="end")
PROMPTS = frozenset({"Say", "Play", "Pause"})
MUSIC_VERBS = PROMPTS | {"Redirect"}
WHISPER_VERBS = PROMPTS | {"Gather", "Redirect", "Hangup"}
PLAY_S = 3.0
SORRY = "We are sorry, an application error has occurred. Goodbye."
_XML = frozenset({"text/xml", "application/xml", "text/html", "application/twiml+xml", ""})


class FetchFailed(Exception):  # noqa: N818 - an event of the call, told to nobody outside this module
    """A document could not be had; `code` is the carrier's error number."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Loaded:
    """A document that was fetched: its verbs, its own address (for relative URLs) and the method that got it."""

    verbs: tuple[Verb, ...]
    base: str
    method: str

    def target(self, verb: Verb, kind: str, url: str, extra: tuple[tuple[str, str], ...] = ()) -> Document:
        """Return the document to which a verb leads, relative to this one."""
        return Document(resolve(self.base, url), _method(verb.get("method")), extra=extra, kind=kind)


class Interpreter:
    def __init__(self, carrier: Carrier) -> None:
        self.carrier = carrier
        self._dialler = Dialler(carrier, self)

    async def run(self, leg: Leg, document: Document) -> None:
        """Run a call's instructions until they are through; the caller then hangs up."""
        await self._follow(leg, document, None)

    async def whisper(self, leg: Leg, document: Document) -> None:
        """Run what the called party of a Dial hears before the bridge. A Hangup in it ends that call."""
        if await self._follow(leg, document, WHISPER_VERBS) is END:
            self.carrier.complete(leg)

    async def music(self, leg: Leg, document: Document | None) -> bool:
        """Play waiting or hold music until cancelled.

        Args:
            document: None for the carrier's own music; an empty URL for silence.
        Returns:
            False when the document could not be had.
        """
        if document is None:
            self.carrier.note(leg, "music", "")
        elif document.url:
            while True:
                started = self.carrier.clock.seconds()
                try:
                    loaded = await self.fetch(leg, document)
                except FetchFailed as problem:
                    self.notify(leg, problem.code, str(problem))
                    return False
                await self._verbs(leg, loaded, MUSIC_VERBS)
                if self.carrier.clock.seconds() - started < 1.0:
                    break
        await asyncio.get_running_loop().create_future()
        return True

    async def announce(self, legs: Sequence[Leg], document: Document) -> bool:
        """Play something into a conference; tell whether it could be had."""
        try:
            loaded = await self.fetch(legs[0], document)
        except FetchFailed as problem:
            self.notify(legs[0], problem.code, str(problem))
            return False
        for verb in loaded.verbs:
            if verb.name in PROMPTS:
                await self.prompt(legs, loaded, verb)
        return True

    async def fetch(self, leg: Leg, document: Document) -> Loaded:
        """Get a document and read it.

        Raises:
            FetchFailed: 11200, 11205, 12100 or 12300.
        """
        if document.twiml is not None:
            return self._read(leg, Reply(200, "text/xml", document.twiml.encode()), document)
        extra = document.extra
        if leg.call.answered_by and leg.plan.detection and not leg.plan.detection.is_async:
            extra = (("AnsweredBy", leg.call.answered_by), *extra)
        params = (*calls.who(leg.call), *extra)
        hook = Webhook("twiml", document.kind, document.url, document.method, params, leg.sid, leg.number)
        asking = self.carrier.spawn(self._ask(leg, hook))
        return self._read(leg, await asyncio.shield(asking), document)

    async def _ask(self, leg: Leg, hook: Webhook) -> Reply:
        """Ask to the end, even when the person hangs up meanwhile: the customer sees whole requests only."""
        leg.asking += 1
        try:
            return await self.carrier.webhooks.ask(hook)
        finally:
            leg.asking -= 1

    def _read(self, leg: Leg, reply: Reply, document: Document) -> Loaded:
        if reply.error_code:
            raise FetchFailed(reply.error_code, f"{document.url} answered {reply.status or reply.failure}")
        text = reply.body.decode("utf-8", "replace")
        base = document.url.partition("#")[0] or self.carrier.config.public_url
        if reply.content_type.startswith("audio/"):
            return Loaded((Verb("Play", {}, document.url),), base, document.method)
        if reply.content_type == "text/plain":
            return Loaded((Verb("Say", {}, " ".join(text.split())),), base, document.method)
        if reply.content_type not in _XML:
            raise FetchFailed(12300, f"Invalid Content-Type {reply.content_type}")
        try:
            parsed: Parsed = parse(text)
        except TwimlError as problem:
            raise FetchFailed(problem.code, str(problem)) from problem
        for warning in parsed.warnings:
            self.notify(leg, 12200, warning)
        return Loaded(parsed.verbs, base, document.method)

    async def _follow(self, leg: Leg, document: Document, allowed: frozenset[str] | None) -> Document | None:
        """Run documents one after the other. Returns END after a Hangup, None when the last one is through."""
        following: Document | None = document
        while following is not None and following is not END:
            loaded = await self._load(leg, following)
            if loaded is None:
                await self.prompt([leg], None, Verb("Say", {}, SORRY))
                return END
            following = await self._verbs(leg, loaded, allowed)
        return following

    async def _load(self, leg: Leg, document: Document) -> Loaded | None:
        """Fetch a document, or the call's fallback in its place; None when neither can be had."""
        try:
            return await self.fetch(leg, document)
        except FetchFailed as problem:
            self.notify(leg, problem.code, str(problem))
            if leg.plan.fallback is None:
                return None
            about = (("ErrorCode", str(problem.code)), ("ErrorUrl", document.url))
        try:
            return await self.fetch(leg, replace(leg.plan.fallback, extra=about, kind="fallback"))
        except FetchFailed as problem:
            self.notify(leg, problem.code, str(problem))
            return None

    async def _verbs(self, leg: Leg, loaded: Loaded, allowed: frozenset[str] | None) -> Document | None:
        for verb in loaded.verbs:
            if allowed is not None and verb.name not in allowed:
                self.notify(leg, 12200, f"{verb.name} is not allowed here")
                continue
            following = await self._do(leg, loaded, verb)
            if following is not None:
                return following
        return None

    async def _do(self, leg: Leg, loaded: Loaded, verb: Verb) -> Document | None:
        """Do one verb. Returns the document to go on with, END to hang up, None for the next verb."""
        if verb.name in PROMPTS:
            await self.prompt([leg], loaded, verb)
        elif verb.name == "Gather":
            return await gather(self, leg, loaded, verb)
        elif verb.name == "Record":
            return await record(self, leg, loaded, verb)
        elif verb.name == "Dial":
            return await self._dialler.dial(leg, loaded, verb)
        elif verb.name == "Redirect":
            return loaded.target(verb, "redirect", verb.text)
        elif verb.name in {"Sms", "Message"}:
            return self._text(leg, loaded, verb)
        else:  # Hangup; Reject of a call that was answered comes to the same
            return END
        return None

    async def ask_in_vain(self, leg: Leg, document: Document) -> None:
        """Ask an action of a call that is over: the customer learns of it, the answer is run by nobody."""
        await self.carrier.clock.first(None, leg.done)
        try:
            await self.fetch(leg, document)
        except FetchFailed as problem:
            self.notify(leg, problem.code, str(problem))

    def _text(self, leg: Leg, loaded: Loaded, verb: Verb) -> Document | None:
        url = verb.get("statusCallback")
        callback = Callback(resolve(loaded.base, url)) if url else None
        message = self.carrier.messages.send(
            verb.get("to", leg.call.to), verb.get("from", leg.call.from_), verb.text, callback
        )
        if not verb.get("action"):
            return None
        extra = (("MessageSid", message.sid), ("SmsSid", message.sid), ("SmsStatus", "sent"))
        return loaded.target(verb, "message", verb.get("action"), extra=extra)

    async def prompt(self, legs: Sequence[Leg], loaded: Loaded | None, verb: Verb) -> None:
        """Say, play or pause: as long as it takes, before everybody who listens."""
        for _ in range(repeats(verb) if verb.name != "Pause" else 1):
            seconds = self._sound(legs, verb)
            await self.carrier.clock.sleep(seconds)

    def _sound(self, legs: Sequence[Leg], verb: Verb) -> float:
        if verb.name == "Pause":
            return verb.number("length", 1)
        digits = verb.get("digits")
        kind = "say" if verb.name == "Say" else "tone" if digits else "play"
        for leg in legs:
            self.carrier.note(leg, kind, digits or verb.text, verb.get("language"))
        if verb.name == "Say":
            return spoken_s(verb.text)
        return digits_s(digits) if digits else PLAY_S

    def notify(self, leg: Leg, code: int, text: str) -> None:
        """Write down what Twilio's debugger would show."""
        self.carrier.journal.write("notification", sid=leg.sid, code=code, text=text)


def _method(method: str) -> str:
    return "GET" if method.upper() == "GET" else "POST"
