"""How a site looks: who may change it, which of two changes wins, what is kept of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from server.accounts.model import Appearance, Offsets, Revision
from server.accounts.sites import MAX_SITES
from server.errors import AppError
from server.mongo import Database
from server.principals import Person, Role
from tests.integration.accounts.conftest import Office, looks

GREEN = Appearance(
    color="#0a7d5c",
    corner="top-start",
    desktop=Offsets(0, 48),
    phone=Offsets(12, 96),
    theme="dark",
    quiet=True,
    locales=("ru", "ro"),
    default_locale="ru",
    country="MD",
    privacy_url="https://shop.example/privacy",
    texts={"ru": {"greeting": "Чем помочь?"}},
)


def marketer(office: Office, name: str = "Mira") -> Person:
    return Person(office.account.id, "p-mira", name, Role.MARKETER, "s", "en", "", "c")


async def test_a_new_look_is_kept_audited_and_told_to_open_pages(office: Office) -> None:
    office.clock.advance(minutes=1)
    site = await office.sites.save(marketer(office), office.site.id, 1, GREEN)

    assert (site.appearance, site.revision) == (GREEN, Revision(2, office.clock(), "Mira"))
    assert (site.default_locale, site.country) == ("ru", "MD")
    _, elsewhere = office.another_server()
    await elsewhere.load()
    assert elsewhere.site(office.account.id, office.site.id) == site
    assert office.news.told == [site]
    entry = (await office.service.audit(office.account.id))[0]
    assert (entry.action, entry.actor_id, entry.subject_id) == ("site.appearance_changed", "p-mira", site.id)
    assert entry.changes["color"] == ("#2457d6", "#0a7d5c")
    assert "Чем помочь?" in str(entry.changes["texts"][1])
    assert "name" not in entry.changes


async def test_of_the_words_only_those_that_changed_are_audited(office: Office) -> None:
    first = replace(GREEN, texts={"ru": {"title": "Лампы", "greeting": "Чем помочь?"}, "ro": {"title": "Lampi"}})
    await office.sites.save(marketer(office), office.site.id, 1, first)
    then = replace(first, texts={"ru": {"title": "Свет", "greeting": "Чем помочь?"}}, desktop=Offsets(8, 40))
    await office.sites.save(marketer(office), office.site.id, 2, then)

    (entry, *_) = await office.service.audit(office.account.id)
    assert {name: list(pair) for name, pair in entry.changes.items()} == {
        "desktop": ["0 × 48", "8 × 40"],
        "texts": [["ro title: Lampi", "ru title: Лампы"], ["ru title: Свет"]],
    }


async def test_the_same_look_again_changes_nothing(office: Office) -> None:
    before = await office.sites.save(marketer(office), office.site.id, 1, GREEN)
    again = await office.sites.save(
        marketer(office), office.site.id, 2, replace(GREEN, texts={**GREEN.texts, "en": {}})
    )

    assert again == before
    assert len(office.news.told) == 1


async def test_of_two_who_change_the_same_version_one_wins_and_the_other_hears_of_it(office: Office) -> None:
    theirs, elsewhere = office.another_server()
    await elsewhere.load()
    there = looks(office.store, elsewhere, theirs, office.news, office.clock)
    results = await asyncio.gather(
        office.sites.save(marketer(office, "Mira"), office.site.id, 1, GREEN),
        there.save(marketer(office, "Nora"), office.site.id, 1, replace(GREEN, color="#ffffff")),
        return_exceptions=True,
    )

    lost = [one for one in results if isinstance(one, AppError)]
    [won] = [one for one in results if not isinstance(one, BaseException)]
    assert [(one.code, one.details["version"], one.details["name"]) for one in lost] == [
        ("appearance_changed", 2, won.revision.by)
    ]
    await office.directory.load()
    assert office.sites.site(marketer(office), office.site.id) == won


async def test_a_change_of_origins_meanwhile_is_no_reason_to_refuse_a_look(office: Office) -> None:
    theirs, elsewhere = office.another_server()
    await elsewhere.load()
    await theirs.set_origins(office.account.id, office.site.id, ["https://new.example"])

    site = await office.sites.save(marketer(office), office.site.id, 1, GREEN)

    assert (site.appearance, site.origins) == (GREEN, ("https://new.example",))


async def test_what_makes_no_sense_and_what_is_not_ours_is_refused(office: Office) -> None:
    foreign = Person("nobody", "p", "P", Role.MARKETER, "s", "en", "", "c")
    with pytest.raises(AppError, match="value_invalid"):
        await office.sites.save(marketer(office), office.site.id, 1, replace(GREEN, country="ZZ"))
    with pytest.raises(AppError, match="not_found"):
        await office.sites.save(foreign, office.site.id, 1, GREEN)
    with pytest.raises(AppError, match="not_found"):
        office.sites.site(foreign, office.site.id)
    assert office.news.told == []


async def test_sites_of_an_older_format_keep_their_color_and_country(office: Office, db: Database) -> None:
    old = {"_id": "old", "tenant": office.account.id, "key": "old-key", "name": "Old", "origins": [], "version": 4}
    look = {"color": "#112233", "corner": "top-end", "default_locale": "ro", "country": "RO", "privacy_url": None}
    await db.global_collection("sites").insert_one({**old, **look})

    for _ in range(2):
        await db.global_collection("migrations").delete_many({})
        assert "0002_appearance" in await db.migrate()

    await office.directory.load()
    site = office.directory.site(office.account.id, "old")
    assert site is not None
    assert site.appearance == Appearance(color="#112233", corner="top-end", default_locale="ro", country="RO")
    assert (site.version, site.revision.version) == (4, 1)
    assert office.directory.site(office.account.id, office.site.id) == office.site


async def test_an_admin_adds_a_site_and_its_pages_may_use_it_at_once(office: Office) -> None:
    admin = Person(office.account.id, office.admin.id, "Admin", Role.ADMIN, "s", "en", "", "c")
    site = await office.sites.add(
        admin, name=" Out\nlet ", origins=["https://Outlet.Shop.example/"], default_locale="ro", country="MD"
    )

    assert (site.name, site.origins) == ("Out let", ("https://outlet.shop.example",))
    assert (site.default_locale, site.country, site.revision.version) == ("ro", "MD", 1)
    assert office.directory.site_by_key(site.key) == site
    assert office.directory.origin_known("https://outlet.shop.example")
    entry = (await office.service.audit(office.account.id))[0]
    assert (entry.action, entry.actor_id, entry.subject_id) == ("site.created", office.admin.id, site.id)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "\x07"}, "name"),
        ({"country": "ZZ"}, "country"),
        ({"origins": ["https://*.shop.example"]}, "origins"),
    ],
)
async def test_a_site_that_makes_no_sense_is_not_added(office: Office, wrong: dict[str, Any], field: str) -> None:
    told: dict[str, Any] = {"name": "New", "origins": ["https://n.example"], "default_locale": "en", "country": "MD"}
    with pytest.raises(AppError, match="value_invalid") as refused:
        await office.sites.add(marketer(office), **{**told, **wrong})
    assert refused.value.details["field"] == field
    assert office.directory.sites(office.account.id) == [office.site]


async def test_an_account_has_an_end_of_sites(office: Office) -> None:
    for number in range(MAX_SITES - 1):
        await office.service.create_site(office.account.id, f"Site {number}", [])
    with pytest.raises(AppError, match="site_limit"):
        await office.sites.add(marketer(office), name="One", origins=[], default_locale="en", country="MD")
