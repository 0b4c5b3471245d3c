"""Chaos on request: what is asked for, and whom it hits."""

from __future__ import annotations

import random

import pytest

from server.carrier.chaos import Chaos, ChaosError, parse_chaos


def chaos(body: dict[str, object]) -> Chaos:
    rules, seed = parse_chaos(body)
    return Chaos(rules, random.Random(seed))


def test_nothing_goes_wrong_when_nothing_is_asked_for() -> None:
    assert parse_chaos({}) == ([], None)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("duplicate", "duplicate"),
        ("wrong signature", "wrongSignature"),
        ("wrong_signature", "wrongSignature"),
        ("close connection after accept", "closeAfterAccept"),
        ("500AfterAccept", "errorAfterAccept"),
        ("429 burst", "tooManyRequests"),
        ("slow answers", "slow"),
    ],
)
def test_each_kind_is_known_under_the_words_people_use(word: str, kind: str) -> None:
    assert [rule.kind for rule in parse_chaos({word: True})[0]] == [kind]


def test_lost_callbacks_are_all_callbacks_but_no_request_for_instructions() -> None:
    dropped = chaos({"drop": True})

    assert "drop" in dropped.for_webhook("status", "ringing", "+15551230001")
    assert "drop" in dropped.for_webhook("conference", "participant-join", "")
    assert dropped.for_webhook("twiml", "url", "+15551230001") == {}


def test_a_count_is_used_up_and_a_number_or_event_narrows_the_scope() -> None:
    narrow = chaos({"drop": {"events": ["status:ring*"], "number": "+15551230001", "count": 1}})

    assert narrow.for_webhook("status", "ringing", "+15551230002") == {}
    assert narrow.for_webhook("status", "answered", "+15551230001") == {}
    assert "drop" in narrow.for_webhook("status", "ringing", "+15551230001")
    assert narrow.for_webhook("status", "ringing", "+15551230001") == {}


def test_a_scope_beside_the_kinds_holds_for_all_of_them() -> None:
    rules, seed = parse_chaos({"events": ["conference"], "seed": 4, "drop": True, "delay": {"min": 1, "max": 3}})

    assert [rule.events for rule in rules] == [("conference",), ("conference",)]
    assert (rules[1].least_s, rules[1].seconds, seed) == (1.0, 3.0, 4)


def test_the_same_seed_hits_the_same_places() -> None:
    def run() -> list[bool]:
        half = chaos({"seed": 11, "drop": 0.5})
        return [bool(half.for_webhook("status", "ringing", "")) for _ in range(40)]

    assert run() == run()
    assert {True, False} == set(run())


def test_an_accepted_request_loses_its_answer_only_where_something_is_made() -> None:
    lost = chaos({"errorAfterAccept": True})

    assert lost.for_request("GET", "Calls") == {}
    assert lost.for_request("POST", "Conferences") == {}
    assert "errorAfterAccept" in lost.for_request("POST", "Calls")


@pytest.mark.parametrize(
    "body",
    [
        {"meteor": True},
        {"drop": {"colour": "red"}},
        {"drop": -1},
        {"seed": "x", "drop": True},
        {"rules": [{"count": 1}]},
        {"drop": {"events": 3}},
        {"drop": {"count": "many"}},
    ],
)
def test_chaos_that_cannot_be_understood_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ChaosError):
        parse_chaos(body)
