"""What a block means, whatever way it was typed, and that the ready index judges as a plain reading would."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.blocking.model import Block, Kind, Origin
from server.blocking.rules import REMOVABLE_FOR, BlockIndex, masked, may_remove, normal_value
from server.errors import AppError
from server.principals import Person, Role

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def block(kind: Kind, value: str, **more: object) -> Block:
    usual: dict[str, object] = {"author_id": "anna", "author_name": "Anna", "created_at": NOW, "expires_at": None}
    return Block(f"{kind}:{value}", "t1", kind, value, "", Origin.PERSON, **{**usual, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        (Kind.PHONE, " +373 (69) 123-456 ", "+37369123456"),
        (Kind.PHONE, "00373 69 123 456", "+37369123456"),
        (Kind.PREFIX, "+373 69*", "+37369"),
        (Kind.NETWORK, "203.0.113.7", "203.0.113.7"),
        (Kind.NETWORK, "203.0.113.7/24", "203.0.113.0/24"),
        (Kind.NETWORK, "2001:DB8::1/32", "2001:db8::/32"),
        (Kind.NETWORK, "::ffff:203.0.113.7", "203.0.113.7"),
        (Kind.VISITOR, "01m8hfjkm1s00rgrps1cmj80ne", "01m8hfjkm1s00rgrps1cmj80ne"),
    ],
)
def test_a_target_is_written_in_one_way_whatever_way_it_was_typed(kind: Kind, typed: str, meant: str) -> None:
    assert normal_value(kind, typed) == meant
    assert normal_value(kind, meant) == meant


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (Kind.PHONE, "069 123 456"),
        (Kind.PHONE, "+373"),
        (Kind.PHONE, "+٣٧٣٦٩١٢٣٤٥٦"),
        (Kind.PREFIX, "+37"),
        (Kind.PREFIX, "*"),
        (Kind.NETWORK, "0.0.0.0/0"),
        (Kind.NETWORK, "10.0.0.0/7"),
        (Kind.NETWORK, "::/0"),
        (Kind.NETWORK, "shop.example"),
        (Kind.VISITOR, "a b"),
        (Kind.VISITOR, ""),
    ],
)
def test_what_is_no_target_or_half_the_world_is_refused(kind: Kind, typed: str) -> None:
    with pytest.raises(AppError, match="value_invalid"):
        normal_value(kind, typed)


def test_a_block_holds_until_its_end_and_a_longer_one_behind_it_is_still_found() -> None:
    index = BlockIndex(
        [
            block(Kind.PHONE, "+37369123456", expires_at=NOW + timedelta(days=1)),
            block(Kind.PREFIX, "+37369", expires_at=NOW + timedelta(days=7)),
        ]
    )

    def found(days: float) -> str | None:
        hit = index.phone("+37369123456", NOW + timedelta(days=days))
        return hit.value if hit else None

    assert [found(0), found(1), found(7)] == ["+37369123456", "+37369", None]
    assert index.phone("+37368123456", NOW) is None


def test_a_visitor_is_refused_for_himself_or_for_his_network_however_the_address_is_written() -> None:
    index = BlockIndex(
        [block(Kind.VISITOR, "v1"), block(Kind.NETWORK, "203.0.113.0/24"), block(Kind.NETWORK, "2001:db8::/32")]
    )

    assert index.visitor("v1", "198.51.100.1", NOW)
    assert index.visitor("v2", "203.0.113.9", NOW)
    assert index.visitor("v2", "::ffff:203.0.113.9", NOW)
    assert index.visitor("v2", "2001:db8:5::1", NOW)
    assert index.visitor("v2", "2001:db9::1", NOW) is None
    assert index.visitor("v2", "unknown", NOW) is None


def test_admins_remove_any_block_and_consultants_a_fresh_one_of_their_own() -> None:
    anna = Person("t1", "anna", "Anna", Role.CONSULTANT, "s", "en", "", "c")
    boris = Person("t1", "boris", "Boris", Role.CONSULTANT, "s", "en", "", "c")
    admin = Person("t1", "vera", "Vera", Role.ADMIN, "s", "en", "", "c")
    one = block(Kind.VISITOR, "v1")
    late = NOW + REMOVABLE_FOR + timedelta(seconds=1)

    assert [may_remove(who, one, NOW) for who in (anna, boris, admin)] == [True, False, True]
    assert [may_remove(who, one, late) for who in (anna, boris, admin)] == [False, False, True]


def test_the_audit_trail_keeps_no_whole_number_and_no_address() -> None:
    assert masked(Kind.PHONE, "+37369123456") == "•••56"
    assert "203" not in masked(Kind.NETWORK, "203.0.113.7")


addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6).filter(lambda one: one.ipv4_mapped is None))


def _networks(version: int, widest: int) -> st.SearchStrategy[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    of = st.ip_addresses(v=version)
    bits = st.integers(widest, 32 if version == 4 else 128)
    made = st.builds(lambda ip, length: ipaddress.ip_network((ip, length), strict=False), of, bits)
    return made.filter(lambda network: _meant(network.network_address).version == network.version)


def _meant(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An IPv4 address is one, also where it is written as IPv6; a test of its own is about blocking such ones."""
    return (ip.ipv4_mapped if ip.version == 6 else None) or ip


networks = st.one_of(_networks(4, 8), _networks(6, 16))


@given(st.lists(networks, max_size=8), st.data())
def test_the_index_finds_an_address_exactly_where_one_of_the_networks_holds_it(
    blocked: list[ipaddress.IPv4Network | ipaddress.IPv6Network], data: st.DataObject
) -> None:
    inside = [network[data.draw(st.integers(0, network.num_addresses - 1))] for network in blocked]
    asked = data.draw(st.one_of(addresses, st.sampled_from(inside)) if inside else addresses)
    index = BlockIndex(block(Kind.NETWORK, normal_value(Kind.NETWORK, str(network))) for network in blocked)

    assert (index.visitor("v", str(asked), NOW) is not None) == any(_meant(asked) in network for network in blocked)


@given(st.lists(st.from_regex(r"\+[1-9][0-9]{2,6}", fullmatch=True), max_size=6), st.data())
def test_the_index_finds_a_number_exactly_where_it_begins_with_one_of_the_prefixes(
    prefixes: list[str], data: st.DataObject
) -> None:
    start = data.draw(st.sampled_from(prefixes) if prefixes else st.just("+1"))
    number = (start + data.draw(st.from_regex(r"[0-9]{0,9}", fullmatch=True)))[:15]
    index = BlockIndex(block(Kind.PREFIX, prefix) for prefix in prefixes)

    assert (index.phone(number, NOW) is not None) == any(number.startswith(prefix) for prefix in prefixes)
