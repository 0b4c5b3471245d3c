"""Settings are read once, judged at once, and keep secrets to themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.settings import SettingsError, from_env, kept_secret, table


def test_an_empty_environment_is_a_working_configuration() -> None:
    settings = from_env({})

    assert (settings.host, settings.port) == ("127.0.0.1", 8080)


def test_every_problem_is_reported_at_once() -> None:
    with pytest.raises(SettingsError) as wrong:
        from_env(
            {
                "RINGBACK_PORT": "eighty",
                "RINGBACK_MONGODB_URL": "localhost",
                "RINGBACK_SECRET_KEY": "short",
                "RINGBACK_TWILIO_ACCOUNT_SID": "AC1",
                "RINGBACK_TRUSTED_PROXIES": "everyone",
                "RINGBACK_LOG_FORMAT": "xml",
            }
        )

    text = " ".join(wrong.value.problems)
    for name in (
        "PORT",
        "MONGODB_URL",
        "SECRET_KEY",
        "TWILIO_AUTH_TOKEN",
        "CALLER_ID",
        "TRUSTED_PROXIES",
        "LOG_FORMAT",
    ):
        assert f"RINGBACK_{name}" in text


def test_a_secret_shows_neither_in_the_repr_nor_in_the_table() -> None:
    settings = from_env({"RINGBACK_SECRET_KEY": "needle" * 8, "RINGBACK_MONGODB_URL": "mongodb://u:needle@db"})

    assert "needle" not in repr(settings)
    assert "needle" not in repr(table(settings))


def test_a_value_can_be_kept_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")

    assert from_env({"RINGBACK_SECRET_KEY_FILE": str(tmp_path / "key")}).secret_key == "k" * 40


def test_a_generated_secret_stays_the_same_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = kept_secret(tmp_path, "secret-key")

    assert kept_secret(tmp_path, "secret-key") == first
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0
