"""Rules and what they decide about: conditions, facts, history, decisions, displays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Scalar = str | int | float | bool

# -- conditions --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """`kind` is all or any; at least one condition."""

    kind: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition
    kind: str = "not"


@dataclass(frozen=True, slots=True)
class Time:
    """The page was visible for so many seconds."""

    at_least_s: int
    kind: str = "time"


@dataclass(frozen=True, slots=True)
class Scroll:
    at_least_percent: int
    kind: str = "scroll"


@dataclass(frozen=True, slots=True)
class Exit:
    """`device` is desktop, touch or any."""

    device: str
    kind: str = "exit"


@dataclass(frozen=True, slots=True)
class Pages:
    at_least: int
    kind: str = "pages"


@dataclass(frozen=True, slots=True)
class Url:
    """`op` is is, contains, starts or ends."""

    op: str
    value: str
    kind: str = "url"


@dataclass(frozen=True, slots=True)
class Returning:
    kind: str = "returning"


@dataclass(frozen=True, slots=True)
class Referrer:
    op: str
    value: str
    kind: str = "referrer"


@dataclass(frozen=True, slots=True)
class Utm:
    """`part` is source, medium, campaign, term or content."""

    part: str
    op: str
    value: str
    kind: str = "utm"


@dataclass(frozen=True, slots=True)
class Language:
    any_of: tuple[str, ...]
    kind: str = "language"


@dataclass(frozen=True, slots=True)
class Idle:
    at_least_s: int
    kind: str = "idle"


@dataclass(frozen=True, slots=True)
class Event:
    """The page told us `name`, with at least this data."""

    name: str
    data: tuple[tuple[str, Scalar], ...] = ()
    kind: str = "event"


@dataclass(frozen=True, slots=True)
class Consultants:
    kind: str = "consultants"


@dataclass(frozen=True, slots=True)
class Hours:
    kind: str = "hours"


Leaf = Time | Scroll | Exit | Pages | Url | Returning | Referrer | Utm | Language | Idle | Event | Consultants | Hours
Condition = Group | Not | Leaf

LEAVES: Mapping[str, type[Leaf]] = {
    "time": Time,
    "scroll": Scroll,
    "exit": Exit,
    "pages": Pages,
    "url": Url,
    "returning": Returning,
    "referrer": Referrer,
    "utm": Utm,
    "language": Language,
    "idle": Idle,
    "event": Event,
    "consultants": Consultants,
    "hours": Hours,
}

# -- rules -------------------------------------------------------------------------------------------------------------


class Invitee(StrEnum):
    """Who invites. `consultant` shows only while someone is available."""

    CONSULTANT = "consultant"
    TEAM = "team"


@dataclass(frozen=True, slots=True)
class Action:
    """`kind` is chat, callback, survey (with `survey_id`), link (with `url`) or event (with `name`)."""

    kind: str
    survey_id: str | None = None
    url: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """An invitation's words in one language, with variables such as {consultant|our team}."""

    locale: str
    title: str
    text: str
    button: str


@dataclass(frozen=True, slots=True)
class Caps:
    """How often something may show; None is no limit of its own."""

    per_visit: int | None = None
    per_day: int | None = None
    per_visitor: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """How often all rules of a site together may interrupt one visitor. Off: never."""

    caps: Caps = Caps(1, 2, 10)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Content:
    """What a marketer writes."""

    name: str
    condition: Condition
    action: Action
    texts: tuple[Text, ...]
    invitee: Invitee = Invitee.TEAM
    priority: int = 0
    caps: Caps = Caps()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    sample_percent: int = 100


class Status(StrEnum):
    DRAFT = "draft"
    LIVE = "live"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Author:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a site. `version` grows with every change; `live` is what visitors get while the status is live."""

    id: str
    tenant_id: str
    site_id: str
    version: int
    status: Status
    draft: Content
    live: Content | None
    live_version: int | None
    action: str
    updated_at: datetime
    updated_by: Author


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One change: `action` is created, saved, published or disabled; `content` is the draft after it."""

    rule_id: str
    version: int
    action: str
    at: datetime
    by: Author
    content: Content


@dataclass(frozen=True, slots=True)
class Counts:
    shown: int = 0
    accepted: int = 0
    dismissed: int = 0


# -- facts -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inviter:
    """A consultant who is available. `photo_url` is absolute; None for initials."""

    id: str
    name: str
    photo_url: str | None = None


@dataclass(frozen=True, slots=True)
class PageView:
    """An address in the forms that rules compare, in lower case: made once by `rules.page_view`."""

    url: str
    title: str
    whole: str
    bare: str
    path: str
    path_query: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a visitor at one moment.

    `exit` and `idle_s` are about this very moment, `time_s` and `scroll` about the page, the rest about the visit.
    `consultant` and `is_open` are only looked up when a live rule asks. `engaged` is chat, call, closed or None. `day`
    is the date at the site. Attribution values, event names and data are as `rules.plain` makes them.
    """

    visit_id: str
    visitor_id: str
    page: PageView
    day: str
    time_s: int = 0
    scroll: int = 0
    exit: str | None = None
    idle_s: int = 0
    pages: int = 1
    returning: bool = False
    locale: str = ""
    referrer: str = ""
    utm: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, tuple[Mapping[str, str], ...]] = field(default_factory=dict)
    consultant: Inviter | None = None
    is_open: bool = True
    engaged: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """How often something showed to a visitor: in this visit, on this day, ever."""

    visit: int = 0
    day: int = 0
    visitor: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """What a visitor was shown before; `dismissed` in this visit, in whichever tab."""

    all: Shown = Shown()
    by_rule: Mapping[str, Shown] = field(default_factory=dict)
    dismissed: bool = False


NOTHING_SHOWN = History()

# -- decisions ---------------------------------------------------------------------------------------------------------


class Code(StrEnum):
    """The one reason why a rule shows or not."""

    FIRED = "fired"
    CONDITION_NOT_MET = "condition_not_met"
    NO_CONSULTANT = "no_consultant"
    OUTSIDE_HOURS = "outside_hours"
    OUTSIDE_SCHEDULE = "outside_schedule"
    SAMPLED_OUT = "sampled_out"
    IN_CONVERSATION = "in_conversation"
    IN_CALL = "in_call"
    DISMISSED = "dismissed"
    CAPPED_VISIT = "capped_visit"
    CAPPED_DAY = "capped_day"
    CAPPED_VISITOR = "capped_visitor"
    RULE_CAPPED_VISIT = "rule_capped_visit"
    RULE_CAPPED_DAY = "rule_capped_day"
    RULE_CAPPED_VISITOR = "rule_capped_visitor"
    LOWER_PRIORITY = "lower_priority"
    SURVEY_CLOSED = "survey_closed"
    SWITCHED_OFF = "switched_off"


@dataclass(frozen=True, slots=True, eq=False)
class Reason:
    """`path` and `kind` name the condition that was not met; None for the other codes."""

    rule_id: str
    code: Code
    path: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Which rule fires, if any, and one reason for every rule in the order of their priority."""

    fired: LiveRule | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class LiveRule:
    """A rule as visitors meet it. `has_survey` is false while the survey that it leads to is not published."""

    id: str
    content: Content
    version: int = 1
    has_survey: bool = True


class Outcome(StrEnum):
    """What became of a display. It only ever moves on: granted, shown, then accepted or dismissed for good."""

    GRANTED = "granted"
    SHOWN = "shown"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Display:
    """One interruption that was granted. Each of its `windows` is unique among the visitor's displays on the site."""

    id: str
    tenant_id: str
    site_id: str
    visitor_id: str
    visit_id: str
    rule_id: str
    rule_version: int
    day: str
    at: datetime
    windows: tuple[str, ...]
    action: str
    text: str
    inviter: Inviter | None = None
    outcome: Outcome = Outcome.GRANTED


@dataclass(frozen=True, slots=True)
class Logged:
    """A rule whose condition was met: shown, or withheld for one reason."""

    id: str
    tenant_id: str
    site_id: str
    visitor_id: str
    visit_id: str
    rule_id: str
    rule_name: str
    code: Code
    url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Peak:
    """The most that was seen of one page in a visit; `exits` are desktop, touch."""

    url: str
    title: str = ""
    time_s: int = 0
    scroll: int = 0
    idle_s: int = 0
    exits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """What is kept of a visit for trying rules on it, and for a server that starts again.

    `watched` says up to which value the browser was asked to report: kind -> the most, for exit and event 1.
    """

    tenant_id: str
    site_id: str
    visitor_id: str
    visit_id: str
    started_at: datetime
    updated_at: datetime
    locale: str
    returning: bool
    pages: int
    referrer: str
    utm: Mapping[str, str]
    peaks: tuple[Peak, ...]
    events: Mapping[str, tuple[Mapping[str, str], ...]]
    watched: Mapping[str, int]
