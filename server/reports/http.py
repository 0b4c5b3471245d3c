"""Reports over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from server.csv_export import csv_response
from server.http import Handler, Route, json_response, person_of
from server.reports import wire
from server.reports.service import ReportService


def routes(reports: ReportService) -> list[Route]:
    async def summary(request: web.Request) -> web.Response:
        return json_response(wire.summary(await reports.summary(person_of(request), request.query)))

    def table(name: str) -> Handler:
        async def download(request: web.Request) -> web.StreamResponse:
            found = await reports.summary(person_of(request), request.query)
            header, rows = wire.TABLES[name](found.report)

            async def parts() -> AsyncIterator[Sequence[Sequence[object]]]:
                yield rows

            days = [day for day, _ in found.report.by_day]
            period = f"-{days[0]}-{days[-1]}" if days else ""
            return await csv_response(request, f"{name}{period}.csv", header, parts())

        return download

    return [
        Route(
            "GET",
            "/api/v1/reports/summary",
            summary,
            None,
            "ReportSummary",
            "Numbers of a period; ?siteId&fromMs&toMs&timeZone, each may be missing.",
        ),
        *(
            Route("GET", f"/api/v1/reports/{name}.csv", table(name), None, None, f"The same by {name}, as a table.")
            for name in wire.TABLES
        ),
    ]
