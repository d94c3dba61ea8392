"""The JSON API: search, articles, revisions, captures, portals, documents. `openapi.py` describes it.

Names of fields are stable. Lists come as `{"items": […], "next": address or null}`; errors as
`{"error": {"status": …, "message": …}}`.
"""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from datasette.utils import sqlite_timelimit
from datasette.utils.asgi import Response

from archive.attribution import attribution_of
from archive.records import Json
from archive.revisions import revisions_of
from archive.search import search
from archive.web import documents, reading
from archive.web.asking import Asked
from archive.web.openapi import document as openapi_document
from archive.web.rendering import DATABASE, as_json
from archive.web.searching import LIMIT_MS
from archive.web.views import typed

MOST = 100
MOST_OFFSET = 10_000
PORTALS = (
    "SELECT portal_key AS portal, name, organ, jurisdiction, platform, status, hosts, first_seen_at "
    "FROM portals ORDER BY portal_key"
)
DOCUMENTS = (
    "SELECT document_id, normal AS document, year, doc_type, issuer, issued_on FROM documents "
    "ORDER BY document_id"
)


class Refused(Exception):
    """A request that has no good answer; `status` and the text are what the reader gets."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def api(datasette: Any, request: Any) -> Response:
    """Answer an address under /api/; whatever is wrong is said in JSON."""
    path = request.url_vars["path"]
    try:
        if request.method not in ("GET", "HEAD"):
            raise Refused(405, "reading only: use GET")
        if path == "openapi.json":
            return as_json(openapi_document())
        read = _route(path, request)

        def run(conn: sqlite3.Connection) -> Json:
            with sqlite_timelimit(conn, LIMIT_MS):
                return read(conn)

        return as_json(await datasette.get_database(DATABASE).execute_fn(run))
    except Refused as refused:
        made = as_json({"error": {"status": refused.status, "message": str(refused)}}, status=refused.status)
        if refused.status == 405:
            made.headers["allow"] = "GET, HEAD"
        return made
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        message = "the question took too long; add a word or a filter"
        return as_json({"error": {"status": 503, "message": message}}, status=503)


def _route(path: str, request: Any) -> Callable[[sqlite3.Connection], Json]:
    parts: list[str] = [typed(part) for part in path.split("/")]
    match parts:
        case ["search"]:
            return _search(request)
        case ["articles", number]:
            return lambda conn: _article(conn, _number(number))
        case ["articles", number, "revisions"]:
            return lambda conn: _revisions(conn, _number(number))
        case ["articles", number, "captures"]:
            return lambda conn: _captures(conn, _number(number))
        case ["portals"]:
            return _list(request, PORTALS)
        case ["portals", key]:
            return lambda conn: _portal(conn, key)
        case ["documents"]:
            return _list(request, DOCUMENTS)
        case ["documents", *number] if number:
            return lambda conn: _document(conn, "/".join(number))
    raise Refused(404, "no such address; /api/openapi.json lists them")


def _search(request: Any) -> Callable[[sqlite3.Connection], Json]:
    limit, offset = _page(request)
    asked = Asked(request)
    if request.args.get("sort") not in (None, "rank", "newest", "oldest"):
        raise Refused(400, "sort is rank, newest or oldest")

    def read(conn: sqlite3.Connection) -> Json:
        found = search(
            conn,
            asked.text,
            limit=limit,
            offset=offset,
            sort=asked.sort,
            filters=asked.for_search,
            facets=True,
        ).as_json()
        more = offset + limit < found["total"]
        found["items"] = found.pop("results")
        return {**found, "next": _next(request, limit, offset) if more else None}

    return read


def _list(request: Any, sql: str) -> Callable[[sqlite3.Connection], Json]:
    limit, offset = _page(request)

    def read(conn: sqlite3.Connection) -> Json:
        found = reading.rows(conn, f"{sql} LIMIT ? OFFSET ?", (limit + 1, offset))
        for one in found:
            if "hosts" in one:
                one["hosts"] = json.loads(one["hosts"])
        return {"items": found[:limit], "next": _next(request, limit, offset) if len(found) > limit else None}

    return read


def _article(conn: sqlite3.Connection, article_id: int) -> Json:
    found = reading.rows(
        conn,
        "SELECT article_id, url, portal, portal_name, title, lead, text, published_at, published_precision, "
        "updated_at, section, byline, source, source_portal, rests_on, rests_on_date, tags, status, "
        "confidence, "
        "captured_at, fetched_url, warc_file, warc_offset, payload_digest FROM articles_flat WHERE "
        "article_id = ?",
        (article_id,),
    )
    if not found:
        raise Refused(404, "no such article")
    origin = attribution_of(conn, article_id)
    return {
        **found[0],
        "tags": json.loads(found[0]["tags"]),
        "documents": list(origin.documents) if origin else [],
        "place": origin.place if origin else None,
        "place_now": origin.place_now if origin else None,
        "near_duplicates": reading.copies(conn, article_id),
        "attachments": reading.rows(
            conn,
            "SELECT url, label, format, state, pages, size_bytes, text FROM attachments_flat WHERE "
            "article_id = ? "
            "ORDER BY attachment_id",
            (article_id,),
        ),
    }


def _revisions(conn: sqlite3.Connection, article_id: int) -> Json:
    found = revisions_of(conn, article_id)
    if not found:
        raise Refused(404, "no such article")
    items = [{key: value for key, value in asdict(one).items() if key != "blocks"} for one in found]
    return {"items": items, "next": None}


def _captures(conn: sqlite3.Connection, article_id: int) -> Json:
    if not conn.execute("SELECT 1 FROM articles WHERE article_id = ?", (article_id,)).fetchone():
        raise Refused(404, "no such article")
    return {"items": reading.captures(conn, article_id), "next": None}


def _portal(conn: sqlite3.Connection, key: str) -> Json:
    found = reading.rows(
        conn,
        "SELECT portal_key AS portal, name, organ, jurisdiction, platform, status, hosts, first_seen_at, "
        "(SELECT count(*) FROM articles AS a WHERE a.portal_key = p.portal_key) AS articles "
        "FROM portals AS p WHERE portal_key = ?",
        (key,),
    )
    if not found:
        raise Refused(404, "no such portal")
    states = conn.execute("SELECT state, count FROM url_counts WHERE portal_key = ?", (key,))
    return {**found[0], "hosts": json.loads(found[0]["hosts"]), "urls": dict(states.fetchall())}


def _document(conn: sqlite3.Connection, normal: str) -> Json:
    found = documents.document(conn, normal)
    if found is None:
        raise Refused(404, "no such document")
    return {
        "document": normal,
        "meant": found["meant"],
        "articles": found["articles"],
        "portals": found["portals"],
        "announced": [
            {key: value for key, value in one.items() if key != "link"} for one in found["announced"]
        ],
        "by_portal_and_month": found["cells"],
        "cited_by": found["citing"],
        "cites": found["cites"],
    }


def _page(request: Any) -> tuple[int, int]:
    return _bounded(request, "limit", 20, 1, MOST), _bounded(request, "offset", 0, 0, MOST_OFFSET)


def _bounded(request: Any, name: str, default: int, least: int, most: int) -> int:
    given = request.args.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 9 and least <= int(given) <= most):
        raise Refused(400, f"{name} is a number from {least} to {most}")
    return int(given)


def _next(request: Any, limit: int, offset: int) -> str | None:
    if offset + limit > MOST_OFFSET:
        return None
    pairs = [
        (key, value)
        for key in request.args
        for value in request.args.getlist(key)
        if key not in ("limit", "offset")
    ]
    return f"{request.path}?{urlencode([*pairs, ('limit', limit), ('offset', offset + limit)])}"


def _number(text: Any) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise Refused(404, "no such article")
    return int(text)
