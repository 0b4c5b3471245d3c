"""Use cases of surveys: load, ask a rule, save, announce."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from server.clock import Now
from server.errors import AppError
from server.ids import NewId
from server.periods import Period, period_of
from server.principals import Person, Visitor
from server.surveys import rules
from server.surveys.contact import read_phone
from server.surveys.model import (
    END,
    Action,
    Answer,
    Content,
    Counts,
    Editor,
    FreeText,
    GivenContact,
    Question,
    QuestionResult,
    Run,
    Status,
    Survey,
    Version,
)
from server.surveys.ports import Announcer, Site, Sites, SurveyStore, Visitors
from server.surveys.templates import TEMPLATES

MAX_SURVEYS = 200
MAX_RUNS = 100
LISTED_RUNS = 200
TEXTS = 50
EXPORTED_AT_ONCE = 500
_TRIES = 6
_REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class Told:
    """A contact as the visitor told it. `regions` help to read a national number."""

    email: str | None
    phone: str | None
    region: str | None
    consent: bool


@dataclass(frozen=True, slots=True)
class Answered:
    next: str
    done: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A run with the version that it answers, whose words are needed to read it."""

    run: Run
    version: Version


@dataclass(frozen=True, slots=True)
class Results:
    survey: Survey
    period: Period
    questions: Sequence[QuestionResult]
    counts: Counts


class SurveyService:
    """Every method raises AppError: not_found for what this account or site does not have, unavailable to try again."""

    def __init__(
        self, *, store: SurveyStore, announcer: Announcer, sites: Sites, visitors: Visitors, now: Now, new_id: NewId
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._sites = sites
        self._visitors = visitors
        self._now = now
        self._new_id = new_id
        # A version never changes, so what is remembered here never goes stale.
        self._versions: OrderedDict[tuple[str, str, int], Version] = OrderedDict()

    # -- marketers -------------------------------------------------------------------------------------------------

    async def create(
        self, who: Person, site_id: str, name: str, template: str | None = None, content: Content | None = None
    ) -> Survey:
        """Make a draft, from a template or from `content`.

        Raises:
            AppError: not_found for the site; value_invalid for an empty name, or with 200 surveys.
        """
        if self._sites.find(who.tenant_id, site_id) is None:
            raise AppError("not_found")
        if len(await self._store.surveys(who.tenant_id, None)) >= MAX_SURVEYS:
            raise AppError("value_invalid", field="surveys")
        now = _rounded(self._now())
        survey = Survey(
            id=self._new_id(),
            tenant_id=who.tenant_id,
            site_id=site_id,
            name=_name(name),
            status=Status.DRAFT,
            version=1,
            content=rules.clean_content(content or TEMPLATES[template or "blank"].content),
            published_version=None,
            created_at=now,
            updated_at=now,
            updated_by=Editor(who.person_id, who.name),
        )
        await self._store.create(survey, _version(survey, Action.CREATED))
        return survey

    async def surveys(self, who: Person, site_id: str | None) -> list[Survey]:
        if site_id is not None and self._sites.find(who.tenant_id, site_id) is None:
            raise AppError("not_found")
        return await self._store.surveys(who.tenant_id, site_id)

    async def survey(self, who: Person, survey_id: str) -> Survey:
        return await self._survey(who.tenant_id, survey_id)

    async def save(self, who: Person, survey_id: str, version: int, name: str, content: Content) -> Survey:
        """Keep a draft, a faulty one too; what visitors see stays as it is.

        Raises:
            AppError: survey_changed when somebody else changed it since; value_invalid for an empty name.
        """
        survey = await self._survey(who.tenant_id, survey_id)
        name, content = _name(name), rules.clean_content(content)
        is_same = survey.name == name and survey.content == content
        if is_same and survey.version in (version, version + 1):  # nothing new, or said again after a lost answer
            return survey
        return await self._change(who, survey, version, Action.SAVED, name=name, content=content)

    async def publish(self, who: Person, survey_id: str, version: int) -> Survey:
        """Show the draft to visitors from now on. Publishing again changes nothing.

        Raises:
            AppError: survey_invalid with `problems`, each with path and problem; survey_changed.
        """
        survey = await self._survey(who.tenant_id, survey_id)
        is_out = survey.status is Status.PUBLISHED and survey.published_version == survey.version
        if is_out and survey.version in (version, version + 1):
            return survey
        if found := rules.problems(survey.content):
            listed = [{"path": one.path, "problem": one.problem} for one in found[:50]]
            raise AppError("survey_invalid", problems=listed)
        return await self._change(
            who, survey, version, Action.PUBLISHED, status=Status.PUBLISHED, published_version=survey.version + 1
        )

    async def close(self, who: Person, survey_id: str, version: int) -> Survey:
        """Show it to nobody any more; answers that are under way are still kept. Closing again changes nothing."""
        survey = await self._survey(who.tenant_id, survey_id)
        if survey.status is Status.CLOSED and survey.version in (version, version + 1):
            return survey
        return await self._change(who, survey, version, Action.CLOSED, status=Status.CLOSED)

    async def versions(self, who: Person, survey_id: str) -> list[Version]:
        await self._survey(who.tenant_id, survey_id)
        return await self._store.versions(who.tenant_id, survey_id)

    async def version(self, who: Person, survey_id: str, version: int) -> Version:
        found = await self._version(who.tenant_id, survey_id, version)
        if found is None:
            raise AppError("not_found")
        return found

    # -- results ---------------------------------------------------------------------------------------------------

    async def results(self, who: Person, survey_id: str, query: Mapping[str, str]) -> Results:
        """Count what was answered. Raises value_invalid for a wrong period."""
        survey = await self._survey(who.tenant_id, survey_id)
        period = await self._period(survey, query)
        counts = await self._store.counts(who.tenant_id, survey_id, period)
        return Results(survey, period, rules.results(await self.questions(who, survey_id), counts), counts)

    async def questions(self, who: Person, survey_id: str) -> list[Question]:
        """Return every question that visitors were ever asked, of all versions."""
        published = await self._store.published(who.tenant_id, survey_id)
        return rules.questions_of([version.content for version in published])

    async def texts(self, who: Person, survey_id: str, question_id: str, before: str | None) -> list[FreeText]:
        """Return up to 50 free texts, the newest first; ask again with the last one's place."""
        await self._survey(who.tenant_id, survey_id)
        return await self._store.texts(who.tenant_id, survey_id, question_id, before, TEXTS)

    async def export(self, who: Person, survey_id: str, query: Mapping[str, str]) -> AsyncIterator[list[Run]]:
        """Return the runs of the period in parts; of all times when the query names none."""
        survey = await self._survey(who.tenant_id, survey_id)
        period = await self._period(survey, query) if query.get("fromMs") or query.get("toMs") else None

        async def parts() -> AsyncIterator[list[Run]]:
            after = ""
            while runs := await self._store.runs_after(who.tenant_id, survey_id, period, after, EXPORTED_AT_ONCE):
                yield runs
                after = runs[-1].id

        return parts()

    async def runs_of_visitor(self, tenant_id: str, visitor_id: str) -> list[Shown]:
        """Return what a visitor answered, the newest run first, at most 200."""
        runs = await self._store.runs_of_visitor(tenant_id, visitor_id, LISTED_RUNS)
        shown = []
        for run in runs:
            version = await self._version(tenant_id, run.survey_id, run.version)
            if version is not None:
                shown.append(Shown(run, version))
        return shown

    # -- visitors --------------------------------------------------------------------------------------------------

    async def public(self, site_key: str, survey_id: str) -> Version:
        """Return what visitors of a site see of a survey.

        Raises:
            AppError: unknown_site; not_found also for a survey that is not published now.
        """
        site = self._sites.by_key(site_key)
        if site is None:
            raise AppError("unknown_site")
        return await self._shown(site.tenant_id, site.id, survey_id)

    async def answer(
        self,
        who: Visitor,
        survey_id: str,
        version: int,
        run_id: str,
        answers: Mapping[str, Answer],
        told: Told | None,
        done: bool,
    ) -> Answered:
        """Keep what a visitor answered and say what comes next. Said again it changes nothing.

        Answers are kept before the contact is looked at, so a mistyped e-mail costs none of them.

        Raises:
            AppError: answer_invalid, email_invalid, phone_invalid, contact_consent_required; rate_limited above 100
                runs of one survey.
        """
        site = self._sites.find(who.tenant_id, who.site_id)
        shown = await self._version(who.tenant_id, survey_id, version)
        if site is None or shown is None or shown.action is not Action.PUBLISHED or shown.site_id != site.id:
            raise AppError("not_found")
        now = _rounded(self._now())
        refusal: AppError | None = None
        contact: GivenContact | None = None
        if told is not None:
            try:
                contact = _contact(shown.content, told, site, now)
            except AppError as wrong:
                refusal = wrong
        run, content = await self._keep(who, shown, run_id, answers, contact, done and refusal is None, now)
        if refusal is not None:
            raise refusal
        if run.done:
            return Answered(END, True)
        return Answered(rules.next_step(content, run.answers, contact_given=run.contact is not None), False)

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _keep(
        self,
        who: Visitor,
        shown: Version,
        run_id: str,
        answers: Mapping[str, Answer],
        contact: GivenContact | None,
        done: bool,
        now: datetime,
    ) -> tuple[Run, Content]:
        for _ in range(_TRIES):
            known = await self._store.run(who.tenant_id, shown.survey_id, who.visitor_id, run_id)
            if known is not None and known.version != shown.version:  # begun in another version, and kept with it
                begun = await self._version(who.tenant_id, known.survey_id, known.version)
                shown = begun or shown
            run = known or await self._new_run(who, shown, run_id, now)
            checked = rules.check_answers(shown.content, answers)
            after = rules.answered(shown.content, run, checked, contact, done, now)
            if after is run:
                return run, shown.content
            if known is None:
                kept = await self._within_limit(after) and await self._store.add_run(after)
            else:
                kept = await self._store.save_run(after)
            if kept:
                self._announcer.answered(after, shown)
                return after, shown.content
        raise AppError("unavailable")

    async def _new_run(self, who: Visitor, shown: Version, run_id: str, now: datetime) -> Run:
        return Run(
            id=self._new_id(),
            tenant_id=who.tenant_id,
            survey_id=shown.survey_id,
            site_id=who.site_id,
            visitor_id=who.visitor_id,
            run_id=run_id,
            version=shown.version,
            locale=rules.locale_of(shown.content, who.locale),
            page_url=await self._visitors.page_url(who.tenant_id, who.visitor_id),
            started_at=now,
            updated_at=now,
        )

    async def _within_limit(self, run: Run) -> bool:
        if await self._store.count_runs(run.tenant_id, run.survey_id, run.visitor_id, MAX_RUNS) >= MAX_RUNS:
            raise AppError("rate_limited")
        return True

    async def _shown(self, tenant_id: str, site_id: str, survey_id: str) -> Version:
        survey = await self._survey(tenant_id, survey_id)
        if survey.site_id == site_id and survey.status is Status.PUBLISHED and survey.published_version:
            version = await self._version(tenant_id, survey_id, survey.published_version)
            if version is not None:
                return version
        raise AppError("not_found")

    async def _survey(self, tenant_id: str, survey_id: str) -> Survey:
        survey = await self._store.survey(tenant_id, survey_id)
        if survey is None:
            raise AppError("not_found")
        return survey

    async def _version(self, tenant_id: str, survey_id: str, version: int) -> Version | None:
        key = (tenant_id, survey_id, version)
        known = self._versions.get(key)
        if known is None:
            known = await self._store.version(*key)
            if known is not None:
                self._versions[key] = known
                if len(self._versions) > _REMEMBERED:
                    self._versions.popitem(last=False)
        return known

    async def _change(
        self,
        who: Person,
        survey: Survey,
        version: int,
        action: Action,
        *,
        name: str | None = None,
        content: Content | None = None,
        status: Status | None = None,
        published_version: int | None = None,
    ) -> Survey:
        if survey.version != version:
            raise AppError("survey_changed", version=survey.version, name=survey.updated_by.name)
        after = replace(
            survey,
            name=name or survey.name,
            content=content or survey.content,
            status=status or survey.status,
            published_version=published_version or survey.published_version,
            version=survey.version + 1,
            updated_at=_rounded(self._now()),
            updated_by=Editor(who.person_id, who.name),
        )
        if not await self._store.change(after, _version(after, action)):
            newest = await self._survey(who.tenant_id, survey.id)
            raise AppError("survey_changed", version=newest.version, name=newest.updated_by.name)
        return after

    async def _period(self, survey: Survey, query: Mapping[str, str]) -> Period:
        zone = await self._sites.time_zone(survey.tenant_id, survey.site_id)
        return period_of(query, self._now(), zone)


def _version(survey: Survey, action: Action) -> Version:
    return Version(
        survey.id,
        survey.site_id,
        survey.version,
        action,
        survey.updated_by,
        survey.updated_at,
        survey.name,
        survey.content,
        survey.status,
        survey.published_version,
    )


def _contact(content: Content, told: Told, site: Site, now: datetime) -> GivenContact | None:
    """Return the contact as it is kept; None when nothing was given."""
    email, phone = (told.email or "").strip(), (told.phone or "").strip()
    if not email and not phone:
        return None
    asked = content.contact
    kind = "email" if email else "phone"
    if asked is None or (email and phone) or asked.ask not in (kind, "either"):
        raise AppError("answer_invalid", question="contact")
    if not told.consent:
        raise AppError("contact_consent_required")
    if email:
        return GivenContact(rules.checked_email(email), None, now)
    regions = tuple(dict.fromkeys(region for region in (told.region, site.country) if region))
    return GivenContact(None, read_phone(phone, regions), now)


def _name(name: str) -> str:
    plain = rules.clean_name(name)
    if not plain:
        raise AppError("value_invalid", field="name")
    return plain


def _rounded(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
