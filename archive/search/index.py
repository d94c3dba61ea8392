"""The two indexes and the table of facets as a whole: restore them, and say whether they are sound.

Any SQLite client may write articles: triggers keep the indexes. One thing damages them: REPLACE on a
connection with `recursive_triggers` off, which deletes rows without running triggers (UPSERT is safe).
`check` finds such damage and `reindex` repairs it. FTS5's own 'rebuild' must never be used: it reads the
original text, so the index loses its folding.
"""

import sqlite3
from typing import Any

from archive.schema.m0005_files import files_sql
from archive.schema.m0014_finding import FILL, facets_sql
from archive.schema.m0019_headings import INDEXES, feed_sql
from archive.search import common
from archive.search.forms import exact_form, folded_form

# Articles whose words `check` counts again: the newest, where damage is likeliest, and others all over.
SAMPLE = 400
# What FTS5 gathers before it writes a segment: with its own one megabyte every word of a million articles is
# written and merged five times over.
_FILLING_BYTES, _WRITING_BYTES = 64 << 20, 1 << 20


def reindex(db: Any) -> int:
    """Build both indexes anew from the articles and return how many these are.

    Always restores the same index, whatever state the old one was in; one transaction, so readers see
    the old index until the new one is whole. *db* is a connection that may write.
    """
    conn: sqlite3.Connection = getattr(db, "conn", db)
    conn.commit()
    conn.create_function("search_exact_form", 1, exact_form, deterministic=True)
    conn.create_function("search_folded_form", 1, folded_form, deterministic=True)
    conn.execute("BEGIN IMMEDIATE")
    try:
        common.forget(conn)
        for table in INDEXES:
            _fill(conn, table)
            common.choose(conn, table)
        common.note(conn)
        for statement in FILL:
            conn.execute(statement)
        (number,) = conn.execute("SELECT count(*) FROM articles").fetchone()
        conn.execute("COMMIT")
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    return int(number)


def _fill(conn: sqlite3.Connection, table: str) -> None:
    columns = INDEXES[table]
    form = "search_exact_form" if table == "articles_exact" else "search_folded_form"
    formed = ", ".join(f"{form}({files_sql('articles') if name == 'files' else name})" for name in columns)
    conn.execute(f"INSERT INTO {table}({table}) VALUES ('delete-all')")
    conn.execute(f"INSERT INTO {table}({table}, rank) VALUES ('hashsize', {_FILLING_BYTES})")
    conn.execute(
        f"INSERT INTO {table}(rowid, {', '.join(columns)})"
        f" SELECT article_id, {formed} FROM articles ORDER BY article_id"
    )
    # One segment: the same articles give the same bytes, and searches read one tree.
    conn.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")
    conn.execute(f"INSERT INTO {table}({table}, rank) VALUES ('hashsize', {_WRITING_BYTES})")


def check(db: Any, *, deep: bool = False) -> list[str]:
    """Return what is wrong with the indexes, one line each; empty when they are sound.

    Compares the rows, a sample of articles word by word count, and the folding. With *deep* every word
    of every article (as slow as `reindex`) and FTS5's own integrity check, which needs a connection that
    may write. Temporary tables only; the archive is not changed.
    """
    conn: sqlite3.Connection = getattr(db, "conn", db)
    # query_only forbids temporary tables too; what is compared is written nowhere else.
    (query_only,) = conn.execute("PRAGMA query_only").fetchone()
    conn.execute("PRAGMA query_only = OFF")
    problems: list[str] = []
    try:
        for table in INDEXES:
            try:
                problems += _check_rows(conn, table)
                if deep:
                    problems += [] if query_only else _check_structure(conn, table)
                    problems += _check_words(conn, table)
                else:
                    problems += _check_sample(conn, table)
            except sqlite3.DatabaseError as error:
                problems.append(f"{table}: unreadable ({error})")
        problems += _check_facets(conn)
    finally:
        conn.execute(f"PRAGMA query_only = {query_only}")
    unfolded = conn.execute(
        "SELECT count(*) FROM articles_folded WHERE articles_folded MATCH 'đ*'"
    ).fetchone()[0]
    if unfolded:
        problems.append(
            f"articles_folded: {unfolded} articles are indexed with đ, as after an FTS5 'rebuild'"
        )
    return problems


def _check_rows(conn: sqlite3.Connection, table: str) -> list[str]:
    problems = []
    for what, left, right in (
        ("articles are missing", "SELECT article_id FROM articles", f"SELECT id FROM {table}_docsize"),
        (
            "articles do not exist any more",
            f"SELECT id FROM {table}_docsize",
            "SELECT article_id FROM articles",
        ),
    ):
        (number,) = conn.execute(f"SELECT count(*) FROM ({left} EXCEPT {right})").fetchone()
        if number:
            problems.append(f"{table}: {number} {what}")
    return problems


def _check_facets(conn: sqlite3.Connection) -> list[str]:
    """Compare how many rows there are, and the newest of them."""
    newest = f"SELECT article_id FROM search_facets ORDER BY article_id DESC LIMIT {SAMPLE}"
    right = facets_sql("articles", f"FROM articles WHERE article_id IN ({newest})")
    is_there = f"SELECT article_id, place, kind, documents FROM search_facets WHERE article_id IN ({newest})"
    (wrong,) = conn.execute(f"SELECT count(*) FROM ({is_there} EXCEPT {right})").fetchone()
    (missing,) = conn.execute(
        "SELECT (SELECT count(*) FROM articles) - (SELECT count(*) FROM search_facets)"
    ).fetchone()
    problems = [f"search_facets: {wrong} of a sample of rows differ"] if wrong else []
    return problems + ([f"search_facets: {abs(missing)} rows too few or too many"] if missing else [])


def _shadow(conn: sqlite3.Connection, table: str, which: str) -> None:
    """Make temp.shadow: what the index would be for the articles that *which* selects."""
    columns = ", ".join(INDEXES[table])
    marks = "0" if table == "articles_exact" else "2"
    conn.execute("DROP TABLE IF EXISTS temp.shadow")
    conn.execute(
        f"CREATE VIRTUAL TABLE temp.shadow USING fts5({columns}, content='', "
        f'tokenize="unicode61 remove_diacritics {marks}")'
    )
    feed = feed_sql(table, "articles", f"FROM articles WHERE {which} ORDER BY article_id")
    conn.execute(f"INSERT INTO temp.shadow(rowid, {columns}) {feed}")


def _check_sample(conn: sqlite3.Connection, table: str) -> list[str]:
    _shadow(
        conn,
        table,
        f"article_id IN (SELECT article_id FROM articles ORDER BY article_id DESC LIMIT {SAMPLE // 2}) OR "
        f"article_id IN (SELECT article_id FROM articles WHERE article_id % (SELECT max(1, max(article_id) "
        f"/ {SAMPLE // 2}) FROM articles) = 0 LIMIT {SAMPLE // 2})",
    )
    (number,) = conn.execute(
        f"SELECT count(*) FROM temp.shadow_docsize AS s JOIN {table}_docsize AS d USING (id) "
        "WHERE s.sz <> d.sz"
    ).fetchone()
    conn.execute("DROP TABLE temp.shadow")
    return [f"{table}: {number} of a sample of articles changed without the index"] if number else []


def _check_structure(conn: sqlite3.Connection, table: str) -> list[str]:
    try:
        conn.execute(f"INSERT INTO {table}({table}) VALUES ('integrity-check')")
    except sqlite3.OperationalError as error:
        return [] if "readonly" in str(error) else [f"{table}: {error}"]
    except sqlite3.DatabaseError as error:
        return [f"{table}: FTS5 integrity check failed ({error})"]
    return []


def _check_words(conn: sqlite3.Connection, table: str) -> list[str]:
    """Compare the number of articles and places of each word with an index built anew beside it."""
    _shadow(conn, table, "1")
    conn.execute("CREATE VIRTUAL TABLE temp.shadow_words USING fts5vocab('temp', 'shadow', 'row')")
    conn.execute(f"CREATE VIRTUAL TABLE temp.kept_words USING fts5vocab('main', '{table}', 'row')")
    try:
        rows = conn.execute(
            "SELECT term FROM (SELECT term, doc, cnt FROM temp.kept_words "
            "EXCEPT SELECT term, doc, cnt FROM temp.shadow_words) "
            "UNION SELECT term FROM (SELECT term, doc, cnt FROM temp.shadow_words "
            "EXCEPT SELECT term, doc, cnt FROM temp.kept_words) LIMIT 1000"
        ).fetchall()
    finally:
        for name in ("shadow_words", "kept_words", "shadow"):
            conn.execute(f"DROP TABLE temp.{name}")
    shown = ", ".join(row[0] for row in rows[:5])
    return [f"{table}: {len(rows)} words differ from the articles ({shown})"] if rows else []
