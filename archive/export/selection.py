"""What an export holds: the articles a search finds (or all), in an order that never changes."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.errors import UsageError
from archive.reading import Archive
from archive.records import Json
from archive.search import parse
from archive.search.filters import resolve
from archive.search.results import matching

_BATCH = 200
# One article as a flat row; the names are those of the view `articles_flat`.
COLUMNS = (
    "article_id", "url", "portal", "portal_name", "title", "lead", "text", "published_at",
    "published_precision", "updated_at", "section", "byline", "source", "source_portal", "rests_on",
    "rests_on_date", "tags", "status", "confidence", "captured_at", "fetched_url", "warc_file", "warc_offset",
    "warc_length", "payload_digest",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """Articles of one archive, by canonical URL within portal. `query` is "" where all are meant."""

    archive: Archive
    query: str
    ids: Sequence[int]

    @property
    def folder(self) -> Path:
        """The archive's folder."""
        return self.archive.path

    @property
    def connection(self) -> sqlite3.Connection:
        """The archive's database, opened for reading."""
        connection: sqlite3.Connection = self.archive.db.conn
        return connection

    def rows(self) -> Iterator[Json]:
        """Yield one dict an article, in order, with its blocks left out."""
        for batch in self.batches():
            found = self.connection.execute(
                f"SELECT {', '.join(COLUMNS)} FROM articles_flat"
                f" WHERE article_id IN ({', '.join('?' * len(batch))})",
                batch,
            )
            by_id = {row[0]: dict(zip(COLUMNS, row, strict=True)) for row in found}
            for article_id in batch:
                row = by_id.get(article_id)
                if row is None:
                    continue  # its capture is gone, which `khocong verify` tells: the others are exported
                row["tags"] = json.loads(row["tags"])
                yield row

    def batches(self) -> Iterator[list[int]]:
        """Yield the ids some hundred at a time."""
        for start in range(0, len(self.ids), _BATCH):
            yield list(self.ids[start : start + _BATCH])

    def latest(self) -> str:
        """Return when the newest capture of the selection was made (ISO): an export's own date."""
        latest = ""
        for batch in self.batches():
            (at,) = self.connection.execute(
                f"SELECT max(last_captured_at) FROM articles WHERE article_id IN ({_marks(batch)})", batch
            ).fetchone()
            latest = max(latest, at or "")
        return latest

    def captures(self) -> Iterator[dict[str, Any]]:
        """Yield the captures behind the articles, all revisions of them, by file and offset; each once."""
        seen: set[int] = set()
        found: list[dict[str, Any]] = []
        names = ("capture_id", "url", "captured_at", "status", "mime", "payload_digest", "warc_file",
                 "warc_offset", "warc_length", "record_id", "revisit_of", "size_bytes")  # fmt: skip
        fields = ", ".join(f"c.{name}" for name in names)
        for batch in self.batches():
            for row in self.connection.execute(
                f"SELECT {fields} FROM captures c WHERE c.url_id IN (SELECT k.url_id FROM revisions r"
                f" JOIN captures k ON k.capture_id = r.capture_id WHERE r.article_id IN ({_marks(batch)}))",
                batch,
            ):
                if row[0] not in seen:
                    seen.add(row[0])
                    found.append(dict(zip(names, row, strict=True)))
        yield from sorted(found, key=lambda row: (row["warc_file"], row["warc_offset"]))


def select(archive: Archive, query: str = "") -> Selection:
    """Return the articles *query* finds, in the language of the search; all where it is empty.

    Raises UsageError where a part of the query cannot be understood: an export of something else than was
    asked for is worse than none.
    """
    parsed = parse(query)
    notes = [*parsed.notes, *resolve(archive.db.conn, parsed.filters)[1]]
    if notes:
        raise UsageError(f"the query was not understood: {'; '.join(notes)}")
    order = "SELECT article_id FROM articles WHERE article_id IN (SELECT rowid FROM found)"
    if not query.strip():
        rows = archive.db.conn.execute("SELECT article_id FROM articles ORDER BY portal_key, urlkey")
    else:
        source, params = matching(archive.db, parsed).source()
        rows = archive.db.conn.execute(
            f"WITH found(rowid) AS (SELECT {_rowid(source)} {source}) {order} ORDER BY portal_key, urlkey",
            params,
        )
    return Selection(archive, query.strip(), [row[0] for row in rows])


def _rowid(source: str) -> str:
    return "m.rowid" if " AS m" in source else "a.article_id"


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
