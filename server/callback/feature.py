"""Puts the parts of callbacks together. app.py gives it the other features' sides and the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.callback import store_guards
from server.callback.answers import Answers, Translator
from server.callback.calling import CallingService
from server.callback.carrier_api import TwilioCarrier
from server.callback.dialling import Dialling
from server.callback.engine import Announcer, Checkpoint, Engine, Runner, no_checkpoint
from server.callback.guards import LIMITS, Limits, RateCard
from server.callback.http import routes
from server.callback.lines import line_data
from server.callback.links import Links
from server.callback.model import TIMERS, Callback, Event, Step, Timers
from server.callback.ports import Audit, Blocks, CarrierApi, Chats, Consultants, Counts, Sites, Timeline, Visitors
from server.callback.public_holidays import PublicHolidays
from server.callback.service import CallbackService
from server.callback.store import INDEXES as CALLBACK_INDEXES
from server.callback.store import MongoCallbackStore, MongoSettingsStore
from server.callback.telephony import TelephonyService
from server.callback.worker import Worker
from server.clock import Now, utc_now
from server.http import Route
from server.ids import NewId, new_id
from server.leases import Leases
from server.mongo import Database
from server.tasks import Tasks

INDEXES = [*CALLBACK_INDEXES, *store_guards.INDEXES]


@dataclass(frozen=True, slots=True)
class CarrierSettings:
    """How we reach the carrier and how it reaches us.

    Args:
        api_url: base of its REST API.
        public_url: our address in every URL that it is given, and the one its signatures are judged against.
        secret: signs the tokens in those URLs, and names phone numbers where they are counted.
    """

    api_url: str
    account_sid: str
    auth_token: str
    caller_id: str
    public_url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Outside:
    """The other features' sides of the ports."""

    sites: Sites
    consultants: Consultants
    chats: Chats
    timeline: Timeline
    visitors: Visitors
    blocks: Blocks
    announcer: Announcer
    audit: Audit
    counts: Counts
    translator: Translator


class Callbacks:
    """The feature, ready to be started. Make it inside the running loop.

    `service` serves people, `telephony` the carrier, `calling` the admins; `routes` are its HTTP routes.
    """

    def __init__(
        self,
        db: Database,
        tasks: Tasks,
        carrier_settings: CarrierSettings,
        outside: Outside,
        *,
        now: Now = utc_now,
        new_id: NewId = new_id,
        timers: Timers = TIMERS,
        limits: Limits = LIMITS,
        rates: RateCard | None = None,
        owner: str = "server",
        carrier: CarrierApi | None = None,
        checkpoint: Checkpoint = no_checkpoint,
    ) -> None:
        card = rates or RateCard()
        public_url = carrier_settings.public_url.rstrip("/")
        self._own_carrier = (
            TwilioCarrier(
                carrier_settings.api_url,
                carrier_settings.account_sid,
                carrier_settings.auth_token,
                carrier_settings.caller_id,
            )
            if carrier is None
            else None
        )
        links = Links(public_url, carrier_settings.secret)
        store = MongoCallbackStore(db)
        ledger, counters = store_guards.MongoLedger(db), store_guards.MongoCounters(db)
        samples, leases = store_guards.MongoEtaSamples(db), store_guards.MongoConsultantLeases(db)
        webhooks = store_guards.MongoWebhookLog(db)
        self.store, self.ledger, self.samples = store, ledger, samples
        self.calling = CallingService(MongoSettingsStore(db), outside.sites, outside.audit, card, PublicHolidays(), now)
        settings_of = self.calling.settings_of
        self.engine = Engine(store, settings_of, outside.announcer, now, timers, checkpoint)
        self.runner = Runner(store, tasks)
        self.service = CallbackService(
            store,
            self.engine,
            settings_of,
            outside.sites,
            outside.consultants,
            outside.chats,
            outside.timeline,
            outside.visitors,
            counters,
            ledger,
            samples,
            outside.blocks,
            outside.counts,
            carrier_settings.secret,
            now,
            new_id,
            card,
            limits,
        )
        self.telephony = TelephonyService(
            self.engine, store, webhooks, Answers(links, outside.translator), links, settings_of, tasks, now
        )
        dialling = Dialling(
            self.engine,
            store,
            carrier or self._own_carrier,  # type: ignore[arg-type]  # one of the two is there
            outside.consultants,
            leases,
            ledger,
            samples,
            outside.blocks,
            links,
            settings_of,
            now,
            card,
            timers,
        )
        self.worker = Worker(
            store, store, self.engine, self.runner, leases, Leases(store.every_tenant, owner=owner), tasks, now
        )
        self.routes: list[Route] = routes(self.calling, self.telephony, public_url, carrier_settings.auth_token)

        async def line(callback: Callback, step: Step) -> None:
            if callback.conversation_id is not None:
                name, key = str(step.data["name"]), f"{callback.id}:{step.key}"
                data = line_data(callback, step)
                await outside.timeline.post_event(callback.tenant_id, callback.conversation_id, name, data, key)

        async def alert(callback: Callback, step: Step) -> None:
            outside.announcer.alert(callback, str(step.data["kind"]))

        async def close(callback: Callback, step: Step) -> None:
            await self.engine.apply(callback.tenant_id, callback.id, Event("closed"))

        async def opt_out(callback: Callback, step: Step) -> None:
            await outside.blocks.opt_out(callback.tenant_id, callback.phone)

        self.runner.handlers = {
            **{
                name: getattr(dialling, name)
                for name in ("pick", "dial", "end", "end_call", "redirect", "look", "reconcile", "room", "record")
            },
            **{name: getattr(dialling, name) for name in ("hold", "announce", "settle", "release", "sample")},
            "line": line,
            "alert": alert,
            "close": close,
            "opt_out": opt_out,
        }

    async def start(self) -> None:
        """Recover what an earlier process left, then work. The indexes exist by then (`INDEXES`)."""
        await self.worker.start()

    async def end_where(self, tenant_id: str, unwanted: Callable[[Callback], bool]) -> None:
        """End the callbacks of an account that nobody wants any more; two people who talk are left alone."""
        for callback in await self.store.waiting(tenant_id):
            if unwanted(callback) and callback.state not in ("bridged", "recovering", "ended", "wrapup"):
                await self.engine.apply(tenant_id, callback.id, Event("cancel"))

    async def close(self) -> None:
        """Begin nothing new and let go of the carrier; the tasks are closed by their owner before."""
        self.worker.stop()
        if self._own_carrier is not None:
            await self._own_carrier.close()
