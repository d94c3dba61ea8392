"""The reports on runs as people see them: a list, newest first, of all portals or of one; and each whole."""

from typing import Any

from datasette.utils.asgi import Response

from archive.runs import run_report, run_reports
from archive.web.rendering import DATABASE, not_found, page

SHOWN = 50


async def runs_page(datasette: Any, request: Any) -> Response:
    """The newest runs; `?portal=` of one portal, `?before=` those before a run."""
    portal = request.args.get("portal") or None
    asked = request.args.get("before") or ""
    before = int(asked) if asked.isdecimal() and len(asked) < 16 else None
    found = await datasette.get_database(DATABASE).execute_fn(
        lambda conn: run_reports(conn, portal, SHOWN + 1, before)
    )
    older = found[SHOWN - 1].crawl_id if len(found) > SHOWN else None
    context = {"runs": found[:SHOWN], "portal": portal, "older": older}
    return await page(datasette, request, "kho_runs.html", context)


async def run_page(datasette: Any, request: Any) -> Response:
    """One report, whole."""
    number = int(request.url_vars["number"])
    report = await datasette.get_database(DATABASE).execute_fn(lambda conn: run_report(conn, number))
    if report is None:
        return await not_found(datasette, request, "no_run")
    return await page(datasette, request, "kho_run.html", {"run": report})


async def run_json(datasette: Any, request: Any) -> Response:
    """One report as data, in the words of `khocong runs --json`."""
    number = int(request.url_vars["number"])
    report = await datasette.get_database(DATABASE).execute_fn(lambda conn: run_report(conn, number))
    if report is None:
        return Response.json({"error": f"no run {number}"}, status=404)
    return Response.json(report.as_dict())


ROUTES = [
    (r"^/luot$", runs_page),
    (r"^/luot/(?P<number>\d{1,15})$", run_page),
    (r"^/luot/(?P<number>\d{1,15})\.json$", run_json),
]
