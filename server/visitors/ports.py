"""What the visitors' side needs of the outside."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Mapping, Sequence
from typing import Any, Protocol

from server.principals import Visitor
from server.visitors.model import Card, Page, VisitorRecord

WireValue = Mapping[str, object]


class VisitorStore(Protocol):
    async def visitor(self, tenant_id: str, visitor_id: str) -> VisitorRecord | None: ...

    async def visitors(self, tenant_id: str, visitor_ids: Collection[str]) -> list[VisitorRecord]: ...

    async def add(self, record: VisitorRecord) -> bool:
        """Insert; False when another tab did so first."""

    async def save(self, record: VisitorRecord) -> bool:
        """Replace the stored record if it still has `record.version`; the stored one gets the next version."""

    async def set_conversation(self, tenant_id: str, visitor_id: str, conversation_id: str) -> VisitorRecord | None: ...

    async def set_name(self, tenant_id: str, visitor_id: str, name: str) -> VisitorRecord | None: ...

    async def next_number(self, tenant_id: str) -> int:
        """Return the next of the account's short visitor numbers, from 1; never the same twice."""


class VisitLog(Protocol):
    """One line for each visit, for reports and replay. Saying the same again changes nothing."""

    async def started(self, record: VisitorRecord) -> None: ...

    async def ended(self, record: VisitorRecord) -> None:
        """Note how long the visit of `record` was and which pages it saw; a visit may end more than once."""


class Announcer(Protocol):
    def visitor(self, tenant_id: str, card: Card) -> None:
        """Tell staff. Never waits, never raises."""


class Presence(Protocol):
    def is_online_visitor(self, tenant_id: str, visitor_id: str) -> bool:
        """Say whether any tab of the visitor has a socket."""


class Tasks(Protocol):
    def start(self, name: str, work: Coroutine[Any, Any, Any], *, cancel_at_close: bool = False) -> object: ...


# The parts of the `visit:start` reply that other features know, in their wire shapes.


class Tokens(Protocol):
    def __call__(self, who: Visitor) -> str:
        """Return a signed token for this visitor on this site."""


class Sites(Protocol):
    async def site_config(self, who: Visitor) -> WireValue:
        """Return the widget's public configuration (SiteConfig)."""


class Conversations(Protocol):
    async def wire_conversation(self, who: Visitor) -> WireValue | None:
        """Return the visitor's conversation (Conversation), if there is one."""


class Callbacks(Protocol):
    async def offer(self, who: Visitor) -> WireValue:
        """Return what can be promised now (CallbackOffer)."""

    async def open_callback(self, who: Visitor) -> WireValue | None:
        """Return the visitor's callback that has not ended (Callback)."""


class Invitations(Protocol):
    async def started(self, who: Visitor, record: VisitorRecord, page: Page) -> Sequence[WireValue]:
        """Hear of a visit; return what the browser shall watch for (WatchEntry)."""

    async def moved(self, who: Visitor, record: VisitorRecord, page: Page) -> None:
        """Hear of a page change without a reload."""
