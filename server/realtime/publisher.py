"""Telling browsers that something happened. A hint: the record is in the database, and who missed one asks for it."""

from __future__ import annotations

from typing import Protocol

import structlog

from server.contracts.registry import Contracts
from server.errors import AppError
from server.metrics import Metrics
from server.realtime import packets
from server.realtime.auth import CONSOLE, VISITOR, person_room, site_room, staff_room, visitor_room
from server.realtime.layer import SocketLayer

log = structlog.get_logger("realtime")


class Bus(Protocol):
    """Carries packets to every process that has members of a room. Neither call waits or raises."""

    def publish(self, namespace: str, room: str, text: bytes) -> None: ...

    def end_session(self, session_id: str) -> None: ...


class LocalBus:
    """The bus of a single process."""

    def __init__(self, layer: SocketLayer) -> None:
        self._layer = layer

    def publish(self, namespace: str, room: str, text: bytes) -> None:
        self._layer.deliver(namespace, room, text)

    def end_session(self, session_id: str) -> None:
        for member in self._layer.members_of(CONSOLE):
            if getattr(member.who, "session_id", None) == session_id:
                self._layer.dismiss(member, "signed out")


class Publisher:
    """Announces to rooms. Publishing never waits and never raises; call it after the write is acknowledged."""

    def __init__(
        self, bus: Bus, layer: SocketLayer, contracts: Contracts, metrics: Metrics, *, check_payloads: bool
    ) -> None:
        self._bus = bus
        self._layer = layer
        self._contracts = contracts
        self._metrics = metrics
        self._check = check_payloads

    def to_visitor(self, tenant_id: str, visitor_id: str, event: str, payload: object) -> None:
        """Tell every tab of the visitor."""
        self._publish(VISITOR, visitor_room(tenant_id, visitor_id), event, payload)

    def to_site(self, tenant_id: str, site_id: str, event: str, payload: object) -> None:
        """Tell every page with this site's widget."""
        self._publish(VISITOR, site_room(tenant_id, site_id), event, payload)

    def to_staff(self, tenant_id: str, event: str, payload: object) -> None:
        """Tell every console of the tenant."""
        self._publish(CONSOLE, staff_room(tenant_id), event, payload)

    def to_person(self, tenant_id: str, person_id: str, event: str, payload: object) -> None:
        """Tell every console of one person."""
        self._publish(CONSOLE, person_room(tenant_id, person_id), event, payload)

    def is_online_visitor(self, tenant_id: str, visitor_id: str) -> bool:
        return bool(self._layer.manager.members(VISITOR, visitor_room(tenant_id, visitor_id)))

    def is_online_person(self, tenant_id: str, person_id: str) -> bool:
        return bool(self._layer.manager.members(CONSOLE, person_room(tenant_id, person_id)))

    async def disconnect_session(self, session_id: str) -> None:
        """End every socket of a session that was signed out. A second call does nothing."""
        self._bus.end_session(session_id)

    def _publish(self, namespace: str, room: str, event: str, payload: object) -> None:
        try:
            if self._check:
                self._check_contract(namespace, event, payload)
            self._bus.publish(namespace, room, packets.event(namespace, event, payload))
        except Exception:
            self._metrics.publish_failures.inc()
            log.exception("publish_failed", namespace=namespace, event_name=event)

    def _check_contract(self, namespace: str, event: str, payload: object) -> None:
        entry = self._contracts.manifest["namespaces"][namespace]["tells"].get(event)
        if entry is None:
            raise ValueError(f"{namespace} {event} is not in events.json")
        try:
            self._contracts.validate(entry["payload"], payload)
        except AppError as error:
            raise ValueError(f"{namespace} {event} breaks its contract: {error.details}") from None
