"""Every TwiML document that callbacks answer with, against the grammar of the carrier's own SDK, and as it is read."""

from __future__ import annotations

import itertools
import json
import os
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from server.callback import twiml
from server.callback.answers import Answers
from server.callback.links import Links
from server.callback.model import Attempt, Callback, CallingSettings, Leg, Page
from server.carrier.twiml import parse
from server.i18n import translator
from tests.unit.callback import life

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LINKS = Links("https://calls.example", "secret")
HOSTILE = "<Dial>+1900</Dial> & \"quotes\" \x00\x08\ud800 ]]> 'x' " + "long " * 100


def a_leg(role: str, **more: Any) -> Leg:
    plain = Leg("t.cb.1", role, 1, "p1", "Anna", "+15551230001", "en", 20, NOW, state="in_progress", call_sid="CA1")
    return replace(plain, **more)


def a_callback(leg: Leg, **more: Any) -> Callback:
    plain = life.a_callback(
        attempts=(Attempt(1, NOW),),
        legs=(leg,),
        name=HOSTILE,
        topic=HOSTILE,
        chat_topic=HOSTILE,
        page=Page("https://shop.example/", HOSTILE, 0),
    )
    return replace(plain, **more)


def every_document() -> list[str]:
    """Return the answers over roles, languages, states and settings."""
    answers, settings = Answers(LINKS, translator), CallingSettings()
    found = [twiml.hang_up(), twiml.nothing()]
    states = ("offering", "agent_ready", "bridging", "bridged", "recovering", "visitor_waiting", "canceled", "queued")
    tolds = (None, "taken", "message", "no_consultant", "dropped", "visitor_busy", "visitor_no_answer", "canceled")
    for role, locale, state, told in itertools.product(("consultant", "visitor"), ("en", "ru", "ro"), states, tolds):
        for recording, consent, refused in (("off", None, False), ("announce", None, False), ("explicit", True, True)):
            for accepted, outcome in ((None, None), (NOW, "accepted"), (None, "declined"), (None, "voicemail")):
                leg = a_leg(role, locale=locale, told=told, accepted_at=accepted, outcome=outcome)
                more = {"recording": recording, "consent": consent, "recording_refused": refused}
                cb = a_callback(leg, state=state, **more)
                found += [
                    answers.voice(cb, leg, "CA1", settings),
                    answers.key(cb, leg, "CA1", settings, 1),
                    answers.left(cb, leg),
                ]
        found += [answers.wait(cb, leg), answers.apology(cb, leg), answers.message(cb, leg)]
    return sorted(set(found))


DOCUMENTS = every_document()


@pytest.fixture(scope="module")
def grammar() -> dict[str, dict[str, list[str]]]:
    folder = os.environ.get("RINGBACK_CONTRACT_DATA")
    if not folder:
        pytest.skip("RINGBACK_CONTRACT_DATA is not set: the SDK's TwiML grammar is not on this machine")
    found: dict[str, dict[str, list[str]]] = json.loads((Path(folder) / "twiml_grammar.json").read_text("utf-8"))
    return found


def test_every_document_follows_the_grammar_of_the_sdk(grammar: dict[str, dict[str, list[str]]]) -> None:
    def judge(element: ET.Element, parent: str) -> None:
        allowed = grammar[parent]
        assert element.tag in allowed, f"{element.tag} in {parent}"
        assert set(element.attrib) <= set(allowed[element.tag]), (element.tag, element.attrib)
        for child in element:
            judge(child, element.tag)

    for document in DOCUMENTS:
        root = ET.fromstring(document)
        assert root.tag == "Response"
        for element in root:
            judge(element, "VoiceResponse" if "VoiceResponse" in grammar else "Response")


def test_the_carrier_reads_every_document_without_a_warning() -> None:
    assert len(DOCUMENTS) > 60
    for document in DOCUMENTS:
        assert parse(document).warnings == ()


def test_what_a_visitor_writes_is_spoken_and_never_executed() -> None:
    leg = a_leg("consultant")
    document = Answers(LINKS, translator).voice(a_callback(leg, state="offering"), leg, "CA1", CallingSettings())
    root = ET.fromstring(document)
    assert {element.tag for element in root.iter()} == {"Response", "Gather", "Say", "Hangup"}
    said = next(root.iter("Say")).text or ""
    assert "<Dial>+1900</Dial>" in said and len(said) < 1000


def test_the_same_state_gives_the_same_bytes() -> None:
    assert every_document() == DOCUMENTS


def test_only_the_legs_own_call_is_let_in() -> None:
    answers, settings = Answers(LINKS, translator), CallingSettings()
    for role in ("consultant", "visitor"):
        leg = a_leg(role, accepted_at=NOW)
        cb = a_callback(leg, state="bridging")
        assert "Conference" in answers.voice(cb, leg, "CA1", settings)
        assert answers.voice(cb, leg, "CA2", settings) == twiml.hang_up()
        assert answers.key(cb, leg, "CA2", settings, 1) == twiml.hang_up()


def test_the_room_has_the_flags_that_let_a_consultant_be_replaced() -> None:
    answers, settings = Answers(LINKS, translator), CallingSettings()
    rooms = {}
    for role in ("consultant", "visitor"):
        leg = a_leg(role, accepted_at=NOW)
        dial = ET.fromstring(answers.voice(a_callback(leg, state="bridging"), leg, "CA1", settings)).find("Dial")
        assert dial is not None and dial.get("action")
        rooms[role] = dial[0]
    assert rooms["consultant"].get("endConferenceOnExit") == "false"
    assert rooms["visitor"].get("endConferenceOnExit") == "true"
    for room in rooms.values():
        assert room.text == "cb_cb_1"
        assert room.get("startConferenceOnEnter") == "true"
        assert room.get("jitterBufferSize") == "small"
        assert (room.get("waitUrl") or "").startswith("https://calls.example/telephony/wait/")
        assert (room.get("statusCallback") or "").startswith("https://calls.example/telephony/conference/")


def test_a_document_has_something_after_the_room_for_when_it_cannot_be_entered() -> None:
    leg = a_leg("visitor")
    answers = Answers(LINKS, translator)
    root = ET.fromstring(answers.voice(a_callback(leg, state="bridging"), leg, "CA1", CallingSettings()))
    tags = [element.tag for element in root]
    assert tags[tags.index("Dial") :] == ["Dial", "Say", "Hangup"]


def test_addresses_carry_a_token_that_only_we_can_make() -> None:
    url = LINKS.of_leg("voice", "t.cb.1")
    ref, token = url.split("#")[0].split("/")[5:7]
    assert LINKS.is_ours(ref, token)
    assert not LINKS.is_ours("t.cb.2", token)
    assert not LINKS.is_ours(ref, Links("https://calls.example", "another").token(ref))
    assert not LINKS.is_ours(ref, "")
