"""Lists of captures that stand elsewhere: CDX of the Wayback Machine, Common Crawl's index, a WARC's own.

A list is read line by line, whatever its form; what it names is then read from the WARC beside it, or asked
for at the service that keeps it (`crawler.ingest.services`).
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.errors import UsageError, WarcDamaged
from archive.warc.arc import Damage, Foreign
from archive.warc.foreign import record_at

# The letters of a CDX header line that are of use here; without one, the seven fields of the Wayback's API.
_LETTERS = {"a": "url", "b": "timestamp", "m": "mime", "s": "status", "k": "digest", "V": "offset",
            "v": "offset", "S": "length", "g": "filename"}  # fmt: skip
_WAYBACK = ("urlkey", "timestamp", "url", "mime", "status", "digest", "length")
_ELEVEN = (
    "urlkey", "timestamp", "url", "mime", "status", "digest", "redirect", "meta", "length",
    "offset", "filename",
)  # fmt: skip
_MOST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Listed:
    """One capture of a list. `timestamp` has 14 digits (UTC); `filename` is "" where the list names none."""

    url: str
    timestamp: str
    status: str = "-"
    mime: str = ""
    digest: str = ""
    filename: str = ""
    offset: int = -1
    length: int = 0


def listed(path: Path) -> Iterator[Listed | Damage]:
    """Yield what a list names, in its order; a line that cannot be read is damage. Raises UsageError for a
    file that is no list of captures at all."""
    names: tuple[str, ...] = ()
    found = position = 0
    with path.open("rb") as start:
        packed = start.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as stream:
        while line := stream.readline(_MOST_LINE):
            place, position = position, position + len(line)
            text = line.decode("utf-8", "replace").strip()
            if text.startswith("CDX ") and not found:
                names = tuple(_LETTERS.get(letter, letter) for letter in text.split()[1:])
                continue
            if not text or text.startswith("!"):
                continue
            one = _read(text, names)
            if one is None:
                yield Damage(place, len(line), f"no line of a list of captures: {text[:80]}")
            else:
                yield one
            found += 1


def _read(text: str, names: tuple[str, ...]) -> Listed | None:
    start = text.find("{")
    said: dict[str, str]
    if text.endswith("}") and start >= 0:
        try:
            said = {str(name): str(value) for name, value in json.loads(text[start:]).items()}
        except (ValueError, AttributeError):
            return None
        head = text[:start].split()
        if len(head) >= 2:
            said.setdefault("timestamp", head[1])
    else:
        fields = text.split()
        order = names or (_ELEVEN if len(fields) >= len(_ELEVEN) else _WAYBACK)
        said = dict(zip(order, fields, strict=False))
    url, at = said.get("url", ""), said.get("timestamp", "")
    if not url.lower().startswith(("http://", "https://")) or not at.isdigit() or not 4 <= len(at) <= 14:
        return None
    offset, length = said.get("offset", ""), said.get("length", "")
    return Listed(
        url, at, said.get("status", "-"), said.get("mime", said.get("mimetype", "")),
        said.get("digest", "").removeprefix("sha1:"), said.get("filename", ""),
        int(offset) if offset.isdigit() else -1, int(length) if length.isdigit() else 0,
    )  # fmt: skip


def local_file(one: Listed, index: Path) -> Path | None:
    """Return the WARC a line points into, where it lies beside the list (or in `archive/` or `warc/`)."""
    if not one.filename or one.offset < 0:
        return None
    name = Path(one.filename).name
    for folder in (
        index.parent,
        index.parent / "archive",
        index.parent / "warc",
        index.parent.parent / "archive",
    ):
        if (folder / name).is_file():
            return folder / name
    return None


def read_local(one: Listed, path: Path) -> Foreign | Damage:
    """Return the record a line points to in a WARC of this machine."""
    try:
        return record_at(path, one.offset)
    except (WarcDamaged, OSError) as error:
        return Damage(one.offset, one.length, str(error)[:300])


def check_list(path: Path) -> None:
    """Raise UsageError where none of the first lines is one of a list of captures."""
    for number, one in enumerate(listed(path)):
        if isinstance(one, Listed):
            return
        if number > 20:
            break
    raise UsageError(f"{path} is no list of captures (CDX, CDXJ, or JSON lines of an index)")
