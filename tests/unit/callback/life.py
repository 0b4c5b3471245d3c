"""A callback and what happens to it, for tests of the rules alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from server.callback.model import (
    Callback,
    CallingSettings,
    Consultant,
    Event,
    Step,
)
from server.callback.rules import advance

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA = Consultant("p1", "Anna", "+15551230001", "en")
BORIS = Consultant("p2", "Boris", "+15551230002", "ru")
USUAL = CallingSettings(callable_regions=("MD",), retry_delays_s=(60,))
SILENCE: list[tuple[str, dict[str, object]]] = [("key", {"text": "", "number": n}) for n in (1, 2)]
LEG_1, LEG_2, LEG_3 = "t.cb.1", "t.cb.2", "t.cb.3"


def at_c(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def a_callback(**more: object) -> Callback:
    plain = Callback(
        id="cb",
        tenant_id="t",
        site_id="s",
        visitor_id="v",
        client_request_id="r",
        phone="+37369123456",
        phone_key="k",
        region="MD",
        order="consultant_first",
        recording="off",
        created_at=NOW,
        updated_at=NOW,
        version=1,
        due_at=NOW,
        conversation_id="chat",
    )
    return replace(plain, **more)  # type: ignore[arg-type]


class Life:
    """One callback through many events, with a clock."""

    def __init__(self, callback: Callback | None = None, settings: CallingSettings = USUAL) -> None:
        self.cb = callback or a_callback()
        self.settings = settings
        self.now = NOW
        self.steps: list[Step] = []
        self.states = [self.cb.state]

    def do(self, kind: str, leg: str | None = None, **more: object) -> tuple[Step, ...]:
        before = self.cb
        self.cb, steps = advance(before, Event(kind, leg, **more), self.now, self.settings)  # type: ignore[arg-type]
        if self.cb is not before:
            assert self.cb.version == before.version + 1
        assert not (before.is_over and self.cb.state != before.state)
        self.steps += steps
        if self.cb.state != self.states[-1]:
            self.states.append(self.cb.state)
        return steps

    def kinds(self) -> list[str]:
        return [step.kind for step in self.steps]

    def lines(self) -> list[object]:
        return [step.data["name"] for step in self.steps if step.kind == "line"]

    def wait(self, seconds: float) -> tuple[Step, ...]:
        self.now += timedelta(seconds=seconds)
        return self.do("due")

    def ring(self, leg: str, sid: str) -> None:
        self.do("claim", leg)
        self.do("posted", leg, call_sid=sid, text="queued")

    def to_offer(self, *people: Consultant) -> Life:
        self.do("due")
        self.do("picked", people=people or (ANNA,))
        self.ring(LEG_1, "CA1")
        return self

    def to_accepted(self) -> Life:
        self.to_offer()
        self.do("answered", LEG_1, call_sid="CA1")
        self.do("key", LEG_1, call_sid="CA1", text="1", number=1)
        self.ring(LEG_2, "CA2")
        self.do("joined", call_sid="CA1", at_c=at_c(10))
        return self

    def to_bridged(self) -> Life:
        self.to_accepted()
        self.do("answered", LEG_2, call_sid="CA2")
        self.do("joined", call_sid="CA2", at_c=at_c(20))
        return self
