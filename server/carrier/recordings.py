"""Recordings: what was recorded for how long (pure), who is told, and a stand-in for the sound."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from server.carrier.model import Callback, RecordingPlan, new_sid

if TYPE_CHECKING:
    from server.carrier.engine import Carrier
    from server.carrier.leg import Leg

RUNNING = frozenset({"in-progress", "paused"})
PROCESSING_S = 1.0
_RATE_HZ = 8000
_STATUSES = {"paused", "in-progress", "stopped"}


@dataclass(frozen=True)
class Recording:
    """`spans` are the recorded stretches so far: (seconds, silent); `running_since` is None while paused or over."""

    sid: str
    account_sid: str
    plan: RecordingPlan
    created_at: datetime
    updated_at: datetime
    call_sid: str | None = None
    conference_sid: str | None = None
    status: str = "in-progress"
    running_since: datetime | None = None
    spans: tuple[tuple[float, bool], ...] = ()
    silent: bool = False

    @property
    def duration_s(self) -> int:
        return round(sum(seconds for seconds, _ in self.spans))


class RecordingError(ValueError):
    """The recording is not in a state in which that can happen (error 21220)."""


def change(recording: Recording, status: str, pause_behavior: str, now: datetime) -> Recording:
    """Pause, resume or stop.

    Args:
        pause_behavior: `skip` leaves the pause out, `silence` keeps its length.
    Raises:
        RecordingError: it is over, or the status is none of paused, in-progress, stopped.
    """
    if recording.status not in RUNNING or status not in _STATUSES:
        raise RecordingError(recording.status)
    spans = recording.spans
    if recording.running_since is not None:
        spans = (*spans, ((now - recording.running_since).total_seconds(), recording.silent))
    paused = status == "paused"
    silent = paused and pause_behavior == "silence"
    running = status == "in-progress" or silent
    return replace(
        recording,
        status=status,
        spans=spans,
        silent=silent,
        running_since=now if running else None,
        updated_at=now,
    )


class Recorder:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.all: dict[str, Recording] = {}

    def start(self, leg: Leg | None, plan: RecordingPlan, conference_sid: str | None = None) -> Recording:
        """Begin to record a call or a conference and say so."""
        carrier = self._carrier
        now = carrier.clock.now()
        recording = Recording(
            sid=new_sid("RE", carrier.rng),
            account_sid=carrier.config.account_sid,
            plan=plan,
            created_at=now,
            updated_at=now,
            call_sid=leg.sid if leg else None,
            conference_sid=conference_sid,
            running_since=now,
        )
        self._put(recording)
        self._tell(recording, "in-progress")
        return recording

    def update(self, sid: str, status: str, pause_behavior: str = "silence") -> Recording:
        """Pause, resume or stop a recording.

        Raises:
            RecordingError: it is over, or the status is unknown.
        """
        recording = change(self.all[sid], status, pause_behavior, self._carrier.clock.now())
        self._put(recording)
        if status == "stopped":
            self._carrier.spawn(self._process(sid))
        return recording

    def stop_call(self, leg: Leg) -> tuple[tuple[str, str], ...]:
        """Stop what is recorded of a call that is over; return what its completed callback says about it."""
        for recording in self.of_call(leg.sid):
            if recording.status in RUNNING:
                self.update(recording.sid, "stopped")
        asked = [r for r in self.of_call(leg.sid) if r.plan.source == "OutboundAPI"]
        if not asked:
            return ()
        return (
            ("RecordingSid", asked[-1].sid),
            ("RecordingUrl", self.media_url(asked[-1])),
            ("RecordingDuration", str(asked[-1].duration_s)),
        )

    def stop_conference(self, sid: str) -> None:
        for recording in list(self.all.values()):
            if recording.conference_sid == sid and recording.status in RUNNING:
                self.update(recording.sid, "stopped")

    def of_call(self, call_sid: str) -> list[Recording]:
        return [r for r in self.all.values() if r.call_sid == call_sid]

    def delete(self, sid: str) -> bool:
        gone = self.all.pop(sid, None)
        if gone:
            self._carrier.journal.write("recording", sid=sid, callSid=gone.call_sid, status="deleted")
        return gone is not None

    def media_url(self, recording: Recording) -> str:
        config = self._carrier.config
        return f"{config.public_url}/2010-04-01/Accounts/{config.account_sid}/Recordings/{recording.sid}"

    async def _process(self, sid: str) -> None:
        """A stopped recording is processed and then completed, or absent when nothing was recorded."""
        self._put(replace(self.all[sid], status="processing"))
        await self._carrier.clock.sleep(PROCESSING_S)
        if sid not in self.all:
            return
        recording = self.all[sid]
        status = "completed" if sum(seconds for seconds, _ in recording.spans) > 0 else "absent"
        self._put(replace(recording, status=status, updated_at=self._carrier.clock.now()))
        self._tell(self.all[sid], status)

    def _put(self, recording: Recording) -> None:
        self.all[recording.sid] = recording
        self._carrier.journal.write(
            "recording",
            sid=recording.sid,
            callSid=recording.call_sid,
            conferenceSid=recording.conference_sid,
            status=recording.status,
        )

    def _tell(self, recording: Recording, status: str) -> None:
        callback = recording.plan.callback
        if callback is None or status not in (callback.events or {"completed"}):
            return
        params = [
            ("AccountSid", recording.account_sid),
            ("RecordingSid", recording.sid),
            ("RecordingStatus", status),
            ("RecordingChannels", str(recording.plan.channels)),
            ("RecordingTrack", recording.plan.track),
            ("RecordingSource", recording.plan.source),
            ("RecordingStartTime", format_datetime(recording.created_at)),
            ("ErrorCode", "0"),
        ]
        if recording.call_sid:
            params.append(("CallSid", recording.call_sid))
        if recording.conference_sid:
            params.append(("ConferenceSid", recording.conference_sid))
        if status == "completed":
            params += [("RecordingUrl", self.media_url(recording)), ("RecordingDuration", str(recording.duration_s))]
        leg = self._carrier.legs.get(recording.call_sid or "")
        self._carrier.webhooks.tell(
            callback,
            "recording",
            status,
            params,
            sid=recording.call_sid or recording.conference_sid or "",
            number=leg.number if leg else "",
        )


def wav(recording: Recording, channels: int | None = None) -> Iterator[bytes]:
    """Yield a WAV file of the right length: a soft tone where somebody could be heard, silence where it was paused.

    The local carrier carries no sound; the file has the length, channels and pauses of the real one.
    """
    count = channels or recording.plan.channels
    frames = [(int(seconds * _RATE_HZ), silent) for seconds, silent in recording.spans]
    size = sum(number for number, _ in frames) * count * 2
    yield b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt "
    yield struct.pack("<IHHIIHH", 16, 1, count, _RATE_HZ, _RATE_HZ * count * 2, count * 2, 16)
    yield b"data" + struct.pack("<I", size)
    wave = struct.pack("<20h", *(int(900 * (1 - abs(i - 10) / 5)) for i in range(20)))
    tone = b"".join(wave[i : i + 2] * count for i in range(0, 40, 2)) * (_RATE_HZ // 20)
    quiet = bytes(len(tone))
    for number, silent in frames:
        left = number * count * 2
        while left > 0:
            yield (quiet if silent else tone)[:left]
            left -= len(tone)


def recording_callback(url: str, method: str, events: str) -> Callback | None:
    return Callback(url, method or "POST", frozenset(events.split())) if url else None
