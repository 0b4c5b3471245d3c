"""Socket.IO on the hardened transport: joins, leaves, events. Everything here returns at once.

It is python-socketio's server with its entrances replaced: packets are taken apart once and without objects, a join
needs no database, and nothing that a client sends reaches the stock handlers.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import socketio
import structlog

from server.errors import AppError
from server.principals import Person, Visitor
from server.realtime import packets
from server.realtime.auth import Doorkeeper, rooms_of
from server.realtime.client import Client
from server.realtime.engine import QUIET, Engine
from server.realtime.manager import IndexedManager

if TYPE_CHECKING:
    from server.metrics import Metrics
    from server.realtime.router import EventRouter, Job

log = structlog.get_logger("realtime")


class Member:
    """One client in one namespace."""

    __slots__ = ("buckets", "client", "fifo", "namespace", "namespace_bytes", "sid", "who", "worker")

    def __init__(self, sid: str, namespace: str, namespace_bytes: bytes, client: Client, who: Visitor | Person) -> None:
        self.sid = sid
        self.namespace = namespace
        self.namespace_bytes = namespace_bytes
        self.client = client
        self.who = who
        self.fifo: list[Job] = []
        self.worker: asyncio.Task[None] | None = None
        self.buckets: dict[str, float] = {}


class SocketLayer(socketio.AsyncServer):  # type: ignore[misc]
    """All members of all namespaces of the process."""

    def __init__(self, router: EventRouter, doorkeeper: Doorkeeper, metrics: Metrics, **engine_options: Any) -> None:
        self.manager: IndexedManager
        super().__init__(client_manager=IndexedManager(), logger=QUIET, metrics=metrics, **engine_options)
        self.eio: Engine
        self.eio.layer = self
        self._router = router
        self._doorkeeper = doorkeeper
        self._metrics = metrics

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    # The transport calls these two

    def on_message(self, client: Client, data: bytes) -> None:
        kind = data[1:2]
        try:
            if kind == packets.EVENT:
                self._on_event(client, data)
            elif kind == packets.CONNECT:
                namespace, ack, body = packets.split(data)
                if ack:
                    raise packets.MalformedError("connect")
                self._on_connect(client, namespace, body)
            elif kind == packets.DISCONNECT:
                namespace, _, _ = packets.split(data)
                self._on_disconnect(client, namespace)
            elif kind in packets.BINARY_KINDS:
                self._metrics.bad_packets.labels("binary").inc()
                client.drop("binary")
            else:  # also acknowledgements: the server never asks for one
                client.strike("packet")
        except packets.MalformedError:
            client.strike("malformed")

    def on_gone(self, client: Client, reason: str) -> None:
        members, client.members = client.members, {}
        for member in members.values():
            self._leave(member, reason)

    # Joining and leaving

    def _on_connect(self, client: Client, namespace_bytes: bytes, body: bytes) -> None:
        if namespace_bytes in client.members:
            raise packets.MalformedError("joined already")
        sid = self.eio.generate_id()
        try:
            if self.eio.draining:
                raise AppError("draining")
            try:
                auth = packets.loads(body) if body else None
            except packets.MalformedError:
                raise AppError("bad_request", path="") from None
            namespace = namespace_bytes.decode("ascii", "replace")
            who = self._doorkeeper.admit(namespace, auth, client.peer, sid)
        except AppError as error:
            self._metrics.rejected.labels(error.code).inc()
            self.eio.noise.line("join_refused", code=error.code, connection=client.label)
            client.write(packets.refused(namespace_bytes, error.code, error.details))
            client.strike("join")
            return
        except Exception:
            log.exception("join_failed")
            client.write(packets.refused(namespace_bytes, "internal_error", {}))
            client.strike("join")
            return
        member = Member(sid, namespace, namespace_bytes, client, who)
        if not client.members:
            client.joined()
        client.members[namespace_bytes] = member
        self.manager.admit(sid, namespace, client.sid, rooms_of(who))  # first the rooms, then the first word
        self._metrics.connects.labels(namespace).inc()
        self._metrics.sockets.labels(namespace).inc()
        self._router.joined(member)  # hooks run after this returns; queued now, they come before those of leaving
        client.write(packets.joined(namespace_bytes, sid))

    def _on_disconnect(self, client: Client, namespace_bytes: bytes) -> None:
        member = client.members.pop(namespace_bytes, None)
        if member is None:
            raise packets.MalformedError("not joined")
        self._leave(member, self.reason.CLIENT_DISCONNECT)
        if not client.members:
            client.left()

    def _leave(self, member: Member, reason: str) -> None:
        self.manager.basic_disconnect(member.sid, member.namespace)
        self._metrics.sockets.labels(member.namespace).dec()
        self._metrics.disconnects.labels(member.namespace, reason).inc()
        self._router.left(member, reason)

    # Events

    def _on_event(self, client: Client, data: bytes) -> None:
        namespace, ack, body = packets.split(data)
        member = client.members.get(namespace)
        if member is None:
            raise packets.MalformedError("not joined")
        try:
            said = packets.loads(body)
        except packets.MalformedError:
            said = None  # the router refuses it as it refuses any other nonsense, and acknowledges it
        self._router.dispatch(member, ack, said)

    # Sending

    def deliver(self, namespace: str, room: str | None, text: bytes) -> int:
        """Write one packet to everyone in the room of this process.

        Returns:
            To how many.
        """
        found = self.manager.members(namespace, room)
        if not found:
            return 0
        frame = packets.frame(text)
        sockets = self.eio.sockets
        # a copy: a client that is cut because it does not read leaves the room while we write
        for eio_sid in list(found.values()):
            client = sockets.get(eio_sid)
            if client is not None:
                client.write(text, frame)
        return len(found)

    def members_of(self, namespace: str) -> list[Member]:
        """Return everyone in the namespace on this process."""
        name = namespace.encode()
        found = (self.eio.sockets.get(eio_sid) for eio_sid in self.manager.members(namespace, None).values())
        return [client.members[name] for client in found if client is not None and name in client.members]

    def dismiss(self, member: Member, reason: str) -> None:
        """End one membership from our side; the connection goes with it when nothing else is on it."""
        if member.client.members.pop(member.namespace_bytes, None) is None:
            return
        member.client.write(packets.left(member.namespace_bytes))
        self._leave(member, reason)
        if not member.client.members:
            member.client.drop(reason, politely=True)
