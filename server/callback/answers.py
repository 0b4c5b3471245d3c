"""What a party hears (pure): the TwiML for a request of the carrier, from the stored callback and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from server.callback import twiml
from server.callback.links import Links
from server.callback.model import Callback, CallingSettings, Leg

Translate = Callable[[str], str]
Translator = Callable[[str], Translate]
WHISPER_CHARS = 160


def _language(locale: str) -> str:
    return locale.partition("-")[0].lower()


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= WHISPER_CHARS else words[: WHISPER_CHARS - 1].rstrip() + "…"


class Answers:
    """Speaks to both parties, each in their language.

    Args:
        translator: gives the translation function of a locale.
    """

    def __init__(self, links: Links, translator: Translator) -> None:
        self._links = links
        self._translator = translator

    def voice(self, cb: Callback, leg: Leg, call_sid: str, settings: CallingSettings) -> str:
        """A call was answered. Only the leg's own call is let in; any other is hung up."""
        if leg.call_sid != call_sid:
            return twiml.hang_up()
        if leg.role == "visitor":
            return self._visitor(cb, leg)
        if leg.accepted_at is not None:
            return self._into_room(cb, leg)
        return self._offer(cb, leg, settings, prompt=1)

    def key(self, cb: Callback, leg: Leg, call_sid: str, settings: CallingSettings, prompt: int) -> str:
        """A key was pressed, or none; what it meant stands in the leg already."""
        if leg.call_sid != call_sid:
            return twiml.hang_up()
        if leg.role == "visitor":
            return self._visitor(cb, leg, asked=True)
        if leg.accepted_at is not None:
            return self._into_room(cb, leg)
        _ = self._of(leg)
        if leg.outcome == "declined":
            return twiml.say_and_hang_up(_("Declined. Goodbye."), _language(leg.locale))
        if leg.outcome == "voicemail":
            return twiml.hang_up()
        return self._offer(cb, leg, settings, prompt=prompt + 1)

    def left(self, cb: Callback, leg: Leg) -> str:
        """A party came out of the room, or was sent out of it."""
        if leg.told == "message":
            return self.message(cb, leg)
        return twiml.say_and_hang_up(self._farewell(cb, leg), _language(leg.locale))

    def message(self, cb: Callback, leg: Leg) -> str:
        _ = self._of(leg)
        text = _("Hello. You asked us to call you back, and we could not reach you. Please visit our site again.")
        return twiml.say_and_hang_up(text, _language(leg.locale))

    def wait(self, cb: Callback, leg: Leg) -> str:
        """What is heard in the room until the other one comes."""
        _ = self._of(leg)
        if leg.role == "visitor":
            text = _("Thank you for waiting. We are connecting you with a consultant.")
        else:
            text = _("We are calling the visitor. Please stay on the line.")
        return twiml.wait(text, _language(leg.locale))

    def apology(self, cb: Callback, leg: Leg) -> str:
        """Said to the visitor whose consultant is gone; the next one is called after it."""
        _ = self._of(leg)
        text = _("The consultant has left the call. If you want to go on, please stay on the line.")
        return twiml.announcement(text, _language(leg.locale))

    def _of(self, leg: Leg) -> Translate:
        return self._translator(leg.locale)

    def _offer(self, cb: Callback, leg: Leg, settings: CallingSettings, prompt: int) -> str:
        language = _language(leg.locale)
        if leg.end_wanted or leg.is_over or cb.is_over or cb.state not in ("offering", "recovering"):
            return twiml.say_and_hang_up(self._farewell(cb, leg), language)
        action = self._links.of_leg("key", leg.id, prompt=prompt)
        return twiml.ask_key(self._whisper(cb, leg, prompt), language, action, settings.accept_s)

    def _whisper(self, cb: Callback, leg: Leg, prompt: int) -> str:
        """Who calls and why: name, topic, page and what the chat was about last."""
        _ = self._of(leg)
        parts = []
        if prompt == 1:
            if cb.name:
                parts.append(_("Callback for {name}.").format(name=_short(cb.name)))
            else:
                parts.append(_("A visitor of the site asked for a call."))
            topic = cb.topics.get(_language(leg.locale)) or cb.topic
            if topic:
                parts.append(_("Topic: {topic}.").format(topic=_short(topic)))
            if cb.chat_topic:
                parts.append(_("Last written in the chat: {text}.").format(text=_short(cb.chat_topic)))
            if cb.page is not None and (cb.page.title or cb.page.url):
                parts.append(_("Page: {page}.").format(page=_short(cb.page.title or cb.page.url)))
            if cb.may_be_recorded:
                parts.append(_("The call will be recorded."))
        parts.append(_("Press 1 to take the call, 2 to decline."))
        return " ".join(parts)

    def _into_room(self, cb: Callback, leg: Leg) -> str:
        _ = self._of(leg)
        return twiml.enter_room(
            self._room(cb, leg, ends_room=False),
            say=_("Thank you."),
            language=_language(leg.locale),
            goodbye=_("The call could not be connected. Goodbye."),
        )

    def _visitor(self, cb: Callback, leg: Leg, asked: bool = False) -> str:
        _ = self._of(leg)
        language = _language(leg.locale)
        if leg.told == "message":
            return self.message(cb, leg)
        if leg.end_wanted or leg.is_over or cb.is_over:
            return twiml.say_and_hang_up(self._farewell(cb, leg), language)
        if cb.state not in ("bridging", "bridged", "recovering", "visitor_waiting", "offering"):
            return twiml.say_and_hang_up(_("We are sorry, the consultant is not available any more."), language)
        parts, refuse_url = [], ""
        if not asked:  # mostly joined at once: nobody likes to be greeted by a machine
            if cb.asks_first:
                parts.append(_("Hello, this is {site}. This call was asked for on our site.").format(site=cb.site_name))
                parts.append(_("If it was not you, press 5, and we never call this number again."))
            if cb.may_be_recorded:
                parts.append(_("This call is recorded."))
                if cb.recording == "explicit":
                    parts.append(_("Press 9 to go on without recording."))
            if cb.asks_first or (cb.may_be_recorded and cb.recording == "explicit"):
                refuse_url = self._links.of_leg("key", leg.id, prompt=1)
        elif cb.recording_refused:
            parts.append(_("The call is not recorded."))
        return twiml.enter_room(
            self._room(cb, leg, ends_room=True),
            say=" ".join(parts),
            language=language,
            goodbye=_("The call could not be connected. Goodbye."),
            refuse_url=refuse_url,
        )

    def _room(self, cb: Callback, leg: Leg, ends_room: bool) -> twiml.Room:
        room = f"cb_{cb.id}_{leg.attempt}"
        return twiml.Room(
            name=room,
            label=f"{leg.role}-{leg.number}",
            ends_room=ends_room,
            wait_url=self._links.of_leg("wait", leg.id),
            left_url=self._links.of_leg("left", leg.id),
            status_url=self._links.of_room(cb.tenant_id, room),
        )

    def _farewell(self, cb: Callback, leg: Leg) -> str:
        _ = self._of(leg)
        why = leg.told or (cb.outcome if cb.is_over else "") or ""
        if leg.role == "visitor":
            if why in ("no_consultant", "no_agent"):
                return _("We are sorry, nobody can take your call right now. We will try again or write to you.")
            if why == "opted_out":
                return _("We will not call this number again. Goodbye.")
            if why == "dropped":
                return _("We are sorry, we could not connect you again. Please write to us on the site.")
            return _("The call has ended. Goodbye.")
        return {
            "taken": _("A colleague has taken this call. Goodbye."),
            "canceled": _("The visitor has cancelled the call. Goodbye."),
            "visitor_dropped": _("The visitor has hung up. Goodbye."),
            "visitor_busy": _("The visitor's line is busy. Goodbye."),
            "visitor_no_answer": _("The visitor did not answer. Goodbye."),
            "visitor_declined": _("The visitor hung up before you were connected. Goodbye."),
            "visitor_voicemail": _("The visitor's voicemail answered. Goodbye."),
            "visitor_failed": _("The visitor's number could not be reached. Goodbye."),
            "budget_stopped": _("The calling budget is used up. Goodbye."),
        }.get(why, _("The call has ended. Goodbye."))
