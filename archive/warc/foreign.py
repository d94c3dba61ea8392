"""WARC and ARC files of other tools in, their records out: what is damaged is named and passed over.

Read: WARC 1.0 and 1.1 and ARC; plain, gzip (a member a record, or the whole file as one) and zstd (with or
without a dictionary in front). wget writes the URL in angle brackets; Heritrix and wget keep the chunks of
`Transfer-Encoding: chunked` in the block. The block is given as it stands in the file.

Not read with warcio, which prints what zlib complains of and then goes on as if the file had ended; only
ARC, which nobody writes any more, is.
"""

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from archive.errors import WarcDamaged
from archive.warc.arc import Damage, Foreign, arc_records
from archive.warc.zstd import ZSTD_STARTS, open_zstd

# A record over this is a video or a lie; it is named, and its bytes stay in the file they came in.
MAX_BLOCK_BYTES = 300 * 1024 * 1024
_MAX_HEAD_BYTES = 256 * 1024
_CHUNK = 1 << 20
# What is read beyond a member is read again for the next one.
_PIECE = 1 << 14
_GZIP = b"\x1f\x8b\x08"
_ARC = (b"filedesc:",)
_VERSION = re.compile(rb"WARC/\d\.\d+\r*\n")
_PLAIN_START = re.compile(rb"(?:^|\n)(WARC/\d\.\d+\r*\n)")
_HEAD_END = re.compile(rb"\r?\n\r?\n")


class Broken(Exception):
    """No whole record stands where one should begin. `record` is what could be read of it, if anything."""

    def __init__(self, detail: str, record: Foreign | None = None) -> None:
        super().__init__(detail)
        self.record = record


def records(path: Path) -> Iterator[Foreign | Damage]:
    """Yield every record of a file in order, and what lies between them as damage; never ends early.

    Raises WarcDamaged where the file cannot be opened, or is no WARC or ARC at all.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(16)
    except OSError as error:
        raise WarcDamaged(f"{path} cannot be read: {error.strerror or error}") from error
    if not size:
        raise WarcDamaged(f"{path} is empty")
    if start[:4] in ZSTD_STARTS:
        with open_zstd(path) as whole:
            yield from _as_one(whole, path)
        return
    packed = start[:3] == _GZIP
    first = _first_bytes(path) if packed else start
    if first.startswith(_ARC):
        yield from arc_records(path)
    elif packed and _is_one_member(path):
        with gzip.open(path) as whole:
            yield from _as_one(io.BufferedReader(whole), path)
    else:
        yield from _one_by_one(path, size, packed=packed)


def record_at(path: Path, offset: int) -> Foreign:
    """Return the one record at byte *offset* of a WARC. Raises WarcDamaged where none can be read there."""
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP[:2]
        stream.seek(offset)
        try:
            record = _read_member(stream, offset) if packed else _read_plain(stream, offset)
        except Broken as error:
            raise WarcDamaged(f"{path}:{offset}: {error}") from error
    if record is None:
        raise WarcDamaged(f"{path}:{offset}: the file ends there")
    return record


def _one_by_one(path: Path, size: int, *, packed: bool) -> Iterator[Foreign | Damage]:
    position, found = 0, False
    with path.open("rb") as stream:
        while position < size:
            stream.seek(position)
            try:
                record = _read_member(stream, position) if packed else _read_plain(stream, position)
            except Broken as error:
                following = _next_start(stream, position + 1, packed=packed)
                if following is None and not found and error.record is None:
                    raise WarcDamaged(f"{path} is no WARC or ARC file: {error}") from error
                if error.record is not None:
                    found = True
                    yield error.record
                end = size if following is None else following
                yield Damage(position, end - position, str(error))
                position = end
                continue
            if record is None:
                return
            found = True
            yield record
            position = record.offset + record.length


def _as_one(stream: IO[bytes], path: Path) -> Iterator[Foreign | Damage]:
    """Read a file that is compressed as one: where it breaks, nothing behind can be reached."""
    position = 0
    try:
        while (record := _read_plain(stream, position)) is not None:
            yield record
            position += record.length
    except (Broken, OSError, EOFError, zlib.error) as error:
        if not position:
            raise WarcDamaged(f"{path} is no WARC file: {_first_line(error)}") from error
        if isinstance(error, Broken) and error.record is not None:
            yield error.record
        yield Damage(position, 0, f"{_first_line(error)}; the rest of the file cannot be reached")


def _read_plain(stream: IO[bytes], offset: int) -> Foreign | None:
    """Return the record that begins where the stream stands, None at its end; raises Broken."""
    lines: list[bytes] = []
    used = 0
    while line := stream.readline(_MAX_HEAD_BYTES):
        used += len(line)
        if not lines and not line.strip():
            continue  # the two empty lines that end a record
        if not lines and not _VERSION.match(line):
            raise Broken(f"no WARC record begins here but {line[:40]!r}")
        if lines and not line.strip():
            break
        lines.append(line)
        if used > _MAX_HEAD_BYTES:
            raise Broken("a record's head without an end")
    if not lines:
        return None
    headers = _headers(b"".join(lines))
    announced = _length(headers)
    block = _read_exactly(stream, announced)
    used += len(block)
    if len(block) < announced:
        record = Foreign(headers, block, offset, used, cut=True)
        raise Broken(f"the file ends {announced - len(block)} bytes before the record does", record)
    return Foreign(headers, block, offset, used)


def _read_member(stream: IO[bytes], offset: int) -> Foreign | None:
    """Return the record in the gzip member that begins at *offset*; raises Broken."""
    data, end, why = _unpack(stream, offset)
    if not data.strip() and not why:
        return None if end <= offset else Foreign((), b"", offset, end - offset)  # some tools end with these
    head_end = _HEAD_END.search(data, 0, _MAX_HEAD_BYTES)
    if not _VERSION.match(data) or head_end is None:
        raise Broken(why or f"no WARC record begins here but {data[:40]!r}")
    headers = _headers(data[: head_end.start()])
    announced = _length(headers)
    block = data[head_end.end() : head_end.end() + announced]
    record = Foreign(headers, block, offset, end - offset, cut=bool(why) or len(block) < announced)
    if record.cut:
        raise Broken(why or f"{announced - len(block)} bytes of the block are missing", record)
    return record


def _unpack(stream: IO[bytes], offset: int) -> tuple[bytes, int, str]:
    """Return the bytes of a gzip member, where it ends, and what is wrong with it ("" if nothing)."""
    unpacker = zlib.decompressobj(31)
    parts: list[bytes] = []
    total, position = 0, offset
    try:
        while not unpacker.eof and (data := stream.read(_PIECE)):
            position += len(data)
            part = unpacker.decompress(data, MAX_BLOCK_BYTES + _MAX_HEAD_BYTES)
            parts.append(part)
            total += len(part)
            if total > MAX_BLOCK_BYTES or unpacker.unconsumed_tail:
                raise Broken(f"a record of more than {MAX_BLOCK_BYTES >> 20} MB")
    except zlib.error as error:
        return _salvage(stream, offset, position), position, _first_line(error)
    why = "" if unpacker.eof or position == offset else "the file ends inside the record"
    return b"".join(parts), position - len(unpacker.unused_data), why


def _salvage(stream: IO[bytes], start: int, end: int) -> bytes:
    """Return what can be unpacked before the damage: in small steps, as zlib keeps nothing of the last."""
    stream.seek(start)
    unpacker = zlib.decompressobj(31)
    parts: list[bytes] = []
    try:
        for _ in range(start, end, 64):
            parts.append(unpacker.decompress(stream.read(64), MAX_BLOCK_BYTES))
    except zlib.error:
        pass
    return b"".join(parts)


def _headers(head: bytes) -> tuple[tuple[str, str], ...]:
    lines: list[str] = []
    for line in head.decode("utf-8", "replace").splitlines()[1:]:
        if line[:1] in " \t" and lines:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    pairs = [line.partition(":") for line in lines]
    return tuple((name.strip(), value.strip()) for name, colon, value in pairs if colon)


def _length(headers: tuple[tuple[str, str], ...]) -> int:
    word = next((value for name, value in headers if name.lower() == "content-length"), "")
    if not (word.isascii() and word.isdigit()):
        raise Broken(f"a record without a length ({word[:20]!r})")
    # Python refuses to read a number of 5,000 digits, which is one way to say that it is too large.
    if len(word.lstrip("0")) > 15 or int(word) > MAX_BLOCK_BYTES:
        raise Broken(f"a record of {word[:20]} bytes, more than {MAX_BLOCK_BYTES >> 20} MB")
    return int(word[-15:])


def _read_exactly(stream: IO[bytes], size: int) -> bytes:
    parts: list[bytes] = []
    left = size
    while left and (data := stream.read(min(left, _CHUNK))):
        parts.append(data)
        left -= len(data)
    return b"".join(parts)


def _next_start(stream: IO[bytes], start: int, *, packed: bool) -> int | None:
    """Return where the next record begins at or after *start*; None at the end of the file."""
    position = start
    while True:
        stream.seek(position)
        data = stream.read(_CHUNK)
        at = 0
        while packed and (at := data.find(_GZIP, at)) >= 0:
            if _begins_record(stream, position + at):
                return position + at
            at += 1
        if not packed and (hit := _PLAIN_START.search(data)):
            return position + hit.start(1)
        if len(data) < _CHUNK:
            return None
        position += len(data) - 16  # a beginning may lie across the cut


def _begins_record(stream: IO[bytes], offset: int) -> bool:
    stream.seek(offset)
    try:
        return zlib.decompressobj(31).decompress(stream.read(512), 5) == b"WARC/"
    except zlib.error:
        return False


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        try:
            return zlib.decompressobj(31).decompress(stream.read(4096), 64)
        except zlib.error:
            return b""


def _is_one_member(path: Path) -> bool:
    """Say whether the first gzip member holds more than one record: the file is compressed as a whole."""
    unpacker = zlib.decompressobj(31)
    data = b""
    with path.open("rb") as stream:
        try:
            while len(data) < 8 * _CHUNK and not unpacker.eof and (chunk := stream.read(1 << 14)):
                data += unpacker.decompress(chunk, _CHUNK)
        except zlib.error:
            return False
    end = _HEAD_END.search(data, 0, _MAX_HEAD_BYTES)
    if end is None or not _VERSION.match(data):
        return False
    try:
        announced = _length(_headers(data[: end.start()]))
    except Broken:
        return False
    return _VERSION.match(data[end.end() + announced :].lstrip(b"\r\n")) is not None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


__all__ = ["MAX_BLOCK_BYTES", "Damage", "Foreign", "records"]
