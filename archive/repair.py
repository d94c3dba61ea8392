"""Damaged WARC files mended from a second copy: whole files, cut ends, single records.

Nothing damaged is thrown away: what stood there is kept in `damaged/` of the archive. What the copy has is
believed only where it is what the archive's own rows, or its chain of digests, say it must be.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from archive import fixity
from archive.database import WARC_FOLDER, ArchiveDatabase
from archive.errors import UsageError, WarcDamaged
from archive.verify import record_findings
from archive.warc.reader import iterate, leads_out

FOLDER = "damaged"
# Offset, length, record id, payload digest, URL and what it revisits, as the table has them.
_Row: TypeAlias = tuple[int, int, str, str, str, str | None]


@dataclass(frozen=True, slots=True)
class Mended:
    """One file that was mended: `how` is "whole file", or "N records"; `left` counts what stays damaged."""

    file: str
    how: str
    left: int = 0


def mend_files(db: ArchiveDatabase | None, folder: Path, copy: Path) -> list[Mended]:
    """Mend the WARC files of *folder* from those of the archive *copy*; the write lock must be held.

    *db* is the archive's own database, None where it cannot be read: then the chain of digests alone says
    which file is whole. Files that are sound are left alone, so that doing it twice changes nothing. Raises
    UsageError where *copy* is no archive.
    """
    source = copy / WARC_FOLDER
    if not source.is_dir() or source.resolve() == (folder / WARC_FOLDER).resolve():
        raise UsageError(
            f"{copy} is no second copy of the archive: it has no {WARC_FOLDER} folder of its own"
        )
    for name in (fixity.FOLDER, "portals"):
        if (copy / name).is_dir() and not (folder / name).exists():
            shutil.copytree(copy / name, folder / name)
    sealed = {link.file: link for link in fixity.links(folder) if link.file}
    mended = []
    for path in sorted(source.glob("*.warc*")):
        own = folder / WARC_FOLDER / path.name
        link, rows = sealed.get(path.name), _rows(db, path.name)
        if _is_sound(own, link, rows):
            continue
        if not own.exists() or _is_sound(path, link, rows):
            if own.exists() and link is None and path.stat().st_size < own.stat().st_size:
                continue  # the copy is older, and nothing says that ours is wrong behind its end
            _replace(folder, own, None, path)
            mended.append(Mended(path.name, "whole file"))
        elif rows and (found := _mend_records(folder, own, path, rows)) is not None:
            mended.append(found)
    return mended


def unsound_files(folder: Path) -> list[str]:
    """Return the WARC files that are not what the chain of digests says or, without a link, do not parse."""
    sealed = {link.file: link for link in fixity.links(folder) if link.file}
    names = sorted({path.name for path in (folder / WARC_FOLDER).glob("*.warc*")} | set(sealed))
    return [name for name in names if not _is_whole(folder / WARC_FOLDER / name, sealed.get(name))]


def _is_whole(path: Path, link: fixity.Link | None) -> bool:
    if link is not None:
        return _is_sound(path, link, [])
    try:
        return all(record.digest_matches() for record in iterate(path))
    except WarcDamaged:
        return False


def _rows(db: ArchiveDatabase | None, name: str) -> list[_Row]:
    if db is None:
        return []
    try:
        return db.execute(
            "SELECT warc_offset, warc_length, record_id, payload_digest, url, revisit_of FROM captures"
            " WHERE warc_file = ? ORDER BY warc_offset",
            [name],
        ).fetchall()
    except sqlite3.DatabaseError:
        return []


def _is_sound(path: Path, link: fixity.Link | None, rows: list[_Row]) -> bool:
    if not path.is_file() or leads_out(path):
        return False
    if link is not None:
        return path.stat().st_size == link.size_bytes and fixity.file_digest(path) == link.sha256
    return bool(rows) and not any(_bad(path, rows))


def _bad(path: Path, rows: list[_Row]) -> Iterator[int]:
    """Yield the places in *rows* whose record in *path* is not what the row says."""
    for place, row in enumerate(rows):
        if next(record_findings(path, *row), None) is not None:
            yield place


def _mend_records(folder: Path, own: Path, copy: Path, rows: list[_Row]) -> Mended | None:
    """Put the copy's bytes in the place of each record of ours that is damaged, where the copy's is sound."""
    bad = list(_bad(own, rows))
    wrong_in_copy = set(_bad(copy, [rows[place] for place in bad]))
    good = [rows[place] for number, place in enumerate(bad) if number not in wrong_in_copy]
    if not good:
        return None
    data = bytearray(own.read_bytes())
    theirs = copy.read_bytes()
    for offset, length, *_ in good:
        end = offset + length
        if len(data) < end:
            # Our file was cut: what the copy has between is as good as anything.
            data.extend(theirs[len(data) : end])
        data[offset:end] = theirs[offset:end]
    _replace(folder, own, bytes(data), None)
    return Mended(own.name, f"{len(good)} records", left=len(bad) - len(good))


def _replace(folder: Path, own: Path, data: bytes | None, copy: Path | None) -> None:
    """Put bytes, or a copy's file, in the place of ours; ours goes to `damaged/`."""
    part = own.with_name(f"{own.name}.mending")
    if copy is not None:
        shutil.copyfile(copy, part)
    elif data is not None:
        part.write_bytes(data)
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    if own.exists():
        (folder / FOLDER).mkdir(exist_ok=True)
        own.rename(folder / FOLDER / f"{own.name}.{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    part.rename(own)
