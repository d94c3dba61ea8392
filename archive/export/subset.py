"""An archive.db with a part of the articles: the same tables, views and indexes, whole by itself."""

import sqlite3
from pathlib import Path

from archive.database import DATABASE_NAME, open_archive
from archive.export.selection import Selection
from archive.schema import migrations

_WANTED = "SELECT article_id FROM temp.wanted"
# (table, which rows). What they point at comes first.
_TABLES = (
    ("portals", "portal_key IN (SELECT portal_key FROM source.articles WHERE article_id IN ({0}))"),
    ("crawls", "portal_key IN (SELECT portal_key FROM source.articles WHERE article_id IN ({0}))"),
    ("urls", "url_id IN (SELECT c.url_id FROM source.captures c JOIN source.revisions r USING (capture_id)"
             " WHERE r.article_id IN ({0}))"),
    ("captures", "url_id IN (SELECT url_id FROM main.urls)"),
    ("revisions", "article_id IN ({0})"),
    ("removed_paths", "path_key IN (SELECT json_extract(j.value, '$[1]') FROM main.revisions r,"
                      " json_each(r.removed) j)"),
    ("articles", "article_id IN ({0})"),
    ("aliases", "article_id IN ({0})"),
    ("files", "file_id IN (SELECT file_id FROM source.attachments WHERE article_id IN ({0}))"),
    ("attachments", "article_id IN ({0})"),
    ("images", "article_id IN ({0})"),
    ("documents", "document_id IN (SELECT c.document_id FROM source.citations c JOIN source.revisions r"
                  " USING (revision_id) WHERE r.article_id IN ({0}))"),
    ("citations", "revision_id IN (SELECT revision_id FROM main.revisions)"),
    ("events", "article_id IN ({0})"),
)  # fmt: skip


def write_subset(selection: Selection, folder: Path) -> int:
    """Write an archive with the selected articles into *folder* (new or empty); return how many.

    Its captures still name the WARC files of the whole archive, which are not copied.
    """
    with open_archive(folder, write=True) as db:
        connection = db.conn
        source = f"file:{(selection.folder / DATABASE_NAME).resolve()}?mode=ro"
        connection.execute("ATTACH DATABASE ? AS source", (source,))
        try:
            with db.transaction():
                connection.execute("CREATE TEMP TABLE wanted (article_id INTEGER PRIMARY KEY)")
                connection.executemany(
                    "INSERT INTO temp.wanted VALUES (?)", ((one,) for one in selection.ids)
                )
                connection.execute("PRAGMA defer_foreign_keys = ON")
                for table, where in _TABLES:
                    _copy(connection, table, where.format(_WANTED))
                # After the attachment itself: the triggers that keep the search indexes ask for it.
                connection.execute(
                    "UPDATE main.attachments SET file_id = t.file_id FROM source.attachments AS t"
                    " WHERE t.attachment_id = main.attachments.attachment_id AND t.file_id IS NOT NULL"
                )
                connection.execute("DROP TABLE temp.wanted")
                # Not when this file was made: the same articles make the same bytes.
                connection.execute(
                    f"UPDATE {migrations.migrations_table} SET applied_at = ?", (selection.latest(),)
                )
        finally:
            connection.execute("DETACH DATABASE source")
        connection.execute("VACUUM")
    (folder / "lock").unlink(missing_ok=True)
    return len(selection.ids)


def _copy(connection: sqlite3.Connection, table: str, where: str) -> None:
    columns = [
        row[1]
        for row in connection.execute(f"PRAGMA main.table_xinfo({table})")
        if row[6] == 0  # generated columns fill themselves
    ]
    if not columns:
        return
    names = ", ".join(columns)
    values = names
    if table == "urls":
        # A part of the ledger points at nothing outside itself.
        values = names.replace("discovered_from", "NULL").replace("leased_by", "NULL")
    if table == "attachments":
        values = names.replace("file_id", "NULL")
    order = {"aliases": "portal_key, urlkey", "removed_paths": "path_key"}.get(table, "rowid")
    connection.execute(
        f"INSERT INTO main.{table} ({names}) SELECT {values} FROM source.{table}"
        f" WHERE {where} ORDER BY {order}"
    )
