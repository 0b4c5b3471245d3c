"""Token buckets and the client's address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.limits import FULL, Limit, client_ip, network_of, parse_networks, take

TWO_A_SECOND = Limit(per_s=2, burst=3)
PROXIES = parse_networks(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"])


def test_a_burst_passes_and_the_next_one_is_told_how_long_to_wait() -> None:
    bucket = FULL
    for _ in range(3):
        bucket, wait_s = take(bucket, TWO_A_SECOND, 100.0)
        assert wait_s == 0.0

    same, wait_s = take(bucket, TWO_A_SECOND, 100.0)

    assert wait_s == pytest.approx(0.5)
    assert same == bucket


def test_who_waits_as_told_passes() -> None:
    bucket = FULL
    for _ in range(3):
        bucket, _ = take(bucket, TWO_A_SECOND, 100.0)
    _, wait_s = take(bucket, TWO_A_SECOND, 100.0)

    _, wait_s = take(bucket, TWO_A_SECOND, 100.0 + wait_s)

    assert wait_s == 0.0


def test_a_clock_that_runs_backwards_makes_nobody_wait_for_less_than_nothing() -> None:
    bucket, _ = take(FULL, TWO_A_SECOND, 100.0)

    _, wait_s = take(bucket, TWO_A_SECOND, 50.0)

    assert wait_s >= 0.0


@given(
    st.floats(0.01, 1000),
    st.integers(1, 100),
    st.lists(st.floats(0, 10), min_size=1, max_size=300),
)
def test_nobody_gets_more_than_the_burst_and_the_rate(per_s: float, burst: int, pauses_s: list[float]) -> None:
    limit = Limit(per_s, burst)
    bucket, now_s, taken = FULL, 0.0, 0
    for pause_s in pauses_s:
        now_s += pause_s
        bucket, wait_s = take(bucket, limit, now_s)
        assert wait_s >= 0.0
        taken += wait_s == 0.0
        assert taken <= burst + now_s * per_s + 1e-6


@pytest.mark.parametrize(("per_s", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_limit_without_a_rate_or_a_burst_is_our_bug(per_s: float, burst: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Limit(per_s, burst)


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),  # a stranger's header is not believed
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),  # what the visitor wrote itself stands left of the truth
        ("10.0.0.1", "203.0.113.9, 10.9.9.9,192.0.2.1", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, garbage", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.2"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db9::5]:4711", "2001:db9::5"),
        ("2001:db8::1", "2001:db9::5", "2001:db9::5"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:198.51.100.7", "", "198.51.100.7"),
        ("", "203.0.113.9", "unknown"),
        (None, "203.0.113.9", "unknown"),
    ],
)
def test_the_client_is_who_a_trusted_proxy_saw(peer: str | None, forwarded_for: str, client: str) -> None:
    assert client_ip(peer, forwarded_for, PROXIES) == client


@given(st.text())
def test_any_header_gives_an_address(forwarded_for: str) -> None:
    assert client_ip("10.0.0.1", forwarded_for, PROXIES)


def test_a_household_is_one_network() -> None:
    assert network_of("203.0.113.9") == "203.0.113.9"
    assert network_of("2001:db9:1:2:3:4:5:6") == network_of("2001:db9:1:2::9") == "2001:db9:1:2::/64"
    assert network_of("unknown") == "unknown"
    assert network_of("127.0.0.1") is network_of("::1") is network_of("::ffff:127.0.0.1") is None


def test_a_proxy_that_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="not appear to be"):
        parse_networks(["localhost"])
