"""The behaviour of a virtual handset (pure): what a scripted person does when the phone rings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

DIGITS = frozenset("0123456789*#ABCDabcdwW")
MACHINES = frozenset(
    {"human", "machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other", "fax", "unknown"}
)
VOICEMAIL_RING_S = 2.0
GREETING_S = 12.0
_REFUSALS = {"busy": ("busy", 486), "reject": ("no-answer", 603), "decline": ("no-answer", 603)}
_FAILURES = {"fail": 404, "unreachable": 480, "invalid": 404}
_FLAGS = frozenset({"answer", "joined", "hangup", *_REFUSALS})
_SECONDS = frozenset({"wait", "speak"})


class ScriptError(ValueError):
    """The behaviour cannot be understood; the text says which step and why."""


@dataclass(frozen=True)
class Step:
    """One thing that is done. `seconds` is virtual time; `end` is (call status, SIP code) of a refusal."""

    action: str  # wait | ring | answer | joined | press | speak | hangup | refuse | voicemail
    seconds: float = 0.0
    digits: str = ""
    end: tuple[str, int] = ("", 0)


@dataclass(frozen=True)
class Script:
    steps: tuple[Step, ...]
    once: bool = False
    answered_by: str = "human"
    detection_s: float | None = None
    greeting_s: float = 0.0

    @property
    def refuses_at_once(self) -> tuple[str, int] | None:
        """A handset that is busy or refuses as its first step never rings."""
        return self.steps[0].end if self.steps and self.steps[0].action == "refuse" else None


def parse_script(body: Mapping[str, Any]) -> Script:
    """Read `{"behaviour": [{"wait": 3}, {"answer": true}, {"press": "1"}, {"hangup": true}], "once": false}`.

    Steps, in virtual seconds counted from the first ring: wait, ring (a number, or true: until nobody waits any more),
    answer, joined (wait until somebody else is heard), press, speak, hangup, busy, reject, decline, fail (a SIP code),
    unreachable, voicemail (true, or {"greeting": seconds}), amd (what answering-machine detection will say, beside it
    "delay": seconds).

    Raises:
        ScriptError: an unknown or wrongly filled step.
    """
    behaviour = body.get("behaviour", body.get("behavior"))
    if not isinstance(behaviour, Sequence) or isinstance(behaviour, str):
        raise ScriptError('"behaviour" is a list of steps')
    steps: list[Step] = []
    answered_by, detection_s, greeting_s = "human", None, 0.0
    for number, raw in enumerate(behaviour, start=1):
        step: Mapping[str, Any] = {raw: True} if isinstance(raw, str) else raw
        if not isinstance(step, Mapping) or not step:
            raise ScriptError(f'step {number} is an object such as {{"wait": 3}}')
        if "amd" in step:
            answered_by, detection_s = _detection(number, step)
        elif "voicemail" in step:
            greeting_s = _greeting(number, step["voicemail"])
            if step["voicemail"] is not False:
                if not steps:
                    steps.append(Step("wait", VOICEMAIL_RING_S))
                steps.append(Step("voicemail", greeting_s))
                answered_by = "machine_start" if answered_by == "human" else answered_by
        else:
            if len(step) != 1:
                raise ScriptError(f"step {number} does one thing, not {', '.join(map(str, step))}")
            parsed = _step(number, *next(iter(step.items())))
            steps.extend(parsed)
    return Script(tuple(steps), body.get("once") is True, answered_by, detection_s, greeting_s)


def _step(number: int, name: str, value: Any) -> tuple[Step, ...]:
    if name in _SECONDS or (name == "ring" and not isinstance(value, bool)):
        return (Step("speak" if name == "speak" else "wait", _seconds(number, name, value)),)
    if name == "press":
        digits = str(value)
        if isinstance(value, bool) or not digits or not set(digits) <= DIGITS:
            raise ScriptError(f"step {number}: press takes digits, * and #")
        return (Step("press", digits=digits),)
    if name in _FAILURES and (value is True or isinstance(value, int)):
        return (Step("refuse", end=("failed", _FAILURES[name] if value is True else value)),) if value else ()
    if name == "ring" or name in _FLAGS:
        if not isinstance(value, bool):
            raise ScriptError(f"step {number}: {name} is true")
        if not value:
            return ()
        return (Step("refuse", end=_REFUSALS[name]) if name in _REFUSALS else Step(name),)
    raise ScriptError(f"step {number}: {name} is not known")


def _seconds(number: int, name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86_400:
        raise ScriptError(f"step {number}: {name} is a number of seconds, at most a day")
    return float(value)


def _greeting(number: int, value: Any) -> float:
    if isinstance(value, bool):
        return GREETING_S
    if isinstance(value, Mapping):
        return _seconds(number, "greeting", value.get("greeting", GREETING_S))
    return _seconds(number, "voicemail", value)


def _detection(number: int, step: Mapping[str, Any]) -> tuple[str, float | None]:
    if step["amd"] not in MACHINES:
        raise ScriptError(f"step {number}: amd is one of {', '.join(sorted(MACHINES))}")
    delay = step.get("delay", step.get("after"))
    return str(step["amd"]), None if delay is None else _seconds(number, "delay", delay)


def detected(script: Script | None, mode: str) -> tuple[str, float]:
    """Return what answering-machine detection says, and how many seconds after the answer it says so.

    `Enable` tells a machine when it starts; `DetectMessageEnd` waits for the end of the greeting.
    """
    if script is None:
        return "human", 3.0
    answer = script.answered_by
    if mode == "DetectMessageEnd" and answer == "machine_start":
        return "machine_end_beep", script.greeting_s if script.detection_s is None else script.detection_s
    usual = 3.0 if answer == "human" else 4.0
    return answer, usual if script.detection_s is None else script.detection_s
