"""Use cases of chat: load, ask a rule, save, announce."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from server.chat import rules
from server.chat.assignments import TRIES, Assignments, Listed
from server.chat.model import (
    ASSIGNED,
    NOT_CLOSED,
    SYSTEM,
    Author,
    AuthorKind,
    Conversation,
    Draft,
    Kind,
    Message,
    Page,
    Status,
    TimelineEvent,
)
from server.chat.ports import Announcer, Attendance, ChatStore, Moved, NewState, People, Visitors
from server.chat.timeline import Timeline
from server.chat.writer import MessageWriter, NotTaken, Written, rounded
from server.clock import Now
from server.errors import AppError
from server.ids import NewId
from server.principals import Person, Visitor

CLOSED_IN_INBOX = 50


@dataclass(frozen=True, slots=True)
class Context:
    """What a call needs to know of the chat it grows out of."""

    assignee_id: str | None
    topic: str | None
    page_title: str | None


class ChatService(Assignments):
    """Every method raises AppError: not_found for what this account does not have, unavailable to try again."""

    def __init__(
        self,
        *,
        store: ChatStore,
        writer: MessageWriter,
        announcer: Announcer,
        visitors: Visitors,
        people: People,
        attendance: Attendance,
        now: Now,
        new_id: NewId,
    ) -> None:
        super().__init__(
            store=store,
            writer=writer,
            announcer=announcer,
            visitors=visitors,
            people=people,
            now=now,
            new_id=new_id,
        )
        self._timeline = Timeline(store, now=now)
        self._attendance = attendance
        self._unlisted: set[str] = set()

    async def close(self) -> None:
        """Finish what was accepted; later messages are refused with unavailable."""
        await self._writer.close()

    # -- writing ---------------------------------------------------------------------------------------------------

    async def visitor_send(self, who: Visitor, client_message_id: str, text: str) -> Message:
        """Write the visitor's message; starts the conversation or opens it again.

        Raises:
            AppError: message_empty, message_too_long, message_id_reused, unavailable.
        """
        text = rules.clean_text(text)
        conversation_id = await self.ensure_conversation(who)
        draft = Draft(
            conversation_id, "v", client_message_id, Kind.TEXT, Author(AuthorKind.VISITOR), text, allowed=NOT_CLOSED
        )
        reopened = False
        for _ in range(TRIES):
            try:
                written = await self._writer.append(who.tenant_id, draft)
            except NotTaken:
                reopened = await self._reopen(who, conversation_id) or reopened
                continue
            if written.fresh:
                self._alert_of_visitor_text(who.tenant_id, written, reopened)
                await self._find_somebody(who.tenant_id, written)
            return written.message
        raise AppError("unavailable")

    async def consultant_send(
        self, who: Person, conversation_id: str, client_message_id: str, text: str, *, note: bool = False
    ) -> Message:
        """Write an answer, or a note that the visitor never sees. An answer claims a waiting conversation.

        Raises:
            AppError: as visitor_send, and not_found, conversation_closed, already_claimed.
        """
        text = rules.clean_text(text)
        author = Author(AuthorKind.CONSULTANT, who.person_id, who.name)
        kind = Kind.NOTE if note else Kind.TEXT
        draft = Draft(conversation_id, f"p.{who.person_id}", client_message_id, kind, author, text)
        if not note:
            draft = Draft(conversation_id, draft.sender, client_message_id, kind, author, text, allowed=ASSIGNED)
        for _ in range(TRIES):
            try:
                return (await self._writer.append(who.tenant_id, draft)).message
            except NotTaken:
                await self.claim(who, conversation_id)
        raise AppError("unavailable")

    async def post_event(
        self, tenant_id: str, conversation_id: str, name: str, data: Mapping[str, object], event_key: str
    ) -> Message:
        """Add an entry about something that happened; the same `event_key` is added once.

        Args:
            name: one of TimelineEvent in chat.schema.json.
            data: name, callback_id, duration_s, at_ms.
        """
        event = TimelineEvent(name, rules.event_data(data))
        draft = Draft(conversation_id, "s", rules.event_id(event_key), Kind.EVENT, SYSTEM, event=event)
        try:
            written = await self._writer.append(tenant_id, draft)
        except NotTaken:
            raise AppError("not_found") from None
        self._list_if_new(tenant_id, written)
        return written.message

    async def post_automatic(self, who: Visitor, text: str, inviter: tuple[str, str] | None, event_key: str) -> Message:
        """Write a text that nobody typed, such as an invitation the visitor accepted; the same key is written once.

        Args:
            inviter: id and name of the consultant in whose name it was said; None for the team.

        Raises:
            AppError: message_empty, message_too_long, message_id_reused, unavailable.
        """
        author = Author(AuthorKind.AUTOMATIC, *(inviter or (None, None)))
        conversation_id = await self.ensure_conversation(who)
        draft = Draft(
            conversation_id,
            "a",
            rules.event_id(event_key),
            Kind.TEXT,
            author,
            rules.clean_text(text),
            allowed=NOT_CLOSED,
        )
        for _ in range(TRIES):
            try:
                written = await self._writer.append(who.tenant_id, draft)
            except NotTaken:
                await self._reopen(who, conversation_id)
                continue
            self._list_if_new(who.tenant_id, written)
            return written.message
        raise AppError("unavailable")

    async def ensure_conversation(self, who: Visitor) -> str:
        """Return the id of the visitor's conversation; the database decides which of two tabs made it."""
        known = self._conversation_ids.get((who.tenant_id, who.visitor_id))
        if known is not None:
            return known
        conversation = await self._store.conversation_of(who.tenant_id, who.visitor_id)
        if conversation is None:
            now = rounded(self._now())
            conversation, created = await self._store.create(
                Conversation(
                    id=self._new_id(),
                    tenant_id=who.tenant_id,
                    site_id=who.site_id,
                    visitor_id=who.visitor_id,
                    status=Status.WAITING,
                    created_at=now,
                    updated_at=now,
                )
            )
            if created:
                self._unlisted.add(conversation.id)
            await self._visitors.conversation_started(who, conversation.id)
        self._remember(conversation)
        return conversation.id

    # -- reading ---------------------------------------------------------------------------------------------------

    async def inbox(self, who: Person) -> list[Listed]:
        """Return conversations that are not closed, and the 50 closed last; newest first in each part."""
        conversations = await self._store.inbox(who.tenant_id, CLOSED_IN_INBOX)
        cards = await self._visitors.cards(who.tenant_id, [c.visitor_id for c in conversations])
        return [Listed(conversation, cards[conversation.visitor_id]) for conversation in conversations]

    async def visitor_sync(self, who: Visitor, after_seq: int, conversation_id: str | None) -> Page:
        """Replay the visitor's own timeline from a number; an empty page when there is none yet."""
        conversation = await self._store.conversation_of(who.tenant_id, who.visitor_id)
        if conversation_id is not None and (conversation is None or conversation.id != conversation_id):
            raise AppError("not_found")
        if conversation is None:
            return Page((), 0)
        return await self._timeline.page(conversation, after_seq, reader=AuthorKind.VISITOR)

    async def consultant_sync(self, who: Person, after_seq: int, conversation_id: str) -> Page:
        conversation = await self._conversation(who.tenant_id, conversation_id)
        return await self._timeline.page(conversation, after_seq, reader=AuthorKind.CONSULTANT)

    async def visitor_read(self, who: Visitor, seq: int, *, read: bool) -> None:
        """Move the visitor's receipts; without a conversation there is nothing to move."""
        conversation_id = await self._conversation_id(who)
        if conversation_id is not None:
            await self._move_receipts(who.tenant_id, conversation_id, AuthorKind.VISITOR, seq, read)

    async def consultant_read(self, who: Person, conversation_id: str, seq: int, *, read: bool) -> None:
        moved = await self._move_receipts(who.tenant_id, conversation_id, AuthorKind.CONSULTANT, seq, read)
        if moved is None:
            raise AppError("not_found")
        if moved.after.consultant_read == moved.before.consultant_read:
            return
        if moved.after.consultant_read < moved.last_seq:
            await self._store.read_texts(who.tenant_id, conversation_id, moved.after.consultant_read)
            # Consoles know that nothing is unread when all was read; otherwise only we can count.
            self._tell_state(who.tenant_id, conversation_id)

    async def visitor_typing(self, who: Visitor, typing: bool) -> None:
        conversation_id = await self._conversation_id(who)
        if conversation_id is not None:
            author = Author(AuthorKind.VISITOR)
            self._announcer.typing(who.tenant_id, who.visitor_id, conversation_id, author, typing)

    async def consultant_typing(self, who: Person, conversation_id: str, typing: bool) -> None:
        visitor_id = self._visitor_ids.get((who.tenant_id, conversation_id))
        if visitor_id is None:
            visitor_id = (await self._conversation(who.tenant_id, conversation_id)).visitor_id
        author = Author(AuthorKind.CONSULTANT, who.person_id, who.name)
        self._announcer.typing(who.tenant_id, visitor_id, conversation_id, author, typing)

    # -- for other features ----------------------------------------------------------------------------------------

    async def conversation_of(self, tenant_id: str, visitor_id: str) -> Conversation | None:
        return await self._store.conversation_of(tenant_id, visitor_id)

    async def conversation(self, tenant_id: str, conversation_id: str) -> Conversation:
        return await self._conversation(tenant_id, conversation_id)

    async def context(self, tenant_id: str, conversation_id: str) -> Context:
        """Return who answers this chat, what the visitor wrote last and the page the visitor is on."""
        conversation = await self._conversation(tenant_id, conversation_id)
        title = await self._visitors.page_title(tenant_id, conversation.visitor_id)
        return Context(conversation.assignee_id, conversation.last_topic or None, title)

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _conversation_id(self, who: Visitor) -> str | None:
        known = self._conversation_ids.get((who.tenant_id, who.visitor_id))
        if known is None:
            conversation = await self._store.conversation_of(who.tenant_id, who.visitor_id)
            if conversation is not None:
                self._remember(conversation)
                known = conversation.id
        return known

    async def _reopen(self, who: Visitor, conversation_id: str) -> bool:
        conversation = await self._store.conversation(who.tenant_id, conversation_id)
        if conversation is None:
            self._conversation_ids.pop((who.tenant_id, who.visitor_id), None)
            raise AppError("unavailable")  # erased since; the next try starts a new one
        if conversation.status is not Status.CLOSED:
            return False
        reopened = await self._change(
            conversation,
            NewState(
                frozenset({Status.CLOSED}), conversation.assignee_id, Status.WAITING, None, None, department=(None,)
            ),
            TimelineEvent("conversation_reopened"),
        )
        return reopened is not None

    def _list_if_new(self, tenant_id: str, written: Written) -> None:
        message = written.message
        if written.fresh and (message.seq == 1 or message.conversation_id in self._unlisted):
            self._unlisted.discard(message.conversation_id)
            self._tell_state(tenant_id, message.conversation_id)

    def _alert_of_visitor_text(self, tenant_id: str, written: Written, reopened: bool) -> None:
        self._list_if_new(tenant_id, written)
        message, head = written.message, written.head
        assignee_id = head.assignee_id if head else None
        kind = rules.alert_kind(assignee_id, message.visitor_text_no, reopened)
        self._announcer.alert(tenant_id, kind, message.conversation_id, assignee_id, message.sent_at)

    async def _find_somebody(self, tenant_id: str, written: Written) -> None:
        """Put a conversation back into the queue when the visitor writes to somebody who has gone."""
        assignee_id = written.head.assignee_id if written.head else None
        if assignee_id is None or not self._attendance.is_gone(tenant_id, assignee_id):
            return
        with suppress(AppError):  # the message is written; the next one tries again
            conversation = await self._conversation(tenant_id, written.message.conversation_id)
            if conversation.assignee_id == assignee_id:
                await self._put_back(conversation)

    async def _move_receipts(
        self, tenant_id: str, conversation_id: str, by: AuthorKind, seq: int, read: bool
    ) -> Moved | None:
        moved = await self._store.move_receipts(tenant_id, conversation_id, by, seq, read)
        if moved is not None and moved.after != moved.before:
            self._announcer.receipts(tenant_id, moved.visitor_id, conversation_id, moved.after)
        return moved
