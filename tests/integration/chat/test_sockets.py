"""Chat through real sockets: the real server, the official client, the real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio
from aiohttp import web

from server.chat import socket as chat_socket
from server.chat import wire as chat_wire
from server.chat.service import ChatService
from server.chat.store import MongoChatStore
from server.chat.writer import MessageWriter
from server.clock import utc_now
from server.ids import new_id
from server.metrics import Metrics
from server.mongo import Database
from server.policy import POLICY
from server.principals import Visitor
from server.realtime import Realtime
from server.tasks import Tasks
from server.visitors import socket as visitors_socket
from server.visitors.service import VisitorService
from server.visitors.store import MongoVisitorStore
from tests.integration.chat.world import CONTRACTS, INDEXES, Attendance, People, key
from tests.integration.realtime.world import authenticate_console, authenticate_visitor

SITE = {
    "consultantsOnline": True,
    "siteId": "shop",
    "siteKey": "shop",
    "name": "Shop",
    "protocol": 1,
    "defaultLocale": "en",
    "locales": ["en"],
    "color": "#0055aa",
    "version": 1,
    "corner": "bottom-end",
    "desktop": {"x": 20, "y": 20},
    "phone": {"x": 20, "y": 20},
    "theme": "auto",
    "quiet": False,
    "texts": {},
    "country": "MD",
    "countries": [],
    "recording": "off",
    "privacyUrl": None,
    "departments": [],
}
PAGE = {"url": "https://shop.example/shoes?utm_source=mail", "title": "Shoes", "referrer": ""}


class Elsewhere:
    """What other features answer in the reply to `visit:start`."""

    def __init__(self) -> None:
        self.chat: ChatService

    async def site_config(self, who: Visitor) -> dict[str, Any]:
        return SITE

    async def wire_conversation(self, who: Visitor) -> dict[str, Any] | None:
        found = await self.chat.conversation_of(who.tenant_id, who.visitor_id)
        return chat_wire.conversation(found) if found else None

    async def offer(self, who: Visitor) -> dict[str, Any]:
        return {"offered": True, "etaS": None, "opensAtMs": None, "closed": None, "opensOffsetMin": None}

    async def open_callback(self, who: Visitor) -> None:
        return None


@asynccontextmanager
async def running(db: Database) -> AsyncIterator[str]:
    """Run the server; every reply and announcement is checked against its contract."""
    await db.ensure_indexes(INDEXES)
    realtime = Realtime(
        CONTRACTS,
        POLICY,
        authenticate_visitor=authenticate_visitor,
        authenticate_console=authenticate_console,
        is_known_origin=lambda origin: True,
        metrics=Metrics(),
        check_contracts=True,
    )
    tasks, elsewhere = Tasks(), Elsewhere()
    visitors = VisitorService(
        store=MongoVisitorStore(db.tenant_collection("visitors"), db.tenant_collection("counters")),
        announcer=visitors_socket.Announcements(realtime.publisher),
        presence=realtime.publisher,
        tasks=tasks,
        now=utc_now,
        new_id=new_id,
        sleep=asyncio.sleep,
    )
    store = MongoChatStore(db.tenant_collection("conversations"), db.tenant_collection("messages"), new_id)
    announcer = chat_socket.Announcements(realtime.publisher)
    chat = elsewhere.chat = ChatService(
        store=store,
        writer=MessageWriter(store, announcer, now=utc_now),
        announcer=announcer,
        visitors=visitors_socket.CardsForChat(visitors),
        people=People(),
        attendance=Attendance(),
        now=utc_now,
        new_id=new_id,
    )
    chat_socket.register(realtime.router, chat)
    visitors_socket.register(
        realtime.router,
        visitors,
        tokens=lambda who: f"signed-{who.visitor_id}",
        sites=elsewhere,
        conversations=elsewhere,
        callbacks=elsewhere,
    )
    app = web.Application()
    realtime.attach(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()
        await chat.close()
        await tasks.close(0)


class Client:
    """The official client in one namespace, which remembers what it was told."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.sio = socketio.AsyncClient(reconnection=False)

        async def hear(event: str, payload: dict[str, Any]) -> None:
            self.told.append((event, payload))

        self.sio.on("*", hear, namespace=namespace)

    async def ask(self, event: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        return dict(await self.sio.call(event, payload or {}, namespace=self.namespace, timeout=10))

    async def data(self, event: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask and return the reply's data; anything but success fails the test."""
        answer = await self.ask(event, payload)
        assert answer["ok"], answer
        return dict(answer["data"])

    def heard(self, event: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.told if name == event]

    @property
    def timeline(self) -> list[tuple[int, str, str]]:
        return [(m["message"]["seq"], m["message"]["kind"], m["message"]["text"]) for m in self.heard("chat:message")]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def joined(url: str, namespace: str, **auth: Any) -> AsyncIterator[Client]:
    client = Client(namespace)
    await client.sio.connect(url, auth=auth, namespaces=[namespace], transports=["websocket"])
    try:
        yield client
    finally:
        await client.sio.disconnect()


def tab(url: str, token: str = "anna", tab_id: str = "tab1", site_key: str = "shop") -> Any:
    return joined(url, "/visitor", protocol=1, siteKey=site_key, token=token, tabId=tab_id)


def console(url: str, token: str = "tok-carol") -> Any:
    return joined(url, "/console", token=token)


async def test_two_tabs_and_a_console_see_the_same_order(db: Database) -> None:
    async with running(db) as url, tab(url) as one, tab(url, tab_id="tab2") as two, console(url) as carol:
        await one.data("visit:start", {"page": PAGE})
        await two.data("visit:start", {"page": PAGE})
        first = (await one.data("chat:send", {"clientMessageId": key(0), "text": "begin"}))["message"]
        ref = {"conversationId": first["conversationId"]}
        await carol.data("chat:claim", ref)
        await asyncio.gather(
            *(one.data("chat:send", {"clientMessageId": key(n), "text": f"one {n}"}) for n in range(1, 15)),
            *(two.data("chat:send", {"clientMessageId": key(n + 100), "text": f"two {n}"}) for n in range(1, 15)),
            *(carol.data("chat:send", {**ref, "clientMessageId": key(n), "text": f"carol {n}"}) for n in range(15)),
        )
        await until(lambda: min(len(c.timeline) for c in (one, two, carol)) == 45)

        assert one.timeline == two.timeline == carol.timeline
        assert [seq for seq, _, _ in one.timeline] == list(range(1, 46))
        replayed = await one.data("chat:sync", {"afterSeq": 0})
        assert [(m["seq"], m["kind"], m["text"]) for m in replayed["messages"]] == one.timeline


async def test_who_comes_back_gets_what_was_said_meanwhile(db: Database) -> None:
    async with running(db) as url, console(url) as carol:
        async with tab(url) as anna:
            started = await anna.data("visit:start", {"page": PAGE})
            assert (started["conversation"], started["lastSeq"]) == (None, 0)
            sent = (await anna.data("chat:send", {"clientMessageId": key(1), "text": "Hello"}))["message"]
        ref = {"conversationId": sent["conversationId"]}
        await carol.data("chat:send", {**ref, "clientMessageId": key(1), "text": "Good morning"})
        await carol.data("chat:send", {**ref, "clientMessageId": key(2), "text": "Anna?", "note": True})

        async with tab(url) as anna:
            again = await anna.data("visit:start", {"page": PAGE})
            missed = await anna.data("chat:sync", {"afterSeq": 1})

        assert again["visitId"] == started["visitId"]
        assert (again["conversation"]["status"], again["lastSeq"]) == ("open", 4)
        assert [m["kind"] for m in missed["messages"]] == ["event", "text", "tombstone"]


async def test_a_consultant_sees_the_page_the_receipts_and_the_typing_as_they_happen(db: Database) -> None:
    async with running(db) as url, console(url) as carol, tab(url) as anna:
        await anna.data("visit:start", {"page": PAGE})
        await until(lambda: carol.heard("visitor:updated"))
        card = carol.heard("visitor:updated")[-1]["visitor"]
        assert (card["online"], card["page"]["title"], card["number"]) == (True, "Shoes", 1)
        assert card["attribution"]["source"] == "mail"
        sent = (await anna.data("chat:send", {"clientMessageId": key(1), "text": "Hello"}))["message"]
        await until(lambda: carol.heard("chat:state") and carol.heard("alert:raised"))
        ref = {"conversationId": sent["conversationId"]}
        await carol.data("chat:read", {**ref, "seq": 1, "kind": "delivered"})
        await carol.data("chat:read", {**ref, "seq": 1})
        await carol.data("chat:typing", ref)
        await anna.data("chat:typing", {"typing": False})
        await anna.data("visit:page", {"page": {"url": "https://shop.example/cart", "title": "Cart"}})
        await until(lambda: carol.heard("visitor:updated")[-1]["visitor"]["page"]["title"] == "Cart")
        await until(lambda: anna.heard("chat:typing"))

        assert anna.heard("chat:read")[-1]["receipts"]["consultantReadSeq"] == 1
        assert anna.heard("chat:typing")[0]["author"]["name"] == "Carol"
        [listed] = (await carol.data("visitors:list"))["visitors"]
        assert [entry["title"] for entry in listed["trail"]] == ["Shoes", "Cart"]
        assert listed["conversationId"] == sent["conversationId"]


async def test_the_desk_works_from_the_inbox_to_the_close(db: Database) -> None:
    async with running(db) as url, console(url) as carol, tab(url) as anna:

        async def told(count: int) -> None:
            # What is told is the newest state, so each step waits until the one before was told.
            await until(lambda: len(anna.heard("chat:state")) == count)

        sent = (await anna.data("chat:send", {"clientMessageId": key(1), "text": "Hello"}))["message"]
        await told(1)
        [waiting] = (await carol.data("inbox:list"))["conversations"]
        ref = {"conversationId": waiting["id"]}
        claimed = (await carol.data("chat:claim", ref))["conversation"]
        await told(2)
        handed = (await carol.data("chat:transfer", {**ref, "toPersonId": "dave"}))["conversation"]
        await told(3)
        closed = (await carol.data("chat:close", ref))["conversation"]
        refused = await carol.ask("chat:send", {**ref, "clientMessageId": key(2), "text": "One more"})
        await told(4)

        assert (waiting["id"], waiting["unread"]) == (sent["conversationId"], 1)
        assert [c["assigneeId"] for c in (claimed, handed, closed)] == ["carol", "dave", "dave"]
        assert refused["error"]["code"] == "conversation_closed"
        statuses = [heard["conversation"]["status"] for heard in anna.heard("chat:state")]
        assert statuses == ["waiting", "open", "open", "closed"]


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"clientMessageId": key(1), "text": ""}, "message_empty"),
        ({"clientMessageId": key(1), "text": " \n "}, "message_empty"),
        ({"clientMessageId": key(1), "text": "x" * 5000}, "message_too_long"),
        ({"clientMessageId": key(1), "text": "x" * 20001}, "bad_request"),
        ({"clientMessageId": key(1), "text": {"$gt": ""}}, "bad_request"),
        ({"clientMessageId": {"$ne": None}, "text": "x"}, "bad_request"),
        ({"clientMessageId": "short", "text": "x"}, "bad_request"),
        ({"clientMessageId": key(1), "text": "x", "seq": 7}, "bad_request"),
        ({"clientMessageId": key(1), "text": "x", "fileIds": ["f1"]}, "bad_request"),
        ({"clientMessageId": key(1), "text": float("nan")}, "bad_request"),
    ],
)
async def test_bad_messages_are_refused_with_a_stable_code_and_leave_nothing_behind(
    db: Database, payload: dict[str, Any], code: str
) -> None:
    async with running(db) as url, tab(url) as anna:
        answer = await anna.ask("chat:send", payload)

        assert answer["error"]["code"] == code
        assert await db.tenant_collection("conversations").count("t1", {}) == 0


async def test_markup_in_a_page_and_a_message_stays_text_and_dangerous_addresses_are_dropped(db: Database) -> None:
    async with running(db) as url, console(url) as carol, tab(url) as anna:
        page = {"url": "javascript:alert(1)", "title": "<b>x</b>\x00\n", "referrer": "data:text/html,x"}
        await anna.data("visit:start", {"page": page})
        sent = await anna.data("chat:send", {"clientMessageId": key(1), "text": "<img src=x onerror=alert(1)>"})
        [listed] = (await carol.data("inbox:list"))["conversations"]

        assert sent["message"]["text"] == listed["lastText"] == "<img src=x onerror=alert(1)>"
        assert (listed["visitor"]["page"], listed["visitor"]["attribution"]) == (None, None)


async def test_a_foreign_account_neither_hears_nor_reaches_a_conversation(db: Database) -> None:
    async with running(db) as url, console(url, "tok-olga") as olga, tab(url) as anna, tab(url, "boris") as boris:
        await anna.data("visit:start", {"page": PAGE})
        sent = (await anna.data("chat:send", {"clientMessageId": key(1), "text": "Hello"}))["message"]
        ref = {"conversationId": sent["conversationId"]}
        attempts = [
            await olga.ask("chat:claim", ref),
            await olga.ask("chat:send", {**ref, "clientMessageId": key(1), "text": "Hi"}),
            await olga.ask("chat:sync", {**ref, "afterSeq": 0}),
            await olga.ask("chat:read", {**ref, "seq": 1}),
            await olga.ask("chat:typing", ref),
            await olga.ask("chat:transfer", {**ref, "toPersonId": "carol"}),
            await olga.ask("chat:close", ref),
            await boris.ask("chat:sync", {**ref, "afterSeq": 0}),
        ]

        assert {answer["error"]["code"] for answer in attempts} == {"not_found"}
        assert (await olga.data("inbox:list"))["conversations"] == []
        assert (await olga.data("visitors:list"))["visitors"] == []
        assert olga.told == [] and boris.told == []
