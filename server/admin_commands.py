"""Commands that work on the database without serving: migrate, user, site, doctor."""

from __future__ import annotations

import argparse
import os
import shutil
from contextlib import AsyncExitStack

import aiohttp

from server.accounts.model import Account
from server.app import Ringback, build, prepare
from server.cli import Refusal, port_is_free
from server.errors import AppError
from server.mongo import DatabaseUnusable, open_database
from server.mongod import MongodError, running_url
from server.pages import STATIC
from server.principals import Role
from server.serve import database_url, with_defaults
from server.settings import Settings

LEAST_FREE_BYTES = 512 * 1024 * 1024


async def run(settings: Settings, options: argparse.Namespace) -> int:
    """Run one command and return the exit code."""
    if options.command == "doctor":
        return await _doctor(settings)
    async with AsyncExitStack() as stack:
        settings = with_defaults(settings)
        database = await open_database(await _database_url(stack, settings))
        stack.push_async_callback(database.close)
        if options.command == "migrate":
            await prepare(database)
            print("The database is up to date.")
            return 0
        ringback = await build(settings, database)
        stack.push_async_callback(ringback.close)
        if options.command == "user":
            return await _user(ringback, options)
        return await _site(ringback, settings, options)


async def _database_url(stack: AsyncExitStack, settings: Settings) -> str:
    """Return the database's address; beside a running server its embedded one is used, not started again."""
    return settings.mongodb_url or running_url(settings.data_dir) or await database_url(stack, settings)


async def _account(ringback: Ringback, name: str) -> Account:
    if not name:
        raise Refusal("Say which account with --account NAME.")
    return await ringback.accounts.create_account(name)


async def _user(ringback: Ringback, options: argparse.Namespace) -> int:
    if options.action == "list":
        for account in await ringback.accounts.list_accounts():
            for member in await ringback.accounts.list_people(account.id):
                print(f"{account.name:24} {member.role:11} {member.email:32} {member.name} {member.phone or ''}")
        return 0
    if not options.email:
        raise Refusal("Say who with --email ADDRESS.")
    if options.action == "password":
        await ringback.accounts.set_password(options.email, options.password)
        print("The password is changed and every session of this person ended.")
        return 0
    account = await _account(ringback, options.account)
    member = await ringback.accounts.create_person(
        account.id,
        email=options.email,
        password=options.password,
        name=options.name,
        role=Role(options.role),
        phone=options.phone or None,
    )
    print(f"{member.name} ({member.role}) can sign in as {member.email}.")
    return 0


async def _site(ringback: Ringback, settings: Settings, options: argparse.Namespace) -> int:
    if options.action == "list":
        for account in await ringback.accounts.list_accounts():
            for site in ringback.directory.sites(account.id):
                print(f"{account.name:24} {site.key:28} {site.name}  {' '.join(site.origins)}")
        return 0
    account = await _account(ringback, options.account)
    if not options.origin:
        raise Refusal("Say which pages may embed the widget with --origin https://www.example.com.")
    site = await ringback.accounts.create_site(
        account.id, options.name or account.name, options.origin, country=options.country.upper()
    )
    print("Put this into your pages:")
    print(f'<script async src="{settings.public_url}/widget.js" data-ringback-site="{site.key}"></script>')
    return 0


async def _doctor(settings: Settings) -> int:
    """Look at what usually goes wrong; print a line for each and return 1 when something is wrong."""
    findings: list[tuple[bool, str]] = []
    try:
        port_is_free(settings.host, settings.port)
        findings.append((True, f"Port {settings.port} is free."))
    except Refusal as refusal:
        findings.append((False, str(refusal)))
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    writable = os.access(settings.data_dir, os.W_OK)
    findings.append((writable, f"The data folder {settings.data_dir} can{'' if writable else 'not'} be written."))
    free = shutil.disk_usage(settings.data_dir).free
    findings.append((free > LEAST_FREE_BYTES, f"{free // 2**20} MiB are free there."))
    built = (STATIC / "widget/widget.js").exists() and (STATIC / "console/index.html").exists()
    findings.append(
        (built, "The widget and the console are built." if built else "Run `make setup` to build the widget.")
    )
    async with AsyncExitStack() as stack:
        try:
            database = await open_database(await _database_url(stack, settings))
            stack.push_async_callback(database.close)
            answers = await database.ping(3.0)
        except AppError:
            findings.append((False, "The database does not answer; is RINGBACK_MONGODB_URL right?"))
        except (DatabaseUnusable, MongodError) as problem:
            findings.append((False, str(problem)))
        else:
            findings.append((answers, f"The database {'answers' if answers else 'does not answer'}."))
    if settings.carrier_api_url:
        try:
            patience = aiohttp.ClientTimeout(total=5)
            async with aiohttp.ClientSession(timeout=patience) as session, session.get(settings.carrier_api_url):
                findings.append((True, "The carrier answers."))
        except (aiohttp.ClientError, TimeoutError):
            findings.append((False, f"The carrier at {settings.carrier_api_url} does not answer."))
    for fine, sentence in findings:
        print(f"{'ok ' if fine else 'BAD'} {sentence}")
    return 0 if all(fine for fine, _ in findings) else 1
