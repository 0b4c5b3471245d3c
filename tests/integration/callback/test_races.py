"""Two things at the same moment: one wins, nobody's phone rings after a cancel, nothing happens twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from server.callback.model import TERMINAL, Callback, CallingSettings, Step
from server.callback.ports import CallbackStore, SettingsStore
from server.callback.service import Request
from server.errors import AppError
from tests.integration.callback.node import A1, A2, SITE, TENANT, VISITOR, start_node, visitor
from tests.integration.callback.world import Stage
from tests.ports import free_port

NEVER = {"wait": 600}


async def test_a_cancel_while_the_consultants_phone_rings_stops_it(stage: Stage) -> None:
    """S24."""
    await stage.script(A1, NEVER)
    asked = await stage.ask()
    await stage.until(asked, "offering")
    await stage.node_until(lambda: stage.status_of(A1) == ["ringing"])

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
    await stage.node_until(lambda: stage.status_of(A1) == ["in-progress"] and "Press 1" in stage.heard(A1))

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
    await stage.node_until(lambda: stage.status_of(VISITOR))
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
    other = await start_node(replace(stage.config, port=free_port()))
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


class Losing:
    """A store whose answer gets lost once a callback has this state."""

    def __init__(self, real: CallbackStore, state: str) -> None:
        self._real = real
        self.state: str | None = state

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def save(self, after: Callback, steps: Sequence[Step], version: int) -> bool:
        saved = await self._real.save(after, steps, version)
        if after.state == self.state:
            self.state = None
            raise AppError("unavailable")
        return saved


async def test_an_end_that_was_kept_without_the_databases_word_is_told(stage: Stage) -> None:
    await stage.script(A1, NEVER)
    asked = await stage.ask()
    await stage.until(asked, "offering")
    engine = stage.node.callbacks.engine
    engine._store = Losing(engine._store, "canceled")  # type: ignore[assignment]

    with pytest.raises(AppError, match="unavailable"):
        await stage.node.callbacks.service.cancel(visitor(), asked.id)

    await stage.node_until(lambda: stage.node.world.updates[-1]["state"] == "canceled")
    assert (await stage.over(asked)).state == "canceled"


class Late:
    """Settings whose first reading arrives late."""

    def __init__(self, real: SettingsStore) -> None:
        self.save = real.save
        self._real = real
        self.held: asyncio.Event | None = asyncio.Event()
        self.read = asyncio.Event()

    async def load(self, tenant_id: str, site_id: str) -> CallingSettings | None:
        found = await self._real.load(tenant_id, site_id)
        held, self.held = self.held, None
        if held is not None:
            self.read.set()
            await held.wait()
        return found


async def test_settings_that_were_read_while_they_changed_are_not_taken_for_the_new_ones(stage: Stage) -> None:
    calling = stage.node.callbacks.calling
    before = await calling.settings_of(TENANT, SITE)
    calling._kept.clear()
    store = calling._store = Late(calling._store)  # type: ignore[assignment]
    held = store.held
    reading = asyncio.create_task(calling.settings_of(TENANT, SITE))
    await store.read.wait()
    await stage.calling(retry_delays_s=(77,))
    held.set()

    assert before.retry_delays_s != (77,)
    assert (await reading).retry_delays_s == (77,)
    assert (await calling.settings_of(TENANT, SITE)).retry_delays_s == (77,)
