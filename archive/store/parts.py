"""What hangs on an article: the documents it cites, its attachments, its images."""

import sqlite3

from archive.files import link_article
from archive.records import Article, Attachment, Citation, Image

_DOCUMENT = """
INSERT INTO documents (normal, year, doc_type, number, symbol, issuer, issued_on) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (normal, coalesce(year, 0)) DO UPDATE SET
    doc_type = coalesce(doc_type, excluded.doc_type), symbol = coalesce(symbol, excluded.symbol),
    issuer = coalesce(issuer, excluded.issuer), issued_on = coalesce(issued_on, excluded.issued_on)
RETURNING document_id
"""
_REMEMBERED = 50_000


class Documents:
    """Finds or makes the row of a cited document; remembers those it has met with all they said."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._met: dict[tuple[object, ...], int] = {}

    def id_of(self, citation: Citation) -> int:
        """Return the document's id; what an earlier mention left open is filled in, never overwritten."""
        values = (
            citation.normal,
            citation.year,
            citation.doc_type,
            citation.number,
            citation.symbol,
            citation.issuer,
            citation.date,
        )
        known = self._met.get(values)
        if known is None:
            if len(self._met) > _REMEMBERED:
                self._met.clear()
            known = int(self._connection.execute(_DOCUMENT, values).fetchone()[0])
            self._met[values] = known
        return known

    def forget(self) -> None:
        """Drop what is remembered, after a rollback."""
        self._met.clear()


def save_citations(
    connection: sqlite3.Connection, documents: Documents, revision_id: int, article: Article
) -> None:
    """Write the citations of a new revision."""
    connection.executemany(
        "INSERT INTO citations (revision_id, document_id, verbatim, start_offset, end_offset)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            (revision_id, documents.id_of(citation), citation.verbatim, citation.start, citation.end)
            for citation in article.citations
        ],
    )


def replace_files(connection: sqlite3.Connection, article_id: int, article: Article, *, known: bool) -> None:
    """Make the article's attachments and images those of *article*; *known* says it may have some."""
    if known:
        connection.execute("DELETE FROM attachments WHERE article_id = ?", (article_id,))
        connection.execute("DELETE FROM images WHERE article_id = ?", (article_id,))
    if article.attachments:
        connection.executemany(
            "INSERT OR IGNORE INTO attachments (article_id, url, label) VALUES (?, ?, ?)",
            [(article_id, file.url, file.label) for file in article.attachments],
        )
        link_article(connection, article_id)
    if article.images:
        connection.executemany(
            "INSERT OR IGNORE INTO images (article_id, url, caption, alt) VALUES (?, ?, ?, ?)",
            [(article_id, image.url, image.caption, image.alt) for image in article.images],
        )


def files_of(
    connection: sqlite3.Connection, article_id: int
) -> tuple[tuple[Attachment, ...], tuple[Image, ...]]:
    """Return the attachments and images of the current revision, in page order."""
    attachments = connection.execute(
        "SELECT url, label FROM attachments WHERE article_id = ? ORDER BY attachment_id", (article_id,)
    ).fetchall()
    images = connection.execute(
        "SELECT url, caption, alt FROM images WHERE article_id = ? ORDER BY image_id", (article_id,)
    ).fetchall()
    return tuple(Attachment(*row) for row in attachments), tuple(Image(*row) for row in images)
