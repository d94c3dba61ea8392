"""What the pages show, read from the archive: plain values, which the templates escape."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from archive.attribution import attribution_of
from archive.files import attached_files
from archive.near_duplicates import duplicates_of
from archive.records import Block, Json
from archive.revisions import revisions_of, word_diff
from archive.search import parse
from archive.search.results import highlighted
from archive.search.snippets import Highlighter, Parts
from archive.store.blocks import decode_blocks
from archive.web import replaying
from archive.web.permalinks import permalink_key

LOW_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of an article as the page lays it out: `items` of a list, `rows` of a table, else `parts`.

    A caption has the `pictures` that stood above it.
    """

    kind: str
    parts: Parts = ()
    level: int = 0
    items: tuple[Parts, ...] = ()
    rows: tuple[tuple[Parts, ...], ...] = ()
    pictures: tuple[Json, ...] = ()


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


def article(conn: sqlite3.Connection, article_id: int, query: str = "") -> Json | None:
    """Return everything about one article, or None; the words of *query* are marked in it."""
    found = rows(
        conn,
        "SELECT a.*, p.name AS portal_name, p.organ, p.jurisdiction, r.number AS revision_number, r.blocks, "
        "r.extractor, c.captured_at, c.warc_file, c.warc_offset, c.warc_length, c.payload_digest, "
        "c.origin AS captured_from, c.url AS fetched_url, c.capture_id "
        "FROM articles AS a JOIN portals AS p USING (portal_key) "
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
            "images": "SELECT url, caption, alt FROM images WHERE article_id = ? ORDER BY image_id",
            "documents": "SELECT d.normal, d.year, d.doc_type, d.issuer, d.issued_on FROM articles AS a "
            "JOIN citations AS c USING (revision_id) JOIN documents AS d USING (document_id) "
            "WHERE a.article_id = ? GROUP BY d.document_id ORDER BY min(c.start_offset) LIMIT 200",
        }.items()
    }
    origin = attribution_of(conn, article_id)
    lines, unplaced = placed(layout(blocks, highlighter), pictures(conn, related["images"]))
    return {
        **row,
        **related,
        "unplaced": unplaced,
        "files": [(one, link(one.url)) for one in attached_files(conn, article_id)],
        "elsewhere": copies(conn, article_id),
        "origin": origin,
        "permalink": f"/l/{permalink_key(row['urlkey'])}",
        "tags": json.loads(row["tags"] or "[]"),
        "link": link(row["url"]),
        "title_parts": highlighter.whole(row["title"]),
        "lead_parts": highlighter.whole(row["lead"]),
        "lines": lines,
        "low_confidence": row["confidence"] < LOW_CONFIDENCE,
    }


def pictures(conn: sqlite3.Connection, found: list[Json]) -> list[Json]:
    """Add to each image its address as published, where it may be a link, and whether the archive has it."""
    for one in found:
        one["link"] = link(one["url"])
        newest = replaying.newest(conn, one["url"]) if one["link"] else None
        one["capture_id"] = newest.capture_id if newest is not None else None
    return found


def placed(lines: list[Line], images: list[Json]) -> tuple[list[Line], list[Json]]:
    """Put each picture above its caption where the text has it; return the others as well.

    Of a picture without a caption only its order among the pictures is known, not where it stood.
    """
    waiting = list(images)
    made = []
    for line in lines:
        if line.kind == "caption":
            caption = "".join(text for text, _ in line.parts)
            own = tuple(one for one in waiting if one["caption"] and one["caption"] == caption)[:1]
            waiting = [one for one in waiting if one not in own]
            line = replace(line, pictures=own)
        made.append(line)
    return made, waiting


def copies(conn: sqlite3.Connection, article_id: int) -> list[Json]:
    """Return the articles that carry the same text or nearly so, with who was first where it is known."""
    found: dict[int, Json] = {
        one.article_id: {
            "article_id": one.article_id, "portal": one.portal, "title": one.title,
            "published_at": one.published_at, "similarity": one.similarity, "is_first": one.is_first,
            "is_same_text": one.is_same_text,
        }
        for one in duplicates_of(conn, article_id)
    }  # fmt: skip
    # Between two crawls nothing has been compared yet: equal digests are known at once.
    for one in rows(
        conn,
        "SELECT b.article_id, b.portal_key AS portal, b.title, b.published_at FROM articles AS a "
        "JOIN articles AS b ON b.text_digest = a.text_digest AND b.article_id <> a.article_id "
        "WHERE a.article_id = ? ORDER BY b.article_id LIMIT 50",
        (article_id,),
    ):
        found.setdefault(
            one["article_id"], {**one, "similarity": 1.0, "is_first": None, "is_same_text": True}
        )
    names = dict(conn.execute("SELECT portal_key, name FROM portals")) if found else {}
    ordered = sorted(found.values(), key=lambda one: (-one["similarity"], one["article_id"]))[:50]
    return [{**one, "portal_name": names.get(one["portal"]) or one["portal"]} for one in ordered]


def captures(conn: sqlite3.Connection, article_id: int) -> list[Json]:
    """Return every capture of an article's URLs, the newest first."""
    return rows(
        conn,
        "SELECT DISTINCT c.capture_id, c.url, c.captured_at, c.status, c.mime, c.payload_digest, "
        "c.size_bytes, "
        "c.warc_file, c.warc_offset, c.warc_length, c.origin, c.revisit_of FROM captures AS c "
        "WHERE c.url_id IN (SELECT url_id FROM urls WHERE article_id = ?1 UNION SELECT k.url_id "
        "FROM revisions AS r JOIN captures AS k USING (capture_id) WHERE r.article_id = ?1) "
        "ORDER BY c.captured_at DESC, c.capture_id DESC LIMIT 500",
        (article_id,),
    )


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
