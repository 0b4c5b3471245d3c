"""Record: a message left after the beep."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from server.carrier.leg import Leg
from server.carrier.model import Document, RecordingPlan
from server.carrier.recordings import Recording, recording_callback
from server.carrier.twiml import Verb, resolve

if TYPE_CHECKING:
    from server.carrier.interpreter import Interpreter, Loaded

BEEP_S = 0.5
_CHECK_S = 1.0


async def record(interpreter: Interpreter, leg: Leg, loaded: Loaded, verb: Verb) -> Document:
    """Record until the finish key, maxLength, `timeout` seconds of silence, or the end of the call.

    A person is taken to speak all the time; a scripted one speaks for as long as its `speak` steps last.

    Returns:
        The action: this document's own address where none is given.
    """
    carrier = interpreter.carrier
    if verb.flag("playBeep", True):
        carrier.note(leg, "tone", "beep")
        await carrier.clock.sleep(BEEP_S)
    url = verb.get("recordingStatusCallback")
    callback = recording_callback(
        resolve(loaded.base, url) if url else "",
        verb.get("recordingStatusCallbackMethod"),
        verb.get("recordingStatusCallbackEvent"),
    )
    recording = carrier.recorder.start(leg, RecordingPlan("RecordVerb", callback=callback))
    try:
        key = await _until_over(interpreter, leg, verb)
    except asyncio.CancelledError:
        stopped = carrier.recorder.update(recording.sid, "stopped")
        if leg.over.done() and leg.over.result().reason == "hung_up":
            _tell_after_hangup(interpreter, leg, _action(loaded, verb, stopped, "hangup", interpreter))
        raise
    stopped = carrier.recorder.update(recording.sid, "stopped")
    return _action(loaded, verb, stopped, key, interpreter)


async def _until_over(interpreter: Interpreter, leg: Leg, verb: Verb) -> str:
    clock = interpreter.carrier.clock
    finish = verb.get("finishOnKey", "1234567890*#")
    silence_s = verb.number("timeout", 5)
    ends_at = clock.seconds() + max(1.0, verb.number("maxLength", 3600))
    while (left := ends_at - clock.seconds()) > 0:
        if leg.speaking_until_s is not None:
            left = min(left, leg.speaking_until_s + silence_s - clock.seconds())
            if left <= 0:
                return ""
        pressed = asyncio.ensure_future(leg.keypad.pressed())
        try:
            heard = await clock.first(min(left, _CHECK_S), pressed)
        finally:
            pressed.cancel()
        if heard and (key := await leg.keypad.next()) in finish:
            return key
    return ""


def _action(loaded: Loaded, verb: Verb, recording: Recording, digits: str, interpreter: Interpreter) -> Document:
    extra = (
        ("RecordingSid", recording.sid),
        ("RecordingUrl", interpreter.carrier.recorder.media_url(recording)),
        ("RecordingDuration", str(recording.duration_s)),
        ("Digits", digits),
    )
    return loaded.target(verb, "record", verb.get("action"), extra=extra)


def _tell_after_hangup(interpreter: Interpreter, leg: Leg, action: Document) -> None:
    """The action is asked also when the person hung up; what it answers is run by nobody."""
    interpreter.carrier.spawn(interpreter.ask_in_vain(leg, action))
