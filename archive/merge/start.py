"""The quickest way to join the first shard: an archive that holds nothing becomes a copy of its database."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from archive.database import DATABASE_NAME
from archive.store import Store

# What an archive tells of itself before it holds anything is kept; what it was given is not overwritten.
_HOLDS = ("portals", "urls", "captures", "articles", "crawls", "events", "issues")


def begin_as(store: Store, shard: Path, names: Mapping[str, str]) -> bool:
    """Let an empty archive become a copy of the database of *shard*; False, and nothing done, for another.

    *names* are those of its WARC files, which are here already (I1); False where one had to take another.
    One write transaction of SQLite's own: broken off, it leaves the archive empty.
    """
    connection = store.db.conn
    if any(old != new for old, new in names.items()) or any(
        connection.execute(f"SELECT EXISTS (SELECT 1 FROM main.{table})").fetchone()[0] for table in _HOLDS
    ):
        return False
    source = f"{(shard / DATABASE_NAME).resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(source, uri=True)) as other:
        (size,) = other.execute("PRAGMA page_size").fetchone()
        if (size,) != connection.execute("PRAGMA page_size").fetchone():
            return False  # a database in WAL mode cannot change the size of its pages
        other.backup(connection)
    with store.db.transaction():
        # When a record was last read says nothing of its copy.
        connection.execute("DELETE FROM fixity_checks")
    store.ledger.forget()
    return True
