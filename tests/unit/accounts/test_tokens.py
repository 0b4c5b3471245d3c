from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.accounts.tokens import read_visitor_token, sign_visitor_token
from server.errors import AppError

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "s" * 32


def token(site_id: str = "site", secret: str = SECRET, life: timedelta = timedelta(days=1)) -> str:
    return sign_visitor_token(secret, tenant_id="a", site_id=site_id, visitor_id="v", now=NOW, life=life)


def refused(text: str, now: datetime = NOW) -> bool:
    with pytest.raises(AppError) as problem:
        read_visitor_token(SECRET, text, site_id="site", now=now)
    return problem.value.code == "token_invalid" and problem.value.details == {}


def test_a_token_says_which_visitor_of_which_site_it_is() -> None:
    read = read_visitor_token(SECRET, token(), site_id="site", now=NOW)
    assert (read.tenant_id, read.site_id, read.visitor_id) == ("a", "site", "v")
    assert read.expires_at == NOW + timedelta(days=1)
    assert len(token()) < 1024


def test_a_token_of_another_site_or_another_server_is_refused() -> None:
    assert refused(token(site_id="other"))
    assert refused(token(secret="t" * 32))


def test_a_token_ends_with_a_minute_of_grace_for_clocks() -> None:
    end = NOW + timedelta(days=1)
    read_visitor_token(SECRET, token(), site_id="site", now=end + timedelta(seconds=59))
    assert refused(token(), end + timedelta(seconds=61))
    assert refused(token(), NOW - timedelta(seconds=61))


def test_a_token_cannot_choose_how_it_is_checked() -> None:
    version, payload, signature = token().split(".")
    assert refused(f"v2.{payload}.{signature}")
    assert refused(f"{version}.{payload}.")
    assert refused(f"{version}.{payload}")
    assert refused(f"{payload}.{signature}")
    forged = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged[2] = "somebody-else"
    other = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode().rstrip("=")
    assert refused(f"{version}.{other}.{signature}")
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    assert refused(f"{header}.{payload}.")


@given(st.text(max_size=200))
def test_no_text_but_a_token_is_a_token(text: str) -> None:
    assert refused(text)
    assert refused("v1." + text)


@given(st.integers(0, len(token()) - 1), st.characters(codec="ascii"))
def test_a_token_with_one_other_character_is_refused(place: int, character: str) -> None:
    genuine = token()
    if genuine[place] != character:
        assert refused(genuine[:place] + character + genuine[place + 1 :])
