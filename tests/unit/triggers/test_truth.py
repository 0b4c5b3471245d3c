"""The quick way to judge many rules says what the plain one says, reason by reason."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from server.triggers.conditions import compile_condition, page_view
from server.triggers.model import (
    Condition,
    Consultants,
    Event,
    Exit,
    Facts,
    Group,
    Hours,
    Idle,
    Inviter,
    Language,
    Not,
    Pages,
    Referrer,
    Returning,
    Scroll,
    Time,
    Url,
    Utm,
)
from server.triggers.truth import REMEMBERED, Truth, Verdicts
from tests.unit.triggers.builders import facts

WORDS = ["", "a", "ab", "/a", "mail", "1", "true"]
OPS = st.sampled_from(["is", "contains", "starts", "ends"])
SMALL = st.integers(0, 4)
LEAVES: list[st.SearchStrategy[Any]] = [
    st.builds(Time, SMALL),
    st.builds(Scroll, SMALL),
    st.builds(Idle, SMALL),
    st.builds(Pages, SMALL),
    st.builds(Exit, st.sampled_from(["desktop", "touch", "any"])),
    st.builds(Url, OPS, st.sampled_from(WORDS[1:])),
    st.builds(Referrer, OPS, st.sampled_from(WORDS[1:])),
    st.builds(Utm, st.sampled_from(["source", "term"]), OPS, st.sampled_from(WORDS[1:])),
    st.builds(Language, st.sampled_from([("en",), ("ro", "pt-BR")])),
    st.builds(Event, st.just("go"), st.sampled_from([(), (("n", 1),), (("n", True),), (("n", 1.0),)])),
    st.sampled_from([Returning(), Consultants(), Hours()]),
]
TREES: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(LEAVES),
    lambda inner: st.one_of(
        st.builds(Group, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=4).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=12,
)
FACTS = st.builds(
    facts,
    url=st.sampled_from(["https://a.example/a", "https://a.example/ab?a=mail", ""]),
    time_s=SMALL,
    scroll=SMALL,
    idle_s=SMALL,
    pages=SMALL,
    exit=st.sampled_from([None, "desktop", "touch"]),
    returning=st.booleans(),
    locale=st.sampled_from(["", "en-gb", "ro", "pt-br"]),
    referrer=st.sampled_from(WORDS),
    utm=st.sampled_from([{}, {"source": "mail"}, {"source": "a", "term": "ab"}]),
    events=st.sampled_from([{}, {"go": ({},)}, {"go": ({"n": "1"}, {"n": "2"})}, {"go": ({"n": "true"},)}]),
    consultant=st.sampled_from([None, Inviter("c", "Carol")]),
    is_open=st.booleans(),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(TREES, min_size=1, max_size=4), st.lists(FACTS, min_size=1, max_size=4))
def test_both_ways_give_the_same_verdicts(trees: list[Condition], many: list[Facts]) -> None:
    truth = Truth(trees)
    for tree in trees:
        quick, plain = Verdicts("r", tree, truth), compile_condition("r", tree)
        for known in many:
            here, there = quick[truth.of(known) & quick.mask], plain(known)
            assert (here is None) == (there is None)
            if here is not None and there is not None:
                assert (here.code, here.path, here.kind) == (there.code, there.path, there.kind)


def test_what_is_remembered_is_bounded() -> None:
    tree = Group("any", tuple(Url("contains", f"/{number}") for number in range(12)))
    truth = Truth([tree])
    verdicts = Verdicts("r", tree, truth)
    for number in range(5 * REMEMBERED):
        path = "".join(f"/{digit}" for digit in range(12) if number >> digit & 1)
        known = facts(page=page_view(f"https://shop.example{path}?{number}"))
        assert (verdicts[truth.of(known) & verdicts.mask] is None) == bool(path)
        assert len(verdicts) <= REMEMBERED
    assert len(truth._url._known) <= REMEMBERED
