"""The carrier's nouns: plain frozen values. What may happen to them stands in the rules."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

API_VERSION = "2010-04-01"
E164 = re.compile(r"\+[1-9]\d{6,14}")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class CarrierConfig:
    """How one carrier is set up.

    Args:
        public_url: the carrier's own base URL, without a trailing slash.
        cps: calls started per virtual second; more are queued, never refused.
        data_dir: where the journal is also written; nothing else outlives the process.
        webhook_hosts: host names that webhooks may dial; empty means any host.
        callers: the numbers that may be used as From; empty means any valid number.
        handset_names: a name to show beside a number on the handsets page.
        ring_buffer_s: added to the Timeout of a call, as Twilio does "for some call flows".
        post_dial_s: between `initiated` and the first ring.
        dial_action_after_hangup: ask the action of a Dial also after its caller hung up (unverified against Twilio).
    """

    account_sid: str
    auth_token: str = field(repr=False)
    public_url: str
    cps: float = 1.0
    data_dir: Path | None = None
    webhook_hosts: frozenset[str] = LOOPBACK
    callers: frozenset[str] = frozenset()
    handset_names: Mapping[str, str] = field(default_factory=dict)
    ring_buffer_s: float = 0.0
    post_dial_s: float = 0.3
    opening_balance: float = 100.0
    dial_action_after_hangup: bool = False


@dataclass(frozen=True)
class Callback:
    """Where somebody wants to be told: URL (with its connection overrides), method and events."""

    url: str
    method: str = "POST"
    events: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Document:
    """Where the instructions of a call come from: a URL, or TwiML given inline (then `url` is its base)."""

    url: str = ""
    method: str = "POST"
    twiml: str | None = None
    extra: tuple[tuple[str, str], ...] = ()
    kind: str = "url"


@dataclass(frozen=True)
class Detection:
    """Answering-machine detection asked for by the caller of the API. Times in seconds."""

    mode: str  # Enable | DetectMessageEnd
    is_async: bool
    callback: Callback | None
    timeout_s: float = 30.0


@dataclass(frozen=True)
class Call:
    """One leg. `status` is the REST word; `progress` also knows `dialling`."""

    sid: str
    account_sid: str
    to: str
    from_: str
    direction: str
    created_at: datetime
    updated_at: datetime
    queue_time_ms: int = 0
    status: str = "queued"
    dialling: bool = False
    parent_sid: str | None = None
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    sip_code: int | None = None
    answered_by: str | None = None
    price: str | None = None
    sequence: int = 0

    @property
    def duration_s(self) -> int:
        """Whole seconds between answer and end; 0 when it was never answered or is not over."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return max(0, round((self.ended_at - self.answered_at).total_seconds()))


@dataclass(frozen=True)
class CallPlan:
    """What the caller of the API asked for. Times in virtual seconds."""

    document: Document
    fallback: Document | None = None
    status: Callback | None = None
    timeout_s: float = 60.0
    time_limit_s: float = 14400.0
    send_digits: str = ""
    detection: Detection | None = None
    record: RecordingPlan | None = None
    room_sid: str | None = None


@dataclass(frozen=True)
class RecordingPlan:
    source: str
    channels: int = 1
    track: str = "both"
    callback: Callback | None = None


@dataclass(frozen=True)
class Message:
    sid: str
    account_sid: str
    to: str
    from_: str
    body: str
    created_at: datetime
    updated_at: datetime
    status: str = "queued"
    sent_at: datetime | None = None
    error_code: int | None = None
    price: str | None = None


def new_sid(prefix: str, rng: random.Random) -> str:
    """Return a SID: two capital letters and 32 hexadecimal digits."""
    return f"{prefix}{rng.getrandbits(128):032x}"


def is_address(value: str) -> bool:
    """Tell whether a call can be sent there: E.164, `client:name` or `sip:user@host`."""
    if value.startswith(("client:", "sip:")):
        return len(value.split(":", 1)[1]) > 0
    return E164.fullmatch(value) is not None
