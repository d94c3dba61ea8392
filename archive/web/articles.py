"""The pages of one article: its text, its revisions, its citation, its permalink, its original."""

import sqlite3
from functools import cache
from typing import Any

from datasette.utils.asgi import Response

from archive.attribution import FORMATS, apa, attribution_of, statement
from archive.revisions import find_article
from archive.web import reading
from archive.web.asking import language
from archive.web.keeping import kept_page
from archive.web.memento import url_of
from archive.web.permalinks import Permalinks
from archive.web.rendering import DATABASE, as_file, not_found, page, settings
from archive.web.replaying import is_shown


@cache
def _permalinks(_database: Any) -> Permalinks:
    return Permalinks()


@kept_page()
async def article_page(datasette: Any, request: Any) -> Response:
    """One article as text of ours, with where it comes from."""
    article_id, query = int(request.url_vars["article_id"]), (request.args.get("q") or "")[:2000]
    lang: Any = language(request)
    database = datasette.get_database(DATABASE)
    data = await database.execute_fn(lambda conn: reading.article(conn, article_id, query))
    if data is None:
        return await not_found(datasette, request, "not_found")
    citation = statement(data["origin"], lang) if data["origin"] else ""
    reference = apa(data["origin"], lang) if data["origin"] else ()
    context = {
        "article": data,
        "q": query,
        "reference": reference,
        "citation": citation,
        "formats": ("ris", "bibtex", "csl", "dc"),
    }
    return await page(datasette, request, "kho_article.html", context)


@kept_page()
async def revision_page(datasette: Any, request: Any) -> Response:
    """One revision of an article, with what it changed in the one before."""
    article_id, number = (int(request.url_vars[name]) for name in ("article_id", "number"))
    data = await datasette.get_database(DATABASE).execute_fn(
        lambda conn: reading.revision(conn, article_id, number)
    )
    if data is None:
        return await not_found(datasette, request, "not_found")
    return await page(datasette, request, "kho_revision.html", {"revision": data, "article_id": article_id})


async def citation_file(datasette: Any, request: Any) -> Response:
    """The citation of an article for a reference manager."""
    article_id, form = int(request.url_vars["article_id"]), request.url_vars["form"]
    origin = await datasette.get_database(DATABASE).execute_fn(lambda conn: attribution_of(conn, article_id))
    if origin is None:
        return await not_found(datasette, request, "not_found")
    mime, ending, write = FORMATS[form]
    return as_file(write(origin), f"{mime}; charset=utf-8", f"khocong-{article_id}-{form}.{ending}")


async def permalink(datasette: Any, request: Any) -> Response:
    """Lead a permalink to the article it names, wherever a rebuild has put it."""
    database, key = datasette.get_database(DATABASE), request.url_vars["key"]
    article_id = await database.execute_fn(lambda conn: _permalinks(database).find(conn, key))
    if article_id is None:
        return await not_found(datasette, request, "not_found")
    return Response.redirect(f"/bai/{article_id}")


async def by_url(datasette: Any, request: Any) -> Response:
    """Lead the URL of an article, as published, to its page here: `/url/https://…`."""
    raw = (request.scope.get("raw_path") or b"").decode("latin-1").partition("/url/")[2].partition("?")[0]
    wanted = url_of(raw or request.url_vars["url"], request.query_string)

    def read(conn: sqlite3.Connection) -> int | None:
        try:
            return find_article(conn, wanted)
        except ValueError:
            return None

    article_id = await datasette.get_database(DATABASE).execute_fn(read)
    if article_id is None:
        return await not_found(datasette, request, "not_found")
    return Response.redirect(f"/bai/{article_id}")


@kept_page()
async def original_page(datasette: Any, request: Any) -> Response:
    """One capture in a sandboxed frame of the replay server, with a banner that says what it is."""
    capture_id = int(request.url_vars["capture_id"])

    def read(conn: sqlite3.Connection) -> Any:
        found = reading.rows(
            conn,
            "SELECT c.capture_id, c.url, c.captured_at, c.mime, c.payload_digest, c.warc_file, "
            "c.warc_offset, "
            "r.article_id, r.number FROM captures AS c LEFT JOIN revisions AS r USING (capture_id) "
            "WHERE c.capture_id = ?",
            (capture_id,),
        )
        if not found:
            return None
        article_id = found[0]["article_id"]
        return {
            "capture": {
                **found[0],
                "link": reading.link(found[0]["url"]),
                "is_shown": is_shown(found[0]["mime"]),
            },
            "captures": reading.captures(conn, article_id) if article_id else [],
        }

    data = await datasette.get_database(DATABASE).execute_fn(read)
    if data is None:
        return await not_found(datasette, request, "no_capture")
    return await page(
        datasette,
        request,
        "kho_original.html",
        {**data, "replay_on": bool(settings(datasette).get("replay"))},
    )
