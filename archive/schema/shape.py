"""What an archive's database may hold that runs: our triggers, views and computed columns, and nothing else.

A database may come from a stranger. Its data is only read; but a view in place of a table, a computed column
or a trigger is code of theirs that would run with the first query or the first write.
"""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache

from sqlite_utils import Database

from archive.schema.registry import migrations

_SPACE = re.compile(r"\s+")
_COMPUTED = re.compile(r"\bgenerated\b|\bas\s*\(", re.IGNORECASE)
_ALL = "SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE type IN ('table', 'view', 'trigger')"


def strangers(connection: sqlite3.Connection, applied: Sequence[str]) -> list[str]:
    """Name what stands in the schema of an archive that none of the migrations *applied* to it has made.

    Tables and views by names of no table of ours are let be: people keep tables of their own there. So is
    what is missing: that is damage, and not harm.
    """
    ours = _made(tuple(applied))
    found = []
    for kind, name, sql in connection.execute(_ALL):
        known = ours.get(name.lower())
        if known is None:
            if kind == "trigger":
                found.append(f"trigger {name}")
        elif known[0] != kind:
            found.append(f"{kind} {name} in place of our {known[0]}")
        elif (kind != "table" or _COMPUTED.search(sql) or _COMPUTED.search(known[1])) and _plain(
            sql
        ) != known[1]:
            found.append(f"{kind} {name}, which says something else than ours")
    return found


@cache
def _made(applied: tuple[str, ...]) -> Mapping[str, tuple[str, str]]:
    """Return what the named migrations make, by lower-case name: some 40 ms, once a process."""
    db = Database(memory=True, execute_plugins=False)
    migrations.ensure_migrations_table(db)
    for migration in migrations.pending(db):
        if migration.name in applied:
            migration.fn(db)
    made = {name.lower(): (kind, _plain(sql)) for kind, name, sql in db.conn.execute(_ALL)}
    db.close()
    return made


def _plain(sql: str) -> str:
    return _SPACE.sub(" ", sql).strip()
