"""Many articles at once: the triggers of the indexes rest, and what came is fed to them together.

In the forms that `archive.search.forms` makes, which a test compares word by word with those of the triggers.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from archive.schema.m0005_files import files_sql
from archive.schema.m0014_finding import facets_sql
from archive.search.forms import exact_form, folded_form

# The indexes are asked of the database, so that a migration that makes them otherwise is followed.
_INDEXES = (
    "SELECT name, instr(sql, 'remove_diacritics 0') > 0 FROM main.sqlite_master WHERE type = 'table'"
    " AND sql LIKE 'CREATE VIRTUAL TABLE%content=\"articles_indexed\"%' ORDER BY rowid"
)
_RESTING = ("articles", "attachments", "files", "citations")


@contextmanager
def filling(connection: sqlite3.Connection) -> Iterator[None]:
    """Let the block write articles, attachments, files and citations without feeding the indexes, then feed
    them all articles with ids above those of before. Inside the caller's transaction: a crash leaves nothing.

    Older articles must not be changed in the block, nor their attachments, files and citations.
    """
    connection.create_function("exact_form", 1, exact_form, deterministic=True)
    connection.create_function("folded_form", 1, folded_form, deterministic=True)
    indexes = connection.execute(_INDEXES).fetchall()
    connection.create_function("articles_headings_form", 1, folded_form, deterministic=True)
    (before,) = connection.execute("SELECT coalesce(max(article_id), 0) FROM main.articles").fetchone()
    fed = " OR ".join(f"name GLOB '{name}_*'" for name in (*(name for name, _ in indexes), "search_facets"))
    resting = connection.execute(
        f"SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger' AND tbl_name IN {_RESTING}"
        f" AND ({fed}) ORDER BY rowid"
    ).fetchall()
    for name, _ in resting:
        connection.execute(f'DROP TRIGGER main."{name}"')
    yield
    behind = f"FROM articles WHERE article_id > {int(before)}"
    for table, is_exact in indexes:
        columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
        form = "exact_form" if is_exact else "folded_form"
        formed = ", ".join(
            f"{form}({files_sql('articles') if name == 'files' else name})" for name in columns
        )
        connection.execute(
            f"INSERT INTO {table}(rowid, {', '.join(columns)})"
            f" SELECT article_id, {formed} {behind} ORDER BY article_id"
        )
    values = " UNION ".join(
        f"SELECT {name} AS value {behind}" for name in ("portal_key", "section", "source")
    )
    connection.execute(
        f"INSERT INTO search_values (value) SELECT v.value FROM ({values}) AS v"
        " WHERE v.value IS NOT NULL AND NOT EXISTS (SELECT 1 FROM search_values AS k WHERE k.value = v.value)"
    )
    connection.execute(
        "INSERT INTO search_facets (article_id, place, kind, documents) "
        + facets_sql("articles", f"{behind} ORDER BY article_id")
    )
    for _, sql in resting:
        connection.execute(sql)
