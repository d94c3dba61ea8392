"""Which article a page is: a new one, or a known one met again (`archive.store.timeline`: how it stands)."""

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from archive.digests import text_digest
from archive.records import Article
from archive.store.fields import FIELDS, values_of
from archive.store.parts import Documents, replace_files, save_citations
from archive.store.timeline import Change, Sighting, Timeline, insert_revision
from archive.urls import urlkey

# Below this many characters two notices of one day may be word for word the same and still be two
# ("Xem tệp đính kèm."): where the CMS counts them as two, so do we.
_TELLING_LENGTH = 200

_FOUND = "SELECT a.article_id, a.content_id, a.title, a.text_digest, a.revision_id FROM articles a "
_INSERT = (
    f"INSERT INTO articles (article_id, portal_key, content_id, url, urlkey, {', '.join(FIELDS)},"
    " text_digest, revision_id, first_captured_at, last_captured_at)"
    f" VALUES (?, ?, ?, ?, ?, {', '.join('?' * len(FIELDS))}, ?, ?, ?, ?)"
)


Unfed: TypeAlias = tuple[list[tuple[int, Article]], int]


class Feeding(Protocol):
    """Indexes new articles in groups, in place of the triggers (`archive.search.feeding`)."""

    def resting(self, connection: sqlite3.Connection) -> AbstractContextManager[None]: ...
    def feed(self, connection: sqlite3.Connection, articles: Sequence[tuple[int, Article]]) -> None: ...


@dataclass(frozen=True, slots=True)
class Known:
    """The article a page belongs to, as it stands."""

    article_id: int
    content_id: str | None
    title: str
    text_digest: str
    revision_id: int
    moved: bool = False  # met by its text alone, under a URL that is new


@dataclass(frozen=True, slots=True)
class Standing:
    """The current revision of an article as it was read: what a new capture of it will be compared with."""

    revision_id: int
    text_digest: str
    extractor: str
    reading: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of the article. `events` are (kind, detail) pairs still to be written."""

    article_id: int
    change: Change
    events: tuple[tuple[str, str], ...] = ()


class Articles:
    """Writes `articles`, `revisions`, `aliases` and what hangs on them, inside the caller's transaction.

    With *feeding* new articles wait for `feed` to be found by a search: the caller's last step. Whoever rolls
    back to a savepoint gives `restore` what `unfed` was there.
    """

    def __init__(self, connection: sqlite3.Connection, feeding: Feeding | None = None) -> None:
        self._connection = connection
        self._feeding = feeding
        self._unfed: list[tuple[int, Article]] = []
        self.documents = Documents(connection)
        self._timeline = Timeline(connection, self.documents)

    @property
    def unfed(self) -> Unfed:
        """What waits for `feed`, to come back to."""
        return self._unfed, len(self._unfed)

    def restore(self, unfed: Unfed) -> None:
        """Let that wait for `feed` which waited then."""
        waiting, size = unfed
        self._unfed = waiting[:size]

    def forget(self) -> None:
        """Drop what is remembered, after a rollback of all."""
        self._unfed = []
        self.documents.forget()

    def feed(self) -> None:
        """Index what was inserted; also before an article or its files change: what goes out must be in."""
        if self._feeding and self._unfed:
            # Another list: `restore` may come back to this one.
            waiting, self._unfed = self._unfed, []
            self._feeding.feed(self._connection, waiting)

    def save(self, portal_key: str, capture_id: int, captured_at: str, article: Article) -> Saved:
        """Store *article* as read from the capture; twice the same text makes no second revision."""
        digest = article.text_digest or text_digest(article.title, article.lead, article.text)
        key = urlkey(article.canonical_url)
        known = self._find(portal_key, key, article, digest)
        if known is not None and self._is_another(known, article, digest):
            # Two ids of the CMS and two texts at one canonical URL are two articles, whatever the URL says.
            key = f"{key}#{article.content_id}"
            known = self._find(portal_key, key, article, digest)
        if known is None:
            return Saved(self._insert(portal_key, key, capture_id, captured_at, article, digest), "new")
        self.feed()
        events = self._note_alias(portal_key, key, known, article, captured_at)
        sighting = Sighting(capture_id, captured_at, article, digest)
        change, more = self._timeline.place(known.article_id, known.revision_id, sighting)
        return Saved(known.article_id, change, events + more)

    def standing(self, portal_key: str, article: Article) -> Standing | None:
        """Return how the article that *article* is another capture of stands, or None where it is new."""
        digest = article.text_digest or text_digest(article.title, article.lead, article.text)
        known = self._find(portal_key, urlkey(article.canonical_url), article, digest)
        if known is None:
            return None
        row = self._connection.execute(
            "SELECT extractor, reading FROM revisions WHERE revision_id = ?", (known.revision_id,)
        ).fetchone()
        return Standing(known.revision_id, known.text_digest, *row)

    def _find(self, portal_key: str, key: str, article: Article, digest: str) -> Known | None:
        if article.content_id is not None:
            row = self._row("WHERE a.portal_key = ? AND a.content_id = ?", portal_key, article.content_id)
            if row:
                return Known(*row)
        row = self._row("WHERE a.portal_key = ? AND a.urlkey = ?", portal_key, key) or self._row(
            "JOIN aliases s ON s.article_id = a.article_id WHERE s.portal_key = ? AND s.urlkey = ?",
            portal_key,
            key,
        )
        if row:
            return Known(*row)
        row = self._row(
            "WHERE a.text_digest = ? AND a.portal_key = ? AND a.title = ? AND a.published_at IS ?",
            digest, portal_key, article.title, article.published_at,
        )  # fmt: skip
        if not row:
            return None
        found = Known(*row, moved=True)
        two_ids = found.content_id is not None and article.content_id not in (None, found.content_id)
        return None if two_ids and len(article.text) < _TELLING_LENGTH else found

    def _row(self, where: str, *values: object) -> tuple[int, str | None, str, str, int] | None:
        # The plus keeps the planner on the index of *where*: by the order alone it would walk all articles.
        row: tuple[int, str | None, str, str, int] | None
        row = self._connection.execute(f"{_FOUND}{where} ORDER BY +a.article_id LIMIT 1", values).fetchone()
        return row

    @staticmethod
    def _is_another(known: Known, article: Article, digest: str) -> bool:
        ids_differ = known.content_id is not None and article.content_id not in (None, known.content_id)
        return ids_differ and not known.moved and known.title != article.title and known.text_digest != digest

    def _insert(
        self, portal_key: str, key: str, capture_id: int, captured_at: str, article: Article, digest: str
    ) -> int:
        # The id is taken beforehand (there is one writer), so that article and revision, which point at each
        # other, are written once each and the search indexes are fed once.
        article_id = 1 + int(
            self._connection.execute("SELECT coalesce(max(article_id), 0) FROM articles").fetchone()[0]
        )
        revision_id = insert_revision(
            self._connection, article_id, 1, capture_id, captured_at, article, digest
        )
        with self._feeding.resting(self._connection) if self._feeding else nullcontext():
            self._connection.execute(
                _INSERT,
                (article_id, portal_key, article.content_id, article.canonical_url, key, *values_of(article),
                 digest, revision_id, captured_at, captured_at),
            )  # fmt: skip
        if self._feeding:
            self._unfed.append((article_id, article))
        save_citations(self._connection, self.documents, revision_id, article)
        replace_files(self._connection, article_id, article, known=False, before_tie=self.feed)
        return article_id

    def _note_alias(
        self, portal_key: str, key: str, known: Known, article: Article, captured_at: str
    ) -> tuple[tuple[str, str], ...]:
        """Remember a second canonical URL of an article; the first time is an event."""
        cursor = self._connection.execute(
            "INSERT INTO aliases (portal_key, urlkey, url, article_id, found_at) SELECT ?, ?, ?, ?, ?"
            " WHERE NOT EXISTS (SELECT 1 FROM articles WHERE portal_key = ? AND urlkey = ?)"
            " ON CONFLICT (portal_key, urlkey) DO NOTHING",
            (portal_key, key, article.canonical_url, known.article_id, captured_at, portal_key, key),
        )
        return (
            (("moved", f"the same article also stands at {article.canonical_url}"),)
            if cursor.rowcount > 0
            else ()
        )
