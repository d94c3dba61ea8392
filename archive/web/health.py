"""Health as people and Prometheus see it: alarms with what was read then and now, who is dying, metrics."""

import re
import sqlite3
from datetime import UTC, datetime
from typing import Any

from datasette.utils.asgi import Response

from archive.alerts.messages import kind_in_words
from archive.drift.alarms import alarms
from archive.dying import COLUMNS, Evidence, as_data, as_row, dying
from archive.metrics import CONTENT_TYPE, collect, render
from archive.records import Json
from archive.web import words
from archive.web.asking import language
from archive.web.keeping import kept_page
from archive.web.rendering import DATABASE, as_file, as_json, not_found, page, settings
from archive.web.searching import table
from archive.web.words_health import EVIDENCE

FRESH_S = 30.0
CLOSED_SHOWN = 30
CSV = "text/csv; charset=utf-8"


@kept_page(FRESH_S)
async def health_page(datasette: Any, request: Any) -> Response:
    """The alarms that stand, with their samples side by side, those that are over, and every portal."""
    lang = language(request)

    def read(conn: sqlite3.Connection) -> Json:
        return {
            "open": [_shown(one, lang) for one in alarms(conn)],
            "closed": [_shown(one, lang) for one in alarms(conn, closed=True, limit=CLOSED_SHOWN)],
            "portals": _portals(conn),
        }

    found = await datasette.get_database(DATABASE).execute_fn(read)
    return await page(datasette, request, "kho_health.html", {"health": found})


def _shown(one: Any, lang: str) -> Json:
    return {
        "number": one.alarm_id,
        "portal": one.portal,
        "name": one.name or one.portal,
        "what": kind_in_words(one.kind, lang),
        "kind": one.kind,
        "severity": one.severity,
        "summary": one.summary,
        "opened_at": one.opened_at,
        "closed_at": one.closed_at,
        "ending": one.ending,
        "samples": one.detail.get("samples", []),
    }


def _portals(conn: sqlite3.Connection) -> list[Json]:
    """Return every portal with its last crawl and its open alarms, those with alarms first."""
    rows = conn.execute(
        "SELECT p.portal_key, p.name, p.status, c.ended_at, c.reason, (SELECT count(*) FROM alarms a"
        " WHERE a.portal_key = p.portal_key AND a.closed_at IS NULL) AS alarms FROM portals p"
        " LEFT JOIN crawls c ON c.crawl_id = (SELECT max(k.crawl_id) FROM crawls k WHERE k.portal_key ="
        " p.portal_key) ORDER BY alarms DESC, p.portal_key"
    ).fetchall()
    names = ("portal", "name", "status", "ended_at", "reason", "alarms")
    return [dict(zip(names, row, strict=True)) for row in rows]


@kept_page(FRESH_S)
async def dying_page(datasette: Any, request: Any) -> Response:
    """The public list of portals that seem to end, with the evidence."""
    lang, found = language(request), await _dying(datasette)
    context = {"dying": found, "said": lambda one: _said(one, lang)}
    return await page(datasette, request, "kho_dying.html", context)


def _said(one: Evidence, lang: str) -> str:
    """Return a piece of evidence in *lang*: what an alarm found in numbers stands on the page of health."""
    if lang == "en":
        return one.what
    if one.kind == "status":
        return words.words(lang).get(f"status_{one.what.removeprefix('marked ')}", one.what)
    for pattern, translation in EVIDENCE:
        if found := re.fullmatch(pattern, one.what, re.DOTALL):
            return found.expand(translation)
    named = kind_in_words(one.kind, lang)
    return one.what if named == one.kind else named


async def dying_file(datasette: Any, request: Any) -> Response:
    """The same list as CSV or JSON."""
    found = await _dying(datasette)
    if request.url_vars["form"] == "json":
        return as_json([as_data(one) for one in found])
    return as_file(table(COLUMNS, [as_row(one) for one in found]), CSV, "nguy-co.csv")


async def _dying(datasette: Any) -> Any:
    return await datasette.get_database(DATABASE).execute_fn(lambda conn: dying(conn, datetime.now(UTC)))


async def metrics(datasette: Any, request: Any) -> Response:
    """Prometheus' metrics, where the server was told to give them."""
    if not settings(datasette).get("metrics"):
        return await not_found(datasette, request, "no_page")
    database = datasette.get_database(DATABASE)
    found = await database.execute_fn(lambda conn: render(collect(conn, datetime.now(UTC))))
    return Response(found, content_type=CONTENT_TYPE)


ROUTES = [
    (r"^/suc-khoe$", health_page),
    (r"^/nguy-co$", dying_page),
    (r"^/nguy-co\.(?P<form>csv|json)$", dying_file),
    (r"^/metrics$", metrics),
]
