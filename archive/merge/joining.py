"""Joins shards into an archive: files, then portals; doing it twice changes nothing (I3)."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from archive.database import DATABASE_NAME, WARC_FOLDER, open_archive
from archive.errors import UsageError
from archive.lock import is_held
from archive.merge.bulk import copy_portal
from archive.merge.files import bring_files
from archive.merge.single import new_outcomes, unknown_links
from archive.records import Event
from archive.store import Store
from archive.store.settling import settled

_GROUP = 200
Progress = Callable[[str], None]


@dataclass(slots=True)
class Merged:
    """What one shard brought: portals that were new, or known and added to, and what that came to."""

    shard: str
    new_portals: list[str] = field(default_factory=list)
    known_portals: list[str] = field(default_factory=list)
    articles: int = 0
    captures: int = 0
    warc_bytes: int = 0


def merge(store: Store, shards: list[Path], progress: Progress = lambda _line: None) -> list[Merged]:
    """Take every portal, capture, article and WARC file of *shards* into the archive of *store*.

    A portal that is new here is copied whole; one that is known gets the captures it lacks, as if they had
    been made here: the same text is no second revision, an older one joins the line. Raises UsageError for a
    shard that is the archive itself or is being written, and what opening it raises; then nothing of it was
    taken but WARC files, which a later merge uses.
    """
    for shard in shards:
        if shard.resolve() == store.path.resolve():
            raise UsageError(f"{shard} is the archive itself; name the others")
        # Its schema must be ours: a writer migrates it, a reader says what is wrong.
        open_archive(shard, write=False).close()
        if is_held(shard):
            raise UsageError(f"{shard} is being written; let its crawl end, or merge a copy of it")
    return [_merge_one(store, shard, progress) for shard in shards]


def _merge_one(store: Store, shard: Path, progress: Progress) -> Merged:
    merged = Merged(str(shard))
    with open_archive(shard, write=True):
        pass  # brings its schema up to ours
    names, merged.warc_bytes = bring_files(shard / WARC_FOLDER, store.warc_directory)
    connection = store.db.conn
    source = f"file:{(shard / DATABASE_NAME).resolve()}?mode=ro"
    connection.execute("ATTACH DATABASE ? AS shard", (source,))
    try:
        portals = [key for (key,) in connection.execute("SELECT portal_key FROM shard.portals ORDER BY 1")]
        for key in portals:
            progress(f"{shard.name}: {key}")
            _merge_portal(store, key, names, merged)
        _copy_unplaced(store, connection)
    finally:
        connection.execute("DETACH DATABASE shard")
    detail = f"{shard.name}: {merged.articles} articles, {merged.captures} captures of {len(portals)} portals"
    store.note_event(None, None, Event("replication", detail))
    return merged


def _merge_portal(store: Store, key: str, names: Mapping[str, str], merged: Merged) -> None:
    connection = store.db.conn
    (known,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM main.urls WHERE portal_key = ?)", (key,)
    ).fetchone()
    with store.db.transaction():
        connection.execute(
            "INSERT INTO main.portals SELECT * FROM shard.portals AS t WHERE portal_key = ?"
            " ON CONFLICT (portal_key) DO UPDATE SET platform = coalesce(platform, excluded.platform),"
            " first_seen_at = min(first_seen_at, excluded.first_seen_at)",
            (key,),
        )
        if not known:
            (before,) = connection.execute("SELECT count(*) FROM main.captures").fetchone()
            merged.articles += copy_portal(connection, key, names)
            merged.captures += connection.execute("SELECT count(*) FROM main.captures").fetchone()[0] - before
            merged.new_portals.append(key)
            return
    merged.known_portals.append(key)
    store.ledger.seed(key, unknown_links(connection, key))
    outcomes = new_outcomes(connection, key, names)
    while group := list(islice(outcomes, _GROUP)):
        for result in store.record(None, settled(connection, group)):
            merged.captures += 1
            merged.articles += result.change == "new"


def _copy_unplaced(store: Store, connection: sqlite3.Connection) -> None:
    """Copy events and issues of no portal (an ingestion, a torn file) that are not here yet."""
    with store.db.transaction():
        for table in ("events", "issues"):
            columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})") if not row[5]]
            names = ", ".join(name for name in columns if name not in ("crawl_id", "article_id"))
            connection.execute(
                f"INSERT INTO main.{table} ({names}) SELECT {names} FROM shard.{table} AS t"
                f" WHERE portal_key IS NULL AND NOT EXISTS (SELECT 1 FROM main.{table} AS m WHERE"
                " m.portal_key IS NULL AND m.at = t.at AND m.kind = t.kind AND m.detail = t.detail)"
            )
