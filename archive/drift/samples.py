"""What an alarm shows: the last good reading of a page beside what was read now, with both captures."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from archive.records import Json

MOST = 3
_OPENING = 240


def samples(conn: sqlite3.Connection, portal: str, crawl_id: int, after: int) -> list[Json]:
    """Return up to MOST pairs {"url", "before", "after"} of this crawl's pages that went wrong or changed.

    *after* is the last capture of earlier crawls. First come known articles that were read otherwise, then
    known ones that gave none, then new ones beside the last good article of before.
    """
    found: list[Json] = []
    for pair in (*_changed(conn, portal, crawl_id, after), *_unread(conn, portal, crawl_id, after)):
        if len(found) < MOST and all(pair["url"] != known["url"] for known in found):
            found.append(pair)
    if len(found) < MOST:
        found += _new(conn, portal, crawl_id, after, MOST - len(found))
    return found


def _changed(conn: sqlite3.Connection, portal: str, crawl_id: int, after: int) -> Iterator[Json]:
    rows = conn.execute(
        "SELECT a.url, r.revision_id, p.revision_id FROM captures c JOIN revisions r USING (capture_id)"
        " JOIN articles a ON a.article_id = r.article_id"
        " JOIN revisions p ON p.article_id = r.article_id AND p.number = r.number - 1"
        " WHERE c.capture_id > ? AND c.crawl_id = ? AND a.portal_key = ? ORDER BY c.capture_id LIMIT ?",
        (after, crawl_id, portal, MOST),
    ).fetchall()
    for url, now, before in rows:
        yield {"url": url, "before": _revision(conn, before), "after": _revision(conn, now)}


def _unread(conn: sqlite3.Connection, portal: str, crawl_id: int, after: int) -> Iterator[Json]:
    rows = conn.execute(
        "SELECT u.url, u.article_id, u.reason, max(c.capture_id), c.captured_at, c.status"
        " FROM captures c JOIN urls u USING (url_id)"
        " WHERE c.capture_id > ? AND c.crawl_id = ? AND u.portal_key = ? AND c.status = 200"
        " AND (u.article_id IS NOT NULL OR u.kind = 'article')"
        " AND NOT EXISTS (SELECT 1 FROM revisions r WHERE r.capture_id = c.capture_id)"
        " AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.capture_id = c.capture_id)"
        " GROUP BY u.url_id ORDER BY u.article_id IS NULL, c.capture_id LIMIT ?",
        (after, crawl_id, portal, MOST),
    ).fetchall()
    for url, article_id, reason, capture_id, at, status in rows:
        known = conn.execute(
            "SELECT revision_id FROM articles WHERE article_id = ?", (article_id,)
        ).fetchone()
        before = _revision(conn, known[0]) if known else _last_good(conn, portal, after)
        now = {"capture": capture_id, "captured_at": at, "read_as": reason or f"no article (HTTP {status})"}
        yield {"url": url, "before": before, "after": now}


def _new(conn: sqlite3.Connection, portal: str, crawl_id: int, after: int, most: int) -> list[Json]:
    rows = conn.execute(
        "SELECT a.url, r.revision_id FROM captures c JOIN revisions r USING (capture_id)"
        " JOIN articles a ON a.article_id = r.article_id"
        " WHERE c.capture_id > ? AND c.crawl_id = ? AND a.portal_key = ? AND r.number = 1"
        " ORDER BY c.capture_id LIMIT ?",
        (after, crawl_id, portal, most),
    ).fetchall()
    good = _last_good(conn, portal, after) if rows else None
    return [{"url": url, "before": good, "after": _revision(conn, number)} for url, number in rows]


def _last_good(conn: sqlite3.Connection, portal: str, after: int) -> Json | None:
    row = conn.execute(
        "SELECT r.revision_id FROM articles a JOIN revisions r USING (revision_id)"
        " WHERE a.portal_key = ? AND r.capture_id <= ? AND a.published_at IS NOT NULL"
        " ORDER BY r.capture_id DESC LIMIT 1",
        (portal, after),
    ).fetchone()
    return _revision(conn, row[0]) if row else None


def _revision(conn: sqlite3.Connection, revision_id: int) -> Json:
    url, title, published, lead, text, capture, at, method, file, offset = conn.execute(
        "SELECT f.url, f.title, f.published_at, f.lead, f.text, f.capture_id, f.captured_at, f.method,"
        " f.warc_file, f.warc_offset FROM revisions_flat f WHERE f.revision_id = ?",
        (revision_id,),
    ).fetchone()
    fields: dict[str, Any] = {
        "url": url,
        "title": title,
        "published_at": published,
        "lead": (lead or "")[:_OPENING],
        "opening": (text or "")[:_OPENING],
        "chars": len(text or ""),
        "method": method,
        "capture": capture,
        "captured_at": at,
        "warc": f"{file}:{offset}",
    }
    return fields
