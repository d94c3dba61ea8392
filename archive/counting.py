"""How many rows there must be: what the archive's own writer deletes is counted, all else is missed."""

import sqlite3
from dataclasses import dataclass

from archive.schema.m0018_row_counts import COUNTED


@dataclass(frozen=True, slots=True)
class Counted:
    """One table, the rows it must have, and those it has."""

    table: str
    expected: int
    rows: int


def count_deletions(connection: sqlite3.Connection) -> None:
    """Have this connection count the rows it deletes; for the holder of the write lock.

    In temporary triggers, which no other connection knows.
    """
    for table in COUNTED:
        connection.execute(
            f"CREATE TEMP TRIGGER row_counts_{table}_less AFTER DELETE ON main.{table} BEGIN"
            f" UPDATE row_counts SET row_count = row_count - 1 WHERE table_name = '{table}'; END"
        )


def miscounted(connection: sqlite3.Connection) -> list[Counted]:
    """Return the tables that have fewer rows, or more, than came in and were not taken out."""
    found = []
    for table in COUNTED:
        # One statement, one moment: a crawl may be writing.
        rows, expected = connection.execute(
            f"SELECT (SELECT count(*) FROM {table}), (SELECT row_count FROM row_counts WHERE table_name = ?)",
            (table,),
        ).fetchone()
        if rows != expected:
            found.append(Counted(table, expected or 0, rows))
    return found
