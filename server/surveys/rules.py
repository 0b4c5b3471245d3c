"""Decisions about surveys. Pure: values come in, values or errors go out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from server.errors import AppError
from server.surveys.model import (
    CONTACT,
    END,
    Answer,
    Contact,
    Content,
    Counts,
    GivenContact,
    Kind,
    Option,
    Problem,
    Question,
    QuestionResult,
    Run,
    Text,
)

MAX_PROBLEMS = 500
MAX_NAME = 120
MAX_EMAIL = 254
LEAST_OPTIONS = 2
_RESERVED = (CONTACT, END)
_CHOOSING = (Kind.ONE, Kind.MANY)
_EMAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}@[^\s@.]+(\.[^\s@.]+)+")


# -- what people write ---------------------------------------------------------------------------------------------


def clean_text(text: str) -> str:
    """Return `text` with newlines as one character, without control characters, its ends trimmed."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if not plain.isprintable():
        plain = "".join(c for c in plain if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return plain.strip()


def clean_name(name: str) -> str:
    return " ".join(clean_text(name).split())[:MAX_NAME]


def clean_content(content: Content) -> Content:
    """Return the content with every text as it is stored; texts of nothing are gone."""

    def words(text: Text) -> Text:
        return {locale: plain for locale, told in text.items() if (plain := clean_text(told))}

    contact = content.contact
    return replace(
        content,
        questions=tuple(
            replace(
                question,
                text=words(question.text),
                options=tuple(replace(option, text=words(option.text)) for option in question.options),
            )
            for question in content.questions
        ),
        contact=None
        if contact is None
        else replace(contact, text=words(contact.text), consent_text=words(contact.consent_text)),
        thanks=words(content.thanks),
    )


def checked_email(text: str) -> str:
    """Return an e-mail as it is kept.

    Raises:
        AppError: email_invalid when it cannot be one. Whether it exists, nobody asks.
    """
    email = clean_text(text)
    if len(email) > MAX_EMAIL or not _EMAIL.fullmatch(email):
        raise AppError("email_invalid")
    return email


def locale_of(content: Content, wanted: str) -> str:
    """Return the survey's language for someone who speaks `wanted`."""
    language = wanted.partition("-")[0].lower()
    return language if language in content.locales else content.locales[0]


# -- is it a survey -----------------------------------------------------------------------------------------------


def problems(content: Content) -> list[Problem]:
    """Return everything that keeps `content` from being published, at most 500; nothing for a good survey."""
    found = [*_text_problems(content), *_question_problems(content)]
    if not content.questions:
        found.append(Problem("questions", "no_questions"))
    elif len({question.id for question in content.questions}) == len(content.questions):
        found += _way_problems(content)
    return found[:MAX_PROBLEMS]


def _text_problems(content: Content) -> Iterator[Problem]:
    if len(set(content.locales)) < len(content.locales):
        yield Problem("locales", "duplicate_locale")
    texts: list[tuple[str, Text]] = []
    for number, question in enumerate(content.questions):
        texts.append((f"questions/{number}/text", question.text))
        texts += [(f"questions/{number}/options/{n}/text", option.text) for n, option in enumerate(question.options)]
    if content.contact is not None:
        texts += [("contact/text", content.contact.text), ("contact/consentText", content.contact.consent_text)]
    texts.append(("thanks", content.thanks))
    for path, text in texts:
        for locale in dict.fromkeys(content.locales):
            if not text.get(locale, "").strip():
                yield Problem(f"{path}/{locale}", "missing_text")


def _question_problems(content: Content) -> Iterator[Problem]:
    targets = {question.id for question in content.questions} | {END}
    seen: set[str] = set()
    for number, question in enumerate(content.questions):
        path = f"questions/{number}"
        if question.id in _RESERVED:
            yield Problem(f"{path}/id", "reserved_id")
        if question.id in seen:
            yield Problem(f"{path}/id", "duplicate_id")
        seen.add(question.id)
        yield from _option_problems(path, question)
        for place, branch in enumerate(question.branches):
            spot = f"{path}/branches/{place}"
            if problem := _branch_problem(question, branch.option_id, branch.from_score, branch.to_score):
                yield Problem(spot, problem)
            yield from _target_problems(f"{spot}/next", branch.next, targets, content.contact)
        if question.next is not None:
            yield from _target_problems(f"{path}/next", question.next, targets, content.contact)


def _option_problems(path: str, question: Question) -> Iterator[Problem]:
    if question.kind not in _CHOOSING:
        if question.options:
            yield Problem(f"{path}/options", "options_not_allowed")
        return
    if len(question.options) < LEAST_OPTIONS:
        yield Problem(f"{path}/options", "too_few_options")
    seen: set[str] = set()
    for place, option in enumerate(question.options):
        if option.id in seen:
            yield Problem(f"{path}/options/{place}/id", "duplicate_id")
        seen.add(option.id)


def _branch_problem(question: Question, option_id: str | None, low: int | None, high: int | None) -> str | None:
    ranged = low is not None or high is not None
    if question.kind in _CHOOSING:
        if option_id is None or ranged:
            return "branch_not_allowed"
        return None if question.option(option_id) else "unknown_option"
    if question.kind is not Kind.NPS or option_id is not None:
        return "branch_not_allowed"
    if low is None or high is None or low > high:
        return "wrong_range"
    return None


def _target_problems(path: str, target: str, targets: set[str], contact: Contact | None) -> Iterator[Problem]:
    if target == CONTACT:
        if contact is None:
            yield Problem(path, "contact_missing")
    elif target not in targets:
        yield Problem(path, "unknown_target")


def _way_problems(content: Content) -> Iterator[Problem]:
    """Judge the ways through questions with ids of their own: what is never reached, and what never ends."""
    ways = {question.id: _ways(content, place) for place, question in enumerate(content.questions)}
    places = {question.id: place for place, question in enumerate(content.questions)}
    reached = {content.questions[0].id}
    todo = [content.questions[0].id]
    while todo:
        for target in ways.get(todo.pop(), ()):
            if target not in reached:
                reached.add(target)
                todo.append(target)
    circling = _circling(ways)
    ending = {END, CONTACT}
    while more := {id for id in ways.keys() - ending if ending.intersection(ways[id])}:
        ending |= more
    for id, place in places.items():
        if id not in reached:
            yield Problem(f"questions/{place}", "unreachable")
        elif id in circling:
            yield Problem(f"questions/{place}", "cycle")
        if id in reached and id not in ending:
            yield Problem(f"questions/{place}", "dead_end")
    if content.contact is not None and CONTACT not in reached:
        yield Problem("contact", "unreachable")


def _circling(ways: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the questions from which a way leads back to themselves."""
    circling = set()
    for start in ways:
        seen: set[str] = set()
        todo = list(ways[start])
        while todo:
            id = todo.pop()
            if id == start:
                circling.add(start)
                break
            if id not in seen:
                seen.add(id)
                todo += ways.get(id, ())
    return circling


def _ways(content: Content, place: int) -> tuple[str, ...]:
    """Return where the question at `place` can lead."""
    question = content.questions[place]
    ways = [branch.next for branch in question.branches]
    if not (question.required and _all_branched(question)):
        ways.append(_without_branch(content, place))
    return tuple(dict.fromkeys(ways))


def _all_branched(question: Question) -> bool:
    if question.kind in _CHOOSING:
        branched = {branch.option_id for branch in question.branches}
        return bool(question.options) and all(option.id in branched for option in question.options)
    if question.kind is Kind.NPS:
        return all(any(_in_range(score, b.from_score, b.to_score) for b in question.branches) for score in range(11))
    return False


def _without_branch(content: Content, place: int) -> str:
    question = content.questions[place]
    if question.next is not None:
        return question.next
    if place + 1 < len(content.questions):
        return content.questions[place + 1].id
    return CONTACT if content.contact is not None else END


def _in_range(score: int | None, low: int | None, high: int | None) -> bool:
    return score is not None and low is not None and high is not None and low <= score <= high


# -- answering ----------------------------------------------------------------------------------------------------


def next_step(content: Content, answers: Mapping[str, Answer], *, contact_given: bool = False) -> str:
    """Return the question to ask now, or contact, or end."""
    target = walk(content, answers)[1]
    return END if target == CONTACT and contact_given else target


def walk(content: Content, answers: Mapping[str, Answer]) -> tuple[tuple[str, ...], str]:
    """Return the answered questions on the way that the answers take, and what comes after them."""
    places = {question.id: place for place, question in enumerate(content.questions)}
    taken: list[str] = []
    target = content.questions[0].id if content.questions else END
    while target in places and target in answers and target not in taken:
        taken.append(target)
        target = _after(content, places[target], answers[target])
    return tuple(taken), target if target in places or target == CONTACT else END


def _after(content: Content, place: int, answer: Answer) -> str:
    for branch in content.questions[place].branches:
        if branch.option_id in answer.choices or _in_range(answer.score, branch.from_score, branch.to_score):
            return branch.next
    return _without_branch(content, place)


def check_answers(content: Content, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return the answers as they are kept. Raises as `check_answer`; answer_invalid for an unknown question."""
    checked = {}
    for question_id, answer in answers.items():
        question = content.question(question_id)
        if question is None:
            raise AppError("answer_invalid", question=question_id)
        checked[question_id] = check_answer(question, answer)
    return checked


def check_answer(question: Question, answer: Answer) -> Answer:
    """Return the answer as it is kept.

    Raises:
        AppError: answer_invalid with the question's id: not an answer to this kind of question, or an empty one to a
            question that needs one.
    """
    wrong = AppError("answer_invalid", question=question.id)
    text = clean_text(answer.text or "") or None
    kept = Answer(tuple(dict.fromkeys(answer.choices)), text, answer.score)
    options = [question.option(choice) for choice in kept.choices]
    if None in options or (question.kind is Kind.ONE and len(options) > 1):
        raise wrong
    if question.kind is not Kind.NPS and kept.score is not None:
        raise wrong
    if question.kind is Kind.NPS and not (kept.score is None or 0 <= kept.score <= 10):
        raise wrong
    if text and question.kind is not Kind.TEXT and not any(option and option.free_text for option in options):
        raise wrong
    if question.required and kept.is_empty:
        raise wrong
    return kept


def answered(
    content: Content,
    run: Run,
    answers: Mapping[str, Answer],
    contact: GivenContact | None,
    done: bool,
    now: datetime,
) -> Run:
    """Return the run after checked answers came; the same run when they say nothing new.

    While the visitor is at it a later answer replaces an earlier one. Once the run is done only what was not answered
    takes an answer, so that a packet that was late changes nothing. It is done when the visitor said so and nothing on
    the way is left that needs an answer.
    """
    kept = {**answers, **run.answers} if run.done else {**run.answers, **answers}
    given = run.contact
    if contact is not None and (given is None or (not run.done and not _same_contact(given, contact))):
        given = contact
    counted, target = walk(content, kept)
    question = content.question(target)
    lacks = question is not None and question.required
    lacks = lacks or (target == CONTACT and given is None and content.contact is not None and content.contact.required)
    finished = run.done or (done and not lacks and bool(kept or given))
    if kept == run.answers and finished == run.done and given == run.contact:
        return run
    return replace(
        run, answers=kept, counted=counted, contact=given, done=finished, updated_at=max(now, run.updated_at)
    )


def _same_contact(one: GivenContact, other: GivenContact) -> bool:
    return (one.email, one.phone) == (other.email, other.phone)


# -- results ------------------------------------------------------------------------------------------------------


def questions_of(contents: Sequence[Content]) -> list[Question]:
    """Return every question that was ever asked, as the newest version with it has it and with all its options.

    Args:
        contents: the newest version first.
    """
    known: dict[str, Question] = {}
    for content in contents:
        for question in content.questions:
            newer = known.setdefault(question.id, question)
            gone = tuple(option for option in question.options if newer.option(option.id) is None)
            if gone:
                known[question.id] = replace(newer, options=newer.options + gone)
    return list(known.values())


def results(questions: Sequence[Question], counts: Counts) -> list[QuestionResult]:
    """Return each question with its counts."""
    return [_result(question, counts) for question in questions]


def _result(question: Question, counts: Counts) -> QuestionResult:
    scores: tuple[int, ...] = ()
    nps = None
    if question.kind is Kind.NPS:
        scores = tuple(counts.scores.get((question.id, score), 0) for score in range(11))
        if total := sum(scores):
            nps = round(100 * (sum(scores[9:]) - sum(scores[:7])) / total)
    options: list[tuple[Option, int]] = [
        (option, counts.choices.get((question.id, option.id), 0)) for option in question.options
    ]
    return QuestionResult(
        question,
        counts.answered.get(question.id, 0),
        counts.skipped.get(question.id, 0),
        tuple(options),
        counts.texts.get(question.id, 0),
        scores,
        nps,
    )
