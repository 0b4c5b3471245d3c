"""Who is asking. Made by the connect authentication and the HTTP session, by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Rights. `anonymous` and `visitor` are no people of the account; `carrier` is a signed webhook."""

    ANONYMOUS = "anonymous"
    VISITOR = "visitor"
    CONSULTANT = "consultant"
    MARKETER = "marketer"
    ADMIN = "admin"
    CARRIER = "carrier"


STAFF = frozenset({Role.CONSULTANT, Role.MARKETER, Role.ADMIN})
ANSWERING = frozenset({Role.CONSULTANT, Role.ADMIN})
"""Who writes and talks with visitors."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser tab of one visitor on one site. `ip` is for limits only and is never stored whole."""

    tenant_id: str
    site_id: str
    visitor_id: str
    tab_id: str
    locale: str
    time_zone: str
    ip: str
    connection_id: str

    @property
    def role(self) -> Role:
        return Role.VISITOR


@dataclass(frozen=True, slots=True)
class Person:
    """One signed-in member of the account, in one browser or program."""

    tenant_id: str
    person_id: str
    name: str
    role: Role
    session_id: str
    locale: str
    ip: str
    connection_id: str


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody we know, on an open HTTP route."""

    ip: str

    @property
    def role(self) -> Role:
        return Role.ANONYMOUS


Principal = Visitor | Person | Anonymous
