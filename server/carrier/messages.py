"""Text messages: stored, shown on the handset and told about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from server.carrier.model import API_VERSION, Callback, Message, new_sid

if TYPE_CHECKING:
    from server.carrier.engine import Carrier

PRICE = "-0.00750"
_STEPS = (("sent", 0.3), ("delivered", 0.7))


class Messages:
    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.all: dict[str, Message] = {}

    def send(self, to: str, from_: str, body: str, callback: Callback | None = None) -> Message:
        """Queue one message; it is sent and delivered within a virtual second."""
        carrier = self._carrier
        now = carrier.clock.now()
        message = Message(new_sid("SM", carrier.rng), carrier.config.account_sid, to, from_, body, now, now)
        self.all[message.sid] = message
        carrier.journal.write("message", sid=message.sid, to=to, status="queued", text=body)
        carrier.spawn(self._deliver(message.sid, callback))
        return message

    def delete(self, sid: str) -> bool:
        return self.all.pop(sid, None) is not None

    async def _deliver(self, sid: str, callback: Callback | None) -> None:
        carrier = self._carrier
        for status, seconds in _STEPS:
            await carrier.clock.sleep(seconds)
            message = self.all.get(sid)
            if message is None:
                return
            now = carrier.clock.now()
            message = replace(message, status=status, updated_at=now, sent_at=message.sent_at or now, price=PRICE)
            self.all[sid] = message
            carrier.journal.write("message", sid=sid, to=message.to, status=status)
            if status == "delivered":
                carrier.balance += float(PRICE)
                carrier.handsets.receive(message)
            carrier.webhooks.tell(
                callback,
                "message",
                status,
                (
                    ("AccountSid", message.account_sid),
                    ("ApiVersion", API_VERSION),
                    ("From", message.from_),
                    ("MessageSid", sid),
                    ("MessageStatus", status),
                    ("SmsSid", sid),
                    ("SmsStatus", status),
                    ("To", message.to),
                ),
                sid=sid,
                number=message.to,
                voice=False,
            )
