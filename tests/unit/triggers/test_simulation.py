"""Thousands of visits with overlapping rules: nobody is interrupted more often than the site allows."""

from __future__ import annotations

from bench.simulated import over_budget, run


def test_two_thousand_visits_with_twenty_overlapping_rules_stay_within_the_budget() -> None:
    site = run(visits=2_000, rules=20, seed=7)

    assert over_budget(site) == []
    assert len(site.displays) > 500, "or nothing was tried"
    assert len({display.rule_id for display in site.displays}) > 5
    assert {"capped_visit", "capped_day", "dismissed", "in_conversation", "lower_priority"} <= site.codes
