"""What chat is about: conversations, the entries of their timelines, and how far each side has read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What an entry of a timeline is. A tombstone is a number that will never hold a message."""

    TEXT = "text"
    NOTE = "note"
    EVENT = "event"
    TOMBSTONE = "tombstone"


class AuthorKind(StrEnum):
    VISITOR = "visitor"
    CONSULTANT = "consultant"
    AUTOMATIC = "automatic"
    SYSTEM = "system"


class Status(StrEnum):
    """`waiting` has nobody assigned, `open` has; `closed` opens again with the visitor's next message."""

    WAITING = "waiting"
    OPEN = "open"
    CLOSED = "closed"


ANY_STATUS = frozenset(Status)
NOT_CLOSED = frozenset({Status.WAITING, Status.OPEN})
ASSIGNED = frozenset({Status.OPEN})


@dataclass(frozen=True, slots=True)
class Author:
    kind: AuthorKind
    id: str | None = None
    name: str | None = None


SYSTEM = Author(AuthorKind.SYSTEM)


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """A change of state as an entry; `data` holds values for the words (name, callback_id, duration_s, at_ms)."""

    name: str
    data: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to add to a timeline; it has no number yet.

    `sender` scopes `client_message_id`, so that nobody can claim another's. `allowed` are the statuses in which the
    conversation takes it. `seq` and `sent_at` are set when a change of state took the number: both are the change's.
    """

    conversation_id: str
    sender: str
    client_message_id: str
    kind: Kind
    author: Author
    text: str = ""
    event: TimelineEvent | None = None
    allowed: frozenset[Status] = ANY_STATUS
    seq: int | None = None
    sent_at: datetime | None = None

    @property
    def key(self) -> str:
        """The message's identity for ever: conversation, sender and the sender's own id."""
        return f"{self.conversation_id}/{self.sender}/{self.client_message_id}"

    @property
    def is_visitor_text(self) -> bool:
        return self.kind is Kind.TEXT and self.author.kind is AuthorKind.VISITOR


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a timeline. `visitor_text_no` counts the visitor's own texts from 1; None for everything else."""

    id: str
    key: str
    conversation_id: str
    client_message_id: str
    seq: int
    kind: Kind
    author: Author
    text: str
    event: TimelineEvent | None
    sent_at: datetime
    visitor_text_no: int | None = None


@dataclass(frozen=True, slots=True)
class Receipts:
    """How far each side has got. Numbers only ever grow; what is read has been delivered."""

    visitor_delivered: int = 0
    visitor_read: int = 0
    consultant_delivered: int = 0
    consultant_read: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A change of state whose entry may still have to be written: the number it took and what it says."""

    seq: int
    client_message_id: str
    event: TimelineEvent
    at: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    """The one conversation of a visitor with a site.

    `department_id` is whom it was put into the queue for; it stays when somebody takes it and goes when it opens again.
    `seq` is the highest number given out, `visitor_texts` how many of them went to the visitor's texts and
    `visitor_texts_read` how many of those a consultant has read. `changes` are the newest changes of state.
    """

    id: str
    tenant_id: str
    site_id: str
    visitor_id: str
    status: Status
    created_at: datetime
    updated_at: datetime
    assignee_id: str | None = None
    assignee_name: str | None = None
    department_id: str | None = None
    seq: int = 0
    visitor_texts: int = 0
    visitor_texts_read: int = 0
    last_text: str = ""
    last_author: AuthorKind = AuthorKind.SYSTEM
    last_topic: str = ""
    waiting_since: datetime | None = None
    receipts: Receipts = Receipts()
    changes: tuple[Change, ...] = ()

    @property
    def unread(self) -> int:
        return max(0, self.visitor_texts - self.visitor_texts_read)


@dataclass(frozen=True, slots=True)
class Head:
    """What the writer learns of a conversation while it takes numbers; enough to tell everyone and to alert."""

    conversation_id: str
    visitor_id: str
    assignee_id: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a timeline without a hole; ask again while its last number is below `last_seq`."""

    messages: tuple[Message, ...]
    last_seq: int
