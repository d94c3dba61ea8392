"""Another reading of a capture that is kept: what a revision says changes, the article's history does not.

A revision is one text the portal published, and keeps its capture. How that capture is read may get better:
by newer code, or by chrome learned later. Such a reading takes the place of the one before. It is no edit of
the article: status and revision numbers stay, and a "normalization" event says what was done.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from archive.digests import text_digest
from archive.records import Article
from archive.store.blocks import encode_blocks
from archive.store.fields import FIELDS, body_json, dump, values_of
from archive.store.parts import Documents, documents_cited, files_of, replace_files, save_citations
from archive.store.removed import pack_removed
from archive.urls import urlkey

RereadChange = Literal["same", "fields", "text"]
# The ledger's word for a page that was captured while no reader could be started; it waits to be asked again.
NO_READER = "no_reader"

_ROWS = """
SELECT r.revision_id, r.article_id, a.portal_key, a.url, r.captured_at, r.extractor, r.reading, r.text_digest,
       a.revision_id = r.revision_id, c.url, c.url_id, c.warc_file, c.warc_offset, u.kind, r.removed
FROM revisions r JOIN articles a ON a.article_id = r.article_id
JOIN captures c ON c.capture_id = r.capture_id JOIN urls u ON u.url_id = c.url_id
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A revision as it was read, and where its capture stands.

    `url` is the article's, `fetched_url` the capture's; `removed` is what was cut
    (`archive.store.removed.unpack_removed` reads it).
    """

    revision_id: int
    article_id: int
    portal_key: str
    url: str
    captured_at: str
    extractor: str
    reading: str
    text_digest: str
    is_current: bool
    fetched_url: str
    url_id: int
    warc_file: str
    warc_offset: int
    kind: str
    removed: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the reading of a revision says: the fields a report compares."""

    title: str
    lead: str
    text: str
    published_at: str | None


def kept_revisions(
    connection: sqlite3.Connection,
    portal_key: str | None = None,
    since: str | None = None,
    *,
    after: int = 0,
    limit: int = -1,
) -> list[Kept]:
    """Return revisions in the order of their ids, those behind *after*; *since* is of their captures."""
    rows = connection.execute(
        f"{_ROWS} WHERE r.revision_id > ? AND (? IS NULL OR a.portal_key = ?)"
        " AND (? IS NULL OR r.captured_at >= ?) ORDER BY r.revision_id LIMIT ?",
        (after, portal_key, portal_key, since, since, limit),
    ).fetchall()
    return [_kept(row) for row in rows]


def kept_revision(connection: sqlite3.Connection, revision_id: int) -> Kept | None:
    """Return one revision, or None."""
    row = connection.execute(f"{_ROWS} WHERE r.revision_id = ?", (revision_id,)).fetchone()
    return _kept(row) if row else None


def _kept(row: tuple[object, ...]) -> Kept:
    values: tuple[Any, ...] = (*row[:8], bool(row[8]), *row[9:])  # the columns of _ROWS, in order
    return Kept(*values)


def said_by(connection: sqlite3.Connection, revision_id: int) -> Said:
    """Return what a revision says as it stands. Raises KeyError for an unknown id."""
    row = connection.execute(
        "SELECT title, lead, text, published_at FROM revisions_flat WHERE revision_id = ?", (revision_id,)
    ).fetchone()
    if row is None:
        raise KeyError(revision_id)
    return Said(row[0], row[1] or "", row[2] or "", row[3])


def part_at(connection: sqlite3.Connection, kept: Kept, url: str) -> tuple[str, int] | None:
    """Return WARC file and offset of the capture of an article's further page *url*, None without one.

    A crawl keeps it in the article's own row of the ledger, fetched after the first page; one that came in
    from elsewhere has a row of its own, and the capture nearest in time is taken.
    """
    row: tuple[str, int] | None = connection.execute(
        "SELECT warc_file, warc_offset FROM captures WHERE url_id = ? AND url = ? AND status = 200"
        " AND captured_at >= ? ORDER BY captured_at DESC LIMIT 1",
        (kept.url_id, url, kept.captured_at),
    ).fetchone()
    if row is not None:
        return row
    try:
        key = urlkey(url)
    except ValueError:
        return None
    elsewhere: tuple[str, int] | None = connection.execute(
        "SELECT c.warc_file, c.warc_offset FROM urls u JOIN captures c ON c.url_id = u.url_id"
        " WHERE u.portal_key = ? AND u.urlkey = ? AND u.url_id <> ? AND c.status = 200"
        " ORDER BY abs(julianday(c.captured_at) - julianday(?)), c.capture_id LIMIT 1",
        (kept.portal_key, key, kept.url_id, kept.captured_at),
    ).fetchone()
    return elsewhere


def fields_of(connection: sqlite3.Connection, revision_id: int) -> dict[str, object]:
    """Return the fields of a revision by name, empty ones as None. Raises KeyError for an unknown id."""
    row = connection.execute(
        "SELECT article_id, body FROM revisions WHERE revision_id = ?", (revision_id,)
    ).fetchone()
    if row is None:
        raise KeyError(revision_id)
    if row[1] is not None:
        told = json.loads(row[1])
        return {name: told.get(name) or None for name in FIELDS}
    values = connection.execute(
        f"SELECT {', '.join(FIELDS)} FROM articles WHERE article_id = ?", (row[0],)
    ).fetchone()
    return _named(values)


def fields_said(article: Article) -> dict[str, object]:
    """Return the fields of an article as `fields_of` gives a revision's."""
    return _named(values_of(article))


def _named(values: Sequence[object]) -> dict[str, object]:
    named: dict[str, object] = dict(zip(FIELDS, values, strict=True))
    named["tags"] = json.loads(str(named["tags"]))
    return {name: value or None for name, value in named.items()}


def unread_captures(
    connection: sqlite3.Connection,
    portal_key: str | None = None,
    since: str | None = None,
    *,
    after: int = 0,
    limit: int = -1,
) -> list[tuple[int, Kept]]:
    """Return (capture id, place) of the last whole answer of each page that gave no article, or was not read.

    They have no revision: `revision_id` and `article_id` are 0.
    """
    rows = connection.execute(
        "SELECT c.capture_id, u.portal_key, u.url, c.captured_at, c.url, c.url_id, c.warc_file,"
        " c.warc_offset, u.kind FROM urls u JOIN captures c"
        " ON c.capture_id = (SELECT k.capture_id FROM captures k"
        " WHERE k.url_id = u.url_id AND k.status = 200 ORDER BY k.captured_at DESC LIMIT 1)"
        " WHERE u.kind IN ('article', 'page') AND (u.state = 'done' OR u.reason = ?) AND c.mime LIKE '%html%'"
        " AND c.capture_id > ? AND (? IS NULL OR u.portal_key = ?) AND (? IS NULL OR c.captured_at >= ?)"
        " AND NOT EXISTS (SELECT 1 FROM captures k JOIN revisions r ON r.capture_id = k.capture_id"
        " WHERE k.url_id = u.url_id) ORDER BY c.capture_id LIMIT ?",
        (NO_READER, after, portal_key, portal_key, since, since, limit),
    ).fetchall()
    return [(row[0], _kept((0, 0, *row[1:4], "", "", "", False, *row[4:], "[]"))) for row in rows]


class Rereader:
    """Writes readings anew, inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, documents: Documents) -> None:
        self._connection = connection
        self._documents = documents

    def reread(self, revision_id: int, article: Article, read_at: str) -> RereadChange | None:
        """Let a revision say what *article* says; return what that changed, or None for an unknown one.

        The article's identity (URL, content id, portal), its status and its captures stay as they are.
        """
        connection = self._connection
        row = connection.execute(
            "SELECT r.article_id, r.body, r.text_digest FROM revisions r WHERE r.revision_id = ?",
            (revision_id,),
        ).fetchone()
        if row is None:
            return None
        article_id, body, before = row
        digest = article.text_digest or text_digest(article.title, article.lead, article.text)
        if body is None:
            changed = self._current(article_id, article, digest)
        else:
            told = body_json(
                dict(zip(FIELDS, values_of(article), strict=True)), article.attachments, article.images
            )
            changed = told != body
            connection.execute("UPDATE revisions SET body = ? WHERE revision_id = ?", (told, revision_id))
        connection.execute(
            "UPDATE revisions SET text_digest = ?, extractor = ?, method = ?, reading = ?, read_at = ?,"
            " blocks = ?, removed = ?, notes = ? WHERE revision_id = ?",
            (
                digest, article.extractor, article.method, article.reading, read_at,
                encode_blocks(article.blocks, article.text),
                pack_removed(connection, article.removed), dump(article.notes), revision_id,
            ),
        )  # fmt: skip
        changed = self._recite(revision_id, article) or changed
        if digest != before:
            return "text"
        return "fields" if changed else "same"

    def _current(self, article_id: int, article: Article, digest: str) -> bool:
        connection = self._connection
        before = connection.execute(
            f"SELECT {', '.join(FIELDS)} FROM articles WHERE article_id = ?", (article_id,)
        ).fetchone()
        values = values_of(article)
        if list(before) != values:
            connection.execute(
                f"UPDATE articles SET {' = ?, '.join(FIELDS)} = ?, text_digest = ? WHERE article_id = ?",
                (*values, digest, article_id),
            )
        files = files_of(connection, article_id)
        new_files = files != (_distinct(article.attachments), _distinct(article.images))
        if new_files:
            replace_files(connection, article_id, article, known=True)
        return list(before) != values or new_files

    def _recite(self, revision_id: int, article: Article) -> bool:
        """Write the citations anew where they differ."""
        before = self._connection.execute(
            "SELECT document_id, verbatim, start_offset, end_offset FROM citations"
            " WHERE revision_id = ? ORDER BY citation_id",
            (revision_id,),
        ).fetchall()
        found = documents_cited(self._connection, self._documents, revision_id, article)
        if before == found:
            return False
        self._connection.execute("DELETE FROM citations WHERE revision_id = ?", (revision_id,))
        save_citations(self._connection, self._documents, revision_id, article)
        return True


def _distinct(files: tuple[object, ...]) -> tuple[object, ...]:
    """Return files as the table keeps them: the first of each URL."""
    seen: dict[str, object] = {}
    for file in files:
        seen.setdefault(json.dumps(getattr(file, "url", "")), file)
    return tuple(seen.values())
