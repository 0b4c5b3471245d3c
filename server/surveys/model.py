"""Surveys, their versions, and the runs in which visitors answer them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

CONTACT = "contact"
END = "end"

Text = Mapping[str, str]
"""The same words by language."""


class Kind(StrEnum):
    """How a question is answered: one option, several, in words, or by a score of 0 to 10."""

    ONE = "one"
    MANY = "many"
    TEXT = "text"
    NPS = "nps"


class Status(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


class Action(StrEnum):
    """What made a version."""

    CREATED = "created"
    SAVED = "saved"
    PUBLISHED = "published"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Option:
    id: str
    text: Text
    free_text: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """Where an answer leads: an option's, or scores from `from_score` to `to_score`, both included."""

    next: str
    option_id: str | None = None
    from_score: int | None = None
    to_score: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """`next` is where answers without a branch lead; None is the question below, then the contact step or the end."""

    id: str
    kind: Kind
    text: Text
    required: bool = False
    options: tuple[Option, ...] = ()
    branches: tuple[Branch, ...] = ()
    next: str | None = None

    def option(self, option_id: str) -> Option | None:
        return next((option for option in self.options if option.id == option_id), None)


@dataclass(frozen=True, slots=True)
class Contact:
    """The last step. `ask`: email, phone or either."""

    ask: str
    text: Text
    consent_text: Text
    required: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What a survey asks. Every text is there in every one of `locales`."""

    locales: tuple[str, ...]
    questions: tuple[Question, ...]
    contact: Contact | None
    thanks: Text

    def question(self, question_id: str) -> Question | None:
        return next((question for question in self.questions if question.id == question_id), None)


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a survey from being published; `path` as in questions/2/options/0/text/ru."""

    path: str
    problem: str


@dataclass(frozen=True, slots=True)
class Editor:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Survey:
    """`content` is the draft; visitors see the content of `published_version`. `version` grows with every change."""

    id: str
    tenant_id: str
    site_id: str
    name: str
    status: Status
    version: int
    content: Content
    published_version: int | None
    created_at: datetime
    updated_at: datetime
    updated_by: Editor


@dataclass(frozen=True, slots=True)
class Version:
    """What a survey was after one change, and who made it. Written once, never changed."""

    survey_id: str
    site_id: str
    version: int
    action: Action
    by: Editor
    at: datetime
    name: str
    content: Content
    status: Status
    published_version: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to one question; nothing in it says that the question was left out."""

    choices: tuple[str, ...] = ()
    text: str | None = None
    score: int | None = None

    @property
    def is_empty(self) -> bool:
        return not self.choices and not self.text and self.score is None


@dataclass(frozen=True, slots=True)
class GivenContact:
    """An e-mail or an E.164 phone, with the time at which the box was ticked."""

    email: str | None
    phone: str | None
    consented_at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """What one visitor answered in one showing. `counted` are the answered questions on the way that was taken."""

    id: str
    tenant_id: str
    survey_id: str
    site_id: str
    visitor_id: str
    run_id: str
    version: int
    locale: str
    page_url: str | None
    started_at: datetime
    updated_at: datetime
    answers: Mapping[str, Answer] = field(default_factory=dict)
    counted: tuple[str, ...] = ()
    contact: GivenContact | None = None
    done: bool = False
    rev: int = 0


@dataclass(frozen=True, slots=True)
class FreeText:
    """Something that was written in a run. `place` is where to go on from."""

    run_id: str
    visitor_id: str
    question_id: str
    text: str
    locale: str
    at: datetime
    place: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Runs of one local day in one language."""

    day: str
    locale: str
    runs: int
    done: int
    contacts: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What the database counted.

    Attributes:
        answered, skipped, texts: by question.
        choices: by question and option.
        scores: by question and score.
    """

    tallies: tuple[Tally, ...] = ()
    answered: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    texts: Mapping[str, int] = field(default_factory=dict)
    choices: Mapping[tuple[str, str], int] = field(default_factory=dict)
    scores: Mapping[tuple[str, int], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """A question of any version with its counts; `options` are pairs of option and count."""

    question: Question
    answered: int
    skipped: int
    options: tuple[tuple[Option, int], ...]
    texts: int
    scores: tuple[int, ...]
    nps: int | None
