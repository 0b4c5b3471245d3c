"""Decisions about chats. Pure: values come in, values or errors go out."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.chat.model import (
    SYSTEM,
    AuthorKind,
    Change,
    Conversation,
    Draft,
    Kind,
    Message,
    Receipts,
    Status,
)
from server.errors import AppError

MAX_TEXT = 4000
MAX_LAST_TEXT = 200
PAGE_SIZE = 200
# Twice the write deadline: a message that has not come by then has failed, or will be refused by the unique index.
HOLE_DECIDED_AFTER = timedelta(seconds=10)


def clean_text(text: str) -> str:
    """Return `text` as it is stored: newlines as one character, control characters gone, ends trimmed.

    Raises:
        AppError: message_empty when nothing visible is left, message_too_long above 4,000 characters.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if not plain.isprintable():
        plain = "".join(c for c in plain if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    plain = plain.strip()
    if not plain.isprintable() and not any(_is_visible(c) for c in plain):
        plain = ""
    if not plain:
        raise AppError("message_empty")
    if len(plain) > MAX_TEXT:
        raise AppError("message_too_long", max=MAX_TEXT)
    return plain


def _is_visible(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) != "Cf"


def excerpt(text: str) -> str:
    """Return the beginning of `text` on one line, at most 200 characters, for lists and whispers."""
    line = " ".join(text[: MAX_LAST_TEXT * 4].split())
    return line if len(line) <= MAX_LAST_TEXT else line[: MAX_LAST_TEXT - 1] + "…"


@dataclass(frozen=True, slots=True)
class Effect:
    """What adding some drafts at once does to their conversation.

    `answered` says that a consultant's text is among them; `waits` that a visitor's text came after the last of those.
    """

    count: int
    visitor_texts: int
    last_text: str | None
    last_author: AuthorKind | None
    last_topic: str | None
    answered: bool
    waits: bool


def effect_of(drafts: Sequence[Draft]) -> Effect:
    """Return what `drafts`, numbered in this order, do to their conversation."""
    texts = [draft for draft in drafts if draft.kind is Kind.TEXT]
    visitors = [draft for draft in texts if draft.is_visitor_text]
    answered = any(draft.author.kind is AuthorKind.CONSULTANT for draft in texts)
    waits = False
    for draft in texts:
        if draft.is_visitor_text:
            waits = True
        elif draft.author.kind is AuthorKind.CONSULTANT:
            waits = False
    return Effect(
        count=len(drafts),
        visitor_texts=len(visitors),
        last_text=excerpt(texts[-1].text) if texts else None,
        last_author=texts[-1].author.kind if texts else None,
        last_topic=excerpt(visitors[-1].text) if visitors else None,
        answered=answered,
        waits=waits,
    )


def numbered(drafts: Sequence[Draft], first_seq: int, first_visitor_text_no: int, sent_at: datetime) -> list[Message]:
    """Return the drafts as messages with numbers from `first_seq` and the visitor's texts counted on."""
    messages = []
    text_no = first_visitor_text_no
    for offset, draft in enumerate(drafts):
        messages.append(message_of(draft, first_seq + offset, sent_at, text_no))
        text_no += draft.is_visitor_text
    return messages


def message_id(conversation_id: str, seq: int) -> str:
    """Return a message's id: its place, which is unique and costs no randomness."""
    return f"{conversation_id}.{seq}"


def message_of(draft: Draft, seq: int, sent_at: datetime, visitor_text_no: int = 0) -> Message:
    return Message(
        id=message_id(draft.conversation_id, seq),
        key=draft.key,
        conversation_id=draft.conversation_id,
        client_message_id=draft.client_message_id,
        seq=seq,
        kind=draft.kind,
        author=draft.author,
        text=draft.text,
        event=draft.event,
        sent_at=sent_at,
        visitor_text_no=visitor_text_no if draft.is_visitor_text else None,
    )


def tombstone(conversation_id: str, seq: int, at: datetime) -> Message:
    """Return the entry that closes a number for good; the same for everyone who closes it."""
    name = f"tombstone.{seq}"
    return Message(
        id=message_id(conversation_id, seq),
        key=f"{conversation_id}/{name}",
        conversation_id=conversation_id,
        client_message_id=name,
        seq=seq,
        kind=Kind.TOMBSTONE,
        author=SYSTEM,
        text="",
        event=None,
        sent_at=at,
    )


def change_draft(conversation_id: str, change: Change) -> Draft:
    """Return the entry of a change of state, which has its number and its time already."""
    return Draft(
        conversation_id=conversation_id,
        sender="s",
        client_message_id=change.client_message_id,
        kind=Kind.EVENT,
        author=SYSTEM,
        event=change.event,
        seq=change.seq,
        sent_at=change.at,
    )


def filling(conversation: Conversation, seq: int, at: datetime) -> Message:
    """Return what belongs at a number that nobody filled: the change that took it, else a tombstone."""
    for change in conversation.changes:
        if change.seq == seq:
            return message_of(change_draft(conversation.id, change), seq, change.at)
    return tombstone(conversation.id, seq, at)


def is_resend(stored: Message, draft: Draft) -> bool:
    """Say whether `draft` is `stored` once more, and not another message under its id."""
    return stored.kind is draft.kind and stored.text == draft.text


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page of stored entries means: the part without a hole, numbers to close now, and the head."""

    whole: tuple[Message, ...]
    to_close: tuple[int, ...]
    last_seq: int


def read_page(after_seq: int, stored: Sequence[Message], conversation: Conversation, now: datetime) -> Reading:
    """Judge entries with numbers above `after_seq`, ascending, at most PAGE_SIZE of them.

    A hole is closed only when its right neighbour is older than HOLE_DECIDED_AFTER, and numbers behind the last entry
    only when the conversation has been quiet for as long; a younger hole ends the page.
    """
    whole: list[Message] = []
    to_close: list[int] = []
    expected = after_seq + 1
    for message in stored:
        missing = range(expected, message.seq)
        if missing:
            if now - message.sent_at < HOLE_DECIDED_AFTER:
                break
            to_close.extend(missing[: PAGE_SIZE - len(to_close)])
        if not to_close:
            whole.append(message)
        expected = message.seq + 1
    ended = len(stored) < PAGE_SIZE
    highest = stored[-1].seq if stored else after_seq
    if ended and not to_close and expected > highest and now - conversation.updated_at >= HOLE_DECIDED_AFTER:
        to_close.extend(range(expected, conversation.seq + 1)[:PAGE_SIZE])
    highest = highest if stored else min(after_seq, conversation.seq)
    last_seq = highest if ended else max(highest, conversation.seq)
    return Reading(tuple(whole[:PAGE_SIZE]), tuple(to_close), last_seq)


def for_visitor(message: Message) -> Message:
    """Return what the visitor may see of `message`: a note is a number without content."""
    if message.kind is not Kind.NOTE:
        return message
    return tombstone(message.conversation_id, message.seq, message.sent_at)


def moved(receipts: Receipts, by: AuthorKind, seq: int, read: bool) -> Receipts:
    """Return the receipts after one side got to `seq`; numbers never shrink."""
    if by is AuthorKind.VISITOR:
        return replace(
            receipts,
            visitor_delivered=max(receipts.visitor_delivered, seq),
            visitor_read=max(receipts.visitor_read, seq if read else 0),
        )
    return replace(
        receipts,
        consultant_delivered=max(receipts.consultant_delivered, seq),
        consultant_read=max(receipts.consultant_read, seq if read else 0),
    )


def judge_claim(conversation: Conversation, person_id: str) -> bool:
    """Say whether `person_id` should take the conversation now; False when it is theirs already.

    Raises:
        AppError: conversation_closed, or already_claimed with the colleague's name.
    """
    if conversation.status is Status.CLOSED:
        raise AppError("conversation_closed")
    if conversation.assignee_id is None:
        return True
    if conversation.assignee_id != person_id:
        raise AppError("already_claimed", name=conversation.assignee_name or "")
    return False


def alert_kind(assignee_id: str | None, visitor_text_no: int | None, reopened: bool) -> str:
    """Return which alert a visitor's text raises."""
    if assignee_id is None and (reopened or visitor_text_no == 1):
        return "conversation_waiting"
    return "visitor_message"


def event_id(event_key: str) -> str:
    """Return the client message id of an entry that another feature posts; the same for the same key."""
    if re.fullmatch(r"[A-Za-z0-9_.:-]{1,64}", event_key):
        return event_key
    return hashlib.sha256(event_key.encode()).hexdigest()


EVENT_DATA = ("name", "callback_id", "duration_s", "at_ms")


def event_data(data: Mapping[str, object]) -> dict[str, str | int]:
    """Return the values of `data` that an entry may carry. Anything else is our bug."""
    kept: dict[str, str | int] = {}
    for key, value in data.items():
        if key not in EVENT_DATA or isinstance(value, bool) or not isinstance(value, (str, int)):
            raise ValueError(f"no such event data: {key}")
        kept[key] = value[:120] if isinstance(value, str) and key == "name" else value
    return kept
