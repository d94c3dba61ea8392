"""Joins shards into an archive: files, then portals; doing it twice changes nothing (I3)."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from archive.database import DATABASE_NAME, WARC_FOLDER, open_archive
from archive.errors import ArchiveDamaged, ArchiveTooNew, UsageError
from archive.lock import is_held
from archive.merge.bulk import copy_portals
from archive.merge.files import bring_files, rows_without_bytes
from archive.merge.history import copy_history
from archive.merge.single import bring_texts, new_outcomes, unknown_links
from archive.merge.start import begin_as
from archive.records import Event, Issue
from archive.search.common import refresh
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
    been made here: the same text is no second revision, an older one joins the line. An archive that holds
    nothing begins as a copy of the largest shard. Raises UsageError for a shard that is the archive itself
    or is being written, ArchiveDamaged for one that is not whole, and what opening it raises; all before
    anything is taken, so that what is joined is joined from sound shards.
    """
    for shard in shards:
        if shard.resolve() == store.path.resolve():
            raise UsageError(f"{shard} is the archive itself; name the others")
        # Its schema must be ours: a writer migrates it, a reader says what is wrong.
        try:
            open_archive(shard, write=False).close()
        except ArchiveTooNew as error:
            store.note_issues(None, None, [Issue("bad_shard", f"{shard}: {error}"[:1000])])
            raise
        if is_held(shard):
            raise UsageError(f"{shard} is being written; let its crawl end, or merge a copy of it")
        _check(store, shard)
    # The largest first: its search index is taken as it is. Said in the order that was asked.
    by_size = sorted(shards, key=lambda shard: -(shard / DATABASE_NAME).stat().st_size)
    merged = {shard: _merge_one(store, shard, progress) for shard in dict.fromkeys(by_size)}
    refresh(store.db)
    return [merged[shard] for shard in dict.fromkeys(shards)]


def _check(store: Store, shard: Path) -> None:
    """Raise ArchiveDamaged, and note an issue, for a shard whose rows must not come in."""
    said = ""
    with open_archive(shard, write=True) as db:  # a writer: brings its schema up to ours
        try:
            said = next((line for (line,) in db.execute("PRAGMA quick_check(1)") if line != "ok"), "")
            if not said and (row := db.execute("PRAGMA foreign_key_check").fetchone()):
                said = f"row {row[1]} of {row[0]} points at a missing row of {row[2]}"
            said = said or rows_without_bytes(db.conn, shard / WARC_FOLDER)
        except sqlite3.DatabaseError as error:
            said = str(error)
    if said:
        store.note_issues(None, None, [Issue("bad_shard", f"{shard}: {said}"[:1000])])
        raise ArchiveDamaged(
            f"{shard} is damaged ({said}); mend it first: khocong verify --copy, or khocong rebuild"
        )


def _merge_one(store: Store, shard: Path, progress: Progress) -> Merged:
    merged = Merged(str(shard))
    names, merged.warc_bytes = bring_files(shard / WARC_FOLDER, store.warc_directory)
    is_whole = begin_as(store, shard, names)
    connection = store.db.conn
    source = f"file:{(shard / DATABASE_NAME).resolve()}?mode=ro"
    connection.execute("ATTACH DATABASE ? AS shard", (source,))
    try:
        merged.new_portals, merged.known_portals = _portals(connection)
        if is_whole:
            merged.new_portals, merged.known_portals = merged.known_portals + merged.new_portals, []
            for table in ("articles", "captures"):
                (count,) = connection.execute(f"SELECT count(*) FROM shard.{table}").fetchone()
                setattr(merged, table, count)
        else:
            for key in merged.known_portals:
                progress(f"{shard.name}: {key}")
                _join_portal(store, key, names, merged)
            progress(f"{shard.name}: {len(merged.new_portals)} new portals")
            _copy_new(store, names, merged)
            copy_history(store.db, merged.known_portals)
    finally:
        connection.execute("DETACH DATABASE shard")
    count = len(merged.new_portals) + len(merged.known_portals)
    detail = f"{shard.name}: {merged.articles} articles, {merged.captures} captures of {count} portals"
    store.note_event(None, None, Event("replication", detail))
    return merged


def _portals(connection: sqlite3.Connection) -> tuple[list[str], list[str]]:
    """Return the shard's portals that the archive has nothing of, and those that it has."""
    new, known = list[str](), list[str]()
    for key, is_known in connection.execute(
        "SELECT portal_key, EXISTS (SELECT 1 FROM main.urls AS u WHERE u.portal_key = t.portal_key)"
        " FROM shard.portals AS t ORDER BY 1"
    ):
        (known if is_known else new).append(key)
    return new, known


def _enter(connection: sqlite3.Connection, portals: list[str]) -> None:
    connection.executemany(
        "INSERT INTO main.portals SELECT * FROM shard.portals AS t WHERE portal_key = ?"
        " ON CONFLICT (portal_key) DO UPDATE SET platform = coalesce(platform, excluded.platform),"
        " first_seen_at = min(first_seen_at, excluded.first_seen_at)",
        ((key,) for key in portals),
    )


def _copy_new(store: Store, names: Mapping[str, str], merged: Merged) -> None:
    """Copy the portals that are new, in one transaction: the write-ahead log grows as large as the shard."""
    connection = store.db.conn
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        with store.db.transaction():
            _enter(connection, merged.new_portals)
            articles, captures = copy_portals(connection, merged.new_portals, names)
        merged.articles += articles
        merged.captures += captures
    finally:
        connection.execute("PRAGMA foreign_keys = ON")


def _join_portal(store: Store, key: str, names: Mapping[str, str], merged: Merged) -> None:
    connection = store.db.conn
    with store.db.transaction():
        _enter(connection, [key])
    store.ledger.seed(key, unknown_links(connection, key))
    outcomes = new_outcomes(connection, key, names)
    while group := list(islice(outcomes, _GROUP)):
        for result in store.record(None, settled(connection, group)):
            merged.captures += 1
            merged.articles += result.change == "new"
    bring_texts(store.db, key)
