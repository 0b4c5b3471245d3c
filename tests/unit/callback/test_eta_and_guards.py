"""A promise is made only of measured calls; limits and money are counted to the unit."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from server.callback.eta import calibrate, estimate, quantile
from server.callback.guards import (
    MICROS,
    Budget,
    RateCard,
    Window,
    budget_of,
    mask,
    network_key,
    phone_key,
    retry_after_s,
)
from server.callback.model import CallingSettings, Money

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_nothing_is_said_below_thirty_measured_calls() -> None:
    assert estimate([20.0] * 29) is None
    assert estimate([20.0] * 30) is not None


def test_the_promise_holds_for_four_of_five_and_has_an_honest_range() -> None:
    found = estimate([float(n) for n in range(1, 101)])
    assert found is not None
    assert (found.eta_s, found.low_s, found.high_s) == (80, 50, 90)


def test_while_waiting_the_figure_comes_from_those_who_waited_longer_and_is_never_negative() -> None:
    samples = [float(n) for n in range(1, 101)]
    found = estimate(samples, elapsed_s=50)
    assert found is not None and (found.low_s, found.eta_s) == (25, 40)
    assert estimate(samples, elapsed_s=95) is None
    assert estimate(samples, elapsed_s=500) is None


def test_quantiles_are_measured_values() -> None:
    assert quantile([5.0, 1.0, 3.0], 0.5) == 3.0
    assert quantile([7.0], 0.8) == 7.0


@pytest.mark.parametrize("shape", ["steady", "long tail", "two kinds"])
def test_after_two_hundred_calls_about_four_of_five_promises_were_kept(shape: str) -> None:
    chance = random.Random(5)

    def call() -> float:
        if shape == "steady":
            return chance.gauss(25, 4)
        if shape == "long tail":
            return chance.expovariate(1 / 20) + 8
        return chance.gauss(15, 2) if chance.random() < 0.6 else chance.gauss(60, 10)

    samples, q, kept = [call() for _ in range(30)], 0.8, []
    for _ in range(400):
        told, took = estimate(samples[-200:], 0.0, q), call()
        assert told is not None
        kept.append(took <= told.eta_s)
        q = calibrate(q, kept[-1])
        samples.append(took)
    assert 0.75 <= sum(kept[200:]) / 200 <= 0.86


def test_a_sliding_window_says_when_it_has_room_again() -> None:
    taken = [NOW - timedelta(seconds=s) for s in (3000, 100)]
    assert retry_after_s(taken, (Window(3600, 3),), NOW) == 0
    assert retry_after_s(taken, (Window(3600, 2),), NOW) == 601
    assert retry_after_s(taken, (Window(3600, 2), Window(86_400, 2)), NOW) == 83_401


@pytest.mark.parametrize(
    ("ip", "key"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", None),
        ("127.8.9.1", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("unknown", None),
    ],
)
def test_a_network_shares_a_limit_and_loopback_says_nothing(ip: str, key: str | None) -> None:
    assert network_key(ip) == key


def test_a_numbers_key_tells_nothing_and_depends_on_our_secret() -> None:
    key = phone_key("secret", "+37369123456")
    assert "69123456" not in key and key != phone_key("another", "+37369123456")
    assert mask("+37369123456") == "•••56"


def test_calls_are_priced_by_started_minutes() -> None:
    card = RateCard()
    assert card.micros("+12015550100", 0, "USD") == 0
    assert card.micros("+12015550100", 1, "USD") == 14_000
    assert card.micros("+37369123456", 61, "USD") == 70_000
    assert card.micros("client:anna", 30, "USD") == 4_000
    assert card.micros("+37369123456", 60, "MDL") == 700_000
    assert not card.knows("XXX")


def test_caps_become_one_budget() -> None:
    settings = CallingSettings(daily_cap=Money(500, "EUR"), monthly_cap=None)
    assert budget_of(settings) == Budget("EUR", 500 * MICROS, None)
    assert not budget_of(CallingSettings()).is_capped
