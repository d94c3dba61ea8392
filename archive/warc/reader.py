"""WARC files in, records out: ours and other tools' (gzip or plain, 1.0 and 1.1, `<uri>` in brackets)."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from archive.digests import payload_digest
from archive.errors import WarcDamaged
from archive.warc.http import unchunk

# A gzip bomb of 10 kB holds 10 MB; no page of a portal has come near this.
MAX_BODY_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One WARC record. `payload` is as stored: the HTTP body with content-encoding still on.

    `status` is None where there is no HTTP response; `length` counts compressed bytes in the file and is
    0 when the record was read alone. `headers` are the HTTP headers, `warc_headers` the record's own.
    """

    file: str
    offset: int
    length: int
    type: str
    record_id: str
    url: str
    date: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    warc_headers: tuple[tuple[str, str], ...]
    payload: bytes
    payload_digest: str | None

    def header(self, name: str) -> str | None:
        """Return the first HTTP header called *name*, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def warc_header(self, name: str) -> str | None:
        """Return the first WARC header called *name*, in any case."""
        return next((value for key, value in self.warc_headers if key.lower() == name.lower()), None)

    def body(self, max_bytes: int = MAX_BODY_BYTES) -> bytes:
        """Return the payload with chunks and content-encoding undone, cut at *max_bytes*.

        Records of ours stand without chunks; those copied from other tools' files may have them.

        Raises WarcDamaged for an encoding that is unknown or does not fit the bytes.
        """
        chunked = "chunked" in (self.header("Transfer-Encoding") or "").lower()
        payload = unchunk(self.payload) if chunked else self.payload
        return decode_body(payload, self.header("Content-Encoding") or "", max_bytes)

    def digest_matches(self) -> bool:
        """Say whether the payload is what its own digest says; a revisit carries none to compare."""
        if self.type == "revisit" or self.payload_digest is None:
            return True
        return payload_digest(self.payload) == self.payload_digest


def file_in(directory: Path, name: str) -> Path:
    """Return where the WARC file *name* of an archive stands. Raises WarcDamaged for a name that is a path:

    rows may be a stranger's, and theirs could name any file of this machine.
    """
    if name in ("", ".", "..") or Path(name).name != name or "\0" in name:
        raise WarcDamaged(f"{name!r} is no name of a WARC file in {directory}")
    path = directory / name
    if leads_out(path):
        raise WarcDamaged(
            f"{path} is a symbolic link that leads out of its folder; put the file itself there"
        )
    return path


def leads_out(path: Path) -> bool:
    """Say whether a file of a WARC folder is a symbolic link to a place outside that folder.

    The folder itself may be a link to a larger disk: that is its owner's doing, and where it leads is inside.
    """
    return path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve())


def read_record(path: Path, offset: int) -> Record:
    """Return the record that begins at byte *offset*. Raises WarcDamaged when none does."""
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            iterator = ArchiveIterator(stream)
            record = next(iterator, None)
            if record is None:
                raise WarcDamaged(f"no WARC record at {path}:{offset}: the file ends there")
            return replace(_read(record, path.name), offset=offset)
    except FileNotFoundError as error:
        raise WarcDamaged(f"{path} is missing; put it back from a copy") from error
    except (ArchiveLoadFailed, EOFError, OSError, ValueError, zlib.error) as error:
        raise WarcDamaged(f"no WARC record at {path}:{offset}: {_first_line(error)}") from error


def iterate(path: Path) -> Iterator[Record]:
    """Yield every record of a file in order. Raises WarcDamaged, with the offset, where it breaks off."""
    offset = 0
    try:
        with path.open("rb") as stream:
            iterator = ArchiveIterator(stream)
            for record in iterator:
                content = _read(record, path.name)
                offset, length = iterator.get_record_offset(), iterator.get_record_length()
                yield replace(content, offset=offset, length=length)
                offset += length
    except FileNotFoundError as error:
        raise WarcDamaged(f"{path} is missing; put it back from a copy") from error
    except (ArchiveLoadFailed, EOFError, OSError, ValueError, zlib.error) as error:
        raise WarcDamaged(f"no WARC record at {path}:{offset}: {_first_line(error)}") from error


def rendering_of(path: Path, offset: int, record_id: str) -> Record | None:
    """Return the document a browser made of the response *record_id* at *offset*, None where there is none.

    It stands behind the response and its request, where `WarcWriter.write_exchange` put it.
    """
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            for record in islice(ArchiveIterator(stream), 3):
                if record.rec_type == "resource":
                    found = _read(record, path.name)
                    return (
                        found if (found.warc_header("WARC-Concurrent-To") or "")[1:-1] == record_id else None
                    )
    except (ArchiveLoadFailed, EOFError, OSError, ValueError, zlib.error):
        return None  # a crash cut the end of the file: the response stands without it
    return None


def read_rendered(path: Path, offset: int) -> Record:
    """Return the record at *offset* as a page is read: what a browser made of it, where there is that.

    Raises WarcDamaged as `read_record`.
    """
    record = read_record(path, offset)
    made = rendering_of(path, offset, record.record_id)
    if made is None:
        return record
    return replace(record, payload=made.payload, headers=(("Content-Type", "text/html; charset=utf-8"),))


def decode_body(payload: bytes, encoding: str, max_bytes: int = MAX_BODY_BYTES) -> bytes:
    """Undo a Content-Encoding (gzip, deflate, br and zstd where their modules are installed)."""
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name in ("", "identity") or not payload:
            continue
        if name in ("gzip", "x-gzip"):
            payload = _inflate(payload, 31, max_bytes)
        elif name == "deflate":
            # RFC 9110 means zlib; servers also send bare deflate.
            bare = len(payload) < 2 or payload[0] & 0x0F != 8 or int.from_bytes(payload[:2], "big") % 31
            payload = _inflate(payload, -15 if bare else 15, max_bytes)
        else:
            payload = _unpack_optional(name, payload, max_bytes)
    return payload


def _inflate(data: bytes, wbits: int, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    left = max_bytes
    try:
        while data and left > 0:
            unpacker = zlib.decompressobj(wbits)
            part = unpacker.decompress(data, left)
            parts.append(part)
            left -= len(part)
            data = unpacker.unused_data if unpacker.eof and wbits == 31 else b""
    except zlib.error as error:
        # Servers pad gzip with zeros and cut it short: what was readable counts.
        if not parts:
            raise WarcDamaged(f"the body is not what Content-Encoding says: {error}") from error
    return b"".join(parts)


def _unpack_optional(name: str, payload: bytes, max_bytes: int) -> bytes:
    try:
        if name == "br":
            import brotli  # type: ignore[import-untyped]  # optional, and without types

            # Only brotli 1.2 can be told to stop: older ones unpack 300 bytes to 1 GB, and are not used.
            return bytes(brotli.Decompressor().process(payload, output_buffer_limit=max_bytes))[:max_bytes]
        if name == "zstd":
            import zstandard

            with zstandard.ZstdDecompressor().stream_reader(payload) as reader:
                return bytes(reader.read(max_bytes))
    except ImportError as error:
        raise WarcDamaged(f"Content-Encoding {name} needs a module that is not installed") from error
    except Exception as error:  # both modules raise bare classes of their own
        raise WarcDamaged(f"the body is not what Content-Encoding says: {error}") from error
    raise WarcDamaged(f"unknown Content-Encoding {name[:40]!r}")


def _read(record: Any, file: str) -> Record:
    own = record.rec_headers
    http = record.http_headers
    status: int | None = None
    if http is not None and record.rec_type in ("response", "revisit"):
        code = (http.get_statuscode() or "")[:3]
        status = int(code) if code and code.isascii() and code.isdigit() else None
    return Record(
        file=file,
        offset=0,
        length=0,
        type=record.rec_type,
        record_id=(own.get_header("WARC-Record-ID") or "").strip("<> "),
        # wget writes the URL in angle brackets.
        url=(own.get_header("WARC-Target-URI") or "").strip("<> "),
        date=own.get_header("WARC-Date") or "",
        status=status,
        headers=tuple(http.headers) if http is not None else (),
        warc_headers=tuple(own.headers),
        payload=record.raw_stream.read(),
        payload_digest=own.get_header("WARC-Payload-Digest"),
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
