"""Surveys through the real routes and sockets: made, published, answered, counted."""

from __future__ import annotations

import asyncio
import csv
import io
from copy import deepcopy
from typing import Any

from server.contracts.registry import load_contracts
from tests.integration.security.payloads import client_id
from tests.integration.security.strings import STRINGS, as_text
from tests.integration.surveys.world import World

CONTRACTS = load_contracts()


async def a_draft(world: World, template: str = "exit") -> dict[str, Any]:
    body = {"siteId": world.site.id, "name": "Why not", "template": template}
    status, survey = await world.ask("POST", "/api/v1/surveys", body)
    assert status == 201, survey
    CONTRACTS.validate("Survey", survey)
    return dict(survey)


async def a_survey(world: World, template: str = "exit") -> dict[str, Any]:
    draft = await a_draft(world, template)
    status, survey = await world.ask("POST", f"/api/v1/surveys/{draft['id']}/publish", {"version": draft["version"]})
    assert status == 200, survey
    return dict(survey)


def given(survey: dict[str, Any], answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    asked = {"surveyId": survey["id"], "version": survey["publishedVersion"], "runId": client_id(), "done": False}
    return {**asked, "answers": answers, **more}


PRICE = {"reason": {"choices": ["price"]}}


# -- editing


async def test_a_marketer_begins_with_a_ready_survey_in_three_languages(world: World) -> None:
    templates = await world.get("/api/v1/survey-templates")
    CONTRACTS.validate("SurveyTemplateList", templates)
    assert [one["id"] for one in templates["templates"]] == ["exit", "nps", "feedback", "blank"]

    draft = await a_draft(world)

    assert draft["problems"] == []
    assert draft["content"]["questions"][0]["text"]["ro"] == "Ce v-a oprit astăzi?"
    assert (draft["status"], draft["version"], draft["publishedVersion"]) == ("draft", 1, None)
    listed = await world.get(f"/api/v1/surveys?siteId={world.site.id}")
    CONTRACTS.validate("SurveyList", listed)
    assert [one["id"] for one in listed["surveys"]] == [draft["id"]]


async def test_a_faulty_draft_is_kept_and_not_published(world: World) -> None:
    draft = await a_draft(world)
    path = f"/api/v1/surveys/{draft['id']}"
    content = deepcopy(draft["content"])
    content["questions"][0]["next"] = "nowhere"
    content["questions"][1]["text"]["ru"] = "  "

    status, saved = await world.ask("PUT", path, {"version": 1, "name": "Why not", "content": content})
    problems = [(one["path"], one["problem"]) for one in saved["problems"]]
    assert status == 200
    assert ("questions/1/text/ru", "missing_text") in problems and ("questions/0/next", "unknown_target") in problems
    status, refusal = await world.ask("POST", f"{path}/publish", {"version": 2})

    assert (status, refusal["error"]["code"]) == (400, "survey_invalid")
    assert refusal["error"]["details"]["problems"] == saved["problems"]
    assert (
        await world.code("GET", f"/api/v1/widget/{world.site.key}/surveys/{draft['id']}", role="anonymous")
        == "not_found"
    )


async def test_what_is_no_survey_is_refused_with_its_place_and_changes_nothing(world: World) -> None:
    draft = await a_draft(world)
    path = f"/api/v1/surveys/{draft['id']}"
    question = draft["content"]["questions"][0]
    tiny = {"id": "q", "kind": "text", "text": {}, "required": False, "options": [], "branches": [], "next": None}
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"surprise": 1}, "bad_request", "content"),
        ({"questions": [{**question, "onclick": "x"}]}, "bad_request", "content/questions/0"),
        ({"questions": [{**question, "kind": "script"}]}, "bad_request", "content/questions/0/kind"),
        ({"questions": [{**question, "id": "<b>"}]}, "bad_request", "content/questions/0/id"),
        ({"questions": [{**question, "text": {"<img>": "x"}}]}, "bad_request", "content/questions/0/text"),
        ({"questions": [tiny] * 31}, "bad_request", "content/questions"),
        ({"questions": [tiny] * 10_000}, "too_large", ""),
        (
            {"questions": [{**question, "branches": question["branches"] * 7}]},
            "bad_request",
            "content/questions/0/branches",
        ),
        ({"locales": ["xx"]}, "bad_request", "content/locales/0"),
        ({"thanks": {"en": "x" * 501}}, "bad_request", "content/thanks/en"),
    ]
    for change, code, place in wrong:
        body = {"version": 1, "name": "Why not", "content": {**draft["content"], **change}}
        status, refusal = await world.ask("PUT", path, body)
        assert status in (400, 413) and refusal["error"]["code"] == code, (change, refusal)
        assert refusal["error"]["details"].get("path", "") == place, refusal
    assert await world.get(path) == draft


async def test_of_two_marketers_who_save_at_once_one_is_told(world: World) -> None:
    draft = await a_draft(world)
    path = f"/api/v1/surveys/{draft['id']}"
    saves = [
        world.code("PUT", path, {"version": 1, "name": f"Name {n}", "content": draft["content"]}, role)
        for n, role in enumerate(("marketer", "admin", "marketer", "admin"))
    ]

    codes = await asyncio.gather(*saves)

    assert sorted(codes) == ["ok", "survey_changed", "survey_changed", "survey_changed"]
    versions = (await world.get(f"{path}/versions"))["versions"]
    assert [(one["version"], one["action"]) for one in versions] == [(2, "saved"), (1, "created")]
    assert versions[1]["by"]["name"] == "Marketer"
    before = await world.get(f"{path}/versions/1")
    CONTRACTS.validate("SurveyVersionContent", before)
    assert before["name"] == "Why not"
    assert await world.code("GET", f"{path}/versions/x") == "not_found"


async def test_a_change_whose_server_died_half_way_is_completed_by_the_next(world: World) -> None:
    draft = await a_draft(world)
    path = f"/api/v1/surveys/{draft['id']}"
    content = draft["content"]
    await world.ask("PUT", path, {"version": 1, "name": "Second", "content": content})
    surveys = world.ringback.database.tenant_collection("surveys")
    await surveys.update_one(world.tenant_id, {"_id": draft["id"]}, {"$set": {"version": 1, "name": "Why not"}})

    assert await world.code("PUT", path, {"version": 1, "name": "Third", "content": content}) == "survey_changed"
    assert ((await world.get(path))["version"], (await world.get(path))["name"]) == (2, "Second")
    assert await world.code("PUT", path, {"version": 2, "name": "Third", "content": content}) == "ok"


async def test_a_repeat_after_a_lost_answer_changes_nothing(world: World) -> None:
    draft = await a_draft(world)
    path = f"/api/v1/surveys/{draft['id']}"
    save = {"version": 1, "name": "Other", "content": draft["content"]}
    for _ in range(2):
        assert await world.code("PUT", path, save) == "ok"
    for step, version in (("publish", 2), ("close", 3)):
        for _ in range(2):
            assert await world.code("POST", f"{path}/{step}", {"version": version}) == "ok"

    versions = (await world.get(f"{path}/versions"))["versions"]
    assert [one["action"] for one in versions] == ["closed", "published", "saved", "created"]


async def test_consultants_and_strangers_edit_no_survey_and_another_account_finds_none(world: World) -> None:
    survey = await a_survey(world)
    path = f"/api/v1/surveys/{survey['id']}"
    for part in ("", "/versions", "/versions/1", "/results", "/texts/reason", "/answers.csv"):
        assert await world.code("GET", path + part, role="consultant") == "forbidden"
        assert await world.code("GET", path + part, role="anonymous") == "unauthenticated"
        status, answer = await world.ask("GET", path + part, token=world.other)
        assert (status, answer["error"]["code"]) == (404, "not_found"), part
    status, answer = await world.ask(
        "POST", "/api/v1/surveys", {"siteId": world.site.id, "name": "x"}, token=world.other
    )
    assert answer["error"]["code"] == "not_found"


# -- answering


async def test_an_answer_leads_to_the_next_question_and_staff_hear_of_it(world: World) -> None:
    survey = await a_survey(world)
    async with world.visitor(locale="ru-RU") as visitor, world.person("consultant") as consultant:
        said = given(survey, PRICE)
        assert await visitor.data("survey:answer", said) == {"next": "fair_price", "done": False}
        said["answers"] = {"fair_price": {"text": "=99 lei"}}
        assert await visitor.data("survey:answer", said) == {"next": "contact", "done": False}
        said |= {"contact": {"phone": "069 212 349", "consent": True}, "done": True}
        assert await visitor.data("survey:answer", said) == {"next": "end", "done": True}
        await consultant.until(lambda: len(consultant.told("survey:answered")) == 3)

        told = consultant.told("survey:answered")
        for one in told:
            CONTRACTS.validate("SurveyRunReply", one)
        run = told[-1]["run"]
        assert [one["questionId"] for one in run["answers"]] == ["reason", "fair_price"]
        assert run["answers"][0]["choices"][0]["text"]["ru"] == "Цена"
        assert (run["phone"], run["locale"], run["done"]) == ("+37369212349", "ru", True)
        assert run["pageUrl"].startswith("https://shop.example/lamps")

        visitor_id = visitor.started["visitorId"]  # type: ignore[attr-defined]
        listed = await world.get(f"/api/v1/visitors/{visitor_id}/surveys", "consultant")
        CONTRACTS.validate("SurveyRunList", listed)
        assert listed["runs"] == [run]


async def test_the_same_answers_from_fifty_tabs_are_one_run(world: World) -> None:
    survey = await a_survey(world)
    async with world.visitor() as first:
        token = first.started["token"]  # type: ignore[attr-defined]
        said = given(survey, PRICE, done=True)
        async with world.visitor(token=token) as second, world.visitor(token=token) as third:
            answers = await asyncio.gather(
                *(tab.data("survey:answer", said) for tab in (first, second, third) for _ in range(17))
            )

        assert {one["next"] for one in answers} == {"end"}
        results = await world.get(f"/api/v1/surveys/{survey['id']}/results")
        assert (results["runs"], results["done"]) == (1, 1)


async def test_answers_that_come_one_by_one_from_two_tabs_are_all_kept(world: World) -> None:
    survey = await a_survey(world, "feedback")
    async with world.visitor() as first, world.visitor(token=first.started["token"]) as second:  # type: ignore[attr-defined]
        said = given(survey, {"about": {"choices": ["site", "product"]}})
        more = {**said, "answers": {"story": {"text": "It broke"}}}
        await asyncio.gather(first.data("survey:answer", said), second.data("survey:answer", more))
        assert (await first.data("survey:answer", {**said, "answers": {}}))["next"] == "contact"


async def test_a_mistyped_contact_costs_no_answer(world: World) -> None:
    survey = await a_survey(world)
    async with world.visitor() as visitor:
        said = given(survey, PRICE | {"fair_price": {"text": "half"}}, done=True)
        for contact, code in (
            ({"email": "anna@", "consent": True}, "email_invalid"),
            ({"phone": "12", "consent": True}, "phone_invalid"),
            ({"email": "anna@shop.example", "consent": False}, "contact_consent_required"),
            ({"email": "anna@shop.example", "phone": "069212349", "consent": True}, "answer_invalid"),
        ):
            assert await visitor.code("survey:answer", {**said, "contact": contact}) == code
            assert (
                await world.ringback.database.tenant_collection("survey_runs").find(
                    world.tenant_id, {"contact": {"$type": "object"}}
                )
                == []
            )
        results = await world.get(f"/api/v1/surveys/{survey['id']}/results")
        assert (results["runs"], results["done"], results["contacts"]) == (1, 0, 0)
        said["contact"] = {"email": "anna@shop.example", "consent": True}
        assert (await visitor.data("survey:answer", said))["done"]


async def test_what_is_no_answer_is_refused_and_writes_nothing(world: World) -> None:
    survey = await a_survey(world)
    async with world.visitor() as visitor:
        for answers in (
            {"nobody": {"text": "x"}},
            {"reason": {"choices": ["price", "choice"]}},
            {"reason": {"choices": ["free-lunch"]}},
            {"reason": {"score": 3}},
        ):
            assert await visitor.code("survey:answer", given(survey, answers)) == "answer_invalid"
        assert await visitor.code("survey:answer", given(survey, {"a.b": {"text": "x"}})) == "bad_request"
        assert await visitor.code("survey:answer", given(survey, {"$where": {"text": "x"}})) == "bad_request"
        assert (await world.get(f"/api/v1/surveys/{survey['id']}/results"))["runs"] == 0


async def test_answers_to_a_closed_or_an_older_survey_are_kept_with_their_version(world: World) -> None:
    first = await a_survey(world)
    path = f"/api/v1/surveys/{first['id']}"
    content = deepcopy(first["content"])
    content["questions"][0]["options"] = content["questions"][0]["options"][1:]
    content["questions"][0]["branches"] = content["questions"][0]["branches"][1:]
    content["questions"][0]["text"]["en"] = "What held you back?"
    content["questions"].pop(1)
    await world.ask("PUT", path, {"version": 2, "name": "Why not", "content": content})
    status, second = await world.ask("POST", f"{path}/publish", {"version": 3})
    assert (status, second["publishedVersion"]) == (200, 4), second
    await world.ask("POST", f"{path}/close", {"version": 4})

    async with world.visitor() as visitor:
        assert (await visitor.data("survey:answer", given(first, PRICE)))["next"] == "fair_price"
        assert await visitor.code("survey:answer", given(second, PRICE)) == "answer_invalid"
        assert await visitor.code("survey:answer", given(first, PRICE) | {"version": 3}) == "not_found"
        assert await visitor.code("survey:answer", given(first, PRICE) | {"version": 99}) == "not_found"

    results = await world.get(f"{path}/results")
    CONTRACTS.validate("SurveyResults", results)
    question = results["questions"][0]
    assert question["text"]["en"] == "What held you back?"
    assert {one["id"]: one["count"] for one in question["options"]}["price"] == 1
    assert [one["id"] for one in results["questions"]] == ["reason", "missing", "better", "fair_price"]
    assert (
        await world.code("GET", f"/api/v1/widget/{world.site.key}/surveys/{first['id']}", role="anonymous")
        == "not_found"
    )


async def test_a_survey_of_another_site_is_not_found(world: World) -> None:
    survey = await a_survey(world)
    async with world.visitor(site=world.other_site) as stranger:
        assert await stranger.code("survey:answer", given(survey, PRICE)) == "not_found"
    address = f"/api/v1/widget/{world.other_site.key}/surveys/{survey['id']}"
    assert await world.code("GET", address, role="anonymous") == "not_found"
    assert await world.code("GET", "/api/v1/widget/nobody/surveys/x", role="anonymous") == "unknown_site"


async def test_one_visitor_begins_a_hundred_runs_and_no_more(world: World) -> None:
    survey = await a_survey(world)
    async with world.visitor() as visitor:
        for _ in range(100):
            assert await visitor.code("survey:answer", given(survey, PRICE)) == "ok"
        assert await visitor.code("survey:answer", given(survey, PRICE)) == "rate_limited"


# -- showing


async def test_the_published_survey_is_public_and_holds_nothing_of_the_draft(world: World) -> None:
    survey = await a_survey(world)
    content = deepcopy(survey["content"])
    content["thanks"]["en"] = "A draft of thanks"
    await world.ask("PUT", f"/api/v1/surveys/{survey['id']}", {"version": 2, "name": "Secret name", "content": content})

    address = f"/api/v1/widget/{world.site.key}/surveys/{survey['id']}"
    async with world.http.get(address) as answer:
        shown = await answer.json()
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    CONTRACTS.validate("PublicSurvey", shown)
    assert (shown["version"], shown["content"]) == (2, survey["content"])
    assert "Secret" not in str(shown)


# -- results


async def test_results_count_by_option_day_and_language_and_page_through_texts(world: World) -> None:
    survey = await a_survey(world)
    for number in range(55):
        async with world.visitor(locale="ro" if number % 5 == 0 else "en") as visitor:
            answers = PRICE | {"fair_price": {"text": f"{number} lei"}} if number % 2 else {"reason": {}}
            await visitor.data("survey:answer", given(survey, answers, done=bool(number % 2)))
    path = f"/api/v1/surveys/{survey['id']}"

    results = await world.get(f"{path}/results?timeZone=Pacific/Kiritimati")
    CONTRACTS.validate("SurveyResults", results)
    reason, fair = results["questions"][:2]
    assert (results["runs"], results["done"]) == (55, 27)
    assert (reason["answered"], reason["skipped"], reason["options"][0]["count"]) == (27, 28, 27)
    assert (fair["answered"], fair["texts"]) == (27, 27)
    assert (sum(day["runs"] for day in results["byDay"]), len(results["byDay"])) == (55, 28)
    assert {one["locale"]: one["runs"] for one in results["byLocale"]} == {"en": 44, "ro": 11}
    texts = await world.get(f"{path}/texts/fair_price")
    CONTRACTS.validate("SurveyFreeTexts", texts)
    assert [one["text"] for one in texts["texts"]] == [f"{n} lei" for n in range(53, 0, -2)]
    assert texts["next"] is None
    assert await world.code("GET", f"{path}/results?timeZone=Mars") == "value_invalid"


async def test_a_spreadsheet_of_the_answers_holds_no_formula(world: World) -> None:
    survey = await a_survey(world)
    async with world.visitor() as visitor:
        answers = {"reason": {"choices": ["other"], "text": "=HYPERLINK(1)"}, "better": {"text": '=1+1, "x"\nnext'}}
        contact = {"phone": "+37369212349", "consent": True}
        await visitor.data("survey:answer", given(survey, answers, contact=contact, done=True))
    async with world.visitor() as visitor:
        await visitor.data("survey:answer", given(survey, {"reason": {"choices": ["price"]}}))

    text = await world.get(f"/api/v1/surveys/{survey['id']}/answers.csv")
    header, first, second = csv.reader(io.StringIO(text, newline=""))

    assert header[:6] == ["startedAt", "done", "locale", "page", "visitorId", "What stopped you today?"]
    row = dict(zip(header, first, strict=True))
    assert row["What should we do better?"] == '\'=1+1, "x"\nnext'
    assert row["What stopped you today?"] == "Something else; =HYPERLINK(1)"
    assert row["phone"] == "'+37369212349"
    assert (row["done"], second[1], second[5]) == ("yes", "no", "The price")


async def test_any_text_comes_back_as_it_was_written(world: World) -> None:
    draft = await a_draft(world)
    content, path = draft["content"], f"/api/v1/surveys/{draft['id']}"
    version = 1
    for start in range(0, len(STRINGS), 12):
        some = [as_text(text[:500]) for text in STRINGS[start : start + 12] if as_text(text[:500])]
        content["questions"][0]["options"] = [
            {"id": f"o{n}", "text": dict.fromkeys(("en", "ru", "ro"), text), "freeText": True}
            for n, text in enumerate(some)
        ]
        content["questions"][0]["branches"] = []
        status, saved = await world.ask("PUT", path, {"version": version, "name": f"Texts {start}", "content": content})
        assert status == 200, saved
        CONTRACTS.validate("Survey", saved)
        assert [one["text"]["ro"] for one in saved["content"]["questions"][0]["options"]] == some
        version = saved["version"]

    survey = await a_survey(world)
    async with world.visitor() as visitor:
        kept = []
        for text in STRINGS[::2]:
            said = given(survey, {"reason": {"choices": ["other"], "text": text[:2000]}})
            await visitor.data("survey:answer", said)
            kept.append(as_text(text[:2000]))
        runs = (await world.get(f"/api/v1/visitors/{visitor.started['visitorId']}/surveys"))["runs"]  # type: ignore[attr-defined]
        assert sorted(run["answers"][0]["text"] for run in runs) == sorted(kept)
