"""What operators can read, in logs and figures, holds nothing that people said or are."""

from __future__ import annotations

import asyncio
import json
import re

from server.ids import new_id
from tests.integration.security.conftest import secrets_of
from tests.integration.security.payloads import EVENTS
from tests.integration.security.world import NEEDLE, Shop, World

PHONE = "069 212 377"


async def _everything_once(world: World, shop: Shop) -> list[str]:
    """Do with private words all that is written to a log somewhere; return the words."""
    message, phone_digits = f"{NEEDLE}-message", PHONE.replace(" ", "")[1:]
    async with world.visitor(shop) as visitor, world.person(shop, "admin") as person:
        await visitor.data("visit:start", EVENTS["/visitor visit:start"](shop))
        sent = await visitor.data("chat:send", {"clientMessageId": new_id(), "text": message})
        here = {"conversationId": sent["message"]["conversationId"]}
        for phone in (PHONE, "112", "+7 999 222-22-22", f"{NEEDLE}-phone"):
            asked = {"clientRequestId": new_id(), "phone": phone, "region": "MD", "via": "phone", "name": message}
            await visitor.ask("callback:request", asked)
        await person.ask("call:start", {**here, "clientRequestId": new_id(), "phone": PHONE})
        await visitor.ask("chat:send", {"clientMessageId": "x", "text": message})
        await visitor.ask(f"{NEEDLE}-event", {"text": message})
        await visitor.say(f'42/visitor,99["chat:send",{{"text":"{message}"')
        await person.ask("chat:send", {**here, "clientMessageId": new_id(), "text": message})
    async with world.socket(Origin=f"https://{NEEDLE}-origin.example") as stranger:
        await stranger.join("/visitor", {"protocol": 1, "siteKey": f"{NEEDLE}-site"})
        await stranger.join("/visitor", {"protocol": 1, "siteKey": shop.site_key, "token": f"{NEEDLE}-token"})
        await stranger.join("/console", {"token": f"{NEEDLE}-session"})
    async with world.http() as http:
        wrong = {"email": f"{NEEDLE}@mail.example", "password": f"{NEEDLE}-password"}
        await http.post("/api/v1/session", json=wrong)
        await http.post("/api/v1/session", json=wrong | {"more": message})
        await http.post("/api/v1/session", data=f'{{"email":"{NEEDLE}'.encode())
        bearer = {"Authorization": f"Bearer {NEEDLE}-bearer"}
        await http.get(f"/api/v1/sites?email={NEEDLE}@mail.example", headers=bearer)
        await http.get(f"/{NEEDLE}-path")
        await http.patch(f"/api/v1/sites/{NEEDLE}-site", json={"name": message}, headers=bearer)
        signed = {"X-Twilio-Signature": f"{NEEDLE}-signature"}
        form = {"From": f"+373{phone_digits}", "SpeechResult": message}
        await http.post(f"/telephony/voice/{NEEDLE}-leg/{NEEDLE}-token", data=form, headers=signed)
    host, port = world.url.removeprefix("http://").split(":")
    for garbage in (
        f"{NEEDLE} / HTTP/9.9\r\n\r\n",
        f"GET /{NEEDLE} HTTP/1.1\r\n{NEEDLE} no colon\r\n\r\n",
        f"\x16\x03{NEEDLE}\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(garbage.encode())
        assert b"Traceback" not in await asyncio.wait_for(reader.read(), 5)
        writer.close()
    return [NEEDLE, phone_digits, "999222", "mail.example"]


def holds(text: str, word: str) -> bool:
    """Say whether a word is in a text. Digits behind a point are those of a time or a sum, and any may come up."""
    return word in (re.sub(r"(?<=\d)\.\d+", "", text) if word.isdigit() else text)


async def test_logs_hold_no_message_phone_address_token_or_password(world: World) -> None:
    words = await _everything_once(world, world.lamps)
    async with world.http() as http:  # the log is written in order: what came before this is there after it
        await http.post("/api/v1/session", json={})

    lines = world.log_lines()
    assert lines
    for line in lines:
        assert json.loads(line)["event"]
        assert "Traceback" not in line
        for word in (*words, *secrets_of(world)):
            assert not holds(line, word), line


async def test_figures_name_no_account_visitor_or_phone(world: World) -> None:
    words = await _everything_once(world, world.chairs)
    async with world.http() as http, http.get("/metrics") as answer:
        figures = await answer.text()

    assert "ringback_events_total" in figures and "ringback_requests_total" in figures
    private = world.lamps.private() | world.chairs.private() | {world.lamps.site_key, world.chairs.site_key}
    for word in (*words, *secrets_of(world), *private):
        assert not holds(figures, word), word
    # a stranger who makes things up makes no new series
    assert len(figures) < 200_000
