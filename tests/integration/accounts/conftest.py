from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from server.accounts.departments import DepartmentService
from server.accounts.directory import Directory
from server.accounts.model import Account, Member, Site
from server.accounts.passwords import Passwords
from server.accounts.people import PeopleService
from server.accounts.service import AccountService
from server.accounts.sites import SiteService
from server.accounts.socket import Announcements, DepartmentAnnouncements
from server.accounts.store import INDEXES, MongoAccountStore
from server.accounts.store_departments import INDEXES as DEPARTMENT_INDEXES
from server.accounts.store_departments import MongoDepartmentStore
from server.accounts.store_people import INDEXES as PEOPLE_INDEXES
from server.accounts.store_people import MongoPeopleStore
from server.ids import new_id, new_token
from server.mongo import Database
from server.principals import Person, Role
from tests.fakes import Clock, FakePublisher

PASSWORD = "correct horse battery"


class News:
    """Pages with the widget: remembers what they were told."""

    def __init__(self) -> None:
        self.told: list[Site] = []

    async def config_changed(self, site: Site) -> None:
        self.told.append(site)


class Queue:
    """Conversations, as far as accounts care: of whom they were put back."""

    def __init__(self) -> None:
        self.released: list[str] = []

    async def release(self, tenant_id: str, person_id: str) -> None:
        self.released.append(person_id)


@dataclass
class Office:
    """One account with a site, an admin and two consultants, and the service on top."""

    clock: Clock
    store: MongoAccountStore
    directory: Directory
    service: AccountService
    passwords: Passwords
    account: Account
    site: Site
    news: News
    sites: SiteService
    admin: Member
    ana: Member
    bob: Member
    db: Database
    publisher: FakePublisher = field(default_factory=FakePublisher)
    queue: Queue = field(default_factory=Queue)

    def people(self, service: AccountService | None = None, directory: Directory | None = None) -> PeopleService:
        """What admins do about people, on this server or on another one."""
        return PeopleService(
            accounts=service or self.service,
            store=MongoPeopleStore(self.db),
            sessions=self.store,
            directory=directory or self.directory,
            passwords=self.passwords,
            queue=self.queue,
            departments=self.departments(directory),
            announcer=Announcements(directory or self.directory, self.publisher),
            new_token=new_token,
        )

    def departments(self, directory: Directory | None = None) -> DepartmentService:
        return DepartmentService(
            store=MongoDepartmentStore(self.db),
            sites=self.store,
            directory=directory or self.directory,
            audit=self.service,
            news=self.news,
            announcer=DepartmentAnnouncements(directory or self.directory, self.publisher),
            new_id=new_id,
        )

    async def signed_in(self, member: Member, password: str = PASSWORD) -> Person:
        token, _ = await self.service.sign_in(member.email, password, "192.0.2.7")
        person = self.directory.session(token, "192.0.2.7")
        assert person is not None
        return person

    def another_server(self) -> tuple[AccountService, Directory]:
        """A second server on the same database."""
        directory = Directory(self.store, self.clock)
        return AccountService(self.store, directory, self.passwords, self.clock, new_id, new_token), directory


def looks(
    store: MongoAccountStore, directory: Directory, service: AccountService, news: News, clock: Clock
) -> SiteService:
    return SiteService(store, directory, service, news, clock, new_id, known_region=lambda region: region != "ZZ")


@pytest.fixture(scope="session")
def passwords() -> Iterator[Passwords]:
    pool = Passwords(memory_kib=64, passes=1)
    yield pool
    pool.close()


@pytest.fixture
async def office(db: Database, clock: Clock, passwords: Passwords) -> AsyncIterator[Office]:
    await db.ensure_indexes([*INDEXES, *PEOPLE_INDEXES, *DEPARTMENT_INDEXES])
    store = MongoAccountStore(db)
    directory = Directory(store, clock)
    service = AccountService(store, directory, passwords, clock, new_id, new_token)
    news = News()
    sites = looks(store, directory, service, news, clock)
    account = await service.create_account("Shop")
    site = await service.create_site(account.id, "Shop", ["https://Shop.example/"], key="shop-key", country="MD")

    async def person(email: str, role: Role, phone: str | None) -> Member:
        name = email.partition("@")[0].title()
        return await service.create_person(
            account.id, email=email, password=PASSWORD, name=name, role=role, phone=phone
        )

    admin = await person("admin@shop.example", Role.ADMIN, None)
    ana = await person("ana@shop.example", Role.CONSULTANT, "+37322000001")
    bob = await person("bob@shop.example", Role.CONSULTANT, "+37322000002")
    yield Office(clock, store, directory, service, passwords, account, site, news, sites, admin, ana, bob, db)
