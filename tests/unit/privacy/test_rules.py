"""How long data is kept, and how it is handed out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server.errors import AppError
from server.privacy import rules
from server.privacy.model import Retention

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_unless_somebody_says_otherwise_only_visits_go() -> None:
    assert Retention() == Retention(400, None, None, None, None)
    assert rules.kept_since(400, NOW) == NOW - timedelta(days=400)
    assert rules.kept_since(None, NOW) is None


def test_a_change_leaves_the_other_classes_as_they_are() -> None:
    changed = rules.changed(Retention(), {"surveys": 30, "visits": None})

    assert (changed.visits, changed.surveys, changed.conversations) == (None, 30, None)


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_days_that_make_no_sense_are_refused(days: int) -> None:
    with pytest.raises(AppError) as refusal:
        rules.changed(Retention(), {"callbacks": days})

    assert refusal.value.details == {"field": "callbacksDays"}


def test_what_is_handed_out_has_the_names_of_the_api_and_no_tenant() -> None:
    stored = {"_id": "a", "tenant": "t", "sent_at": NOW, "author": {"name": "Ana"}, "trail": [{"first_seen_at": NOW}]}

    assert rules.portable(stored) == {
        "id": "a",
        "sentAt": "2026-03-02T09:00:00.000+00:00",
        "author": {"name": "Ana"},
        "trail": [{"firstSeenAt": "2026-03-02T09:00:00.000+00:00"}],
    }
