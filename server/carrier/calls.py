"""The life of a call (pure): which status may follow which, what a caller of the API is told, what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime

from server.carrier.model import API_VERSION, Call

FINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
LIVE = ("queued", "ringing", "in-progress")
EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
SIP_CODES = {"busy": 486, "no-answer": 487, "canceled": 487, "failed": 404, "completed": 200}
_NEXT = {
    "queued": frozenset({"ringing", "in-progress"}) | FINAL,
    "ringing": frozenset({"in-progress"}) | FINAL,
    "in-progress": frozenset({"completed"}),
}
_PER_MINUTE = {"client": 0.004, "sip": 0.004, "+1": 0.014, "+": 0.035}


class InvalidMoveError(ValueError):
    """The call is not in a state in which that can happen; callers of the API see error 21220."""


def dial(call: Call, now: datetime) -> Call:
    """Take the call out of the queue. REST still says queued, callbacks say initiated."""
    if call.status != "queued":
        raise InvalidMoveError(call.status)
    return replace(call, dialling=True, started_at=now, updated_at=now)


def move(call: Call, status: str, now: datetime, sip_code: int | None = None) -> Call:
    """Return the call in its next status.

    Raises:
        InvalidMoveError: the status cannot follow the present one. A final status never changes.
    """
    if status not in _NEXT.get(call.status, frozenset()):
        raise InvalidMoveError(f"{call.status} -> {status}")
    moved = replace(call, status=status, updated_at=now)
    if status == "in-progress":
        return replace(moved, answered_at=now)
    if status in FINAL:
        return replace(moved, ended_at=now, sip_code=sip_code or SIP_CODES[status])
    return moved


def tells_about_end(call: Call) -> bool:
    """A call canceled while still queued fires no status callback."""
    return call.dialling


def public_status(call: Call) -> str:
    """Return the CallStatus of webhooks, which has one more word than REST."""
    return "initiated" if call.status == "queued" and call.dialling else call.status


def who(call: Call) -> list[tuple[str, str]]:
    """Return the parameters that every webhook about a call carries."""
    return [
        ("AccountSid", call.account_sid),
        ("ApiVersion", API_VERSION),
        ("CallSid", call.sid),
        ("CallStatus", public_status(call)),
        ("Called", call.to),
        ("Caller", call.from_),
        ("Direction", call.direction),
        ("From", call.from_),
        ("To", call.to),
        *([("ParentCallSid", call.parent_sid)] if call.parent_sid else []),
    ]


def status_params(call: Call, event: str, now: datetime) -> list[tuple[str, str]]:
    """Return the form of one status callback, numbered with the call's present sequence number."""
    params = [
        *who(call),
        ("Timestamp", format_datetime(now)),
        ("CallbackSource", "call-progress-events"),
        ("SequenceNumber", str(call.sequence)),
    ]
    if event in {"ringing", "answered"}:
        params.append(("StirStatus", "B"))
    if event == "completed":
        params += [
            ("CallDuration", str(call.duration_s)),
            ("Duration", str(minutes(call.duration_s))),
            ("SipResponseCode", str(call.sip_code or SIP_CODES[call.status])),
        ]
    return params


def minutes(seconds: int) -> int:
    """Return the started minutes, which is what is charged."""
    return -(-seconds // 60)


def price(call: Call) -> str:
    """Return what the call cost as the API writes it: negative US dollars, a call that was not answered is free."""
    kind = next((prefix for prefix in _PER_MINUTE if call.to.startswith(prefix)), "+")
    amount = _PER_MINUTE[kind] * minutes(call.duration_s)
    return f"{-amount:.5f}" if amount else "0"
