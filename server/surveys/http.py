"""Surveys over HTTP: editing and results for marketers, the published survey for the widget."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from server.csv_export import csv_response
from server.http import Route, json_response, person_of, read_json
from server.surveys import wire
from server.surveys.service import TEXTS, SurveyService

PUBLIC = {"Cache-Control": "public, max-age=30, stale-while-revalidate=300"}
ONE = "/api/v1/surveys/{surveyId}"


def routes(surveys: SurveyService) -> list[Route]:
    def asked(request: web.Request) -> str:
        return request.match_info["surveyId"]

    async def listed(request: web.Request) -> web.Response:
        found = await surveys.surveys(person_of(request), request.query.get("siteId"))
        return json_response({"surveys": [wire.summary(survey) for survey in found]})

    async def create(request: web.Request) -> web.Response:
        body = await read_json(request, "SurveyCreate")
        content = wire.content_from_wire(body["content"]) if "content" in body else None
        made = await surveys.create(person_of(request), body["siteId"], body["name"], body.get("template"), content)
        return json_response(wire.survey(made), 201)

    async def templates(_request: web.Request) -> web.Response:
        return json_response(wire.templates())

    async def one(request: web.Request) -> web.Response:
        return json_response(wire.survey(await surveys.survey(person_of(request), asked(request))))

    async def save(request: web.Request) -> web.Response:
        body = await read_json(request, "SurveySave")
        content = wire.content_from_wire(body["content"])
        saved = await surveys.save(person_of(request), asked(request), body["version"], body["name"], content)
        return json_response(wire.survey(saved))

    async def publish(request: web.Request) -> web.Response:
        body = await read_json(request, "SurveyStep")
        return json_response(wire.survey(await surveys.publish(person_of(request), asked(request), body["version"])))

    async def close(request: web.Request) -> web.Response:
        body = await read_json(request, "SurveyStep")
        return json_response(wire.survey(await surveys.close(person_of(request), asked(request), body["version"])))

    async def versions(request: web.Request) -> web.Response:
        found = await surveys.versions(person_of(request), asked(request))
        return json_response({"versions": [wire.version(version) for version in found]})

    async def version(request: web.Request) -> web.Response:
        told = request.match_info["version"]
        number = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else 0
        found = await surveys.version(person_of(request), asked(request), number)
        answer = {"version": wire.version(found), "name": found.name, "content": wire.content(found.content)}
        return json_response(answer)

    async def results(request: web.Request) -> web.Response:
        found = await surveys.results(person_of(request), asked(request), request.query)
        return json_response(wire.results(found.survey.id, found.period, found.questions, found.counts))

    async def texts(request: web.Request) -> web.Response:
        question_id, before = request.match_info["questionId"], request.query.get("before")
        found = await surveys.texts(person_of(request), asked(request), question_id, before)
        return json_response(wire.free_texts(found, TEXTS))

    async def export(request: web.Request) -> web.StreamResponse:
        who, survey_id = person_of(request), asked(request)
        parts = await surveys.export(who, survey_id, request.query)
        questions = await surveys.questions(who, survey_id)

        async def rows() -> AsyncIterator[Sequence[Sequence[object]]]:
            async for runs in parts:
                yield [wire.table_row(run, questions) for run in runs]

        return await csv_response(request, f"survey-{survey_id}.csv", wire.table_header(questions), rows())

    async def of_visitor(request: web.Request) -> web.Response:
        who, visitor_id = person_of(request), request.match_info["visitorId"]
        shown = await surveys.runs_of_visitor(who.tenant_id, visitor_id)
        return json_response({"runs": [wire.run(one.run, one.version) for one in shown]})

    async def public(request: web.Request) -> web.Response:
        shown = await surveys.public(request.match_info["siteKey"], asked(request))
        return json_response(wire.public_survey(shown), headers=PUBLIC)

    return [
        Route("GET", "/api/v1/surveys", listed, None, "SurveyList", "The account's surveys; ?siteId= those of a site."),
        Route("POST", "/api/v1/surveys", create, "SurveyCreate", "Survey", "Make a draft."),
        Route("GET", "/api/v1/survey-templates", templates, None, "SurveyTemplateList", "Drafts to begin with."),
        Route("GET", ONE, one, None, "Survey", "A survey's draft and state."),
        Route("PUT", ONE, save, "SurveySave", "Survey", "Keep the draft; visitors see it once it is published."),
        Route("POST", f"{ONE}/publish", publish, "SurveyStep", "Survey", "Show the draft to visitors from now on."),
        Route("POST", f"{ONE}/close", close, "SurveyStep", "Survey", "Show it to nobody any more."),
        Route("GET", f"{ONE}/versions", versions, None, "SurveyVersionList", "Who changed it when."),
        Route("GET", f"{ONE}/versions/{{version}}", version, None, "SurveyVersionContent", "What it was."),
        Route("GET", f"{ONE}/results", results, None, "SurveyResults", "Counts; ?fromMs&toMs&timeZone."),
        Route("GET", f"{ONE}/texts/{{questionId}}", texts, None, "SurveyFreeTexts", "Free texts; ?before= goes on."),
        Route("GET", f"{ONE}/answers.csv", export, None, None, "All runs as a table; ?fromMs&toMs."),
        Route(
            "GET", "/api/v1/visitors/{visitorId}/surveys", of_visitor, None, "SurveyRunList", "What a visitor answered."
        ),
        Route(
            "GET",
            "/api/v1/widget/{siteKey}/surveys/{surveyId}",
            public,
            None,
            "PublicSurvey",
            "A published survey, for forms inside a page.",
            any_origin=True,
        ),
    ]
