"""Puts the parts of blocking together. app.py gives it the other features' sides."""

from __future__ import annotations

import asyncio

from server.blocking.book import Blocklist
from server.blocking.http import routes
from server.blocking.ports import Audit, Calls, Visitors
from server.blocking.service import BlockingService
from server.blocking.store import BLOCKS, HITS, MongoBlockStore
from server.clock import Now
from server.http import Route
from server.ids import NewId
from server.mongo import Database
from server.tasks import Tasks

FLUSH_S = 2.0


class Blocking:
    """The feature: `blocklist` answers, `service` changes, `routes` are its HTTP routes; the rest is for callbacks."""

    def __init__(
        self, db: Database, *, visitors: Visitors, calls: Calls, audit: Audit, now: Now, new_id: NewId
    ) -> None:
        store = MongoBlockStore(db.tenant_collection(BLOCKS), db.tenant_collection(HITS), lambda: db.changes([BLOCKS]))
        self.blocklist = Blocklist(store, now, asyncio.sleep)
        self.service = BlockingService(store, self.blocklist, visitors, calls, audit, now, new_id)
        self.phone_blocked = self.blocklist.phone_blocked
        self.call_blocked = self.blocklist.call_blocked
        self.opt_out = self.service.opt_out
        self.routes: list[Route] = routes(self.service)

    def start(self, tasks: Tasks) -> None:
        """Follow what other servers change, and write down what was refused."""
        tasks.start("blocks", self.blocklist.follow(), cancel_at_close=True)
        tasks.every(FLUSH_S, "block hits", self.blocklist.flush)
