"""The common words of the indexes as bits: chosen, written and brought up to date, and read by searches.

Derived from the indexes and nothing else: what is missing or behind makes a search slower, never wrong.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from archive.schema.m0019_headings import INDEXES, feed_sql
from archive.search import bits as bits_
from archive.search.plan import phrase
from archive.search.words import exact
from archive.vietnamese.fold import fold

# Below this FTS5 goes through any list in a millisecond or two.
LEAST_ARTICLES: Final = 20_000
# A word that so large a share of the articles has is a common one: some 900 without marks, 1,000 with them.
# Together they take .08 byte per byte of text at a million articles; with 2 % it would be twice that.
SHARE: Final = 0.05
# So far a search bridges what the bits do not know; past it they are brought up to date, or left aside.
MOST_STALE: Final = 200
MOST_BEHIND: Final = 20_000
# From here on a run brings them up to date at its end.
_STALE_DUE, _BEHIND_DUE = 50, 5_000
# New words are chosen when the archive has grown so many times over.
_GROWN = 2
_TABLES: Final = (("articles_folded", 0), ("articles_exact", 1))


@dataclass(frozen=True, slots=True)
class Known:
    """How far the bits reach: articles up to *horizon*, but for those in *stale*; *newest* is the last id."""

    horizon: int
    stale: tuple[int, ...]
    newest: int


def known(conn: sqlite3.Connection) -> Known | None:
    """Return how far the bits reach, None where there are none or they are too far behind to be of use."""
    row = conn.execute(
        "SELECT horizon, (SELECT coalesce(max(article_id), 0) FROM articles) FROM search_common_state"
    ).fetchone()
    if row is None or row[1] - row[0] > MOST_BEHIND:
        return None
    stale = conn.execute("SELECT article_id FROM search_common_stale LIMIT ?", (MOST_STALE + 1,)).fetchall()
    if len(stale) > MOST_STALE:
        return None
    return Known(row[0], tuple(one for (one,) in stale), max(row))


def having(conn: sqlite3.Connection, word: str, is_exact: bool) -> int | None:
    """Return the articles with a common word up to the horizon; None for a word that is not common."""
    row = conn.execute(
        "SELECT bits FROM search_common WHERE word = ? AND is_exact = ?", (word, int(is_exact))
    ).fetchone()
    return bits_.of_blob(row[0]) if row is not None else None


def how_many(conn: sqlite3.Connection, word: str, is_exact: bool) -> int | None:
    """Return how many articles have a common word as typed, about; None for a word that is not common."""
    row = conn.execute(
        "SELECT articles FROM search_common WHERE word = ? AND is_exact = ?",
        (exact(word) if is_exact else fold(word), int(is_exact)),
    ).fetchone()
    return int(row[0]) if row is not None else None


def refresh(db: Any, *, anew: bool = False) -> bool:
    """Bring the bits up to date where that is due, in one transaction; say whether anything was done.

    *anew*: choose the words again, whatever is there. *db* is a connection that may write, outside of a
    transaction.
    """
    conn: sqlite3.Connection = getattr(db, "conn", db)
    conn.execute("BEGIN IMMEDIATE")
    try:
        done = refresh_within(conn, anew=anew)
        conn.execute("COMMIT")
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    return done


def refresh_within(conn: sqlite3.Connection, *, anew: bool = False) -> bool:
    """Do what `refresh` does within the caller's transaction."""
    articles, newest = _size(conn)
    state = conn.execute("SELECT horizon, words_chosen_at FROM search_common_state").fetchone()
    if articles < LEAST_ARTICLES:
        if state is not None:
            forget(conn)
        return state is not None
    if anew or state is None or articles >= _GROWN * state[1]:
        forget(conn)
        for table, _ in _TABLES:
            choose(conn, table)
        note(conn)
        return True
    (stale,) = conn.execute("SELECT count(*) FROM search_common_stale").fetchone()
    if stale < _STALE_DUE and newest - state[0] < _BEHIND_DUE:
        return False
    for table, is_exact in _TABLES:
        _extend(conn, table, is_exact, state[0], newest)
    conn.execute("DELETE FROM search_common_stale")
    conn.execute("UPDATE search_common_state SET horizon = ?", (newest,))
    return True


def forget(conn: sqlite3.Connection) -> None:
    """Take all bits away: searches do without them until `note`."""
    for table in ("search_common", "search_common_state", "search_common_stale"):
        conn.execute(f"DELETE FROM {table}")


def note(conn: sqlite3.Connection) -> None:
    """Say that the bits of both indexes, as `choose` wrote them, stand for the articles there are now."""
    articles, newest = _size(conn)
    if articles >= LEAST_ARTICLES:
        conn.execute("INSERT INTO search_common_state VALUES (1, ?, ?)", (newest, articles))


def _size(conn: sqlite3.Connection) -> tuple[int, int]:
    articles, newest = conn.execute("SELECT count(*), coalesce(max(article_id), 0) FROM articles").fetchone()
    return articles, newest


def choose(conn: sqlite3.Connection, table: str) -> None:
    """Write the bits of the common words of an index; best right after it was filled, from memory."""
    is_exact = dict(_TABLES).get(table)
    articles, newest = _size(conn)
    if is_exact is None or articles < LEAST_ARTICLES:
        return
    conn.execute(f"CREATE VIRTUAL TABLE temp.common_words USING fts5vocab('main', '{table}', 'row')")
    try:
        words = conn.execute(
            "SELECT term FROM temp.common_words WHERE doc >= ? ORDER BY term", (SHARE * articles,)
        ).fetchall()
    finally:
        conn.execute("DROP TABLE temp.common_words")
    conn.executemany(
        "INSERT INTO search_common (word, is_exact, articles, bits) VALUES (?, ?, ?, ?)",
        (
            (word, is_exact, len(ids), _packed(ids, newest))
            for (word,) in words
            for ids in (_ids(conn, f"main.{table}", table, word),)
        ),
    )


def _extend(conn: sqlite3.Connection, table: str, is_exact: int, horizon: int, newest: int) -> None:
    """Add what came after *horizon*, and read anew what was changed since."""
    stale = bits_.of_ids(
        (one for (one,) in conn.execute("SELECT article_id FROM search_common_stale")), newest
    )
    _shadow(conn, table)
    try:
        rows = conn.execute("SELECT word, bits FROM search_common WHERE is_exact = ?", (is_exact,)).fetchall()
        for word, blob in rows:
            newer = _ids(conn, f"main.{table}", table, word, horizon)
            again = _ids(conn, "temp.common_shadow", "common_shadow", word)
            bits = bits_.of_blob(blob) & ~stale | bits_.of_ids([*newer, *again], newest)
            conn.execute(
                "UPDATE search_common SET articles = ?, bits = ? WHERE word = ? AND is_exact = ?",
                (bits.bit_count(), bits_.as_blob(bits), word, is_exact),
            )
    finally:
        conn.execute("DROP TABLE temp.common_shadow")


def _shadow(conn: sqlite3.Connection, table: str) -> None:
    """Make temp.common_shadow: the index of the changed articles alone.

    To ask the index itself for some rows costs a walk for each row and word: minutes.
    """
    columns = ", ".join(INDEXES[table])
    marks = "0" if table == "articles_exact" else "2"
    conn.execute(
        f"CREATE VIRTUAL TABLE temp.common_shadow USING fts5({columns}, content='', "
        f'tokenize="unicode61 remove_diacritics {marks}")'
    )
    feed = feed_sql(table, "articles", "FROM articles WHERE article_id IN search_common_stale")
    conn.execute(f"INSERT INTO temp.common_shadow(rowid, {columns}) {feed}")


def _ids(conn: sqlite3.Connection, place: str, name: str, word: str, above: int = 0) -> list[int]:
    """Return the articles above *above* that have a word.

    As one text of numbers: to fetch a row for each of them takes twice as long, minutes in all.
    """
    (found,) = conn.execute(
        f"SELECT group_concat(rowid, ',') FROM {place} WHERE {name} MATCH ? AND rowid > ?",
        (phrase([word]), above),
    ).fetchone()
    ids: list[int] = json.loads(f"[{found or ''}]")
    return ids


def _packed(ids: list[int], highest: int) -> bytes:
    """Return `bits.as_blob` of many *ids*, in a third of the time."""
    flags = bytearray(b"0") * (highest + 1)
    for one in ids:
        flags[highest - one] = 49
    return bits_.as_blob(int(flags, 2))
