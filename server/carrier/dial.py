"""Dial: a second call bridged to the first, or a seat in a conference."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from server.carrier.conference import Member, RoomError
from server.carrier.leg import Ending, Leg, settle, stop
from server.carrier.model import Callback, CallPlan, Document, RecordingPlan
from server.carrier.recordings import recording_callback
from server.carrier.twiml import Verb, resolve

if TYPE_CHECKING:
    from server.carrier.engine import Carrier
    from server.carrier.interpreter import Interpreter, Loaded

TIMEOUT_S = 30.0
TIME_LIMIT_S = 14400.0
_CONFERENCE_RECORDS = {"record-from-start", "true"}


class Dialler:
    def __init__(self, carrier: Carrier, interpreter: Interpreter) -> None:
        self._carrier = carrier
        self._interpreter = interpreter

    async def dial(self, leg: Leg, loaded: Loaded, verb: Verb) -> Document | None:
        """Do one Dial.

        Returns:
            Its action, when one is given; verbs after it are then never reached. None for the next verb.
        """
        room = next((child for child in verb.children if child.name == "Conference"), None)
        recording = self._record(leg, loaded, verb)
        try:
            if room is not None:
                result = await self._conference(leg, loaded, verb, room)
            else:
                result = await self._people(leg, loaded, verb)
        except asyncio.CancelledError:
            if self._carrier.config.dial_action_after_hangup and verb.get("action") and leg.over.done():
                ended = (("DialCallStatus", "answered" if room is not None else "completed"),)
                action = loaded.target(verb, "dial", verb.get("action"), extra=ended)
                self._carrier.spawn(self._interpreter.ask_in_vain(leg, action))
            raise
        finally:
            leg.keypad.clear()
            if recording and self._carrier.recorder.all[recording].status != "stopped":
                self._carrier.recorder.update(recording, "stopped")
        if result is None or not verb.get("action"):
            return None
        recorded = self._carrier.recorder.all.get(recording or "")
        if recorded:
            result = (*result, ("RecordingUrl", self._carrier.recorder.media_url(recorded)))
        return loaded.target(verb, "dial", verb.get("action"), extra=result)

    def _record(self, leg: Leg, loaded: Loaded, verb: Verb) -> str | None:
        mode = verb.get("record", "do-not-record")
        if mode in {"do-not-record", "false"}:
            return None
        callback = self._recording_callback(loaded, verb)
        channels = 2 if mode.endswith("dual") else 1
        plan = RecordingPlan("DialVerb", channels, verb.get("recordingTrack", "both"), callback)
        return self._carrier.recorder.start(leg, plan).sid

    def _recording_callback(self, loaded: Loaded, verb: Verb) -> Callback | None:
        url = verb.get("recordingStatusCallback")
        return recording_callback(
            resolve(loaded.base, url) if url else "",
            verb.get("recordingStatusCallbackMethod"),
            verb.get("recordingStatusCallbackEvent"),
        )

    async def _conference(self, leg: Leg, loaded: Loaded, verb: Verb, noun: Verb) -> tuple[tuple[str, str], ...] | None:
        """Sit in a room. Returns None when the call could not get in: it falls through to the next verb."""
        rooms = self._carrier.rooms
        now = self._carrier.clock.now()
        member = Member(
            call_sid=leg.sid,
            joined_at=now,
            updated_at=now,
            label=noun.get("participantLabel"),
            muted=noun.flag("muted"),
            coaching=bool(noun.get("coach")),
            call_sid_to_coach=noun.get("coach"),
            start_on_enter=noun.flag("startConferenceOnEnter", True),
            end_on_exit=noun.flag("endConferenceOnExit"),
        )
        sid = rooms.open(noun.text).sid
        recorded = None
        if noun.get("record") in _CONFERENCE_RECORDS:
            recorded = RecordingPlan("Conference", callback=self._recording_callback(loaded, noun))
        rooms.claim(sid, self._callback(loaded, noun), recorded)
        try:
            seat = rooms.enter(leg, sid, member)
        except RoomError as problem:
            self._interpreter.notify(leg, problem.code, str(problem))
            return None
        music = leg.keep(asyncio.ensure_future(self._wait_music(leg, loaded, noun, sid)))
        star = asyncio.ensure_future(self._star(leg, verb))
        failed = False
        try:
            limit = verb.number("timeLimit", TIME_LIMIT_S)
            await self._carrier.clock.first(limit, seat.left, star, music)
            failed = music.done() and not music.cancelled() and music.result() is False
        finally:
            reason = "participant_hung_up"
            if leg.redirect.done() or (leg.over.done() and leg.over.result().reason in {"api", "kicked"}):
                reason = "participant_updated_via_api"
            rooms.leave(leg, sid, reason)
            await stop(music, star)
        return None if failed else (("DialCallStatus", "answered"),)

    async def _wait_music(self, leg: Leg, loaded: Loaded, noun: Verb, sid: str) -> bool:
        """Play the waiting music until the conference has started. Returns False when it could not be had."""
        document: Document | None = None
        if "waitUrl" in noun.attributes:
            url = noun.get("waitUrl")
            method = "GET" if noun.get("waitMethod").upper() == "GET" else "POST"
            room = self._carrier.rooms.find(sid)
            about = (("ConferenceSid", sid), ("FriendlyName", room.name if room else ""))
            document = Document(resolve(loaded.base, url) if url else "", method, extra=about, kind="wait")
        if not self._carrier.rooms.has_started(sid):
            music = asyncio.ensure_future(self._interpreter.music(leg, document))
            started = asyncio.ensure_future(self._carrier.rooms.started(sid))
            try:
                await asyncio.wait({music, started}, return_when=asyncio.FIRST_COMPLETED)
                if music.done() and not music.result():
                    return False
            finally:
                await stop(music, started)
        await asyncio.get_running_loop().create_future()
        return True

    def _callback(self, loaded: Loaded, noun: Verb) -> Callback | None:
        url = noun.get("statusCallback")
        if not url:
            return None
        method = "GET" if noun.get("statusCallbackMethod").upper() == "GET" else "POST"
        return Callback(resolve(loaded.base, url), method, frozenset(noun.get("statusCallbackEvent").split()))

    async def _star(self, leg: Leg, verb: Verb) -> None:
        """Swallow the keys of somebody who talks; return when a star ends the Dial (hangupOnStar)."""
        while await leg.keypad.next() != "*" or not verb.flag("hangupOnStar"):
            pass

    async def _people(self, leg: Leg, loaded: Loaded, verb: Verb) -> tuple[tuple[str, str], ...]:
        """Ring people and bridge the first who is ready."""
        nouns = verb.children or ((Verb("Number", {}, verb.text),) if verb.text else ())
        groups = [[noun] for noun in nouns] if verb.flag("sequential") else [list(nouns)]
        answer: tuple[tuple[str, str], ...] = (("DialCallStatus", "failed"), ("DialBridged", "false"))
        for group in groups:
            children = [self._ring(leg, loaded, verb, noun) for noun in group]
            if not children:
                continue
            try:
                answer, bridged = await self._bridge(leg, verb, children)
            finally:
                for child in children:
                    self._drop(child)
                leg.partner_sid = None
                self._carrier.handsets.changed()
            if bridged:
                break
        return answer

    def _ring(self, leg: Leg, loaded: Loaded, verb: Verb, noun: Verb) -> Leg:
        identity = next((child.text for child in noun.children if child.name == "Identity"), noun.text)
        to = f"client:{identity}" if noun.name == "Client" else "".join(c for c in noun.text if c not in " -()")
        callback = self._callback(loaded, noun)
        plan = CallPlan(
            document=loaded.target(noun, "whisper", noun.get("url")) if noun.get("url") else Document(),
            status=replace(callback, events=callback.events or frozenset({"completed"})) if callback else None,
            timeout_s=verb.number("timeout", TIMEOUT_S),
            send_digits=noun.get("sendDigits"),
        )
        from_ = verb.get("callerId") or leg.call.from_
        return self._carrier.place(to, from_, plan, direction="outbound-dial", parent=leg)

    async def _bridge(self, leg: Leg, verb: Verb, children: list[Leg]) -> tuple[tuple[tuple[str, str], ...], bool]:
        """Wait for the first child that is ready, talk, and say how it went."""
        clock = self._carrier.clock
        waiting = list(children)
        winner: Leg | None = None
        while waiting and winner is None:
            await clock.first(None, *(child.ready for child in waiting), *(child.done for child in waiting))
            winner = next((child for child in waiting if child.ready.done() and not child.done.done()), None)
            waiting = [child for child in waiting if not child.done.done()]
        if winner is None:
            last = children[-1]
            status = "no-answer" if last.call.status in {"completed", "canceled"} else last.call.status
            return (("DialCallStatus", status), ("DialCallSid", last.sid), ("DialBridged", "false")), False
        for child in children:
            if child is not winner:
                self._drop(child)
        bridged_at = clock.seconds()
        leg.partner_sid, winner.partner_sid = winner.sid, leg.sid
        self._carrier.journal.write("bridge", sid=leg.sid, childSid=winner.sid)
        self._carrier.handsets.changed()
        star = asyncio.ensure_future(self._star(leg, verb))
        try:
            await clock.first(verb.number("timeLimit", TIME_LIMIT_S), winner.unbridged, star)
        finally:
            await stop(star)
            winner.partner_sid = None
        return (
            ("DialCallStatus", "completed"),
            ("DialCallSid", winner.sid),
            ("DialCallDuration", str(round(clock.seconds() - bridged_at))),
            ("DialBridged", "true"),
        ), True

    def _drop(self, child: Leg) -> None:
        """End a child unless it goes its own way by now."""
        if child.redirect.done() or child.done.done() or (child.unbridged.done() and not child.over.done()):
            return
        if child.call.status == "in-progress":
            settle(child.over, Ending("done"))
        else:
            self._carrier.cancel(child)
