"""Conversations and messages as the contracts have them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from server.chat.assignments import Listed
from server.chat.model import Author, Conversation, Message, Page, Receipts, TimelineEvent
from server.clock import to_ms

Wire = dict[str, object]

_EVENT_DATA = {"callback_id": "callbackId", "duration_s": "durationS", "at_ms": "atMs"}


def author(value: Author) -> Wire:
    told: Wire = {"kind": value.kind.value}
    if value.id is not None:
        told["id"] = value.id
    if value.name is not None:
        told["name"] = value.name
    return told


def event(value: TimelineEvent) -> Wire:
    return {"name": value.name, "data": {_EVENT_DATA.get(key, key): item for key, item in value.data.items()}}


def message(value: Message) -> Wire:
    return {
        "id": value.id,
        "conversationId": value.conversation_id,
        "clientMessageId": value.client_message_id,
        "seq": value.seq,
        "kind": value.kind.value,
        "author": author(value.author),
        "text": value.text,
        "files": [],
        "event": event(value.event) if value.event is not None else None,
        "sentAtMs": to_ms(value.sent_at),
    }


def page(value: Page) -> Wire:
    return {"messages": [message(entry) for entry in value.messages], "lastSeq": value.last_seq}


def receipts(value: Receipts) -> Wire:
    return {
        "visitorDeliveredSeq": value.visitor_delivered,
        "visitorReadSeq": value.visitor_read,
        "consultantDeliveredSeq": value.consultant_delivered,
        "consultantReadSeq": value.consultant_read,
    }


def conversation(value: Conversation) -> Wire:
    """Return a conversation as its visitor sees it."""
    assignee = None
    if value.assignee_id is not None:
        assignee = {"id": value.assignee_id, "name": value.assignee_name or ""}
    return {
        "id": value.id,
        "status": value.status.value,
        "assignee": assignee,
        "lastSeq": value.seq,
        "receipts": receipts(value.receipts),
    }


def listed(value: Listed) -> Wire:
    return inbox_conversation(value.conversation, value.card)


def inbox_conversation(value: Conversation, card: Mapping[str, object]) -> Wire:
    """Return a conversation as consultants see it."""
    return {
        "id": value.id,
        "siteId": value.site_id,
        "status": value.status.value,
        "visitor": card,
        "assigneeId": value.assignee_id,
        "assigneeName": value.assignee_name,
        "departmentId": value.department_id,
        "lastSeq": value.seq,
        "unread": value.unread,
        "lastText": value.last_text,
        "lastAuthorKind": value.last_author.value,
        "waitingSinceMs": _ms(value.waiting_since),
        "createdAtMs": to_ms(value.created_at),
        "updatedAtMs": to_ms(value.updated_at),
        "receipts": receipts(value.receipts),
    }


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)
