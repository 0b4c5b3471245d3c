"""Which surveys make sense, where answers lead, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import AppError
from server.surveys import rules
from server.surveys.contact import read_phone
from server.surveys.model import (
    Answer,
    Branch,
    Contact,
    Content,
    Counts,
    GivenContact,
    Kind,
    Option,
    Question,
    Run,
)
from server.surveys.templates import TEMPLATES

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
T = {"en": "words"}
CONTACT = Contact("either", T, T)


def one(id: str, *, next: str | None = None, required: bool = False, **branches: str) -> Question:
    options = (Option("a", T), Option("b", T), Option("other", T, free_text=True))
    ways = tuple(Branch(target, option_id=option) for option, target in branches.items())
    return Question(id, Kind.ONE, T, required, options, ways, next)


def text(id: str, next: str | None = None, required: bool = False) -> Question:
    return Question(id, Kind.TEXT, T, required, next=next)


def nps(id: str, *branches: Branch, required: bool = False) -> Question:
    return Question(id, Kind.NPS, T, required, branches=branches)


def survey(*questions: Question, contact: Contact | None = None) -> Content:
    return Content(("en",), questions, contact, T)


def found(content: Content) -> set[tuple[str, str]]:
    return {(problem.path, problem.problem) for problem in rules.problems(content)}


def run(content: Content, **fields: object) -> Run:
    return replace(Run("r", "t", "s", "site", "v", "run", 1, "en", None, NOW, NOW), **fields)


def code(call: object, *arguments: object) -> str:
    with pytest.raises(AppError) as refusal:
        call(*arguments)  # type: ignore[operator]
    return refusal.value.code


@pytest.mark.parametrize("name", ["exit", "nps", "feedback"])
def test_the_ready_surveys_can_be_published_as_they_are(name: str) -> None:
    assert rules.problems(TEMPLATES[name].content) == []
    assert TEMPLATES[name].content.locales == ("en", "ru", "ro")


def test_a_survey_that_branches_and_ends_has_no_problem() -> None:
    content = survey(one("q1", a="q3", b="contact"), text("q2", "end"), text("q3"), contact=CONTACT)

    assert found(content) == set()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (survey(), ("questions", "no_questions")),
        (survey(one("q1", a="nowhere")), ("questions/0/branches/0/next", "unknown_target")),
        (survey(one("q1", next="nowhere")), ("questions/0/next", "unknown_target")),
        (survey(one("q1", next="nowhere")), ("questions/0", "dead_end")),
        (survey(one("q1", a="contact")), ("questions/0/branches/0/next", "contact_missing")),
        (survey(one("q1", c="end")), ("questions/0/branches/0", "unknown_option")),
        (survey(one("q1", next="end"), text("q2")), ("questions/1", "unreachable")),
        (survey(text("q1", "end"), contact=CONTACT), ("contact", "unreachable")),
        (survey(text("q1"), text("q2", "q1")), ("questions/0", "cycle")),
        (survey(text("q1"), text("q2", "q1")), ("questions/1", "dead_end")),
        (survey(one("q1", next="q1")), ("questions/0", "cycle")),
        (survey(text("q1"), text("q1")), ("questions/1/id", "duplicate_id")),
        (survey(text("end")), ("questions/0/id", "reserved_id")),
        (survey(Question("q1", Kind.ONE, T, options=(Option("a", T),))), ("questions/0/options", "too_few_options")),
        (
            survey(Question("q1", Kind.MANY, T, options=(Option("a", T), Option("a", T)))),
            ("questions/0/options/1/id", "duplicate_id"),
        ),
        (survey(replace(text("q1"), options=(Option("a", T),))), ("questions/0/options", "options_not_allowed")),
        (
            survey(replace(text("q1"), branches=(Branch("end", option_id="a"),))),
            ("questions/0/branches/0", "branch_not_allowed"),
        ),
        (survey(nps("q1", Branch("end", from_score=7, to_score=3))), ("questions/0/branches/0", "wrong_range")),
        (survey(nps("q1", Branch("end", option_id="a"))), ("questions/0/branches/0", "branch_not_allowed")),
        (replace(survey(text("q1")), locales=("en", "ru")), ("questions/0/text/ru", "missing_text")),
        (replace(survey(text("q1")), thanks={"en": " "}), ("thanks/en", "missing_text")),
        (survey(text("q1"), contact=replace(CONTACT, consent_text={})), ("contact/consentText/en", "missing_text")),
        (replace(survey(text("q1")), locales=("en", "en")), ("locales", "duplicate_locale")),
    ],
)
def test_what_makes_no_sense_is_named_with_its_place(content: Content, problem: tuple[str, str]) -> None:
    assert problem in found(content)


def test_a_question_is_only_below_another_when_something_leads_there() -> None:
    every = {"a": "q3", "b": "q3", "other": "q3"}
    assert ("questions/1", "unreachable") in found(survey(one("q1", required=True, **every), text("q2"), text("q3")))
    assert found(survey(one("q1", required=False, **every), text("q2"), text("q3"))) == set()
    scores = (Branch("q3", from_score=0, to_score=6), Branch("q3", from_score=7, to_score=10))
    assert ("questions/1", "unreachable") in found(survey(nps("q1", *scores, required=True), text("q2"), text("q3")))


def test_the_next_step_follows_the_answer() -> None:
    content = survey(
        one("q1", a="score", b="contact", next="q2"),
        text("q2", "contact"),
        nps("score", Branch("end", from_score=9, to_score=10)),
        contact=CONTACT,
    )

    assert rules.next_step(content, {}) == "q1"
    assert rules.next_step(content, {"q1": Answer(("a",))}) == "score"
    assert rules.next_step(content, {"q1": Answer(("b",))}) == "contact"
    assert rules.next_step(content, {"q1": Answer(("b",))}, contact_given=True) == "end"
    assert rules.next_step(content, {"q1": Answer()}) == "q2"
    assert rules.next_step(content, {"q1": Answer(("other",)), "q2": Answer(text="x")}) == "contact"
    assert rules.next_step(content, {"q1": Answer(("a",)), "score": Answer(score=9)}) == "end"
    assert rules.next_step(content, {"q1": Answer(("a",)), "score": Answer(score=8)}) == "contact"


def test_an_answer_off_the_way_is_kept_but_not_counted() -> None:
    content = survey(one("q1", a="q3", b="end"), text("q2", "end"), text("q3"))
    first = rules.answered(content, run(content), {"q1": Answer(("a",)), "q3": Answer(text="why")}, None, False, NOW)
    changed = rules.answered(content, first, {"q1": Answer(("b",))}, None, False, NOW)

    assert first.counted == ("q1", "q3")
    assert changed.counted == ("q1",)
    assert changed.answers["q3"].text == "why"


def test_the_same_answers_again_change_nothing() -> None:
    content = survey(one("q1"))
    once = rules.answered(content, run(content), {"q1": Answer(("a",))}, None, True, NOW)

    assert once.done
    assert rules.answered(content, once, {"q1": Answer(("a",))}, None, True, NOW + timedelta(hours=1)) is once
    assert rules.answered(content, once, {"q1": Answer(("b",))}, None, False, NOW) is once


def test_a_run_is_not_done_while_an_answer_that_is_needed_is_missing() -> None:
    content = survey(text("q1"), text("q2", required=True), contact=replace(CONTACT, required=True))
    half = rules.answered(content, run(content), {"q1": Answer(text="x")}, None, True, NOW)
    all_but = rules.answered(content, half, {"q2": Answer(text="y")}, None, True, NOW)
    whole = rules.answered(content, all_but, {}, GivenContact("a@b.example", None, NOW), True, NOW)

    assert (half.done, all_but.done, whole.done) == (False, False, True)
    assert not rules.answered(content, run(content), {}, None, True, NOW).done


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (one("q"), Answer(("nobody",))),
        (one("q"), Answer(("a", "b"))),
        (one("q"), Answer(("a",), text="not asked")),
        (one("q"), Answer(score=3)),
        (text("q"), Answer(("a",))),
        (nps("q"), Answer(text="ten")),
        (nps("q"), Answer(score=11)),
        (one("q", required=True), Answer()),
        (text("q", required=True), Answer(text=" \u0000\n")),
        (nps("q", required=True), Answer()),
    ],
)
def test_what_is_no_answer_to_the_question_is_refused(question: Question, answer: Answer) -> None:
    assert code(rules.check_answer, question, answer) == "answer_invalid"


def test_answers_are_kept_as_they_were_given() -> None:
    assert rules.check_answer(one("q"), Answer(("other",), text=" why\r\nnot\u0000 ")) == Answer(("other",), "why\nnot")
    assert rules.check_answer(text("q"), Answer(text="<b>=1+1</b>")).text == "<b>=1+1</b>"
    assert rules.check_answer(text("q"), Answer()) == Answer()
    assert rules.check_answer(nps("q"), Answer(score=0)).score == 0


@pytest.mark.parametrize("email", ["anna@shop.example", " Анна@почта.рф ", "a+b@x.co", "o'neil@x.ie"])
def test_an_e_mail_that_may_exist_is_kept(email: str) -> None:
    assert rules.checked_email(email) == email.strip()


@pytest.mark.parametrize(
    "email", ["", "anna", "anna@", "@x.md", "a b@x.md", "a@x", "a@@x.md", "a@x..md", "a@" + "x" * 260 + ".md"]
)
def test_what_is_no_e_mail_is_refused(email: str) -> None:
    assert code(rules.checked_email, email) == "email_invalid"


def test_a_phone_is_read_in_the_sites_country() -> None:
    assert read_phone("069 212 349", ("MD",)) == "+37369212349"
    assert read_phone("+7 916 123-45-67", ("MD",)) == "+79161234567"
    assert code(read_phone, "12", ("MD",)) == "phone_invalid"
    assert code(read_phone, "call me", ()) == "phone_invalid"


def test_results_keep_options_that_a_later_version_dropped() -> None:
    old = survey(one("q1"), text("gone"))
    new = survey(Question("q1", Kind.ONE, {"en": "new words"}, options=(Option("a", T), Option("c", T))))
    questions = rules.questions_of([new, old])

    assert [question.id for question in questions] == ["q1", "gone"]
    assert questions[0].text == {"en": "new words"}
    assert [option.id for option in questions[0].options] == ["a", "c", "b", "other"]


def test_the_recommendation_score_is_promoters_minus_detractors() -> None:
    scores = {("q", 10): 5, ("q", 9): 1, ("q", 8): 2, ("q", 6): 1, ("q", 0): 1}
    [result] = rules.results([nps("q")], Counts(scores=scores))
    [nobody] = rules.results([nps("q")], Counts())

    assert (result.nps, sum(result.scores)) == (40, 10)
    assert nobody.nps is None


ids = st.sampled_from(["q1", "q2", "q3", "q4", "end", "contact"])
questions = st.builds(
    lambda id, next, branch, required: one(id, next=next, required=required, **branch),
    st.sampled_from(["q1", "q2", "q3", "q4"]),
    st.none() | ids,
    st.dictionaries(st.sampled_from(["a", "b", "other"]), ids, max_size=3),
    st.booleans(),
)


@given(
    st.lists(questions, min_size=1, max_size=4, unique_by=lambda question: question.id),
    st.dictionaries(st.sampled_from(["q1", "q2", "q3", "q4"]), st.sampled_from(["a", "b", "other"])),
    st.booleans(),
)
def test_every_survey_without_problems_ends_whatever_is_answered(
    asked: list[Question], choices: dict[str, str], contact: bool
) -> None:
    content = survey(*asked, contact=CONTACT if contact else None)
    answers = {id: Answer((choice,)) for id, choice in choices.items()}
    if rules.problems(content):
        rules.next_step(content, answers)  # never hangs, never raises
        return
    for _ in range(len(asked) + 1):
        step = rules.next_step(content, answers, contact_given=True)
        if step == "end":
            return
        answers[step] = Answer(("b",))
    raise AssertionError("the way does not end")
