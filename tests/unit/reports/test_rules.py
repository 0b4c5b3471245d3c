"""How stored events become the lines of a report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.periods import Period
from server.reports import rules
from server.reports.model import Call, Chat, Events, Happened, Landed, Party, Source, Visits

NEWS, DIRECT = Source("news", "mail", "may"), Source()
PERIOD = Period(datetime(2026, 3, 27, 22, tzinfo=UTC), datetime(2026, 3, 30, 21, tzinfo=UTC), "Europe/Chisinau")


def at(day: int, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC)


def call(state: str = "completed", *, talked: bool = True, over: bool = True, parties: tuple[Party, ...] = ()) -> Call:
    return Call("anna", at(28), at(28), state, talked, over, parties)


def test_nothing_is_a_report_of_zeros_for_every_day() -> None:
    report = rules.summarise(PERIOD, Events())

    assert [day for day, _ in report.by_day] == ["2026-03-28", "2026-03-29", "2026-03-30"]
    assert report.totals.visits == 0
    assert (report.totals.first_response_median_ms, report.totals.connect_p90_ms) == (None, None)


def test_an_event_counts_on_its_local_day_also_when_clocks_change() -> None:
    late = datetime(2026, 3, 28, 21, 59, tzinfo=UTC)  # 23:59 there
    next_day = datetime(2026, 3, 29, 20, 59, tzinfo=UTC)  # 23:59 in summer time
    report = rules.summarise(
        PERIOD, Events(happened=tuple(Happened("anna", one, ("survey_answers",)) for one in (late, next_day)))
    )

    assert [numbers.survey_answers for _, numbers in report.by_day] == [1, 1, 0]


def test_what_somebody_does_counts_for_the_visit_in_which_it_happened() -> None:
    landed = (Landed("anna", at(28, 10), "/lamps", NEWS), Landed("anna", at(29, 10), "/cart", DIRECT))
    visits = Visits({"2026-03-28": 1, "2026-03-29": 1}, {"/lamps": 1, "/cart": 1}, {NEWS: 1, DIRECT: 1})
    chats = (Chat("anna", at(28, 11), at(28, 11, 1)), Chat("anna", at(29, 11), None), Chat("nobody", at(29), None))
    report = rules.summarise(PERIOD, Events(visits, landed, chats))

    pages = dict(report.by_page)
    assert (pages["/lamps"].chats, pages["/lamps"].first_response_median_ms) == (1, 60_000)
    assert (pages["/cart"].chats, pages["/cart"].chats_answered) == (1, 0)
    assert dict(report.by_source)[NEWS].chats == 1
    assert (report.totals.visits, report.totals.chats, report.totals.chats_answered) == (2, 3, 1)


def test_a_call_is_connected_when_both_talked_and_missed_when_it_ended_without() -> None:
    calls = (
        call(),
        call("completed", talked=False),
        call("no_agent", talked=False),
        call("canceled", talked=False),
        call("offering", talked=False, over=False),
    )
    totals = rules.summarise(PERIOD, Events(calls=calls)).totals

    assert (totals.callbacks_requested, totals.callbacks_connected, totals.callbacks_missed) == (5, 1, 2)


def test_the_time_to_connect_lasts_until_the_second_of_the_two_is_there() -> None:
    consultant_first = (
        Party("consultant", at(28, 12, 0, 10), at(28, 12, 0, 12)),
        Party("visitor", at(28, 12, 0, 30), None),
    )
    visitor_first = (
        Party("visitor", at(28, 12, 0, 9), None),
        Party("consultant", at(28, 12, 0, 20), at(28, 12, 0, 25)),
    )
    nobody_took_it = (Party("consultant", None, None), *consultant_first)

    assert rules.connected_ms(call(parties=consultant_first)) == 30_000
    assert rules.connected_ms(call(parties=visitor_first)) == 25_000
    assert rules.connected_ms(call(parties=nobody_took_it)) == 30_000
    assert rules.connected_ms(call(parties=())) is None


def test_the_middle_and_the_ninth_tenth_are_measured_values() -> None:
    assert rules.median_of([5, 1, 3]) == 3
    assert rules.quantile(list(range(1, 11)), 0.9) == 9
    assert rules.quantile([7], 0.9) == 7
    assert (rules.median_of([]), rules.quantile([], 0.9)) == (None, None)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["anna", "boris"]), st.integers(0, 70 * 3600), st.sampled_from(["chats", "calls", "shown"])
        ),
        max_size=60,
    ),
    st.lists(
        st.tuples(st.sampled_from(["anna", "boris"]), st.integers(-3600, 70 * 3600), st.sampled_from("ab")), max_size=10
    ),
)
def test_the_days_add_up_to_the_totals_and_no_page_has_more(
    told: list[tuple[str, int, str]], visits: list[tuple[str, int, str]]
) -> None:
    def when(seconds: int) -> datetime:
        return PERIOD.start + timedelta(seconds=seconds)

    events = Events(
        landed=tuple(Landed(who, when(s), page, Source(page)) for who, s, page in visits),
        chats=tuple(Chat(who, when(s), None) for who, s, kind in told if kind == "chats"),
        calls=tuple(Call(who, when(s), when(s), "failed", False, True) for who, s, kind in told if kind == "calls"),
        happened=tuple(Happened(who, when(s), ("invitations_shown",)) for who, s, kind in told if kind == "shown"),
    )
    report = rules.summarise(PERIOD, events)

    for name in ("chats", "callbacks_missed", "invitations_shown"):
        total = getattr(report.totals, name)
        assert sum(getattr(numbers, name) for _, numbers in report.by_day) == total
        assert sum(getattr(numbers, name) for _, numbers in report.by_page) <= total
        assert sum(getattr(numbers, name) for _, numbers in report.by_source) <= total
    assert report.totals.chats == sum(kind == "chats" for _, _, kind in told)
