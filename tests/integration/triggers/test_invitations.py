"""A signal becomes an invitation, once, in whichever tab; and what became of it."""

from __future__ import annotations

import asyncio
import base64
from datetime import timedelta

from server.realtime.rates import SIGNALS
from server.triggers.model import Summary
from server.triggers.visit import Signal
from tests.integration.triggers.world import HOME, ORIGIN, OTHER_ORIGIN, SHOES, World, a_rule, until


async def test_a_visitor_is_asked_to_watch_only_for_what_live_rules_need(world: World) -> None:
    await world.draft(a_rule({"kind": "idle", "atLeastS": 60}))
    async with world.visiting() as tab:
        assert tab.started["watch"] == []
    both = [{"kind": "time", "atLeastS": 30}, {"kind": "not", "condition": {"kind": "exit", "device": "touch"}}]
    await world.publish(a_rule({"kind": "all", "conditions": both}))
    async with world.visiting() as tab:
        assert tab.started["watch"] == [{"kind": "exit", "name": "touch"}, {"kind": "time", "value": 30}]


async def test_rules_that_change_while_a_visit_is_remembered_are_the_ones_its_page_watches_for(world: World) -> None:
    await world.publish(a_rule({"kind": "time", "atLeastS": 30}))
    async with world.visiting() as tab:
        service = world.ringback.invitations
        remembered, go_on = asyncio.Event(), asyncio.Event()
        summary, now = service._store.summary, service._now

        async def slowly(tenant_id: str, visit_id: str) -> Summary | None:
            remembered.set()
            await go_on.wait()
            return await summary(tenant_id, visit_id)

        service._store.summary = slowly  # type: ignore[method-assign]
        service._now = lambda: now() + timedelta(minutes=1)  # not a visit of the last seconds,
        service._visits.clear()  # and after a restart
        starting = asyncio.create_task(tab.socket.data("visit:start", {"page": HOME}))
        await remembered.wait()
        await world.publish(a_rule({"kind": "idle", "atLeastS": 60}))
        go_on.set()
        watched = (await starting)["watch"]

    assert sorted(one["kind"] for one in watched) == ["idle", "time"]


async def test_a_signal_becomes_an_invitation_in_the_visitors_language(world: World) -> None:
    rule = await world.publish(a_rule())
    page = {**SHOES, "url": f"{ORIGIN}/shoes?utm_term=red%20shoes"}
    async with world.visiting(page, locale="ro-MD") as tab:
        await tab.go()
        shown = await tab.invited()

    world.ringback.contracts.validate("InvitationShow", shown)
    assert shown["ruleId"] == rule["id"] and shown["automatic"] is True and shown["page"] == page["url"]
    assert shown["content"] == {"locale": "ro", "title": "Bună", "text": "Vă pot ajuta cu red shoes?", "button": "Da"}
    assert shown["action"] == {"kind": "chat"} and shown["consultant"] is None


async def test_a_rule_about_the_page_alone_fires_after_the_visit_began(world: World) -> None:
    await world.publish(a_rule({"kind": "url", "op": "is", "value": "/shoes"}))
    async with world.visiting(HOME) as tab:
        await tab.socket.data("visit:page", {"page": SHOES})
        assert (await tab.invited())["content"]["text"] == "May I help with Shoes?"
    async with world.visiting(SHOES) as tab:
        await tab.invited()
        heard = tab.socket.heard
        assert next(n for n, one in enumerate(heard) if one.startswith("43")) < next(
            n for n, one in enumerate(heard) if "invitation:show" in one
        )


async def test_all_facts_of_one_page_count_together_and_a_new_page_starts_over(world: World) -> None:
    conditions = [{"kind": "time", "atLeastS": 30}, {"kind": "scroll", "atLeastPercent": 50}]
    await world.publish(a_rule({"kind": "all", "conditions": conditions}))
    async with world.visiting() as tab:
        await tab.signal("time", value=30)
        await tab.socket.data("visit:page", {"page": HOME})
        await tab.signal("scroll", value=80)
        assert tab.invitations == []
        await tab.signal("time", value=30)
        assert (await tab.invited())["page"] == HOME["url"]


async def test_leaving_is_a_moment_and_not_a_state(world: World) -> None:
    conditions = [{"kind": "exit", "device": "desktop"}, {"kind": "scroll", "atLeastPercent": 50}]
    await world.publish(a_rule({"kind": "all", "conditions": conditions}))
    async with world.visiting() as tab:
        await tab.signal("exit", name="desktop")
        await tab.signal("scroll", value=80)
        await tab.signal("exit", name="touch")
        assert tab.invitations == []
        await tab.signal("exit", name="desktop")
        await tab.invited()


async def test_once_a_visit_across_two_tabs_and_a_reconnect(world: World) -> None:
    await world.publish(a_rule())
    async with world.visiting() as first, world.visiting(HOME, token=first.token) as second:
        await asyncio.gather(*(tab.go() for tab in (first, second) * 5))
        shown = await first.invited()
        assert await second.invited() == shown
        assert len(first.invitations) == len(second.invitations) == 1
    async with world.visiting(token=first.token) as again:
        await again.go()
        await again.go()
        assert again.invitations == []


async def test_a_dismissal_is_for_the_whole_visit_and_for_every_tab(world: World) -> None:
    await world.budget(perVisit=5, perDay=5)
    await world.publish(a_rule())
    async with world.visiting() as first, world.visiting(HOME, token=first.token) as second:
        await first.go()
        assert await first.outcome((await first.invited())["impressionId"], "dismissed") == "ok"
        await second.go()
        await first.go()
        assert len(first.invitations) == len(second.invitations) == 1
    world.ringback.invitations._visits.clear()  # as if the server had started again
    async with world.visiting(token=first.token) as later:
        await later.go()
        assert later.invitations == []


async def test_a_server_that_starts_again_knows_what_was_shown_and_what_the_page_told(world: World) -> None:
    await world.budget(perVisit=2, perDay=3)
    either = [{"kind": "event", "name": "go"}, {"kind": "event", "name": "cart", "data": [{"name": "sum", "value": 9}]}]
    await world.publish(
        a_rule({"kind": "any", "conditions": either[:1]}, caps={"perVisit": 1, "perDay": None, "perVisitor": None})
    )
    later = [either[1], {"kind": "pages", "atLeast": 2}]
    await world.publish(a_rule({"kind": "all", "conditions": later}, name="Later"))
    async with world.visiting() as tab:
        await tab.go()
        await tab.invited()
        await tab.signal("event", name="cart", data={"sum": 9})
        await asyncio.sleep(3.1)  # a visit younger than this has nothing written down
        await world.ringback.invitations.flush()
    world.ringback.invitations._visits.clear()
    async with world.visiting(HOME, token=tab.token) as again:
        assert (await again.invited())["ruleId"] != tab.invitations[0]["ruleId"]
        await again.go()
        assert len(again.invitations) == 1


async def test_accepting_puts_the_text_into_the_chat_once_and_labelled_automatic(world: World) -> None:
    await world.publish(a_rule())
    async with world.console() as consultant, world.visiting() as tab:
        await tab.go()
        shown = await tab.invited()
        for outcome in ("shown", "accepted", "accepted", "shown", "dismissed", "accepted"):
            assert await tab.outcome(shown["impressionId"], outcome) == "ok"
        said = (await tab.socket.data("chat:sync", {"afterSeq": 0}))["messages"]
        assert [(one["author"]["kind"], one["text"]) for one in said] == [("automatic", "May I help with Shoes?")]
        told = await consultant.until(lambda: consultant.told("chat:state"))
        assert told[-1]["conversation"]["lastAuthorKind"] == "automatic" and told[-1]["conversation"]["unread"] == 0
        listed = await world.get(f"sites/{world.site_id}/rules")
        assert listed["rules"][0]["counts"] == {"shown": 1, "accepted": 1, "dismissed": 0}


async def test_an_available_consultant_invites_by_name_and_photo_and_nobody_does_when_nobody_is_there(
    world: World,
) -> None:
    colleagues = (await world.get("people", "admin"))["colleagues"]
    path = next(f"people/{one['person']['id']}/photo" for one in colleagues if one["person"]["name"] == "Consultant")
    image = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (8).to_bytes(4) * 2 + bytes(20)).decode()
    photo = await world.ask("PUT", path, {"image": image}, who="admin")
    rule = a_rule(invitee="consultant")
    rule["texts"][0]["text"] = "{consultant|We} can help."
    await world.publish(rule)
    async with world.visiting() as tab:
        await tab.go()
        assert tab.invitations == []
        async with world.console() as consultant:
            await consultant.data("presence:set", {"status": "away"})
            await tab.go()
            assert tab.invitations == []
            await consultant.data("presence:set", {"status": "available"})
            await tab.go()
            shown = await tab.invited()
        assert shown["consultant"]["name"] == "Consultant" and shown["content"]["text"] == "Consultant can help."
        shown_at = photo.body["colleague"]["person"]["photoUrl"]
        assert shown["consultant"]["photoUrl"] == f"http://127.0.0.1:1{shown_at}"
        assert await tab.outcome(shown["impressionId"], "accepted") == "ok"
        said = (await tab.socket.data("chat:sync", {"afterSeq": 0}))["messages"][0]
        assert said["author"] == {"kind": "automatic", "id": shown["consultant"]["id"], "name": "Consultant"}


async def test_nobody_is_interrupted_in_a_chat_or_while_a_call_is_on_its_way(world: World) -> None:
    await world.publish(a_rule())
    async with world.visiting() as tab:
        await tab.socket.data("chat:send", {"clientMessageId": "message-1", "text": "Hello"})
        await tab.go()
        assert tab.invitations == []
    async with world.visiting() as tab:
        asked = {"clientRequestId": "request-1", "phone": "069 212 349", "region": "MD", "via": "phone"}
        assert await tab.socket.code("callback:request", asked | {"atMs": 1}) == "callback_time_invalid"
        await tab.go()
        await tab.invited()

    async def logged() -> list[str]:
        told = await world.get(f"sites/{world.site_id}/rules/decisions")
        world.ringback.contracts.validate("LoggedDecisions", told)
        return [one["code"] for one in told["decisions"]]

    assert await logged() == ["fired", "in_conversation"]


async def test_rules_that_change_reach_browsers_that_are_there(world: World) -> None:
    async with world.visiting() as tab:
        rule = await world.publish(a_rule({"kind": "idle", "atLeastS": 9}))
        told = await tab.socket.until(lambda: tab.socket.told("watch:changed"))
        assert told == [{"watch": [{"kind": "idle", "value": 9}]}]
        await tab.signal("idle", value=9)
        await tab.invited()
        body = {"version": rule["version"]}
        assert (await world.ask("POST", f"rules/{rule['id']}/disable", body)).body["rule"]["enabled"] is False
        await tab.socket.until(lambda: len(tab.socket.told("watch:changed")) == 2)
        assert tab.socket.told("watch:changed")[-1] == {"watch": []}


# Bad input


async def test_an_impression_of_somebody_else_or_of_nobody_is_not_found(world: World) -> None:
    await world.publish(a_rule())
    await world.publish(a_rule(), world.other_id)
    async with world.visiting() as tab, world.visiting() as other:
        await tab.go()
        shown = await tab.invited()
        async with world.visiting(key="other-key", origin=OTHER_ORIGIN) as elsewhere:
            for foreign in (other, elsewhere):
                for outcome in ("shown", "accepted", "dismissed"):
                    assert await foreign.outcome(shown["impressionId"], outcome) == "not_found"
        assert await tab.outcome("no-such-impression", "accepted") == "not_found"
        assert await tab.outcome(shown["impressionId"], "eaten") == "bad_request"
        assert (await other.socket.data("chat:sync", {"afterSeq": 0}))["messages"] == []


async def test_a_token_of_one_site_opens_no_other_and_signals_stay_on_their_site(world: World) -> None:
    rule = await world.publish(a_rule())
    async with world.visiting() as tab, world.visiting(key="other-key", origin=OTHER_ORIGIN) as elsewhere:
        await elsewhere.go()
        assert elsewhere.started["watch"] == []
        assert await tab.signal("event", name="go", page={"url": f"{OTHER_ORIGIN}/shoes"}) == "ok"
        assert await tab.signal("event", name="go", page={"url": "javascript:alert(1)"}) == "ok"
        assert tab.invitations == elsewhere.invitations == []
        assert await tab.signal("event", name="go", page=SHOES) == "ok"
        assert (await tab.invited())["ruleId"] == rule["id"]


MALFORMED: list[dict[str, object]] = [
    {},
    {"kind": ""},
    {"kind": 5},
    {"kind": "time", "value": -1},
    {"kind": "time", "value": 1.5},
    {"kind": "time", "value": "30"},
    {"kind": "event", "name": "a b"},
    {"kind": "event", "name": "go", "data": []},
    {"kind": "event", "name": "go", "data": {"$gt": ""}},
    {"kind": "event", "name": "go", "data": {"a": {"b": 1}}},
    {"kind": "event", "name": "go", "data": {"a": "x" * 201}},
    {"kind": "event", "name": "go", "data": {f"n{number}": 1 for number in range(21)}},
    {"kind": "event", "name": "go", "surprise": 1},
    {"kind": "event", "name": "go", "page": "https://shop.example/"},
]


async def test_a_malformed_signal_is_refused_and_means_nothing(world: World) -> None:
    await world.publish(a_rule())
    async with world.visiting() as tab:
        for wrong in MALFORMED:
            assert await tab.socket.code("visit:signal", wrong) == "bad_request", wrong
        assert tab.invitations == []


async def test_unknown_facts_and_facts_before_a_visit_are_ignored(world: World) -> None:
    await world.publish(a_rule())
    async with world.joined() as socket:
        assert await socket.code("visit:signal", {"kind": "event", "name": "go"}) == "ok"
    async with world.visiting() as tab:
        for kind, more in (("weather", {}), ("event", {}), ("exit", {"name": "window"}), ("time", {"value": 10**9})):
            assert await tab.signal(kind, **more) == "ok"
        assert tab.invitations == []


async def test_a_flood_of_signals_is_limited_and_the_chat_goes_on(world: World) -> None:
    await world.publish(a_rule({"kind": "event", "name": "never"}))
    async with world.visiting() as tab:
        for number in range(SIGNALS.burst * 3):
            await tab.socket.say(f'42/visitor,9{number}["visit:signal",{{"kind":"event","name":"e{number}"}}]')
        assert await tab.signal("event", name="go") == "rate_limited"
        sent = await tab.socket.data("chat:send", {"clientMessageId": "message-1", "text": "Hello"})
        assert sent["message"]["text"] == "Hello"
        visit = next(iter(world.ringback.invitations._visits.values()))
        assert len(visit.summary().events) <= SIGNALS.burst + 5


async def test_events_and_pages_of_one_visit_are_bounded(world: World) -> None:
    async with world.visiting() as tab:
        service = world.ringback.invitations
        visit = next(iter(service._visits.values()))
        for number in range(200):
            visit.took(Signal("event", name=f"e{number}", data={"n": number}), visit.last_at)
            visit.took(Signal("event", name="e0", data={"n": number}), visit.last_at)
        assert len(visit.summary().events) == 50 and len(visit.summary().events["e0"]) == 10
        for number in range(30):
            await tab.socket.data("visit:page", {"page": {"url": f"{ORIGIN}/{number}"}})
        assert len(visit.summary().peaks) == 20

    async def kept() -> bool:
        await service.flush()
        return not visit.is_dirty

    await until(kept)
