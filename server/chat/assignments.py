"""Who answers a conversation: taken, handed over, put back into the queue, closed. Each is one compare-and-set."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from server.chat import rules
from server.chat.model import ASSIGNED, NOT_CLOSED, Conversation, Draft, Status, TimelineEvent
from server.chat.ports import Announcer, ChatStore, NewState, People, Visitors, WireCard
from server.chat.writer import MessageWriter, NotTaken, rounded
from server.clock import Now
from server.errors import AppError
from server.ids import NewId
from server.principals import Person

RELEASED = "conversation_released"
TRIES = 4
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation with its visitor's card, as consultants see it."""

    conversation: Conversation
    card: WireCard


class Assignments:
    """The part of `ChatService` that decides who answers."""

    def __init__(
        self,
        *,
        store: ChatStore,
        writer: MessageWriter,
        announcer: Announcer,
        visitors: Visitors,
        people: People,
        now: Now,
        new_id: NewId,
    ) -> None:
        self._store = store
        self._writer = writer
        self._announcer = announcer
        self._visitors = visitors
        self._people = people
        self._now = now
        self._new_id = new_id
        # A visitor has one conversation for ever, so what is remembered here never goes stale.
        self._conversation_ids: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._visitor_ids: OrderedDict[tuple[str, str], str] = OrderedDict()

    # -- who answers -----------------------------------------------------------------------------------------------

    async def claim(self, who: Person, conversation_id: str) -> Listed:
        """Take a waiting conversation. Taking one's own again changes nothing.

        Raises:
            AppError: not_found, conversation_closed, already_claimed.
        """
        for _ in range(TRIES):
            conversation = await self._conversation(who.tenant_id, conversation_id)
            if not rules.judge_claim(conversation, who.person_id):
                return await self._listed(conversation)
            taken = await self._change(
                conversation,
                NewState(NOT_CLOSED, None, Status.OPEN, who.person_id, who.name),
                TimelineEvent("conversation_assigned", {"name": who.name}),
            )
            if taken is not None:
                return taken
        raise AppError("unavailable")

    async def transfer(self, who: Person, conversation_id: str, to_person_id: str) -> Listed:
        """Hand the conversation to another person.

        Raises:
            AppError: not_found for the conversation or the person, conversation_closed.
        """
        name = await self._people.name_of(who.tenant_id, to_person_id)
        if name is None:
            raise AppError("not_found")
        for _ in range(TRIES):
            conversation = await self._conversation(who.tenant_id, conversation_id)
            if conversation.status is Status.CLOSED:
                raise AppError("conversation_closed")
            if conversation.assignee_id == to_person_id:
                return await self._listed(conversation)
            handed = await self._change(
                conversation,
                NewState(NOT_CLOSED, conversation.assignee_id, Status.OPEN, to_person_id, name),
                TimelineEvent("conversation_transferred", {"name": name}),
            )
            if handed is not None:
                self._announcer.alert(who.tenant_id, "conversation_waiting", conversation_id, to_person_id, self._now())
                return handed
        raise AppError("unavailable")

    async def requeue(self, who: Person, conversation_id: str, department_id: str | None) -> Listed:
        """Put the conversation into the queue, for a department, whose people are alerted, or for everyone.

        Raises:
            AppError: not_found for the conversation or the department, conversation_closed.
        """
        name, members = "", list[str]()
        if department_id is not None:
            site_id = (await self._conversation(who.tenant_id, conversation_id)).site_id
            found = await self._people.members_of(who.tenant_id, site_id, department_id)
            if found is None:
                raise AppError("not_found")
            name, members = found
        what, by = ("conversation_transferred", name) if name else (RELEASED, who.name)
        event = TimelineEvent(what, {"name": by})
        for _ in range(TRIES):
            conversation = await self._conversation(who.tenant_id, conversation_id)
            if conversation.status is Status.CLOSED:
                raise AppError("conversation_closed")
            if conversation.assignee_id is None and conversation.department_id == department_id:
                return await self._listed(conversation)
            state = NewState(
                NOT_CLOSED,
                conversation.assignee_id,
                Status.WAITING,
                None,
                None,
                starts_waiting=True,
                department=(department_id,),
            )
            handed = await self._change(conversation, state, event)
            if handed is not None:
                for person_id in (*members,) or (None,):
                    self._announcer.alert(
                        who.tenant_id, "conversation_waiting", conversation_id, person_id, self._now()
                    )
                return handed
        raise AppError("unavailable")

    async def release(self, tenant_id: str, person_id: str) -> None:
        """Put the open conversations of somebody who answers no more back into the queue. May be repeated."""
        for conversation in await self._store.open_with(tenant_id, person_id):
            await self._put_back(conversation)

    async def close_conversation(self, who: Person, conversation_id: str) -> Listed:
        """Close the conversation; closing it again changes nothing."""
        for _ in range(TRIES):
            conversation = await self._conversation(who.tenant_id, conversation_id)
            if conversation.status is Status.CLOSED:
                return await self._listed(conversation)
            closed = await self._change(
                conversation,
                NewState(
                    NOT_CLOSED,
                    conversation.assignee_id,
                    Status.CLOSED,
                    conversation.assignee_id,
                    conversation.assignee_name,
                    stops_waiting=True,
                ),
                TimelineEvent("conversation_closed", {"name": who.name}),
            )
            if closed is not None:
                return closed
        raise AppError("unavailable")

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _put_back(self, conversation: Conversation) -> None:
        released = await self._change(
            conversation,
            NewState(ASSIGNED, conversation.assignee_id, Status.WAITING, None, None, starts_waiting=True),
            TimelineEvent(RELEASED, {"name": conversation.assignee_name or ""}),
        )
        if released is not None:  # else somebody took or closed it meanwhile
            self._announcer.alert(conversation.tenant_id, "conversation_waiting", conversation.id, None, self._now())

    async def _conversation(self, tenant_id: str, conversation_id: str) -> Conversation:
        conversation = await self._store.conversation(tenant_id, conversation_id)
        if conversation is None:
            raise AppError("not_found")
        self._remember(conversation)
        return conversation

    def _remember(self, conversation: Conversation) -> None:
        tenant_id = conversation.tenant_id
        self._conversation_ids[tenant_id, conversation.visitor_id] = conversation.id
        self._visitor_ids[tenant_id, conversation.id] = conversation.visitor_id
        for remembered in (self._conversation_ids, self._visitor_ids):
            if len(remembered) > _REMEMBERED:
                remembered.popitem(last=False)

    async def _listed(self, conversation: Conversation) -> Listed:
        cards = await self._visitors.cards(conversation.tenant_id, [conversation.visitor_id])
        return Listed(conversation, cards[conversation.visitor_id])

    async def _change(self, conversation: Conversation, state: NewState, event: TimelineEvent) -> Listed | None:
        after: Conversation | None = None

        async def change() -> Draft | None:
            nonlocal after
            try:
                changed = await self._store.change(
                    conversation.tenant_id, conversation.id, state, event, self._new_id(), rounded(self._now())
                )
            except AppError:
                self._tell_state(conversation.tenant_id, conversation.id)  # it may have happened
                raise
            if changed is None:
                return None
            after, entry = changed
            # From here the change is true. Should its entry not be written now, whoever meets the hole writes it.
            self._tell_state(after.tenant_id, after.id)
            return rules.change_draft(after.id, entry)

        try:
            await self._writer.change(conversation.tenant_id, conversation.id, change)
        except NotTaken:
            return None
        return await self._listed(after) if after else None

    def _tell_state(self, tenant_id: str, conversation_id: str) -> None:
        async def tell() -> None:
            conversation = await self._store.conversation(tenant_id, conversation_id)
            if conversation is not None:
                listed = await self._listed(conversation)
                self._announcer.state(conversation, listed.card)

        self._writer.in_order(conversation_id, tell)
