"""Surveys, versions and runs in MongoDB. The unique indexes decide; see `INDEXES`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from server.mongo import Document, DuplicateKey, Index, TenantCollection
from server.mongo_versions import VersionedCollection
from server.periods import Period, day_in_database
from server.surveys.model import (
    Action,
    Answer,
    Branch,
    Contact,
    Content,
    Counts,
    Editor,
    FreeText,
    GivenContact,
    Kind,
    Option,
    Question,
    Run,
    Status,
    Survey,
    Tally,
    Version,
)

INDEXES = [
    Index("surveys", (("tenant", 1), ("updated_at", -1)), name="surveys_changed_last"),
    Index(
        "survey_versions",
        (("tenant", 1), ("survey_id", 1), ("version", -1)),
        name="one_change_per_version",
        unique=True,
    ),
    Index(
        "survey_runs",
        (("tenant", 1), ("survey_id", 1), ("visitor_id", 1), ("run_id", 1)),
        name="one_run_per_showing",
        unique=True,
    ),
    Index("survey_runs", (("tenant", 1), ("survey_id", 1), ("started_at", 1)), name="runs_of_a_survey_by_time"),
    Index("survey_runs", (("tenant", 1), ("survey_id", 1), ("_id", 1)), name="runs_of_a_survey"),
    Index("survey_runs", (("tenant", 1), ("visitor_id", 1), ("started_at", -1)), name="runs_of_a_visitor"),
    Index("survey_runs", (("tenant", 1), ("started_at", 1)), name="runs_by_time"),
]
LISTED = 200
PUBLISHED = 50
COUNTING_MS = 8_000


class MongoSurveyStore:
    """Implements `ports.SurveyStore`."""

    def __init__(self, surveys: TenantCollection, versions: TenantCollection, runs: TenantCollection) -> None:
        self._surveys = surveys
        self._drafts = VersionedCollection(surveys, versions, of="survey_id")
        self._runs = runs

    # Surveys

    async def create(self, survey: Survey, version: Version) -> None:
        state = _state(version)
        await self._drafts.create(survey.tenant_id, survey.id, state, created_at=survey.created_at)

    async def change(self, survey: Survey, version: Version) -> bool:
        return await self._drafts.change(survey.tenant_id, survey.id, _state(version))

    async def survey(self, tenant_id: str, survey_id: str) -> Survey | None:
        doc = await self._surveys.find_one(tenant_id, {"_id": survey_id})
        return _survey(doc) if doc else None

    async def surveys(self, tenant_id: str, site_id: str | None) -> list[Survey]:
        wanted = {} if site_id is None else {"site_id": site_id}
        docs = await self._surveys.find(tenant_id, wanted, sort=[("updated_at", -1)], limit=LISTED)
        return [_survey(doc) for doc in docs]

    async def versions(self, tenant_id: str, survey_id: str) -> list[Version]:
        return [_version(doc) for doc in await self._drafts.versions(tenant_id, survey_id, LISTED)]

    async def version(self, tenant_id: str, survey_id: str, version: int) -> Version | None:
        doc = await self._drafts.version(tenant_id, survey_id, version)
        return _version(doc) if doc else None

    async def published(self, tenant_id: str, survey_id: str) -> list[Version]:
        docs = await self._drafts.versions(tenant_id, survey_id, PUBLISHED, action=Action.PUBLISHED.value)
        return [_version(doc) for doc in docs]

    # Runs

    async def run(self, tenant_id: str, survey_id: str, visitor_id: str, run_id: str) -> Run | None:
        wanted = {"survey_id": survey_id, "visitor_id": visitor_id, "run_id": run_id}
        doc = await self._runs.find_one(tenant_id, wanted)
        return _run(doc) if doc else None

    async def add_run(self, run: Run) -> bool:
        try:
            await self._runs.insert_one(run.tenant_id, {"_id": run.id, **_run_fields(run)})
        except DuplicateKey:
            return False
        return True

    async def save_run(self, run: Run) -> bool:
        fields = _run_fields(run) | {"rev": run.rev + 1}
        return await self._runs.update_one(run.tenant_id, {"_id": run.id, "rev": run.rev}, {"$set": fields})

    async def count_runs(self, tenant_id: str, survey_id: str, visitor_id: str, limit: int) -> int:
        wanted = {"survey_id": survey_id, "visitor_id": visitor_id}
        return len(await self._runs.find(tenant_id, wanted, projection={"run_id": 1}, limit=limit))

    async def runs_of_visitor(self, tenant_id: str, visitor_id: str, limit: int) -> list[Run]:
        docs = await self._runs.find(tenant_id, {"visitor_id": visitor_id}, sort=[("started_at", -1)], limit=limit)
        return [_run(doc) for doc in docs]

    async def runs_after(
        self, tenant_id: str, survey_id: str, period: Period | None, after: str, limit: int
    ) -> list[Run]:
        wanted: Document = {"survey_id": survey_id, "_id": {"$gt": after}}
        if period is not None:
            wanted["started_at"] = {"$gte": period.start, "$lt": period.end}
        docs = await self._runs.find(tenant_id, wanted, sort=[("_id", 1)], limit=limit)
        return [_run(doc) for doc in docs]

    async def texts(
        self, tenant_id: str, survey_id: str, question_id: str, before: str | None, limit: int
    ) -> list[FreeText]:
        wanted: Document = {
            "survey_id": survey_id,
            "answers": {"$elemMatch": {"question": question_id, "text": {"$type": "string"}}},
        }
        if before is not None:
            wanted["_id"] = {"$lt": before}
        docs = await self._runs.find(tenant_id, wanted, sort=[("_id", -1)], limit=limit)
        found = []
        for run in map(_run, docs):
            text = run.answers[question_id].text or ""
            found.append(FreeText(run.run_id, run.visitor_id, question_id, text, run.locale, run.updated_at, run.id))
        return found

    async def counts(self, tenant_id: str, survey_id: str, period: Period) -> Counts:
        begun = {"survey_id": survey_id, "started_at": {"$gte": period.start, "$lt": period.end}}
        counted: list[Document] = [
            {"$match": begun},
            {"$project": {"answers": 1}},
            {"$unwind": "$answers"},
            {"$match": {"answers.counts": True}},
            {"$replaceWith": "$answers"},
        ]
        has_text = {"$cond": [{"$eq": [{"$type": "$text"}, "string"]}, 1, 0]}
        tallies, questions, choices, scores = await asyncio.gather(
            self._count(
                tenant_id,
                {"$match": begun},
                {
                    "$group": {
                        "_id": {"day": day_in_database("$started_at", period), "locale": "$locale"},
                        "runs": {"$sum": 1},
                        "done": {"$sum": {"$cond": ["$done", 1, 0]}},
                        "contacts": {"$sum": {"$cond": [{"$eq": [{"$type": "$contact"}, "object"]}, 1, 0]}},
                    }
                },
                {"$sort": {"_id.day": 1, "_id.locale": 1}},
            ),
            self._count(
                tenant_id,
                *counted,
                {
                    "$group": {
                        "_id": "$question",
                        "answered": {"$sum": {"$cond": ["$empty", 0, 1]}},
                        "skipped": {"$sum": {"$cond": ["$empty", 1, 0]}},
                        "texts": {"$sum": has_text},
                    }
                },
            ),
            self._count(
                tenant_id,
                *counted,
                {"$unwind": "$choices"},
                {"$group": {"_id": {"question": "$question", "choice": "$choices"}, "count": {"$sum": 1}}},
            ),
            self._count(
                tenant_id,
                *counted,
                {"$match": {"score": {"$type": "number"}}},
                {"$group": {"_id": {"question": "$question", "score": "$score"}, "count": {"$sum": 1}}},
            ),
        )
        return Counts(
            tallies=tuple(
                Tally(row["_id"]["day"], row["_id"]["locale"], row["runs"], row["done"], row["contacts"])
                for row in tallies
            ),
            answered={row["_id"]: row["answered"] for row in questions},
            skipped={row["_id"]: row["skipped"] for row in questions},
            texts={row["_id"]: row["texts"] for row in questions},
            choices={(row["_id"]["question"], row["_id"]["choice"]): row["count"] for row in choices},
            scores={(row["_id"]["question"], row["_id"]["score"]): row["count"] for row in scores},
        )

    async def _count(self, tenant_id: str, *stages: Mapping[str, Any]) -> list[Document]:
        return await self._runs.aggregate(tenant_id, list(stages), max_time_ms=COUNTING_MS)


def _state(version: Version) -> Document:
    """What a version holds, and its survey takes over."""
    return {
        "site_id": version.site_id,
        "version": version.version,
        "action": version.action.value,
        "status": version.status.value,
        "published_version": version.published_version,
        "name": version.name,
        "content": _content_doc(version.content),
        "updated_at": version.at,
        "updated_by": {"id": version.by.id, "name": version.by.name},
    }


def _version(doc: Document) -> Version:
    return Version(
        survey_id=doc["survey_id"],
        site_id=doc["site_id"],
        version=doc["version"],
        action=Action(doc["action"]),
        by=Editor(**doc["updated_by"]),
        at=doc["updated_at"],
        name=doc["name"],
        content=_content(doc["content"]),
        status=Status(doc["status"]),
        published_version=doc["published_version"],
    )


def _survey(doc: Document) -> Survey:
    return Survey(
        id=doc["_id"],
        tenant_id=doc["tenant"],
        site_id=doc["site_id"],
        name=doc["name"],
        status=Status(doc["status"]),
        version=doc["version"],
        content=_content(doc["content"]),
        published_version=doc["published_version"],
        created_at=doc["created_at"],
        updated_at=doc["updated_at"],
        updated_by=Editor(doc["updated_by"]["id"], doc["updated_by"]["name"]),
    )


def _content_doc(content: Content) -> Document:
    contact = content.contact
    return {
        "locales": list(content.locales),
        "questions": [
            {
                "id": question.id,
                "kind": question.kind.value,
                "text": dict(question.text),
                "required": question.required,
                "options": [
                    {"id": option.id, "text": dict(option.text), "free_text": option.free_text}
                    for option in question.options
                ],
                "branches": [
                    {
                        "next": branch.next,
                        "option_id": branch.option_id,
                        "from_score": branch.from_score,
                        "to_score": branch.to_score,
                    }
                    for branch in question.branches
                ],
                "next": question.next,
            }
            for question in content.questions
        ],
        "contact": None
        if contact is None
        else {
            "ask": contact.ask,
            "text": dict(contact.text),
            "consent_text": dict(contact.consent_text),
            "required": contact.required,
        },
        "thanks": dict(content.thanks),
    }


def _content(doc: Document) -> Content:
    return Content(
        locales=tuple(doc["locales"]),
        questions=tuple(
            Question(
                id=question["id"],
                kind=Kind(question["kind"]),
                text=question["text"],
                required=question["required"],
                options=tuple(Option(**option) for option in question["options"]),
                branches=tuple(Branch(**branch) for branch in question["branches"]),
                next=question["next"],
            )
            for question in doc["questions"]
        ),
        contact=Contact(**doc["contact"]) if doc["contact"] else None,
        thanks=doc["thanks"],
    )


def _run_fields(run: Run) -> Document:
    contact = run.contact
    return {
        "survey_id": run.survey_id,
        "site_id": run.site_id,
        "visitor_id": run.visitor_id,
        "run_id": run.run_id,
        "version": run.version,
        "locale": run.locale,
        "page_url": run.page_url,
        "started_at": run.started_at,
        "updated_at": run.updated_at,
        "answers": [
            {
                "question": question_id,
                "choices": list(answer.choices),
                "text": answer.text,
                "score": answer.score,
                "empty": answer.is_empty,
                "counts": question_id in run.counted,
            }
            for question_id, answer in run.answers.items()
        ],
        "contact": None
        if contact is None
        else {"email": contact.email, "phone": contact.phone, "consented_at": contact.consented_at},
        "done": run.done,
        "rev": run.rev,
    }


def _run(doc: Document) -> Run:
    return Run(
        id=doc["_id"],
        tenant_id=doc["tenant"],
        survey_id=doc["survey_id"],
        site_id=doc["site_id"],
        visitor_id=doc["visitor_id"],
        run_id=doc["run_id"],
        version=doc["version"],
        locale=doc["locale"],
        page_url=doc["page_url"],
        started_at=doc["started_at"],
        updated_at=doc["updated_at"],
        answers={
            answer["question"]: Answer(tuple(answer["choices"]), answer["text"], answer["score"])
            for answer in doc["answers"]
        },
        counted=tuple(answer["question"] for answer in doc["answers"] if answer["counts"]),
        contact=GivenContact(**doc["contact"]) if doc["contact"] else None,
        done=doc["done"],
        rev=doc["rev"],
    )
