"""The steps that talk to the carrier and choose consultants. Each may run twice; none rings a phone twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from server.callback import eta
from server.callback.engine import Engine, SettingsOf
from server.callback.guards import RateCard, budget_of
from server.callback.links import Links
from server.callback.model import TIMERS, Callback, CallingSettings, Consultant, Event, Leg, Step, Timers
from server.callback.ports import (
    Blocks,
    CallbackStore,
    CallView,
    CarrierApi,
    CarrierRefused,
    ConsultantLeases,
    Consultants,
    EtaSamples,
    Ledger,
    NewCall,
    UnknownOutcome,
)
from server.callback.screening import is_callable
from server.clock import Now

log = structlog.get_logger("callback")

TIME_LIMIT_S = 3600
"""The longest call; it bounds what one can cost, and the carrier ends it."""
BUSY_TRIES = 5
LIST_WINDOW = timedelta(minutes=5)
FINAL_WORDS = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})

Sleep = Callable[[float], Awaitable[None]]


class Dialling:
    """Rings, ends, looks. Results come back as events."""

    def __init__(
        self,
        engine: Engine,
        store: CallbackStore,
        carrier: CarrierApi,
        consultants: Consultants,
        leases: ConsultantLeases,
        ledger: Ledger,
        samples: EtaSamples,
        blocks: Blocks,
        links: Links,
        settings_of: SettingsOf,
        now: Now,
        rates: RateCard | None = None,
        timers: Timers = TIMERS,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._engine = engine
        self._store = store
        self._carrier = carrier
        self._consultants = consultants
        self._leases = leases
        self._ledger = ledger
        self._samples = samples
        self._blocks = blocks
        self._links = links
        self._settings_of = settings_of
        self._now = now
        self._rates = rates or RateCard()
        self._timers = timers
        self._sleep = sleep

    # Choosing

    async def pick(self, callback: Callback, step: Step) -> None:
        """Reserve the next consultants in order and hand them to the rules."""
        cb = await self._engine.current(callback.tenant_id, callback.id)
        if cb is None or cb.is_over or len(cb.attempts) != len(callback.attempts):
            return
        settings = await self._settings_of(cb.tenant_id, cb.site_id)
        department = cb.department_id and self._consultants.department(cb.tenant_id, cb.site_id, cb.department_id)
        first = department.member_ids if department else ()
        candidates, data = await asyncio.gather(self._candidates(cb, step, settings), self._estimate(cb))
        picked: list[Consultant] = []
        for consultant in candidates:
            if picked and picked[-1].person_id in first and consultant.person_id not in first:
                break  # all at once, but those whom it is about before everyone else
            if await self._reserve(cb, consultant.person_id):
                picked.append(consultant)
                if settings.offer == "sequential" or cb.state == "recovering":
                    break
        if picked:
            await self._engine.checkpoint("reserved")
            event = Event("picked", people=tuple(picked), data=data)
        else:
            event = Event("nobody_free" if candidates else "nobody_left")
        await self._engine.apply(cb.tenant_id, cb.id, event)

    async def _candidates(self, cb: Callback, step: Step, settings: CallingSettings) -> list[Consultant]:
        """Return whom to ring, in order: the chat's own consultant, the others, the just busy, the dropped.

        Those of the department that was chosen come before everyone else, or alone.
        """
        tried, last = (set(map(str, _texts(step.data.get(name)))) for name in ("tried", "last"))
        rows = await self._consultants.in_dial_order(cb.tenant_id, cb.site_id)
        group = cb.department_id and self._consultants.department(cb.tenant_id, cb.site_id, cb.department_id)
        wanted = {*group.member_ids, cb.preferred_person_id} if group else set()
        if group and not group.fall_through:
            rows = [row for row in rows if row[0] in wanted]
        found = [
            Consultant(
                person_id,
                name,
                phone,
                locale,
                settings.offer_s + self._timers.preferred_extra_s if person_id == cb.preferred_person_id else None,
            )
            for person_id, name, phone, locale, status in rows
            if status != "away" and person_id not in tried and is_callable(phone) and phone != cb.phone
        ]
        cooling = await self._leases.cooling(cb.tenant_id, [each.person_id for each in found], self._now())

        def place(each: Consultant) -> tuple[bool, bool, bool, bool]:
            id = each.person_id
            outside = bool(group) and id not in wanted
            return (id in last, outside, id in cooling, id != cb.preferred_person_id)

        return sorted(found, key=place)

    async def _reserve(self, cb: Callback, person_id: str) -> bool:
        if await self._leases.take(cb.tenant_id, person_id, cb.id):
            return True
        holder_id = await self._leases.holder(cb.tenant_id, person_id)
        if holder_id is None:
            return False
        holder = await self._store.find(cb.tenant_id, holder_id)
        if holder is not None and any(leg.person_id == person_id and not leg.is_over for leg in holder.legs):
            return False  # the reservation ran out, but the phone may still ring
        return await self._leases.seize(cb.tenant_id, person_id, holder_id, cb.id)

    async def _estimate(self, cb: Callback) -> dict[str, str]:
        if cb.queued_at is None or cb.order != "consultant_first":
            return {}
        samples = await self._samples.latest(cb.tenant_id, cb.site_id)
        q = await self._samples.quantile(cb.tenant_id, cb.site_id)
        found = eta.estimate(samples, (self._now() - cb.queued_at).total_seconds(), q)
        return {} if found is None else {"eta": str(found.eta_s), "low": str(found.low_s), "high": str(found.high_s)}

    # Ringing

    async def dial(self, callback: Callback, step: Step) -> None:
        """Post one leg once: money first, then the claim, then the post."""
        cb, leg = await self._leg(callback, step)
        if cb is None or leg is None or cb.is_over or leg.state != "creating" or leg.posted_at is not None:
            return
        settings = await self._settings_of(cb.tenant_id, cb.site_id)
        if await self._blocks.call_blocked(cb.tenant_id, cb.phone, cb.visitor_id):
            await self._engine.apply(cb.tenant_id, cb.id, Event("stop", leg.id, text="blocked"))
            return
        budget = budget_of(settings)
        worst = self._rates.micros(leg.phone, TIME_LIMIT_S, budget.currency)
        await self._engine.checkpoint("before_claim")
        reserved, (_, claimed) = await asyncio.gather(
            self._ledger.reserve(cb.tenant_id, cb.site_id, spend_key(leg), worst, budget, self._now()),
            self._engine.apply(cb.tenant_id, cb.id, Event("claim", leg.id)),
        )
        for tries in range(BUSY_TRIES):
            if tries:
                _, claimed = await self._engine.apply(cb.tenant_id, cb.id, Event("claim", leg.id))
            if not claimed:
                await self._give_back(cb, leg, reserved)
                return
            await self._engine.checkpoint("claimed")
            if not reserved:
                await self._engine.apply(cb.tenant_id, cb.id, Event("unclaim", leg.id))
                await self._engine.apply(cb.tenant_id, cb.id, Event("stop", leg.id, text="budget_stopped"))
                return
            if not await self._post(cb, leg, settings, last=tries == BUSY_TRIES - 1):
                return
            await self._sleep(min(8.0, 1.0 * 2**tries))

    async def _give_back(self, cb: Callback, leg: Leg, reserved: bool) -> None:
        """Free what was put aside for a leg that was cancelled in the same moment and is never posted."""
        now = await self._engine.current(cb.tenant_id, cb.id)
        found = now.leg(leg.id) if now is not None else None
        if reserved and (found is None or (found.is_over and found.call_sid is None)):
            await self._ledger.settle(cb.tenant_id, cb.site_id, spend_key(leg), 0)

    async def _post(self, cb: Callback, leg: Leg, settings: CallingSettings, last: bool) -> bool:
        """Post; True when the carrier was too busy to take it and it may be posted again."""
        detect = None
        if leg.role == "visitor":
            detect = "DetectMessageEnd" if settings.visitor_voicemail == "leave_message" else "Enable"
        call = NewCall(
            to=leg.phone,
            voice_url=self._links.of_leg("voice", leg.id),
            status_url=self._links.of_leg("status", leg.id),
            timeout_s=leg.ring_s,
            time_limit_s=TIME_LIMIT_S,
            machine=detect,
            machine_url=self._links.of_leg("amd", leg.id) if detect else None,
        )
        try:
            sid = await self._carrier.create_call(call)
        except CarrierRefused as refused:
            if refused.is_busy and not last:
                await self._engine.apply(cb.tenant_id, cb.id, Event("unclaim", leg.id))
                return True
            log.warning("carrier_refused", callback=cb.id, role=leg.role, code=refused.code, status=refused.status)
            await self._engine.apply(cb.tenant_id, cb.id, Event("refused", leg.id, number=refused.code))
        except UnknownOutcome as unknown:
            log.warning("carrier_outcome_unknown", callback=cb.id, role=leg.role, why=str(unknown))
            await self._engine.apply(cb.tenant_id, cb.id, Event("unknown", leg.id))
        else:
            await self._engine.checkpoint("posted")
            await self._engine.apply(cb.tenant_id, cb.id, Event("posted", leg.id, call_sid=sid, text="queued"))
        return False

    # Looking

    async def look(self, callback: Callback, step: Step) -> None:
        """Ask the carrier how a call is."""
        cb, leg = await self._leg(callback, step)
        if cb is None or leg is None or leg.call_sid is None:
            return
        try:
            seen = await self._carrier.fetch_call(leg.call_sid)
        except (CarrierRefused, UnknownOutcome):
            return  # asked again at the next look
        await self._engine.apply(cb.tenant_id, cb.id, _looked(leg, leg.call_sid, seen))

    async def reconcile(self, callback: Callback, step: Step) -> None:
        """Find out whether a post that nobody answered made a call: adopt it, or learn that there is none."""
        cb, leg = await self._leg(callback, step)
        if cb is None or leg is None or leg.state != "unknown" or leg.call_sid is not None or leg.posted_at is None:
            return
        try:
            listed = await self._carrier.list_calls(leg.phone)
        except (CarrierRefused, UnknownOutcome):
            return  # looked at again when its time comes
        since = leg.posted_at - timedelta(seconds=60)
        recent = [call for call in listed if call.created_at is None or call.created_at >= since]
        known = await self._store.known_calls([call.sid for call in recent])
        ours = [call for call in recent if call.sid not in known]
        if not ours:
            await self._engine.apply(cb.tenant_id, cb.id, Event("absent", leg.id))
            return
        adopted, *doubles = sorted(ours, key=lambda call: call.created_at or since)
        log.info("call_adopted", callback=cb.id, role=leg.role)
        await self._engine.apply(cb.tenant_id, cb.id, _looked(leg, adopted.sid, adopted))
        for double in doubles:
            if double.status not in FINAL_WORDS:
                log.warning("double_call_ended", callback=cb.id, role=leg.role)
                await self._end(double.sid)

    async def room(self, callback: Callback, step: Step) -> None:
        """Ask who is in the room, when nothing was heard of it."""
        try:
            members = await self._carrier.room_members(callback.room)
        except (CarrierRefused, UnknownOutcome):
            return
        data = {sid: at.isoformat() for sid, at in members.items()}
        await self._engine.apply(callback.tenant_id, callback.id, Event("room_seen", data=data))

    # Steering

    async def end(self, callback: Callback, step: Step) -> None:
        cb, leg = await self._leg(callback, step)
        if cb is not None and leg is not None and leg.call_sid is not None and not leg.is_over:
            await self._end(leg.call_sid)
            await self.look(cb, step)

    async def end_call(self, callback: Callback, step: Step) -> None:
        """End a call that is not its leg's own."""
        log.warning("stray_call_ended", callback=callback.id)
        await self._end(str(step.data["call_sid"]))

    async def redirect(self, callback: Callback, step: Step) -> None:
        """Send a party to its last words; one that cannot hear them is ended."""
        _, leg = await self._leg(callback, step)
        if leg is None or leg.call_sid is None or leg.is_over:
            return
        try:
            await self._carrier.redirect_call(leg.call_sid, self._links.of_leg("say", leg.id))
        except (CarrierRefused, UnknownOutcome) as problem:
            log.info("redirect_failed", callback=callback.id, why=str(problem))

    async def hold(self, callback: Callback, step: Step) -> None:
        await self._steer(callback, step, on=bool(step.data.get("on")))

    async def announce(self, callback: Callback, step: Step) -> None:
        """Say sorry to the visitor who waits; what comes next follows when it was heard."""
        await self._steer(callback, step, on=None)

    async def _steer(self, callback: Callback, step: Step, on: bool | None) -> None:
        cb, leg = await self._leg(callback, step)
        if cb is None or leg is None or leg.call_sid is None or leg.is_over or cb.conference_sid is None:
            return
        try:
            if on is None:
                await self._carrier.announce(cb.conference_sid, leg.call_sid, self._links.of_leg("apology", leg.id))
            else:
                url = self._links.of_leg("wait", leg.id)
                await self._carrier.hold(cb.conference_sid, leg.call_sid, on, url)
        except (CarrierRefused, UnknownOutcome) as problem:
            log.info("steering_failed", callback=callback.id, why=str(problem))

    async def record(self, callback: Callback, step: Step) -> None:
        _, leg = await self._leg(callback, step)
        if leg is None or leg.call_sid is None or leg.is_over:
            return
        try:
            await self._carrier.record(leg.call_sid, self._links.of_leg("recording", leg.id))
        except (CarrierRefused, UnknownOutcome) as problem:
            log.warning("recording_failed", callback=callback.id, why=str(problem))

    # Accounts

    async def settle(self, callback: Callback, step: Step) -> None:
        """Replace what was put aside for a leg by what it cost."""
        cb, leg = await self._leg(callback, step)
        if cb is None or leg is None:
            return
        seconds = leg.duration_s
        if seconds is None and leg.call_sid is not None and leg.answered_at is not None:
            try:
                seen = await self._carrier.fetch_call(leg.call_sid)
                seconds = seen.duration_s if seen is not None else None
            except (CarrierRefused, UnknownOutcome):
                seconds = None
            if seconds is None:
                seconds = round(((leg.ended_at or self._now()) - leg.answered_at).total_seconds())
        currency = budget_of(await self._settings_of(cb.tenant_id, cb.site_id)).currency
        micros = self._rates.micros(leg.phone, seconds or 0, currency)
        await self._ledger.settle(cb.tenant_id, cb.site_id, spend_key(leg), micros)

    async def release(self, callback: Callback, step: Step) -> None:
        """Let a consultant take other calls, and call those who wait for one, oldest first."""
        person_id, reason = str(step.data["person_id"]), str(step.data.get("cooldown") or "")
        until = self._now() + timedelta(seconds=self._timers.cooldown_s * (12 if reason == "bad_number" else 1))
        await self._leases.release(callback.tenant_id, person_id, callback.id, reason, until)
        if reason == "bad_number":
            log.warning("consultant_number_refused", tenant=callback.tenant_id, person=person_id)
        for waiting in await self._store.queued(callback.tenant_id):
            await self._engine.apply(waiting.tenant_id, waiting.id, Event("freed"))

    async def sample(self, callback: Callback, step: Step) -> None:
        """Remember how long it took until the phone rang, and whether that was what had been promised."""
        seconds = float(str(step.data["seconds"]))
        await self._samples.add(callback.tenant_id, callback.site_id, callback.id, seconds, self._now())
        promised = step.data.get("promised")
        if promised is not None:
            q = await self._samples.quantile(callback.tenant_id, callback.site_id)
            q = eta.calibrate(q, seconds <= float(str(promised)))
            await self._samples.set_quantile(callback.tenant_id, callback.site_id, q)

    async def _end(self, call_sid: str) -> None:
        try:
            await self._carrier.end_call(call_sid)
        except (CarrierRefused, UnknownOutcome) as problem:
            log.warning("end_failed", why=str(problem))  # tried again at the next look

    async def _leg(self, callback: Callback, step: Step) -> tuple[Callback | None, Leg | None]:
        cb = await self._engine.current(callback.tenant_id, callback.id)
        return cb, cb.leg(step.leg_id or "") if cb is not None else None


def _looked(leg: Leg, call_sid: str, seen: CallView | None) -> Event:
    if seen is None:  # the carrier does not know it (any more)
        return Event("status", leg.id, call_sid=call_sid, text="failed", data={"polled": "1"})
    return Event(
        "status",
        leg.id,
        call_sid=call_sid,
        text=seen.status,
        number=seen.duration_s if seen.status in FINAL_WORDS else None,
        at_c=seen.ended_at if seen.status in FINAL_WORDS else None,
        data={"polled": "1"},
    )


def spend_key(leg: Leg) -> str:
    """Return the leg's name in the ledger, which takes no dots."""
    return "-".join(leg.id.rsplit(".", 2)[1:])


def _texts(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
