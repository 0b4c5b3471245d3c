"""Who is blocked: pure, and fast enough to ask at every event of every visitor."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from server.blocking.model import Block, Kind
from server.errors import AppError
from server.principals import Person, Role

MAX_BLOCKS = 2000
REMOVABLE_FOR = timedelta(minutes=10)
"""How long a consultant can take back a block of their own."""
WIDEST = {4: 8, 6: 16}
"""Networks with fewer bits are half the world; nobody means that."""
SHOWN_DIGITS = 2
_SEPARATORS = re.compile(r"[\s()./-]")
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def normal_value(kind: Kind, text: str) -> str:
    """Return the one way in which a target is written.

    Raises:
        AppError: value_invalid, it is no such thing; `rule` says what was expected.
    """
    text = text.strip()
    if kind is Kind.NETWORK:
        return _network(text)
    if kind is Kind.VISITOR:
        if not _ID.fullmatch(text):
            raise AppError("value_invalid", field="value", rule="visitor")
        return text
    digits = _SEPARATORS.sub("", text.rstrip("*…"))
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    shape = r"\+[1-9]\d{6,14}" if kind is Kind.PHONE else r"\+[1-9]\d{2,13}"
    if not re.fullmatch(shape, digits, re.ASCII):
        raise AppError("value_invalid", field="value", rule=kind.value)
    return digits


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise AppError("value_invalid", field="value", rule="network") from None
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped and network.prefixlen >= 96:
        network = ipaddress.ip_network((network.network_address.ipv4_mapped, network.prefixlen - 96), strict=False)
    if network.prefixlen < WIDEST[network.version]:
        raise AppError("value_invalid", field="value", rule="network_wide")
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def masked(kind: Kind, value: str) -> str:
    """Return what the audit trail keeps of a target: enough to recognise it for whoever knows it."""
    if kind is Kind.PHONE:
        return "•••" + value[-SHOWN_DIGITS:]
    return value if kind in (Kind.PREFIX, Kind.VISITOR) else "•••"


def may_remove(who: Person, block: Block, now: datetime) -> bool:
    """Tell whether `who` may take a block away: admins any, a consultant a fresh one of their own."""
    if who.role is Role.ADMIN:
        return True
    return block.author_id == who.person_id and now - block.created_at <= REMOVABLE_FOR


class BlockIndex:
    """The blocks of one account, made ready to be asked."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._exact: dict[tuple[Kind, str], Block] = {}
        self._networks: dict[int, dict[int, dict[int, Block]]] = {4: {}, 6: {}}
        for block in blocks:
            if block.kind is Kind.NETWORK:
                network = ipaddress.ip_network(block.value)
                by_length = self._networks[network.version].setdefault(network.prefixlen, {})
                by_length[int(network.network_address)] = block
            else:
                self._exact[block.kind, block.value] = block
        self._prefixes = sorted({len(value) for kind, value in self._exact if kind is Kind.PREFIX})

    def phone(self, e164: str, now: datetime) -> Block | None:
        """Return what blocks a number: the number itself or its beginning."""
        found = [self._exact.get((Kind.PHONE, e164))]
        found += [self._exact.get((Kind.PREFIX, e164[:length])) for length in self._prefixes]
        return _first(found, now)

    def visitor(self, visitor_id: str, ip: str, now: datetime) -> Block | None:
        """Return what blocks a visitor: the visitor, or the address he comes from."""
        return _first([self._exact.get((Kind.VISITOR, visitor_id)), *self._of_address(ip)], now)

    def _of_address(self, ip: str) -> list[Block | None]:
        if not self._networks[4] and not self._networks[6]:
            return []
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:
            return []
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        bits, number = address.max_prefixlen, int(address)
        return [
            networks.get(number >> (bits - length) << (bits - length))
            for length, networks in self._networks[address.version].items()
        ]


def _first(found: Iterable[Block | None], now: datetime) -> Block | None:
    return next((block for block in found if block is not None and block.holds(now)), None)
