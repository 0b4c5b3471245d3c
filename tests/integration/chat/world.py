"""Chat and visitors on a real database, with listeners that apply what they are told as a console or a widget does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.chat import socket as chat_socket
from server.chat import store as chat_store
from server.chat import wire
from server.chat.model import Change, Conversation, Message
from server.chat.ports import ChatStore, Group, Numbers, Outcome
from server.chat.service import ChatService
from server.chat.writer import MessageWriter
from server.contracts.registry import Contracts, load_contracts
from server.errors import AppError
from server.ids import new_id
from server.mongo import Database
from server.principals import Person, Role, Visitor
from server.tasks import Tasks
from server.visitors import socket as visitors_socket
from server.visitors import store as visitors_store
from server.visitors.service import VisitorService
from tests.fakes import Clock, FakePublisher

TENANT = "t1"
NAMES = {"carol": "Carol", "dave": "Dave"}
DEPARTMENTS = {"sales": ("Sales", ["dave"]), "empty": ("Empty", list[str]())}
CONTRACTS = load_contracts()


def visitor(visitor_id: str = "anna", tab_id: str = "tab1", tenant_id: str = TENANT, site_id: str = "shop") -> Visitor:
    return Visitor(tenant_id, site_id, visitor_id, tab_id, "en", "Europe/Berlin", "192.0.2.7", f"c-{tab_id}")


def person(person_id: str = "carol", tenant_id: str = TENANT) -> Person:
    name = NAMES.get(person_id, person_id)
    return Person(tenant_id, person_id, name, Role.CONSULTANT, "s1", "en", "192.0.2.9", f"c-{person_id}")


def key(number: int) -> str:
    return f"client-id-{number:08}"


class CheckedPublisher(FakePublisher):
    """Refuses what breaks its contract, and passes on to `listeners`."""

    contracts: Contracts = CONTRACTS

    def __init__(self) -> None:
        super().__init__()
        self.listeners: list[Listener] = []

    def _check(self, namespace: str, event: str, payload: dict[str, Any]) -> None:
        self.contracts.validate(self.contracts.manifest["namespaces"][namespace]["tells"][event]["payload"], payload)
        for listener in self.listeners:
            if listener.namespace == namespace:
                listener.hear(event, deepcopy(payload))

    def to_visitor(self, tenant_id: str, visitor_id: str, event: str, payload: dict[str, Any]) -> None:
        super().to_visitor(tenant_id, visitor_id, event, payload)
        self._check("/visitor", event, payload)

    def to_staff(self, tenant_id: str, event: str, payload: dict[str, Any]) -> None:
        super().to_staff(tenant_id, event, payload)
        self._check("/console", event, payload)

    def to_person(self, tenant_id: str, person_id: str, event: str, payload: dict[str, Any]) -> None:
        super().to_person(tenant_id, person_id, event, payload)
        self._check("/console", event, payload)


class Listener:
    namespace = ""

    def hear(self, event: str, payload: dict[str, Any]) -> None:
        raise NotImplementedError


class Inbox(Listener):
    """A console's list of conversations: a snapshot, then only what is told. This is how consoles have to do it."""

    namespace = "/console"

    def __init__(self, conversations: Sequence[Mapping[str, Any]]) -> None:
        self.conversations = {c["id"]: deepcopy(dict(c)) for c in conversations}

    def hear(self, event: str, payload: dict[str, Any]) -> None:
        if event == "chat:state":
            told = payload["conversation"]
            known = self.conversations.get(told["id"])
            if known is None or all(told[field] >= known[field] for field in ("lastSeq", "updatedAtMs")):
                self.conversations[told["id"]] = told
        elif event == "visitor:updated":
            for conversation in self.conversations.values():
                if conversation["visitor"]["id"] == payload["visitor"]["id"]:
                    conversation["visitor"] = payload["visitor"]
        elif event == "chat:read":
            conversation = self.conversations.get(payload["conversationId"])
            if conversation is not None:
                conversation["receipts"] = payload["receipts"]
                if payload["receipts"]["consultantReadSeq"] >= conversation["lastSeq"]:
                    conversation["unread"] = 0
        elif event == "chat:message":
            conversation = self.conversations.get(payload["message"]["conversationId"])
            if conversation is not None:
                apply_message(conversation, payload["message"])

    def sorted(self) -> list[dict[str, Any]]:
        return [self.conversations[conversation_id] for conversation_id in sorted(self.conversations)]


def apply_message(conversation: dict[str, Any], message: Mapping[str, Any]) -> None:
    """What a message changes in a console's list; nothing when the list has it already."""
    if message["seq"] <= conversation["lastSeq"]:
        return
    conversation["lastSeq"] = message["seq"]
    conversation["updatedAtMs"] = max(conversation["updatedAtMs"], message["sentAtMs"])
    if message["kind"] != "text":
        return
    conversation["lastText"] = message["text"]
    conversation["lastAuthorKind"] = message["author"]["kind"]
    if message["author"]["kind"] == "visitor":
        conversation["unread"] += 1
        if conversation["waitingSinceMs"] is None:
            conversation["waitingSinceMs"] = message["sentAtMs"]
    elif message["author"]["kind"] == "consultant":
        conversation["waitingSinceMs"] = None


class Thread(Listener):
    """One tab's or console's copy of a timeline: keeps what comes next, and counts holes until it asks."""

    def __init__(self, namespace: str, last_seq: int = 0) -> None:
        self.namespace = namespace
        self.last_seq = last_seq
        self.messages: list[dict[str, Any]] = []
        self.missed = False

    def hear(self, event: str, payload: dict[str, Any]) -> None:
        if event == "chat:message":
            self.take([payload["message"]])

    def take(self, messages: Sequence[dict[str, Any]]) -> None:
        for message in messages:
            if message["seq"] <= self.last_seq:
                continue
            if message["seq"] > self.last_seq + 1:
                self.missed = True
                return
            self.messages.append(message)
            self.last_seq = message["seq"]

    @property
    def seen(self) -> list[tuple[int, str]]:
        return [(message["seq"], message["text"]) for message in self.messages]


class Unreliable:
    """A store in front of the real one, whose answers can get lost at the worst moments."""

    def __init__(self, real: ChatStore) -> None:
        self._real = real
        self.fail_before_insert = 0
        self.fail_after_insert = 0
        self.before_insert: list[asyncio.Event] = []
        self.after_change: Callable[[], Awaitable[None]] | None = None
        self.fail_after_change = 0
        self.fail_reading = 0
        self.break_after_insert = 0
        self.before_counting: asyncio.Event | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def change(self, *args: Any) -> tuple[Conversation, Change] | None:
        changed = await self._real.change(*args)
        if self.after_change is not None:
            await self.after_change()
        if self.fail_after_change:
            self.fail_after_change -= 1
            raise AppError("unavailable")
        return changed

    async def conversation(self, tenant_id: str, conversation_id: str) -> Conversation | None:
        if self.fail_reading:
            self.fail_reading -= 1
            raise AppError("unavailable")
        return await self._real.conversation(tenant_id, conversation_id)

    async def read_texts(self, tenant_id: str, conversation_id: str, seq: int) -> None:
        if self.before_counting is not None:
            await self.before_counting.wait()
        await self._real.read_texts(tenant_id, conversation_id, seq)

    async def take_numbers(self, groups: Sequence[Group], now: datetime) -> dict[str, Numbers]:
        return await self._real.take_numbers(groups, now)

    async def insert(self, messages: Sequence[tuple[str, Message]]) -> list[Outcome]:
        if self.fail_before_insert:
            self.fail_before_insert -= 1
            raise AppError("unavailable")
        if self.before_insert:
            await self.before_insert.pop().wait()
        outcomes = await self._real.insert(messages)
        if self.fail_after_insert:
            self.fail_after_insert -= 1
            raise AppError("unavailable")
        if self.break_after_insert and len(messages) > 1:
            self.break_after_insert -= 1
            raise RuntimeError("an answer that nobody expected")
        return outcomes


class People:
    async def name_of(self, tenant_id: str, person_id: str) -> str | None:
        return NAMES.get(person_id) if tenant_id == TENANT else None

    async def members_of(self, tenant_id: str, site_id: str, department_id: str) -> tuple[str, list[str]] | None:
        return DEPARTMENTS.get(department_id) if tenant_id == TENANT else None


class Attendance:
    def __init__(self) -> None:
        self.gone: set[str] = set()

    def is_gone(self, tenant_id: str, person_id: str) -> bool:
        return person_id in self.gone


@dataclass
class Server:
    """One server process: its own writer and caches over the shared database."""

    chat: ChatService
    visitors: VisitorService
    publisher: CheckedPublisher
    store: Unreliable
    tasks: Tasks
    clock: Clock
    attendance: Attendance
    inboxes: list[Inbox] = field(default_factory=list)

    async def settled(self) -> None:
        """Wait until everything that was written is told."""
        for lane in self.chat._writer._lanes:
            done = asyncio.Event()

            async def tell(done: asyncio.Event = done) -> None:
                done.set()

            lane.waiting.append(_told(tell))
            lane.wake.set()
            if lane.task is not None and not lane.task.done():
                await asyncio.wait_for(done.wait(), 10)
        async with asyncio.timeout(10):
            while "visitor told" in self.tasks.names and not self.clock.sleeping:
                await asyncio.sleep(0)

    async def fresh_inbox(self) -> list[dict[str, Any]]:
        listed = [wire.listed(one) for one in await self.chat.inbox(person())]
        CONTRACTS.validate("Inbox", {"conversations": listed})
        return sorted(listed, key=lambda one: str(one["id"]))

    async def listen(self) -> Inbox:
        inbox = Inbox(await self.fresh_inbox())
        self.publisher.listeners.append(inbox)
        return inbox

    def thread(self, namespace: str) -> Thread:
        thread = Thread(namespace)
        self.publisher.listeners.append(thread)
        return thread

    async def kill(self) -> None:
        """End without a word, as `kill -9` does."""
        tasks = [lane.task for lane in self.chat._writer._lanes if lane.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.tasks.close(0)

    async def close(self) -> None:
        await self.chat.close()
        await self.tasks.close(0)


def _told(run: Any) -> Any:
    from server.chat.writer import _Told

    return _Told(run)


INDEXES = [*chat_store.INDEXES, *visitors_store.INDEXES]


def start_server(db: Database, clock: Clock, *, lanes: int = 4) -> Server:
    """Wire chat and visitors as the composition root does."""
    publisher = CheckedPublisher()
    tasks = Tasks(clock.sleep)
    visitors = VisitorService(
        store=visitors_store.MongoVisitorStore(db.tenant_collection("visitors"), db.tenant_collection("counters")),
        announcer=visitors_socket.Announcements(publisher),
        presence=publisher,
        tasks=tasks,
        now=clock,
        new_id=new_id,
        sleep=clock.sleep,
    )
    real = chat_store.MongoChatStore(db.tenant_collection("conversations"), db.tenant_collection("messages"), new_id)
    store = Unreliable(real)
    announcer = chat_socket.Announcements(publisher)
    attendance = Attendance()
    chat = ChatService(
        store=store,  # type: ignore[arg-type]
        writer=MessageWriter(store, announcer, now=clock, lanes=lanes, again_s=0.01),  # type: ignore[arg-type]
        announcer=announcer,
        visitors=visitors_socket.CardsForChat(visitors),
        people=People(),
        attendance=attendance,
        now=clock,
        new_id=new_id,
    )
    return Server(chat, visitors, publisher, store, tasks, clock, attendance)


async def until(condition: Callable[[], Any]) -> None:
    """Wait until `condition()` is true."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.002)


async def whole_timeline(chat: ChatService, conversation_id: str, after: int = 0) -> list[Message]:
    """Replay a conversation to its end, as a console does after a reconnect."""
    messages: list[Message] = []
    while True:
        page = await chat.consultant_sync(person(), after, conversation_id)
        messages += page.messages
        if not page.messages or page.messages[-1].seq >= page.last_seq:
            return messages
        after = page.messages[-1].seq


def dense(messages: Collection[Message]) -> bool:
    return [message.seq for message in messages] == list(range(1, len(messages) + 1))
