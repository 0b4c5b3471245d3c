"""A visitor and a consultant are joined, over a real carrier."""

from __future__ import annotations

from tests.integration.callback.node import A1, VISITOR
from tests.integration.callback.world import Stage, legs_of


async def test_a_consultant_accepts_and_the_visitor_is_joined(stage: Stage) -> None:
    """S01."""
    await stage.calling(recording="announce")
    await stage.consultant_accepts(A1)
    await stage.visitor_talks(60 + 5)

    cb = await stage.over(await stage.ask(name="Maria", topic="A red kettle"))

    assert (cb.state, cb.outcome) == ("completed", "talked")
    assert stage.posts() == [A1, VISITOR]
    assert legs_of(cb) == [
        ("consultant", "Anna", "completed", "talked"),
        ("visitor", None, "completed", "talked"),
    ]
    assert abs((cb.talked_s or 0) - stage.talked_s()) <= 1
    assert 28 <= (cb.talked_s or 0) <= stage.on_the_line_s(VISITOR)
    assert len(cb.recordings) == 1
    states = [update["state"] for update in stage.node.world.updates]
    assert states == sorted(states, key=states.index)
    for state in ("requested", "offering", "agent_ready", "bridging", "bridged", "ended", "wrapup", "completed"):
        assert state in states
