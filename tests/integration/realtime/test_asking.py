"""What an honest client gets: acknowledgements, order, rooms."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.realtime.world import SEND, Raw, raw, running


async def test_a_request_is_acknowledged_with_its_data() -> None:
    async with running() as world, raw(world) as anna:
        assert (await anna.join()).startswith('40/visitor,{"sid":')

        assert await anna.ask("chat:typing", {"typing": True}) == {"ok": True, "data": {}}
        [(event, who, payload)] = world.handled
        assert (event, who.visitor_id, who.tenant_id, payload) == ("chat:typing", "anna", "t1", {"typing": True})


async def test_a_refusal_carries_its_code_and_what_the_words_need() -> None:
    async with running() as world, raw(world) as anna:
        await anna.join()

        answer = await anna.ask("chat:send", SEND | {"text": "too long"})

        assert answer == {"ok": False, "error": {"code": "message_too_long", "details": {"max": 4000}}}


async def test_a_bug_of_ours_is_an_internal_error_without_its_words() -> None:
    async with running() as world, raw(world) as anna:
        await anna.join()

        answer = await anna.ask("chat:send", SEND | {"text": "crash"})

        assert answer == {"ok": False, "error": {"code": "internal_error", "details": {}}}
        assert await anna.ask("chat:send", SEND) == {"ok": True, "data": {}}


async def test_a_payload_that_breaks_its_contract_is_refused_without_repeating_it() -> None:
    async with running() as world, raw(world) as anna:
        await anna.join()

        answer = await anna.ask("chat:send", {"clientMessageId": {"$gt": ""}, "text": "secret"})

        assert answer["error"]["code"] == "bad_request"
        assert "secret" not in str(answer) and "$gt" not in str(answer)
        assert world.handled == []


async def test_two_messages_of_one_visitor_stay_in_order() -> None:
    async with running() as world, raw(world) as anna:
        await anna.join()
        await anna.say('42/visitor,1["chat:send",{"clientMessageId":"00000000-1","text":"wait"}]')
        await anna.say('42/visitor,2["chat:send",{"clientMessageId":"00000000-2","text":"second"}]')
        await world.until(lambda: len(world.handled) == 1)
        assert [payload["text"] for _, _, payload in world.handled] == ["wait"]

        world.gate.set()

        assert await anna.answer(1) == {"ok": True, "data": {}}
        assert await anna.answer(2) == {"ok": True, "data": {}}
        assert [payload["text"] for _, _, payload in world.handled] == ["wait", "second"]


async def test_a_role_that_may_not_is_told_so() -> None:
    async with running() as world, raw(world) as mark:
        await mark.join("/console", {"token": "tok-mark"})

        answer = await mark.ask("chat:claim", {"conversationId": "c1"}, "/console")

        assert answer["error"]["code"] == "forbidden"
        assert world.handled == []


async def test_visitors_and_staff_hear_only_what_is_theirs() -> None:
    draining = {"retryInMs": 1}
    async with (
        running() as world,
        raw(world) as anna,
        raw(world) as anna_tab,
        raw(world) as bob,
        raw(world) as carol,
        raw(world) as olga,
    ):
        visitor = {"protocol": 1, "siteKey": "shop"}
        await anna.join(auth=visitor | {"token": "anna"})
        await anna_tab.join(auth=visitor | {"token": "anna"})
        await bob.join(auth=visitor | {"token": "bob"})
        await carol.join("/console", {"token": "tok-carol"})
        await olga.join("/console", {"token": "tok-olga"})
        tell = world.realtime.publisher

        tell.to_visitor("t1", "anna", "server:draining", draining)
        tell.to_visitor("t2", "anna", "server:draining", {"retryInMs": 666})
        tell.to_staff("t1", "server:draining", draining)
        tell.to_staff("t2", "server:draining", {"retryInMs": 2})
        tell.to_person("t1", "carol", "server:draining", {"retryInMs": 3})

        assert await anna.hear() == await anna_tab.hear() == '42/visitor,["server:draining",{"retryInMs":1}]'
        assert await carol.hear() == '42/console,["server:draining",{"retryInMs":1}]'
        assert await carol.hear() == '42/console,["server:draining",{"retryInMs":3}]'
        assert await olga.hear() == '42/console,["server:draining",{"retryInMs":2}]'
        await nothing_more(anna, anna_tab, bob, carol, olga)


async def nothing_more(*clients: Raw) -> None:
    """The answer to a request is the next thing each of them hears."""
    for client in clients:
        await client.say("42/nowhere,[]")  # not joined there: silently counted
    for client in clients:
        namespace = "/visitor" if clients.index(client) < 3 else "/console"
        await client.say(f'42{namespace},77["chat:nothing",{{}}]')
        assert (await client.hear()).startswith(f"43{namespace},77[")


async def test_online_means_that_a_tab_is_connected() -> None:
    async with running() as world:
        tell = world.realtime.publisher
        async with raw(world) as anna:
            await anna.join()
            assert tell.is_online_visitor("t1", "anna")
            assert not tell.is_online_visitor("t2", "anna")
        await world.until(lambda: not tell.is_online_visitor("t1", "anna"))
        await world.until(lambda: [name for name, _, _ in world.hooks] == ["connect", "disconnect"])


async def test_signing_out_ends_the_sockets_of_that_session_only() -> None:
    async with running() as world, raw(world) as carol, raw(world) as mark:
        await carol.join("/console", {"token": "tok-carol"})
        await mark.join("/console", {"token": "tok-mark"})

        await world.realtime.publisher.disconnect_session("session-carol")

        assert await carol.hear() == "41/console,"
        await carol.gone()
        assert await mark.ask("people:list", {}, "/console") == {"ok": True, "data": {}}


async def test_two_namespaces_share_one_connection() -> None:
    async with running() as world, raw(world) as both:
        assert (await both.join()).startswith("40/visitor,")
        assert (await both.join("/console", {"token": "tok-carol"})).startswith("40/console,")

        assert await both.ask("chat:typing", {"typing": True}) == {"ok": True, "data": {}}
        assert await both.ask("people:list", {}, "/console") == {"ok": True, "data": {}}
        await both.say("41/visitor,")
        assert await both.ask("people:list", {}, "/console") == {"ok": True, "data": {}}
        assert not world.realtime.publisher.is_online_visitor("t1", "anna")
        assert world.realtime.publisher.is_online_person("t1", "carol")


async def test_an_answer_to_a_ping_does_not_wait_for_a_slow_handler() -> None:
    from server.realtime import SocketLimits

    async with running(limits=SocketLimits(ping_interval_s=0.05, ping_timeout_s=1.0)) as world, raw(world) as anna:
        await anna.join()
        await anna.say('42/visitor,1["chat:send",{"clientMessageId":"00000000-1","text":"wait"}]')
        pings = 0
        async with asyncio.timeout(5):
            while pings < 5:
                message = await anna.ws.receive()
                if message.data == "2":
                    pings += 1
                    await anna.say("3")
        world.gate.set()
        assert await anna.answer(1) == {"ok": True, "data": {}}


@pytest.mark.parametrize("event", ["chat:send", "callback:request"])
async def test_an_event_without_an_acknowledgement_is_handled_too(event: str) -> None:
    async with running() as world, raw(world) as anna:
        await anna.join()
        payloads = {"chat:send": SEND, "callback:request": {"clientRequestId": "00000000-1", "via": "phone"}}
        import json

        await anna.say(f"42/visitor,{json.dumps([event, payloads[event]])}")
        await world.until(lambda: [name for name, _, _ in world.handled] == [event])
