"""What invitations need of the outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from server.principals import Person, Visitor
from server.triggers.model import (
    Action,
    Budget,
    Counts,
    Display,
    Inviter,
    Logged,
    Outcome,
    Rule,
    RuleVersion,
    Summary,
    Text,
)
from server.triggers.rules import Watch


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit as its owner knows it at the moment: who came from where and is on which page. `utm` by its parts."""

    visit_id: str
    started_at: datetime
    returning: bool
    pages: int
    locale: str
    url: str
    title: str = ""
    referrer: str = ""
    utm: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SiteView:
    id: str
    default_locale: str


@dataclass(frozen=True, slots=True)
class Today:
    """A site's working hours at one moment: open or not, and the date there as 2026-03-02."""

    is_open: bool
    day: str


class RuleStore(Protocol):
    """Every method of the stores raises AppError("unavailable") when the database does not answer."""

    async def rules(self, tenant_id: str, site_id: str) -> list[Rule]:
        """Return the site's rules, the newest change first."""

    async def rule(self, tenant_id: str, rule_id: str) -> Rule | None: ...

    async def add(self, rule: Rule) -> None: ...

    async def replace(self, after: Rule) -> bool:
        """Make this the next version of the rule; False when its number is taken already."""

    async def versions(self, rule: Rule, limit: int) -> list[RuleVersion]:
        """Return the newest changes, the last one first."""

    async def budget(self, tenant_id: str, site_id: str) -> Budget | None: ...

    async def save_budget(self, tenant_id: str, site_id: str, budget: Budget) -> None: ...

    def changed_sites(self) -> AsyncIterator[str | None]:
        """Give the id of a site whose rules or budget changed, for ever; None at first and when it is not known.

        Raises:
            AppError: unavailable; changes may have been missed since.
        """


class VisitStore(Protocol):
    async def grant(self, display: Display) -> bool:
        """Insert; False when one of its windows is taken."""

    async def displays(self, tenant_id: str, site_id: str, visitor_id: str) -> list[Display]: ...

    async def move(
        self, tenant_id: str, site_id: str, visitor_id: str, display_id: str, outcome: Outcome, at: datetime
    ) -> Display | None:
        """Move a display on to `outcome`, never back; return it as it is now, None when the visitor has no such one."""

    async def counts(self, tenant_id: str, site_id: str) -> dict[str, Counts]: ...

    async def summary(self, tenant_id: str, visit_id: str) -> Summary | None: ...

    async def last_visits(self, tenant_id: str, site_id: str, limit: int) -> list[Summary]: ...

    async def save_summaries(self, new: Sequence[Summary], known: Sequence[Summary]) -> None:
        """Write summaries; a `new` one that is there already is replaced like the `known` ones."""

    async def log(self, entries: Sequence[Logged]) -> None:
        """Keep decisions; one that is there already is left as it is."""

    async def logged(self, tenant_id: str, site_id: str, limit: int) -> list[Logged]:
        """Return the newest ones first."""


class Surveys(Protocol):
    async def published(self, tenant_id: str, site_id: str) -> Collection[str]:
        """Return the surveys that the site's visitors can answer now."""


class Announcer(Protocol):
    """Tells the visitor's tabs. Never waits, never raises."""

    def invite(self, display: Display, action: Action, text: Text, page: str | None) -> None: ...

    def watch(self, tenant_id: str, visitor_id: str, watch: Sequence[Watch]) -> None: ...


class Sites(Protocol):
    def site(self, tenant_id: str, site_id: str) -> SiteView | None:
        """Return a site of the account, from memory."""


class Desk(Protocol):
    """Who is there to answer."""

    def consultant(self, tenant_id: str, visitor_id: str) -> Inviter | None:
        """Return an available consultant, the same one for the same visitor while those available stay the same."""

    async def today(self, tenant_id: str, site_id: str, now: datetime) -> Today: ...


class Engagements(Protocol):
    async def engaged(self, who: Visitor, since: datetime) -> str | None:
        """Return chat or call when the visitor is in one, or was in a chat after `since`.

        "closed" when the site shows no widget at this hour; None when nothing speaks against an invitation.
        """


class Chat(Protocol):
    async def post_automatic(self, who: Visitor, text: str, inviter: tuple[str, str] | None, event_key: str) -> object:
        """Write a text that nobody typed into the visitor's conversation; the same `event_key` is written once."""


class Audit(Protocol):
    async def record(
        self, person: Person, action: str, subject_id: str, changes: dict[str, tuple[object, object]] | None = None
    ) -> None: ...


class Tasks(Protocol):
    def start(self, name: str, work: Coroutine[Any, Any, Any], *, cancel_at_close: bool = False) -> object: ...
