"""The pages beside search and article: home, portals, documents, provinces; the data behind their plots."""

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

from datasette.utils.asgi import Response

from archive.records import Json
from archive.web import documents, homepage, portals, provinces
from archive.web.keeping import NOT_KEPT, kept_page
from archive.web.plots import bars, months
from archive.web.rendering import DATABASE, as_file, not_found, page
from archive.web.searching import table

# The first page and its kin count along narrow indexes: what they say may be so many seconds old while a
# crawl writes.
FRESH_S = 30.0
CSV = "text/csv; charset=utf-8"


class _Counts:
    """The figures of the first page, counted behind it where counting takes longer than a page may."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._last: homepage.Figures | None = None
        self._task: asyncio.Task[None] | None = None

    async def within_reason(self) -> homepage.Figures | None:
        """Return the counts as they are; where that takes too long the last ones, or None until there are."""
        counted: homepage.Figures | None = None
        if self._last is None:
            counted = await self._database.execute_fn(homepage.figures_within)
        if counted is None and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._count())
        return counted or self._last

    async def _count(self) -> None:
        self._last = await self._database.execute_fn(homepage.figures)


@cache
def _counts(database: Any) -> _Counts:
    return _Counts(database)


@kept_page(FRESH_S)
async def home_page(datasette: Any, request: Any) -> Response:
    """What is here, how fresh, what changed, what is dying, what is covered; and a place to search."""
    counts = _counts(datasette.get_database(DATABASE))
    counted = await counts.within_reason()
    found = await _read(datasette, lambda conn: homepage.home(conn, datetime.now(UTC), counted))
    made = await page(datasette, request, "kho_home.html", {"home": found})
    if found["counting"]:
        made.headers["cache-control"] = NOT_KEPT
    return made


@kept_page(FRESH_S)
async def portals_page(datasette: Any, request: Any) -> Response:
    """Every portal of the archive."""

    def read(conn: sqlite3.Connection) -> Json:
        health, times = portals.health_plots(portals.whole_health(conn), "/so-lieu/suc-khoe.csv")
        gone = months([(month, float(count)) for month, count in portals.deletions(conn, None)])
        return {
            "portals": homepage.portals_with_counts(conn),
            "health": health,
            "times": times,
            "deletions": bars(gone, csv="/so-lieu/mat.csv"),
        }

    return await page(datasette, request, "kho_portals.html", await _read(datasette, read))


@kept_page(FRESH_S / 10)
async def portal_page(datasette: Any, request: Any) -> Response:
    """One portal: organ, hosts, crawls, articles by month, failures, chrome."""
    key = typed(request.url_vars["key"])

    def read(conn: sqlite3.Connection) -> Json | None:
        found = portals.portal(conn, key)
        if found is not None:
            plots = portals.health_plots(portals.health(conn, key), f"/cong/{key}/suc-khoe.csv")
            found["health"], found["times"] = plots
        return found

    found = await _read(datasette, read)
    if found is None:
        return await not_found(datasette, request, "no_portal")
    return await page(datasette, request, "kho_portal.html", {"portal": found})


async def portal_csv(datasette: Any, request: Any) -> Response:
    """The data behind a plot of a portal's page."""
    key, what = typed(request.url_vars["key"]), request.url_vars["what"]
    readers: dict[str, tuple[tuple[str, ...], Callable[[sqlite3.Connection], Any]]] = {
        "bai": (("month", "articles"), lambda conn: conn.execute(portals.BY_MONTH, (key,)).fetchall()),
        "mat": (("month", "articles_gone"), lambda conn: portals.deletions(conn, key)),
        "suc-khoe": (("day", "good_percent", "mean_elapsed_s"), lambda conn: portals.health(conn, key)),
    }  # fmt: skip
    columns, read = readers[what]
    return as_file(table(columns, await _read(datasette, read)), CSV, f"{what}.csv")


async def figures_csv(datasette: Any, request: Any) -> Response:
    """The data behind the plots of the whole archive: articles by year, gone by month, crawl health."""
    if request.url_vars["what"] == "suc-khoe":
        days = await _read(datasette, portals.whole_health)
        return as_file(table(("day", "good_percent", "mean_elapsed_s"), days), CSV, "suc-khoe.csv")
    if request.url_vars["what"] == "mat":
        found = await _read(datasette, lambda conn: portals.deletions(conn, None))
        return as_file(table(("month", "articles_gone"), found), CSV, "mat.csv")
    found = await _read(datasette, lambda conn: list(homepage.articles_by_year(conn).items()))
    return as_file(table(("year", "articles"), found), CSV, "bai.csv")


@kept_page(FRESH_S)
async def documents_page(datasette: Any, request: Any) -> Response:
    """The documents cited most."""
    return await page(
        datasette, request, "kho_documents.html", {"documents": await _read(datasette, documents.documents)}
    )


@kept_page(FRESH_S / 10)
async def document_page(datasette: Any, request: Any) -> Response:
    """One document: who announced it, who cites it, when and where."""
    normal = typed(request.url_vars["normal"])
    asked = request.args.get("year") or ""
    year = int(asked) if asked.isdecimal() and len(asked) == 4 else None
    found = await _read(datasette, lambda conn: documents.document(conn, normal, year))
    if found is None:
        return await not_found(datasette, request, "no_document")
    return await page(datasette, request, "kho_document.html", {"document": found})


@kept_page(FRESH_S / 10)
async def province_page(datasette: Any, request: Any) -> Response:
    """One unit of government: what it was made of, what it became, and what it inherits."""
    found = await _read(datasette, lambda conn: provinces.province(conn, request.url_vars["key"]))
    if found is None:
        return await not_found(datasette, request, "no_place")
    return await page(datasette, request, "kho_province.html", {"place": found})


async def _read(datasette: Any, read: Callable[[sqlite3.Connection], Any]) -> Any:
    return await datasette.get_database(DATABASE).execute_fn(read)


def typed(part: str) -> str:
    """Return a part of a path as it was meant: routes match it still percent-encoded."""
    return unquote_to_bytes(part).decode("utf-8", "replace")[:300]
