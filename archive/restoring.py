"""Rows that are missing, brought back from the database of a second copy of the same archive."""

import sqlite3
from pathlib import Path

from archive.counting import Counted, miscounted
from archive.database import DATABASE_NAME, ArchiveDatabase
from archive.schema.m0018_row_counts import COUNTED

# A row number that stands for something else there: then it is no copy of this archive.
_ALIKE = (
    ("captures", "capture_id", "record_id"),
    ("articles", "article_id", "urlkey"),
    ("urls", "url_id", "urlkey"),
)


def bring_rows(db: ArchiveDatabase, copy: Path) -> list[str]:
    """Put back the rows that `miscounted` misses and *copy* has; return what was done, in words.

    *db* may write. Of each table only where the copy has as many rows that are not here as are missed: where
    it has more, some were taken out since it was made, and which is not known. Nothing is done where *copy*
    is no copy of this archive, or of another version; twice is once.
    """
    short = {one.table: one for one in miscounted(db.conn) if one.rows < one.expected}
    if not short or not (copy / DATABASE_NAME).is_file():
        return []
    connection = db.conn
    try:
        connection.execute(
            "ATTACH DATABASE ? AS copy", (f"{(copy / DATABASE_NAME).resolve().as_uri()}?mode=ro",)
        )
    except sqlite3.Error:
        return []
    # Rows come back table by table: in between, some point at what comes later.
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        with db.transaction():
            if not _is_copy(connection):
                return []
            done = [
                line for table in COUNTED if table in short and (line := _bring(connection, short[table]))
            ]
            if "articles" in short:
                connection.execute(
                    "UPDATE main.urls SET article_id = c.article_id FROM copy.urls AS c"
                    " WHERE c.url_id = main.urls.url_id AND main.urls.article_id IS NULL"
                    " AND main.urls.fetched_at IS c.fetched_at AND c.article_id IS NOT NULL"
                )
            return [f"{line} from {copy}" for line in done]
    except sqlite3.DatabaseError:
        return []  # the copy is damaged, or ours is: its rows are made anew from the WARC files
    finally:
        connection.execute("DETACH DATABASE copy")
        connection.execute("PRAGMA foreign_keys = ON")


def _is_copy(connection: sqlite3.Connection) -> bool:
    for table in COUNTED:
        told = [
            connection.execute(f"PRAGMA {where}.table_info({table})").fetchall() for where in ("main", "copy")
        ]
        if told[0] != told[1]:
            return False
    return not any(
        connection.execute(
            f"SELECT EXISTS (SELECT 1 FROM main.{table} AS m JOIN copy.{table} AS c USING ({key})"
            f" WHERE m.{name} <> c.{name})"
        ).fetchone()[0]
        for table, key, name in _ALIKE
    )


def _bring(connection: sqlite3.Connection, short: Counted) -> str:
    table = short.table
    columns = connection.execute(f"PRAGMA main.table_info({table})").fetchall()
    keys = [row[1] for row in sorted(columns, key=lambda row: row[5]) if row[5]]
    same = " AND ".join(f"m.{key} = c.{key}" for key in keys)
    absent = f"FROM copy.{table} AS c WHERE NOT EXISTS (SELECT 1 FROM main.{table} AS m WHERE {same})"
    (count,) = connection.execute(f"SELECT count(*) {absent}").fetchone()
    if count != short.expected - short.rows:
        return ""
    brought = connection.execute(
        f"SELECT c.* {absent} ORDER BY {', '.join(f'c.{key}' for key in keys)}"
    ).fetchall()
    names = [row[1] for row in columns]
    linked = names.index("file_id") if table == "attachments" else None
    for row in brought:
        values = list(row)
        if linked is not None:
            values[linked] = None  # the index is told of a file by the UPDATE that links it
        connection.execute(f"INSERT INTO main.{table} VALUES ({', '.join('?' * len(values))})", values)
        if linked is not None and row[linked] is not None:
            connection.execute(
                "UPDATE main.attachments SET file_id = ? WHERE attachment_id = ?", (row[linked], row[0])
            )
    # They came in before, and were counted then.
    connection.execute("UPDATE row_counts SET row_count = row_count - ? WHERE table_name = ?", (count, table))
    return f"{table}: {count} rows"
