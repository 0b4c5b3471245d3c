"""The delivery protocol under faults: whatever happens, in the end everyone has everything once, in order."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from server.chat import wire
from server.chat.model import Kind
from server.errors import AppError
from server.ids import new_id
from server.mongo import open_database
from tests.fakes import Clock
from tests.integration.chat.world import INDEXES, Server, Thread, dense, person, start_server, visitor, whole_timeline

SENDERS = ("tab1", "tab2", "carol")
LISTENERS = ("/visitor", "/console")


class World:
    """One database and one event loop for all examples; every example has a visitor of its own."""

    def __init__(self, mongo_url: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.db = self.run(open_database(mongo_url, f"test_{secrets.token_hex(6)}"))
        self.run(self.db.ensure_indexes(INDEXES))

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(work)

    def close(self) -> None:
        self.run(self.db.drop())
        self.run(self.db.close())
        self.loop.close()


class Delivery(RuleBasedStateMachine):
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.visitor_id = new_id()
        self.servers: list[Server] = [self._start(), self._start()]
        self.outbox: dict[str, list[str]] = {sender: [] for sender in SENDERS}
        self.acked: dict[str, int] = {}
        self.order: dict[str, list[str]] = {sender: [] for sender in SENDERS}
        self.count = 0
        self.threads: dict[str, Thread] = {name: Thread(name) for name in LISTENERS}
        self.online = dict.fromkeys(LISTENERS, False)
        self.conversation_id = ""
        self._write("tab1")
        for name in LISTENERS:
            self._resume(name)

    # -- what happens ----------------------------------------------------------------------------------------------

    @rule(sender=st.sampled_from(SENDERS))
    def someone_writes(self, sender: str) -> None:
        self._write(sender)

    @rule(server=st.integers(0, 1))
    def everyone_writes_at_once(self, server: int) -> None:
        for sender in SENDERS:
            self._compose(sender)
        self.world.run(self._flush_all(server))

    @rule(sender=st.sampled_from(SENDERS), server=st.integers(0, 1))
    def an_acknowledgement_gets_lost(self, sender: str, server: int) -> None:
        self._compose(sender)
        self.servers[server].store.fail_after_insert = 1
        self.world.run(self._flush(sender, server))
        self.servers[server].store.fail_after_insert = 0

    @rule(sender=st.sampled_from(SENDERS), server=st.integers(0, 1))
    def a_server_dies_between_the_number_and_the_message(self, sender: str, server: int) -> None:
        self._compose(sender)
        self.servers[server].store.fail_before_insert = 1
        self.world.run(self._flush(sender, server))
        self._restart(server)

    @rule(server=st.integers(0, 1))
    def a_server_dies_and_comes_back(self, server: int) -> None:
        self._restart(server)

    @rule(which=st.integers(0, 50), server=st.integers(0, 1))
    def a_message_is_sent_once_more(self, which: int, server: int) -> None:
        text = sorted(self.acked)[which % len(self.acked)]
        again = self.world.run(self._send(text, server))
        assert again == self.acked[text], "a resend gets the first copy"

    @rule(server=st.integers(0, 1))
    def the_desk_closes_the_conversation(self, server: int) -> None:
        self.world.run(self.servers[server].chat.close_conversation(person(), self.conversation_id))

    @rule(name=st.sampled_from(LISTENERS))
    def a_listener_loses_its_connection(self, name: str) -> None:
        self._hang_up(name)

    @rule(name=st.sampled_from(LISTENERS))
    def a_listener_comes_back(self, name: str) -> None:
        self._resume(name)

    @rule(seconds=st.sampled_from([1, 11]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    # -- what must be true in the end ------------------------------------------------------------------------------

    def teardown(self) -> None:
        self.world.run(self._flush_all(0))
        if self.outbox["carol"]:
            self._write("tab1")
            self.world.run(self._flush_all(0))
        assert not any(self.outbox.values())
        self.clock.advance(seconds=11)
        chat = self.servers[0].chat
        timeline = self.world.run(whole_timeline(chat, self.conversation_id))
        assert dense(timeline)
        texts = [message.text for message in timeline if message.kind is Kind.TEXT]
        assert sorted(texts) == sorted(self.acked), "nothing lost, nothing doubled"
        assert {m.text: m.seq for m in timeline if m.kind is Kind.TEXT} == self.acked, "acknowledged as it is stored"
        for sender in SENDERS:
            assert [text for text in texts if text.startswith(sender)] == self.order[sender], "in the sender's order"
        for name in LISTENERS:
            self._resume(name)
            heard = [(m["seq"], m["kind"], m["text"]) for m in self.threads[name].messages]
            assert heard == [(m.seq, m.kind.value, m.text) for m in timeline], f"{name} has the same timeline"
        for server in self.servers:
            self.world.run(server.close())

    # -- how -------------------------------------------------------------------------------------------------------

    def _start(self) -> Server:
        return start_server(self.world.db, self.clock)

    def _restart(self, number: int) -> None:
        self.world.run(self.servers[number].kill())
        self.servers[number] = self._start()
        if number == 0:
            for name in LISTENERS:  # they were connected to this one
                self.online[name] = False

    def _compose(self, sender: str) -> None:
        self.count += 1
        text = f"{sender}-message-{self.count:05}"
        self.outbox[sender].append(text)
        self.order[sender].append(text)

    def _write(self, sender: str) -> None:
        self._compose(sender)
        self.world.run(self._flush(sender, 0))

    async def _flush_all(self, server: int) -> None:
        await asyncio.gather(*(self._flush(sender, server) for sender in SENDERS))

    async def _flush(self, sender: str, server: int) -> None:
        """Send the outbox in its order, one at a time, until something fails: as clients do."""
        while self.outbox[sender]:
            text = self.outbox[sender][0]
            try:
                self.acked[text] = await self._send(text, server)
            except AppError as problem:
                # Closed by the desk: only the visitor's next message opens it, so the consultant's waits.
                assert problem.code == "unavailable" or (problem.code, sender) == ("conversation_closed", "carol")
                return
            self.outbox[sender].pop(0)

    async def _send(self, text: str, server: int) -> int:
        chat = self.servers[server].chat
        if text.startswith("carol"):
            message = await chat.consultant_send(person(), self.conversation_id, text, text)
        else:
            message = await chat.visitor_send(visitor(self.visitor_id, text[:4]), text, text)
            self.conversation_id = message.conversation_id
        return message.seq

    def _hang_up(self, name: str) -> None:
        self.online[name] = False
        if self.threads[name] in self.servers[0].publisher.listeners:
            self.servers[0].publisher.listeners.remove(self.threads[name])

    def _resume(self, name: str) -> None:
        """Listen first, then replay from the last number, so that nothing falls in between."""
        thread = self.threads[name]
        if not self.online[name]:
            self.servers[0].publisher.listeners.append(thread)
            self.online[name] = True
        self.world.run(self._replay(thread, name))

    async def _replay(self, thread: Thread, name: str) -> None:
        chat = self.servers[0].chat
        while True:
            if name == "/visitor":
                page = await chat.visitor_sync(visitor(self.visitor_id), thread.last_seq, None)
            else:
                page = await chat.consultant_sync(person(), thread.last_seq, self.conversation_id)
            thread.missed = False
            thread.take([wire.message(message) for message in page.messages])
            if not page.messages or page.messages[-1].seq >= page.last_seq:
                return


def test_nothing_is_lost_doubled_or_reordered_whatever_goes_wrong(mongo_url: str) -> None:
    world = World(mongo_url)
    machine = type("Delivery", (Delivery,), {"world": world})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=25,
                stateful_step_count=25,
                deadline=None,
                database=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        world.close()
