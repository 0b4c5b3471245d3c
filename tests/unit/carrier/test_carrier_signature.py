"""The signature of a webhook, against the vectors of Twilio's own libraries."""

from __future__ import annotations

import pytest

from server.carrier.signature import signature, url_to_sign

TOKEN = "12345"
CALLER = "+14158675309"
FORM = (
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", CALLER),
    ("To", "+18005551212"),
    ("Caller", CALLER),
)
DOCS_FORM = tuple((name, "+14158675310" if value == CALLER else value) for name, value in FORM)
REPEATED = (("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234"))
BODY_SHA = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"


@pytest.mark.parametrize(
    ("url", "form", "expected"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com:443/myapp.php?foo=1&bar=2", FORM, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        ("http://mycompany.com:80/myapp.php?foo=1&bar=2", FORM, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", FORM, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        ("https://mycompany.com/myapp.php?foo=1&bar=2", REPEATED, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        ("https://example.com/myapp.php?foo=1&bar=2", DOCS_FORM, "L/OH5YylLD5NRKLltdqwSvS0BnU="),
        (f"https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256={BODY_SHA}", (), "a9nBmqA0ju/hNViExpshrM61xv4="),
    ],
)
def test_a_signature_is_the_one_twilio_would_send(url: str, form: tuple[tuple[str, str], ...], expected: str) -> None:
    assert signature(TOKEN, url, form) == expected


@pytest.mark.parametrize(
    ("url", "voice", "signed"),
    [
        ("https://shop.example:8443/voice?a=1#rc=2&rp=5xx", True, "https://shop.example/voice?a=1"),
        ("https://shop.example:8443/sms", False, "https://shop.example:8443/sms"),
        ("http://shop.example:8080/voice", True, "http://shop.example:8080/voice"),
        ("https://user:pass@shop.example/voice/", True, "https://shop.example/voice/"),
        ("http://127.0.0.1:8000/leg%2B1?x=%D0%B9&b=b%20c", True, "http://127.0.0.1:8000/leg%2B1?x=%D0%B9&b=b%20c"),
        ("http://[::1]:8000/voice", True, "http://[::1]:8000/voice"),
    ],
)
def test_the_signed_address_has_no_fragment_no_user_and_over_https_no_port_for_voice(
    url: str, voice: bool, signed: str
) -> None:
    assert url_to_sign(url, voice=voice) == signed
