"""Who answers, what everyone sees of it, and that what is told adds up to what is true."""

from __future__ import annotations

import asyncio

import pytest

from server.chat.model import Kind
from server.errors import AppError
from tests.fakes import Clock
from tests.integration.chat.world import Server, key, person, until, visitor, whole_timeline


def events(messages: list) -> list[str]:
    return [message.event.name for message in messages if message.event is not None]


async def test_of_two_consultants_who_claim_at_once_one_gets_the_conversation(
    server: Server, other_server: Server
) -> None:
    sent = await server.chat.visitor_send(visitor(), key(1), "Hello")

    outcomes = await asyncio.gather(
        server.chat.claim(person("carol"), sent.conversation_id),
        other_server.chat.claim(person("dave"), sent.conversation_id),
        return_exceptions=True,
    )

    [refused] = [outcome for outcome in outcomes if isinstance(outcome, AppError)]
    [taken] = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert refused.code == "already_claimed"
    assert refused.details == {"name": taken.conversation.assignee_name}
    assert events(await whole_timeline(server.chat, sent.conversation_id)) == ["conversation_assigned"]


async def test_an_answer_claims_a_waiting_conversation(server: Server) -> None:
    tab = server.thread("/visitor")
    sent = await server.chat.visitor_send(visitor(), key(1), "Hello")

    await server.chat.consultant_send(person(), sent.conversation_id, key(2), "Good morning")
    await server.settled()

    assert [(m["kind"], m["text"]) for m in tab.messages] == [
        ("text", "Hello"),
        ("event", ""),
        ("text", "Good morning"),
    ]
    assert tab.messages[1]["event"] == {"name": "conversation_assigned", "data": {"name": "Carol"}}
    state = [told for told in server.publisher.events("chat:state") if told.to[0] == "visitor"][-1]
    assert state.payload["conversation"]["assignee"] == {"id": "carol", "name": "Carol"}


async def test_a_note_is_for_consultants_only_and_claims_nothing(server: Server) -> None:
    tab, console = server.thread("/visitor"), server.thread("/console")
    sent = await server.chat.visitor_send(visitor(), key(1), "Hello")

    await server.chat.consultant_send(person(), sent.conversation_id, key(2), "Careful with this one", note=True)

    assert [m["kind"] for m in console.messages] == ["text", "note"]
    assert [m["kind"] for m in tab.messages] == ["text", "tombstone"]
    page = await server.chat.visitor_sync(visitor(), 0, None)
    assert [m.kind for m in page.messages] == [Kind.TEXT, Kind.TOMBSTONE]
    assert "Careful" not in str(page) and "Careful" not in str(tab.messages)
    assert (await server.fresh_inbox())[0]["status"] == "waiting"


async def test_a_closed_conversation_refuses_answers_and_opens_with_the_visitors_next_message(server: Server) -> None:
    sent = await server.chat.visitor_send(visitor(), key(1), "Hello")
    await server.chat.claim(person(), sent.conversation_id)
    await server.chat.close_conversation(person(), sent.conversation_id)
    closed_twice = await server.chat.close_conversation(person(), sent.conversation_id)

    assert closed_twice.conversation.status == "closed"
    with pytest.raises(AppError, match="conversation_closed"):
        await server.chat.consultant_send(person(), sent.conversation_id, key(2), "One more thing")
    assert await server.chat.visitor_send(visitor(), key(1), "Hello") == sent  # a resend opens nothing
    assert (await server.fresh_inbox())[0]["status"] == "closed"

    again = await server.chat.visitor_send(visitor(), key(3), "Still there?")

    assert again.conversation_id == sent.conversation_id
    timeline = await whole_timeline(server.chat, sent.conversation_id)
    assert events(timeline) == ["conversation_assigned", "conversation_closed", "conversation_reopened"]
    assert [alert.payload["kind"] for alert in server.publisher.events("alert:raised")] == ["conversation_waiting"] * 2
    assert (await server.fresh_inbox())[0]["status"] == "waiting"


async def test_a_conversation_that_two_tabs_open_again_at_once_is_opened_once(
    server: Server, other_server: Server
) -> None:
    sent = await server.chat.visitor_send(visitor(), key(1), "Hello")
    await server.chat.close_conversation(person(), sent.conversation_id)

    await asyncio.gather(
        *(
            (server if n % 2 else other_server).chat.visitor_send(visitor(tab_id=f"t{n}"), key(n), f"m{n}")
            for n in range(2, 8)
        )
    )

    timeline = await whole_timeline(server.chat, sent.conversation_id)
    assert events(timeline) == ["conversation_closed", "conversation_reopened"]
    assert sorted(m.text for m in timeline if m.kind is Kind.TEXT) == ["Hello", *(f"m{n}" for n in range(2, 8))]


async def test_a_transferred_conversation_belongs_to_the_other_person_who_is_alerted(server: Server) -> None:
    sent = await server.chat.visitor_send(visitor(), key(1), "Hello")
    await server.chat.claim(person("carol"), sent.conversation_id)

    await server.chat.transfer(person("carol"), sent.conversation_id, "dave")

    assert (await server.fresh_inbox())[0]["assigneeName"] == "Dave"
    assert server.publisher.events("alert:raised")[-1].to == ("person", "dave")
    with pytest.raises(AppError, match="already_claimed"):
        await server.chat.claim(person("carol"), sent.conversation_id)
    with pytest.raises(AppError, match="not_found"):
        await server.chat.transfer(person("dave"), sent.conversation_id, "nobody")


async def test_the_assigned_consultant_alone_is_alerted_of_further_messages(server: Server) -> None:
    sent = await server.chat.visitor_send(visitor(), key(1), "Hello")
    await server.chat.visitor_send(visitor(), key(2), "Anybody?")
    await server.chat.claim(person("carol"), sent.conversation_id)
    await server.chat.visitor_send(visitor(), key(3), "Ah")

    told = [(alert.to, alert.payload["kind"]) for alert in server.publisher.events("alert:raised")]
    assert told == [
        (("staff", "t1"), "conversation_waiting"),
        (("staff", "t1"), "visitor_message"),
        (("person", "carol"), "visitor_message"),
    ]


async def test_receipts_only_grow_and_never_pass_the_last_number(server: Server) -> None:
    sent = await server.chat.visitor_send(visitor(), key(1), "one")
    await server.chat.visitor_send(visitor(), key(2), "two")

    await server.chat.consultant_read(person(), sent.conversation_id, 9_000_000, read=True)
    await server.chat.consultant_read(person(), sent.conversation_id, 1, read=True)
    await server.chat.visitor_read(visitor(), 2, read=False)
    await server.chat.visitor_read(visitor(), 1, read=True)
    await server.chat.visitor_read(visitor("nobody-yet"), 1, read=True)

    last = server.publisher.events("chat:read")[-1]
    assert last.payload["receipts"] == {
        "consultantDeliveredSeq": 2,
        "consultantReadSeq": 2,
        "visitorDeliveredSeq": 2,
        "visitorReadSeq": 1,
    }
    assert len(server.publisher.events("chat:read")) == 6  # three changes, each told to both sides


async def test_typing_reaches_the_other_side_and_is_not_kept(server: Server) -> None:
    await server.chat.visitor_typing(visitor(), True)
    assert server.publisher.events("chat:typing") == []
    sent = await server.chat.visitor_send(visitor(), key(1), "Hello")

    await server.chat.visitor_typing(visitor(), True)
    await server.chat.consultant_typing(person(), sent.conversation_id, True)

    told = [(t.to[0], t.payload["author"]["kind"]) for t in server.publisher.events("chat:typing")]
    assert told == [
        ("staff", "visitor"),
        ("visitor", "visitor"),
        ("staff", "consultant"),
        ("visitor", "consultant"),
    ]
    assert len((await server.chat.visitor_sync(visitor(), 0, None)).messages) == 1


async def test_an_entry_of_another_feature_is_added_once(server: Server) -> None:
    conversation_id = await server.chat.ensure_conversation(visitor())
    assert await server.fresh_inbox() == []

    data = {"name": "Carol", "callback_id": "cb1", "duration_s": 61}
    first = await server.chat.post_event("t1", conversation_id, "call_ended", data, "cb1:ended")
    again = await server.chat.post_event("t1", conversation_id, "call_ended", data, "cb1:ended")
    odd_key = await server.chat.post_event("t1", conversation_id, "call_canceled", {}, "a key, with spaces " * 9)

    assert (again.id, again.seq, first.seq, odd_key.seq) == (first.id, 1, 1, 2)
    told = [t.payload["message"] for t in server.publisher.events("chat:message") if t.to[0] == "visitor"]
    assert told[0]["event"]["data"] == {"name": "Carol", "callbackId": "cb1", "durationS": 61}
    assert [m["seq"] for m in told] == [1, 2]
    with pytest.raises(AppError, match="not_found"):
        await server.chat.post_event("t1", "no-such", "call_ended", {}, "k")


async def test_a_call_learns_the_assignee_the_last_topic_and_the_page(server: Server) -> None:
    from server.visitors.model import Page

    await server.visitors.start(visitor(), Page("https://shop.example/red-shoes", "Red shoes"), None)
    sent = await server.chat.visitor_send(visitor(), key(1), "Do you have\nthem in " + "x" * 300)
    await server.chat.consultant_send(person(), sent.conversation_id, key(2), "Let me look")

    context = await server.chat.context("t1", sent.conversation_id)

    assert (context.assignee_id, context.page_title) == ("carol", "Red shoes")
    assert context.topic is not None and context.topic.startswith("Do you have them in x") and len(context.topic) == 200
    found = await server.chat.conversation_of("t1", "anna")
    assert found is not None and found.id == sent.conversation_id
    assert await server.chat.conversation_of("t2", "anna") is None


async def test_what_was_told_adds_up_to_a_fresh_inbox(server: Server, clock: Clock) -> None:
    from server.visitors.model import Page

    chat, inbox = server.chat, await server.listen()
    seen: list[str] = []

    async def same_as_fresh(step: str) -> None:
        clock.advance(seconds=1)
        await server.settled()
        fresh = await server.fresh_inbox()
        assert inbox.sorted() == fresh, step
        seen.append(step)

    server.publisher.online |= {"anna", "boris"}
    await server.visitors.start(visitor(), Page("https://shop.example/", "Shop"), None)
    await same_as_fresh("a visitor came")
    sent = await chat.visitor_send(visitor(), key(1), "Hello")
    conversation = sent.conversation_id
    await same_as_fresh("wrote")
    await chat.visitor_send(visitor(), key(2), "Anybody?")
    await same_as_fresh("wrote again")
    await chat.visitor_send(visitor(), key(2), "Anybody?")
    await same_as_fresh("resent")
    await chat.consultant_read(person(), conversation, 1, read=True)
    await same_as_fresh("a consultant read the first message")
    await chat.claim(person(), conversation)
    await same_as_fresh("claimed")
    await chat.consultant_send(person(), conversation, key(3), "Good morning")
    await same_as_fresh("answered")
    await chat.consultant_read(person(), conversation, 4, read=True)
    await same_as_fresh("a consultant read everything")
    await chat.visitor_read(visitor(), 4, read=True)
    await same_as_fresh("the visitor read")
    await chat.consultant_send(person(), conversation, key(4), "VIP", note=True)
    await same_as_fresh("noted")
    await server.visitors.page(visitor(), Page("https://shop.example/shoes", "Shoes"))
    await same_as_fresh("the visitor moved on")
    await chat.transfer(person(), conversation, "dave")
    await same_as_fresh("transferred")
    await chat.close_conversation(person("dave"), conversation)
    await same_as_fresh("closed")
    await chat.post_event("t1", conversation, "call_ended", {"duration_s": 5}, "cb1:ended")
    await same_as_fresh("a call ended")
    await chat.visitor_send(visitor(), key(5), "One more question")
    await same_as_fresh("opened again")
    await chat.visitor_send(visitor("boris"), key(6), "Hello from Boris")
    await same_as_fresh("another visitor")
    await asyncio.gather(
        *(chat.visitor_send(visitor("boris"), key(n), str(n)) for n in range(10, 40)),
        *(chat.consultant_send(person(), conversation, key(n), str(n)) for n in range(10, 40)),
        chat.close_conversation(person(), conversation),
        return_exceptions=True,
    )
    await same_as_fresh("much at once")
    assert len(seen) == 17


async def test_a_visitor_who_writes_to_somebody_who_has_gone_waits_for_anyone(server: Server) -> None:
    first = await server.chat.visitor_send(visitor(), key(1), "Hello")
    await server.chat.consultant_send(person(), first.conversation_id, key(2), "Good morning")
    await server.settled()
    inbox = await server.listen()
    await server.chat.visitor_send(visitor(), key(3), "I would like three")
    await server.settled()
    assert inbox.sorted()[0]["assigneeId"] == "carol"

    server.attendance.gone.add("carol")
    alerts = len(server.publisher.events("alert:raised"))
    await server.chat.visitor_send(visitor(), key(4), "Are you still there?")
    await server.settled()

    assert (inbox.sorted()[0]["status"], inbox.sorted()[0]["assigneeId"]) == ("waiting", None)
    assert inbox.sorted() == await server.fresh_inbox()
    told = [one for one in server.publisher.events("alert:raised")[alerts:] if one.to == ("staff", "t1")]
    assert [one.payload["kind"] for one in told] == ["conversation_waiting"]
    timeline = await whole_timeline(server.chat, first.conversation_id)
    assert timeline[-1].event is not None and timeline[-1].event.name == "conversation_released"


async def test_what_is_told_of_a_chat_in_the_moment_it_is_read_says_that_nothing_is_unread(server: Server) -> None:
    first = await server.chat.visitor_send(visitor(), key(1), "one")
    await server.chat.visitor_send(visitor(), key(2), "two")
    await server.settled()
    inbox = await server.listen()
    server.store.before_counting = asyncio.Event()

    reading = asyncio.create_task(server.chat.consultant_read(person(), first.conversation_id, 2, read=True))
    await until(lambda: server.publisher.events("chat:read"))
    server.chat._tell_state("t1", first.conversation_id)
    await server.settled()

    assert inbox.sorted()[0]["unread"] == 0
    server.store.before_counting.set()
    await reading
    assert inbox.sorted() == await server.fresh_inbox()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "message_empty"),
        (" \n\t \r\n", "message_empty"),
        ("\x00\x07", "message_empty"),
        ("\u200b\u2060 \ufeff", "message_empty"),
        ("x" * 4001, "message_too_long"),
        ("x" * 5000, "message_too_long"),
    ],
)
async def test_texts_that_are_none_are_refused_and_leave_nothing_behind(server: Server, text: str, code: str) -> None:
    with pytest.raises(AppError) as refused:
        await server.chat.visitor_send(visitor(), key(1), text)

    assert refused.value.code == code
    assert await server.chat.conversation_of("t1", "anna") is None


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '{"$gt": ""}', "$where", "a\nb\tc", "NaN", "👩‍👩‍👧 שלום"]
)
async def test_markup_and_operators_are_only_text(server: Server, text: str) -> None:
    await server.chat.visitor_send(visitor(), key(1), text)

    [stored] = (await server.chat.visitor_sync(visitor(), 0, None)).messages
    assert stored.text == text


async def test_what_belongs_to_another_account_does_not_exist(server: Server) -> None:
    sent = await server.chat.visitor_send(visitor(), key(1), "Hello")
    stranger = person("olga", tenant_id="t2")
    conversation = sent.conversation_id

    for attempt in (
        lambda: server.chat.claim(stranger, conversation),
        lambda: server.chat.consultant_send(stranger, conversation, key(2), "Hi"),
        lambda: server.chat.consultant_send(stranger, conversation, key(2), "Hi", note=True),
        lambda: server.chat.consultant_sync(stranger, 0, conversation),
        lambda: server.chat.consultant_typing(stranger, conversation, True),
        lambda: server.chat.consultant_read(stranger, conversation, 1, read=True),
        lambda: server.chat.transfer(stranger, conversation, "carol"),
        lambda: server.chat.close_conversation(stranger, conversation),
        lambda: server.chat.context("t2", conversation),
        lambda: server.chat.post_event("t2", conversation, "call_ended", {}, "k"),
        lambda: server.chat.visitor_sync(visitor("anna", tenant_id="t2"), 0, conversation),
        lambda: server.chat.visitor_sync(visitor("boris"), 0, conversation),
    ):
        with pytest.raises(AppError) as refused:
            await attempt()
        assert refused.value.code == "not_found"
    assert await server.chat.inbox(stranger) == []
    assert [told.to for told in server.publisher.told if "t2" in told.to] == []


async def test_conversations_of_who_left_wait_again_and_nobody_elses_do(server: Server) -> None:
    console = server.thread("/console")
    first = await server.chat.visitor_send(visitor(), key(1), "Hello")
    await server.chat.claim(person("carol"), first.conversation_id)
    other = await server.chat.visitor_send(visitor("boris"), key(2), "Good day")
    await server.chat.claim(person("dave"), other.conversation_id)

    await asyncio.gather(server.chat.release("t1", "carol"), server.chat.release("t1", "carol"))
    await server.settled()

    conversation = await server.chat.conversation("t1", first.conversation_id)
    assert (conversation.status, conversation.assignee_id) == ("waiting", None)
    assert (await server.chat.conversation("t1", other.conversation_id)).assignee_id == "dave"
    assert events(await whole_timeline(server.chat, first.conversation_id)) == [
        "conversation_assigned",
        "conversation_released",
    ]
    assert [m["event"]["data"] for m in console.messages if m["event"]][-1] == {"name": "Carol"}
    assert (await server.chat.claim(person("dave"), first.conversation_id)).conversation.assignee_id == "dave"


async def test_a_conversation_waits_for_a_department_whose_people_are_alerted(server: Server) -> None:
    sent = await server.chat.visitor_send(visitor(), key(1), "Where is my parcel?")
    await server.chat.claim(person("carol"), sent.conversation_id)
    before = len(server.publisher.events("alert:raised"))

    handed = (await server.chat.requeue(person("carol"), sent.conversation_id, "sales")).conversation
    again = (await server.chat.requeue(person("carol"), sent.conversation_id, "sales")).conversation
    await server.settled()

    assert handed == again
    assert (handed.status, handed.assignee_id, handed.department_id) == ("waiting", None, "sales")
    assert handed.waiting_since is not None
    alerts = server.publisher.events("alert:raised")[before:]
    assert [told.to for told in alerts] == [("person", "dave")]
    timeline = await whole_timeline(server.chat, sent.conversation_id)
    assert (events(timeline)[-1], timeline[-1].event.data) == ("conversation_transferred", {"name": "Sales"})
    # It keeps the mark while somebody answers, and loses it when the visitor comes back with another question.
    taken = (await server.chat.claim(person("dave"), sent.conversation_id)).conversation
    assert taken.department_id == "sales"
    await server.chat.close_conversation(person("dave"), sent.conversation_id)
    await server.chat.visitor_send(visitor(), key(2), "Something else")
    assert (await server.chat.conversation("t1", sent.conversation_id)).department_id is None


async def test_back_to_the_queue_is_for_everyone_and_nobody_is_not_found(server: Server) -> None:
    sent = await server.chat.visitor_send(visitor(), key(1), "Hello")
    await server.chat.claim(person("carol"), sent.conversation_id)
    waiting = (await server.chat.requeue(person("carol"), sent.conversation_id, None)).conversation
    assert (waiting.status, waiting.department_id) == ("waiting", None)
    with pytest.raises(AppError, match="not_found"):
        await server.chat.requeue(person("carol"), sent.conversation_id, "nowhere")
    await server.chat.close_conversation(person("carol"), sent.conversation_id)
    with pytest.raises(AppError, match="conversation_closed"):
        await server.chat.requeue(person("carol"), sent.conversation_id, "sales")
