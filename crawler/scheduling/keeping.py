"""What the schedule remembers between its lives: `schedule.db` beside the archive, written by it alone.

A crawl holds the write lock of the archive (I8) while the schedule notes what began: hence a file of its own.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from archive.errors import ArchiveBusy, KhoCongError
from crawler.scheduling.deciding import Done, Outcome, Run

DB_NAME = "schedule.db"
LOCK_NAME = "schedule.lock"
_KEPT_DAYS = 90
_TABLES = (
    """CREATE TABLE IF NOT EXISTS portals (
        key TEXT PRIMARY KEY, known_since TEXT NOT NULL, slot TEXT, begun_at TEXT, ended_at TEXT,
        outcome TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', tries INTEGER NOT NULL DEFAULT 0,
        failures INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS runs (
        key TEXT NOT NULL, slot TEXT NOT NULL, kind TEXT NOT NULL, why TEXT NOT NULL, tries INTEGER NOT NULL,
        begun_at TEXT NOT NULL, ended_at TEXT, reason TEXT, PRIMARY KEY (key, slot, tries)
    ) STRICT""",
)


class Memory:
    """The state of a schedule. Each change is on disk when the call returns; a context manager.

    With *write* it holds the schedule's own lock: two schedules of one archive would run portals twice.
    Raises ArchiveBusy where another holds it, KhoCongError where the file cannot be used.
    """

    def __init__(self, folder: Path, *, write: bool) -> None:
        self.path = folder / DB_NAME
        self._lock = _locked(folder) if write else -1
        self._connection: sqlite3.Connection | None = None
        if not write and not self.path.exists():
            return
        try:
            uri = self.path.absolute().as_uri() + ("" if write else "?mode=ro")
            self._connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5)
            if write:
                self._connection.execute("PRAGMA synchronous = FULL")
                for statement in _TABLES:
                    self._connection.execute(statement)
        except sqlite3.Error as error:
            self.close()
            raise KhoCongError(f"cannot use {self.path}: {error}; move it away to begin anew") from error

    def close(self) -> None:
        """Close the file and let another schedule in."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> "Memory":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def load(self) -> dict[str, Done]:
        """Return what is known of each portal; nothing where no schedule has run yet."""
        if self._connection is None:
            return {}
        rows = self._connection.execute(
            "SELECT key, known_since, slot, begun_at, ended_at, outcome, reason, tries, failures FROM portals"
        ).fetchall()
        return {row[0]: _done(row) for row in rows}

    def save(self, changed: Iterable[Done]) -> None:
        """Keep what is known of portals."""
        self._db.executemany(_SAVE, [_row(one) for one in changed])

    def begin(self, known: Done, run: Run) -> None:
        """Take the slot of a run before anything is asked of its host, in one transaction."""
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            db.execute(_SAVE, _row(known))
            db.execute(
                "INSERT OR REPLACE INTO runs (key, slot, kind, why, tries, begun_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (run.key, _text(run.slot), run.kind, run.why, known.tries, _text(known.begun_at)),
            )
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise

    def end(self, known: Done) -> None:
        """Keep how a run ended, in one transaction; what is older than 90 days is forgotten."""
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            db.execute(_SAVE, _row(known))
            db.execute(
                "UPDATE runs SET ended_at = ?, reason = ? WHERE key = ? AND slot = ? AND tries = ?",
                (_text(known.ended_at), known.reason, known.key, _text(known.slot), known.tries),
            )
            db.execute(f"DELETE FROM runs WHERE begun_at < datetime('now', '-{_KEPT_DAYS} days')")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise

    @property
    def _db(self) -> sqlite3.Connection:
        if self._connection is None:
            raise KhoCongError(f"{self.path} is not open for writing")
        return self._connection


_SAVE = (
    "INSERT OR REPLACE INTO portals (key, known_since, slot, begun_at, ended_at, outcome, reason, tries,"
    " failures) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _locked(folder: Path) -> int:
    handle = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
        os.close(handle)
        who = f" (pid {holder})" if holder.isdigit() else ""
        raise ArchiveBusy(f"another khocong schedule{who} runs over {folder}; one is enough") from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")


def _row(known: Done) -> tuple[object, ...]:
    return tuple(_text(value) if isinstance(value, datetime) else value for value in astuple(known))


def _done(row: tuple[str | int | None, ...]) -> Done:
    key, known_since, slot, begun_at, ended_at, outcome, reason, tries, failures = row
    times = [
        datetime.fromisoformat(str(at)) if at is not None else None
        for at in (known_since, slot, begun_at, ended_at)
    ]
    return Done(
        str(key), cast("datetime", times[0]), times[1], times[2], times[3], cast("Outcome", outcome),
        str(reason), int(tries or 0), int(failures or 0),
    )  # fmt: skip
