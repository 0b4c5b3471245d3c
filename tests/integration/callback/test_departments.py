"""What a call is about decides whose phone rings first, and the whisper says it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.callback.node import A1, A2, A3, VISITOR
from tests.integration.callback.world import Stage

BUSY = {"busy": True}
NAMES = {"en": "Delivery", "ru": "Доставка"}


def group(*members: str, fall_through: bool = True) -> list[Any]:
    return ["Delivery", NAMES, list(members), fall_through]


@pytest.fixture(autouse=True)
def once(stage: Stage) -> None:
    stage.config.departments.clear()


async def test_its_people_are_rung_first_in_their_order_and_then_everyone_else(stage: Stage) -> None:
    stage.config.departments["delivery"] = group("p3", "p2")
    for phone in (A2, A3):
        await stage.script(phone, BUSY)
    await stage.consultant_accepts(A1)
    await stage.visitor_talks()
    cb = await stage.over(await stage.ask(department_id="delivery"))
    assert cb.outcome == "talked" and cb.department_id == "delivery"
    assert stage.posts() == [A2, A3, A1, VISITOR]


async def test_nobody_else_is_rung_where_the_department_keeps_to_itself(stage: Stage) -> None:
    await stage.calling(retry_delays_s=())
    stage.config.departments["delivery"] = group("p2", fall_through=False)
    await stage.script(A2, BUSY)
    cb = await stage.over(await stage.ask(department_id="delivery"))
    assert cb.state == "no_agent"
    assert stage.posts() == [A2]


async def test_all_at_once_means_its_people_at_once_and_only_then_the_others(stage: Stage) -> None:
    await stage.calling(offer="simultaneous")
    stage.config.departments["delivery"] = group("p2", "p3")
    for phone in (A2, A3):
        await stage.script(phone, BUSY)
    await stage.consultant_accepts(A1)
    await stage.visitor_talks()
    cb = await stage.over(await stage.ask(department_id="delivery"))
    assert cb.outcome == "talked"
    assert sorted(stage.posts()[:2]) == [A2, A3] and stage.posts()[2:] == [A1, VISITOR]


async def test_the_whisper_names_the_topic_in_the_language_of_who_is_rung(stage: Stage) -> None:
    stage.config.departments["delivery"] = group("p2", "p3")
    await stage.script(A2, {"wait": 1}, {"answer": True}, {"wait": 1}, {"press": "2"})  # Boris speaks Russian
    await stage.consultant_accepts(A3)  # Clara speaks Romanian, which has no name of its own
    await stage.visitor_talks()
    cb = await stage.over(await stage.ask(department_id="delivery"))
    assert cb.topic == "Delivery"
    said = [reply["body"] for reply in stage.journal("reply") if "<Gather" in reply.get("body", "")]
    assert "Доставка" in said[0] and "Delivery" in said[1]


async def test_a_department_that_is_gone_is_no_reason_to_lose_a_call(stage: Stage) -> None:
    await stage.consultant_accepts(A1)
    await stage.visitor_talks()
    cb = await stage.over(await stage.ask(department_id="gone"))
    assert (cb.outcome, cb.department_id, cb.topic) == ("talked", None, None)

    stage.config.departments["delivery"] = group("p2", fall_through=False)
    await stage.calling(retry_delays_s=())
    later = await stage.ask(department_id="delivery", topic="A broken lamp")
    stage.config.departments.clear()
    cb = await stage.over(later)
    assert cb.topic == "A broken lamp" and cb.state in ("completed", "no_agent")
