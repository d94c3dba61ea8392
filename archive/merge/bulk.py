"""Portals the archive does not know yet, copied from a shard table by table, with their ids moved up."""

import sqlite3
from collections.abc import Mapping, Sequence

from archive.search.filling import filling

# Where a table's rows of these portals stand; whatever is looked up by another table comes before it.
_OWN = "portal_key IN (SELECT portal_key FROM temp.joining)"
_ARTICLES = f"SELECT article_id FROM shard.articles WHERE {_OWN}"
_URLS = f"SELECT url_id FROM shard.urls WHERE {_OWN}"
_REVISIONS = f"SELECT revision_id FROM shard.revisions WHERE article_id IN ({_ARTICLES})"
_CITED = f"SELECT document_id FROM shard.citations WHERE revision_id IN ({_REVISIONS})"
_TABLES: tuple[tuple[str, str], ...] = (
    ("crawls", _OWN),
    ("urls", _OWN),
    ("captures", f"url_id IN ({_URLS})"),
    ("files", f"file_id IN (SELECT file_id FROM shard.attachments WHERE article_id IN ({_ARTICLES}))"),
    ("revisions", f"article_id IN ({_ARTICLES})"),
    ("articles", _OWN),
    ("sightings", f"revision_id IN ({_REVISIONS})"),
    ("aliases", _OWN),
    ("attachments", f"article_id IN ({_ARTICLES})"),
    ("images", f"article_id IN ({_ARTICLES})"),
    ("documents", f"document_id IN ({_CITED})"),
    ("citations", f"revision_id IN ({_REVISIONS})"),
    ("chrome_models", _OWN),
    ("chrome_evidence", _OWN),
    ("events", _OWN),
    ("issues", _OWN),
)  # fmt: skip
# References that the schema does not declare.
_LOOSE = {
    ("events", "article_id"): "articles",
    ("events", "crawl_id"): "crawls",
    ("issues", "crawl_id"): "crawls",
}
# Entities that both archives may have, and what makes them the same.
_SHARED = {
    "documents": ("normal", "coalesce(year, 0)", "coalesce(issuer_unit, '')"),
    "files": ("body_digest",),
}

_SAME_CAPTURE = (
    "(SELECT m.capture_id FROM main.captures AS m WHERE m.record_id ="
    " (SELECT c.record_id FROM shard.captures AS c WHERE c.capture_id = t.capture_id))"
)


def copy_portals(
    connection: sqlite3.Connection, portals: Sequence[str], names: Mapping[str, str]
) -> tuple[int, int]:
    """Copy all rows of *portals* from the attached database `shard`; return how many articles and captures.

    *names* maps WARC file names. To be called inside a transaction, with foreign keys unchecked: held, they
    cost a look through all URLs with each one. The shard's own must have been checked; ids move alike.
    """
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS warc_names (old TEXT PRIMARY KEY, new TEXT NOT NULL)")
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS joining (portal_key TEXT PRIMARY KEY)")
    connection.execute("DELETE FROM temp.warc_names")
    connection.execute("DELETE FROM temp.joining")
    connection.executemany("INSERT INTO temp.warc_names VALUES (?, ?)", names.items())
    connection.executemany("INSERT INTO temp.joining VALUES (?)", ((key,) for key in portals))
    # Read once, before anything is copied: a table may point at one whose rows come later.
    moves = {table: _highest(connection, table) for table, _ in _TABLES if _key(connection, table)}
    # By digests of what they hold: the same here and there.
    connection.execute(
        "INSERT INTO main.removed_paths SELECT * FROM shard.removed_paths WHERE true"
        " ON CONFLICT (path_key) DO NOTHING"
    )
    counts = {}
    with filling(connection):
        for table, where in _TABLES:
            copy = _copy_shared if table in _SHARED else _copy
            counts[table] = copy(connection, table, where, moves)
        connection.execute(
            "UPDATE main.attachments SET file_id = s.new FROM shard.attachments AS t"
            " JOIN temp.same_files AS s ON s.old = t.file_id"
            f" WHERE main.attachments.attachment_id = t.attachment_id + ? AND t.article_id IN ({_ARTICLES})",
            (moves["attachments"],),
        )
    return counts["articles"], counts["captures"]


def _copy(connection: sqlite3.Connection, table: str, where: str, moves: dict[str, int]) -> int:
    columns, values = _columns(connection, table, moves)
    # In the order of their ids: what is numbered anew, and what is indexed, then always comes out alike.
    order = f" ORDER BY t.{key}" if (key := _key(connection, table)) else ""
    return connection.execute(
        f"INSERT INTO main.{table} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM shard.{table} AS t WHERE {where}{order}"
    ).rowcount


def _copy_shared(connection: sqlite3.Connection, table: str, where: str, moves: dict[str, int]) -> int:
    """Copy those that the archive does not have, and note which of its rows stands for each."""
    key, same = _key(connection, table), _SHARED[table]
    equal = " AND ".join(f"{_of(part, 'm')} = {_of(part, 't')}" for part in same)
    columns, values = _columns(connection, table, moves)
    copied = connection.execute(
        f"INSERT INTO main.{table} ({', '.join(columns)}) SELECT {', '.join(values)} FROM shard.{table} AS t"
        f" WHERE {where} AND NOT EXISTS (SELECT 1 FROM main.{table} AS m WHERE {equal}) ORDER BY t.{key}"
    ).rowcount
    connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS same_{table} (old INTEGER PRIMARY KEY, new INTEGER)")
    connection.execute(f"DELETE FROM temp.same_{table}")
    connection.execute(
        f"INSERT INTO temp.same_{table} SELECT t.{key}, m.{key} FROM shard.{table} AS t"
        f" JOIN main.{table} AS m ON {equal} WHERE t.{where}"
    )
    return copied


def _of(part: str, name: str) -> str:
    return part.replace("(", f"({name}.") if "(" in part else f"{name}.{part}"


def _columns(
    connection: sqlite3.Connection, table: str, moves: dict[str, int]
) -> tuple[list[str], list[str]]:
    """Return the columns of a table and, for each, what of the shard's row goes into it."""
    points_at = {row[3]: row[2] for row in connection.execute(f"PRAGMA main.foreign_key_list({table})")}
    key = _key(connection, table)
    columns = [row[1] for row in connection.execute(f"PRAGMA main.table_xinfo({table})") if row[6] == 0]
    values = []
    for column in columns:
        other = points_at.get(column) or _LOOSE.get((table, column))
        if (table, column) == ("attachments", "file_id"):
            values.append("NULL")  # set below: a trigger forbids a row that comes with its file
        elif (table, column) == ("files", "capture_id"):
            # Another portal may have fetched the same bytes first: its capture may be here already.
            values.append(_SAME_CAPTURE)
        elif column == key:
            values.append(f"t.{column} + {moves[table]}")
        elif column == "warc_file":
            values.append("coalesce((SELECT new FROM temp.warc_names WHERE old = t.warc_file), t.warc_file)")
        elif other in _SHARED:
            values.append(f"(SELECT new FROM temp.same_{other} WHERE old = t.{column})")
        elif other in moves:
            values.append(f"t.{column} + {moves[other]}")
        else:
            values.append(f"t.{column}")
    return columns, values


def _key(connection: sqlite3.Connection, table: str) -> str | None:
    """Return the column of an INTEGER PRIMARY KEY, None where the key is another."""
    rows = connection.execute(f"PRAGMA main.table_info({table})").fetchall()
    keys = [row for row in rows if row[5]]
    return str(keys[0][1]) if len(keys) == 1 and keys[0][2].upper() == "INTEGER" else None


def _highest(connection: sqlite3.Connection, table: str) -> int:
    (highest,) = connection.execute(
        f"SELECT coalesce(max({_key(connection, table)}), 0) FROM main.{table}"
    ).fetchone()
    return int(highest)
