"""Reports as the contracts have them, and as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from server.clock import to_ms
from server.reports.model import Numbers, Report
from server.reports.service import Summary

Wire = dict[str, object]


def summary(value: Summary) -> Wire:
    report = value.report
    return {
        "siteId": value.site_id,
        "fromMs": to_ms(value.period.start),
        "toMs": to_ms(value.period.end),
        "timeZone": value.period.zone,
        "complete": report.complete,
        "totals": numbers(report.totals),
        "byDay": [{"day": day, "numbers": numbers(one)} for day, one in report.by_day],
        "byPage": [{"page": page, "numbers": numbers(one)} for page, one in report.by_page],
        "bySource": [
            {
                "source": source.source,
                "medium": source.medium,
                "campaign": source.campaign,
                "numbers": numbers(one),
            }
            for source, one in report.by_source
        ],
    }


def numbers(value: Numbers) -> Wire:
    return {_camel(name): number for name, number in asdict(value).items()}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.title() for part in others)


_COLUMNS = [_camel(name) for name in asdict(Numbers())]
Table = tuple[list[str], list[Sequence[object]]]


def days(report: Report) -> Table:
    return ["day", *_COLUMNS], [[day, *asdict(one).values()] for day, one in report.by_day]


def pages(report: Report) -> Table:
    return ["page", *_COLUMNS], [[page, *asdict(one).values()] for page, one in report.by_page]


def sources(report: Report) -> Table:
    rows: list[Sequence[object]] = [
        [source.source, source.medium, source.campaign, *asdict(one).values()] for source, one in report.by_source
    ]
    return ["source", "medium", "campaign", *_COLUMNS], rows


TABLES: dict[str, Callable[[Report], Table]] = {"days": days, "pages": pages, "sources": sources}
