"""A legal document as the archive knows it: who announced it, who cites it, when and where."""

import sqlite3
from urllib.parse import quote

from archive.records import Json
from archive.web.plots import bars, months
from archive.web.reading import link, rows

SHOWN = 100


def documents(conn: sqlite3.Connection, most: int = SHOWN) -> list[Json]:
    """Return the documents cited most, by mentions in revisions that stand now."""
    return rows(
        conn,
        "SELECT d.document_id, d.normal, d.year, d.doc_type, d.issuer, d.issued_on, x.mentions FROM "
        "(SELECT document_id, count(*) AS mentions FROM citations GROUP BY document_id "
        "ORDER BY mentions DESC LIMIT ?) AS x JOIN documents AS d USING (document_id) ORDER BY "
        "x.mentions DESC",
        (most,),
    )


def document(conn: sqlite3.Connection, normal: str, year: int | None = None) -> Json | None:
    """Return everything about the document(s) of a number, or None.

    Two documents may share a number in two years or two provinces: without *year* all of them are told of.
    """
    meant = rows(
        conn,
        "SELECT document_id, normal, year, doc_type, symbol, issuer, issuer_unit, issued_on FROM documents "
        "WHERE normal = ? AND (? IS NULL OR year = ?) ORDER BY year, document_id",
        (normal, year, year),
    )
    announced = announcements(conn, normal)
    if not meant and not announced:
        return None
    ids = [one["document_id"] for one in meant]
    marks = ", ".join("?" * len(ids))
    source = (
        "FROM citations AS c JOIN articles AS a ON a.revision_id = c.revision_id "
        f"JOIN portals AS p USING (portal_key) WHERE c.document_id IN ({marks})"
    )
    by_month = conn.execute(
        f"SELECT substr(a.published_at, 1, 7), count(DISTINCT a.article_id) {source} "
        "AND a.published_at IS NOT NULL GROUP BY 1",
        ids,
    ).fetchall()
    (articles,) = conn.execute(f"SELECT count(DISTINCT a.article_id) {source}", ids).fetchone()
    cells = rows(
        conn,
        "SELECT a.portal_key, coalesce(nullif(p.name, ''), a.portal_key) AS portal_name, "
        f"substr(a.published_at, 1, 7) AS month, count(DISTINCT a.article_id) AS articles {source} "
        "GROUP BY 1, 3 ORDER BY month DESC, articles DESC LIMIT 500",
        ids,
    )
    return {
        "normal": normal,
        "year": year,
        "meant": meant,
        "announced": announced,
        "articles": articles,
        "portals": len({cell["portal_key"] for cell in cells}),
        "months": bars(
            months([(month, float(count)) for month, count in by_month]),
            lambda month: f"/tim?doc={_quoted(normal)}&year={month}",
            f"/tim/nam.csv?doc={_quoted(normal)}",
        ),
        "cells": cells,
        "citing": rows(
            conn,
            "SELECT a.article_id, a.title, a.published_at, a.published_precision, a.portal_key, "
            "coalesce(nullif(p.name, ''), a.portal_key) AS portal_name, min(c.verbatim) AS verbatim "
            f"{source} GROUP BY a.article_id ORDER BY a.published_at DESC LIMIT {SHOWN}",
            ids,
        ),
        "cites": _cites(conn, normal),
    }


def _cites(conn: sqlite3.Connection, normal: str) -> list[Json]:
    return rows(
        conn,
        "SELECT DISTINCT e.normal, e.doc_type FROM articles AS a "
        "JOIN citations AS c ON c.revision_id = a.revision_id JOIN documents AS e USING (document_id) "
        "WHERE a.rests_on = ? AND e.normal <> a.rests_on ORDER BY e.normal LIMIT 100",
        (normal,),
    )


def announcements(conn: sqlite3.Connection, normal: str) -> list[Json]:
    """Return the articles that announce a document, with its attached file, the earliest first."""
    found = rows(
        conn,
        "SELECT a.article_id, a.title, a.published_at, a.published_precision, a.portal_key, "
        "coalesce(nullif(p.name, ''), a.portal_key) AS portal_name, x.url AS file_url FROM articles AS a "
        "JOIN portals AS p USING (portal_key) LEFT JOIN attachments AS x ON x.attachment_id = "
        "(SELECT min(attachment_id) FROM attachments WHERE article_id = a.article_id) "
        "WHERE a.rests_on = ? ORDER BY a.published_at IS NULL, a.published_at, a.article_id LIMIT 50",
        (normal,),
    )
    for one in found:
        one["link"] = link(one["file_url"])
    return found


def _quoted(text: str) -> str:
    return quote(text, safe="")
