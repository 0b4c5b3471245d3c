"""What surveys need of the outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from server.periods import Period
from server.surveys.model import Counts, FreeText, Run, Survey, Version


@dataclass(frozen=True, slots=True)
class Site:
    id: str
    tenant_id: str
    country: str


class Sites(Protocol):
    def find(self, tenant_id: str, site_id: str) -> Site | None:
        """Return the account's site; None for an unknown or a foreign one."""

    def by_key(self, site_key: str) -> Site | None: ...

    async def time_zone(self, tenant_id: str, site_id: str) -> str:
        """Return the site's IANA zone, UTC when nobody has chosen one."""


class Visitors(Protocol):
    async def page_url(self, tenant_id: str, visitor_id: str) -> str | None:
        """Return the page the visitor is on."""


class SurveyStore(Protocol):
    """Every method raises AppError("unavailable") when the database does not answer."""

    async def create(self, survey: Survey, version: Version) -> None: ...

    async def change(self, survey: Survey, version: Version) -> bool:
        """Write the version, then the survey as it is with it; False when that version is taken already."""

    async def survey(self, tenant_id: str, survey_id: str) -> Survey | None: ...

    async def surveys(self, tenant_id: str, site_id: str | None) -> list[Survey]:
        """Return the account's surveys, or those of one site; changed last first, at most 200."""

    async def versions(self, tenant_id: str, survey_id: str) -> list[Version]:
        """Return the newest 200 versions, the newest first."""

    async def version(self, tenant_id: str, survey_id: str, version: int) -> Version | None: ...

    async def published(self, tenant_id: str, survey_id: str) -> list[Version]:
        """Return what visitors were ever shown, the newest first, at most 50."""

    async def run(self, tenant_id: str, survey_id: str, visitor_id: str, run_id: str) -> Run | None: ...

    async def add_run(self, run: Run) -> bool:
        """Insert; False when another tab did so first."""

    async def save_run(self, run: Run) -> bool:
        """Replace the stored run if it still has `run.rev`; the stored one gets the next."""

    async def count_runs(self, tenant_id: str, survey_id: str, visitor_id: str, limit: int) -> int:
        """Return how many runs of the survey the visitor has, counting up to `limit`."""

    async def runs_of_visitor(self, tenant_id: str, visitor_id: str, limit: int) -> list[Run]:
        """Return the newest runs, the newest first."""

    async def runs_after(
        self, tenant_id: str, survey_id: str, period: Period | None, after: str, limit: int
    ) -> list[Run]:
        """Return runs with ids above `after`, in the order in which they began."""

    async def texts(
        self, tenant_id: str, survey_id: str, question_id: str, before: str | None, limit: int
    ) -> list[FreeText]:
        """Return what was written to a question, the newest first, older than the place `before`."""

    async def counts(self, tenant_id: str, survey_id: str, period: Period) -> Counts:
        """Count the runs that began in the period."""


class Announcer(Protocol):
    """Never waits, never raises, is called after the write was acknowledged."""

    def answered(self, run: Run, version: Version) -> None:
        """Tell staff what a visitor has answered so far."""
