"""A chain of digests over the closed WARC files: whoever changes a byte, or a row of captures, breaks it.

`fixity/manifest.jsonl` has one line a file, in the order they were closed: the file's SHA-256, that of its
rows of `captures`, and that of the line before. With a key (Ed25519, PEM; the environment variable
KHOCONG_SIGNING_KEY names its file) each line is signed, so that nobody without it can make the chain anew.
"""

import base64
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.errors import UsageError
from archive.warc.reader import leads_out
from archive.warc.records import safe_uri

FOLDER = "fixity"
MANIFEST = "manifest.jsonl"
KEY_VARIABLE = "KHOCONG_SIGNING_KEY"
# Closing an archive seals what it made; an archive of older versions is sealed over several closings.
_MOST_BYTES = 8_000_000_000
_CHUNK = 1 << 20
_START = "0" * 64
_ROW = "url, record_id, captured_at, status, payload_digest, origin, warc_offset, warc_length"


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the chain. `line` is what was written.

    `rows_digest` is over the file's captures before byte `rows_end`: a record behind, which a crash left
    without a row, may get one later.
    """

    number: int
    at: str
    file: str
    size_bytes: int
    sha256: str
    captures: int
    rows_end: int
    rows_digest: str
    previous: str
    signature: str
    line: bytes


def seal(
    connection: sqlite3.Connection, folder: Path, *, key: Path | None = None, most_bytes: int = _MOST_BYTES
) -> int:
    """Add a link for each WARC file that has none and is closed; return how many.

    Only the holder of the write lock may call it, when it has no WARC file open. Raises UsageError for a key
    that is none.
    """
    _end_last_line(folder / FOLDER / MANIFEST)
    chain = list(links(folder))
    known = {link.file for link in chain}
    fresh = sorted(
        path for path in (folder / "warc").glob("*.warc*") if path.name not in known and not leads_out(path)
    )
    if not fresh:
        return 0
    sign = _signer(key or _key_named())
    last = hashlib.sha256(chain[-1].line).hexdigest() if chain else _START
    (folder / FOLDER).mkdir(exist_ok=True)
    done = 0
    with (folder / FOLDER / MANIFEST).open("ab") as stream:
        for path in fresh:
            size = path.stat().st_size
            if done and size > most_bytes:
                break
            most_bytes -= size
            captures, end, rows = rows_digest(connection, path.name)
            said: dict[str, Any] = {
                "n": len(chain) + done + 1, "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "file": path.name, "size": size, "sha256": file_digest(path), "captures": captures,
                "rows": rows, "rows_end": end, "previous": last,
            }  # fmt: skip
            if sign is not None:
                said["signature"] = base64.b64encode(sign.sign(_signed(said))).decode()
            line = json.dumps(said, sort_keys=True).encode()
            stream.write(line + b"\n")
            last = hashlib.sha256(line).hexdigest()
            done += 1
        stream.flush()
        os.fsync(stream.fileno())
    return done


def links(folder: Path) -> Iterator[Link]:
    """Yield the links as they are written; one without a `file` for a line that is none.

    A last line that a crash cut short is no link: its file has none, and the next writer makes it.
    """
    try:
        *lines, rest = (folder / FOLDER / MANIFEST).read_bytes().split(b"\n")
    except OSError:
        return
    for line in lines:
        yield _link(line) or Link(0, "", "", 0, "", 0, 0, "", "", "", line)
    last = _link(rest)
    if last is not None:
        yield last


def _link(line: bytes) -> Link | None:
    try:
        said = json.loads(line)
        return Link(
            int(said["n"]), said["at"], said["file"], int(said["size"]), said["sha256"],
            int(said["captures"]), int(said["rows_end"]), said["rows"], said["previous"],
            said.get("signature", ""), line,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return None


def _end_last_line(manifest: Path) -> None:
    """Take away what a crash left of a last line, behind which the next link would be written."""
    try:
        said = manifest.read_bytes()
    except FileNotFoundError:
        return
    _, _, rest = said.rpartition(b"\n")
    if not rest:
        return
    with manifest.open("r+b") as stream:
        if _link(rest) is None:
            stream.truncate(len(said) - len(rest))
        else:
            stream.seek(0, os.SEEK_END)
            stream.write(b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def check_chain(folder: Path, public_key: Path | None = None) -> Iterator[tuple[str, str]]:
    """Yield (place, what is wrong) of the chain itself; *public_key* demands that every link is signed by it.

    Raises UsageError for a key that is none.
    """
    verifier = _verifier(public_key) if public_key is not None else None
    last = _START
    for number, link in enumerate(links(folder), 1):
        place = f"{FOLDER}/{MANIFEST}:{number}"
        if not link.file:
            yield place, "the line cannot be read"
        elif link.number != number or link.previous != last:
            yield place, f"the link of {link.file} does not follow the one before it"
        elif verifier is not None and not _is_signed(link, verifier):
            yield place, f"the link of {link.file} is not signed by {public_key}"
        last = hashlib.sha256(link.line).hexdigest()


def rows_digest(connection: sqlite3.Connection, file: str, before: int = 1 << 62) -> tuple[int, int, str]:
    """Return how many captures stand in a WARC file before a byte, where they end, and their rows' digest."""
    hasher, count, end = hashlib.sha256(), 0, 0
    for row in connection.execute(
        f"SELECT {_ROW} FROM captures WHERE warc_file = ? AND warc_offset < ? ORDER BY warc_offset",
        (file, before),
    ):
        count, end = count + 1, max(end, row[-2] + row[-1])
        said = [safe_uri(row[0]), *row[1:]]  # as the record has it, whatever the row's spelling
        hasher.update(json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    return count, end, hasher.hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    hasher = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()


def _signed(said: dict[str, Any]) -> bytes:
    return json.dumps({k: v for k, v in said.items() if k != "signature"}, sort_keys=True).encode()


def _key_named() -> Path | None:
    named = os.environ.get(KEY_VARIABLE)
    return Path(named) if named else None


def _signer(key: Path | None) -> Any:
    if key is None:
        return None
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        loaded = load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{key} is no private key without a password (PEM): {error}") from error
    if not isinstance(loaded, Ed25519PrivateKey):
        raise UsageError(f"{key} is no Ed25519 key; `openssl genpkey -algorithm ed25519` makes one")
    return loaded


def _verifier(key: Path) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return load_pem_public_key(key.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"{key} is no public key (PEM): {error}") from error


def _is_signed(link: Link, verifier: Any) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        verifier.verify(base64.b64decode(link.signature), _signed(json.loads(link.line)))
    except (InvalidSignature, ValueError):
        return False
    return True
