"""Virtual handsets: who rings, what a scripted person does, and what a person with the page open sees."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from server.carrier import calls
from server.carrier.leg import Caption, Leg, settle
from server.carrier.model import Message
from server.carrier.script import GREETING_S, VOICEMAIL_RING_S, Script, Step

if TYPE_CHECKING:
    from server.carrier.engine import Carrier

MODES = ("ring", "busy", "voicemail")
UNHEARD_PRESS_S = 5.0
MACHINE_RECORDS_S = 120.0
KEPT_CALLS = 8
KEPT_MESSAGES = 50
_MODE_SCRIPTS = {
    "busy": Script((Step("refuse", end=("busy", 486)),)),
    "voicemail": Script(
        (Step("wait", VOICEMAIL_RING_S), Step("voicemail", GREETING_S)),
        answered_by="machine_start",
        greeting_s=GREETING_S,
    ),
}


@dataclass
class Handset:
    """One number. Its script holds for every call to it until replaced; a `once` script is used up first."""

    number: str
    mode: str = "ring"
    script: Script | None = None
    once: deque[Script] = field(default_factory=deque)
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=KEPT_MESSAGES))
    legs: deque[Leg] = field(default_factory=lambda: deque(maxlen=KEPT_CALLS))

    def next_script(self) -> Script | None:
        if self.once:
            return self.once.popleft()
        return self.script or _MODE_SCRIPTS.get(self.mode)

    @property
    def engaged(self) -> tuple[str, int] | None:
        """A person who is in a call is busy for the next one; a script decides for itself."""
        return ("busy", 486) if any(leg.call.status == "in-progress" for leg in self.legs) else None

    def give(self, script: Script) -> None:
        if script.once:
            self.once.append(script)
        else:
            self.script = script

    def forget_scripts(self) -> None:
        self.script = None
        self.once.clear()


class Handsets:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._handsets: dict[str, Handset] = {}
        self._watchers: set[Callable[[], None]] = set()
        self._captions = 0

    def of(self, number: str) -> Handset:
        """Return the handset of a number; a number that was never seen has one too."""
        return self._handsets.setdefault(number, Handset(number))

    def numbers(self) -> list[str]:
        """Return the numbers with a name or a history, the named ones first."""
        return list(dict.fromkeys([*self._carrier.config.handset_names, *self._handsets]))

    def watch(self, watcher: Callable[[], None]) -> Callable[[], None]:
        """Call `watcher` whenever something on a handset changed; returns how to stop."""
        self._watchers.add(watcher)
        return lambda: self._watchers.discard(watcher)

    def changed(self) -> None:
        for watcher in list(self._watchers):
            watcher()

    def caption(self, leg: Leg, kind: str, text: str, language: str = "") -> None:
        self._captions += 1
        leg.captions.append(Caption(self._captions, kind, text, language))
        self.changed()

    def ringing(self, leg: Leg) -> None:
        self.of(leg.number).legs.append(leg)

    def live_leg(self, number: str) -> Leg | None:
        """Return the newest call on a handset that is ringing or in progress."""
        legs = self.of(number).legs
        return next((leg for leg in reversed(legs) if leg.call.status in {"ringing", "in-progress"}), None)

    def receive(self, message: Message) -> None:
        self.of(message.to).messages.append(message)
        self.changed()

    async def play(self, leg: Leg, script: Script) -> None:
        """Do what the script says, from the first ring on."""
        for step in script.steps:
            await self._do(leg, step)

    async def _do(self, leg: Leg, step: Step) -> None:
        carrier = self._carrier
        if step.action == "wait":
            await carrier.clock.sleep(step.seconds)
        elif step.action == "ring":
            await asyncio.shield(leg.ring)
        elif step.action == "answer":
            carrier.pick_up(leg)
        elif step.action == "joined":
            await self._joined(leg)
        elif step.action == "press":
            await self._press(leg, step.digits)
        elif step.action == "speak":
            leg.speaking_until_s = carrier.clock.seconds() + step.seconds
            await carrier.clock.sleep(step.seconds)
        elif step.action == "hangup":
            if not carrier.hang_up(leg):
                carrier.refuse(leg, "no-answer", 603)
        elif step.action == "refuse":
            if not carrier.refuse(leg, *step.end):
                carrier.hang_up(leg)
        elif step.action == "voicemail" and carrier.pick_up(leg):
            leg.speaking_until_s = carrier.clock.seconds() + step.seconds
            await carrier.clock.sleep(step.seconds)
            self.caption(leg, "tone", "beep")
            await carrier.clock.sleep(MACHINE_RECORDS_S)
            carrier.hang_up(leg)

    async def _joined(self, leg: Leg) -> None:
        """Stay until somebody else can be heard, or the call is over."""
        heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def look() -> None:
            if self._carrier.partners(leg):
                settle(heard, None)

        stop = self.watch(look)
        try:
            look()
            await self._carrier.clock.first(None, heard, leg.over)
        finally:
            stop()

    async def _press(self, leg: Leg, digits: str) -> None:
        """Press keys and stay until they were taken; a person does not wait for ever for a prompt that never comes."""
        if not self._carrier.press(leg, digits):
            return
        drained = asyncio.ensure_future(leg.keypad.drained())
        try:
            while not await self._carrier.clock.first(UNHEARD_PRESS_S, drained, leg.over):
                if not leg.asking:
                    return
        finally:
            drained.cancel()

    def act(self, number: str, action: str, digits: str = "", call_sid: str = "") -> bool:
        """Do what the person does now: answer, decline, press or hangup. Tell whether it had an effect."""
        leg = self._carrier.legs.get(call_sid) if call_sid else self.live_leg(number)
        if leg is None or leg.number != number:
            return False
        self._carrier.journal.write("handset", number=number, sid=leg.sid, action=action)
        if action == "answer":
            return self._carrier.pick_up(leg)
        if action == "decline":
            return self._carrier.refuse(leg, "no-answer", 603)
        if action == "press":
            return self._carrier.press(leg, digits)
        return action == "hangup" and self._carrier.hang_up(leg)

    def set_mode(self, number: str, mode: str) -> bool:
        if mode not in MODES:
            return False
        self.of(number).mode = mode
        self._carrier.journal.write("handset", number=number, action="mode", mode=mode)
        self.changed()
        return True

    def snapshot(self, numbers: Iterable[str]) -> list[dict[str, Any]]:
        """Return what the page shows of some handsets."""
        return [self._phone(self.of(number)) for number in numbers]

    def _phone(self, handset: Handset) -> dict[str, Any]:
        return {
            "number": handset.number,
            "name": self._carrier.config.handset_names.get(handset.number, ""),
            "mode": handset.mode,
            "scripted": handset.script is not None or bool(handset.once),
            "calls": [self._call(leg) for leg in reversed(handset.legs)],
            "messages": [
                {"id": m.sid, "from": m.from_, "text": m.body, "atMs": int(m.created_at.timestamp() * 1000)}
                for m in reversed(handset.messages)
            ],
        }

    def _call(self, leg: Leg) -> dict[str, Any]:
        member = self._carrier.rooms.member_of(leg)
        return {
            "id": leg.sid,
            "from": leg.call.from_,
            "status": leg.call.status,
            "isOver": leg.call.status in calls.FINAL,
            "durationS": leg.call.duration_s,
            "answeredAtMs": int(leg.call.answered_at.timestamp() * 1000) if leg.call.answered_at else None,
            "joinedWith": self._carrier.partners(leg),
            "onHold": bool(member and member.hold),
            "muted": bool(member and member.muted),
            "captions": [{"id": c.id, "kind": c.kind, "text": c.text, "language": c.language} for c in leg.captions],
        }
