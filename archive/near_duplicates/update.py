"""Compares what is new with what shares a key with it; an article's cost does not grow with the archive."""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import inf

from archive.database import ArchiveDatabase
from archive.ledger import utc_now
from archive.near_duplicates.likeness import (
    LEAST_LIKE,
    LEAST_WORDS,
    Prepared,
    is_same_form,
    prepare,
    similarity,
)
from archive.near_duplicates.signatures import METHOD, estimate, keys_of, sign_text

_BATCH = 500
# A form of ten thousand weekly schedules fills its buckets: the newest stand for the rest.
_MOST_A_KEY = 30
_MOST_COMPARED = 25
# Below this estimate of a signature no pair is compared: one of .6 has less in one case of ten thousand.
_LEAST_ESTIMATE = 0.4
# An article of 400 words, ready to be compared, takes some 60 kB.
_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did: articles signed anew, and pairs found among them and all others."""

    articles: int
    pairs: int


def update(
    db: ArchiveDatabase,
    *,
    limit: int | None = None,
    time_s: float = inf,
    on_progress: Callable[[int], None] | None = None,
    signed: Mapping[str, bytes] | None = None,
) -> Updated:
    """Sign and compare what is new or changed since the last update: *limit* articles, *time_s* at most.

    *signed* has signatures that were made already (`sign_text`), by text digest. *db* may write. In groups,
    each in one transaction: an update that is stopped goes on where it was.
    """
    _check_method(db)
    articles = pairs = 0
    end = time.monotonic() + time_s
    while limit is None or articles < limit:
        size = _BATCH if limit is None else min(_BATCH, limit - articles)
        with db.transaction() as connection:
            batch = _next(connection, size)
            pairs += sum(_Comparing(connection, signed or {}).take(*row) for row in batch)
        articles += len(batch)
        if on_progress:
            on_progress(articles)
        if len(batch) < size or time.monotonic() > end:
            break
    return Updated(articles, pairs)


def waiting(connection: sqlite3.Connection) -> int:
    """Return how many articles wait to be compared."""
    return int(connection.execute("SELECT count(*) FROM unsigned_articles").fetchone()[0])


def _check_method(db: ArchiveDatabase) -> None:
    with db.transaction() as connection:
        known = connection.execute("SELECT method FROM signature_method").fetchone()
        if known == (METHOD,):
            return
        for table in ("signature_bands", "signatures", "near_duplicates", "signature_method"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("INSERT OR IGNORE INTO unsigned_articles SELECT article_id FROM articles")
        connection.execute("INSERT INTO signature_method VALUES (?)", (METHOD,))


def _next(connection: sqlite3.Connection, size: int) -> list[tuple[int, str, str, str, str]]:
    rows: list[tuple[int, str, str, str, str]] = connection.execute(
        "SELECT a.article_id, a.text_digest, a.title, a.lead, a.text FROM unsigned_articles u"
        " JOIN articles a USING (article_id) ORDER BY u.article_id LIMIT ?",
        (size,),
    ).fetchall()
    return rows


@lru_cache(maxsize=_REMEMBERED)
def _prepared(title: str, lead: str, text: str) -> Prepared:
    # Copies are compared with one another again and again while a portal is read.
    return prepare(title, lead, text)


class _Comparing:
    def __init__(self, connection: sqlite3.Connection, signed: Mapping[str, bytes]) -> None:
        self._connection = connection
        self._signed = signed

    def take(self, article_id: int, digest: str, title: str, lead: str, text: str) -> int:
        """Sign one article and link it; return how many pairs it makes."""
        self._forget(article_id)
        mine = self._signed.get(digest)
        if mine is None:
            mine = sign_text(title, lead, text)
        found = list(self._alike(article_id, mine, (title, lead, text)))
        now = utc_now()
        execute = self._connection.executemany
        execute(
            "INSERT INTO near_duplicates (article_id, other_id, similarity, found_at) VALUES (?, ?, ?, ?)",
            [(min(article_id, other), max(article_id, other), round(like, 4), now) for other, like in found],
        )
        if mine:
            execute(
                "INSERT OR IGNORE INTO signature_bands (key, article_id) VALUES (?, ?)",
                [(key, article_id) for key in keys_of(mine)],
            )
            self._connection.execute(
                "INSERT OR REPLACE INTO signatures (article_id, keys) VALUES (?, ?)", (article_id, mine)
            )
        self._connection.execute("DELETE FROM unsigned_articles WHERE article_id = ?", (article_id,))
        return len(found)

    def _forget(self, article_id: int) -> None:
        row = self._connection.execute(
            "SELECT keys FROM signatures WHERE article_id = ?", (article_id,)
        ).fetchone()
        if row is None:
            return
        self._connection.executemany(
            "DELETE FROM signature_bands WHERE key = ? AND article_id = ?",
            [(key, article_id) for key in keys_of(row[0])],
        )
        for sql in (
            "DELETE FROM signatures WHERE article_id = ?",
            "DELETE FROM near_duplicates WHERE article_id = ?",
            "DELETE FROM near_duplicates WHERE other_id = ?",
        ):
            self._connection.execute(sql, (article_id,))

    def _alike(
        self, article_id: int, mine: bytes, texts: tuple[str, str, str]
    ) -> Iterator[tuple[int, float]]:
        """Yield (article, similarity) for what shares most keys with this one and is the same text."""
        shared: Counter[int] = Counter()
        for key in keys_of(mine):
            shared.update(
                other
                for (other,) in self._connection.execute(
                    "SELECT article_id FROM signature_bands WHERE key = ? ORDER BY article_id DESC LIMIT ?",
                    (key, _MOST_A_KEY),
                )
            )
        for other, _ in shared.most_common(_MOST_COMPARED):
            if not self._may_be_alike(other, mine):
                continue
            row = self._connection.execute(
                "SELECT title, lead, text FROM articles WHERE article_id = ? AND article_id <> ?",
                (other, article_id),
            ).fetchone()
            if row is None:
                continue
            this, theirs = _prepared(*texts), _prepared(*row)
            like = similarity(this, theirs)
            if like >= LEAST_LIKE and theirs.words >= LEAST_WORDS and not is_same_form(this, theirs):
                yield other, like

    def _may_be_alike(self, other: int, mine: bytes) -> bool:
        row = self._connection.execute(
            "SELECT keys FROM signatures WHERE article_id = ?", (other,)
        ).fetchone()
        return row is not None and estimate(mine, row[0]) >= _LEAST_ESTIMATE
