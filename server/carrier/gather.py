"""Gather: prompts that a key interrupts, and the digits that follow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from server.carrier.leg import Leg, stop
from server.carrier.model import Document
from server.carrier.twiml import Verb

if TYPE_CHECKING:
    from server.carrier.interpreter import Interpreter, Loaded

USUAL_TIMEOUT_S = 5.0


async def gather(interpreter: Interpreter, leg: Leg, loaded: Loaded, verb: Verb) -> Document | None:
    """Collect digits until numDigits, the finish key or the timeout.

    Returns:
        The action (this document's own address where none is given) when there was input, or with
        actionOnEmptyResult; otherwise None: the call goes on with the next verb.
    """
    finish = verb.get("finishOnKey", "#")
    wanted = int(verb.number("numDigits", 0))
    if finish:
        leg.keypad.drop_leading(finish)
    await _prompts(interpreter, leg, loaded, verb)
    digits, finished_by = "", ""
    while not wanted or len(digits) < wanted:
        key = await _key(interpreter, leg, verb.number("timeout", USUAL_TIMEOUT_S))
        if key is None:
            break
        if key in finish:
            finished_by = key
            break
        digits += key
    if not digits and not finished_by and not verb.flag("actionOnEmptyResult"):
        return None
    extra = (("Digits", digits), ("FinishedOnKey", finished_by), ("msg", "Gather End"))
    return loaded.target(verb, "gather", verb.get("action"), extra=extra)


async def _prompts(interpreter: Interpreter, leg: Leg, loaded: Loaded, verb: Verb) -> None:
    """Sound the nested prompts until a key is pressed (barge-in)."""

    async def sound() -> None:
        for child in verb.children:
            await interpreter.prompt([leg], loaded, child)

    prompts = asyncio.ensure_future(sound())
    pressed = asyncio.ensure_future(leg.keypad.pressed())
    try:
        await asyncio.wait({prompts, pressed}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await stop(prompts, pressed)


async def _key(interpreter: Interpreter, leg: Leg, timeout_s: float) -> str | None:
    pressed = asyncio.ensure_future(leg.keypad.pressed())
    try:
        if await interpreter.carrier.clock.first(timeout_s, pressed):
            return await leg.keypad.next()
        return None
    finally:
        pressed.cancel()
