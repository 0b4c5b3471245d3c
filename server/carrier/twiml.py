"""TwiML: reading it and judging it (pure)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

_PROMPTS = frozenset({"Say", "Play", "Pause"})
_CALLBACK = "statusCallback statusCallbackEvent statusCallbackMethod"
_RECORDING = "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent"

ATTRIBUTES: dict[str, frozenset[str]] = {
    name: frozenset(words.split())
    for name, words in {
        "Response": "",
        "Say": "voice loop language",
        "Play": "loop digits",
        "Pause": "length",
        "Gather": "input action method timeout speechTimeout maxSpeechTime profanityFilter finishOnKey numDigits "
        "partialResultCallback partialResultCallbackMethod language hints bargeIn debug actionOnEmptyResult "
        "speechModel enhanced",
        "Record": "action method timeout finishOnKey maxLength playBeep trim transcribe transcribeCallback "
        f"{_RECORDING}",
        "Dial": "action method timeout hangupOnStar timeLimit callerId record trim answerOnBridge ringTone "
        f"recordingTrack sequential referUrl referMethod events {_RECORDING}",
        "Number": f"sendDigits url method byoc machineDetection amdStatusCallback amdStatusCallbackMethod "
        f"machineDetectionTimeout machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold "
        f"machineDetectionSilenceTimeout {_CALLBACK}",
        "Client": f"url method {_CALLBACK}",
        "Identity": "",
        "Parameter": "name value",
        "Conference": "muted beep startConferenceOnEnter endConferenceOnExit waitUrl waitMethod maxParticipants record "
        f"region coach trim eventCallbackUrl jitterBufferSize participantLabel {_CALLBACK} {_RECORDING}",
        "Redirect": "method",
        "Hangup": "",
        "Reject": "reason",
        "Sms": "to from action method statusCallback",
        "Message": "to from action method statusCallback",
    }.items()
}
CHILDREN: dict[str, frozenset[str]] = {
    "Response": frozenset(
        {"Say", "Play", "Pause", "Gather", "Record", "Dial", "Redirect", "Hangup", "Reject", "Sms", "Message"}
    ),
    "Gather": _PROMPTS,
    "Dial": frozenset({"Number", "Client", "Conference"}),
    "Client": frozenset({"Identity", "Parameter"}),
    "Hangup": frozenset({"Parameter"}),
    "Reject": frozenset({"Parameter"}),
}
_SSML_HOSTS = frozenset({"Say"})
_SECONDS_PER_WORD = 0.4


class TwimlError(ValueError):
    """The document is no TwiML at all; `code` is the carrier's error number."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Verb:
    name: str
    attributes: dict[str, str]
    text: str
    children: tuple[Verb, ...] = ()

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def flag(self, name: str, default: bool = False) -> bool:
        return {"true": True, "false": False}.get(self.get(name).lower(), default)

    def number(self, name: str, default: float) -> float:
        """Return a non-negative number; what cannot be read counts as not given."""
        try:
            value = float(self.get(name) or default)
        except ValueError:
            return default
        return value if value >= 0 else default


@dataclass(frozen=True)
class Parsed:
    verbs: tuple[Verb, ...]
    warnings: tuple[str, ...]


def parse(body: str) -> Parsed:
    """Read a TwiML document.

    Returns:
        The verbs in order and what the schema does not know. Unknown elements are left out and warned about (12200),
        unknown attributes are warned about.
    Raises:
        TwimlError: 12100, it is not well-formed XML or its root is not Response. Such a document ends the call.
    """
    if re.search(r"<!(DOCTYPE|ENTITY)", body):
        raise TwimlError(12100, "Document parse failure: a document type is not allowed")
    try:
        root = ET.fromstring(body.strip())  # noqa: S314 - entities are refused above
    except ET.ParseError as problem:
        raise TwimlError(12100, f"Document parse failure: {problem}") from problem
    if root.tag != "Response":
        raise TwimlError(12100, f"Document parse failure: the root is {root.tag}, not Response")
    warnings: list[str] = []
    return Parsed(_children(root, warnings), tuple(warnings))


def _children(element: ET.Element, warnings: list[str]) -> tuple[Verb, ...]:
    allowed = CHILDREN.get(element.tag, frozenset())
    verbs: list[Verb] = []
    for child in element:
        if child.tag in allowed:
            verbs.append(_verb(child, warnings))
        elif element.tag not in _SSML_HOSTS:
            warnings.append(f"{child.tag} is not allowed in {element.tag}")
    return tuple(verbs)


def _verb(element: ET.Element, warnings: list[str]) -> Verb:
    known = ATTRIBUTES[element.tag]
    warnings.extend(f"{element.tag} has no attribute {name}" for name in element.attrib if name not in known)
    children = _children(element, warnings)
    whole = "".join(element.itertext()) if element.tag in _SSML_HOSTS else (element.text or "")
    return Verb(element.tag, dict(element.attrib), " ".join(whole.split()), children)


def resolve(base: str, url: str) -> str:
    """Return the address relative to the document in which it stands. An empty one is the document itself."""
    return urljoin(base.split("#", 1)[0], url) if url else base


def is_url(value: str) -> bool:
    """Tell whether a value can be asked over HTTP."""
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def spoken_s(text: str) -> float:
    """Return the virtual seconds that a text takes to be said: 150 words a minute, and never less than one second."""
    return max(1.0, len(text.split()) * _SECONDS_PER_WORD)


def repeats(verb: Verb) -> int:
    """Return how often a Say or Play sounds; 0 in the document means for ever, which the carrier caps at 1000."""
    loop = int(verb.number("loop", 1))
    return min(loop, 1000) if loop else 1000


def digits_s(digits: str) -> float:
    """Return the virtual seconds that tones and their pauses take (w half a second, W one second)."""
    return sum(0.5 if digit == "w" else 1.0 if digit == "W" else 0.25 for digit in digits)
