"""Attached files in the archive: read once by their digest, tied to every article that links them."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archive.attached import FileText
from archive.ledger import utc_now
from archive.records import Issue
from archive.schema.m0005_files import key_of

# What is worth a line in `issues`; a scan or a picture is no fault of the file.
_FAULTS = ("protected", "corrupt", "too_heavy")
_SAID = {
    "protected": "is protected by a password",
    "corrupt": "cannot be read",
    "too_heavy": "costs more than a file may",
}


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A captured file with the place of its bytes, to be read now or again."""

    capture_id: int
    url_id: int
    portal_key: str
    url: str
    mime: str
    body_digest: str
    size_bytes: int
    warc_file: str
    warc_offset: int


_KEPT = (
    "SELECT c.capture_id, c.url_id, u.portal_key, c.url, c.mime, c.body_digest, c.size_bytes, c.warc_file,"
    " c.warc_offset FROM captures c JOIN urls u ON u.url_id = c.url_id"
)


def issue_of(file: FileText, url: str) -> Issue | None:
    """Return the issue row for a file that could not be read, with a line that says what and why."""
    if file.state not in _FAULTS:
        return None
    why = f" ({file.detail})" if file.detail else ""
    return Issue(f"file_{file.state}", f"the {file.format or 'file'} {_SAID[file.state]}{why}"[:500], url)


def save_file(connection: sqlite3.Connection, url_id: int, capture_id: int, file: FileText) -> int:
    """Keep what a captured file says, in the caller's transaction, and tie it to its articles.

    The same bytes make one row, whatever URLs they were fetched from; a later reading replaces the text.
    """
    row = connection.execute(
        "INSERT INTO files (body_digest, format, size_bytes, state, detail, pages, text, repaired, reader,"
        " capture_id, read_at) SELECT body_digest, ?, size_bytes, ?, ?, ?, ?, ?, ?, capture_id, ?"
        " FROM captures WHERE capture_id = ?"
        " ON CONFLICT (body_digest) DO UPDATE SET format = excluded.format, state = excluded.state,"
        " detail = excluded.detail, pages = excluded.pages, text = excluded.text,"
        " repaired = excluded.repaired, reader = excluded.reader, read_at = excluded.read_at"
        " RETURNING file_id",
        (file.format, file.state, file.detail, file.pages, file.text, file.repaired, file.reader,
         utc_now(), capture_id),
    ).fetchone()  # fmt: skip
    file_id = int(row[0])
    link_file(connection, url_id, capture_id, file_id)
    return file_id


def link_file(connection: sqlite3.Connection, url_id: int, capture_id: int, file_id: int) -> None:
    """Tie the articles that point to a URL to the file captured there."""
    portal_key, key, fetched = connection.execute(
        "SELECT u.portal_key, u.urlkey, c.url FROM urls u JOIN captures c ON c.capture_id = ?"
        " WHERE u.url_id = ?",
        (capture_id, url_id),
    ).fetchone()
    for one in {key, key_of(fetched)} - {""}:
        connection.execute(
            "UPDATE attachments SET file_id = ? WHERE urlkey = ? AND file_id IS NOT ? AND article_id IN"
            " (SELECT article_id FROM articles WHERE portal_key = ?)",
            (file_id, one, file_id, portal_key),
        )


def link_article(
    connection: sqlite3.Connection, article_id: int, before_tie: Callable[[], None] = lambda: None
) -> None:
    """Give the attachments of an article their keys, and the files that are there already.

    *before_tie* is called before an attachment gets its file, whose text is then indexed with the article.
    """
    for attachment_id, url in connection.execute(
        "SELECT attachment_id, url FROM attachments WHERE article_id = ? AND urlkey = ''", (article_id,)
    ).fetchall():
        key = key_of(url)
        found = connection.execute(
            "SELECT f.file_id FROM articles a JOIN urls u ON u.portal_key = a.portal_key AND u.urlkey = ?"
            " JOIN captures c ON c.url_id = u.url_id AND c.status = 200"
            " JOIN files f ON f.body_digest = c.body_digest"
            " WHERE a.article_id = ? ORDER BY c.captured_at DESC LIMIT 1",
            (key, article_id),
        ).fetchone()
        connection.execute("UPDATE attachments SET urlkey = ? WHERE attachment_id = ?", (key, attachment_id))
        if found:
            before_tie()
            connection.execute(
                "UPDATE attachments SET file_id = ? WHERE attachment_id = ?", (found[0], attachment_id)
            )


def unread(connection: sqlite3.Connection, *, again: bool = False) -> Iterator[KeptFile]:
    """Yield each captured file whose text was never read; with *again* every one, once a digest."""
    not_read = "" if again else " AND NOT EXISTS (SELECT 1 FROM files f WHERE f.body_digest = c.body_digest)"
    rows = connection.execute(
        f"{_KEPT} WHERE u.kind = 'attachment' AND c.status = 200 AND c.size_bytes > 0{not_read}"
        " AND c.capture_id = (SELECT max(d.capture_id) FROM captures d WHERE d.url_id = c.url_id"
        " AND d.body_digest = c.body_digest) ORDER BY c.warc_file, c.warc_offset"
    ).fetchall()
    seen: set[str] = set()
    for row in rows:
        kept = KeptFile(*row)
        if again and kept.body_digest in seen:
            continue
        seen.add(kept.body_digest)
        yield kept


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file an article links, with what was read of it; without `state` it was not captured or not read."""

    url: str
    label: str
    format: str | None
    state: str | None
    pages: int | None
    size_bytes: int | None
    text: str
    detail: str
    repaired: str | None


def attached_files(connection: sqlite3.Connection, article_id: int) -> list[AttachedFile]:
    """Return the files of an article's current text, in page order."""
    rows = connection.execute(
        "SELECT url, label, format, state, pages, size_bytes, coalesce(text, ''), coalesce(detail, ''),"
        " repaired FROM attachments_flat WHERE article_id = ? ORDER BY attachment_id",
        (article_id,),
    ).fetchall()
    return [AttachedFile(*row) for row in rows]


def file_counts(connection: sqlite3.Connection) -> list[tuple[str, str, int, int]]:
    """Return (format, state, files, articles that link them), the most frequent first."""
    rows: list[tuple[str, str, int, int]] = connection.execute(
        "SELECT f.format, f.state, count(DISTINCT f.file_id), count(DISTINCT x.article_id) FROM files f"
        " LEFT JOIN attachments x ON x.file_id = f.file_id GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
    ).fetchall()
    return rows
