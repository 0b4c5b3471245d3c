"""Joining a namespace: who is it, and which rooms does it belong to. No database, nothing that waits.

A join that waited could outlive its connection, and a database that fails over would fill the server with half-joined
clients. So both authentications are plain functions: a visitor's token is signed, sessions are in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from server.contracts.registry import Contracts
from server.errors import AppError
from server.principals import Person, Visitor
from server.realtime.client import Peer

VISITOR, CONSOLE = "/visitor", "/console"


class AuthenticateVisitor(Protocol):
    def __call__(self, auth: dict[str, Any], origin: str | None, ip: str, connection_id: str, /) -> Visitor:
        """Return the visitor of a payload that matches VisitorAuth.

        Raises:
            AppError: `unknown_site`, `origin_not_allowed` (the origin is not on that site's list), `token_invalid`.
        """


class AuthenticateConsole(Protocol):
    def __call__(
        self, auth: dict[str, Any], cookies: Mapping[str, str], origin: str | None, ip: str, connection_id: str, /
    ) -> Person:
        """Return the person of a token in the payload or of a session cookie.

        Raises:
            AppError: `unauthenticated`, `session_expired`, `cross_origin` (a cookie from a foreign page, or from none).
        """


class Doorkeeper:
    """Decides about joins. Raises AppError, whose code the client sees."""

    def __init__(
        self,
        contracts: Contracts,
        authenticate_visitor: AuthenticateVisitor,
        authenticate_console: AuthenticateConsole,
        is_known_origin: Callable[[str], bool],
    ) -> None:
        self._contracts = contracts
        self._visitor = authenticate_visitor
        self._console = authenticate_console
        self._is_known_origin = is_known_origin

    def admit(self, namespace: str, auth: object, peer: Peer, connection_id: str) -> Visitor | Person:
        """Return who joins `namespace`.

        Raises:
            AppError: `not_found` (no such namespace), `client_too_old`, `bad_request`, or what authentication said.
        """
        space = self._contracts.manifest["namespaces"].get(namespace)
        if space is None:
            raise AppError("not_found")
        said: Any = {} if auth is None else auth
        protocol = said.get("protocol") if isinstance(said, dict) else None
        # before the contract: an old client may well have had another one
        if type(protocol) is int and protocol < self._contracts.oldest_protocol:
            raise AppError("client_too_old")
        self._contracts.validate(space["auth"], said)
        if namespace == VISITOR:
            visitor = self._visitor(said, peer.origin, peer.ip, connection_id)
            if peer.origin is not None and not self._is_known_origin(peer.origin):
                raise AppError("origin_not_allowed")
            return visitor
        if namespace == CONSOLE:
            return self._console(said, parse_cookies(peer.cookie), peer.origin, peer.ip, connection_id)
        raise AppError("not_found")


def room(tenant_id: str, kind: str, member_id: str = "") -> str:
    """Return the name of a room. No other code makes one, so no name can reach into another tenant.

    Args:
        kind: `v` one visitor's tabs, `s` every page of one site, `p` one person's consoles, `staff` every console of
            the tenant.
    Raises:
        ValueError: the tenant's id holds a colon or nothing, so that the name could mean another room; our bug.
    """
    if not tenant_id or ":" in tenant_id:
        raise ValueError("a tenant's id must be a word without a colon")
    return f"t:{tenant_id}:{kind}:{member_id}" if member_id else f"t:{tenant_id}:{kind}"


def visitor_room(tenant_id: str, visitor_id: str) -> str:
    return room(tenant_id, "v", visitor_id)


def site_room(tenant_id: str, site_id: str) -> str:
    return room(tenant_id, "s", site_id)


def person_room(tenant_id: str, person_id: str) -> str:
    return room(tenant_id, "p", person_id)


def staff_room(tenant_id: str) -> str:
    return room(tenant_id, "staff")


def rooms_of(who: Visitor | Person) -> list[str]:
    """Return the rooms that `who` is in from its join to its end."""
    if isinstance(who, Visitor):
        return [visitor_room(who.tenant_id, who.visitor_id), site_room(who.tenant_id, who.site_id)]
    return [staff_room(who.tenant_id), person_room(who.tenant_id, who.person_id)]


def parse_cookies(header: str) -> dict[str, str]:
    """Return the cookies of a Cookie header; the first of a name wins, and what is no pair is left out."""
    found: dict[str, str] = {}
    for part in header.split(";"):
        name, equals, value = part.strip().partition("=")
        if equals:
            found.setdefault(name, value.strip('"'))
    return found
