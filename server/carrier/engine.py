"""The call engine: the queue, the ringing, the talking and the end of every call."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from server.carrier import calls
from server.carrier.chaos import Chaos
from server.carrier.clock import VirtualClock
from server.carrier.handsets import Handsets
from server.carrier.interpreter import Interpreter
from server.carrier.journal import Journal
from server.carrier.leg import Ending, Leg, Ring, new_leg, settle, stop
from server.carrier.messages import Messages
from server.carrier.model import Call, CallPlan, CarrierConfig, Document, new_sid
from server.carrier.recordings import Recorder
from server.carrier.rooms import Rooms
from server.carrier.script import detected
from server.carrier.twiml import digits_s
from server.carrier.webhooks import Webhooks

PRICE_DELAY_S = 2.0
_log = logging.getLogger("ringback.carrier")


class Carrier:
    """Everything one carrier knows, and the only place where the status of a call changes."""

    def __init__(self, config: CarrierConfig, clock: VirtualClock, rng: random.Random) -> None:
        self.config = config
        self.clock = clock
        self.rng = rng
        self.journal = Journal(clock, config.data_dir)
        self.chaos = Chaos(rng=random.Random(rng.getrandbits(64)))  # noqa: S311 - reproducible, not secret
        self.webhooks = Webhooks(config, clock, self.journal, self.chaos, rng)
        self.handsets = Handsets(self)
        self.rooms = Rooms(self)
        self.recorder = Recorder(self)
        self.messages = Messages(self)
        self.interpreter = Interpreter(self)
        self.legs: dict[str, Leg] = {}
        self.balance = config.opening_balance
        self._next_slot_s = 0.0
        self._tasks: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Stop everything without telling anybody, as a power cut would."""
        while self._tasks or any(leg.tasks for leg in self.legs.values()):  # what is stopped may start something
            await stop(*self._tasks, *(task for leg in self.legs.values() for task in leg.tasks))
        await self.webhooks.close()
        self.journal.close()

    def spawn(self, work: Awaitable[Any]) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def place(
        self, to: str, from_: str, plan: CallPlan, *, direction: str = "outbound-api", parent: Leg | None = None
    ) -> Leg:
        """Start a call. One asked for over the API waits its turn in the queue (CPS), a child of a Dial does not."""
        now_s = self.clock.seconds()
        starts_at_s = now_s
        if parent is None:
            starts_at_s = max(now_s, self._next_slot_s)
            self._next_slot_s = starts_at_s + 1 / self.config.cps
        now = self.clock.now()
        call = Call(
            sid=new_sid("CA", self.rng),
            account_sid=self.config.account_sid,
            to=to,
            from_=from_,
            direction=direction,
            created_at=now,
            updated_at=now,
            queue_time_ms=int((starts_at_s - now_s) * 1000),
            parent_sid=parent.sid if parent else None,
        )
        leg = new_leg(call, plan, starts_at_s, parent is not None)
        self.legs[call.sid] = leg
        self._log_status(leg)
        self.spawn(self._live(leg))
        return leg

    def cancel(self, leg: Leg) -> None:
        """Stop a call that nobody answered yet.

        Raises:
            InvalidMoveError: it is in progress or over.
        """
        if leg.call.status not in {"queued", "ringing"}:
            raise calls.InvalidMoveError(leg.call.status)
        settle(leg.ring, Ring("canceled"))
        if not leg.call.dialling:
            self._finish(leg, "canceled")
        else:
            self._end_ringing(leg, Ring("canceled"))

    def complete(self, leg: Leg) -> None:
        """End a call in whatever live state it is.

        Raises:
            InvalidMoveError: it is over already.
        """
        if leg.call.status in calls.FINAL:
            raise calls.InvalidMoveError(leg.call.status)
        if leg.call.status == "in-progress":
            settle(leg.over, Ending("api"))
        else:
            self.cancel(leg)

    def redirect(self, leg: Leg, document: Document) -> None:
        """Give a call in progress new instructions.

        Raises:
            InvalidMoveError: it is not in progress.
        """
        if leg.call.status != "in-progress" or leg.over.done():
            raise calls.InvalidMoveError(leg.call.status)
        if not settle(leg.redirect, document):
            leg.redirect = asyncio.get_running_loop().create_future()
            leg.redirect.set_result(document)

    def limit(self, leg: Leg, seconds: float) -> None:
        """Bound the talking time from now on, counted from the answer."""
        leg.plan = replace(leg.plan, time_limit_s=seconds)
        if leg.limit_task is not None:
            leg.limit_task.cancel()
        if leg.call.answered_at is not None:
            spent = (self.clock.now() - leg.call.answered_at).total_seconds()
            leg.limit_task = leg.keep(asyncio.ensure_future(self._cut_off(leg, seconds - spent)))

    def pick_up(self, leg: Leg) -> bool:
        """The person answers. Tell whether the phone was still ringing."""
        if leg.call.status != "ringing" or not settle(leg.ring, Ring("in-progress")):
            return False
        self._move(leg, "in-progress")
        self._tell(leg, "answered")
        return True

    def refuse(self, leg: Leg, status: str, sip_code: int) -> bool:
        """The person does not take the call. Tell whether the phone was still ringing."""
        return leg.call.status in {"queued", "ringing"} and settle(leg.ring, Ring(status, sip_code))

    def hang_up(self, leg: Leg) -> bool:
        """The person hangs up. Tell whether the call was in progress."""
        return leg.call.status == "in-progress" and settle(leg.over, Ending("hung_up"))

    def press(self, leg: Leg, digits: str) -> bool:
        """The person presses keys. Tell whether the call was in progress; otherwise nobody hears them."""
        if leg.call.status != "in-progress":
            return False
        self.journal.write("handset", number=leg.number, sid=leg.sid, action="press", digits=digits)
        leg.keypad.press(digits)
        self.handsets.changed()
        return True

    def partners(self, leg: Leg) -> list[str]:
        """Return the numbers of those who can be heard on this line."""
        if leg.partner_sid and leg.partner_sid in self.legs:
            return [self.legs[leg.partner_sid].number]
        return [self.legs[sid].number for sid in self.rooms.heard_by(leg) if sid in self.legs]

    async def _live(self, leg: Leg) -> None:
        """One call from the queue to its end."""
        try:
            await self.clock.sleep_until(leg.starts_at_s)
            if leg.call.status in calls.FINAL:
                return
            leg.call = calls.dial(leg.call, self.clock.now())
            self._tell(leg, "initiated")
            ring = await self._ring(leg)
            if leg.call.status in calls.FINAL:
                return
            if ring.status != "in-progress":
                self._end_ringing(leg, ring)
                return
            self.limit(leg, leg.plan.time_limit_s)
            if leg.plan.record:
                self.recorder.start(leg, leg.plan.record)
            await self._talk(leg)
        except asyncio.CancelledError:
            raise
        except Exception:
            _log.exception("a call of the local carrier broke down: %s", leg.sid)
            settle(leg.over, Ending("error"))
        if leg.call.status not in calls.FINAL:
            self._finish(leg, "completed" if leg.call.status == "in-progress" else "failed")

    async def _ring(self, leg: Leg) -> Ring:
        if await self.clock.first(self.config.post_dial_s, leg.ring):
            return leg.ring.result()
        handset = self.handsets.of(leg.number)
        leg.script = handset.next_script()
        refusal = leg.script.refuses_at_once if leg.script else handset.engaged
        if refusal:
            return Ring(*refusal)
        self.handsets.ringing(leg)
        self._move(leg, "ringing")
        self._tell(leg, "ringing")
        if leg.script:
            leg.script_task = leg.keep(asyncio.ensure_future(self.handsets.play(leg, leg.script)))
        if await self.clock.first(leg.plan.timeout_s, leg.ring):
            return leg.ring.result()
        settle(leg.ring, Ring("no-answer", 487))
        return leg.ring.result()

    def _end_ringing(self, leg: Leg, ring: Ring) -> None:
        if leg.call.status not in calls.FINAL:
            self._finish(leg, ring.status, ring.sip_code)

    async def _talk(self, leg: Leg) -> None:
        """Run the instructions of an answered call until they are through or somebody ends it."""
        if leg.plan.send_digits:
            await self._send_digits(leg)
        document: Document | None = leg.plan.document
        if leg.plan.detection and not leg.plan.send_digits:
            if leg.plan.detection.is_async:
                leg.keep(asyncio.ensure_future(self._detect(leg)))
            else:
                await self.clock.first(None, leg.over, leg.keep(asyncio.ensure_future(self._detect(leg))))
        while document is not None and not leg.over.done():
            program = asyncio.ensure_future(self._program(leg, document))
            await self.clock.first(None, program, leg.over, leg.redirect)
            await self._stop_program(leg, program)
            document = None
            if leg.redirect.done() and not leg.over.done():
                document = leg.redirect.result()
                leg.redirect = asyncio.get_running_loop().create_future()
        settle(leg.over, Ending("done"))

    async def _program(self, leg: Leg, document: Document) -> None:
        if not leg.is_child or document.kind == "redirected":
            await self.interpreter.run(leg, document)
            return
        try:
            if document.url:
                await self.interpreter.whisper(leg, document)
            if not leg.over.done():
                settle(leg.ready, None)
                await asyncio.get_running_loop().create_future()
        finally:
            settle(leg.unbridged, None)

    async def _stop_program(self, leg: Leg, program: asyncio.Task[None]) -> None:
        if program.done():
            if program.exception() is not None:
                raise program.exception() or RuntimeError
            return
        await stop(program)

    async def _send_digits(self, leg: Leg) -> None:
        digits = leg.plan.send_digits
        self.journal.write("digits", sid=leg.sid, number=leg.number, digits=digits)
        self.note(leg, "tone", digits)
        await self.clock.first(digits_s(digits), leg.over)

    async def _detect(self, leg: Leg) -> None:
        detection = leg.plan.detection
        if detection is None:
            return
        answered_by, seconds = detected(leg.script, detection.mode)
        if seconds > detection.timeout_s:
            answered_by, seconds = "unknown", detection.timeout_s
        await self.clock.sleep(seconds)
        if leg.over.done():
            return
        leg.call = replace(leg.call, answered_by=answered_by, updated_at=self.clock.now())
        self.journal.write("amd", sid=leg.sid, answeredBy=answered_by, afterS=seconds)
        params = (
            ("AccountSid", self.config.account_sid),
            ("AnsweredBy", answered_by),
            ("CallSid", leg.sid),
            ("MachineDetectionDuration", str(int(seconds * 1000))),
        )
        if detection.is_async:
            self.webhooks.tell(detection.callback, "amd", answered_by, params, sid=leg.sid, number=leg.number)

    async def _cut_off(self, leg: Leg, seconds: float) -> None:
        await self.clock.sleep(max(0.0, seconds))
        settle(leg.over, Ending("limit"))

    def note(self, leg: Leg, kind: str, text: str, language: str = "") -> None:
        """Put something heard on the line before the person: a caption of the handset."""
        self.handsets.caption(leg, kind, text, language)

    def _move(self, leg: Leg, status: str, sip_code: int | None = None) -> None:
        leg.call = calls.move(leg.call, status, self.clock.now(), sip_code)
        self._log_status(leg)
        self.handsets.changed()

    def _finish(self, leg: Leg, status: str, sip_code: int | None = None) -> None:
        """The one way in which a call ends; nothing happens to it afterwards but its price."""
        told = calls.tells_about_end(leg.call)
        self._move(leg, status, sip_code)
        settle(leg.over, Ending("done"))
        settle(leg.unbridged, None)
        recorded = self.recorder.stop_call(leg)
        if leg.plan.room_sid and leg.call.answered_at is None:
            self.rooms.never_came(leg)
        if told:
            self._tell(leg, "completed", recorded)
        current = asyncio.current_task()
        for task in list(leg.tasks):
            if task is not current:
                task.cancel()
        settle(leg.done, status)
        self.spawn(self._charge(leg))

    async def _charge(self, leg: Leg) -> None:
        await self.clock.sleep(PRICE_DELAY_S)
        price = calls.price(leg.call)
        leg.call = replace(leg.call, price=price, updated_at=self.clock.now())
        self.balance += float(price)
        self.journal.write("cdr", sid=leg.sid, to=leg.number, durationS=leg.call.duration_s, price=price)

    def _tell(self, leg: Leg, event: str, extra: tuple[tuple[str, str], ...] = ()) -> None:
        callback = leg.plan.status
        if callback is None or event not in (callback.events or {"completed"}):
            return
        params = (*calls.status_params(leg.call, event, self.clock.now()), *extra)
        leg.call = replace(leg.call, sequence=leg.call.sequence + 1)
        self.webhooks.tell(callback, "status", event, params, sid=leg.sid, number=leg.number)

    def _log_status(self, leg: Leg) -> None:
        self.journal.write(
            "status",
            sid=leg.sid,
            to=leg.number,
            status=leg.call.status,
            **({"sipCode": leg.call.sip_code} if leg.call.sip_code else {}),
        )
