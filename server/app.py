"""The composition root: the only file that knows every feature. Wiring and nothing else."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from urllib.parse import urlsplit

from server.accounts import http as accounts_http
from server.accounts import http_departments, http_people
from server.accounts import socket as accounts_socket
from server.accounts.departments import DepartmentService
from server.accounts.directory import Directory
from server.accounts.entry import Entry
from server.accounts.passwords import Passwords
from server.accounts.people import PeopleService
from server.accounts.service import AccountService
from server.accounts.sites import SiteService
from server.accounts.store import INDEXES as ACCOUNT_INDEXES
from server.accounts.store import MongoAccountStore
from server.accounts.store_departments import INDEXES as DEPARTMENT_INDEXES
from server.accounts.store_departments import MongoDepartmentStore
from server.accounts.store_people import INDEXES as PEOPLE_INDEXES
from server.accounts.store_people import MongoPeopleStore
from server.accounts.tokens import sign_visitor_token
from server.app_attendance import Attendance
from server.app_holdings import INDEXES as HOLDING_INDEXES
from server.app_holdings import holdings
from server.app_ports import (
    Accounts,
    BlockedCalls,
    BlockedVisitors,
    CallbackAnnouncer,
    CallbackChats,
    CallbackCounts,
    CallbackOffers,
    CallbackSites,
    CallbackVisitors,
    Conversations,
    Engagements,
    InvitationDesk,
    InvitationSites,
    People,
    ReportSites,
    RuleSurveys,
    SurveySites,
    SurveyVisitors,
    VisitTriggers,
)
from server.app_site import InstallSites, SiteConfigs, notice_joins
from server.blocking import socket as blocking_socket
from server.blocking.feature import Blocking
from server.blocking.store import INDEXES as BLOCK_INDEXES
from server.callback import socket as callback_socket
from server.callback.feature import INDEXES as CALLBACK_INDEXES
from server.callback.feature import Callbacks, CarrierSettings, Outside
from server.chat import socket as chat_socket
from server.chat.service import ChatService
from server.chat.store import INDEXES as CHAT_INDEXES
from server.chat.store import MongoChatStore
from server.chat.writer import MessageWriter
from server.clock import utc_now
from server.contracts.registry import load_contracts
from server.errors import AppError
from server.http import create_web_app
from server.i18n import translator
from server.ids import new_id, new_token
from server.installs import http as installs_http
from server.installs.service import InstallService
from server.installs.store import INDEXES as INSTALL_INDEXES
from server.installs.store import MongoSightingStore
from server.limits import parse_networks
from server.metrics import Metrics
from server.mongo import Database
from server.pages import docs_routes, health_routes, openapi_route, static_routes
from server.policy import POLICY
from server.privacy import http as privacy_http
from server.privacy import socket as privacy_socket
from server.privacy.job import LOOK_S, ForgettingJob
from server.privacy.service import PrivacyService
from server.privacy.store import INDEXES as PRIVACY_INDEXES
from server.privacy.store import MongoPrivacyStore
from server.realtime import Realtime
from server.reports import http as reports_http
from server.reports.service import ReportService
from server.reports.store import INDEXES as REPORT_INDEXES
from server.reports.store import MongoEventStore
from server.settings import Settings
from server.site_config import phone_country
from server.surveys import http as surveys_http
from server.surveys import socket as surveys_socket
from server.surveys.service import SurveyService
from server.surveys.store import INDEXES as SURVEY_INDEXES
from server.surveys.store import MongoSurveyStore
from server.tasks import Tasks
from server.triggers import http as triggers_http
from server.triggers import socket as triggers_socket
from server.triggers.book import LiveRules
from server.triggers.editing import RuleEditor
from server.triggers.service import InvitationService
from server.triggers.store import INDEXES as RULE_INDEXES
from server.triggers.store import MongoRuleStore
from server.triggers.store_visits import INDEXES as DISPLAY_INDEXES
from server.triggers.store_visits import MongoVisitStore
from server.visitors import socket as visitors_socket
from server.visitors.service import VisitorService
from server.visitors.store import INDEXES as VISITOR_INDEXES
from server.visitors.store import VISITS, MongoVisitLog, MongoVisitorStore

VERSION = "0.1.0"
TWILIO_API_URL = "https://api.twilio.com"
SESSION_SWEEP_S = 60.0
VISIT_FLUSH_S = 5.0


class Ringback:
    """Everything of one process. Made by `build`."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.contracts = load_contracts()
        self.metrics = Metrics()
        self.tasks = Tasks()
        self.draining = False
        origin = urlsplit(settings.public_url)
        self._public_origin = f"{origin.scheme}://{origin.netloc}"
        self._wire()

    def _wire(self) -> None:
        settings, database = self.settings, self.database
        proxies = parse_networks(settings.trusted_proxies)
        account_store = MongoAccountStore(database)
        self.directory = Directory(account_store, utc_now)
        self._passwords = Passwords()
        self.accounts = AccountService(account_store, self.directory, self._passwords, utc_now, new_id, new_token)
        self.installs = InstallService(
            MongoSightingStore(database.tenant_collection("sightings")),
            InstallSites(self.directory),
            self.tasks,
            utc_now,
            time.monotonic,
        )
        noticed = notice_joins(self.installs)
        entry = Entry(self.directory, settings.secret_key, utc_now, new_id, lambda: self._public_origin, noticed)
        self.realtime = Realtime(
            self.contracts,
            POLICY,
            authenticate_visitor=entry.visitor,
            authenticate_console=entry.console,
            is_known_origin=lambda origin: origin == self._public_origin or self.directory.origin_known(origin),
            metrics=self.metrics,
            trusted_proxies=proxies,
        )
        router, publisher = self.realtime.router, self.realtime.publisher
        self.directory.on_session_ended(
            lambda session_id: (self.tasks.start("session ended", publisher.disconnect_session(session_id)), None)[1]
        )
        self._people = people = People(self.directory, publisher)
        self._offers = offers = CallbackOffers()
        protocol = self.contracts.current_protocol
        self._attendance = attendance = Attendance(people, publisher, self.tasks, sleep=asyncio.sleep, now=utc_now)
        self._sites = SiteConfigs(self.directory, publisher, offers, attendance, self.installs, protocol)
        attendance.on_changed(self._sites.attendance_changed)
        self.sites = SiteService(
            account_store,
            self.directory,
            self.accounts,
            self._sites,
            utc_now,
            new_id,
            known_region=lambda region: phone_country(region) is not None,
        )

        self.visitors = VisitorService(
            store=MongoVisitorStore(database.tenant_collection("visitors"), database.tenant_collection("counters")),
            announcer=visitors_socket.Announcements(publisher),
            presence=publisher,
            tasks=self.tasks,
            now=utc_now,
            new_id=new_id,
            sleep=asyncio.sleep,
            visit_log=MongoVisitLog(database.tenant_collection(VISITS)),
        )
        chat_store = MongoChatStore(
            database.tenant_collection("conversations"), database.tenant_collection("messages"), new_id
        )
        chat_announcer = chat_socket.Announcements(publisher)
        self.chat = ChatService(
            store=chat_store,
            writer=MessageWriter(chat_store, chat_announcer, now=utc_now),
            announcer=chat_announcer,
            visitors=visitors_socket.CardsForChat(self.visitors),
            people=people,
            attendance=self._attendance,
            now=utc_now,
            new_id=new_id,
        )
        self.departments = DepartmentService(
            store=MongoDepartmentStore(database),
            sites=account_store,
            directory=self.directory,
            audit=self.accounts,
            news=self._sites,
            announcer=accounts_socket.DepartmentAnnouncements(self.directory, publisher),
            new_id=new_id,
        )
        self.people = PeopleService(
            accounts=self.accounts,
            store=MongoPeopleStore(database),
            sessions=account_store,
            directory=self.directory,
            passwords=self._passwords,
            queue=self.chat,
            departments=self.departments,
            announcer=accounts_socket.Announcements(self.directory, publisher, self._attendance.changed),
            new_token=new_token,
        )
        blocked_calls = BlockedCalls()
        self.blocking = Blocking(
            database,
            visitors=BlockedVisitors(self.visitors),
            calls=blocked_calls,
            audit=self.accounts,
            now=utc_now,
            new_id=new_id,
        )
        self._wire_invitations()
        accounts_socket.register(router, self.accounts, self.directory, publisher, self._attendance.changed)
        chat_socket.register(router, self.chat)
        visitors_socket.register(
            router,
            self.visitors,
            tokens=lambda who: sign_visitor_token(
                settings.secret_key,
                tenant_id=who.tenant_id,
                site_id=who.site_id,
                visitor_id=who.visitor_id,
                now=utc_now(),
            ),
            sites=self._sites,
            conversations=Conversations(self.chat),
            callbacks=offers,
            invitations=VisitTriggers(self.invitations, self.blocking.blocklist),
        )
        triggers_socket.register(router, self.invitations)
        sites = CallbackSites(self.directory)
        self.callbacks = offers.callbacks = Callbacks(
            database,
            self.tasks,
            CarrierSettings(
                api_url=settings.carrier_api_url or TWILIO_API_URL,
                account_sid=settings.twilio_account_sid,
                auth_token=settings.twilio_auth_token,
                caller_id=settings.caller_id,
                public_url=settings.public_url,
                secret=settings.secret_key,
            ),
            Outside(
                sites=sites,
                consultants=sites,
                chats=CallbackChats(self.chat),
                timeline=self.chat,
                visitors=CallbackVisitors(self.visitors),
                blocks=self.blocking,
                announcer=CallbackAnnouncer(callback_socket.SocketAnnouncer(publisher, utc_now), self.metrics),
                audit=self.accounts,
                counts=CallbackCounts(self.metrics),
                translator=translator,
            ),
            owner=new_id(),
        )
        self._desk.callbacks = self._engagements.callbacks = blocked_calls.callbacks = self.callbacks
        self._sites.calling = self.callbacks.calling
        self.callbacks.calling.on_changed(self._sites.calling_changed)
        callback_socket.register(router, self.callbacks.service)
        self._wire_surveys_and_reports()
        self._wire_privacy()
        blocking_socket.register(router, self.blocking.blocklist)
        router.check_complete()

        public_url = lambda: settings.public_url  # noqa: E731
        routes = [
            *health_routes(database.ping, lambda: self.draining, self._render_metrics),
            *static_routes(),
            *docs_routes(),
            *accounts_http.routes(self.accounts, self.sites, self.directory, publisher, self._sites, public_url),
            *http_people.routes(self.people, publisher),
            *http_departments.routes(self.departments, self.directory),
            *self.callbacks.routes,
            *surveys_http.routes(self.surveys),
            *reports_http.routes(self.reports),
            *privacy_http.routes(self.privacy, utc_now),
            *self.blocking.routes,
            *installs_http.routes(self.installs, protocol, VERSION),
            *triggers_http.routes(self.rules, self.contracts),
            *self._sites.routes(),
        ]
        routes.append(openapi_route(self.contracts, routes, VERSION))
        self.web = create_web_app(
            self.contracts, routes, self.directory, lambda: self._public_origin, proxies, self.metrics.count_request
        )
        self.realtime.attach(self.web)

    def _wire_invitations(self) -> None:
        database, publisher = self.database, self.realtime.publisher
        rules, budgets = database.tenant_collection("rules"), database.tenant_collection("invitation_budgets")
        surveys = database.tenant_collection("surveys")
        self._survey_store = MongoSurveyStore(
            surveys, database.tenant_collection("survey_versions"), database.tenant_collection("survey_runs")
        )
        rule_surveys = RuleSurveys(self._survey_store)
        rule_store = MongoRuleStore(
            rules,
            database.tenant_collection("rule_versions"),
            budgets,
            lambda: database.changes([rules.name, budgets.name, surveys.name]),
        )
        visit_store = MongoVisitStore(
            database.tenant_collection("displays"),
            database.tenant_collection("visit_summaries"),
            database.tenant_collection("rule_decisions"),
        )
        sites = InvitationSites(self.directory)
        self._desk = InvitationDesk(self.directory, publisher, self.settings.public_url)
        self._engagements = Engagements(self.chat, utc_now)
        self.live_rules = LiveRules(rule_store, rule_surveys, asyncio.sleep)
        self.invitations = InvitationService(
            store=visit_store,
            live=self.live_rules,
            announcer=triggers_socket.Announcements(publisher),
            sites=sites,
            desk=self._desk,
            engagements=self._engagements,
            chat=self.chat,
            tasks=self.tasks,
            now=utc_now,
            new_id=new_id,
        )
        self.rules = RuleEditor(
            store=rule_store,
            visits=visit_store,
            live=self.live_rules,
            sites=sites,
            surveys=rule_surveys,
            audit=self.accounts,
            write_decisions=self.invitations.write_decisions,
            now=utc_now,
            new_id=new_id,
        )

    def _wire_surveys_and_reports(self) -> None:
        database = self.database
        self.surveys = SurveyService(
            store=self._survey_store,
            announcer=surveys_socket.Announcements(self.realtime.publisher),
            sites=SurveySites(self.directory, self.callbacks.calling),
            visitors=SurveyVisitors(self.visitors),
            now=utc_now,
            new_id=new_id,
        )
        surveys_socket.register(self.realtime.router, self.surveys)
        report_sites = ReportSites(self.directory, self.callbacks.calling)
        self.reports = ReportService(store=MongoEventStore(database), sites=report_sites, now=utc_now)

    def _wire_privacy(self) -> None:
        database = self.database
        self.privacy = PrivacyService(
            store=MongoPrivacyStore(database.tenant_collection("retention"), database.tenant_collection("erasures")),
            holdings=holdings(database),
            audit=self.accounts,
            tenants=Accounts(self.accounts),
            announcer=privacy_socket.Announcements(self.realtime.publisher),
            now=utc_now,
        )
        jobs = database.global_collection("jobs")  # work for all accounts
        self._forgetting = ForgettingJob(jobs, self.privacy, owner=new_id(), now=utc_now)

    def _render_metrics(self) -> tuple[bytes, str]:
        return self.metrics.render(), "text/plain; version=0.0.4; charset=utf-8"

    # Life

    async def start(self) -> None:
        """Begin the background work; the database is ready and the application listens."""
        self.tasks.start("directory", self.directory.follow(), cancel_at_close=True)
        is_online = self.realtime.publisher.is_online_person
        self.tasks.every(SESSION_SWEEP_S, "session sweep", lambda: self.directory.sweep(is_online))
        self.tasks.every(SESSION_SWEEP_S, "left over conversations", self.people.release_left_over)
        self.tasks.every(SESSION_SWEEP_S, "sightings", self.installs.forget_old)
        self.tasks.start("rules", self.live_rules.follow(), cancel_at_close=True)
        self.blocking.start(self.tasks)
        self.tasks.every(LOOK_S, "forgetting", self._forgetting.run)
        self.tasks.every(VISIT_FLUSH_S, "visits", self.invitations.flush)
        await self.callbacks.start()

    async def drain(self, retry_in_ms: int) -> None:
        """Take nothing new and tell everybody to come back."""
        self.draining = True
        await self.realtime.drain(retry_in_ms)

    async def close(self) -> None:
        """End sockets, then work, then what was accepted for writing."""
        self.draining = True
        await self.realtime.close()
        self.callbacks.worker.stop()
        await self.tasks.close()
        with suppress(AppError):  # the database went first; what is lost is a few seconds of statistics
            await self.blocking.blocklist.flush()
            await self.invitations.flush()
        await self.callbacks.close()
        await self.chat.close()
        self._passwords.close()


async def prepare(database: Database) -> None:
    """Bring indexes and data up to date. Safe to run twice."""
    await database.ensure_indexes(
        [
            *ACCOUNT_INDEXES,
            *PEOPLE_INDEXES,
            *DEPARTMENT_INDEXES,
            *VISITOR_INDEXES,
            *CHAT_INDEXES,
            *CALLBACK_INDEXES,
            *RULE_INDEXES,
            *DISPLAY_INDEXES,
        ]
    )
    await database.ensure_indexes(
        [*SURVEY_INDEXES, *REPORT_INDEXES, *PRIVACY_INDEXES, *HOLDING_INDEXES, *BLOCK_INDEXES, *INSTALL_INDEXES]
    )
    await database.migrate()


async def build(settings: Settings, database: Database) -> Ringback:
    """Return everything of one process, ready to listen."""
    await prepare(database)
    ringback = Ringback(settings, database)
    await ringback.directory.load()
    return ringback
