"""What chat needs of the outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from server.chat.model import (
    Author,
    AuthorKind,
    Change,
    Conversation,
    Draft,
    Head,
    Message,
    Receipts,
    Status,
    TimelineEvent,
)
from server.principals import Visitor

WireCard = Mapping[str, object]


class Outcome(Enum):
    """What became of one inserted message."""

    STORED = "stored"
    KEY_TAKEN = "key_taken"
    NUMBER_TAKEN = "number_taken"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers that were given to the drafts of one conversation, in their order."""

    first_seq: int
    first_visitor_text_no: int
    head: Head


@dataclass(frozen=True, slots=True)
class Moved:
    """Receipts before and after; `last_seq` is the conversation's highest number at that moment."""

    before: Receipts
    after: Receipts
    visitor_id: str
    last_seq: int


@dataclass(frozen=True, slots=True)
class NewState:
    """What a change of state sets. `expected_assignee_id` and `expected` must still be true when it happens.

    `department` is (id or None for everyone) in a tuple of one where it is set; without the tuple it stays.
    """

    expected: frozenset[Status]
    expected_assignee_id: str | None
    status: Status
    assignee_id: str | None
    assignee_name: str | None
    stops_waiting: bool = False
    starts_waiting: bool = False
    department: tuple[str | None] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Drafts of one conversation, to be numbered together in this order. All allow the same statuses."""

    tenant_id: str
    conversation_id: str
    drafts: tuple[Draft, ...]


class TimelineStore(Protocol):
    """What the writer needs. Every method raises AppError("unavailable") when the database does not answer."""

    async def existing(self, keys: Mapping[str, Collection[str]]) -> dict[str, Message]:
        """Return the stored messages with these keys, by key. `keys` are given for each tenant."""

    async def take_numbers(self, groups: Sequence[Group], now: datetime) -> dict[str, Numbers]:
        """Number the drafts of each group, by conversation. A conversation that does not take them now is missing."""

    async def insert(self, messages: Sequence[tuple[str, Message]]) -> list[Outcome]:
        """Write (tenant id, message) pairs, acknowledged by the majority and journaled; one outcome for each."""

    async def heads(self, tenant_id: str, conversation_ids: Collection[str]) -> dict[str, Head]: ...


class ChatStore(TimelineStore, Protocol):
    async def create(self, conversation: Conversation) -> tuple[Conversation, bool]:
        """Insert, or return the conversation that this visitor has on this site; True when inserted."""

    async def conversation(self, tenant_id: str, conversation_id: str) -> Conversation | None: ...

    async def conversation_of(self, tenant_id: str, visitor_id: str) -> Conversation | None: ...

    async def change(
        self, tenant_id: str, conversation_id: str, state: NewState, event: TimelineEvent, event_id: str, now: datetime
    ) -> tuple[Conversation, Change] | None:
        """Compare and set, take a number and keep the entry to be written; None when the expectation fails."""

    async def move_receipts(
        self, tenant_id: str, conversation_id: str, by: AuthorKind, seq: int, read: bool
    ) -> Moved | None:
        """Move one side's receipts to `seq`, never beyond the last number; None for an unknown conversation.

        A consultant who has read up to the last number has read every text of the visitor with it.
        """

    async def read_texts(self, tenant_id: str, conversation_id: str, seq: int) -> None:
        """Count the visitor's texts up to `seq`, which is not the last number, as read by a consultant."""

    async def after(self, tenant_id: str, conversation_id: str, seq: int, limit: int) -> list[Message]: ...

    async def open_with(self, tenant_id: str, assignee_id: str) -> list[Conversation]:
        """Return the open conversations of a person."""

    async def inbox(self, tenant_id: str, closed_limit: int) -> list[Conversation]:
        """Return conversations with entries that are not closed, and the newest closed ones; newest first."""


class Announcer(Protocol):
    """Tells everyone who listens. Never waits, never raises, is called after the write was acknowledged."""

    def message(self, tenant_id: str, visitor_id: str, message: Message) -> None: ...

    def state(self, conversation: Conversation, card: WireCard) -> None: ...

    def typing(self, tenant_id: str, visitor_id: str, conversation_id: str, author: Author, typing: bool) -> None: ...

    def receipts(self, tenant_id: str, visitor_id: str, conversation_id: str, receipts: Receipts) -> None: ...

    def alert(self, tenant_id: str, kind: str, conversation_id: str, person_id: str | None, at: datetime) -> None:
        """Raise an alert for one person, or for all staff when `person_id` is None."""


class Visitors(Protocol):
    """The visitors' side of a conversation. Cards come in their wire shape: only `visitors` knows what is in one."""

    async def conversation_started(self, who: Visitor, conversation_id: str) -> None: ...

    async def cards(self, tenant_id: str, visitor_ids: Collection[str]) -> Mapping[str, WireCard]:
        """Return a card for each id, also for visitors nobody knows."""

    async def page_title(self, tenant_id: str, visitor_id: str) -> str | None: ...


class Attendance(Protocol):
    def is_gone(self, tenant_id: str, person_id: str) -> bool:
        """Return whether nobody can expect an answer of this person any more: no console open for a while."""


class People(Protocol):
    async def name_of(self, tenant_id: str, person_id: str) -> str | None:
        """Return the name of someone of this account who answers chats, else None."""

    async def members_of(self, tenant_id: str, site_id: str, department_id: str) -> tuple[str, list[str]] | None:
        """Return the name of a department in the site's own language and the ids of those of it who answer chats.

        None when there is none such.
        """
