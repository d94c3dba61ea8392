"""The line of an article's texts: each capture takes its place in it by its time, not by when it came in.

A revision is one text over a stretch of time, and keeps its earliest capture. A capture between the first and
the last sighting of the current text never replaces it: what it shows otherwise is a past revision.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Literal

from archive.records import Article
from archive.store.blocks import encode_blocks
from archive.store.fields import FIELDS, body_json, dump, values_of
from archive.store.parts import Documents, files_of, replace_files, save_citations
from archive.store.removed import pack_removed

Change = Literal["new", "changed", "same"]
Told = tuple[tuple[str, str], ...]  # kind and detail of events

# What another capture of the same text may say that the one it stands under does not.
TOLD_FIELDS = ("published_at", "updated_at", "section", "byline", "source", "rests_on", "rests_on_date")


@dataclass(frozen=True, slots=True)
class Sighting:
    """An article as one capture shows it; `digest` is of its text, `at` the capture's time in UTC."""

    capture_id: int
    at: str
    article: Article
    digest: str


@dataclass(frozen=True, slots=True)
class _Revision:
    revision_id: int
    at: str
    digest: str
    capture_id: int

    @property
    def place(self) -> tuple[str, str]:
        # Of two texts at one moment the order has to be the same whoever comes first.
        return self.at, self.digest


class Timeline:
    """Puts sightings of known articles into their lines, inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, documents: Documents) -> None:
        self._connection = connection
        self._documents = documents

    def place(self, article_id: int, current_id: int, seen: Sighting) -> tuple[Change, Told]:
        """Put *seen* in its place; return what it did to the article, and the events to be written."""
        line = [
            _Revision(*row)
            for row in self._connection.execute(
                "SELECT revision_id, captured_at, text_digest, capture_id FROM revisions"
                " WHERE article_id = ? ORDER BY captured_at, text_digest",
                (article_id,),
            )
        ]
        current = next(one for one in line if one.revision_id == current_id)
        last_at, status = self._connection.execute(
            "SELECT last_captured_at, status FROM articles WHERE article_id = ?", (article_id,)
        ).fetchone()
        here = seen.at, seen.digest
        if seen.digest == current.digest and seen.at >= current.at:
            self._sight(current.revision_id, seen)
            return "same", self._bounds(article_id, seen.at, last_at, status, len(line))
        if seen.digest != current.digest and here > (last_at, current.digest):
            return self._supersede(article_id, current, seen, status)
        self._bounds(article_id, seen.at, last_at, "", len(line))
        before = next((one for one in reversed(line) if one.place <= here), None)
        after = next((one for one in line if one.place > here), None)
        if before is not None and before.digest == seen.digest:
            self._sight(before.revision_id, seen)
            return "same", ()
        if after is not None and after.digest == seen.digest:
            self._move_back(article_id, after, seen, is_current=after.revision_id == current_id)
            return "same", ()
        return self._past(article_id, seen)

    def _bounds(self, article_id: int, at: str, last_at: str, status: str, revisions: int) -> Told:
        """Widen when the article was seen; one that was gone stands again where this is later than that."""
        back = status == "gone" and self._is_back(article_id, at)
        self._connection.execute(
            "UPDATE articles SET first_captured_at = min(first_captured_at, ?),"
            " last_captured_at = max(last_captured_at, ?), status = iif(?, ?, status) WHERE article_id = ?",
            (at, at, back, "changed" if revisions > 1 else "live", article_id),
        )
        return (("comeback", "the article answers again, unchanged"),) if back else ()

    def _is_back(self, article_id: int, at: str) -> bool:
        (missed_at,) = self._connection.execute(
            "SELECT max(fetched_at) FROM urls WHERE article_id = ? AND missing_since IS NOT NULL",
            (article_id,),
        ).fetchone()
        return missed_at is None or at >= str(missed_at)

    def _sight(self, revision_id: int, seen: Sighting) -> None:
        """Remember that a capture shows a revision's text, and what it says beside the text otherwise."""
        known = fields_kept(self._connection, revision_id)
        told = {name: getattr(seen.article, name) for name in TOLD_FIELDS}
        self._note(revision_id, seen.capture_id, {k: v for k, v in told.items() if v and v != known.get(k)})

    def _note(self, revision_id: int, capture_id: int, differs: dict[str, object]) -> None:
        self._connection.execute(
            "INSERT INTO sightings (capture_id, revision_id, differs) VALUES (?, ?, ?)"
            " ON CONFLICT (capture_id) DO NOTHING",
            (capture_id, revision_id, dump(differs)),
        )

    def _supersede(
        self, article_id: int, current: _Revision, seen: Sighting, status: str
    ) -> tuple[Change, Told]:
        connection, article = self._connection, seen.article
        row = connection.execute(
            f"SELECT {', '.join(FIELDS)} FROM articles WHERE article_id = ?", (article_id,)
        ).fetchone()
        body = body_json(dict(zip(FIELDS, row, strict=True)), *files_of(connection, article_id))
        connection.execute("UPDATE revisions SET body = ? WHERE revision_id = ?", (body, current.revision_id))
        number = self._next_number(article_id)
        revision_id = insert_revision(
            connection, article_id, number, seen.capture_id, seen.at, article, seen.digest
        )
        back = status == "gone" and self._is_back(article_id, seen.at)
        connection.execute(
            f"UPDATE articles SET {' = ?, '.join(FIELDS)} = ?, text_digest = ?, revision_id = ?,"
            " status = ?, content_id = coalesce(content_id, ?),"
            " last_captured_at = max(last_captured_at, ?) WHERE article_id = ?",
            (
                *values_of(article), seen.digest, revision_id,
                "gone" if status == "gone" and not back else "changed", article.content_id, seen.at,
                article_id,
            ),
        )  # fmt: skip
        save_citations(connection, self._documents, revision_id, article)
        replace_files(connection, article_id, article, known=True)
        events: Told = (("edit", f"revision {number}"),)
        return "changed", (
            (*events, ("comeback", "the article answers again, with another text")) if back else events
        )

    def _past(self, article_id: int, seen: Sighting) -> tuple[Change, Told]:
        """Keep a text that an older capture shows: it joins the line and never replaces the current one."""
        fields = dict(zip(FIELDS, values_of(seen.article), strict=True))
        body = body_json(fields, seen.article.attachments, seen.article.images)
        number = self._next_number(article_id)
        revision_id = insert_revision(
            self._connection, article_id, number, seen.capture_id, seen.at, seen.article, seen.digest, body
        )
        save_citations(self._connection, self._documents, revision_id, seen.article)
        return "changed", (("edit", f"revision {number}, from an older capture"),)

    def _move_back(self, article_id: int, after: _Revision, seen: Sighting, *, is_current: bool) -> None:
        """Let a revision begin at an earlier capture of its text: it says what that capture says (I4)."""
        connection, article = self._connection, seen.article
        before = fields_kept(connection, after.revision_id)
        if is_current:
            connection.execute(
                f"UPDATE articles SET {' = ?, '.join(FIELDS)} = ? WHERE article_id = ?",
                (*values_of(article), article_id),
            )
            replace_files(connection, article_id, article, known=True)
        body = body_json(
            dict(zip(FIELDS, values_of(article), strict=True)), article.attachments, article.images
        )
        connection.execute(
            "UPDATE revisions SET capture_id = ?, captured_at = ?, extractor = ?, method = ?, reading = ?,"
            " body = ?, blocks = ?, removed = ?, notes = ? WHERE revision_id = ?",
            (
                seen.capture_id, seen.at, article.extractor, article.method, article.reading,
                None if is_current else body, *told_of(connection, article), after.revision_id,
            ),
        )  # fmt: skip
        connection.execute("DELETE FROM citations WHERE revision_id = ?", (after.revision_id,))
        save_citations(connection, self._documents, after.revision_id, article)
        told = {name: before.get(name) for name in TOLD_FIELDS}
        self._note(
            after.revision_id,
            after.capture_id,
            {name: value for name, value in told.items() if value and value != getattr(article, name)},
        )

    def _next_number(self, article_id: int) -> int:
        (number,) = self._connection.execute(
            "SELECT max(number) + 1 FROM revisions WHERE article_id = ?", (article_id,)
        ).fetchone()
        return int(number)


def fields_kept(connection: sqlite3.Connection, revision_id: int) -> dict[str, object]:
    """Return the fields of a revision as the tables keep them: its own, or its article's while current."""
    article_id, body = connection.execute(
        "SELECT article_id, body FROM revisions WHERE revision_id = ?", (revision_id,)
    ).fetchone()
    if body is not None:
        kept: dict[str, object] = json.loads(body)
        return kept
    row = connection.execute(
        f"SELECT {', '.join(FIELDS)} FROM articles WHERE article_id = ?", (article_id,)
    ).fetchone()
    return dict(zip(FIELDS, row, strict=True))


def told_of(connection: sqlite3.Connection, article: Article) -> tuple[str, str, str]:
    """Return blocks, removed and notes of an article as a revision keeps them."""
    blocks = encode_blocks(article.blocks, article.text)
    return blocks, pack_removed(connection, article.removed), dump(article.notes)


def insert_revision(
    connection: sqlite3.Connection,
    article_id: int,
    number: int,
    capture_id: int,
    captured_at: str,
    article: Article,
    digest: str,
    body: str | None = None,
) -> int:
    """Write a revision and return its id; *body* is None for the one that is current."""
    cursor = connection.execute(
        "INSERT INTO revisions (article_id, number, capture_id, captured_at, text_digest, extractor,"
        " method, reading, body, blocks, removed, notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            article_id, number, capture_id, captured_at, digest, article.extractor, article.method,
            article.reading, body, *told_of(connection, article),
        ),
    )  # fmt: skip
    return int(cursor.lastrowid or 0)
