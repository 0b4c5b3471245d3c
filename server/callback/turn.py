"""One turn of a callback (pure): the value as it becomes, the steps that follow, and when to look again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from server.callback.model import RANK, Callback, CallingSettings, Leg, Step, Timers


class Turn:
    """Collects what one event changes. `finish` gives the new callback and its steps, or the old one untouched."""

    def __init__(self, callback: Callback, now: datetime, settings: CallingSettings, timers: Timers) -> None:
        self.before = callback
        self.cb = callback
        self.now = now
        self.settings = settings
        self.timers = timers
        self._steps: list[tuple[str, str | None, dict[str, object]]] = []

    def set(self, **changes: Any) -> None:
        self.cb = replace(self.cb, **changes)

    def set_leg(self, leg_id: str, **changes: Any) -> Leg:
        legs = tuple(replace(leg, **changes) if leg.id == leg_id else leg for leg in self.cb.legs)
        self.cb = replace(self.cb, legs=legs)
        return self.leg(leg_id)

    def leg(self, leg_id: str) -> Leg:
        found = self.cb.leg(leg_id)
        assert found is not None
        return found

    def step(self, kind: str, leg_id: str | None = None, /, **data: object) -> None:
        self._steps.append((kind, leg_id, data))

    def line(self, name: str, **data: object) -> None:
        """Tell the chat, when the callback grew out of one."""
        if self.cb.conversation_id is not None:
            self.step("line", None, name=name, **data)

    def after(self, seconds: float) -> datetime:
        return self.now + timedelta(seconds=seconds)

    def passed(self, moment: datetime | None) -> bool:
        return moment is not None and moment <= self.now

    def add_leg(self, role: str, phone: str, locale: str, ring_s: int, **more: Any) -> Leg:
        """Write a leg down before anything is posted, and ask for the post."""
        leg = Leg(
            id=f"{self.cb.tenant_id}.{self.cb.id}.{len(self.cb.legs) + 1}",
            role=role,
            attempt=len(self.cb.attempts),
            person_id=more.pop("person_id", None),
            person_name=more.pop("person_name", None),
            phone=phone,
            locale=locale,
            ring_s=ring_s,
            created_at=self.now,
            **more,
        )
        self.cb = replace(self.cb, legs=(*self.cb.legs, leg))
        self.step("dial", leg.id)
        return leg

    def legs(self, role: str) -> list[Leg]:
        """Return the legs of this attempt in one role, oldest first."""
        attempt = len(self.cb.attempts)
        return [leg for leg in self.cb.legs if leg.role == role and leg.attempt == attempt]

    def live(self, role: str) -> list[Leg]:
        return [leg for leg in self.cb.legs if leg.role == role and not leg.is_over]

    @property
    def visitor_leg(self) -> Leg | None:
        legs = self.legs("visitor")
        return legs[-1] if legs else None

    @property
    def visitor_on_line(self) -> Leg | None:
        leg = self.visitor_leg
        return leg if leg and leg.state == "in_progress" and not leg.end_wanted else None

    @property
    def accepted_leg(self) -> Leg | None:
        """Return the consultant who has the call: accepted, still on the line and not being sent away."""
        for leg in self.legs("consultant"):
            if leg.accepted_at is not None and not leg.is_over and not leg.end_wanted:
                return leg
        return None

    def end_leg(self, leg: Leg, told: str | None = None, outcome: str | None = None) -> None:
        """End a leg as soon as that is possible; `told` is said to a party that is on the line already."""
        leg = self.leg(leg.id)
        if leg.is_over or leg.end_wanted:
            return
        outcome = leg.outcome or outcome
        if leg.state == "creating" and leg.posted_at is None:
            self.set_leg(leg.id, state="canceled", outcome=outcome or "canceled", ended_at=self.now, look_at=None)
            self.leg_is_over(self.leg(leg.id))
            return
        on_line = RANK[leg.state] >= RANK["in_progress"]
        self.set_leg(
            leg.id,
            end_wanted=True,
            outcome=outcome,
            told=told if on_line else leg.told,
            look_at=self.after(self.timers.ending_s),
        )
        if leg.call_sid is not None:
            self.step("redirect" if on_line and told else "end", leg.id)

    def leg_is_over(self, leg: Leg, cooldown: str = "") -> None:
        """Do the accounts of a leg that has ended: the money, and the consultant who is free again."""
        if leg.role == "consultant" and leg.person_id:
            reason = cooldown or ("busy" if leg.state == "busy" else "")
            self.step("release", leg.id, person_id=leg.person_id, cooldown=reason)
        self.step("settle", leg.id)

    def end_all(self, told: str) -> None:
        for leg in self.cb.legs:
            if not leg.is_over:
                outcome = "canceled" if leg.accepted_at is None and leg.answered_at is None else None
                self.end_leg(leg, told, outcome)

    def finish(self) -> tuple[Callback, tuple[Step, ...]]:
        if self.cb == self.before and not self._steps:
            return self.before, ()
        version = self.before.version + 1
        self.cb = replace(self.cb, version=version, updated_at=self.now)
        self.cb = replace(self.cb, due_at=next_due(self.cb, self.settings, self.timers))
        steps = tuple(
            Step(f"{version}.{number}", kind, leg_id, data) for number, (kind, leg_id, data) in enumerate(self._steps)
        )
        return self.cb, steps


def ring_deadline(leg: Leg, timers: Timers) -> datetime | None:
    """Return when a phone that the carrier should have given up on is given up by us."""
    if leg.posted_at is None or leg.state == "in_progress":
        return None
    return leg.posted_at + timedelta(seconds=leg.ring_s + timers.slack_s)


def accept_deadline(leg: Leg, accept_s: int, timers: Timers) -> datetime | None:
    """Return when a consultant who answered and pressed nothing counts as voicemail; the prompts come first."""
    if leg.role != "consultant" or leg.answered_at is None or leg.accepted_at is not None or leg.end_wanted:
        return None
    return leg.answered_at + timedelta(seconds=2 * accept_s + timers.prompt_s)


def join_deadline(callback: Callback, leg: Leg, timers: Timers) -> datetime | None:
    """Return when a visitor who answered should have been in the room."""
    if callback.state != "bridging" or leg.role != "visitor" or leg.answered_at is None or leg.end_wanted:
        return None
    return leg.answered_at + timedelta(seconds=timers.join_s + timers.notice_s)


def alone_deadline(callback: Callback, timers: Timers) -> datetime | None:
    """Return until when a consultant who accepted waits for the visitor."""
    if callback.state != "agent_ready":
        return None
    waiting = [leg.accepted_at for leg in callback.legs if leg.accepted_at and not leg.is_over]
    rings = [leg.ring_s for leg in callback.legs if leg.role == "visitor" and not leg.is_over]
    if not waiting:
        return None
    return max(waiting) + timedelta(seconds=max(timers.alone_s, max(rings, default=0) + timers.slack_s + 5))


def next_due(callback: Callback, settings: CallingSettings, timers: Timers) -> datetime | None:
    """Return when the rules must be asked again if nothing is heard until then; None when never."""
    moments: list[datetime | None] = []
    state = callback.state
    if state == "requested":
        moments.append(callback.created_at)
    if state in ("scheduled", "retry_wait"):
        moments.append(callback.opens_at)
    if not callback.is_over:
        moments += [callback.pick_at, callback.wait_until, callback.recover_until, callback.doubt_until]
        moments.append(alone_deadline(callback, timers))
        if state in ("queued", "offering", "scheduled", "retry_wait", "visitor_waiting"):
            moments.append(callback.expires_at)
    for leg in callback.legs:
        if leg.is_over:
            continue
        if leg.state == "unknown":
            moments.append(leg.reconcile_at)
        elif leg.posted_at is not None and leg.call_sid is None:
            moments.append(leg.posted_at + timedelta(seconds=timers.create_s))
        elif leg.call_sid is not None:
            moments.append(leg.look_at)
            if not leg.end_wanted:
                moments.append(ring_deadline(leg, timers))
                moments.append(accept_deadline(leg, settings.accept_s, timers))
                moments.append(join_deadline(callback, leg, timers))
    return min((moment for moment in moments if moment is not None), default=None)
