from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from server.accounts.socket import register
from server.contracts.registry import load_contracts
from server.principals import Person
from tests.fakes import FakePublisher
from tests.integration.accounts.conftest import PASSWORD, Office

CONTRACTS = load_contracts()


class Registered:
    """A router that keeps what was registered."""

    def __init__(self) -> None:
        self.handlers: dict[str, Callable[[Any, dict[str, Any]], Awaitable[Any]]] = {}
        self.came: list[Callable[[Any], Awaitable[None]]] = []
        self.left: list[Callable[[Any, str], Awaitable[None]]] = []

    def on(self, namespace: str, event: str, handler: Callable[[Any, dict[str, Any]], Awaitable[Any]]) -> None:
        assert namespace == "/console"
        self.handlers[event] = handler

    def on_connect(self, namespace: str, hook: Callable[[Any], Awaitable[None]]) -> None:
        self.came.append(hook)

    def on_disconnect(self, namespace: str, hook: Callable[[Any, str], Awaitable[None]]) -> None:
        self.left.append(hook)


@pytest.fixture
def publisher() -> FakePublisher:
    return FakePublisher()


@pytest.fixture
def router(office: Office, publisher: FakePublisher) -> Registered:
    router = Registered()
    register(router, office.service, office.directory, publisher)
    return router


async def ana(office: Office) -> Person:
    token, _ = await office.service.sign_in("ana@shop.example", PASSWORD, "192.0.2.7")
    person = office.directory.session(token)
    assert person is not None
    return person


async def test_who_goes_away_is_seen_by_colleagues_and_stays_away(
    office: Office, router: Registered, publisher: FakePublisher
) -> None:
    who = await ana(office)
    publisher.online.add(who.person_id)
    reply = await router.handlers["presence:set"](who, {"status": "away"})
    CONTRACTS.validate("PersonReply", reply)
    assert (reply["person"]["status"], reply["person"]["online"]) == ("away", True)
    [told] = publisher.events("presence:updated")
    assert told.to == ("staff", office.account.id) and told.payload == reply
    _, elsewhere = office.another_server()
    await elsewhere.load()
    member = elsewhere.person(office.account.id, who.person_id)
    assert member is not None and member.status == "away"


async def test_everyone_of_the_account_is_listed_with_who_is_here(
    office: Office, router: Registered, publisher: FakePublisher
) -> None:
    publisher.online.add(office.bob.id)
    reply = await router.handlers["people:list"](await ana(office), {})
    CONTRACTS.validate("PeopleList", reply)
    assert [(person["name"], person["online"]) for person in reply["people"]] == [
        ("Admin", False),
        ("Ana", False),
        ("Bob", True),
    ]


async def test_colleagues_see_who_comes_and_goes(office: Office, router: Registered, publisher: FakePublisher) -> None:
    who = await ana(office)
    publisher.online.add(who.person_id)
    await router.came[0](who)
    publisher.online.clear()
    await router.left[0](who, "gone")
    assert [told.payload["person"]["online"] for told in publisher.events("presence:updated")] == [True, False]
