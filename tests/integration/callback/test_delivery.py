"""Webhooks come twice, late, shuffled, forged or not at all; what comes of a callback is the same."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from server.callback.model import Callback
from tests.integration.callback.node import A1, VISITOR
from tests.integration.callback.world import Stage, a_stage, legs_of

CHAOS: list[tuple[str, dict[str, Any]]] = [
    ("each comes twice", {"seed": 1, "duplicate": {"events": ["all"], "copies": 2}}),
    ("callbacks are shuffled", {"seed": 2, "reorder": {"seconds": 4}}),
    ("callbacks are late", {"seed": 3, "delay": {"seconds": 10}}),
    ("late and twice", {"seed": 4, "delay": {"seconds": 10}, "duplicate": True}),
    ("all callbacks are lost", {"seed": 5, "drop": True}),
    ("conference callbacks are lost", {"seed": 6, "drop": {"events": ["conference"]}}),
    ("status callbacks are lost", {"seed": 7, "drop": {"events": ["status"]}}),
]
QUICK = {"silence_s": 0.4, "ending_s": 0.3, "bridged_look_s": 0.4, "join_s": 0.3, "notice_s": 0.7, "doubt_s": 1.0}


async def a_talk(stage: Stage) -> Callback:
    await stage.calling(recording="announce")
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(35)
    return await stage.over(await stage.ask())


@pytest.mark.parametrize(("name", "chaos"), CHAOS, ids=[name for name, _ in CHAOS])
async def test_a_talk_ends_as_a_talk_however_webhooks_are_delivered(
    mongo_url: str, name: str, chaos: dict[str, Any]
) -> None:
    """S30, S32 and the variations (a), (b), (c) of every scenario."""
    async with a_stage(mongo_url, timers=QUICK) as stage:
        await stage.post("/chaos", chaos)
        cb = await a_talk(stage)

        assert (cb.state, cb.outcome) == ("completed", "talked"), name
        assert legs_of(cb) == [
            ("consultant", "Anna", "completed", "talked"),
            ("visitor", None, "completed", "talked"),
        ]
        # The carrier's seconds; a busy machine eats some of them.
        assert 15 <= (cb.talked_s or 0) <= stage.on_the_line_s(VISITOR)
        assert stage.posts() == [A1, VISITOR]


@pytest.mark.parametrize(("name", "chaos"), CHAOS, ids=[name for name, _ in CHAOS])
async def test_a_busy_visitor_is_found_out_however_webhooks_are_delivered(
    mongo_url: str, name: str, chaos: dict[str, Any]
) -> None:
    """S32 on S18."""
    async with a_stage(mongo_url, timers=QUICK) as stage:
        await stage.calling(retry_delays_s=())
        await stage.post("/chaos", chaos)
        await stage.consultant_accepts(A1)
        await stage.script(VISITOR, {"busy": True})

        cb = await stage.over(await stage.ask())

        assert (cb.state, cb.outcome) == ("visitor_unreachable", "visitor_busy"), name
        assert stage.posts() == [A1, VISITOR]


async def test_the_whole_log_replayed_changes_nothing_and_gets_the_same_answers(stage: Stage) -> None:
    """S30, the replay."""
    cb = await a_talk(stage)
    first = {r["token"]: r.get("body") for r in stage.journal("reply") if not r.get("copy")}
    since = len(stage.journal("reply"))

    await stage.post("/journal/replay")
    await stage.node_until(lambda: len(stage.journal("reply")) >= 2 * since)

    replayed = [r for r in stage.journal("reply") if r.get("copy") == "replay"]
    assert len(replayed) >= since
    for reply in replayed:
        assert reply["status"] in (200, 204)
        assert reply.get("body") == first[reply["token"]]
    assert await stage.now(cb) == cb


async def test_forged_webhooks_are_refused_and_change_nothing(stage: Stage) -> None:
    """S31."""
    await stage.script(A1, {"wait": 1}, {"answer": True}, {"wait": 600})
    asked = await stage.ask()
    await stage.node_until(lambda: "Press 1" in stage.heard(A1))
    before = await stage.now(asked)
    hooks = [h for h in stage.journal("webhook") if h["webhook"] == "status"]
    url, form = hooks[-1]["url"].partition("#")[0], hooks[-1]["params"] | {"CallStatus": "completed"}
    key_url = url.replace("/status/", "/key/") + "?prompt=1"

    async with stage.still(), aiohttp.ClientSession() as http:
        for address, headers in (
            (url, {}),
            (url, {"X-Twilio-Signature": ""}),
            (url, {"X-Twilio-Signature": "bm9uc2Vuc2U="}),
            (url + "?a=b", {"X-Twilio-Signature": "bm9uc2Vuc2U="}),
            (key_url, {"X-Twilio-Signature": "bm9uc2Vuc2U="}),
        ):
            async with http.post(address, data=form | {"Digits": "1"}, headers=headers) as answer:
                assert answer.status == 403
                assert (await answer.json())["error"]["code"] == "signature_invalid"
        assert await stage.now(asked) == before
        await stage.visitor_talks(10)
    await stage.post(f"/handsets/{A1}/act", {"press": "1"})
    assert (await stage.over(asked)).state == "completed"


async def test_wrongly_signed_copies_do_no_harm(stage: Stage) -> None:
    await stage.post("/chaos", {"wrongSignature": {"events": ["all"], "extra": True}})

    cb = await a_talk(stage)

    assert cb.state == "completed"
    forged = [r["status"] for r in stage.journal("reply") if r.get("forged")]
    assert forged and set(forged) == {403}


@pytest.mark.parametrize("chaos", [{"closeAfterAccept": 1}, {"errorAfterAccept": 1}], ids=["closed", "500"])
async def test_a_post_without_an_answer_is_adopted_and_never_repeated(stage: Stage, chaos: dict[str, Any]) -> None:
    """S33: the carrier took the call, we never heard so."""
    await stage.post("/chaos", chaos)
    cb = await a_talk(stage)

    assert (cb.state, stage.posts()) == ("completed", [A1, VISITOR])


async def test_a_post_without_an_answer_and_without_webhooks_is_found_in_the_list(mongo_url: str) -> None:
    async with a_stage(mongo_url, timers=QUICK) as stage:
        await stage.post("/chaos", {"closeAfterAccept": 1, "drop": True})
        await stage.script(A1, {"busy": True})
        stage.config.people[1:] = []
        await stage.calling(retry_delays_s=())

        cb = await stage.over(await stage.ask())

        assert legs_of(cb) == [("consultant", "Anna", "busy", "busy")]
        assert stage.posts() == [A1]


async def test_too_many_requests_are_waited_out(stage: Stage) -> None:
    await stage.post("/chaos", {"tooManyRequests": {"count": 2, "seconds": 1}})
    cb = await a_talk(stage)

    assert (cb.state, stage.posts()) == ("completed", [A1, VISITOR])
