"""The carrier's webhooks: each becomes an event, and what is answered follows from what is stored then.

Requests for TwiML are answered from the database alone; nothing here waits for the carrier.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from server.callback import twiml
from server.callback.answers import Answers
from server.callback.engine import Engine, SettingsOf
from server.callback.links import Links, parse_leg_id, parse_room_ref
from server.callback.model import Callback, Event, Leg
from server.callback.ports import CallbackStore, WebhookLog
from server.clock import Now
from server.errors import AppError
from server.tasks import Tasks

ROOM_EVENTS = {
    "participant-join": "joined",
    "participant-leave": "left",
    "conference-start": "room_started",
    "conference-end": "room_ended",
    "announcement-end": "announced",
    "announcement-fail": "announced",
}
EMPTY = ""


class TelephonyService:
    def __init__(
        self,
        engine: Engine,
        store: CallbackStore,
        webhooks: WebhookLog,
        answers: Answers,
        links: Links,
        settings_of: SettingsOf,
        tasks: Tasks,
        now: Now,
    ) -> None:
        self._engine = engine
        self._store = store
        self._webhooks = webhooks
        self._answers = answers
        self._links = links
        self._settings_of = settings_of
        self._tasks = tasks
        self._now = now

    async def leg(
        self, kind: str, leg_id: str, token: str, form: Mapping[str, str], query: Mapping[str, str], repeat: str
    ) -> str:
        """Take in a webhook about a leg and return the TwiML, empty where none is expected.

        Args:
            kind: voice, key, left, say, wait, apology, status, amd or recording.
            repeat: the carrier's own mark of a repeated delivery; empty when it sent none.
        Raises:
            AppError: not_found, the address is not one of ours or the leg is gone.
        """
        ref = parse_leg_id(leg_id)
        if ref is None or not self._links.is_ours(leg_id, token):
            raise AppError("not_found")
        if kind in ("say", "wait", "apology"):
            cb, leg = await self._find(ref.tenant_id, ref.callback_id, leg_id)
            return {"say": self._answers.left, "wait": self._answers.wait, "apology": self._answers.apology}[kind](
                cb, leg
            )
        key = repeat_key(kind, leg_id, form, query, repeat)
        # An event that came before changes nothing, so both may go at once; the earlier answer is then given again.
        before, reply = await asyncio.gather(
            self._webhooks.begin(key, kind, leg_id, form, self._now()),
            self._take_in(kind, ref.tenant_id, ref.callback_id, leg_id, form, query),
        )
        if before is not None:
            return before
        if reply:
            self._tasks.start("callback:webhook_answered", self._webhooks.answered(key, reply))
        return reply

    async def room(self, room_ref: str, token: str, form: Mapping[str, str], repeat: str) -> None:
        """Take in what happened in a room.

        Raises:
            AppError: not_found.
        """
        ref = parse_room_ref(room_ref)
        if ref is None or not self._links.is_ours(room_ref, token):
            raise AppError("not_found")
        tenant_id, callback_id, room = ref
        kind = ROOM_EVENTS.get(form.get("StatusCallbackEvent", ""))
        if kind is None:
            return
        key = repeat_key("conference", room_ref, form, {}, repeat)
        data = {"room": room}
        if form.get("ConferenceSid"):
            data["conference_sid"] = form["ConferenceSid"]
        event = Event(
            kind,
            call_sid=form.get("CallSid"),
            text=form.get("ReasonParticipantLeft", ""),
            at_c=carrier_time(form.get("Timestamp")),
            data=data,
        )
        await asyncio.gather(
            self._webhooks.begin(key, "conference", room_ref, form, self._now()),
            self._engine.apply(tenant_id, callback_id, event),
        )

    async def _take_in(
        self,
        kind: str,
        tenant_id: str,
        callback_id: str,
        leg_id: str,
        form: Mapping[str, str],
        query: Mapping[str, str],
    ) -> str:
        call_sid = form.get("CallSid", "")
        prompt = _whole(query.get("prompt")) or 1
        event = _event(kind, leg_id, call_sid, form, prompt)
        if event is not None:
            cb, _ = await self._engine.apply(tenant_id, callback_id, event)
        else:
            cb = await self._engine.current(tenant_id, callback_id)
        leg = cb.leg(leg_id) if cb is not None else None
        if cb is None or leg is None:
            raise AppError("not_found")
        if kind == "voice":
            settings = await self._settings_of(tenant_id, cb.site_id)
            return self._answers.voice(cb, leg, call_sid, settings)
        if kind == "key":
            settings = await self._settings_of(tenant_id, cb.site_id)
            return self._answers.key(cb, leg, call_sid, settings, prompt)
        if kind == "left":
            return self._answers.left(cb, leg) if leg.call_sid == call_sid else twiml.hang_up()
        return EMPTY

    async def _find(self, tenant_id: str, callback_id: str, leg_id: str) -> tuple[Callback, Leg]:
        cb = await self._store.find(tenant_id, callback_id)
        leg = cb.leg(leg_id) if cb is not None else None
        if cb is None or leg is None:
            raise AppError("not_found")
        return cb, leg


def _event(kind: str, leg_id: str, call_sid: str, form: Mapping[str, str], prompt: int) -> Event | None:
    if kind == "voice":
        return Event("answered", leg_id, call_sid=call_sid)
    if kind == "key":
        return Event("key", leg_id, call_sid=call_sid, text=form.get("Digits", ""), number=prompt)
    if kind == "left":
        return Event("left_room", leg_id, call_sid=call_sid, text=form.get("CallStatus", ""))
    if kind == "status":
        return Event(
            "status",
            leg_id,
            call_sid=call_sid,
            text=form.get("CallStatus", ""),
            number=_whole(form.get("CallDuration")),
            at_c=carrier_time(form.get("Timestamp")),
        )
    if kind == "amd":
        duration = _whole(form.get("MachineDetectionDuration"))
        return Event("machine", leg_id, call_sid=call_sid, text=form.get("AnsweredBy", ""), number=duration)
    if kind == "recording" and form.get("RecordingStatus", "completed") == "completed":
        return Event("recorded", leg_id, text=form.get("RecordingSid", ""))
    return None


def repeat_key(kind: str, ref: str, form: Mapping[str, str], query: Mapping[str, str], repeat: str) -> str:
    """Return the same text for the same webhook delivered again: the carrier's mark, else what makes it that one."""
    if repeat:
        return hashlib.sha256(f"{kind}|{ref}|{sorted(query.items())}|{repeat}".encode()).hexdigest()
    parts = sorted((name, value) for name, value in form.items())
    return hashlib.sha256(f"{kind}|{ref}|{sorted(query.items())}|{parts}".encode()).hexdigest()


def carrier_time(text: str | None) -> datetime | None:
    """Return the moment of an RFC 2822 date, None when there is none that can be read."""
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
