"""Between callbacks and the wire (pure): the only place of this feature that speaks camelCase."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from server.callback.hours import Moments, closes_at, days, next_opening, zone
from server.callback.model import Callback, CallingSettings, Hours, Leg, Money, Opening, Span, SpecialDay
from server.callback.offer import Offer
from server.clock import to_ms
from server.errors import AppError

PREVIEW_DAYS = 14


def callback_to_wire(cb: Callback) -> dict[str, Any]:
    """Return a callback as its visitor sees it (Callback in callback.schema.json)."""
    return {
        "id": cb.id,
        "state": cb.state,
        "via": "phone",
        "etaS": cb.eta_s,
        "promise": None
        if cb.promise is None
        else {"lowS": cb.promise.low_s, "highS": cb.promise.high_s, "madeAtMs": to_ms(cb.promise.made_at)},
        "opensAtMs": None if cb.opens_at is None else to_ms(cb.opens_at),
        "outcome": cb.outcome,
        "attempts": [
            {
                "number": attempt.number,
                "startedAtMs": to_ms(attempt.started_at),
                "outcome": attempt.outcome,
                "legs": [_leg(leg) for leg in cb.legs if leg.attempt == attempt.number],
            }
            for attempt in cb.attempts
        ],
        "version": cb.version,
        "clientRequestId": cb.client_request_id,
        "phoneEnding": cb.phone[-2:],
        "conversationId": cb.conversation_id,
        "durationS": cb.talked_s,
        "createdAtMs": to_ms(cb.created_at),
        "updatedAtMs": to_ms(cb.updated_at),
    }


def _leg(leg: Leg) -> dict[str, Any]:
    return {
        "role": leg.role,
        "personId": leg.person_id,
        "personName": leg.person_name,
        "state": leg.state,
        "outcome": leg.outcome,
        "startedAtMs": to_ms(leg.created_at),
        "endedAtMs": None if leg.ended_at is None else to_ms(leg.ended_at),
    }


def offer_to_wire(offer: Offer, with_openings: bool) -> dict[str, Any]:
    """Return what a visitor is offered (CallbackOffer); the openings only to those who may ask for one of them."""
    told: dict[str, Any] = {
        "offered": offer.offered,
        "etaS": offer.eta_s,
        "opensAtMs": to_ms(offer.opens_at) if offer.opens_at else None,
        "closed": offer.closed,
        "opensOffsetMin": offer.opens_offset_min,
    }
    if with_openings and offer.openings is not None:
        told["openings"] = [moments_to_wire(each) for each in offer.openings]
    return told


def lead_to_wire(cb: Callback) -> dict[str, Any]:
    """Return a callback as the console sees it (Lead)."""
    page = cb.page
    return {
        "callback": callback_to_wire(cb),
        "siteId": cb.site_id,
        "visitorId": cb.visitor_id,
        "phone": cb.phone,
        "name": cb.name,
        "topic": cb.topic,
        "page": None if page is None else {"url": page.url, "title": page.title, "atMs": page.at_ms},
    }


def settings_to_wire(settings: CallingSettings) -> dict[str, Any]:
    """Return the calling settings (CallingSettings)."""
    return {
        "order": settings.order,
        "offer": settings.offer,
        "recording": settings.recording,
        "visitorVoicemail": settings.visitor_voicemail,
        "offerS": settings.offer_s,
        "acceptS": settings.accept_s,
        "visitorS": settings.visitor_s,
        "retryDelaysS": list(settings.retry_delays_s),
        "callableRegions": list(settings.callable_regions),
        "dailyCap": _money(settings.daily_cap),
        "monthlyCap": _money(settings.monthly_cap),
        "hours": None if settings.hours is None else hours_to_wire(settings.hours),
        "offHours": settings.off_hours,
        "version": settings.version,
    }


_PLAIN = {
    "order": "order",
    "offer": "offer",
    "recording": "recording",
    "visitorVoicemail": "visitor_voicemail",
    "offerS": "offer_s",
    "acceptS": "accept_s",
    "visitorS": "visitor_s",
    "offHours": "off_hours",
}


def changes_from_wire(patch: dict[str, Any]) -> dict[str, object]:
    """Return the fields of CallingSettings that a CallingPatch changes.

    Raises:
        AppError: value_invalid, when the hours name a zone that does not exist.
    """
    changes: dict[str, object] = {name: patch[wire] for wire, name in _PLAIN.items() if wire in patch}
    if "retryDelaysS" in patch:
        changes["retry_delays_s"] = tuple(patch["retryDelaysS"])
    if "callableRegions" in patch:
        changes["callable_regions"] = tuple(dict.fromkeys(patch["callableRegions"]))
    for wire, name in (("dailyCap", "daily_cap"), ("monthlyCap", "monthly_cap")):
        if wire in patch:
            cap = patch[wire]
            changes[name] = None if cap is None else Money(cap["amountMinor"], cap["currency"])
    if "hours" in patch:
        changes["hours"] = None if patch["hours"] is None else hours_from_wire(patch["hours"])
    return changes


def hours_to_wire(hours: Hours) -> dict[str, Any]:
    """Return the opening hours (Hours), as whoever set them said them: without special days there is no such list."""
    told: dict[str, Any] = {
        "timeZone": hours.time_zone,
        "weekly": [{"day": each.day, **_span_to_wire(each)} for each in hours.weekly],
        "closedDates": sorted(hours.closed_dates),
    }
    if hours.special_days:
        told["exceptions"] = [
            {"date": each.date, "name": each.name, "open": [_span_to_wire(span) for span in each.open]}
            for each in hours.special_days
        ]
    return told


def hours_from_wire(given: dict[str, Any]) -> Hours:
    """Return the hours that an Hours means.

    Raises:
        AppError: value_invalid, when they name a zone that does not exist.
    """
    try:
        zone(given["timeZone"])
    except ValueError:
        raise AppError("value_invalid", field="hours.timeZone") from None
    weekly = [Opening(each["day"], *_span(each)) for each in given["weekly"]]
    special = [
        SpecialDay(
            each["date"], " ".join(each.get("name", "").split()), tuple(Span(*_span(part)) for part in each["open"])
        )
        for each in given.get("exceptions", [])
    ]
    special.sort(key=lambda each: each.date)
    return Hours(given["timeZone"], tuple(weekly), frozenset(given.get("closedDates", [])), tuple(special))


def preview_to_wire(hours: Hours | None, now: datetime) -> dict[str, Any]:
    """Return what these hours mean for the coming two weeks (HoursPreview)."""
    if hours is None:
        return {"openNow": True, "opensAtMs": None, "closesAtMs": None, "days": []}
    closes = closes_at(hours, now)
    opens = next_opening(hours, now) if closes is None else None
    endless = closes is not None and closes - now > timedelta(days=7)
    return {
        "openNow": closes is not None,
        "opensAtMs": None if opens is None else to_ms(opens),
        "closesAtMs": None if closes is None or endless else to_ms(closes),
        "days": [
            {
                "date": day.date,
                "special": day.special is not None,
                "name": day.special.name if day.special else "",
                "open": [moments_to_wire(each) for each in day.open],
            }
            for day in days(hours, now, PREVIEW_DAYS)
        ],
    }


def moments_to_wire(moments: Moments) -> dict[str, int]:
    """Return when it is open (OpenFromTo)."""
    return {"fromAtMs": to_ms(moments[0]), "toAtMs": to_ms(moments[1])}


def _span_to_wire(span: Span | Opening) -> dict[str, str]:
    return {"from": _clock(span.from_min), "to": _clock(span.to_min, end=True)}


def _span(given: dict[str, Any]) -> tuple[int, int]:
    start, end = _minutes(given["from"]), _minutes(given["to"])
    return start, end if end > start else end + 1440


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _clock(minutes: int, end: bool = False) -> str:
    if end and minutes == 1440:
        return "24:00"
    return f"{minutes % 1440 // 60:02d}:{minutes % 60:02d}"


def _money(money: Money | None) -> dict[str, Any] | None:
    return None if money is None else {"amountMinor": money.amount_minor, "currency": money.currency}
