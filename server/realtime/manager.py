"""Who is in which room, so that a client leaves in the time its own rooms take.

The stock manager walks every room of a namespace when a client leaves, which is quadratic when a proxy restarts and all
leave at once, and keeps two dictionaries a room. This one keeps a plain dictionary a room and each client's rooms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import socketio

NOBODY: Mapping[str, str] = MappingProxyType({})


class IndexedManager(socketio.AsyncManager):  # type: ignore[misc]
    """`rooms[namespace][room][sid]` is an Engine.IO session; room None holds everyone of the namespace."""

    def __init__(self) -> None:
        super().__init__()
        self._rooms_of: dict[str, list[str]] = {}
        self._sid_of: dict[tuple[str, str], str] = {}

    def admit(self, sid: str, namespace: str, eio_sid: str, rooms: list[str]) -> None:
        """Put a client in the namespace and in its rooms, in one step: nobody sees it half-way."""
        self._sid_of[namespace, eio_sid] = sid
        self._rooms_of[sid] = []
        self.rooms.setdefault(namespace, {}).setdefault(None, {})[sid] = eio_sid
        for room in rooms:
            self.basic_enter_room(sid, namespace, room)

    def members(self, namespace: str, room: str | None) -> Mapping[str, str]:
        """Return who is in the room, `sid -> Engine.IO sid`. It changes under a caller who waits: copy it before."""
        found: Mapping[str, str] = self.rooms.get(namespace, {}).get(room, NOBODY)
        return found

    # What the stock server calls

    def get_participants(self, namespace: str, room: Any) -> Iterator[tuple[str, str]]:
        names = room if isinstance(room, list | tuple) else [room]
        found: dict[str, str] = {}
        for name in names:
            found.update(self.members(namespace, name))
        yield from found.items()

    def pre_connect(self, eio_sid: str, namespace: str) -> Any:
        raise NotImplementedError("clients are admitted in one step")

    def is_connected(self, sid: str | None, namespace: str) -> bool:
        return sid in self.members(namespace, None)

    def sid_from_eio_sid(self, eio_sid: str, namespace: str) -> str | None:
        return self._sid_of.get((namespace, eio_sid))

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        return self.members(namespace, None).get(sid)

    def is_sid_room(self, namespace: str, room: Any) -> bool:
        return False

    def basic_enter_room(self, sid: str, namespace: str, room: str, eio_sid: str | None = None) -> None:
        found = self.eio_sid_from_sid(sid, namespace)
        if found is None:
            raise ValueError("the client is not in the namespace")
        members = self.rooms[namespace].setdefault(room, {})
        if sid not in members:
            members[sid] = found
            self._rooms_of[sid].append(room)

    def basic_leave_room(self, sid: str, namespace: str, room: str) -> None:
        members = self.rooms.get(namespace, {}).get(room)
        if members is None or members.pop(sid, None) is None:
            return
        self._rooms_of[sid].remove(room)
        if not members:
            del self.rooms[namespace][room]

    def basic_disconnect(self, sid: str, namespace: str, **_: Any) -> None:
        everyone = self.rooms.get(namespace, {}).get(None, {})
        eio_sid = everyone.pop(sid, None)
        if eio_sid is None:
            return
        rooms = self.rooms[namespace]
        for room in self._rooms_of.pop(sid):
            members = rooms[room]
            del members[sid]
            if not members:
                del rooms[room]
        del self._sid_of[namespace, eio_sid]
        if not everyone:
            del self.rooms[namespace]

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        return list(self._rooms_of.get(sid, ()))
