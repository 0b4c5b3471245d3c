"""Manifest, handlers and policy must be the same set."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from server.contracts.registry import load_contracts
from server.metrics import Metrics
from server.policy import POLICY
from server.realtime import EventRouter, Rates

CONTRACTS = load_contracts()


async def handler(_who: Any, _payload: dict[str, Any]) -> dict[str, Any]:
    return {}


def router(policy: Any = POLICY) -> EventRouter:
    metrics = Metrics(CollectorRegistry())
    return EventRouter(CONTRACTS, policy, metrics, Rates(), fifo=64, check_replies=True)


def fill(into: EventRouter, leave_out: str = "") -> None:
    for namespace, space in CONTRACTS.manifest["namespaces"].items():
        for event in space["asks"]:
            if event != leave_out:
                into.on(namespace, event, handler)


def test_every_event_has_a_handler_and_a_policy() -> None:
    complete = router()
    fill(complete)
    complete.check_complete()


def test_an_event_without_a_handler_stops_the_start() -> None:
    incomplete = router()
    fill(incomplete, leave_out="inbox:list")
    with pytest.raises(ValueError, match="/console inbox:list has no handler"):
        incomplete.check_complete()


def test_an_event_without_a_policy_stops_the_start() -> None:
    incomplete = router({key: roles for key, roles in POLICY.items() if key != "/visitor chat:send"})
    fill(incomplete)
    with pytest.raises(ValueError, match="/visitor chat:send has no policy"):
        incomplete.check_complete()


def test_a_handler_that_is_not_in_the_manifest_stops_the_start() -> None:
    unknown = router()
    fill(unknown)
    unknown.on("/visitor", "chat:delete", handler)
    with pytest.raises(ValueError, match=r"/visitor chat:delete has a handler but is not in events\.json"):
        unknown.check_complete()


def test_two_handlers_for_one_event_are_our_bug() -> None:
    twice = router()
    twice.on("/visitor", "chat:send", handler)
    with pytest.raises(ValueError, match="two handlers"):
        twice.on("/visitor", "chat:send", handler)


def test_a_guard_stands_before_an_event_that_is_there_and_only_one_does() -> None:
    async def check(_who: Any) -> None: ...

    guarded = router()
    guarded.on("/visitor", "chat:send", handler)
    assert guarded.events("/visitor") == ["chat:send"]
    guarded.guard("/visitor", "chat:send", check)
    for event in ("chat:send", "chat:typing"):
        with pytest.raises(ValueError, match="cannot be guarded"):
            guarded.guard("/visitor", event, check)


@pytest.mark.parametrize(
    "event", [event for space in CONTRACTS.manifest["namespaces"].values() for event in space["asks"]]
)
def test_every_event_has_a_rate(event: str) -> None:
    name, limit = Rates().of(event)
    assert name in ("write", "hint", "read", "signal")
    assert limit.burst >= 40
