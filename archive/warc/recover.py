"""Start-up after a crash: cut torn WARC tails, and name the whole records that no row knows (I1)."""

import os
import zlib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import BinaryIO

from archive.errors import CaptureError, WarcDamaged
from archive.warc.reader import Record, leads_out, read_record

TORN_FOLDER = "torn"
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Orphan:
    """A whole response record without a row: bytes that may be adopted instead of fetched again."""

    file: str
    offset: int
    length: int
    record_id: str
    url: str
    captured_at: str
    status: int


@dataclass(frozen=True, slots=True)
class Recovery:
    """What start-up found. `torn` are the files the tails were moved to; `short` names files that end
    before a row says they do, which no crash of ours causes: `khocong verify` tells which rows.
    """

    orphans: tuple[Orphan, ...] = ()
    torn: tuple[str, ...] = ()
    short: tuple[str, ...] = ()


def recover(
    directory: Path, known_ends: Mapping[str, int], recent: Mapping[str, Set[int]] | None = None
) -> Recovery:
    """Make every `*.warc.gz` of *directory* end with a whole record. Only the lock's holder may call it.

    *known_ends* says for each file where the last record with a row ends: reading starts there, so that
    the cost is that of the tails alone. *recent* has the offsets of the last records with a row, of files a
    crash may have left others between: pages that are read side by side are not recorded in the order they
    came. The bytes of a torn tail are kept in `torn/`, never thrown away. Running it twice changes nothing
    the second time. Raises CaptureError when a tail cannot be moved.
    """
    orphans: list[Orphan] = []
    torn: list[str] = []
    short: list[str] = []
    for path in sorted(directory.glob("*.warc.gz")):
        if leads_out(path):
            continue  # what it points to is nobody's torn tail: `khocong verify` names it
        start = known_ends.get(path.name, 0)
        size = path.stat().st_size
        if size < start:
            short.append(path.name)
            continue
        if known := (recent or {}).get(path.name):
            _, found = _whole_records(path, min(known), before=start)
            orphans += [one for one in found if one.offset not in known]
        if size == start:
            continue
        end, found = _whole_records(path, start)
        orphans += found
        if end < size:
            torn.append(_cut(path, end))
    short += sorted(name for name in known_ends if not (directory / name).exists())
    return Recovery(tuple(orphans), tuple(torn), tuple(short))


def _whole_records(path: Path, start: int, before: float = inf) -> tuple[int, list[Orphan]]:
    """Return where the last whole record after *start* ends, and the responses among them.

    Only records that begin *before* an offset are looked at.
    """
    found: list[Orphan] = []
    with path.open("rb") as stream:
        while start < before:
            end = _member_end(stream, start)
            if end is None:
                return start, found
            try:
                record = read_record(path, start)
            except WarcDamaged:
                return start, found
            if not record.digest_matches():
                return start, found
            if record.type in ("response", "revisit") and record.status is not None:
                found.append(_orphan(record, start, end - start))
            start = end
    return start, found


def _member_end(stream: BinaryIO, start: int) -> int | None:
    """Return where the gzip member at *start* ends, or None when it is not whole (or not there)."""
    stream.seek(start)
    unpacker = zlib.decompressobj(31)
    position = start
    try:
        while chunk := stream.read(_CHUNK):
            position += len(chunk)
            unpacker.decompress(chunk)
            if unpacker.eof:
                return position - len(unpacker.unused_data)
    except zlib.error:
        return None
    return None


def _orphan(record: Record, offset: int, length: int) -> Orphan:
    status = record.status if record.status is not None else 0
    return Orphan(record.file, offset, length, record.record_id, record.url, record.date, status)


def _cut(path: Path, end: int) -> str:
    """Move what follows *end* into `torn/` and cut it off; a file with nothing whole moves entirely."""
    folder = path.parent / TORN_FOLDER
    target = folder / f"{path.name}.{end}"
    try:
        folder.mkdir(exist_ok=True)
        with path.open("r+b") as stream:
            stream.seek(end)
            with target.open("wb") as copy:
                while chunk := stream.read(_CHUNK):
                    copy.write(chunk)
                copy.flush()
                os.fsync(copy.fileno())
            stream.truncate(end)
            os.fsync(stream.fileno())
        if end == 0:
            path.unlink()
    except OSError as error:
        raise CaptureError(f"cannot move the torn end of {path} aside: {error}; free some space") from error
    return f"{TORN_FOLDER}/{target.name}"
