"""One server with callbacks and nothing else, against a real database and a real carrier.

The same thing runs inside a test and, for the tests that kill it, as a process of its own:
`python -m tests.integration.callback.node CONFIG_JSON`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

from aiohttp import web

from server.callback.feature import INDEXES, Callbacks, CarrierSettings, Outside
from server.callback.guards import Limits, Window
from server.callback.model import Callback, Page, Timers
from server.callback.ports import Chat, Department, Site, VisitorView
from server.callback.service import Request
from server.callback.wire import callback_to_wire, lead_to_wire
from server.contracts.registry import Contracts, load_contracts
from server.http import create_web_app
from server.i18n import translator
from server.mongo import Database, open_database
from server.principals import Person, Role, Visitor
from server.tasks import Tasks

SID, TOKEN, CALLER = "AC" + "cd" * 16, "the-carriers-token", "+15550000000"
TENANT, SITE = "tenant-1", "site-1"
A1, A2, A3 = "+15551230001", "+15551230002", "+15551230003"
VISITOR = "+37369123456"
CHAT = "conversation-1"
ADMIN = Person(TENANT, "admin-1", "Vera", Role.ADMIN, "s", "en", "127.0.0.1", "c")
ANNA = Person(TENANT, "p1", "Anna", Role.CONSULTANT, "s", "en", "127.0.0.1", "c")
WIDE = Limits(
    number=(Window(3600, 10_000),), network=(Window(3600, 3),), site=(Window(60, 10_000), Window(86_400, 100_000))
)
CONTRACTS: list[Contracts] = []


def visitor(visitor_id: str = "visitor-1", ip: str = "127.0.0.1", site: str = SITE) -> Visitor:
    return Visitor(TENANT, site, visitor_id, "tab", "en", "UTC", ip, "connection")


@dataclass
class Config:
    mongo_url: str
    db_name: str
    port: int
    carrier_url: str
    kill_at: str = ""
    timers: dict[str, float] = field(default_factory=dict)
    people: list[list[str]] = field(
        default_factory=lambda: [
            ["p1", "Anna", A1, "en", "available"],
            ["p2", "Boris", A2, "ru", "available"],
            ["p3", "Clara", A3, "ro", "available"],
        ]
    )
    # id -> name, names, ids of members, whether a call goes on to everyone else
    departments: dict[str, list[Any]] = field(default_factory=dict)
    limits: Limits = WIDE

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class World:
    """The other features' sides; everything told is kept."""

    def __init__(self, config: Config, db: Database | None = None) -> None:
        self.config = config
        self.updates: list[dict[str, Any]] = []
        self.alerts: list[tuple[str, str]] = []
        self.lines: dict[str, tuple[str, dict[str, Any]]] = {}
        self.audited: list[tuple[str, str, Any]] = []
        self.rejected: list[str] = []
        self.blocked: set[str] = set()
        self.chat_topic: str | None = None
        self.has_chat = False
        self.assignee: str | None = None
        self.sites = {SITE: Site(SITE, "MD", "en"), "site-us": Site("site-us", "US", "en")}
        self.page = Page("https://shop.example/kettles/7", "A red kettle", 0)
        self._db = db
        if not CONTRACTS:
            CONTRACTS.append(load_contracts())

    def find(self, tenant_id: str, site_id: str) -> Site | None:
        return self.sites.get(site_id) if tenant_id == TENANT else None

    def department(self, tenant_id: str, site_id: str, department_id: str) -> Department | None:
        found = self.config.departments.get(department_id)
        return Department(*found) if found and tenant_id == TENANT else None

    async def in_dial_order(self, tenant_id: str, site_id: str) -> list[tuple[str, str, str, str, str]]:
        return [(a, b, c, d, e) for a, b, c, d, e in self.config.people]

    async def of_visitor(self, tenant_id: str, visitor_id: str) -> Chat | None:
        return self._chat(visitor_id) if self.has_chat else None

    async def chat(self, tenant_id: str, conversation_id: str) -> Chat | None:
        return self._chat("visitor-1") if conversation_id == CHAT and self.has_chat else None

    def _chat(self, visitor_id: str) -> Chat:
        return Chat(CHAT, SITE, visitor_id, self.assignee, self.chat_topic)

    async def post_event(self, tenant: str, conversation: str, name: str, data: Any, event_key: str) -> None:
        if self._db is not None:
            lines = self._db.global_collection("test_lines")
            await lines.update_one({"_id": event_key}, {"$setOnInsert": {"name": name}}, upsert=True)
        self.lines.setdefault(event_key, (name, dict(data)))

    async def phone_blocked(self, tenant_id: str, e164: str) -> bool:
        return e164 in self.blocked

    async def call_blocked(self, tenant_id: str, e164: str, visitor_id: str) -> bool:
        return e164 in self.blocked or visitor_id in self.blocked

    async def opt_out(self, tenant_id: str, e164: str) -> None:
        self.blocked.add(e164)

    async def view(self, tenant_id: str, visitor_id: str) -> VisitorView | None:
        return VisitorView(self.page, None, "en", "UTC")

    def updated(self, callback: Callback) -> None:
        told = callback_to_wire(callback)
        CONTRACTS[0].validate("CallbackReply", {"callback": told})
        CONTRACTS[0].validate("LeadUpdated", {"lead": lead_to_wire(callback)})
        self.updates.append(told)

    def alert(self, callback: Callback, kind: str) -> None:
        self.alerts.append((callback.id, kind))

    async def record(self, person: Person, action: str, subject_id: str, changes: Any = None) -> None:
        self.audited.append((action, subject_id, changes))

    def callback_rejected(self, code: str) -> None:
        self.rejected.append(code)


class _Chats:
    def __init__(self, world: World) -> None:
        self.of_visitor, self.find = world.of_visitor, world.chat


class _Sessions:
    def principal_of(self, token: str, ip: str, connection_id: str) -> Person | None:
        return ADMIN if token == "admin-token" else None


@dataclass
class Node:
    config: Config
    db: Database
    tasks: Tasks
    world: World
    callbacks: Callbacks
    runner: web.AppRunner

    async def stop(self) -> None:
        """Stop as at SIGTERM."""
        self.callbacks.worker.stop()
        await self.runner.cleanup()
        await self.tasks.close(2.0)
        await self.callbacks.close()
        await self.db.close()


async def start_node(config: Config) -> Node:
    db = await open_database(config.mongo_url, config.db_name)
    await db.ensure_indexes(INDEXES)
    tasks = Tasks()
    world = World(config, db)

    async def checkpoint(name: str) -> None:
        if name == config.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
            await asyncio.sleep(60)

    callbacks = Callbacks(
        db,
        tasks,
        CarrierSettings(config.carrier_url, SID, TOKEN, CALLER, config.url, "a-secret-of-the-server" * 2),
        Outside(world, world, _Chats(world), world, world, world, world, world, world, translator),
        timers=Timers(**config.timers),  # type: ignore[arg-type]
        limits=config.limits,
        checkpoint=checkpoint,
    )

    async def ask(request: web.Request) -> web.Response:
        got = await callbacks.service.request(visitor(), Request(**await request.json()))
        return web.json_response({"id": got.id})

    app = create_web_app(CONTRACTS[0], callbacks.routes, _Sessions(), lambda: config.url)
    app.router.add_post("/test/request", ask)
    await callbacks.start()
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", config.port).start()
    return Node(config, db, tasks, world, callbacks, runner)


async def _forever(config: Config) -> None:
    await start_node(config)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def as_json(config: Config) -> str:
    return json.dumps({key: value for key, value in asdict(config).items() if key != "limits"})


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_forever(Config(**json.loads(sys.argv[1]))))
