"""Conversations and messages in MongoDB. The unique indexes decide; see `INDEXES`."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from server.chat import rules
from server.chat.model import (
    ANY_STATUS,
    Author,
    AuthorKind,
    Change,
    Conversation,
    Head,
    Kind,
    Message,
    Receipts,
    Status,
    TimelineEvent,
)
from server.chat.ports import Group, Moved, NewState, Numbers, Outcome
from server.ids import NewId
from server.mongo import Document, DuplicateKey, Index, TenantCollection

INDEXES = [
    # One for ever, so at most one open: a closed conversation is opened again, never followed by a second.
    Index(
        "conversations",
        (("tenant", 1), ("visitor_id", 1), ("site_id", 1)),
        name="one_conversation_per_visitor_and_site",
        unique=True,
    ),
    # By when it was closed, not by when it changed last: a message then costs no change of this index.
    Index("conversations", (("tenant", 1), ("status", 1), ("closed_at", -1)), name="inbox"),
    # The other half of "once" is the messages' own _id: conversation, sender, client id.
    Index("messages", (("tenant", 1), ("conversation_id", 1), ("seq", 1)), name="one_message_per_number", unique=True),
]

# Stands for "does not wait", so that `$min` sets the beginning of waiting without reading first.
_NOT_WAITING = datetime(9999, 1, 1, tzinfo=UTC)
_KEPT_CHANGES = 20
_INBOX_LIMIT = 1000
_HEAD = {"visitor_id": 1, "assignee_id": 1, "seq": 1, "visitor_texts": 1, "batch": 1}


class MongoChatStore:
    """Implements `ports.ChatStore`."""

    def __init__(self, conversations: TenantCollection, messages: TenantCollection, new_id: NewId) -> None:
        self._conversations = conversations
        self._messages = messages
        self._new_id = new_id

    async def create(self, conversation: Conversation) -> tuple[Conversation, bool]:
        try:
            await self._conversations.insert_one(conversation.tenant_id, _conversation_doc(conversation))
        except DuplicateKey:
            first = await self._conversations.find_one(
                conversation.tenant_id, {"visitor_id": conversation.visitor_id, "site_id": conversation.site_id}
            )
            if first is None:
                raise
            return _conversation(first), False
        return conversation, True

    async def conversation(self, tenant_id: str, conversation_id: str) -> Conversation | None:
        doc = await self._conversations.find_one(tenant_id, {"_id": conversation_id})
        return _conversation(doc) if doc else None

    async def conversation_of(self, tenant_id: str, visitor_id: str) -> Conversation | None:
        doc = await self._conversations.find_one(tenant_id, {"visitor_id": visitor_id})
        return _conversation(doc) if doc else None

    async def change(
        self, tenant_id: str, conversation_id: str, state: NewState, event: TimelineEvent, event_id: str, now: datetime
    ) -> tuple[Conversation, Change] | None:
        entry = {
            "seq": {"$add": ["$seq", 1]},
            "client_message_id": {"$literal": event_id},
            "name": {"$literal": event.name},
            "data": {"$literal": dict(event.data)},
            "at": now,
        }
        values: Document = {
            "seq": {"$add": ["$seq", 1]},
            "batch": {"$literal": event_id},
            "status": {"$literal": state.status.value},
            "assignee_id": {"$literal": state.assignee_id},
            "assignee_name": {"$literal": state.assignee_name},
            "updated_at": {"$max": ["$updated_at", now]},
            "closed_at": now if state.status is Status.CLOSED else None,
            "changes": {"$slice": [{"$concatArrays": ["$changes", [entry]]}, -_KEPT_CHANGES]},
        }
        if state.stops_waiting:
            values["waiting_since"] = _NOT_WAITING
        if state.starts_waiting:
            values["waiting_since"] = {"$min": ["$waiting_since", now]}
        if state.department is not None:
            values["department_id"] = {"$literal": state.department[0]}
        doc = await self._conversations.find_one_and_update(
            tenant_id,
            {
                "_id": conversation_id,
                "status": {"$in": [status.value for status in state.expected]},
                "assignee_id": state.expected_assignee_id,
            },
            [{"$set": values}],
        )
        if doc is None:
            return None
        after = _conversation(doc)
        return after, after.changes[-1]

    async def move_receipts(
        self, tenant_id: str, conversation_id: str, by: AuthorKind, seq: int, read: bool
    ) -> Moved | None:
        side = "visitor" if by is AuthorKind.VISITOR else "consultant"
        for _ in range(2):
            fields = [f"receipts.{side}_delivered", *([f"receipts.{side}_read"] if read else [])]
            marks: Document = {field: {"$max": [f"${field}", seq]} for field in fields}
            if read and by is AuthorKind.CONSULTANT:
                # Who has read everything has read all texts, also those whose numbers were never filled. In the same
                # write, so that nobody sees receipts without what they mean.
                unread = {"$cond": [{"$lte": ["$seq", seq]}, "$visitor_texts", "$visitor_texts_read"]}
                marks["visitor_texts_read"] = unread
            doc = await self._conversations.find_one_and_update(
                tenant_id,
                {"_id": conversation_id, "seq": {"$gte": seq}},
                [{"$set": marks}],
                projection={"receipts": 1, "visitor_id": 1, "seq": 1},
                before=True,
            )
            if doc is not None:
                before = Receipts(**doc["receipts"])
                return Moved(before, rules.moved(before, by, seq, read), doc["visitor_id"], doc["seq"])
            known = await self._conversations.find_one(tenant_id, {"_id": conversation_id}, projection={"seq": 1})
            if known is None:
                return None
            seq = known["seq"]  # it only grows, so the second round matches
        return None

    async def read_texts(self, tenant_id: str, conversation_id: str, seq: int) -> None:
        found = await self._messages.find(
            tenant_id,
            {"conversation_id": conversation_id, "seq": {"$lte": seq}, "visitor_text_no": {"$gt": 0}},
            sort=[("seq", -1)],
            limit=1,
            projection={"visitor_text_no": 1},
        )
        number = found[0]["visitor_text_no"] if found else 0
        await self._conversations.update_one(
            tenant_id, {"_id": conversation_id}, {"$max": {"visitor_texts_read": number}}
        )

    async def after(self, tenant_id: str, conversation_id: str, seq: int, limit: int) -> list[Message]:
        docs = await self._messages.find(
            tenant_id,
            {"conversation_id": conversation_id, "seq": {"$gt": seq}},
            sort=[("seq", 1)],
            limit=limit,
        )
        return [_message(doc) for doc in docs]

    async def open_with(self, tenant_id: str, assignee_id: str) -> list[Conversation]:
        wanted = {"status": Status.OPEN.value, "assignee_id": assignee_id}
        return [_conversation(doc) for doc in await self._conversations.find(tenant_id, wanted, limit=_INBOX_LIMIT)]

    async def inbox(self, tenant_id: str, closed_limit: int) -> list[Conversation]:
        live = self._conversations.find(
            tenant_id,
            {"status": {"$in": ["waiting", "open"]}, "seq": {"$gt": 0}},
            sort=[("updated_at", -1)],
            limit=_INBOX_LIMIT,
        )
        closed = self._conversations.find(tenant_id, {"status": "closed"}, sort=[("closed_at", -1)], limit=closed_limit)
        found = await asyncio.gather(live, closed)
        return [_conversation(doc) for docs in found for doc in docs]

    async def existing(self, keys: Mapping[str, Collection[str]]) -> dict[str, Message]:
        found = await asyncio.gather(
            *(self._messages.find(tenant_id, {"_id": {"$in": list(wanted)}}) for tenant_id, wanted in keys.items())
        )
        return {doc["_id"]: _message(doc) for docs in found for doc in docs}

    async def take_numbers(self, groups: Sequence[Group], now: datetime) -> dict[str, Numbers]:
        if len(groups) == 1:
            numbers = await self._take_alone(groups[0], now)
            return {groups[0].conversation_id: numbers} if numbers else {}
        batch = self._new_id()
        await self._conversations.update_batch(
            [(group.tenant_id, _takes(group), _taking(group, batch, now)) for group in groups]
        )
        taken: dict[str, Numbers] = {}
        heads = await self._heads_of(groups)
        for group in groups:
            doc = heads.get(group.conversation_id)
            if doc is not None and doc.get("batch") == batch:
                taken[group.conversation_id] = _numbers(group, doc)
                continue
            # Closed, unknown, or another server numbered its own drafts since: then our range is lost and becomes
            # tombstones, and a fresh one is taken.
            numbers = await self._take_alone(group, now)
            if numbers is not None:
                taken[group.conversation_id] = numbers
        return taken

    async def insert(self, messages: Sequence[tuple[str, Message]]) -> list[Outcome]:
        refused = await self._messages.insert_batch(
            [(tenant_id, _message_doc(message)) for tenant_id, message in messages]
        )
        outcomes = [Outcome.STORED] * len(messages)
        for position, duplicate in refused.items():
            outcomes[position] = Outcome.KEY_TAKEN if duplicate.index == "_id_" else Outcome.NUMBER_TAKEN
        return outcomes

    async def heads(self, tenant_id: str, conversation_ids: Collection[str]) -> dict[str, Head]:
        docs = await self._conversations.find(tenant_id, {"_id": {"$in": list(conversation_ids)}}, projection=_HEAD)
        return {doc["_id"]: _head(doc) for doc in docs}

    async def _take_alone(self, group: Group, now: datetime) -> Numbers | None:
        doc = await self._conversations.find_one_and_update(
            group.tenant_id, _takes(group), _taking(group, self._new_id(), now), projection=_HEAD
        )
        return _numbers(group, doc) if doc else None

    async def _heads_of(self, groups: Sequence[Group]) -> dict[str, Document]:
        ids: dict[str, list[str]] = {}
        for group in groups:
            ids.setdefault(group.tenant_id, []).append(group.conversation_id)
        found = await asyncio.gather(
            *(
                self._conversations.find(tenant_id, {"_id": {"$in": wanted}}, projection=_HEAD)
                for tenant_id, wanted in ids.items()
            )
        )
        return {doc["_id"]: doc for docs in found for doc in docs}


def _takes(group: Group) -> Document:
    allowed = group.drafts[0].allowed
    if allowed == ANY_STATUS:
        return {"_id": group.conversation_id}
    return {"_id": group.conversation_id, "status": {"$in": [status.value for status in allowed]}}


def _taking(group: Group, batch: str, now: datetime) -> Document:
    """Number the drafts by `$inc`. Who finds its own `batch` afterwards knows that nobody numbered since."""
    effect = rules.effect_of(group.drafts)
    values: Document = {"batch": batch}
    update: Document = {"$inc": {"seq": effect.count}, "$set": values, "$max": {"updated_at": now}}
    if effect.visitor_texts:
        update["$inc"]["visitor_texts"] = effect.visitor_texts
        values["last_topic"] = effect.last_topic
    if effect.last_author is not None:
        values["last_text"] = effect.last_text
        values["last_author"] = effect.last_author.value
    if effect.answered:
        values["waiting_since"] = now if effect.waits else _NOT_WAITING
    elif effect.waits:
        update["$min"] = {"waiting_since": now}
    return update


def _numbers(group: Group, doc: Document) -> Numbers:
    texts = sum(draft.is_visitor_text for draft in group.drafts)
    return Numbers(doc["seq"] - len(group.drafts) + 1, doc["visitor_texts"] - texts + 1, _head(doc))


def _head(doc: Document) -> Head:
    return Head(doc["_id"], doc["visitor_id"], doc["assignee_id"])


def _conversation_doc(conversation: Conversation) -> Document:
    receipts = conversation.receipts
    return {
        "_id": conversation.id,
        "site_id": conversation.site_id,
        "visitor_id": conversation.visitor_id,
        "status": conversation.status.value,
        "assignee_id": conversation.assignee_id,
        "assignee_name": conversation.assignee_name,
        "department_id": conversation.department_id,
        "seq": conversation.seq,
        "visitor_texts": conversation.visitor_texts,
        "visitor_texts_read": conversation.visitor_texts_read,
        "last_text": conversation.last_text,
        "last_author": conversation.last_author.value,
        "last_topic": conversation.last_topic,
        "waiting_since": conversation.waiting_since or _NOT_WAITING,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        "closed_at": None,
        "receipts": {
            "visitor_delivered": receipts.visitor_delivered,
            "visitor_read": receipts.visitor_read,
            "consultant_delivered": receipts.consultant_delivered,
            "consultant_read": receipts.consultant_read,
        },
        "changes": [],
        "batch": "",
    }


def _conversation(doc: Document) -> Conversation:
    return Conversation(
        id=doc["_id"],
        tenant_id=doc["tenant"],
        site_id=doc["site_id"],
        visitor_id=doc["visitor_id"],
        status=Status(doc["status"]),
        assignee_id=doc["assignee_id"],
        assignee_name=doc["assignee_name"],
        department_id=doc.get("department_id"),
        seq=doc["seq"],
        visitor_texts=doc["visitor_texts"],
        visitor_texts_read=doc["visitor_texts_read"],
        last_text=doc["last_text"],
        last_author=AuthorKind(doc["last_author"]),
        last_topic=doc["last_topic"],
        waiting_since=None if doc["waiting_since"] == _NOT_WAITING else doc["waiting_since"],
        created_at=doc["created_at"],
        updated_at=doc["updated_at"],
        receipts=Receipts(**doc["receipts"]),
        changes=tuple(
            Change(entry["seq"], entry["client_message_id"], TimelineEvent(entry["name"], entry["data"]), entry["at"])
            for entry in doc["changes"]
        ),
    )


def _message_doc(message: Message) -> Document:
    author: dict[str, Any] = {"kind": message.author.kind.value}
    if message.author.id is not None:
        author["id"] = message.author.id
    if message.author.name is not None:
        author["name"] = message.author.name
    doc: Document = {
        "_id": message.key,
        "message_id": message.id,
        "conversation_id": message.conversation_id,
        "client_message_id": message.client_message_id,
        "seq": message.seq,
        "kind": message.kind.value,
        "author": author,
        "text": message.text,
        "sent_at": message.sent_at,
    }
    if message.event is not None:
        doc["event"] = {"name": message.event.name, "data": dict(message.event.data)}
    if message.visitor_text_no is not None:
        doc["visitor_text_no"] = message.visitor_text_no
    return doc


def _message(doc: Document) -> Message:
    author, event = doc["author"], doc.get("event")
    return Message(
        id=doc["message_id"],
        key=doc["_id"],
        conversation_id=doc["conversation_id"],
        client_message_id=doc["client_message_id"],
        seq=doc["seq"],
        kind=Kind(doc["kind"]),
        author=Author(AuthorKind(author["kind"]), author.get("id"), author.get("name")),
        text=doc["text"],
        event=TimelineEvent(event["name"], event["data"]) if event else None,
        sent_at=doc["sent_at"],
        visitor_text_no=doc.get("visitor_text_no"),
    )
