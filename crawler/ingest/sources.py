"""What a path holds, told by its bytes and not by its name: the records in it, one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.errors import UsageError
from archive.warc.arc import Damage, Foreign
from archive.warc.foreign import records
from crawler.ingest import saved, wacz

_WARC_NAMES = (".warc", ".warc.gz", ".warc.zst", ".arc", ".arc.gz")


@dataclass(frozen=True, slots=True)
class Source:
    """One file to take in. `name` is what provenance says: the file's name, in a WACZ the member's too."""

    path: Path
    kind: str  # warc, wacz, httrack, html
    url: str | None = None
    at: str | None = None

    @property
    def name(self) -> str:
        return self.path.name


def sources_of(path: Path, url: str | None = None, at: str | None = None) -> list[Source]:
    """Return the files a path stands for: itself, or those of a folder. Raises UsageError for none."""
    if not path.exists():
        raise UsageError(f"{path} does not exist")
    if path.is_dir():
        if saved.is_mirror(path):
            return [Source(path, "httrack", url, at)]
        inside = sorted(file for file in path.rglob("*") if file.is_file() and _is_capture(file))
        if not inside:
            raise UsageError(f"{path} holds no WARC, WACZ or ARC file, and is no HTTrack mirror")
        return [source for file in inside for source in sources_of(file)]
    with path.open("rb") as stream:
        start = stream.read(512)
    if start[:4] == b"PK\x03\x04":
        if wacz.is_wacz(path):
            return [Source(path, "wacz")]
        raise UsageError(f"{path} is a ZIP file but no WACZ; unpack it and name the folder")
    if url is not None or start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return [Source(path, "html", url, at)]
    return [Source(path, "warc")]


def _is_capture(file: Path) -> bool:
    return file.name.lower().endswith((*_WARC_NAMES, ".wacz"))


def read(source: Source, folder: Path) -> Iterator[tuple[str, Foreign | Damage]]:
    """Yield (origin, record or damage) of a source; *folder* takes what must be unpacked meanwhile.

    Raises WarcDamaged where nothing in it can be read.
    """
    if source.kind == "wacz":
        yield from wacz.read(source.path, folder)
    elif source.kind == "httrack":
        yield from saved.read_mirror(source.path)
    elif source.kind == "html":
        yield from saved.read_page(source.path, source.url, source.at)
    else:
        for found in records(source.path):
            yield f"warc:{source.name}:{found.offset}", found
