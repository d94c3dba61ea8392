"""The database made anew from what cannot be made anew: the WARC files, and what is known of the portals.

A new database is made beside the old one, in `rebuild/`, by the road every capture takes. Only when it is
whole does it take the old one's place, which is kept in `backups/`. A rebuild that was ended before its time
is gone on with.
"""

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from archive import portal_files
from archive.database import BACKUP_FOLDER, DATABASE_NAME, WARC_FOLDER
from archive.errors import ArchiveDamaged, ArchiveMissing
from archive.lock import WriteLock
from archive.search.feeding import Feeding
from archive.software import SOFTWARE
from archive.store import Store
from archive.warc.arc import Damage, Foreign
from archive.warc.foreign import records
from archive.warc.reader import leads_out
from archive.warc.records import RENDERED
from crawler.ingest.intake import Intake
from crawler.ingest.keeping import IN_FILE, InPlace, said_origin
from crawler.ingest.portals import PortalFinder
from crawler.ingest.taking import Taking
from crawler.readers import Readers

WORK_FOLDER = "rebuild"
# Kept of the old database, where it can still be read: what happened, which no WARC record tells.
_HISTORY = ("crawls", "events", "issues")


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild made, and where the database before it stands now ("" where there was none)."""

    files: int = 0
    records: int = 0
    captures: int = 0
    articles: int = 0
    revisions: int = 0
    damaged: int = 0
    old: str = ""
    history: dict[str, int] = field(default_factory=dict)
    elsewhere: Counter[str] = field(default_factory=Counter)


async def rebuild(
    folder: Path,
    workers: int = 2,
    on_tick: Callable[[Taking], None] = lambda _taking: None,
    histories: Sequence[Path] = (),
) -> Rebuilt:
    """Make the database of the archive *folder* anew from its WARC files.

    What happened to it is taken from its old database or, with *histories*, from these archives' as well.

    Raises ArchiveMissing where there are none, ArchiveBusy while another writes, and what storing raises;
    until the last step the old database stands as it was.
    """
    warc = folder / WARC_FOLDER
    if not any(warc.glob("*.warc*")):
        raise ArchiveMissing(f"{warc} holds no WARC file to rebuild an archive from")
    lock = WriteLock(folder)
    try:
        work = folder / WORK_FOLDER
        work.mkdir(exist_ok=True)
        if not (work / WARC_FOLDER).exists():
            (work / WARC_FOLDER).symlink_to(Path("..") / WARC_FOLDER, target_is_directory=True)
        _bring_portals(folder)
        done = await _make(folder, work, workers, on_tick, histories or (folder,))
        done.old = _take_its_place(folder, work)
        return done
    finally:
        lock.release()


async def _make(
    folder: Path, work: Path, workers: int, on_tick: Callable[[Taking], None], histories: Sequence[Path]
) -> Rebuilt:
    done = Rebuilt(files=len(_files(folder / WARC_FOLDER)))
    with Store(work, agent=SOFTWARE, recovering=False, feeding=Feeding()) as store:
        with store.db.transaction() as connection:
            for said in portal_files.read_all(folder):
                portal_files.enter(connection, said)
        keeper, readers = InPlace(store), Readers(workers)
        intake = Intake(
            store, keeper, readers, PortalFinder(store, ()), at_once=max(2, 3 * workers), own=True,
            on_tick=on_tick,
        )  # fmt: skip
        try:
            taking = await intake.take_all("rebuild", own_records(folder / WARC_FOLDER, keeper))
            await intake.finish()
        finally:
            intake.flush()
            await readers.close()
        done.records, done.damaged, done.elsewhere = taking.records, taking.damaged, taking.elsewhere
        for one in histories:
            done.history.update(_bring_history(store, one))
        done.captures, done.articles, done.revisions = (
            store.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("captures", "articles", "revisions")
        )
    return done


def _files(warc: Path) -> list[Path]:
    """Return the archive's WARC files in the order in which they were begun, as their first record says."""
    begun = []
    for path in warc.glob("*.warc*"):
        if leads_out(path):
            continue
        first = next((one for one in records(path) if isinstance(one, Foreign)), None)
        begun.append((first.header("WARC-Date") if first is not None else "", path.name, path))
    return [path for _, _, path in sorted(begun)]


def own_records(warc: Path, keeper: InPlace) -> Iterator[tuple[str, Foreign | Damage]]:
    """Yield (origin, record) of the archive's own files, in the order they were made."""
    for path in _files(warc):
        held: Foreign | None = None
        for found in records(path):
            if isinstance(found, Damage):
                yield f"{path.name}:{found.offset}", found
            elif found.type in ("response", "revisit") or (
                found.type == "resource" and not found.url.startswith(RENDERED)
            ):
                if held is not None:
                    yield said_origin(held), held
                held = replace(found, headers=(*found.headers, (IN_FILE, path.name)))
            elif held is not None and found.type == "resource":
                # What a browser made of the answer before it.
                keeper.hold_rendered(held.header("WARC-Record-ID").strip("<> "), found.block)
        if held is not None:
            yield said_origin(held), held


def _bring_portals(folder: Path) -> None:
    """Write the portals' files from a database that can still be read; damage there is no hindrance."""
    database = folder / DATABASE_NAME
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as old:
            portal_files.write_all(old, folder)
    except sqlite3.Error:
        return  # what the files said before has to do


def _bring_history(store: Store, folder: Path) -> dict[str, int]:
    """Copy what is told of runs, events and issues from the old database, as far as it can be read."""
    database = folder / DATABASE_NAME
    brought: dict[str, int] = {}
    if not database.exists():
        return brought
    try:
        store.db.execute("ATTACH DATABASE ? AS old", [f"{database.resolve().as_uri()}?mode=ro"])
    except sqlite3.Error:
        return brought
    try:
        for table in _HISTORY:
            columns = [row[1] for row in store.db.execute(f"PRAGMA main.table_info({table})")]
            names = ", ".join(name for name in columns if name not in ("event_id", "issue_id", "article_id"))
            # Not one by one: a million events are compared as one set.
            told = "at, kind, detail, coalesce(url, '')"
            unknown = f"({told}) NOT IN (SELECT {told} FROM main.{table})"
            if table == "crawls":
                unknown = "crawl_id NOT IN (SELECT crawl_id FROM main.crawls)"
                unknown += " AND portal_key IN (SELECT portal_key FROM main.portals)"
            with store.db.transaction() as connection:
                brought[table] = connection.execute(
                    f"INSERT INTO main.{table} ({names}) SELECT {names} FROM old.{table} WHERE {unknown}"
                ).rowcount
    except (sqlite3.Error, ArchiveDamaged):
        pass  # the old database is damaged: what was read of it is kept
    finally:
        store.db.execute("DETACH DATABASE old")
    return brought


def _take_its_place(folder: Path, work: Path) -> str:
    """Put the new database where the old one stands, and the old one into `backups/`."""
    new = work / DATABASE_NAME
    with closing(sqlite3.connect(new)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise ArchiveDamaged(f"the new database {new} is damaged: {found}; delete {work} and try again")
    with new.open("rb") as stream:
        os.fsync(stream.fileno())
    old = _keep_old(folder)
    # One step: whoever is killed here leaves the old database or the new one, never none.
    new.replace(folder / DATABASE_NAME)
    (work / WARC_FOLDER).unlink()
    shutil.rmtree(work)
    return old


def _keep_old(folder: Path) -> str:
    """Give the old database a second name in `backups/`, its log brought in; return it, "" for none.

    A log that were left would be taken for the new database's. One that a damaged database cannot take in is
    kept beside the copy.
    """
    database = folder / DATABASE_NAME
    if not database.exists():
        return ""
    target = folder / BACKUP_FOLDER / f"archive-before-rebuild-{datetime.now(UTC):%Y%m%dT%H%M%S}.db"
    target.parent.mkdir(exist_ok=True)
    with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for tail in ("", "-wal"):
        if (part := folder / f"{DATABASE_NAME}{tail}").exists() and part.stat().st_size:
            _second_name(part, Path(f"{target}{tail}"))
    for tail in ("-wal", "-shm"):
        (folder / f"{DATABASE_NAME}{tail}").unlink(missing_ok=True)
    return str(target.relative_to(folder))


def _second_name(path: Path, name: Path) -> None:
    try:
        name.hardlink_to(path)
    except OSError:  # a file system without links
        shutil.copyfile(path, name)
