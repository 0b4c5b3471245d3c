"""Reading timelines: replay from a number, decided holes, receipts."""

from __future__ import annotations

from dataclasses import replace

from server.chat import rules
from server.chat.model import AuthorKind, Conversation, Kind, Page
from server.chat.ports import ChatStore, Outcome
from server.clock import Now

_ROUNDS = 5


class Timeline:
    def __init__(self, store: ChatStore, *, now: Now) -> None:
        self._store = store
        self._now = now

    async def page(self, conversation: Conversation, after_seq: int, *, reader: AuthorKind) -> Page:
        """Return up to 200 entries with numbers above `after_seq`, without a hole.

        Closes holes that are old enough to be decided; a younger one ends the page, and asking again later helps.
        """
        for _ in range(_ROUNDS):
            stored = await self._store.after(conversation.tenant_id, conversation.id, after_seq, rules.PAGE_SIZE)
            now = self._now()
            reading = rules.read_page(after_seq, stored, conversation, now)
            if not reading.to_close:
                break
            fillings = [rules.filling(conversation, seq, now) for seq in reading.to_close]
            # Whatever is refused was filled meanwhile, by the late original or by another reader.
            outcomes = await self._store.insert([(conversation.tenant_id, message) for message in fillings])
            # Or the entry of a change is at another number, and this one stays empty; a late one is refused again.
            elsewhere = [
                (conversation.tenant_id, rules.tombstone(conversation.id, message.seq, now))
                for message, outcome in zip(fillings, outcomes, strict=True)
                if outcome is Outcome.KEY_TAKEN and message.kind is not Kind.TOMBSTONE
            ]
            if elsewhere:
                await self._store.insert(elsewhere)
        page = Page(reading.whole, reading.last_seq)
        if reader is AuthorKind.VISITOR:
            return replace(page, messages=tuple(rules.for_visitor(message) for message in page.messages))
        return page
