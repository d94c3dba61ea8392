"""The search page, and the same search as JSON, CSV and Atom."""

import csv
import io
import math
import sqlite3
from dataclasses import replace
from typing import Any

from datasette.utils import sqlite_timelimit
from datasette.utils.asgi import Response

from archive.export.feeds import atom
from archive.export.tables import safe_cell
from archive.records import Json
from archive.search import Results, parse, search
from archive.search.facets import Facets, count
from archive.search.results import IGNORED_MARKS, matching
from archive.search.words import words as words_of
from archive.vietnamese.fold import fold
from archive.web import words
from archive.web.asking import MAX_PAGE, PAGE_SIZE, Asked, language
from archive.web.counted import Moment, moment
from archive.web.histogram import histogram, period, points
from archive.web.keeping import kept_page
from archive.web.reading import rows
from archive.web.rendering import DATABASE, as_file, as_json, page

LIMIT_MS = 8000
FEED_SIZE = 50
CSV_SIZE = 1000
# A page counts so many of a match, the newest archived, and says so: they cost 15 ms of CPU, and nobody
# chooses a facet by its third digit.
FACET_BOUND = 20_000
NAMES = "SELECT portal_key, coalesce(nullif(name, ''), portal_key) FROM portals"
COLUMNS = (
    "url", "title", "snippet", "portal", "portal_name", "published_at", "published_precision", "source",
    "section", "byline", "status", "article_id",
)  # fmt: skip


@kept_page()
async def search_page(datasette: Any, request: Any) -> Response:
    """Search with facets and a histogram; every state of it is an address."""
    asked, now = Asked(request), moment(datasette.get_database(DATABASE))

    def read(conn: sqlite3.Connection) -> Json | None:
        results, is_new = _with_facets(conn, asked, now)
        return {
            "results": results,
            "facets_are_old": not is_new,
            "histogram": histogram(asked, results),
            "portal_names": dict(conn.execute(NAMES)),
            "documents": documents_meant(conn, asked.text) if asked.page == 1 else [],
        }

    found = await _within_limit(datasette, read)
    context: Json = {"asked": asked, "q": asked.text, "too_slow": found is None, **(found or {})}
    if found is not None:
        results: Results = found["results"]
        context |= {
            "notes": [words.note(text, language(request)) for text in results.notes],
            "pages": min(MAX_PAGE, max(1, math.ceil(results.total / PAGE_SIZE))),
        }
    return await page(datasette, request, "kho_search.html", context, status=503 if found is None else 200)


async def search_json(datasette: Any, request: Any) -> Response:
    """The same search as JSON: `total`, `results`, `facets`, `notes`."""
    asked, now = Asked(request), moment(datasette.get_database(DATABASE))
    results = await _within_limit(datasette, lambda conn: _with_facets(conn, asked, now)[0])
    if results is None:
        return as_json({"error": "the search took too long; add a word or a filter"}, status=503)
    return as_json(results.as_json())


async def search_csv(datasette: Any, request: Any) -> Response:
    """The first thousand results as a table; no cell is ever a formula."""
    asked = Asked(request)
    found = await _within_limit(datasette, lambda conn: _search(conn, asked, limit=CSV_SIZE))
    if found is None:
        return Response.text("the search took too long; add a word or a filter\n", status=503)
    lines = [[hit.as_json()[name] for name in COLUMNS] for hit in found.hits]
    return as_file(table(COLUMNS, lines), "text/csv; charset=utf-8", "tim.csv")


async def years_csv(datasette: Any, request: Any) -> Response:
    """The numbers behind the histogram."""
    asked, now = Asked(request), moment(datasette.get_database(DATABASE))
    found = await _within_limit(datasette, lambda conn: points(asked, _with_facets(conn, asked, now)[0]))
    if found is None:
        return Response.text("the search took too long; add a word or a filter\n", status=503)
    return as_file(table(("period", "articles"), found), "text/csv; charset=utf-8", "nam.csv")


async def search_atom(datasette: Any, request: Any) -> Response:
    """The newest results as an Atom feed, to follow a search."""
    asked = Asked(request)
    asked.sort, asked.page = "newest", 1

    def read(conn: sqlite3.Connection) -> list[Json]:
        ids = [hit.article_id for hit in _search(conn, asked, limit=FEED_SIZE).hits]
        marks = ", ".join("?" * len(ids))
        return rows(
            conn,
            "SELECT url, title, lead, text, byline, portal, portal_name, published_at, updated_at, "
            "captured_at"
            f" FROM articles_flat WHERE article_id IN ({marks}) ORDER BY published_at DESC, article_id DESC",
            ids,
        )

    found = await _within_limit(datasette, read)
    if found is None:
        return Response.text("the search took too long; add a word or a filter\n", status=503)
    updated = max((one["captured_at"] for one in found), default="1970-01-01T00:00:00+00:00")
    here = f"{request.scheme}://{request.host}{asked.address('/tim.atom')}"
    title = f"Kho Cổng: {asked.text}" if asked.text else "Kho Cổng"
    body = atom(found, title, here, updated, here)
    return Response(body, content_type="application/atom+xml; charset=utf-8")


def documents_meant(conn: sqlite3.Connection, text: str, most: int = 3) -> list[Json]:
    """Return the documents a query may mean ("chi thi 33", "33/CT-TTg"), those cited most first."""
    query = parse(text)
    typed = [fold(word) for leaf in query.leaves() for word in leaf.words]
    typed += [fold(word) for one in query.filters if one.name == "doc" for word in words_of(one.value)]
    numbers = [word for word in typed if word.isdecimal() and len(word) < 7][:3]
    if not numbers or len(typed) < 2:
        return []
    # "33-CT/TW", "33.2/QĐ" and "33/CT-TTg" begin with their number and one of - . / which sort before 0: the
    # index on `normal` finds them. Some write a 0 before it.
    spelled = [zeros + number.lstrip("0") for number in numbers for zeros in ("", "0")]
    places = " OR ".join("(d.normal >= ? AND d.normal < ?)" for _ in spelled)
    # Not the view documents_cited: it would count every document before one is chosen.
    found = rows(
        conn,
        "SELECT d.document_id, d.normal, d.year, d.doc_type, d.issuer, d.issued_on, "
        "count(DISTINCT a.article_id) AS articles, count(DISTINCT a.portal_key) AS portals "
        "FROM documents AS d JOIN citations AS c USING (document_id) "
        "JOIN articles AS a ON a.revision_id = c.revision_id "
        f"WHERE {places} GROUP BY d.document_id ORDER BY articles DESC LIMIT 50",
        [bound for number in spelled for bound in (f"{number}-", f"{number}0")],
    )
    return [one for one in found if _means(one, set(typed))][:most]


def _means(document: Json, typed: set[str]) -> bool:
    """Say whether the words typed name this document beside its number: its kind or its symbol."""
    symbol = {fold(word) for word in words_of(document["normal"])}
    kind = {fold(word) for word in words_of(document["doc_type"] or "")}
    return bool(kind) and kind <= typed or len(symbol & typed) > 1


def table(columns: Any, lines: Any) -> str:
    """Return *lines* as CSV for spreadsheets, in UTF-8 with its mark, no cell a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for line in lines:
        writer.writerow(["" if cell is None else safe_cell(cell) for cell in line])
    # Excel reads CSV as Windows-1252 without it, and breaks every Vietnamese word.
    return "\ufeff" + out.getvalue()


def _search(conn: sqlite3.Connection, asked: Asked, limit: int = PAGE_SIZE) -> Results:
    return search(
        conn,
        asked.text,
        limit=limit,
        offset=(asked.page - 1) * PAGE_SIZE,
        sort=asked.sort,
        filters=asked.for_search,
    )


def _with_facets(conn: sqlite3.Connection, asked: Asked, now: Moment) -> tuple[Results, bool]:
    """Return what was asked for with its facets, and whether these are of this very moment."""
    found = _search(conn, asked)
    folded, letters = IGNORED_MARKS in found.notes, period(asked)

    def make() -> Facets:
        query = parse(asked.text).with_filters(asked.for_search)
        matches = found.total if found.total_is_exact else None
        meant = matching(conn, query, folded=folded)
        return count(conn, meant, FACET_BOUND, matches=matches, period=letters)

    # Neither the page nor the order changes what is counted.
    key = (asked.text, tuple((name, tuple(values)) for name, values in asked.filters.items()), folded)
    facets, is_new = now.counted.facets(key, now.version, make)
    if facets.is_whole and not found.total_is_exact:
        # What was counted a moment ago is at least nearly so many; ranking stopped earlier.
        found = replace(found, total=max(found.total, facets.counted), total_is_exact=is_new)
    return replace(found, facets=facets), is_new


async def _within_limit(datasette: Any, read: Any) -> Any:
    """Return what *read* finds, None when that takes longer than anybody waits."""

    def run(conn: sqlite3.Connection) -> Any:
        try:
            with sqlite_timelimit(conn, LIMIT_MS):
                return read(conn)
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                return None
            raise

    return await datasette.get_database(DATABASE).execute_fn(run)
