from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from server.accounts.directory import Directory
from server.accounts.passwords import Passwords
from server.accounts.service import AccountService
from server.accounts.store import MongoAccountStore
from server.app import prepare
from server.clock import utc_now
from server.ids import new_id, new_token
from server.mongo import open_database
from server.principals import Role
from tests.integration.process.conftest import ROOT, environment
from tests.integration.security.world import DATABASE, NEEDLE, PASSWORD, ROLES, SECRET, Shop, World

START_S = 30.0


async def _furnish(mongo_url: str, shops: list[Shop]) -> None:
    """Make the accounts, as the command line would."""
    database = await open_database(mongo_url, DATABASE)
    passwords = Passwords()
    try:
        await database.drop()
        await prepare(database)
        store = MongoAccountStore(database)
        service = AccountService(store, Directory(store, utc_now), passwords, utc_now, new_id, new_token)
        for shop in shops:
            shop.tenant_id = (await service.create_account(shop.name)).id
            site = await service.create_site(
                shop.tenant_id, shop.name.title(), [shop.origin], key=shop.site_key, country="MD"
            )
            shop.site_id = site.id
            other = await service.create_site(shop.tenant_id, "Outlet", [f"https://outlet.{shop.name}.example"])
            shop.second_site_key = other.key
            for name in (*ROLES, "colleague"):
                role = Role.CONSULTANT if name == "colleague" else Role(name)
                member = await service.create_person(
                    shop.tenant_id, email=shop.email(name), password=PASSWORD, name=name.title(), role=role
                )
                shop.people[name] = member.id
    finally:
        passwords.close()
        await database.close()


async def _drop(mongo_url: str) -> None:
    database = await open_database(mongo_url, DATABASE)
    await database.drop()
    await database.close()


async def _live_in(world: World) -> None:
    """Sign everyone in; in each shop a visitor has written, was answered and asked for a callback."""
    async with world.http() as http:
        for shop in (world.lamps, world.chairs):
            for role in (*ROLES, "colleague"):
                body = {"email": shop.email(role), "password": PASSWORD}
                shop.tokens[role] = (await (await http.post("/api/v1/session", json=body)).json())["token"]
            calling = f"/api/v1/sites/{shop.site_id}/calling"
            bearer = {"Authorization": f"Bearer {shop.tokens['admin']}"}
            once = {"callableRegions": ["MD"], "retryDelaysS": []}
            assert (await http.patch(calling, json=once, headers=bearer)).status == 200
    for number, shop in enumerate((world.lamps, world.chairs)):
        async with world.visitor(shop) as visitor, world.person(shop, "consultant") as consultant:
            page = {"url": f"{shop.origin}/{NEEDLE}", "title": f"{NEEDLE} of {shop.name}"}
            started = await visitor.data("visit:start", {"page": page})
            shop.visitor_id, shop.visitor_token = started["visitorId"], started["token"]
            sent = await visitor.data("chat:send", {"clientMessageId": new_id(), "text": f"{NEEDLE}: {shop.name}"})
            shop.conversation_id = sent["message"]["conversationId"]
            await consultant.data("chat:claim", {"conversationId": shop.conversation_id})
            asked = {"clientRequestId": new_id(), "phone": f"+3736921234{number}", "region": "MD", "via": "phone"}
            shop.callback_id = (await visitor.data("callback:request", asked))["callback"]["id"]
            # nobody has a phone here, so it ends soon
            await visitor.until(lambda: any(one["callback"]["outcome"] for one in visitor.told("callback:updated")))


@pytest.fixture(scope="package")
def world(mongo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for the folder. What it logged over all tests holds no private word and no crash."""
    folder = tmp_path_factory.mktemp("security")
    lamps = Shop("lamps", "https://lamps.example", "lamps-key")
    chairs = Shop("chairs", "https://chairs.example", "chairs-key")
    asyncio.run(_furnish(mongo_url, [lamps, chairs]))
    ready, log = folder / "ready.json", folder / "log.jsonl"
    environ = environment(folder / "data", RINGBACK_MONGODB_URL=mongo_url, RINGBACK_SECRET_KEY=SECRET)
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", "--ready-file", str(ready)],
            cwd=ROOT, env=environ, stdout=stream, stderr=stream,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + START_S
        while not ready.exists():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        world = World(json.loads(ready.read_text())["url"], log, mongo_url, lamps, chairs)
        asyncio.run(_live_in(world))
        yield world
    finally:
        process.terminate()
        process.wait(START_S)
        asyncio.run(_drop(mongo_url))
    assert process.returncode == 0
    told = log.read_text("utf-8", "replace")
    assert "Traceback" not in told, told[told.index("Traceback") - 500 :][:4000]
    for secret in secrets_of(world):
        assert secret not in told, next(line for line in told.splitlines() if secret in line)


def secrets_of(world: World) -> list[str]:
    """Everything of this run that no log may hold."""
    shops = (world.lamps, world.chairs)
    tokens = [token for shop in shops for token in (*shop.tokens.values(), shop.visitor_token)]
    return [NEEDLE, SECRET, "3692123", *tokens]
