"""Decisions about texts, numbers, holes and receipts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.chat import rules
from server.chat.model import (
    SYSTEM,
    Author,
    AuthorKind,
    Change,
    Conversation,
    Draft,
    Kind,
    Message,
    Receipts,
    Status,
    TimelineEvent,
)
from server.errors import AppError

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
VISITOR = Author(AuthorKind.VISITOR)
CAROL = Author(AuthorKind.CONSULTANT, "carol", "Carol")


def conversation(seq: int, quiet_s: float = 0, changes: tuple[Change, ...] = ()) -> Conversation:
    return Conversation(
        id="c1",
        tenant_id="t1",
        site_id="shop",
        visitor_id="anna",
        status=Status.WAITING,
        created_at=NOW,
        updated_at=NOW - timedelta(seconds=quiet_s),
        seq=seq,
        changes=changes,
    )


def draft(text: str = "Hello", author: Author = VISITOR, kind: Kind = Kind.TEXT, name: str = "client-1") -> Draft:
    return Draft("c1", "v", name, kind, author, text)


def stored(seq: int, age_s: float = 0) -> Message:
    return rules.message_of(draft(name=f"client-{seq}"), seq, NOW - timedelta(seconds=age_s), seq)


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("  Hello \n", "Hello"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\tb", "a\tb"),
        ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("x" * 4000 + "\n\n", "x" * 4000),
        ("👩\u200d👧", "👩\u200d👧"),
    ],
)
def test_a_text_is_kept_without_what_nobody_can_see(given_text: str, kept: str) -> None:
    assert rules.clean_text(given_text) == kept


@pytest.mark.parametrize("text", ["", " ", "\n\t\r", "\x00", "\u200b", "\ufeff \u2060", "\u3000"])
def test_nothing_but_spaces_is_no_message(text: str) -> None:
    with pytest.raises(AppError, match="message_empty"):
        rules.clean_text(text)


def test_a_text_of_more_than_4000_characters_is_too_long_and_the_error_says_how_long_it_may_be() -> None:
    with pytest.raises(AppError) as refused:
        rules.clean_text("x" * 4001)

    assert (refused.value.code, refused.value.details) == ("message_too_long", {"max": 4000})


@given(st.text(max_size=4100))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    try:
        once = rules.clean_text(text)
    except AppError:
        return

    assert rules.clean_text(once) == once
    assert 1 <= len(once) <= 4000


@given(st.text(max_size=2000))
def test_an_excerpt_is_one_short_line(text: str) -> None:
    line = rules.excerpt(text)

    assert len(line) <= 200 and "\n" not in line


def test_a_visitor_waits_from_the_first_text_after_the_last_answer() -> None:
    question, answer = draft(), draft("Yes", CAROL)

    assert (rules.effect_of([question]).waits, rules.effect_of([question]).answered) == (True, False)
    assert (rules.effect_of([question, answer]).waits, rules.effect_of([question, answer]).answered) == (False, True)
    assert (rules.effect_of([answer, question]).waits, rules.effect_of([answer, question]).answered) == (True, True)


def test_notes_and_events_change_neither_the_last_text_nor_who_waits() -> None:
    effect = rules.effect_of([draft("VIP", CAROL, Kind.NOTE), draft("", SYSTEM, Kind.EVENT)])

    assert (effect.count, effect.last_text, effect.last_author, effect.answered, effect.waits) == (
        2,
        None,
        None,
        False,
        False,
    )


def test_drafts_are_numbered_in_their_order_and_the_visitors_texts_counted() -> None:
    drafts = [draft(), draft("Hi", CAROL), draft("And?")]

    messages = rules.numbered(drafts, 7, 3, NOW)

    assert [(m.seq, m.visitor_text_no) for m in messages] == [(7, 3), (8, None), (9, 4)]
    assert [m.id for m in messages] == ["c1.7", "c1.8", "c1.9"]


def test_a_page_without_a_hole_is_whole() -> None:
    reading = rules.read_page(2, [stored(3), stored(4)], conversation(4), NOW)

    assert ([m.seq for m in reading.whole], reading.to_close, reading.last_seq) == ([3, 4], (), 4)


def test_a_young_hole_ends_the_page_and_says_that_there_is_more() -> None:
    reading = rules.read_page(0, [stored(1), stored(3, age_s=9.9)], conversation(3), NOW)

    assert ([m.seq for m in reading.whole], reading.to_close, reading.last_seq) == ([1], (), 3)


def test_a_hole_is_closed_when_its_right_neighbour_is_old_enough() -> None:
    reading = rules.read_page(0, [stored(1), stored(4, age_s=10)], conversation(4), NOW)

    assert reading.to_close == (2, 3)
    assert [m.seq for m in reading.whole] == [1]


def test_numbers_behind_the_last_entry_are_closed_when_the_conversation_is_quiet() -> None:
    assert rules.read_page(0, [stored(1)], conversation(3, quiet_s=9), NOW).to_close == ()
    assert rules.read_page(0, [stored(1)], conversation(3, quiet_s=10), NOW).to_close == (2, 3)
    assert rules.read_page(0, [], conversation(1, quiet_s=10), NOW).to_close == (1,)


def test_a_reader_who_is_ahead_of_the_truth_is_told_where_the_end_is() -> None:
    reading = rules.read_page(99, [], conversation(4), NOW)

    assert (reading.whole, reading.to_close, reading.last_seq) == ((), (), 4)


@given(st.sets(st.integers(1, 60)), st.integers(0, 60), st.booleans())
def test_whatever_is_stored_a_page_never_jumps_over_a_number(present: set[int], after: int, old: bool) -> None:
    messages = [stored(seq, age_s=20 if old else 0) for seq in sorted(present) if seq > after]

    reading = rules.read_page(after, messages, conversation(60, quiet_s=20 if old else 0), NOW)

    seqs = [m.seq for m in reading.whole]
    assert seqs == list(range(after + 1, after + 1 + len(seqs)))
    assert not set(reading.to_close) & present
    assert old or not reading.to_close
    if old:
        assert set(seqs) | set(reading.to_close) or after >= 60


def test_a_number_that_a_change_of_state_took_is_filled_with_the_change() -> None:
    change = Change(2, "change-1", TimelineEvent("conversation_assigned", {"name": "Carol"}), NOW)
    found = conversation(3, changes=(change,))

    assert rules.filling(found, 2, NOW).event == change.event
    assert rules.filling(found, 2, NOW).key == rules.change_draft("c1", change).key
    assert rules.filling(found, 3, NOW).kind is Kind.TOMBSTONE


def test_the_visitor_sees_a_note_as_a_number_only() -> None:
    note = rules.message_of(draft("VIP", CAROL, Kind.NOTE), 5, NOW)

    seen = rules.for_visitor(note)

    assert (seen.seq, seen.kind, seen.text, seen.author) == (5, Kind.TOMBSTONE, "", SYSTEM)
    assert "VIP" not in repr(seen) and "Carol" not in repr(seen)
    assert rules.for_visitor(stored(1)) == stored(1)


@given(
    st.lists(st.tuples(st.sampled_from([AuthorKind.VISITOR, AuthorKind.CONSULTANT]), st.integers(0, 99), st.booleans()))
)
def test_receipts_only_ever_grow_and_what_is_read_was_delivered(steps: list[tuple[AuthorKind, int, bool]]) -> None:
    receipts = Receipts()
    for by, seq, read in steps:
        after = rules.moved(receipts, by, seq, read)
        assert after.visitor_delivered >= receipts.visitor_delivered
        assert after.visitor_read >= receipts.visitor_read
        assert after.consultant_delivered >= receipts.consultant_delivered
        assert after.consultant_read >= receipts.consultant_read
        assert after.visitor_read <= after.visitor_delivered
        assert after.consultant_read <= after.consultant_delivered
        receipts = after


def test_a_resend_has_the_same_text_under_the_same_id() -> None:
    first = stored(1)

    assert rules.is_resend(first, draft(name="client-1"))
    assert not rules.is_resend(first, draft("Something else", name="client-1"))
    assert not rules.is_resend(first, draft(kind=Kind.NOTE, name="client-1"))


def test_entries_of_other_features_carry_known_values_only() -> None:
    assert rules.event_data({"name": "C" * 200, "duration_s": 3}) == {"name": "C" * 120, "duration_s": 3}
    for wrong in ({"phone": "+37360000000"}, {"at_ms": 1.5}, {"duration_s": True}):
        with pytest.raises(ValueError, match="no such event data"):
            rules.event_data(wrong)


def test_any_event_key_becomes_an_id_that_fits_the_contract() -> None:
    assert rules.event_id("cb1:ringing.2") == "cb1:ringing.2"
    assert len(rules.event_id("a key with spaces")) == 64
    assert rules.event_id("x" * 65) != rules.event_id("x" * 66)
