"""Pages without HTTP: files a browser saved, and mirrors that HTTrack made.

HTTrack rewrites the links of what it saves and says in a comment where each page came from; where its cache
(`hts-cache/new.zip`) is kept, the bytes as received stand there and are taken instead.
"""

import re
import struct
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from archive.errors import UsageError, WarcDamaged
from archive.warc.arc import Damage, Foreign
from archive.warc.copying import resource_record

_MAX_FILE_BYTES = 64 << 20
# <!-- Mirrored from www.example.gov.vn/tin/1.html by HTTrack Website Copier/3.x [XR&CO'2014], Mon, … GMT -->
_MIRRORED = re.compile(
    rb"<!-- Mirrored from (\S{1,2000}) by HTTrack[^,>]{0,100},\s{0,5}([^>]{10,60}?)\s{0,5}-->", re.IGNORECASE
)
# Browsers' "save page as": <!-- saved from url=(0042)http://example.gov.vn/ -->
_SAVED = re.compile(rb"<!-- saved from url=\(\d{4}\)(\S{1,2000}) -->", re.IGNORECASE)
_CACHES = ("new.zip", "old.zip")
_PAGES = (".html", ".htm", ".aspx", ".php", ".asp", ".shtml", ".xhtml")


def is_mirror(folder: Path) -> bool:
    """Say whether a folder is what HTTrack leaves: its cache, or its log beside the pages."""
    return (folder / "hts-cache").is_dir() or (folder / "hts-log.txt").is_file()


def read_page(path: Path, url: str | None, at: str | None) -> Iterator[tuple[str, Foreign | Damage]]:
    """Yield the one record of a saved HTML file. Raises UsageError where nothing says its URL or date."""
    body = path.read_bytes()
    if len(body) > _MAX_FILE_BYTES:
        raise WarcDamaged(f"{path} has {len(body)} bytes; no page is that large")
    mirrored, saved = _MIRRORED.search(body, 0, 4096), _SAVED.search(body, 0, 4096)
    if url is None and mirrored:
        url = _with_scheme(mirrored[1].decode("utf-8", "replace"))
    elif url is None and saved:
        url = saved[1].decode("utf-8", "replace")
    if url is None or urlsplit(url).scheme not in ("http", "https"):
        raise UsageError(f"{path} does not say where it came from; add --url http://…")
    if at is not None:
        try:
            when = datetime.fromisoformat(at)
        except ValueError as error:
            raise UsageError(f"--at takes a date or time like 2019-05-31, not {at!r}") from error
    else:
        when = (_date(mirrored[2]) if mirrored else None) or datetime.fromtimestamp(path.stat().st_mtime, UTC)
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    yield f"file:{path.name}", resource_record(url, when, "text/html", body, path.name)


def read_mirror(folder: Path) -> Iterator[tuple[str, Foreign | Damage]]:
    """Yield the pages of an HTTrack mirror: from its cache where there is one, else from its files."""
    for name in _CACHES:
        cache = folder / "hts-cache" / name
        if cache.is_file():
            yield from _read_cache(cache)
            return
    found = False
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix.lower() not in _PAGES or path.stat().st_size > _MAX_FILE_BYTES:
            continue
        body = path.read_bytes()
        said = _MIRRORED.search(body, 0, 8192) or _MIRRORED.search(body)
        if said is None:
            continue  # HTTrack's own index page, and frames it made
        found = True
        url = _with_scheme(said[1].decode("utf-8", "replace"))
        at = _date(said[2]) or datetime.fromtimestamp(path.stat().st_mtime, UTC)
        name = str(path.relative_to(folder))
        yield f"httrack:{folder.name}/{name}", resource_record(url, at, "text/html", body, name)
    if not found:
        raise WarcDamaged(f"{folder} has no page with HTTrack's mark, and no hts-cache/new.zip")


def _read_cache(cache: Path) -> Iterator[tuple[str, Foreign | Damage]]:
    """The names in this ZIP are URLs, their times those of Last-Modified, not of the mirroring."""
    try:
        package = zipfile.ZipFile(cache)
    except (zipfile.BadZipFile, OSError) as error:
        raise WarcDamaged(f"{cache} is no readable HTTrack cache: {error}") from error
    at = _launched(cache.parent.parent / "hts-log.txt") or datetime.fromtimestamp(cache.stat().st_mtime, UTC)
    with package, cache.open("rb") as stream:
        for member in package.infolist():
            origin = f"httrack:{cache.name}/{member.filename[:300]}"
            url = _with_scheme(member.filename)
            if member.is_dir() or urlsplit(url).scheme not in ("http", "https"):
                continue
            try:
                if member.file_size > _MAX_FILE_BYTES:
                    raise WarcDamaged(f"{member.file_size} bytes")
                fields = _cached_fields(stream, member)
                body = package.read(member)
            except (zipfile.BadZipFile, OSError, EOFError, WarcDamaged, RuntimeError, ValueError) as error:
                yield origin, Damage(member.header_offset, member.compress_size, f"{url}: {error}")
                continue
            if fields.get("x-statuscode", "200") != "200" or not body:
                continue  # errors and redirects, and files whose bytes stand beside the cache only
            mime = fields.get("content-type", "text/html")
            if charset := fields.get("x-charset"):
                mime += f"; charset={charset}"
            yield origin, resource_record(url, at, mime, body, f"{cache.name} of HTTrack")


def _cached_fields(stream: IO[bytes], member: zipfile.ZipInfo) -> dict[str, str]:
    """Return what the local header's extra field says, line by line as HTTP headers do."""
    stream.seek(member.header_offset)
    names, extra = struct.unpack("<26xHH", stream.read(30)[:30].ljust(30, b"\0"))
    stream.seek(names, 1)
    pairs = [line.partition(":") for line in stream.read(extra).decode("latin-1").splitlines()]
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _launched(log: Path) -> datetime | None:
    if not log.is_file():
        return None
    with log.open("rb") as stream:
        found = re.search(rb"launched on ([^\n]{20,40}?) at ", stream.read(1000))
    return _date(found[1]) if found else None


def _with_scheme(url: str) -> str:
    return url if "://" in url[:10] else f"http://{url}"


def _date(words: bytes) -> datetime | None:
    try:
        at = parsedate_to_datetime(words.decode("ascii", "replace"))
    except (ValueError, TypeError, IndexError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
