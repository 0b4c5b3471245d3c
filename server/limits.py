"""How much is too much, and who is asking: token buckets and the client's address as pure functions.

A bucket is one number, the moment at which it is full again. That is all a token bucket has to remember, so ten
thousand visitors cost ten thousand floats. Seconds come from a clock that never runs backwards.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FULL = float("-inf")
"""A bucket that nobody has taken from yet."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` at once, then `per_s` a second. Both above 0.

    Raises:
        ValueError: one of them is not above 0. That is our bug, so it is no AppError.
    """

    per_s: float
    burst: int

    def __post_init__(self) -> None:
        if self.per_s <= 0 or self.burst <= 0:
            raise ValueError("a limit needs a rate and a burst above 0")


def take(full_at_s: float, limit: Limit, now_s: float) -> tuple[float, float]:
    """Take one token.

    Args:
        full_at_s: the bucket as the last call returned it; `FULL` at first.
        now_s: seconds of a clock; if it runs backwards the bucket waits, it never overflows.
    Returns:
        The new bucket, and the seconds until the token is there: 0.0 when it was there, and then it is taken;
        above 0 nothing was taken.
    """
    start_s = max(full_at_s, now_s)
    wait_s = start_s + 1 / limit.per_s - now_s - limit.burst / limit.per_s
    if wait_s > 1e-9:
        return full_at_s, wait_s
    return start_s + 1 / limit.per_s, 0.0


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks of `texts`, each an address or a CIDR block.

    Raises:
        ValueError: one of them is neither.
    """
    return tuple(ipaddress.ip_network(text.strip(), strict=False) for text in texts)


def client_ip(peer: str | None, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Return the address that limits apply to.

    Args:
        peer: the other end of the TCP connection; None or empty on a Unix socket.
        forwarded_for: X-Forwarded-For, several headers joined by commas in order; believed only from a trusted peer.
        trusted: the configured proxies.
    Returns:
        The peer, or behind trusted proxies the right-most entry that is none of them. A proxy that says nothing
        readable is itself the client: a visitor cannot hide behind an invented header. `unknown` without a peer.
    """
    client = _address(peer or "")
    if client is None:
        return "unknown"
    for entry in reversed(forwarded_for.split(",")):
        if not _is_trusted(client, trusted):
            break
        before = _address(entry.strip())
        if before is None:
            break
        client = before
    return str(client)


def network_of(ip: str) -> str | None:
    """Return what one household or office has: the address itself, of IPv6 its /64.

    None for loopback: without a proxy in front it says nothing about who asks, so no limit by address applies.
    """
    address = _address(ip)
    if address is not None and address.is_loopback:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return ip


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if text.startswith("["):  # [2001:db8::1]:4711
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # 192.0.2.1:4711
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_trusted(address: ipaddress.IPv4Address | ipaddress.IPv6Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
