"""What happened to a shard: its runs, events and issues, as far as the archive does not tell them yet."""

from collections.abc import Sequence

from archive.database import ArchiveDatabase

_TOLD = {
    "events": "m.at = t.at AND m.kind = t.kind AND m.detail = t.detail AND m.url IS t.url",
    "issues": "m.at = t.at AND m.kind = t.kind AND m.detail = t.detail AND m.url IS t.url",
    "crawls": "m.started_at = t.started_at",
}
# Ids are the shard's own.
_LEFT = {"crawl_id", "article_id", "event_id", "issue_id"}


def copy_history(db: ArchiveDatabase, portals: Sequence[str]) -> None:
    """Copy from the attached database `shard` what it tells of no portal, or of one of *portals*.

    Those are portals that the archive knew before; a new one's history comes with its rows.
    """
    with db.transaction() as connection:
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS joining (portal_key TEXT PRIMARY KEY)")
        connection.execute("DELETE FROM temp.joining")
        connection.executemany("INSERT INTO temp.joining VALUES (?)", ((key,) for key in portals))
        for table, same in _TOLD.items():
            columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
            names = ", ".join(name for name in columns if name not in _LEFT)
            connection.execute(
                f"INSERT INTO main.{table} ({names}) SELECT {names} FROM shard.{table} AS t"
                " WHERE (portal_key IS NULL OR portal_key IN (SELECT portal_key FROM temp.joining))"
                f" AND NOT EXISTS (SELECT 1 FROM main.{table} AS m WHERE m.portal_key IS t.portal_key"
                f" AND {same})"
            )
