"""`Archive`: an archive folder for those who read it from Python."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.attribution import Attribution, attribution_of, statement
from archive.attribution.statement import Language
from archive.database import ArchiveDatabase, open_archive
from archive.files import AttachedFile, attached_files
from archive.near_duplicates import NearDuplicate, duplicates_of
from archive.records import Attachment, Block, Image
from archive.revisions import Revision, blocks_of, find_article, revisions_of, tags_of
from archive.search import Results, search
from archive.status import PortalStatus, portal_statuses
from archive.store.parts import files_of


@dataclass(frozen=True, slots=True)
class ArchivedArticle:
    """The current text of an article with where it comes from; field names are those of `articles_flat`.

    `documents` are the normal forms of the legal documents it cites, in the order of the text.
    """

    url: str
    portal: str
    title: str
    lead: str
    text: str
    published_at: str | None
    published_precision: str | None
    updated_at: str | None
    source: str | None
    byline: str | None
    section: str | None
    status: str
    captured_at: str
    warc_file: str
    warc_offset: int
    payload_digest: str
    article_id: int
    source_portal: str | None
    rests_on: str | None
    rests_on_date: str | None
    confidence: float
    fetched_url: str
    portal_name: str
    tags: tuple[str, ...]
    blocks: tuple[Block, ...]
    documents: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    images: tuple[Image, ...]
    origin: Attribution

    def attribution(self, lang: Language = "vi") -> str:
        """Return where it comes from as one text; `archive.attribution` writes `origin` in other formats."""
        return statement(self.origin, lang)


_COLUMNS = (
    "url", "portal", "title", "lead", "text", "published_at", "published_precision", "updated_at", "source",
    "byline", "section", "status", "captured_at", "warc_file", "warc_offset", "payload_digest", "article_id",
    "source_portal", "rests_on", "rests_on_date", "confidence", "fetched_url", "portal_name",
)  # fmt: skip


class Archive:
    """Reads the archive in the folder *path*, also while a crawl writes it; a context manager.

    Raises ArchiveMissing, ArchiveDamaged or ArchiveTooNew when it cannot be opened.
    """

    def __init__(self, path: Path | str = "archive") -> None:
        self.path = Path(path)
        self.db: ArchiveDatabase = open_archive(self.path, write=False)

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def article(self, url: str) -> ArchivedArticle | None:
        """Return the article at *url* (canonical, alias or as fetched), or None.

        Raises ValueError for what is not an http(s) URL.
        """
        article_id = find_article(self.db.conn, url)
        if article_id is None:
            return None
        row = self.db.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM articles_flat WHERE article_id = ?", [article_id]
        ).fetchone()
        if row is None:
            return None  # its capture is gone, which `khocong verify` tells
        tags, revision_id = self.db.execute(
            "SELECT tags, revision_id FROM articles WHERE article_id = ?", [article_id]
        ).fetchone()
        documents = self.db.execute(
            "SELECT d.normal FROM citations c JOIN documents d ON d.document_id = c.document_id"
            " WHERE c.revision_id = ? GROUP BY d.document_id ORDER BY min(c.start_offset)",
            [revision_id],
        ).fetchall()
        attachments, images = files_of(self.db.conn, article_id)
        origin = attribution_of(self.db.conn, article_id)
        if origin is None:
            return None
        return ArchivedArticle(
            **dict(zip(_COLUMNS, row, strict=True)),
            tags=tags_of(tags),
            blocks=blocks_of(self.db.conn, revision_id),
            documents=tuple(name for (name,) in documents),
            attachments=attachments,
            images=images,
            origin=origin,
        )

    def files(self, url: str) -> list[AttachedFile]:
        """Return the attached files of the article at *url* with their texts; [] where there is none."""
        article_id = find_article(self.db.conn, url)
        return [] if article_id is None else attached_files(self.db.conn, article_id)

    def duplicates(self, url: str) -> list[NearDuplicate]:
        """Return the articles that carry the same text as the one at *url*, the most alike first."""
        article_id = find_article(self.db.conn, url)
        return [] if article_id is None else duplicates_of(self.db.conn, article_id)

    def revisions(self, url: str) -> list[Revision]:
        """Return every text the article at *url* has had, the oldest first; [] where there is none."""
        article_id = find_article(self.db.conn, url)
        return [] if article_id is None else revisions_of(self.db.conn, article_id)

    def status(self, portal: str | None = None) -> list[PortalStatus]:
        """Return how each portal stands, or the one named; [] where there is none."""
        return portal_statuses(self.db.conn, portal)

    def search(self, text: str, **options: Any) -> Results:
        """Return what *text* finds; *options* are those of `archive.search.search`."""
        return search(self.db, text, **options)
