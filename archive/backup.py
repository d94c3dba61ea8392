"""A consistent copy of an archive folder, also while a crawl writes it."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from archive import premis
from archive.database import DATABASE_NAME, WARC_FOLDER, open_archive
from archive.errors import ArchiveDamaged, UsageError
from archive.software import SOFTWARE
from archive.warc.reader import leads_out
from archive.warc.recover import TORN_FOLDER

_CHUNK = 1 << 20
_PAGES = 2_000
# What belongs to one machine or one run, not to the archive.
_LEFT_OUT = {DATABASE_NAME, f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm", WARC_FOLDER, "lock", "backups",
              premis.PENDING, f"{premis.PENDING}.taken",
              "schedule.db", "schedule.db-journal", "schedule.lock", "turns.lock"}  # fmt: skip
# Small files that a rebuild and a check of fixity need.
_FOLDERS = {"portals", "fixity"}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Copied:
    """What a backup did: bytes written, WARC files copied or continued, and those that were whole already.

    `files_replaced` were there and not what the archive has: damaged, or of another archive.
    """

    database_bytes: int
    warc_bytes: int
    files_copied: int
    files_known: int
    files_replaced: int = 0


def back_up(archive: Path, target: Path, progress: Progress = lambda *_: None) -> Copied:
    """Copy the archive into the folder *target*, which may hold an earlier copy: only what is new is written.

    The database is copied first, then the WARC files, so that every row of the copy has its bytes (I1).
    WARC files only grow: a copy is continued where it ends, after what is there was compared byte for byte;
    one that is no beginning is put aside, into `torn/`, and made anew. Raises UsageError for a target that is
    no backup, ArchiveDamaged where the copy of the database is not whole or a WARC file is a link to
    elsewhere, OSError as it comes.
    """
    _check_target(archive, target)
    for path in filter(leads_out, (archive / WARC_FOLDER).rglob("*")):
        raise ArchiveDamaged(
            f"{path} is a symbolic link that leads out of its folder; put the file itself there"
        )
    target.mkdir(parents=True, exist_ok=True)
    # Before the database: the chain tells of closed files, whose rows a database copied earlier may lack.
    for name in _FOLDERS:
        shutil.rmtree(target / f"{name}.part", ignore_errors=True)
        if (archive / name).is_dir():
            shutil.copytree(archive / name, target / f"{name}.part")
    size = _copy_database(archive, target, progress)
    written = copied = known = replaced = 0
    (target / WARC_FOLDER).mkdir(exist_ok=True)
    files = sorted(path for path in (archive / WARC_FOLDER).rglob("*") if path.is_file())
    for number, path in enumerate(files):
        progress("WARC files", number, len(files))
        copy = target / WARC_FOLDER / path.relative_to(archive / WARC_FOLDER)
        replaced += _put_aside(path, copy)
        done = continue_copy(path, copy)
        written += done
        copied, known = (copied + 1, known) if done else (copied, known + 1)
    for path in sorted(archive.iterdir()):
        if path.name not in _LEFT_OUT and path.is_file():
            shutil.copy2(path, target / path.name)
    for name in _FOLDERS:
        if (target / f"{name}.part").is_dir():
            shutil.copytree(target / f"{name}.part", target / name, dirs_exist_ok=True)
            shutil.rmtree(target / f"{name}.part")
    detail = f"{size} bytes of database and {written} of WARC files to {target}"
    premis.tell(archive, "replication", "success", detail, SOFTWARE)
    return Copied(size, written, copied, known, replaced)


def _put_aside(source: Path, copy: Path) -> bool:
    """Move an earlier *copy* that is no beginning of *source* out of its way; say whether it was none."""
    if not copy.exists() or (copy.stat().st_size <= source.stat().st_size and begins(copy, source)):
        return False
    folder = copy.parent / TORN_FOLDER
    folder.mkdir(exist_ok=True)
    number = sum(1 for _ in folder.glob(f"{copy.name}.replaced*"))
    copy.rename(folder / f"{copy.name}.replaced-{number + 1}")
    return True


def begins(part: Path, whole: Path) -> bool:
    """Say whether *whole* begins with all bytes of *part*."""
    with part.open("rb") as one, whole.open("rb") as other:
        while data := one.read(_CHUNK):
            if other.read(len(data)) != data:
                return False
    return True


def continue_copy(source: Path, target: Path) -> int:
    """Make *target*, with which *source* `begins` where it exists, whole; return how many bytes came."""
    target.parent.mkdir(parents=True, exist_ok=True)
    start = target.stat().st_size if target.exists() else 0
    if start == source.stat().st_size and target.exists():
        return 0
    with source.open("rb") as reader, target.open("ab") as writer:
        reader.seek(start)
        shutil.copyfileobj(reader, writer, _CHUNK)
        writer.flush()
        os.fsync(writer.fileno())
        return writer.tell() - start


def _copy_database(archive: Path, target: Path, progress: Progress) -> int:
    part = target / f"{DATABASE_NAME}.part"
    part.unlink(missing_ok=True)
    with open_archive(archive, write=False) as db, closing(sqlite3.connect(part)) as copy:
        db.conn.backup(
            copy,
            pages=_PAGES,
            progress=lambda _status, left, total: progress("database pages", total - left, total),
        )
        (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise ArchiveDamaged(
                f"the copy of {archive / DATABASE_NAME} is damaged: {found}; run khocong verify"
            )
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    part.replace(target / DATABASE_NAME)
    return (target / DATABASE_NAME).stat().st_size


def _check_target(archive: Path, target: Path) -> None:
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is a file; name a folder for the copy")
    if target.exists() and any(target.iterdir()) and not (target / DATABASE_NAME).exists():
        names = {path.name for path in target.iterdir()}
        begun = {f"{name}.part" for name in (DATABASE_NAME, *_FOLDERS)}
        if not names <= {*begun, WARC_FOLDER, *_FOLDERS}:
            raise UsageError(f"{target} holds something that is no copy of an archive; name an empty folder")
    inner, outer = target.resolve(), archive.resolve()
    if inner == outer or outer in inner.parents:
        raise UsageError(f"{target} lies in the archive itself; name a folder outside it")
