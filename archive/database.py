"""Opening an archive folder: checks, the write lock, pragmas, SQL functions, migrations with a backup."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from archive.counting import count_deletions
from archive.errors import ArchiveBusy, ArchiveDamaged, ArchiveTooNew, ArchiveTooOld
from archive.folder import BACKUP_FOLDER as BACKUP_FOLDER
from archive.folder import DATABASE_NAME as DATABASE_NAME
from archive.folder import WARC_FOLDER as WARC_FOLDER
from archive.folder import check_folder
from archive.lock import WriteLock
from archive.schema import migrations
from archive.schema.shape import strangers
from archive.vietnamese.fold import fold

_BUSY_TIMEOUT_MS = 10_000
# 32 MB: the pages of indexes that every transaction changes are copied into the database less often.
_RELAXED_LOG_PAGES = 8000
# KB. What a commit costs grows with the cache, and a crawl commits often: at a million ledger rows 1.0 ms
# with 64 MB, .5 ms with 16, and what is missed costs less (store a page: 3.5 and 2.9 ms; 2026-11-23).
_CACHE_KB, _RELAXED_CACHE_KB = 65_536, 16_384


class ArchiveDatabase(Database):
    """A sqlite-utils Database of an archive folder that knows its lock and serialises its writers."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, lock: WriteLock | None) -> None:
        super().__init__(connection, execute_plugins=False)
        self.folder = folder
        self._lock = lock
        self._guard = threading.RLock()

    @property
    def writable(self) -> bool:
        """Whether this connection holds the write lock."""
        return self._lock is not None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run the block as one write transaction, or as a part of the one this thread is in.

        Threads wait for one another here. Whatever is raised inside rolls everything back.
        """
        with self._guard, reading_errors(self.folder):
            if self.conn.in_transaction:
                yield self.conn
                return
            self.conn.execute("BEGIN IMMEDIATE")
            try:
                yield self.conn
                self.conn.execute("COMMIT")
            except BaseException:
                if self.conn.in_transaction:
                    self.conn.execute("ROLLBACK")
                raise

    @contextmanager
    def relaxed(self) -> Iterator[None]:
        """Commit without waiting for the disk while the block runs; all is on disk when it has ended.

        The database stays whole whatever happens, and a killed process loses nothing; a power cut may take
        the last seconds' transactions, all that came after any of them included. For work that can be
        done again: what it rests on (WARC records) is on disk before its rows are written (I1).
        """
        self.conn.execute("PRAGMA synchronous = NORMAL")
        self.conn.execute(f"PRAGMA wal_autocheckpoint = {_RELAXED_LOG_PAGES}")
        self.conn.execute(f"PRAGMA cache_size = -{_RELAXED_CACHE_KB}")
        try:
            yield
        finally:
            self.conn.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            self.conn.execute("PRAGMA wal_autocheckpoint = 1000")
            self.conn.execute("PRAGMA synchronous = FULL")
            # A checkpoint syncs the log before it copies from it, also where readers keep it from copying.
            with suppress(sqlite3.OperationalError):
                self.conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def close(self) -> None:
        """Close the connection and let the next writer in."""
        super().close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def open_archive(path: Path, *, write: bool, upgrade: bool = True) -> ArchiveDatabase:
    """Open the archive in the folder *path*; a writer makes it where there is none.

    What an older version wrote is brought up to date first, also for a reader; without *upgrade* a reader
    gets ArchiveTooOld instead. Raises ArchiveMissing (reading where nothing is), ArchiveBusy (a second
    writer), ArchiveTooNew, and ArchiveDamaged for everything that is not a usable archive; the last changes
    nothing on disk.
    """
    check_folder(path, write=write)
    with reading_errors(path):
        return _open_writer(path) if write else _open_reader(path, upgrade=upgrade)


@contextmanager
def reading_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say about a broken archive into ArchiveDamaged or ArchiveBusy."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except PermissionError as error:
        raise ArchiveDamaged(
            f"no permission for {error.filename or path}; change its rights or name another "
            "archive with --archive"
        ) from error
    except sqlite3.OperationalError as error:
        text = str(error)
        if "locked" in text or "busy" in text:
            raise ArchiveBusy(
                f"another program is writing {path / DATABASE_NAME}; close it and try again"
            ) from error
        if "readonly" in text or "unable to open" in text or "disk I/O" in text or "is full" in text:
            raise ArchiveDamaged(
                f"{path / DATABASE_NAME} cannot be used: {text}; check its rights and the disk"
            ) from error
        raise
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:
            raise
        raise ArchiveDamaged(
            f"{path / DATABASE_NAME} is damaged ({error}); put back a copy (look in {BACKUP_FOLDER}/) "
            "or name another archive with --archive"
        ) from error


def _open_writer(path: Path) -> ArchiveDatabase:
    try:
        (path / WARC_FOLDER).mkdir(parents=True, exist_ok=True)
        lock = WriteLock(path)
    except OSError as error:
        raise ArchiveDamaged(
            f"{path} cannot be written: {error.strerror}; change its rights or name another "
            "archive with --archive"
        ) from error
    try:
        connection = sqlite3.connect(path / DATABASE_NAME, check_same_thread=False, cached_statements=512)
        try:
            db = ArchiveDatabase(path, connection, lock)
            _prepare(db)
            applied = _check_version(db)
            connection.execute("PRAGMA journal_mode = WAL")
            # FULL: a commit is on disk when it returns, so "done" survives a power cut, as the WARC does.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            connection.execute("PRAGMA temp_store = MEMORY")
            _migrate(db, applied)
            count_deletions(connection)
        except BaseException:
            connection.close()
            raise
    except BaseException:
        lock.release()
        raise
    return db


def _open_reader(path: Path, *, upgrade: bool) -> ArchiveDatabase:
    db = _connect_reader(path)
    try:
        _check_version(db)
        pending = migrations.pending(db)
    except BaseException:
        db.close()
        raise
    if not pending:
        return db
    # An older version wrote it: bring it up to date first, which needs the write lock for a moment.
    db.close()
    if not upgrade:
        raise ArchiveTooOld(
            f"{path} was written by an older Kho Cổng (it lacks {pending[0].name}), and who only reads "
            f"does not change it; `khocong status --archive {path}` brings it up to date (a copy goes to "
            f"{BACKUP_FOLDER}/)"
        )
    _open_writer(path).close()
    return _connect_reader(path)


def _connect_reader(path: Path) -> ArchiveDatabase:
    file = (path / DATABASE_NAME).resolve()
    address = f"{file.as_uri()}?mode=ro"
    if not os.access(path, os.W_OK) and not _has_log(file):
        # WAL readers need a shared-memory file beside the database. Where none can be made nobody can
        # write either, so the file may be read as what it is: unchanging.
        address += "&immutable=1"
    connection = sqlite3.connect(address, uri=True, check_same_thread=False)
    try:
        db = ArchiveDatabase(path, connection, None)
        _prepare(db)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return db


def _has_log(file: Path) -> bool:
    log = file.with_name(file.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _prepare(db: ArchiveDatabase) -> None:
    db.conn.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    # The file may be a stranger's: a page that was tampered with is found as it is read.
    db.conn.execute("PRAGMA cell_size_check = ON")
    db.conn.create_function("vn_fold", 1, _fold_value, deterministic=True)


def _fold_value(value: str | int | float | bytes | None) -> str | int | float | bytes | None:
    return fold(value) if isinstance(value, str) else value


def _check_version(db: ArchiveDatabase) -> list[str]:
    """Return the applied migrations; raise when the tables are not ours, or newer than we are."""
    known = {migration.name for migration in migrations.pending(Database(memory=True, execute_plugins=False))}
    applied = [migration.name for migration in migrations.applied(db)]
    unknown = [name for name in applied if name not in known]
    if unknown:
        raise ArchiveTooNew(
            f"{db.folder} was written by a newer Kho Cổng (schema {unknown[-1]}); upgrade khocong to open it"
        )
    if not applied and {*db.table_names(), *db.view_names()} - {migrations.migrations_table}:
        raise ArchiveDamaged(
            f"{db.folder / DATABASE_NAME} belongs to another program; name another folder with --archive"
        )
    if strange := strangers(db.conn, applied):
        raise ArchiveDamaged(
            f"{db.folder / DATABASE_NAME} holds code that Kho Cổng did not write ({', '.join(strange[:3])}); "
            "do not trust it: khocong ingest takes its WARC files in, or name another folder with --archive"
        )
    return applied


def _migrate(db: ArchiveDatabase, applied: list[str]) -> None:
    if not migrations.pending(db):
        return
    if applied:
        _back_up(db, applied[-1])
    migrations.apply(db)


def _back_up(db: ArchiveDatabase, schema: str) -> None:
    """Copy the database as it is before a migration touches it, whole or not at all."""
    folder = db.folder / BACKUP_FOLDER
    folder.mkdir(exist_ok=True)
    target = folder / f"archive-{schema}-{datetime.now(UTC):%Y%m%dT%H%M%S}.db"
    unfinished = target.with_suffix(".part")
    copy = sqlite3.connect(unfinished)
    try:
        db.conn.backup(copy)
    finally:
        copy.close()
    unfinished.rename(target)
