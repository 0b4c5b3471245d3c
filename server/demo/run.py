"""The demo: the server as a child, the carrier, the shop and the virtual phones around it.

The server runs in a process of its own, so that it can be killed and comes back while phones ring on: that is what it
must survive in life.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import json
import os
import secrets
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog

from server.carrier.app import CarrierConfig, create_carrier_app
from server.cli import Refusal, port_is_free
from server.demo.examples import add_examples
from server.demo.shop_app import create_shop_app
from server.serve import start_site, stop_event, write_ready_file
from server.settings import PREFIX, Settings, kept_secret

START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 12.0
QUICK_DEATHS = 5
CALLS_PER_S = 5
CALLER_ID = "+37322800000"

log = structlog.get_logger("demo")

# Numbers of the Republic of Moldova and Romania that nobody rings from here: the carrier of the demo is this machine.
PEOPLE: list[dict[str, str]] = [
    {"name": "Ana Rusu", "email": "ana@shop.example", "role": "consultant", "phone": "+37369100001", "locale": "ro"},
    {
        "name": "Boris Orlov",
        "email": "boris@shop.example",
        "role": "consultant",
        "phone": "+37369100002",
        "locale": "ru",
    },
    {
        "name": "Clara Stone",
        "email": "clara@shop.example",
        "role": "consultant",
        "phone": "+37369100003",
        "locale": "en",
    },
    {"name": "Mara Lupu", "email": "mara@shop.example", "role": "marketer", "phone": "", "locale": "ro"},
    {"name": "Adam Grey", "email": "adam@shop.example", "role": "admin", "phone": "", "locale": "en"},
]
DEPARTMENTS: list[dict[str, Any]] = [
    {
        "names": {"en": "Choosing and buying", "ru": "Выбор и покупка", "ro": "Alegere și cumpărare"},
        "members": ["ana@shop.example", "boris@shop.example"],
    },
    {
        "names": {"en": "Delivery and returns", "ru": "Доставка и возврат", "ro": "Livrare și retur"},
        "members": ["clara@shop.example"],
    },
]
REGIONS = ["MD", "RO", "RU", "UA", "BG", "PL", "DE", "FR", "IT", "ES", "GB", "US", "KZ", "TR"]
VISITOR_PHONE = "+37369200001"


def _kept_seed(data_dir: Path, origins: list[str]) -> Path:
    """Return the file with the demo's account; passwords and the site's key are made once for each data folder."""
    path = data_dir / "demo.json"
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        seed = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        seed = {
            "account": {"name": "Lumen & Oak"},
            "site": {"key": "shop-" + secrets.token_hex(8), "name": "Lumen & Oak", "country": "MD"},
            "people": [{**person, "password": secrets.token_urlsafe(9)} for person in PEOPLE],
            "departments": DEPARTMENTS,
            "callableRegions": REGIONS,
        }
    seed["site"]["origins"] = origins
    draft = path.with_name("demo.json.part")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(seed, indent=2), "utf-8")
    os.replace(draft, path)
    return path


def _die_with_parent() -> None:
    """Ask the kernel to end this child when the demo is gone, however it went."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class _Server:
    """The server's process: started, watched, started again when it dies, stopped."""

    def __init__(self, environ: dict[str, str], seed: Path, ready_file: Path) -> None:
        self._environ, self._seed, self._ready_file = environ, seed, ready_file
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    async def start(self) -> dict[str, Any]:
        """Start it and return what its ready file says.

        Raises:
            Refusal: it ended before it was ready; it has already said why.
        """
        self._ready_file.unlink(missing_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "serve",
            "--seed", str(self._seed), "--ready-file", str(self._ready_file),
            env=self._environ, start_new_session=True, preexec_fn=_die_with_parent,
        )  # fmt: skip
        deadline = time.monotonic() + START_DEADLINE_S
        while not self._ready_file.exists():
            if self._process.returncode is not None:
                raise Refusal("The server could not start; the line above says why.")
            if time.monotonic() > deadline:
                raise Refusal(f"The server was not ready after {START_DEADLINE_S:.0f} s.")
            await asyncio.sleep(0.02)
        facts: dict[str, Any] = json.loads(self._ready_file.read_text("utf-8"))
        return facts

    async def watch(self, tell: Any) -> None:
        """Start it again whenever it dies, until it dies at once several times in a row."""
        quick = 0
        while True:
            assert self._process is not None
            born = time.monotonic()
            code = await self._process.wait()
            if self._stopping:
                return
            quick = quick + 1 if time.monotonic() - born < 5 else 0
            log.warning("server_died", code=code, restarts=quick + 1)
            if quick >= QUICK_DEATHS:
                raise Refusal("The server dies again and again; the lines above say why.")
            tell(await self.start())

    async def stop(self) -> None:
        """End it: politely, then not."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_DEADLINE_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def run_demo(settings: Settings, options: argparse.Namespace) -> int:
    """Run everything until SIGTERM or SIGINT; return the exit code."""
    stopped = stop_event()
    port = options.port or settings.port
    shop_port, carrier_port = options.shop_port or port + 1, options.carrier_port or port + 2
    host = settings.host
    for one in (port, shop_port, carrier_port):
        port_is_free(host, one)
    url = settings.public_url or f"http://{host}:{port}"
    shop_url, carrier_url = f"http://{host}:{shop_port}", f"http://{host}:{carrier_port}"
    data_dir = settings.data_dir.resolve()
    seed_path = _kept_seed(data_dir, [shop_url, f"http://localhost:{shop_port}"])
    seed = json.loads(seed_path.read_text("utf-8"))
    account_sid = "AC" + kept_secret(data_dir, "carrier-account").encode().hex()[:32]
    auth_token = kept_secret(data_dir, "carrier-token")
    environ = {
        **os.environ,
        PREFIX + "PUBLIC_URL": url,
        PREFIX + "HOST": host,
        PREFIX + "PORT": str(port),
        PREFIX + "DATA_DIR": str(data_dir),
        PREFIX + "CARRIER_API_URL": carrier_url,
        PREFIX + "TWILIO_ACCOUNT_SID": account_sid,
        PREFIX + "TWILIO_AUTH_TOKEN": auth_token,
        PREFIX + "CALLER_ID": CALLER_ID,
        PREFIX + "TRUSTED_PROXIES": ",".join(settings.trusted_proxies) or "127.0.0.0/8,::1/128",
    }
    async with AsyncExitStack() as stack:
        carrier = create_carrier_app(
            CarrierConfig(
                account_sid=account_sid,
                auth_token=auth_token,
                public_url=carrier_url,
                cps=CALLS_PER_S,
                webhook_hosts=frozenset({"127.0.0.1", "localhost", urlsplit(url).hostname or host}),
                handset_names={p["phone"]: p["name"] for p in seed["people"] if p["phone"]},
            )
        )
        await start_site(stack, carrier, host, carrier_port)
        await start_site(stack, create_shop_app(url, seed["site"]["key"]), host, shop_port)
        server = _Server(environ, seed_path, data_dir / "server-ready.json")
        stack.push_async_callback(server.stop)

        def tell(facts: dict[str, Any]) -> None:
            numbers = "&".join(f"number=%2B{p['phone'][1:]}" for p in seed["people"] if p["phone"])
            write_ready_file(
                options.ready_file,
                {
                    **facts,
                    "shopUrl": shop_url,
                    "carrierUrl": carrier_url,
                    "handsetsUrl": f"{carrier_url}/handsets?{numbers}&number=%2B{VISITOR_PHONE[1:]}",
                    "demoPid": os.getpid(),
                    "people": seed["people"],
                },
            )
            _print(facts, shop_url, f"{carrier_url}/handsets?{numbers}&number=%2B{VISITOR_PHONE[1:]}", seed)

        start = asyncio.create_task(server.start())
        stop = asyncio.create_task(stopped.wait())
        await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not stopped.is_set():
            facts = start.result()
            if not options.bare:
                await _add_examples(facts, seed)
            tell(facts)
            watch = asyncio.create_task(server.watch(tell))
            await asyncio.wait({watch, stop}, return_when=asyncio.FIRST_COMPLETED)
            if watch.done():
                watch.result()
        else:
            start.cancel()
            await asyncio.gather(start, return_exceptions=True)
    return 0


async def _add_examples(facts: dict[str, Any], seed: dict[str, Any]) -> None:
    try:
        await add_examples(facts, next(person for person in seed["people"] if person["role"] == "marketer"))
    except aiohttp.ClientError as problem:
        log.warning("demo_has_no_examples", problem=str(problem))


def _print(facts: dict[str, Any], shop_url: str, handsets_url: str, seed: dict[str, Any]) -> None:
    lines = [
        "",
        "Ringback is running.",
        f"  The shop with the widget   {shop_url}",
        f"  The console                {facts['consoleUrl']}",
        f"  The virtual phones         {handsets_url}",
        f"  The docs                   {facts['docsUrl']}",
        "  Sign-ins:",
        *(f"    {p['role']:11} {p['email']:20} {p['password']:14} {p['phone']}" for p in seed["people"]),
        f"  As a visitor, ask for a call to {VISITOR_PHONE} and answer it on the virtual phones.",
        "Ctrl-C stops everything; the data stays.",
    ]
    print("\n".join(lines), flush=True)


async def run_carrier(settings: Settings, port: int) -> int:
    """Run the local carrier alone until SIGTERM or SIGINT."""
    stopped = stop_event()
    url = f"http://{settings.host}:{port}"
    account_sid = (
        settings.twilio_account_sid or "AC" + kept_secret(settings.data_dir, "carrier-account").encode().hex()[:32]
    )
    auth_token = settings.twilio_auth_token or kept_secret(settings.data_dir, "carrier-token")
    async with AsyncExitStack() as stack:
        app = create_carrier_app(CarrierConfig(account_sid=account_sid, auth_token=auth_token, public_url=url))
        await start_site(stack, app, settings.host, port)
        print(f"The local carrier answers at {url} for account {account_sid}.", flush=True)
        await stopped.wait()
    return 0
