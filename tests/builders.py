"""Values that tests need again and again. Everything has a default; a test names what it is about."""

from __future__ import annotations

from server.principals import Person, Role, Visitor

TENANT = "tenant-a"
OTHER_TENANT = "tenant-b"


def a_visitor(visitor_id: str = "visitor-1", **other: str) -> Visitor:
    """A visitor on the site `site-1` of TENANT."""
    fields = {
        "tenant_id": TENANT,
        "site_id": "site-1",
        "tab_id": "tab-1",
        "locale": "en",
        "time_zone": "Europe/Chisinau",
        "ip": "192.0.2.1",
        "connection_id": "connection-1",
        **other,
    }
    return Visitor(visitor_id=visitor_id, **fields)


def a_person(person_id: str = "person-1", role: Role = Role.CONSULTANT, **other: str) -> Person:
    """Someone signed in to TENANT."""
    fields = {
        "tenant_id": TENANT,
        "name": "Ana",
        "session_id": f"session-of-{person_id}",
        "locale": "en",
        "ip": "192.0.2.2",
        "connection_id": "connection-2",
        **other,
    }
    return Person(person_id=person_id, role=role, **fields)
