"""Calls: from the queue over the ringing to the bill."""

from __future__ import annotations

import pytest

from tests.integration.carrier.world import ANNA, World

ANSWERS = ({"wait": 3}, {"answer": True})


async def test_an_answered_call_is_told_in_four_events_and_asks_for_its_instructions(carrier: World) -> None:
    carrier.customer.twiml["/voice"] = "<Say>Hello from the shop</Say>"
    await carrier.script(ANNA, *ANSWERS)

    call = await carrier.call()
    done = await carrier.over(call.sid)
    await carrier.until(lambda: len(carrier.customer.on("/status")) == 4)

    assert (call.status, done.status) == ("queued", "completed")
    assert sorted(carrier.customer.statuses(call.sid)) == ["completed", "in-progress", "initiated", "ringing"]
    assert {h["SequenceNumber"]: h["CallStatus"] for h in carrier.customer.on("/status")} == {
        "0": "initiated",
        "1": "ringing",
        "2": "in-progress",
        "3": "completed",
    }
    assert "Hello from the shop" in carrier.captions(ANNA)
    assert all(heard.is_signed for heard in carrier.customer.heard)


@pytest.mark.parametrize(
    ("steps", "status", "sip", "rang"),
    [
        (({"busy": True},), "busy", "486", False),
        (({"wait": 2}, {"busy": True}), "busy", "486", True),
        (({"wait": 2}, {"reject": True}), "no-answer", "603", True),
        (({"ring": True},), "no-answer", "487", True),
        (({"fail": 404},), "failed", "404", False),
    ],
)
async def test_a_call_that_is_not_answered_says_how_it_ended(
    carrier: World, steps: tuple[dict[str, object], ...], status: str, sip: str, rang: bool
) -> None:
    await carrier.script(ANNA, *steps)
    call = await carrier.call(timeout=20)

    await carrier.over(call.sid)
    await carrier.until(lambda: status in carrier.customer.statuses(call.sid))
    last = next(h for h in carrier.customer.on("/status") if h["CallStatus"] == status)

    assert (last["SipResponseCode"], last["CallDuration"]) == (sip, "0")
    assert ("ringing" in carrier.customer.statuses(call.sid)) is rang
    assert carrier.customer.on("/voice") == []
