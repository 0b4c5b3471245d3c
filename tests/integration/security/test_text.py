"""What people write comes back as they wrote it, whatever it looks like, and is never anything but text."""

from __future__ import annotations

from server.contracts.registry import load_contracts
from server.ids import new_id
from tests.integration.security.payloads import client_id
from tests.integration.security.strings import EMPTY, STRINGS, as_line, as_text
from tests.integration.security.world import World, http_code


async def test_messages_come_back_as_they_were_written(world: World) -> None:
    shop = world.lamps
    async with world.visitor(shop) as visitor, world.person(shop, "admin") as person:
        conversation_id = ""
        for text in STRINGS:
            sent = (await visitor.data("chat:send", {"clientMessageId": client_id(), "text": text}))["message"]
            conversation_id = sent["conversationId"]
            assert sent["text"] == as_text(text)
            answered = {"conversationId": conversation_id, "clientMessageId": client_id(), "text": text}
            assert (await person.data("chat:send", answered))["message"]["text"] == as_text(text)

        expected = [as_text(text) for text in STRINGS for _ in range(2)]
        for socket, key in ((visitor, {}), (person, {"conversationId": conversation_id})):
            kept = []
            while len(kept) < len(expected):
                page = await socket.data("chat:sync", {"afterSeq": kept[-1]["seq"] if kept else 0, **key})
                load_contracts().validate("SyncReply", page)
                kept += page["messages"]
                if kept[-1]["seq"] == page["lastSeq"]:
                    break
            assert [one["text"] for one in kept if one["kind"] == "text"] == expected
            told = [one["message"]["text"] for one in socket.told("chat:message") if one["message"]["kind"] == "text"]
            told_here = [text for text in told if text in set(expected)]
            assert told_here == expected
        [listed] = [
            one for one in (await person.data("inbox:list", {}))["conversations"] if one["id"] == conversation_id
        ]
        assert listed["lastText"] and len(listed["lastText"]) <= 200


async def test_a_message_of_nothing_visible_is_empty(world: World) -> None:
    async with world.visitor(world.lamps) as visitor:
        for text in EMPTY:
            assert await visitor.code("chat:send", {"clientMessageId": client_id(), "text": text}) == "message_empty"
        too_long = {"clientMessageId": client_id(), "text": "\U0001f600" * 4001}
        answer = await visitor.ask("chat:send", too_long)
        assert answer["error"] == {"code": "message_too_long", "details": {"max": 4000}}
        assert await visitor.data("chat:sync", {"afterSeq": 0}) == {"messages": [], "lastSeq": 0}


async def test_pages_keep_their_titles_and_only_web_addresses_are_addresses(world: World) -> None:
    shop = world.lamps
    base = f"{shop.origin}/needle/"
    visitor_id = new_id()
    for start in range(0, len(STRINGS), 10):  # a connection may say so much at once
        async with world.visitor(shop, visitor_id) as visitor:
            await visitor.data("visit:start", {"page": {"url": base, "title": "needle"}})
            for number, text in enumerate(STRINGS[start : start + 10], start):
                short = text[:500]
                page = {"url": f"{base}{number}", "title": short, "referrer": f"https://search.example/?q={short}"}
                await visitor.data("visit:page", {"page": page})
                # what is no web address is no address at all
                for url in (short, f"javascript:{short}", f"data:text/html,{short}"):
                    if not url.lower().startswith(("http://", "https://")):
                        await visitor.data("visit:page", {"page": {"url": url, "title": "not a page"}})
    async with world.visitor(shop, visitor_id) as visitor, world.person(shop, "admin") as person:
        cards = (await person.data("visitors:list", {}))["visitors"]
        [card] = [one for one in cards if one["page"]["url"].startswith(base)]
        load_contracts().validate("VisitorCard", card)
        titles = {entry["url"].removeprefix(base): entry["title"] for entry in card["trail"]}
        assert len(card["trail"]) == 50
        for number, text in list(enumerate(STRINGS))[-40:]:
            assert titles[str(number)] == as_line(text[:500], 512)
        assert all(entry["url"].startswith(base) for entry in card["trail"])


async def test_where_a_visit_came_from_is_kept_as_text(world: World) -> None:
    shop = world.lamps
    for text in STRINGS[::9]:
        short = text[:200]
        async with world.visitor(shop) as visitor, world.person(shop, "admin") as person:
            told = {"source": short, "medium": short, "campaign": short, "term": short, "content": short}
            told |= {"referrer": short, "landingUrl": short}
            page = {"url": f"{shop.origin}/needle", "title": "needle"}
            started = await visitor.data("visit:start", {"page": page, "attribution": told})
            cards = (await person.data("visitors:list", {}))["visitors"]
            [card] = [one for one in cards if one["id"] == started["visitorId"]]
            kept = card["attribution"]
            assert {kept[part] for part in ("source", "medium", "campaign", "term", "content")} == {as_line(short, 255)}
            for name in ("referrer", "landingUrl"):
                assert kept.get(name, "https://").startswith(("https://", "http://"))


async def test_a_callbacks_name_and_topic_may_be_any_text(world: World) -> None:
    async with world.visitor(world.lamps) as visitor:
        for text in STRINGS:
            asked = {"clientRequestId": client_id(), "phone": "1", "region": "MD", "via": "phone"}
            asked |= {"name": text[:120], "topic": text[:200]}
            code = await visitor.code("callback:request", asked)
            assert code.startswith("phone_"), (text, code)


async def test_a_sites_name_is_kept_as_one_line_of_text(world: World) -> None:
    shop = world.chairs
    path, bearer = f"/api/v1/sites/{shop.site_id}", {"Authorization": f"Bearer {shop.tokens['admin']}"}
    async with world.http() as http:
        for text in [*STRINGS, shop.name.title()]:
            name = text[:120]
            expected = as_line(name, 120)
            async with http.patch(path, json={"name": name}, headers=bearer) as answer:
                assert await http_code(answer) == "ok"
                assert (await answer.json())["name"] == expected
            async with http.get(f"/api/v1/widget/{shop.site_key}") as answer:
                assert answer.content_type == "application/json"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert (await answer.json())["site"]["name"] == expected
