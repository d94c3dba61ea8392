"""What the pages show, read from the archive: plain values, which the templates escape."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from archive.records import Block, Json
from archive.revisions import revisions_of, word_diff
from archive.search import parse
from archive.search.results import highlighted
from archive.search.snippets import Highlighter, Parts
from archive.store.blocks import decode_blocks

LOW_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of an article as the page lays it out: `items` of a list, `rows` of a table, else `parts`."""

    kind: str
    parts: Parts = ()
    level: int = 0
    items: tuple[Parts, ...] = ()
    rows: tuple[tuple[Parts, ...], ...] = ()


def rows(conn: sqlite3.Connection, sql: str, params: Sequence[object] = ()) -> list[Json]:
    """Return the rows of *sql* as dicts, whatever row factory the connection has."""
    cursor = conn.execute(sql, params)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def link(url: str | None) -> str | None:
    """Return *url* when it may stand in a link, else None: `javascript:` and its kin never do.

    >>> link("https://a.gov.example/x"), link("javascript:alert(1)"), link(" JavaScript:x")
    ('https://a.gov.example/x', None, None)
    """
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def home(conn: sqlite3.Connection) -> Json:
    """Return what the first page says: totals, freshness, portals, newest articles, latest crawls."""
    (totals,) = rows(
        conn,
        "SELECT count(*) AS articles, min(published_at) AS first, max(published_at) AS last FROM articles "
        "INDEXED BY articles_for_search",
    )
    # The last capture by its number: the times of captures have no index, and they rise together.
    captured = rows(conn, "SELECT captured_at FROM captures ORDER BY capture_id DESC LIMIT 1")
    portals = rows(
        conn,
        "SELECT p.portal_key, p.name, p.organ, p.status, count(a.article_id) AS articles, "
        "max(a.published_at) AS last FROM portals AS p "
        "LEFT JOIN articles AS a INDEXED BY articles_by_portal_published USING (portal_key) "
        "GROUP BY p.portal_key ORDER BY articles DESC, p.portal_key LIMIT 500",
    )
    newest = rows(
        conn,
        "SELECT a.article_id, a.title, a.published_at, a.published_precision, p.name AS portal_name, "
        "a.portal_key FROM articles AS a JOIN portals AS p USING (portal_key) "
        "WHERE a.published_at IS NOT NULL ORDER BY a.published_at DESC LIMIT 8",
    )
    crawls = rows(
        conn,
        "SELECT c.crawl_id, c.portal_key, p.name, c.started_at, c.ended_at, c.reason, c.requests "
        "FROM crawls AS c JOIN portals AS p USING (portal_key) ORDER BY c.crawl_id DESC LIMIT 6",
    )
    return {
        **totals,
        "captured_at": captured[0]["captured_at"] if captured else None,
        "portals": portals,
        "newest": newest,
        "crawls": crawls,
    }


def article(conn: sqlite3.Connection, article_id: int, query: str = "") -> Json | None:
    """Return everything about one article, or None; the words of *query* are marked in it."""
    found = rows(
        conn,
        "SELECT a.*, p.name AS portal_name, p.organ, p.jurisdiction, r.number AS revision_number, r.blocks, "
        "r.extractor, c.captured_at, c.warc_file, c.warc_offset, c.warc_length, c.payload_digest, "
        "c.url AS fetched_url FROM articles AS a JOIN portals AS p USING (portal_key) "
        "LEFT JOIN revisions AS r USING (revision_id) LEFT JOIN captures AS c USING (capture_id) "
        "WHERE a.article_id = ?",
        (article_id,),
    )
    if not found:
        return None
    row = found[0]
    highlighter = Highlighter(highlighted(parse(query)))
    blocks = decode_blocks(row.pop("blocks") or "[]", row["text"])
    related: dict[str, Any] = {
        name: rows(conn, sql, (article_id,))
        for name, sql in {
            "revisions": "SELECT number, captured_at, text_digest FROM revisions WHERE article_id = ? "
            "ORDER BY number DESC LIMIT 200",
            "attachments": "SELECT url, label FROM attachments WHERE article_id = ? ORDER BY attachment_id",
            "images": "SELECT url, caption, alt FROM images WHERE article_id = ? ORDER BY image_id",
            "documents": "SELECT DISTINCT d.normal, d.issued_on FROM articles AS a "
            "JOIN citations AS c USING (revision_id) JOIN documents AS d USING (document_id) "
            "WHERE a.article_id = ? ORDER BY c.start_offset LIMIT 200",
            "elsewhere": "SELECT b.article_id, b.title, b.published_at, p.name AS portal_name "
            "FROM articles AS a "
            "JOIN articles AS b ON b.text_digest = a.text_digest AND b.article_id <> a.article_id "
            "JOIN portals AS p ON p.portal_key = b.portal_key WHERE a.article_id = ? "
            "ORDER BY b.published_at LIMIT 50",
        }.items()
    }
    for one in (*related["attachments"], *related["images"]):
        one["link"] = link(one["url"])
    return {
        **row,
        **related,
        "tags": json.loads(row["tags"] or "[]"),
        "link": link(row["url"]),
        "title_parts": highlighter.whole(row["title"]),
        "lead_parts": highlighter.whole(row["lead"]),
        "lines": layout(blocks, highlighter),
        "low_confidence": row["confidence"] < LOW_CONFIDENCE,
    }


def revision(conn: sqlite3.Connection, article_id: int, number: int) -> Json | None:
    """Return a revision and its word diff against the one captured before it, or None."""
    found = revisions_of(conn, article_id)
    for before, one in zip([None, *found], found, strict=False):
        if one.number == number:
            older = before.full_text if before is not None else one.full_text
            return {"revision": one, "before": before, "pieces": word_diff(older, one.full_text)}
    return None


def layout(blocks: Sequence[Block], highlighter: Highlighter) -> list[Line]:
    """Return *blocks* for a page: neighbouring list items and table rows joined into one list or table."""
    made: list[Line] = []
    for block in blocks:
        last = made[-1] if made else None
        if block.kind == "list_item":
            item = highlighter.whole(block.text)
            if last is not None and last.kind == "list":
                made[-1] = Line("list", items=(*last.items, item))
            else:
                made.append(Line("list", items=(item,)))
        elif block.kind == "table_row":
            cells = tuple(highlighter.whole(cell) for cell in (block.cells or (block.text,)))
            if last is not None and last.kind == "table":
                made[-1] = Line("table", rows=(*last.rows, cells))
            else:
                made.append(Line("table", rows=(cells,)))
        else:
            made.append(Line(block.kind, parts=highlighter.whole(block.text), level=block.level))
    return made
