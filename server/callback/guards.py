"""Limits and money (pure): who may ask how often, what a leg costs at most, and what is left of a budget."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.callback.model import Callback, CallingSettings

SHORT_TALK_S = 20
SHORT_TALKS = 2
MICROS = 10_000
"""A hundredth of a currency's unit, in the micro-units that the ledger counts in."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most `most` within `seconds`, sliding."""

    seconds: int
    most: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How often callbacks may be asked for."""

    number: tuple[Window, ...] = (Window(3600, 2), Window(86_400, 5))
    network: tuple[Window, ...] = (Window(3600, 3),)
    site: tuple[Window, ...] = (Window(60, 10), Window(86_400, 200))


LIMITS = Limits()


def phone_key(secret: str, e164: str) -> str:
    """Return a name for a number that tells nothing about it: limits and blocks hold across all sites."""
    return hmac.new(secret.encode(), f"phone:{e164}".encode(), hashlib.sha256).hexdigest()[:40]


def network_key(ip: str) -> str | None:
    """Return the network that shares a limit: the address, for IPv6 its /64.

    None for loopback and for what is no address: without a proxy in front it says nothing about who asks.
    """
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return None
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def mask(phone: str) -> str:
    """Return what a log may show of a number: its last two digits."""
    return "•••" + phone[-2:] if len(phone) > 4 else "•••"


def asks_first(before: Sequence[Callback]) -> bool:
    """Tell whether whoever answers is told first who asked for the call, and how to stop it.

    Somebody may leave a stranger's number again and again: the last calls to it were answered and led to no talk worth
    the name. Others are joined at once; nobody likes to be greeted by a machine.

    Args:
        before: the newest callbacks to the number.
    """
    return len(before) >= SHORT_TALKS and all(_came_to_nothing(each) for each in before[:SHORT_TALKS])


def _came_to_nothing(callback: Callback) -> bool:
    answered = any(leg.role == "visitor" and leg.answered_at is not None for leg in callback.legs)
    return answered and (callback.talked_s or 0) < SHORT_TALK_S


def retry_after_s(taken: list[datetime], windows: tuple[Window, ...], now: datetime) -> int:
    """Return the seconds until one more fits; 0 when it fits now."""
    wait = 0.0
    for window in windows:
        since = now - timedelta(seconds=window.seconds)
        inside = sorted(moment for moment in taken if moment > since)
        if len(inside) >= window.most:
            frees = inside[len(inside) - window.most] + timedelta(seconds=window.seconds)
            wait = max(wait, (frees - now).total_seconds())
    return int(wait) + 1 if wait > 0 else 0


@dataclass(frozen=True, slots=True)
class RateCard:
    """Our own prices, micro-units of a currency per started minute, by the longest prefix of the number.

    The carrier's price comes late; the card is used to reserve and to settle. `in_usd` says how many units of a
    currency one dollar is at least worth; a cap in another currency cannot be kept and is refused.
    """

    usd_micros: dict[str, int] = field(
        default_factory=lambda: {"client:": 4_000, "sip:": 4_000, "+1": 14_000, "+": 35_000}
    )
    in_usd: dict[str, float] = field(
        default_factory=lambda: {
            "USD": 1.0,
            "EUR": 1.0,
            "GBP": 1.0,
            "CHF": 1.0,
            "CAD": 1.5,
            "AUD": 1.7,
            "PLN": 4.5,
            "RON": 5.0,
            "MDL": 20.0,
            "UAH": 45.0,
            "RUB": 110.0,
            "KZT": 560.0,
            "BYN": 3.6,
            "CZK": 26.0,
            "BGN": 2.0,
            "HUF": 420.0,
            "TRY": 50.0,
            "GEL": 3.0,
            "AMD": 420.0,
            "SEK": 12.0,
            "NOK": 12.0,
            "DKK": 7.5,
        }
    )

    def knows(self, currency: str) -> bool:
        return currency in self.in_usd

    def micros(self, to: str, seconds: int, currency: str) -> int:
        """Return what a call of that many seconds costs; nothing when it was not answered."""
        prefix = max((p for p in self.usd_micros if to.startswith(p)), key=len, default="+")
        minutes = -(-seconds // 60)
        return round(self.usd_micros[prefix] * minutes * self.in_usd.get(currency, 1.0))


@dataclass(frozen=True, slots=True)
class Budget:
    """The caps of a site in micro-units of one currency; None means no cap."""

    currency: str
    day: int | None
    month: int | None

    @property
    def is_capped(self) -> bool:
        return self.day is not None or self.month is not None


def budget_of(settings: CallingSettings) -> Budget:
    """Return the caps in the currency of whichever is set; settings with two currencies are refused earlier."""
    day, month = settings.daily_cap, settings.monthly_cap
    known = day or month
    return Budget(
        currency=known.currency if known else "USD",
        day=day.amount_minor * MICROS if day else None,
        month=month.amount_minor * MICROS if month else None,
    )
