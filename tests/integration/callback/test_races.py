"""Two things at the same moment: one wins, nobody's phone rings after a cancel, nothing happens twice."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest
from aiohttp.test_utils import unused_port

from server.callback.model import TERMINAL
from server.callback.service import Request
from server.errors import AppError
from tests.integration.callback.node import A1, A2, VISITOR, start_node, visitor
from tests.integration.callback.world import Stage

NEVER = {"wait": 600}


async def test_a_cancel_while_the_consultants_phone_rings_stops_it(stage: Stage) -> None:
    """S24."""
    await stage.script(A1, NEVER)
    asked = await stage.ask()
    await stage.until(asked, "offering")
    while stage.status_of(A1) != ["ringing"]:
        await asyncio.sleep(0.01)

    canceled = await stage.node.callbacks.service.cancel(visitor(), asked.id)
    assert canceled.state == "canceled"
    cb = await stage.over(asked)

    assert (cb.state, cb.outcome) == ("canceled", "canceled")
    assert stage.posts() == [A1]
    assert stage.status_of(A1) == ["canceled"] or stage.status_of(A1) == ["completed"]


@pytest.mark.parametrize("seed", range(6))
async def test_a_cancel_at_the_instant_of_the_accepting_key_always_cancels(stage: Stage, seed: int) -> None:
    """S25."""
    chance = random.Random(seed)
    await stage.script(A1, {"wait": 1}, {"answer": True}, {"wait": 600})
    await stage.script(VISITOR, NEVER)
    asked = await stage.ask()
    while stage.status_of(A1) != ["in-progress"] or "Press 1" not in stage.heard(A1):
        await asyncio.sleep(0.005)

    async def press() -> None:
        await asyncio.sleep(chance.uniform(0, 0.02))
        await stage.post(f"/handsets/{A1}/act", {"press": "1"})

    async def cancel() -> None:
        await asyncio.sleep(chance.uniform(0, 0.06))
        await stage.node.callbacks.service.cancel(visitor(), asked.id)

    await asyncio.gather(press(), cancel())
    cb = await stage.over(asked)

    assert cb.state == "canceled"
    assert stage.posts() in ([A1], [A1, VISITOR])
    assert all(status not in ("in-progress", "ringing") for status in stage.status_of(VISITOR))
    assert [u["state"] for u in stage.node.world.updates if u["state"] in TERMINAL][:1] == ["canceled"]


async def test_a_double_click_and_two_tabs_make_one_callback(stage: Stage) -> None:
    """S29."""
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(10)

    same = [stage.ask(client_request_id="the-same-key") for _ in range(5)]
    other = [stage.ask(client_request_id=f"another-key-{n}") for n in range(2)]
    results = await asyncio.gather(*same, *other, return_exceptions=True)

    made = {result.id for result in results if not isinstance(result, BaseException)}
    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(made) == 1
    assert all(isinstance(each, AppError) and each.code == "callback_duplicate" for each in refused)
    assert all(each.details == {"callbackId": next(iter(made))} for each in refused)
    cb = await stage.over(next(iter(made)))
    assert (cb.state, stage.posts()) == ("completed", [A1, VISITOR])


async def test_a_cancel_works_in_every_state_before_the_talk(stage: Stage) -> None:
    await stage.consultant_accepts(A1, after_s=1)
    await stage.script(VISITOR, NEVER)
    asked = await stage.ask()
    await stage.until(asked, "agent_ready")
    while not stage.status_of(VISITOR):
        await asyncio.sleep(0.01)
    await stage.node.callbacks.service.cancel(visitor(), asked.id)
    cb = await stage.over(asked)

    assert cb.state == "canceled"
    assert "cancelled the call" in stage.heard(A1)

    again = await stage.node.callbacks.service.cancel(visitor(), asked.id)
    assert again.version == cb.version


async def test_a_callback_that_ended_cannot_be_cancelled(stage: Stage) -> None:
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(20)
    cb = await stage.over(await stage.ask())

    with pytest.raises(AppError, match="callback_ended"):
        await stage.node.callbacks.service.cancel(visitor(), cb.id)
    with pytest.raises(AppError, match="not_found"):
        await stage.node.callbacks.service.cancel(visitor("somebody-else"), cb.id)


async def test_hanging_up_a_talk_by_the_widget_counts_as_a_talk(stage: Stage) -> None:
    await stage.consultant_accepts(A1)
    await stage.script(VISITOR, {"wait": 2}, {"answer": True}, NEVER)
    asked = await stage.ask()
    await stage.until(asked, "bridged")
    await stage.node.callbacks.service.cancel(visitor(), asked.id)
    cb = await stage.over(asked)

    assert (cb.state, cb.outcome, stage.posts()) == ("completed", "talked", [A1, VISITOR])


async def test_a_consultant_away_is_skipped(stage: Stage) -> None:
    stage.config.people[0][4] = "away"
    await stage.consultant_accepts(A2)
    await stage.visitor_talks(20)

    await stage.over(await stage.ask())
    assert stage.posts() == [A2, VISITOR]


async def test_two_servers_on_one_database_agree(stage: Stage) -> None:
    """What one server decided the other one does not undo, whatever it remembers."""
    other = await start_node(replace(stage.config, port=unused_port()))
    try:
        await stage.script(A1, {"wait": 1}, {"answer": True}, {"wait": 600})
        asked = await stage.ask()
        await stage.node_until(lambda: "Press 1" in stage.heard(A1))
        canceled = await other.callbacks.service.cancel(visitor(), asked.id)
        assert canceled.state == "canceled"
        await stage.post(f"/handsets/{A1}/act", {"press": "1"})
        assert (await stage.over(asked)).state == "canceled"
        assert stage.posts() == [A1]

        await stage.consultant_accepts(A1)
        await stage.visitor_talks(10)
        made = await other.callbacks.service.request(visitor(), Request("request-other", phone=VISITOR))
        cb = await stage.over(made)
        assert (cb.state, stage.posts()) == ("completed", [A1, A1, VISITOR])
    finally:
        await other.stop()
