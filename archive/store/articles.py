"""Which article a page is, and what its text does to it: new, changed or the same."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from typing import Literal

from archive.digests import text_digest
from archive.records import Article, Attachment, Image
from archive.store.blocks import encode_blocks
from archive.store.parts import Documents, files_of, replace_files, save_citations
from archive.urls import urlkey

Change = Literal["new", "changed", "same"]

# Below this many characters two notices of one day may be word for word the same and still be two
# ("Xem tệp đính kèm."): where the CMS counts them as two, so do we.
_TELLING_LENGTH = 200

# The fields a revision keeps when a later one takes its place in `articles`.
FIELDS = (
    "title", "lead", "text", "published_at", "published_precision", "published_evidence", "updated_at",
    "section", "byline", "source", "source_portal", "rests_on", "rests_on_date", "tags", "confidence",
)  # fmt: skip
_JSON_FIELDS = ("tags",)

_FOUND = "SELECT a.article_id, a.content_id, a.title, a.text_digest, a.revision_id, a.status FROM articles a "


@dataclass(frozen=True, slots=True)
class Known:
    """The article a page belongs to, as it stands."""

    article_id: int
    content_id: str | None
    title: str
    text_digest: str
    revision_id: int
    status: str
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
    """Writes `articles`, `revisions`, `aliases` and what hangs on them, inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.documents = Documents(connection)

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
        events = self._note_alias(portal_key, key, known, article, captured_at)
        if known.text_digest == digest:
            return Saved(known.article_id, "same", events + self._seen_again(known, captured_at))
        change, more = self._change(known, capture_id, captured_at, article, digest)
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

    def _row(self, where: str, *values: object) -> tuple[int, str | None, str, str, int, str] | None:
        # The plus keeps the planner on the index of *where*: by the order alone it would walk all articles.
        row: tuple[int, str | None, str, str, int, str] | None
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
        revision_id = self._insert_revision(article_id, 1, capture_id, captured_at, article, digest)
        names = ", ".join(FIELDS)
        self._connection.execute(
            f"INSERT INTO articles (article_id, portal_key, content_id, url, urlkey, {names}, text_digest,"
            " revision_id, first_captured_at, last_captured_at)"
            f" VALUES (?, ?, ?, ?, ?, {', '.join('?' * len(FIELDS))}, ?, ?, ?, ?)",
            (article_id, portal_key, article.content_id, article.canonical_url, key, *values_of(article),
             digest, revision_id, captured_at, captured_at),
        )  # fmt: skip
        save_citations(self._connection, self.documents, revision_id, article)
        replace_files(self._connection, article_id, article, known=False)
        return article_id

    def _insert_revision(
        self,
        article_id: int,
        number: int,
        capture_id: int,
        captured_at: str,
        article: Article,
        digest: str,
        body: str | None = None,
    ) -> int:
        cursor = self._connection.execute(
            "INSERT INTO revisions (article_id, number, capture_id, captured_at, text_digest, extractor,"
            " method, reading, body, blocks, removed, notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                article_id,
                number,
                capture_id,
                captured_at,
                digest,
                article.extractor,
                article.method,
                article.reading,
                body,
                encode_blocks(article.blocks, article.text),
                dump([asdict(block) for block in article.removed]) if article.removed else "[]",
                dump(article.notes),
            ),
        )
        return int(cursor.lastrowid or 0)

    def _change(
        self, known: Known, capture_id: int, captured_at: str, article: Article, digest: str
    ) -> tuple[Change, tuple[tuple[str, str], ...]]:
        number, last_at = self._connection.execute(
            "SELECT max(number) + 1, (SELECT captured_at FROM revisions WHERE revision_id = ?)"
            " FROM revisions WHERE article_id = ?",
            (known.revision_id, known.article_id),
        ).fetchone()
        if captured_at < last_at:
            return self._add_past(known, number, capture_id, captured_at, article, digest)
        self._supersede(known)
        revision_id = self._insert_revision(
            known.article_id, number, capture_id, captured_at, article, digest
        )
        self._connection.execute(
            f"UPDATE articles SET {' = ?, '.join(FIELDS)} = ?, text_digest = ?, revision_id = ?,"
            " status = 'changed', content_id = coalesce(content_id, ?),"
            " last_captured_at = max(last_captured_at, ?) WHERE article_id = ?",
            (*values_of(article), digest, revision_id, article.content_id, captured_at, known.article_id),
        )
        save_citations(self._connection, self.documents, revision_id, article)
        replace_files(self._connection, known.article_id, article, known=True)
        events = [("edit", f"revision {number}")]
        if known.status == "gone":
            events.append(("comeback", "the article answers again, with another text"))
        return "changed", tuple(events)

    def _add_past(
        self, known: Known, number: int, capture_id: int, captured_at: str, article: Article, digest: str
    ) -> tuple[Change, tuple[tuple[str, str], ...]]:
        """Keep a text that an older capture shows: it joins the line and never replaces the current one."""
        self._connection.execute(
            "UPDATE articles SET first_captured_at = min(first_captured_at, ?) WHERE article_id = ?",
            (captured_at, known.article_id),
        )
        if self._connection.execute(
            "SELECT 1 FROM revisions WHERE article_id = ? AND text_digest = ?", (known.article_id, digest)
        ).fetchone():
            return "same", ()
        fields = dict(zip(FIELDS, values_of(article), strict=True))
        body = body_json(fields, article.attachments, article.images)
        revision_id = self._insert_revision(
            known.article_id, number, capture_id, captured_at, article, digest, body
        )
        save_citations(self._connection, self.documents, revision_id, article)
        return "changed", (("edit", f"revision {number}, from an older capture"),)

    def _supersede(self, known: Known) -> None:
        """Move the fields of the current revision from `articles` into its own row."""
        row = self._connection.execute(
            f"SELECT {', '.join(FIELDS)} FROM articles WHERE article_id = ?", (known.article_id,)
        ).fetchone()
        body = body_json(dict(zip(FIELDS, row, strict=True)), *files_of(self._connection, known.article_id))
        self._connection.execute(
            "UPDATE revisions SET body = ? WHERE revision_id = ?", (body, known.revision_id)
        )

    def _seen_again(self, known: Known, captured_at: str) -> tuple[tuple[str, str], ...]:
        status = known.status
        if status == "gone":
            revisions = self._connection.execute(
                "SELECT count(*) FROM revisions WHERE article_id = ?", (known.article_id,)
            ).fetchone()[0]
            status = "changed" if revisions > 1 else "live"
        self._connection.execute(
            "UPDATE articles SET last_captured_at = max(last_captured_at, ?),"
            " first_captured_at = min(first_captured_at, ?), status = ? WHERE article_id = ?",
            (captured_at, captured_at, status, known.article_id),
        )
        return (("comeback", "the article answers again, unchanged"),) if known.status == "gone" else ()

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


def values_of(article: Article) -> list[object]:
    """Return the fields of an article in the order of FIELDS, as the table keeps them."""
    return [
        dump(getattr(article, name)) if name in _JSON_FIELDS else getattr(article, name) for name in FIELDS
    ]


def body_json(
    fields: dict[str, object], attachments: tuple[Attachment, ...], images: tuple[Image, ...]
) -> str:
    """Return what a revision keeps of its own once it is not the current one."""
    kept = {name: value for name, value in fields.items() if value not in (None, "")}
    kept["tags"] = json.loads(str(fields["tags"]))
    kept["attachments"] = [asdict(file) for file in attachments]
    kept["images"] = [asdict(image) for image in images]
    return dump(kept)


def dump(value: object) -> str:
    """Return JSON as the tables keep it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
