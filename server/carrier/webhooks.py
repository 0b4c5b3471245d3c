"""Telling the customer: signed HTTP requests, their connection overrides, their retries, and chaos on the way."""

from __future__ import annotations

import asyncio
import random
import re
import uuid
from collections import deque
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
from yarl import URL

from server.carrier.chaos import Chaos, Rule
from server.carrier.clock import VirtualClock
from server.carrier.journal import Journal
from server.carrier.model import Callback, CarrierConfig
from server.carrier.signature import signature, url_to_sign

HARD_LIMIT_MS = 15_000
MAX_BODY = 512 * 1024
KEPT_FOR_REPLAY = 5_000
_POLICIES = frozenset({"4xx", "5xx", "ct", "rt", "all"})


@dataclass(frozen=True)
class Overrides:
    """Connection overrides of one URL, in milliseconds of real time: a customer's server lives in real time."""

    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    connect_ms: int = 5000
    read_ms: int = HARD_LIMIT_MS
    total_ms: int = HARD_LIMIT_MS


def overrides_of(url: str) -> tuple[Overrides, str | None]:
    """Read `#rc=2&rp=5xx,rt&ct=500&rt=1000&tt=5000` off a URL.

    Returns:
        The overrides, and what was wrong (then the defaults hold, error 11243).
    """
    given = dict(parse_qsl(url.partition("#")[2]))
    try:
        policy = frozenset(part.strip() for part in given.get("rp", "ct").split(","))
        if not policy <= _POLICIES:
            raise ValueError(f"rp={given.get('rp')}")
        return Overrides(
            retries=_between(given, "rc", 1, 0, 5),
            policy=policy,
            connect_ms=_between(given, "ct", 5000, 100, 10_000),
            read_ms=_between(given, "rt", HARD_LIMIT_MS, 100, HARD_LIMIT_MS),
            total_ms=_between(given, "tt", HARD_LIMIT_MS, 100, HARD_LIMIT_MS),
        ), None
    except ValueError as problem:
        return Overrides(), str(problem)


def _between(given: dict[str, str], name: str, usual: int, least: int, most: int) -> int:
    value = int(given.get(name, usual))
    if not least <= value <= most:
        raise ValueError(f"{name}={value}")
    return value


def should_retry(overrides: Overrides, status: int | None, failure: str | None) -> bool:
    """Tell whether an attempt is repeated: failure is `ct` (no connection), `rt` (no answer in time) or None."""
    policy = overrides.policy
    if failure is not None:
        return failure in policy or "all" in policy
    if status is None or status < 400:
        return False
    return "all" in policy or ("5xx" if status >= 500 else "4xx") in policy


@dataclass(frozen=True)
class Webhook:
    """One request to the customer. `kind` and `event` name it for the journal and for chaos."""

    kind: str
    event: str
    url: str
    method: str
    params: tuple[tuple[str, str], ...]
    sid: str = ""
    number: str = ""
    voice: bool = True
    token: str = ""


@dataclass(frozen=True)
class Reply:
    status: int | None
    content_type: str = ""
    body: bytes = b""
    failure: str | None = None

    @property
    def error_code(self) -> int | None:
        """11205 no connection, 11200 no usable answer, None when it went well."""
        if self.failure == "ct":
            return 11205
        return None if self.failure is None and self.status is not None and self.status < 300 else 11200


class Webhooks:
    """Sends webhooks. TwiML requests are awaited; callbacks are sent in the background, started in order."""

    def __init__(
        self, config: CarrierConfig, clock: VirtualClock, journal: Journal, chaos: Chaos, rng: random.Random
    ) -> None:
        self._config = config
        self._clock = clock
        self._journal = journal
        self._chaos = chaos
        self._rng = rng
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._held: dict[int, list[Webhook]] = {}
        self._sent: deque[Webhook] = deque(maxlen=KEPT_FOR_REPLAY)

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def tell(
        self,
        callback: Callback | None,
        kind: str,
        event: str,
        params: Iterable[tuple[str, str]],
        *,
        sid: str = "",
        number: str = "",
        voice: bool = True,
    ) -> None:
        """Send a callback in the background; nobody waits for it and nothing comes of its answer."""
        if callback is None or not callback.url:
            return
        hook = self._named(Webhook(kind, event, callback.url, callback.method, tuple(params), sid, number, voice))
        hit = self._emit(hook)
        if "drop" in hit:
            return
        if "reorder" in hit:
            self._hold(hook, hit)
        else:
            self._run(self._deliver(hook, hit))

    async def ask(self, hook: Webhook) -> Reply:
        """Send a request whose answer decides what happens next, such as one for TwiML."""
        hook = self._named(hook)
        hit = self._emit(hook)
        if "drop" in hit:
            return Reply(None, failure="rt")
        return await self._deliver(hook, hit)

    def replay(self, sid: str | None = None) -> int:
        """Send again every webhook sent so far (of one call or conference); return how many."""
        again = [hook for hook in self._sent if sid in {None, hook.sid}]
        for hook in again:
            self._run(self._attempts(hook, copy="replay"))
        return len(again)

    def _named(self, hook: Webhook) -> Webhook:
        return replace(hook, token=str(uuid.UUID(int=self._rng.getrandbits(128), version=4)))

    def _emit(self, hook: Webhook) -> dict[str, Rule]:
        hit = self._chaos.for_webhook(hook.kind, hook.event, hook.number)
        self._sent.append(hook)
        self._journal.write(
            "webhook",
            webhook=hook.kind,
            event=hook.event,
            sid=hook.sid,
            method=hook.method,
            url=hook.url,
            params=dict(hook.params),
            token=hook.token,
            **({"chaos": sorted(hit)} if hit else {}),
        )
        return hit

    def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _hold(self, hook: Webhook, hit: dict[str, Rule]) -> None:
        """Keep webhooks for some seconds and let them go in a shuffled order."""
        key = id(hit["reorder"])
        held = self._held.setdefault(key, [])
        held.append(hook)
        if len(held) > 1:
            return

        async def release() -> None:
            await self._clock.sleep(hit["reorder"].seconds)
            batch = self._held.pop(key)
            self._chaos.rng.shuffle(batch)
            for each in batch:
                await self._deliver(each, {k: v for k, v in hit.items() if k != "reorder"})

        self._run(release())

    async def _deliver(self, hook: Webhook, hit: dict[str, Rule]) -> Reply:
        if "delay" in hit:
            await self._clock.sleep(self._chaos.seconds(hit["delay"]))
        forged = hit.get("wrongSignature")
        if forged and forged.extra:
            await self._attempts(hook, forged=True, copy="forged")
        if "duplicate" in hit:
            for _ in range(hit["duplicate"].copies - 1):
                self._run(self._attempts(hook, copy="duplicate"))
        reply = await self._attempts(hook, forged=bool(forged and not forged.extra))
        if "replay" in hit:
            self._run(self._later(hook, hit["replay"].seconds))
        return reply

    async def _later(self, hook: Webhook, seconds: float) -> None:
        await self._clock.sleep(seconds)
        await self._attempts(hook, copy="replay")

    async def _attempts(self, hook: Webhook, *, forged: bool = False, copy: str = "") -> Reply:
        with self._clock.outside():
            return await self._tries(hook, forged, copy)

    async def _tries(self, hook: Webhook, forged: bool, copy: str) -> Reply:
        overrides, problem = overrides_of(hook.url)
        if problem:
            self._journal.write("notification", code=11243, sid=hook.sid, text=problem)
        attempt = 0
        while True:
            started = asyncio.get_running_loop().time()
            reply = await self._once(hook, overrides, forged)
            self._journal.write(
                "reply",
                webhook=hook.kind,
                event=hook.event,
                sid=hook.sid,
                token=hook.token,
                status=reply.status,
                tookMs=round((asyncio.get_running_loop().time() - started) * 1000),
                **({"failure": reply.failure} if reply.failure else {}),
                **({"copy": copy} if copy else {}),
                **({"attempt": attempt + 1} if attempt else {}),
                **({"forged": True} if forged else {}),
                **({"body": reply.body.decode("utf-8", "replace")[:4000]} if reply.body else {}),
            )
            if attempt >= overrides.retries or not should_retry(overrides, reply.status, reply.failure):
                return reply
            attempt += 1

    async def _once(self, hook: Webhook, overrides: Overrides, forged: bool) -> Reply:
        url, data = hook.url.partition("#")[0], None
        if hook.method == "GET":
            if hook.params:
                url += ("&" if "?" in url else "?") + urlencode(hook.params)
        else:
            data = urlencode(hook.params)
        hosts = self._config.webhook_hosts
        if hosts and urlsplit(url).hostname not in hosts:
            self._journal.write("notification", code=11205, sid=hook.sid, text=f"the host of {url} may not be dialled")
            return Reply(None, failure="ct")
        signed = signature(
            "a-token-that-is-not-ours" if forged else self._config.auth_token,
            url_to_sign(url, voice=hook.voice),
            hook.params if data is not None else (),
        )
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": signed,
            "I-Twilio-Idempotency-Token": hook.token,
            "Accept": "*/*",
        }
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        limit = min(overrides.total_ms, HARD_LIMIT_MS) / 1000
        timeout = aiohttp.ClientTimeout(
            total=limit, sock_connect=overrides.connect_ms / 1000, sock_read=overrides.read_ms / 1000
        )
        target = URL(_without_user(url), encoded=True)
        try:
            async with self._http().request(
                hook.method, target, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                body = await answer.content.read(MAX_BODY)
                return Reply(answer.status, answer.content_type, body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return Reply(None, failure="ct")
        except (TimeoutError, aiohttp.ClientError, ValueError):
            return Reply(None, failure="rt")

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, force_close=True), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


def _without_user(url: str) -> str:
    return re.sub(r"^(https?://)[^/?#]*@", r"\1", url)
