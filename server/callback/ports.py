"""What callbacks need of the outside. The other features' side of these is wired in app.py."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from server.callback.guards import Budget, Window
from server.callback.model import Callback, CallingSettings, Page, Step
from server.principals import Person


class CarrierRefused(Exception):  # noqa: N818
    """The carrier answered no: it did nothing, for certain. `code` is its own error number, 0 when it gave none."""

    def __init__(self, code: int, status: int) -> None:
        super().__init__(f"carrier refused: {status}/{code}")
        self.code = code
        self.status = status

    @property
    def is_busy(self) -> bool:
        """Too many requests: not processed, the same may be sent again later."""
        return self.status == 429


class UnknownOutcome(Exception):  # noqa: N818
    """Nobody knows whether the carrier did it: no answer in time, a broken connection, or a 5xx."""


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call to be made. Times in seconds; `machine` is None, "Enable" or "DetectMessageEnd"."""

    to: str
    voice_url: str
    status_url: str
    timeout_s: int
    time_limit_s: int
    machine: str | None = None
    machine_url: str | None = None


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as the carrier's API tells it; times are the carrier's own."""

    sid: str
    status: str
    duration_s: int | None
    created_at: datetime | None
    ended_at: datetime | None


class CarrierApi(Protocol):
    """All raise CarrierRefused or UnknownOutcome. Nothing here is ever tried twice by itself."""

    async def create_call(self, call: NewCall) -> str:
        """Ask for a call, once; return its SID."""

    async def fetch_call(self, call_sid: str) -> CallView | None:
        """Return the call, or None when the carrier does not know it."""

    async def list_calls(self, to: str) -> list[CallView]:
        """Return the newest calls from our number to that one, newest first."""

    async def end_call(self, call_sid: str) -> None:
        """End it in whatever state it is; one that is over already is fine."""

    async def redirect_call(self, call_sid: str, url: str) -> bool:
        """Send a live call to another document; False when it is not live any more."""

    async def room_members(self, room: str) -> dict[str, datetime]:
        """Return the calls that are in the live room, with their times of entering."""

    async def hold(self, conference_sid: str, call_sid: str, on: bool, url: str) -> None: ...

    async def announce(self, conference_sid: str, call_sid: str, url: str) -> None:
        """Say a document to one party of a room."""

    async def record(self, call_sid: str, status_url: str) -> None: ...


class CallbackStore(Protocol):
    """Keeps callbacks. Raises AppError("unavailable") when the database does not answer."""

    async def add(self, callback: Callback, steps: tuple[Step, ...]) -> None:
        """Insert.

        Raises:
            SameRequest: this visitor's client request id was used already.
            OpenAlready: a callback of this site to this number is open.
        """

    async def save(self, callback: Callback, steps: tuple[Step, ...], expected_version: int) -> bool:
        """Write the callback and append its steps if its version is still the expected one."""

    async def find(self, tenant_id: str, callback_id: str) -> Callback | None: ...

    async def by_request(self, tenant_id: str, site_id: str, visitor_id: str, request_id: str) -> Callback | None: ...

    async def open_to(self, tenant_id: str, site_id: str, phone_key: str) -> Callback | None: ...

    async def last_to(self, tenant_id: str, phone_key: str, limit: int) -> list[Callback]:
        """Return the newest callbacks to a number, whoever asked for them."""

    async def open_of_visitor(self, tenant_id: str, site_id: str, visitor_id: str) -> Callback | None: ...

    async def last_of_visitor(self, tenant_id: str, visitor_id: str) -> Callback | None: ...

    async def newest(self, tenant_id: str, limit: int) -> list[Callback]: ...

    async def due(self, now: datetime, limit: int) -> list[Callback]:
        """Return callbacks of every tenant that want to be looked at."""

    async def unfinished(self, older_than: datetime) -> list[tuple[str, str]]:
        """Return (tenant, id) of callbacks whose steps were written before `older_than` and are not done."""

    async def all_running(self) -> list[Callback]:
        """Return every callback of every tenant that is not over or still has a call; for the recovery at start."""

    async def queued(self, tenant_id: str) -> list[Callback]:
        """Return the tenant's callbacks that wait for a consultant, oldest first."""

    async def steps(self, tenant_id: str, callback_id: str) -> list[Step]: ...

    async def done(self, tenant_id: str, callback_id: str, keys: list[str]) -> None:
        """Forget steps that were done. Again does nothing."""

    async def known_calls(self, call_sids: Collection[str]) -> set[str]:
        """Return those SIDs that belong to a leg of any callback."""

    async def waiting(self, tenant_id: str) -> list[Callback]:
        """Return the tenant's callbacks that have not ended."""


class SameRequest(Exception):  # noqa: N818
    """The client request id was used."""


class OpenAlready(Exception):  # noqa: N818
    """A callback to this number is open."""


class WebhookLog(Protocol):
    """Every webhook once, with what was answered."""

    async def begin(self, key: str, kind: str, ref: str, form: Mapping[str, str], now: datetime) -> str | None:
        """Write the webhook down; return the earlier answer when the same one came before and was answered."""

    async def answered(self, key: str, reply: str) -> None: ...


class ConsultantLeases(Protocol):
    """One consultant is rung for one callback at a time."""

    async def take(self, tenant_id: str, person_id: str, callback_id: str) -> bool:
        """Reserve; True also when this callback has the reservation already."""

    async def renew(self, tenant_id: str, callback_id: str) -> None: ...

    async def release(self, tenant_id: str, person_id: str, callback_id: str, cooldown: str, until: datetime) -> bool:
        """Give back; with a reason in `cooldown` the consultant is offered last until `until`."""

    async def cooling(self, tenant_id: str, person_ids: Collection[str], now: datetime) -> set[str]:
        """Return those that are to be offered last."""

    async def holder(self, tenant_id: str, person_id: str) -> str | None:
        """Return the callback that holds an expired reservation, for the check whether it may be taken over."""

    async def seize(self, tenant_id: str, person_id: str, from_id: str, callback_id: str) -> bool:
        """Take over an expired reservation of another callback, if it still is that one's."""


class Ledger(Protocol):
    """Money, in micro-units. Every leg is reserved once and settled once."""

    async def reserve(self, tenant_id: str, site_id: str, leg: str, micros: int, budget: Budget, now: datetime) -> bool:
        """Put the worst case aside; False when a cap forbids it. Again for the same leg is True."""

    async def settle(self, tenant_id: str, site_id: str, leg: str, micros: int) -> None:
        """Replace the reservation by the real price. Again does nothing."""

    async def has_room(self, tenant_id: str, site_id: str, micros: int, budget: Budget, now: datetime) -> bool: ...


class Counters(Protocol):
    """Sliding windows, shared by all servers."""

    async def take(self, key: str, hit: str, windows: tuple[Window, ...], now: datetime) -> int:
        """Count `hit` under `key`; return 0, or the seconds to wait when it does not fit. Again counts once."""

    async def give_back(self, key: str, hit: str) -> None: ...


class EtaSamples(Protocol):
    async def add(self, tenant_id: str, site_id: str, callback_id: str, seconds: float, now: datetime) -> None: ...

    async def latest(self, tenant_id: str, site_id: str) -> list[float]: ...

    async def quantile(self, tenant_id: str, site_id: str) -> float: ...

    async def set_quantile(self, tenant_id: str, site_id: str, q: float) -> None: ...


class SettingsStore(Protocol):
    async def load(self, tenant_id: str, site_id: str) -> CallingSettings | None: ...

    async def save(self, tenant_id: str, site_id: str, settings: CallingSettings, expected_version: int) -> bool: ...


# Other features


@dataclass(frozen=True, slots=True)
class Site:
    """What callbacks need of a site: its country, its language, and what it is called."""

    id: str
    country: str
    locale: str
    name: str = ""


class Sites(Protocol):
    def find(self, tenant_id: str, site_id: str) -> Site | None:
        """Answers from memory. None for a site of another tenant."""


@dataclass(frozen=True, slots=True)
class Department:
    """Whom a callback is for.

    Args:
        name: in the site's own language; `names` has it by locale.
        fall_through: whether everyone else is rung when nobody of it takes the call.
    """

    name: str
    names: Mapping[str, str]
    member_ids: Collection[str]
    fall_through: bool


class Consultants(Protocol):
    def department(self, tenant_id: str, site_id: str, department_id: str) -> Department | None:
        """Return a department of the account, None when there is none such."""

    async def in_dial_order(self, tenant_id: str, site_id: str) -> list[tuple[str, str, str, str, str]]:
        """Return (person id, name, phone, locale, status) of everyone who can be rung, first to be rung first."""


@dataclass(frozen=True, slots=True)
class Chat:
    """What a call needs of the chat that it grows out of. `topic` is what the visitor wrote last."""

    conversation_id: str
    site_id: str
    visitor_id: str
    assignee_id: str | None
    topic: str | None


class Chats(Protocol):
    async def of_visitor(self, tenant_id: str, visitor_id: str) -> Chat | None: ...

    async def find(self, tenant_id: str, conversation_id: str) -> Chat | None: ...


class Timeline(Protocol):
    async def post_event(
        self, tenant_id: str, conversation_id: str, name: str, data: Mapping[str, object], event_key: str
    ) -> object:
        """Write a line into the chat, once for each event_key; `data` has name, callback_id, duration_s, at_ms."""


@dataclass(frozen=True, slots=True)
class VisitorView:
    page: Page | None
    name: str | None
    locale: str
    time_zone: str


class Visitors(Protocol):
    async def view(self, tenant_id: str, visitor_id: str) -> VisitorView | None: ...


class Blocks(Protocol):
    """Who must not be called. Both questions count a refusal."""

    async def phone_blocked(self, tenant_id: str, e164: str) -> bool:
        """Tell whether a number that is asked for is blocked."""

    async def call_blocked(self, tenant_id: str, e164: str, visitor_id: str) -> bool:
        """Tell whether a call must not be made, exactly as the database knows it at this moment."""

    async def opt_out(self, tenant_id: str, e164: str) -> None:
        """Never call that number again; again changes nothing."""


class Holidays(Protocol):
    """Public holidays of the world's countries; the names in the wanted language where there are such."""

    async def countries(self) -> list[str]:
        """Return the ISO 3166-1 alpha-2 regions that are known."""

    async def of(self, region: str, years: Sequence[int], locale: str) -> list[tuple[str, str]] | None:
        """Return (YYYY-MM-DD, name) in order; None for a region that is not known."""


class Audit(Protocol):
    async def record(
        self, person: Person, action: str, subject_id: str, changes: dict[str, tuple[object, object]] | None = None
    ) -> None:
        """Write down who changed what: field -> (before, after)."""


class Counts(Protocol):
    """Metrics; never raises."""

    def callback_rejected(self, code: str) -> None: ...
