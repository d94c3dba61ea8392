"""What hangs on an article: the documents it cites, its attachments, its images."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from archive.files import link_article
from archive.issuers import Issuer, own, resolve
from archive.records import Article, Attachment, Citation, Image

_DOCUMENT = """
INSERT INTO documents (normal, year, doc_type, number, symbol, issuer, issued_on, issuer_unit)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (normal, coalesce(year, 0), coalesce(issuer_unit, '')) DO UPDATE SET
    doc_type = coalesce(doc_type, excluded.doc_type), symbol = coalesce(symbol, excluded.symbol),
    issuer = coalesce(issuer, excluded.issuer), issued_on = coalesce(issued_on, excluded.issued_on)
RETURNING document_id
"""
_REMEMBERED = 50_000
# Bodies every province, district and commune has: their symbol does not tell which.
_LOCAL = ("UBND", "HĐND", "TU", "HU", "ThU", "QU", "BTV")


class Documents:
    """Finds or makes the row of a cited document; remembers those it has met with all they said."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._met: dict[tuple[object, ...], int] = {}

    def id_of(self, citation: Citation, issuer: Issuer | None = None) -> int:
        """Return the document's id; what an earlier mention left open is filled in, never overwritten.

        *issuer* is the body it was resolved to; its unit tells documents of one number apart.
        """
        values = (
            citation.normal,
            citation.year,
            citation.doc_type,
            citation.number,
            citation.symbol,
            issuer.name if issuer else citation.issuer,
            citation.date,
            issuer.unit if issuer else None,
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
        ((revision_id, *one) for one in documents_cited(connection, documents, revision_id, article)),
    )


def documents_cited(
    connection: sqlite3.Connection, documents: Documents, revision_id: int, article: Article
) -> list[tuple[int, str, int, int]]:
    """Return (document's id, verbatim, start, end) of each citation; a new document gets its row.

    A header whose number was left blank names no document.
    """
    cited = _with_their_day([citation for citation in article.citations if citation.number])
    issuers = _issuers(connection, revision_id, article, cited)
    return [
        (documents.id_of(one, issuers.get(one.normal)), one.verbatim, one.start, one.end) for one in cited
    ]


def _with_their_day(cited: Sequence[Citation]) -> list[Citation]:
    """Give a mention without a year that of the same number on the page: numbers begin anew each year.

    "Chỉ thị số 33/CT-TTg ngày 26-11-2021" is "Chỉ thị 33/CT-TTg" ten lines below, and no other document.
    Where a page names two years the mention says neither, and stays without.
    """
    years: dict[str, set[int]] = {}
    days: dict[str, str] = {}
    for one in cited:
        if one.year is not None:
            years.setdefault(one.normal, set()).add(one.year)
        if one.date is not None:
            days.setdefault(one.normal, one.date)
    return [
        replace(one, year=min(years[one.normal]), date=days.get(one.normal))
        if one.year is None and len(years.get(one.normal, ())) == 1
        else one
        for one in cited
    ]


def _issuers(
    connection: sqlite3.Connection, revision_id: int, article: Article, cited: Sequence[Citation]
) -> dict[str, Issuer]:
    """Return who issued the documents of local bodies, by normal form: one page means one by a number."""
    local = [one for one in cited if one.normal.endswith(_LOCAL)]
    if not local:
        return {}
    place, captured_at = connection.execute(
        "SELECT p.jurisdiction, r.captured_at FROM revisions r JOIN captures c ON c.capture_id = r.capture_id"
        " JOIN urls u ON u.url_id = c.url_id JOIN portals p ON p.portal_key = u.portal_key"
        " WHERE r.revision_id = ?",
        (revision_id,),
    ).fetchone() or (None, "")
    found: dict[str, Issuer] = {}
    for one in local:
        day = _day(one.date) or _day(article.published_at) or _day(captured_at)
        issuer = resolve(one.issuer, place, day) if one.issuer else None
        if issuer is None and one.normal == article.rests_on:
            issuer = own(one.symbol, place, day)
        if issuer is not None and (one.normal not in found or found[one.normal].unit is None):
            found[one.normal] = issuer
    return found


def _day(at: str | None) -> date | None:
    try:
        return date.fromisoformat((at or "")[:10])
    except ValueError:
        return None


def replace_files(
    connection: sqlite3.Connection,
    article_id: int,
    article: Article,
    *,
    known: bool,
    before_tie: Callable[[], None] = lambda: None,
) -> None:
    """Make the article's attachments and images those of *article*; *known* says it may have some.

    *before_tie* is called before a file's text is indexed with the article's.
    """
    if known:
        connection.execute("DELETE FROM attachments WHERE article_id = ?", (article_id,))
        connection.execute("DELETE FROM images WHERE article_id = ?", (article_id,))
    if article.attachments:
        connection.executemany(
            "INSERT OR IGNORE INTO attachments (article_id, url, label) VALUES (?, ?, ?)",
            [(article_id, file.url, file.label) for file in article.attachments],
        )
        link_article(connection, article_id, before_tie)
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
