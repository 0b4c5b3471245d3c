"""What the API answers about its resources, word for word as the OpenAPI has it (pure)."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from server.carrier.conference import Member, Room
from server.carrier.model import API_VERSION, Call, Message
from server.carrier.recordings import Recording

_PRICE_UNIT = "USD"


def _date(at: datetime | None) -> str | None:
    return format_datetime(at.replace(microsecond=0)) if at else None


def _base(account_sid: str) -> str:
    return f"/{API_VERSION}/Accounts/{account_sid}"


def call(value: Call) -> dict[str, Any]:
    uri = f"{_base(value.account_sid)}/Calls/{value.sid}"
    parts = ("events", "notifications", "payments", "recordings", "siprec", "streams", "transcriptions")
    return {
        "account_sid": value.account_sid,
        "answered_by": value.answered_by,
        "api_version": API_VERSION,
        "caller_name": None,
        "date_created": _date(value.created_at),
        "date_updated": _date(value.updated_at),
        "direction": value.direction,
        "duration": str(value.duration_s) if value.ended_at else None,
        "end_time": _date(value.ended_at),
        "forwarded_from": None,
        "from": value.from_,
        "from_formatted": value.from_,
        "group_sid": None,
        "parent_call_sid": value.parent_sid,
        "phone_number_sid": None,
        "price": value.price,
        "price_unit": _PRICE_UNIT,
        "queue_time": str(value.queue_time_ms),
        "sid": value.sid,
        "start_time": _date(value.started_at),
        "status": value.status,
        "subresource_uris": {part: f"{uri}/{part.capitalize()}.json" for part in parts},
        "to": value.to,
        "to_formatted": value.to,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }


def conference(room: Room, account_sid: str) -> dict[str, Any]:
    uri = f"{_base(account_sid)}/Conferences/{room.sid}"
    return {
        "account_sid": account_sid,
        "api_version": API_VERSION,
        "call_sid_ending_conference": room.ended_by,
        "date_created": _date(room.created_at),
        "date_updated": _date(room.updated_at),
        "friendly_name": room.name,
        "reason_conference_ended": room.reason_ended,
        "region": "us1",
        "sid": room.sid,
        "status": room.status,
        "subresource_uris": {
            "participants": f"{uri}/Participants.json",
            "recordings": f"{uri}/Recordings.json",
        },
        "uri": f"{uri}.json",
    }


def participant(
    member: Member, room_sid: str, account_sid: str, status: str = "connected", queue_time_ms: int | None = None
) -> dict[str, Any]:
    return {
        "account_sid": account_sid,
        "call_sid": member.call_sid,
        "call_sid_to_coach": member.call_sid_to_coach or None,
        "coaching": member.coaching,
        "conference_sid": room_sid,
        "date_created": _date(member.joined_at),
        "date_updated": _date(member.updated_at),
        "end_conference_on_exit": member.end_on_exit,
        "hold": member.hold,
        "label": member.label or None,
        "muted": member.muted,
        "queue_time": None if queue_time_ms is None else str(queue_time_ms),
        "start_conference_on_enter": member.start_on_enter,
        "status": status,
        "uri": f"{_base(account_sid)}/Conferences/{room_sid}/Participants/{member.call_sid}.json",
    }


def recording(value: Recording, public_url: str = "") -> dict[str, Any]:
    """Describe a recording; with a public URL as a resource of its own, without as one of a call."""
    over = value.status in {"completed", "processing", "stopped", "absent"}
    parent = f"/Calls/{value.call_sid}" if value.call_sid else f"/Conferences/{value.conference_sid}"
    own = f"{_base(value.account_sid)}/Recordings/{value.sid}"
    body = {
        "account_sid": value.account_sid,
        "api_version": API_VERSION,
        "call_sid": value.call_sid,
        "channels": value.plan.channels,
        "conference_sid": value.conference_sid,
        "date_created": _date(value.created_at),
        "date_updated": _date(value.updated_at),
        "duration": str(value.duration_s) if over else "-1",
        "encryption_details": None,
        "error_code": None,
        "price": None,
        "price_unit": _PRICE_UNIT,
        "sid": value.sid,
        "source": value.plan.source,
        "start_time": _date(value.created_at),
        "status": value.status,
    }
    if public_url:
        return {
            **body,
            "media_url": f"{public_url}{own}",
            "subresource_uris": {"transcriptions": f"{own}/Transcriptions.json"},
            "uri": f"{own}.json",
        }
    uri = f"{_base(value.account_sid)}{parent}/Recordings/{value.sid}.json"
    return {**body, "track": value.plan.track, "uri": uri}


def message(value: Message) -> dict[str, Any]:
    uri = f"{_base(value.account_sid)}/Messages/{value.sid}"
    return {
        "account_sid": value.account_sid,
        "api_version": API_VERSION,
        "body": value.body,
        "date_created": _date(value.created_at),
        "date_sent": _date(value.sent_at),
        "date_updated": _date(value.updated_at),
        "direction": "outbound-api",
        "error_code": value.error_code,
        "error_message": None,
        "from": value.from_,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(max(1, -(-len(value.body) // 160))),
        "price": value.price,
        "price_unit": _PRICE_UNIT,
        "sid": value.sid,
        "status": value.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": value.to,
        "uri": f"{uri}.json",
    }
