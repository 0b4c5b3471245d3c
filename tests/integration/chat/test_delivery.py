"""Never losing, doubling or reordering a message: through the real service on a real database."""

from __future__ import annotations

import asyncio

import pytest

from server.chat.model import Kind, Message
from server.errors import AppError
from tests.fakes import Clock
from tests.integration.chat.world import Server, dense, key, person, until, visitor, whole_timeline


async def test_a_first_message_starts_a_waiting_conversation_that_consoles_hear_of(server: Server) -> None:
    inbox = await server.listen()

    sent = await server.chat.visitor_send(visitor(), key(1), "Hello")
    await server.settled()

    assert (sent.seq, sent.text) == (1, "Hello")
    [listed] = inbox.sorted()
    assert (listed["status"], listed["unread"], listed["lastText"]) == ("waiting", 1, "Hello")
    assert listed["visitor"]["id"] == "anna" and listed["visitor"]["number"] == 1
    [alert] = server.publisher.events("alert:raised")
    assert (alert.to, alert.payload["kind"]) == (("staff", "t1"), "conversation_waiting")


async def test_first_messages_from_two_tabs_at_once_make_one_conversation(server: Server, other_server: Server) -> None:
    sent = await asyncio.gather(
        *(
            (server if tab % 2 else other_server).chat.visitor_send(visitor(tab_id=f"tab{tab}"), key(tab), f"m{tab}")
            for tab in range(10)
        )
    )

    assert len({message.conversation_id for message in sent}) == 1
    assert sorted(message.seq for message in sent) == list(range(1, 11))


async def test_a_resent_message_gets_the_first_copy_and_is_announced_once(server: Server) -> None:
    first = await server.chat.visitor_send(visitor(), key(1), "Hello")
    again = await server.chat.visitor_send(visitor(tab_id="tab2"), key(1), "Hello")

    assert again == first
    assert len([told for told in server.publisher.events("chat:message") if told.to[0] == "staff"]) == 1
    assert len(server.publisher.events("alert:raised")) == 1


async def test_the_same_message_many_times_at_once_and_on_two_servers_is_stored_once(
    server: Server, other_server: Server, clock: Clock
) -> None:
    await server.chat.visitor_send(visitor(), key(0), "First")
    copies = await asyncio.gather(
        *((server if n % 2 else other_server).chat.visitor_send(visitor(), key(1), "Hello") for n in range(20))
    )

    assert len({(copy.id, copy.seq) for copy in copies}) == 1
    clock.advance(seconds=11)
    timeline = await whole_timeline(server.chat, copies[0].conversation_id)
    assert [message.text for message in timeline if message.kind is Kind.TEXT] == ["First", "Hello"]
    assert dense(timeline)


async def test_another_text_under_a_used_id_is_refused(server: Server) -> None:
    await server.chat.visitor_send(visitor(), key(1), "Hello")

    with pytest.raises(AppError, match="message_id_reused"):
        await server.chat.visitor_send(visitor(), key(1), "Something else")


async def test_nobody_can_claim_the_id_of_another_sender(server: Server) -> None:
    first = await server.chat.visitor_send(visitor(), key(1), "Hello")

    answer = await server.chat.consultant_send(person(), first.conversation_id, key(1), "Good morning")

    assert answer.seq == 3  # 2 is the claim
    assert answer.text == "Good morning"


async def test_twenty_writers_on_two_servers_leave_a_dense_ordered_timeline(
    server: Server, other_server: Server, clock: Clock
) -> None:
    first = await server.chat.visitor_send(visitor(), key(0), "begin")
    await server.chat.claim(person(), first.conversation_id)

    async def write(writer: int) -> None:
        chat = (server if writer % 2 else other_server).chat
        for number in range(10):
            name, text = f"w{writer:02}-number-{number}", f"{writer}/{number}"
            if writer < 10:
                await chat.visitor_send(visitor(tab_id=f"t{writer}"), name, text)
            else:
                await chat.consultant_send(person(), first.conversation_id, name, text)

    await asyncio.gather(*(write(writer) for writer in range(20)))
    clock.advance(seconds=11)

    timeline = await whole_timeline(server.chat, first.conversation_id)
    assert dense(timeline)
    texts = [message.text for message in timeline if message.kind is Kind.TEXT]
    assert len(texts) == len(set(texts)) == 201
    for writer in range(20):
        assert [t for t in texts if t.startswith(f"{writer}/")] == [f"{writer}/{number}" for number in range(10)]


async def test_everyone_hears_the_same_order(server: Server) -> None:
    tab, second_tab, console = (server.thread(ns) for ns in ("/visitor", "/visitor", "/console"))
    first = await server.chat.visitor_send(visitor(), key(0), "begin")
    await asyncio.gather(
        *(server.chat.visitor_send(visitor(tab_id=f"t{n}"), key(n), f"v{n}") for n in range(1, 30)),
        *(server.chat.consultant_send(person(), first.conversation_id, key(n), f"c{n}") for n in range(30)),
    )
    await server.settled()

    assert not tab.missed and len(tab.messages) == 61
    assert tab.seen == second_tab.seen == console.seen


async def test_what_is_written_while_a_chat_is_being_taken_is_heard_after_that(server: Server) -> None:
    tab = server.thread("/visitor")
    first = await server.chat.visitor_send(visitor(), key(0), "begin")
    sending: list[asyncio.Task[Message]] = []

    async def the_visitor_writes_on() -> None:
        sending.append(asyncio.create_task(server.chat.visitor_send(visitor(), key(1), "and on")))
        for _ in range(20):  # several times what a message needs to be written
            await server.chat.conversation("t1", first.conversation_id)

    server.store.after_change = the_visitor_writes_on
    await server.chat.claim(person(), first.conversation_id)
    await asyncio.gather(*sending)

    assert not tab.missed
    assert [message["kind"] for message in tab.messages] == ["text", "event", "text"]


async def test_a_change_and_its_line_have_one_time_so_that_no_list_takes_the_change_for_an_old_one(
    server: Server, clock: Clock
) -> None:
    inbox = await server.listen()
    first = await server.chat.visitor_send(visitor(), key(0), "begin")

    async def a_slow_moment() -> None:
        clock.advance(seconds=1)

    server.store.after_change = a_slow_moment
    await server.chat.claim(person(), first.conversation_id)
    await server.settled()

    changed = await server.chat.conversation("t1", first.conversation_id)
    assert [line.sent_at for line in await whole_timeline(server.chat, first.conversation_id)][-1] == changed.updated_at
    [listed] = inbox.sorted()
    assert (listed["status"], listed["assigneeId"]) == ("open", "carol")


async def test_a_message_whose_acknowledgement_was_lost_is_told_when_it_is_resent(server: Server) -> None:
    await server.chat.visitor_send(visitor(), key(1), "one")
    console = server.thread("/console")
    console.last_seq = 1
    server.store.fail_after_insert = 1
    with pytest.raises(AppError, match="unavailable"):
        await server.chat.visitor_send(visitor(), key(2), "two")
    assert console.messages == []

    resent = await server.chat.visitor_send(visitor(), key(2), "two")
    await server.chat.visitor_send(visitor(), key(2), "two")

    assert resent.seq == 2
    assert console.seen == [(2, "two")]


async def test_a_number_without_a_message_stays_open_while_it_may_still_come_and_is_closed_after(
    server: Server, clock: Clock
) -> None:
    await server.chat.visitor_send(visitor(), key(1), "one")
    server.store.fail_before_insert = 1
    with pytest.raises(AppError, match="unavailable"):
        await server.chat.visitor_send(visitor(), key(2), "two")
    sent = await server.chat.visitor_send(visitor(), key(2), "two")
    assert sent.seq == 3

    young = await server.chat.visitor_sync(visitor(), 0, None)
    assert [message.seq for message in young.messages] == [1]
    assert young.last_seq == 3  # so the tab asks again

    clock.advance(seconds=10)
    decided = await server.chat.visitor_sync(visitor(), 1, None)
    assert [(message.seq, message.kind) for message in decided.messages] == [(2, Kind.TOMBSTONE), (3, Kind.TEXT)]


async def test_a_last_number_without_a_message_is_closed_when_nobody_came_back(server: Server, clock: Clock) -> None:
    await server.chat.visitor_send(visitor(), key(1), "one")
    server.store.fail_before_insert = 1
    with pytest.raises(AppError, match="unavailable"):
        await server.chat.visitor_send(visitor(), key(2), "two")
    assert (await server.chat.visitor_sync(visitor(), 0, None)).last_seq == 1

    clock.advance(seconds=10)
    page = await server.chat.visitor_sync(visitor(), 0, None)

    assert [message.kind for message in page.messages] == [Kind.TEXT, Kind.TOMBSTONE]
    assert page.last_seq == 2


async def test_a_late_original_takes_a_new_number_when_its_own_was_closed(
    server: Server, other_server: Server, clock: Clock
) -> None:
    await server.chat.visitor_send(visitor(), key(1), "one")
    released = asyncio.Event()
    server.store.before_insert.append(released)
    late = asyncio.create_task(server.chat.visitor_send(visitor(), key(2), "two"))
    async with asyncio.timeout(5):
        while server.store.before_insert:
            await asyncio.sleep(0.001)
    await other_server.chat.visitor_send(visitor(), key(3), "three")
    clock.advance(seconds=10)
    closed = await other_server.chat.visitor_sync(visitor(), 0, None)
    assert [message.kind for message in closed.messages] == [Kind.TEXT, Kind.TOMBSTONE, Kind.TEXT]

    released.set()

    assert (await late).seq == 4
    clock.advance(seconds=10)
    timeline = await whole_timeline(server.chat, closed.messages[0].conversation_id)
    assert [(m.seq, m.text) for m in timeline] == [(1, "one"), (2, ""), (3, "three"), (4, "two")]


async def test_long_timelines_come_in_pages_without_a_hole(server: Server) -> None:
    first = await server.chat.visitor_send(visitor(), key(0), "0")
    await asyncio.gather(*(server.chat.visitor_send(visitor(), key(n), str(n)) for n in range(1, 450)))

    page = await server.chat.visitor_sync(visitor(), 0, first.conversation_id)
    assert len(page.messages) == 200 and page.last_seq == 450

    timeline = await whole_timeline(server.chat, first.conversation_id)
    assert dense(timeline) and len(timeline) == 450


async def test_a_change_of_state_survives_that_its_entry_could_not_be_written(server: Server, clock: Clock) -> None:
    first = await server.chat.visitor_send(visitor(), key(1), "one")
    server.store.fail_before_insert = 1
    with pytest.raises(AppError, match="unavailable"):
        await server.chat.claim(person(), first.conversation_id)
    clock.advance(seconds=10)

    timeline = await whole_timeline(server.chat, first.conversation_id)

    assert timeline[1].event is not None and timeline[1].event.name == "conversation_assigned"


async def test_more_than_fits_is_refused_at_once_and_may_be_sent_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.chat.writer.MAX_WAITING", 5)
    await server.chat.visitor_send(visitor(), key(0), "begin")

    outcomes = await asyncio.gather(
        *(server.chat.visitor_send(visitor(), key(n), str(n)) for n in range(1, 40)), return_exceptions=True
    )

    refused = [n for n, outcome in enumerate(outcomes, 1) if isinstance(outcome, AppError)]
    assert refused and all(outcome.code == "unavailable" for outcome in outcomes if isinstance(outcome, AppError))
    for n in refused:
        await server.chat.visitor_send(visitor(), key(n), str(n))
    texts = [m.text for m in (await server.chat.visitor_sync(visitor(), 0, None)).messages]
    assert sorted(texts) == sorted(["begin", *(str(n) for n in range(1, 40))])


async def test_one_message_that_cannot_be_stored_does_not_take_others_with_it(server: Server) -> None:
    await server.chat.visitor_send(visitor(), key(0), "begin")
    odd = visitor("odd\ud800")

    outcomes = await asyncio.gather(
        server.chat.visitor_send(visitor(), key(1), "one"),
        server.chat.visitor_send(odd, key(2), "two"),
        server.chat.visitor_send(visitor(), key(3), "three"),
        return_exceptions=True,
    )

    assert isinstance(outcomes[1], Exception)
    texts = [m.text for m in (await server.chat.visitor_sync(visitor(), 0, None)).messages]
    assert sorted(texts) == ["begin", "one", "three"]


async def test_consoles_learn_that_a_chat_is_open_again_though_the_database_went_away_in_that_moment(
    server: Server, clock: Clock
) -> None:
    first = await server.chat.visitor_send(visitor(), key(1), "Hello")
    await server.chat.close_conversation(person(), first.conversation_id)
    await server.settled()
    inbox = await server.listen()

    async def the_database_goes() -> None:
        server.store.after_change = None
        server.store.fail_before_insert = server.store.fail_reading = 1

    server.store.after_change = the_database_goes
    with pytest.raises(AppError, match="unavailable"):
        await server.chat.visitor_send(visitor(), key(2), "Are you there?")
    await server.chat.visitor_send(visitor(), key(2), "Are you there?")

    await until(lambda: inbox.sorted()[0]["status"] == "waiting")
    assert inbox.sorted() == await server.fresh_inbox()


async def test_consoles_learn_of_a_change_whose_acknowledgement_was_lost(server: Server) -> None:
    first = await server.chat.visitor_send(visitor(), key(1), "Hello")
    await server.settled()
    inbox = await server.listen()
    server.store.fail_after_change = 1

    with pytest.raises(AppError, match="unavailable"):
        await server.chat.claim(person(), first.conversation_id)

    await until(lambda: inbox.sorted()[0]["assigneeId"] == "carol")
    assert (await server.chat.claim(person(), first.conversation_id)).conversation.assignee_id == "carol"


async def test_what_was_stored_beside_a_message_at_fault_is_told(server: Server) -> None:
    first = await server.chat.visitor_send(visitor(), key(0), "begin")
    tab = server.thread("/visitor")
    tab.last_seq = 1
    server.store.break_after_insert = 1

    await asyncio.gather(*(server.chat.visitor_send(visitor(), key(n), f"m{n}") for n in range(1, 6)))

    assert server.store.break_after_insert == 0
    timeline = await whole_timeline(server.chat, first.conversation_id)
    assert dense(timeline)
    assert tab.seen == [(message.seq, message.text) for message in timeline[1:]]
