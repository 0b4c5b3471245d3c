"""What reports count, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Source:
    """Where a visit came from, by its last touch; nothing known is a direct visit."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class Visits:
    """How many visits began in the period. The days are complete; pages and sources are the most frequent ones."""

    by_day: Mapping[str, int] = field(default_factory=dict)
    by_page: Mapping[str, int] = field(default_factory=dict)
    by_source: Mapping[Source, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Landed:
    """A visit of someone who did something: when it began, on which page, from where."""

    visitor_id: str
    at: datetime
    page: str
    source: Source


@dataclass(frozen=True, slots=True)
class Chat:
    """A visitor's text that began a conversation or opened it again, and when the first answer of a person came."""

    visitor_id: str
    at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Party:
    """One call of a callback, by our own clock."""

    role: str
    answered_at: datetime | None
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Call:
    """A callback. `wanted_at` is when the visitor wanted the phone to ring."""

    visitor_id: str
    at: datetime
    wanted_at: datetime
    state: str
    talked: bool
    over: bool
    parties: tuple[Party, ...] = ()


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that is only counted, under these names of Numbers."""

    visitor_id: str
    at: datetime
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Events:
    """Everything stored that falls into a period. `complete` is False when there was more than may be read."""

    visits: Visits = field(default_factory=Visits)
    landed: tuple[Landed, ...] = ()
    chats: tuple[Chat, ...] = ()
    calls: tuple[Call, ...] = ()
    happened: tuple[Happened, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Numbers:
    """One line of a report. Durations are milliseconds, None when nothing was measured."""

    visits: int = 0
    chats: int = 0
    chats_answered: int = 0
    first_response_median_ms: int | None = None
    first_response_p90_ms: int | None = None
    callbacks_requested: int = 0
    callbacks_connected: int = 0
    callbacks_missed: int = 0
    connect_median_ms: int | None = None
    connect_p90_ms: int | None = None
    survey_answers: int = 0
    invitations_shown: int = 0
    invitations_accepted: int = 0
    invitations_dismissed: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The same numbers as a whole, by local day (every day), by landing page and by source (the largest ones)."""

    totals: Numbers
    by_day: tuple[tuple[str, Numbers], ...]
    by_page: tuple[tuple[str, Numbers], ...]
    by_source: tuple[tuple[Source, Numbers], ...]
    complete: bool
