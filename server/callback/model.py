"""The nouns of a callback: plain frozen values. What may happen to them stands in the rules.

A callback is one aggregate and one document: its attempts, its legs (one phone call each) and what is still to be done.
Times are UTC. Where a field ends in `_c` it is the carrier's own time, which may run at another rate than ours; such
times are only ever compared with each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

TERMINAL = frozenset(
    {
        "rejected",
        "completed",
        "no_agent",
        "visitor_unreachable",
        "voicemail_left",
        "canceled",
        "expired",
        "budget_stopped",
        "failed",
    }
)
FINAL_LEG = frozenset({"completed", "busy", "no_answer", "failed", "canceled", "lost"})
RANK = {
    "creating": 0,
    "unknown": 1,
    "dialing": 2,
    "queued": 3,
    "initiated": 4,
    "ringing": 5,
    "in_progress": 6,
}
"""A leg only ever moves to a higher rank; final states stand above all and never change."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the smallest unit of its currency."""

    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Opening:
    """One weekly interval: day 1 is Monday; minutes since local midnight, `to_min` up to 2,880 (the next day)."""

    day: int
    from_min: int
    to_min: int


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a day: minutes since local midnight, `to_min` up to 2,880 (the next day)."""

    from_min: int
    to_min: int


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A local date, YYYY-MM-DD, with hours of its own; none means closed. `name` says why, perhaps "New Year"."""

    date: str
    name: str = ""
    open: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Hours:
    """When a site is open.

    Args:
        closed_dates: local dates, YYYY-MM-DD, on which no interval begins.
        special_days: dates with other hours than their weekday's, each date once, in order.
    """

    time_zone: str
    weekly: tuple[Opening, ...]
    closed_dates: frozenset[str] = frozenset()
    special_days: tuple[SpecialDay, ...] = ()


@dataclass(frozen=True, slots=True)
class CallingSettings:
    """How a site calls. `hours` None means always open, a cap of None means no cap.

    Args:
        off_hours: what the widget offers while the site is closed: schedule, message or hide.
    """

    order: str = "consultant_first"
    offer: str = "sequential"
    recording: str = "off"
    visitor_voicemail: str = "hang_up"
    offer_s: int = 20
    accept_s: int = 8
    visitor_s: int = 30
    retry_delays_s: tuple[int, ...] = (120, 600)
    callable_regions: tuple[str, ...] = ()
    daily_cap: Money | None = None
    monthly_cap: Money | None = None
    hours: Hours | None = None
    off_hours: str = "schedule"
    version: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    url: str
    title: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Consultant:
    """Somebody who can be rung. `ring_s` None means the site's usual time."""

    person_id: str
    name: str
    phone: str
    locale: str
    ring_s: int | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """One phone call.

    Args:
        id: `{tenant}.{callback}.{number}`, known to the carrier only inside our signed URLs.
        ring_s: how long the carrier lets it ring.
        posted_at: when this process began the one POST; None means that none was begun.
        reconciles: how often the carrier's list was looked at without finding it.
        retry: it replaces a leg that was proved absent; it is not replaced again.
        look_at: when to ask the carrier how it is, unless something is heard of it first.
        end_wanted: it is to be ended as soon as that is possible.
        told: text that the party hears when it comes out of the room, see twiml.FAREWELLS.
    """

    id: str
    role: str
    attempt: int
    person_id: str | None
    person_name: str | None
    phone: str
    locale: str
    ring_s: int
    created_at: datetime
    state: str = "creating"
    outcome: str | None = None
    call_sid: str | None = None
    posted_at: datetime | None = None
    answered_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    reconciles: int = 0
    reconcile_at: datetime | None = None
    retry: bool = False
    look_at: datetime | None = None
    end_wanted: bool = False
    joined_c: datetime | None = None
    left_c: datetime | None = None
    in_room: bool = False
    duration_s: int | None = None
    told: str | None = None

    @property
    def is_over(self) -> bool:
        return self.state in FINAL_LEG

    @property
    def number(self) -> int:
        return int(self.id.rsplit(".", 1)[1])


@dataclass(frozen=True, slots=True)
class Attempt:
    """One round over the consultants. `outcome` None while it runs."""

    number: int
    started_at: datetime
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """What the screen may say: the phone rings between `low_s` and `high_s` seconds after `made_at`."""

    low_s: int
    high_s: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Callback:
    """One request of one visitor, from the click to its one final state.

    Args:
        consent: what the visitor said about recording: True, False, or None when not asked.
        order: consultant_first or visitor_first, as it was when the request came.
        asks_first: whoever answers hears who asked for the call, and how never to be called again.
        department_id: whom the visitor chose; its members are rung first.
        topics: the topic by locale, for the whisper; `topic` where a language is missing.
        resume: what follows once the legs that are ending are over: "pick" the next consultant, or nothing.
        ending: the final state that `ended` leads to.
        talk_c, talked_s: since when both sides are joined, and the seconds of earlier joins.
        doubt_until: the visitor's call ended before anything told whether both were joined; decided then at the latest.
        due_at: when the rules want to be asked again without any event; None when never.
    """

    id: str
    tenant_id: str
    site_id: str
    visitor_id: str
    client_request_id: str
    phone: str
    phone_key: str
    region: str
    order: str
    recording: str
    created_at: datetime
    updated_at: datetime
    state: str = "requested"
    outcome: str | None = None
    version: int = 0
    site_name: str = ""
    asks_first: bool = False
    name: str | None = None
    topic: str | None = None
    department_id: str | None = None
    topics: dict[str, str] = field(default_factory=dict)
    locale: str = "en"
    time_zone: str = "UTC"
    page: Page | None = None
    conversation_id: str | None = None
    preferred_person_id: str | None = None
    chat_topic: str | None = None
    consent: bool | None = None
    recording_refused: bool = False
    recording_begun: bool = False
    recordings: tuple[str, ...] = ()
    chosen_at: datetime | None = None
    opens_at: datetime | None = None
    expires_at: datetime | None = None
    queued_at: datetime | None = None
    pick_at: datetime | None = None
    wait_until: datetime | None = None
    resume: str | None = None
    ending: str | None = None
    ended_at: datetime | None = None
    recover_until: datetime | None = None
    doubt_until: datetime | None = None
    conference_sid: str | None = None
    room_over_c: datetime | None = None
    talk_c: datetime | None = None
    talked_s: int | None = None
    eta_s: int | None = None
    promise: Promise | None = None
    rung_at: datetime | None = None
    attempts: tuple[Attempt, ...] = ()
    legs: tuple[Leg, ...] = ()
    due_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.state in TERMINAL

    @property
    def may_wait(self) -> bool:
        """Tell whether the visitor agreed to be called later than now."""
        return self.chosen_at is not None

    @property
    def may_be_recorded(self) -> bool:
        """Tell whether the talk is recorded: explicit needs a yes, announce only that the visitor did not say no."""
        agreed = self.consent is True if self.recording == "explicit" else self.consent is not False
        return self.recording != "off" and agreed and not self.recording_refused

    @property
    def room(self) -> str:
        """The room's name at the carrier; nothing in it tells who talks."""
        return f"cb_{self.id}_{len(self.attempts)}"

    def leg(self, leg_id: str) -> Leg | None:
        return next((leg for leg in self.legs if leg.id == leg_id), None)

    def leg_of_call(self, call_sid: str) -> Leg | None:
        return next((leg for leg in self.legs if leg.call_sid == call_sid), None)


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do after a change was written. `key` makes it unique and repeatable: `{version}.{number}`.

    Kinds: pick, dial, end, end_call, redirect, look, reconcile, room, record, hold, announce (all talk to the carrier
    or choose a consultant); line, alert, release, settle, sample, close (all write something of ours).
    """

    key: str
    kind: str
    leg_id: str | None = None
    data: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. See the handlers of `rules` for the kinds and what each carries.

    Args:
        at_c: the carrier's own time of it, where it told one.
    """

    kind: str
    leg_id: str | None = None
    call_sid: str | None = None
    text: str = ""
    number: int | None = None
    at_c: datetime | None = None
    people: tuple[Consultant, ...] = ()
    data: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timers:
    """Our own clocks, seconds. They are slack on top of the carrier's timeouts, never shorter."""

    create_s: float = 11.0
    relist_s: float = 30.0
    slack_s: float = 15.0
    silence_s: float = 8.0
    ending_s: float = 4.0
    prompt_s: float = 30.0
    join_s: float = 8.0
    notice_s: float = 20.0
    alone_s: float = 60.0
    recover_s: float = 45.0
    apology_s: float = 4.0
    doubt_s: float = 12.0
    busy_poll_s: float = 2.0
    visitor_wait_s: float = 60.0
    expire_s: float = 86_400.0
    close_margin_s: float = 60.0
    machine_s: float = 6.0
    machine_end_s: float = 30.0
    cooldown_s: float = 300.0
    preferred_extra_s: int = 10
    bridged_look_s: float = 30.0


TIMERS = Timers()
