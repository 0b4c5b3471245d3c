"""Rooms, who is in them, and that no name reaches into another tenant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.principals import Person, Role, Visitor
from server.realtime.auth import parse_cookies, person_room, rooms_of, site_room, staff_room, visitor_room
from server.realtime.manager import IndexedManager

ANNA = Visitor("t1", "shop", "anna", "tab", "en", "UTC", "ip", "c1")
CAROL = Person("t1", "carol", "Carol", Role.CONSULTANT, "s1", "en", "ip", "c2")

words = st.text("abc:", min_size=1, max_size=6)
tenants = st.text("abc", min_size=1, max_size=4)


def test_a_visitor_is_in_its_room_and_its_sites_and_a_person_with_the_staff_and_in_its_own() -> None:
    assert rooms_of(ANNA) == ["t:t1:v:anna", "t:t1:s:shop"]
    assert rooms_of(CAROL) == ["t:t1:staff", "t:t1:p:carol"]


@given(tenants, tenants, words, words)
def test_rooms_of_two_tenants_are_never_the_same(one: str, other: str, this: str, that: str) -> None:
    if one != other:
        assert _rooms(one, this).isdisjoint(_rooms(other, that))
    assert len(_rooms(one, this)) == 4


def _rooms(tenant: str, id: str) -> set[str]:
    return {visitor_room(tenant, id), site_room(tenant, id), person_room(tenant, id), staff_room(tenant)}


@pytest.mark.parametrize("tenant", ["", "t1:staff", "a:v:b"])
def test_a_tenant_that_could_be_read_as_another_room_is_our_bug(tenant: str) -> None:
    with pytest.raises(ValueError, match="colon"):
        staff_room(tenant)


def test_leaving_leaves_every_room_and_nothing_behind() -> None:
    manager = IndexedManager()
    manager.admit("s1", "/console", "e1", ["staff", "carol"])
    manager.admit("s2", "/console", "e2", ["staff", "dan"])
    assert manager.members("/console", "staff") == {"s1": "e1", "s2": "e2"}
    assert manager.get_rooms("s1", "/console") == ["staff", "carol"]
    assert manager.sid_from_eio_sid("e1", "/console") == "s1"

    manager.basic_disconnect("s1", "/console")
    manager.basic_disconnect("s1", "/console")
    assert manager.members("/console", "staff") == {"s2": "e2"}
    assert not manager.members("/console", "carol")
    assert not manager.is_connected("s1", "/console")

    manager.basic_disconnect("s2", "/console")
    assert (manager.rooms, manager._rooms_of, manager._sid_of) == ({}, {}, {})


def test_the_stock_calls_agree_with_the_index() -> None:
    manager = IndexedManager()
    manager.admit("s1", "/visitor", "e1", [])
    manager.basic_enter_room("s1", "/visitor", "r")
    manager.basic_enter_room("s1", "/visitor", "r")
    assert list(manager.get_participants("/visitor", ["r", "none"])) == [("s1", "e1")]
    assert list(manager.get_participants("/visitor", None)) == [("s1", "e1")]

    manager.basic_leave_room("s1", "/visitor", "r")
    manager.basic_leave_room("s1", "/visitor", "r")
    assert manager.get_rooms("s1", "/visitor") == []
    assert manager.is_connected("s1", "/visitor")
    with pytest.raises(ValueError, match="not in the namespace"):
        manager.basic_enter_room("s9", "/visitor", "r")


def test_a_cookie_header_of_any_sort_is_read() -> None:
    assert parse_cookies('a=1; session="x=y"; junk; a=2; =z') == {"a": "1", "session": "x=y", "": "z"}
    assert parse_cookies("") == {}
