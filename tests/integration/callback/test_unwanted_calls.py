"""Numbers that must not be called: blocked while a call is on its way, and strangers who never asked for one."""

from __future__ import annotations

import pytest

from server.errors import AppError
from tests.integration.callback.node import A1, A2, A3, ANNA, TENANT, VISITOR, visitor
from tests.integration.callback.world import ANSWER, Stage


async def test_a_number_blocked_between_two_rounds_is_not_called_and_nobody_is_rung_for_it(stage: Stage) -> None:
    await stage.calling(retry_delays_s=(1,))
    for number in (A1, A2, A3):
        await stage.script(number, {"busy": True})
    asked = await stage.ask()
    await stage.until(asked, "retry_wait")
    rung = len(stage.posts())
    stage.node.world.blocked.add(VISITOR)

    cb = await stage.over(asked)

    assert (cb.state, cb.outcome) == ("failed", "blocked")
    assert len(stage.posts()) == rung and VISITOR not in stage.posts()


async def test_a_visitor_blocked_while_a_consultants_phone_rings_is_not_called(stage: Stage) -> None:
    await stage.consultant_accepts(A1, after_s=10)
    asked = await stage.ask(visitor("prankster"))
    await stage.until(asked, "offering")
    stage.node.world.blocked.add("prankster")

    cb = await stage.over(asked)

    assert (cb.state, cb.outcome) == ("failed", "blocked")
    assert VISITOR not in stage.posts()


async def test_what_waits_for_a_blocked_number_ends_at_once_and_other_calls_go_on(stage: Stage) -> None:
    for person in stage.config.people:
        person[4] = "away"
    await stage.calling(retry_delays_s=(60,))
    unwanted = await stage.ask(visitor("v1"), phone="+37369130001")
    wanted = await stage.ask(visitor("v2"), phone="+37369130002")

    await stage.node.callbacks.end_where(TENANT, lambda cb: cb.phone == "+37369130001")

    assert (await stage.now(unwanted)).state == "canceled"
    assert (await stage.now(wanted)).state not in ("canceled", "failed")


async def calls_in_vain(stage: Stage, times: int) -> None:
    """Somebody answers, does not want to talk, and hangs up."""
    for _ in range(times):
        await stage.consultant_accepts(A1)
        await stage.visitor_talks(10)
        assert (await stage.over(await stage.ask(visitor("prankster")))).state == "completed"


async def test_a_stranger_hears_who_asked_and_stops_all_further_calls_with_one_key(stage: Stage) -> None:
    """Two calls are connected at once; the third to somebody who did not want to talk explains itself."""
    await calls_in_vain(stage, 2)
    assert "press 5" not in stage.heard(VISITOR)

    await stage.consultant_accepts(A1)
    await stage.script(VISITOR, {"wait": 2}, ANSWER, {"wait": 3}, {"press": "5"}, {"wait": 30})
    third = await stage.over(await stage.ask(visitor("prankster")))

    assert (third.state, third.outcome) == ("visitor_unreachable", "visitor_declined")
    heard = stage.heard(VISITOR)
    assert "This call was asked for on our site" in heard and "press 5" in heard
    assert "We will not call this number again" in heard
    await stage.node_until(lambda: VISITOR in stage.node.world.blocked)
    for who in ("prankster", "somebody-else"):
        with pytest.raises(AppError, match="phone_blocked"):
            await stage.ask(visitor(who))
    assert len(await stage.node.callbacks.service.newest(ANNA)) == 3


async def test_whoever_does_not_press_the_key_is_connected_and_once_they_talked_not_asked_again(stage: Stage) -> None:
    await calls_in_vain(stage, 2)
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(60)
    cb = await stage.over(await stage.ask())
    assert (cb.state, cb.asks_first) == ("completed", True)
    assert (cb.talked_s or 0) >= 20
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(10)
    assert not (await stage.over(await stage.ask())).asks_first
