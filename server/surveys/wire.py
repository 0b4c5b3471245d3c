"""Surveys as the contracts have them: the only place of this feature that speaks camelCase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server.clock import to_ms
from server.periods import Period, days_of
from server.surveys import rules
from server.surveys.model import (
    Answer,
    Branch,
    Contact,
    Content,
    Counts,
    Editor,
    FreeText,
    Kind,
    Option,
    Question,
    QuestionResult,
    Run,
    Survey,
    Version,
)
from server.surveys.templates import TEMPLATES

Wire = dict[str, object]


def content_from_wire(told: Mapping[str, Any]) -> Content:
    contact = told["contact"]
    return Content(
        locales=tuple(told["locales"]),
        questions=tuple(
            Question(
                id=question["id"],
                kind=Kind(question["kind"]),
                text=question["text"],
                required=question["required"],
                options=tuple(Option(one["id"], one["text"], one["freeText"]) for one in question["options"]),
                branches=tuple(
                    Branch(one["next"], one.get("optionId"), one.get("fromScore"), one.get("toScore"))
                    for one in question["branches"]
                ),
                next=question["next"],
            )
            for question in told["questions"]
        ),
        contact=None
        if contact is None
        else Contact(contact["ask"], contact["text"], contact["consentText"], contact["required"]),
        thanks=told["thanks"],
    )


def content(value: Content) -> Wire:
    contact = value.contact
    return {
        "locales": list(value.locales),
        "questions": [_question(question) for question in value.questions],
        "contact": None
        if contact is None
        else {
            "ask": contact.ask,
            "text": dict(contact.text),
            "consentText": dict(contact.consent_text),
            "required": contact.required,
        },
        "thanks": dict(value.thanks),
    }


def _question(value: Question) -> Wire:
    return {
        "id": value.id,
        "kind": value.kind.value,
        "text": dict(value.text),
        "required": value.required,
        "options": [
            {"id": option.id, "text": dict(option.text), "freeText": option.free_text} for option in value.options
        ],
        "branches": [_branch(branch) for branch in value.branches],
        "next": value.next,
    }


def _branch(value: Branch) -> Wire:
    told = {"optionId": value.option_id, "fromScore": value.from_score, "toScore": value.to_score, "next": value.next}
    return {name: part for name, part in told.items() if part is not None}


def _editor(value: Editor) -> Wire:
    return {"id": value.id, "name": value.name}


def survey(value: Survey) -> Wire:
    """Return a Survey with its problems."""
    return {
        "id": value.id,
        "siteId": value.site_id,
        "name": value.name,
        "status": value.status.value,
        "version": value.version,
        "publishedVersion": value.published_version,
        "content": content(value.content),
        "problems": [{"path": one.path, "problem": one.problem} for one in rules.problems(value.content)],
        "createdAtMs": to_ms(value.created_at),
        "updatedAtMs": to_ms(value.updated_at),
        "updatedBy": _editor(value.updated_by),
    }


def summary(value: Survey) -> Wire:
    return {
        "id": value.id,
        "siteId": value.site_id,
        "name": value.name,
        "status": value.status.value,
        "version": value.version,
        "publishedVersion": value.published_version,
        "questions": len(value.content.questions),
        "updatedAtMs": to_ms(value.updated_at),
        "updatedBy": _editor(value.updated_by),
    }


def version(value: Version) -> Wire:
    return {
        "version": value.version,
        "action": value.action.value,
        "by": _editor(value.by),
        "atMs": to_ms(value.at),
    }


def templates() -> Wire:
    return {
        "templates": [
            {"id": id, "name": dict(one.name), "content": content(one.content)} for id, one in TEMPLATES.items()
        ]
    }


def public_survey(value: Version) -> Wire:
    """Return a PublicSurvey: without its name, which is for marketers."""
    return {"id": value.survey_id, "version": value.version, "content": content(value.content)}


def answers_from_wire(told: Mapping[str, Any]) -> dict[str, Answer]:
    return {
        question_id: Answer(tuple(one.get("choices", ())), one.get("text"), one.get("score"))
        for question_id, one in told.items()
    }


def run(value: Run, shown: Version) -> Wire:
    """Return a SurveyRun, its answers in the order of the questions."""
    return {
        "id": value.id,
        "surveyId": value.survey_id,
        "surveyName": shown.name,
        "siteId": value.site_id,
        "visitorId": value.visitor_id,
        "runId": value.run_id,
        "version": value.version,
        "locale": value.locale,
        "pageUrl": value.page_url,
        "answers": [
            _answered(question, value.answers[question.id])
            for question in shown.content.questions
            if question.id in value.counted
        ],
        "email": value.contact.email if value.contact else None,
        "phone": value.contact.phone if value.contact else None,
        "done": value.done,
        "startedAtMs": to_ms(value.started_at),
        "updatedAtMs": to_ms(value.updated_at),
    }


def _answered(question: Question, answer: Answer) -> Wire:
    return {
        "questionId": question.id,
        "kind": question.kind.value,
        "question": dict(question.text),
        "choices": [
            {"id": option.id, "text": dict(option.text)} for option in question.options if option.id in answer.choices
        ],
        "text": answer.text,
        "score": answer.score,
    }


def results(survey_id: str, period: Period, questions: Sequence[QuestionResult], counts: Counts) -> Wire:
    """Return SurveyResults; days without runs are there with zeros."""
    days = {day: [0, 0, 0] for day in days_of(period)}
    locales: dict[str, list[int]] = {}
    for tally in counts.tallies:
        for cell in (days.setdefault(tally.day, [0, 0, 0]), locales.setdefault(tally.locale, [0, 0, 0])):
            for place, more in enumerate((tally.runs, tally.done, tally.contacts)):
                cell[place] += more
    return {
        "surveyId": survey_id,
        "fromMs": to_ms(period.start),
        "toMs": to_ms(period.end),
        "timeZone": period.zone,
        "runs": sum(tally.runs for tally in counts.tallies),
        "done": sum(tally.done for tally in counts.tallies),
        "contacts": sum(tally.contacts for tally in counts.tallies),
        "questions": [_result(result) for result in questions],
        "byDay": [
            {"day": day, "runs": runs, "done": done, "contacts": contacts}
            for day, (runs, done, contacts) in sorted(days.items())
        ],
        "byLocale": [
            {"locale": locale, "runs": runs, "done": done} for locale, (runs, done, _) in sorted(locales.items())
        ],
    }


def _result(value: QuestionResult) -> Wire:
    return {
        "id": value.question.id,
        "kind": value.question.kind.value,
        "text": dict(value.question.text),
        "answered": value.answered,
        "skipped": value.skipped,
        "options": [{"id": option.id, "text": dict(option.text), "count": count} for option, count in value.options],
        "texts": value.texts,
        "scores": list(value.scores),
        "nps": value.nps,
    }


def free_texts(values: Sequence[FreeText], page_size: int) -> Wire:
    return {
        "texts": [
            {
                "runId": value.run_id,
                "visitorId": value.visitor_id,
                "questionId": value.question_id,
                "text": value.text,
                "locale": value.locale,
                "atMs": to_ms(value.at),
            }
            for value in values
        ],
        "next": values[-1].place if len(values) == page_size else None,
    }


def table_header(questions: Sequence[Question]) -> list[str]:
    """Return the first line of the export. Questions stand there in their first language."""
    return ["startedAt", "done", "locale", "page", "visitorId", *map(_heading, questions), "email", "phone"]


def table_row(value: Run, questions: Sequence[Question]) -> list[object]:
    cells = [_cell(question, value.answers.get(question.id, Answer())) for question in questions]
    return [
        value.started_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "yes" if value.done else "no",
        value.locale,
        value.page_url,
        value.visitor_id,
        *cells,
        value.contact.email if value.contact else None,
        value.contact.phone if value.contact else None,
    ]


def _heading(question: Question) -> str:
    return next(iter(question.text.values()), question.id)


def _cell(question: Question, answer: Answer) -> object:
    if answer.score is not None:
        return answer.score
    chosen = [next(iter(o.text.values()), o.id) for o in question.options if o.id in answer.choices]
    return "; ".join([*chosen, *([answer.text] if answer.text else [])])
