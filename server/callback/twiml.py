"""TwiML documents (pure): the same arguments give the same bytes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

VOICES = {"en": "en-US", "ru": "ru-RU", "ro": "ro-RO"}


@dataclass(frozen=True, slots=True)
class Room:
    """How a party enters a room.

    Args:
        label: unique in the room.
        ends_room: the room is over when this party leaves.
        wait_url: what is heard until the other one comes.
        left_url: asked when the party comes out while its call goes on.
        status_url: told of everything that happens in the room; the carrier listens to the first party's only.
    """

    name: str
    label: str
    ends_room: bool
    wait_url: str
    left_url: str
    status_url: str


def _document(*elements: ET.Element) -> str:
    root = ET.Element("Response")
    root.extend(elements)
    return '<?xml version="1.0" encoding="UTF-8"?>' + ET.tostring(root, encoding="unicode")


def _element(name: str, text: str = "", **attributes: str) -> ET.Element:
    element = ET.Element(name, {key.rstrip("_"): value for key, value in attributes.items()})
    element.text = text or None
    return element


def _say(text: str, language: str) -> ET.Element:
    return _element("Say", _plain(text), language=VOICES.get(language, VOICES["en"]))


def _plain(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and ord(c) < 0xFFFE))


def hang_up() -> str:
    return _document(_element("Hangup"))


def say_and_hang_up(text: str, language: str) -> str:
    return _document(_say(text, language), _element("Hangup"))


def ask_key(text: str, language: str, action_url: str, timeout_s: int) -> str:
    """Say something and wait for one key; `action_url` is asked also when none was pressed."""
    gather = _element(
        "Gather",
        input="dtmf",
        numDigits="1",
        timeout=str(timeout_s),
        action=action_url,
        method="POST",
        actionOnEmptyResult="true",
    )
    gather.append(_say(text, language))
    return _document(gather, _element("Hangup"))


def enter_room(room: Room, *, say: str = "", language: str = "en", goodbye: str = "", refuse_url: str = "") -> str:
    """Say something, then join the room. What stands after the room is heard when the room cannot be entered.

    Args:
        refuse_url: asked when a key is pressed while `say` is spoken or within two seconds; no key goes on to the room.
    """
    elements: list[ET.Element] = []
    if say and refuse_url:
        gather = _element("Gather", input="dtmf", numDigits="1", timeout="2", action=refuse_url, method="POST")
        gather.append(_say(say, language))
        elements.append(gather)
    elif say:
        elements.append(_say(say, language))
    dial = _element("Dial", action=room.left_url, method="POST")
    dial.append(
        _element(
            "Conference",
            room.name,
            beep="false",
            startConferenceOnEnter="true",
            endConferenceOnExit="true" if room.ends_room else "false",
            participantLabel=room.label,
            jitterBufferSize="small",
            waitUrl=room.wait_url,
            waitMethod="POST",
            statusCallback=room.status_url,
            statusCallbackMethod="POST",
            statusCallbackEvent="start end join leave hold announcement",
        )
    )
    elements.append(dial)
    if goodbye:
        elements.append(_say(goodbye, language))
    elements.append(_element("Hangup"))
    return _document(*elements)


def wait(text: str, language: str) -> str:
    """What is heard while waiting; the carrier repeats it."""
    return _document(_say(text, language), _element("Pause", length="10"))


def announcement(text: str, language: str) -> str:
    return _document(_say(text, language))


def nothing() -> str:
    return _document()
