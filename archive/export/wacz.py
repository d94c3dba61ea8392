"""WACZ 1.1.1: WARC, CDXJ and a list of pages in one ZIP that replay tools open by itself.

Written to the published specification; the records are copied member by member, not packed anew.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.database import WARC_FOLDER
from archive.errors import WarcDamaged
from archive.export.cdxj import cdxj_lines
from archive.export.selection import Selection
from archive.software import SOFTWARE
from archive.warc.reader import file_in
from archive.warc.records import warcinfo_record

WARC_NAME = "data.warc.gz"
_CHUNK = 1 << 20
# ZIP members carry a date; a fixed one makes equal archives equal bytes.
_DATE = (1980, 1, 1, 0, 0, 0)
_INFO_ID = "urn:uuid:00000000-0000-5000-8000-000000000000"


@dataclass(slots=True)
class _Package:
    zip: zipfile.ZipFile
    resources: list[dict[str, Any]] = field(default_factory=list)

    def add(self, path: str, parts: Iterator[bytes]) -> None:
        """Write one member, stored as it is (replay tools read ranges of it), and note its digest."""
        digest, size = hashlib.sha256(), 0
        with self.zip.open(zipfile.ZipInfo(path, _DATE), "w", force_zip64=True) as member:
            for part in parts:
                digest.update(part)
                size += len(part)
                member.write(part)
        self.resources.append(
            {
                "name": path.rsplit("/", 1)[-1],
                "path": path,
                "hash": f"sha256:{digest.hexdigest()}",
                "bytes": size,
            }
        )


def write_wacz(selection: Selection, path: Path, title: str = "Kho Cổng") -> int:
    """Write the captures behind the selection as one package; return how many there are.

    Raises WarcDamaged, naming file and offset, where bytes are missing.
    """
    captures = list(selection.captures())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as package:
        made = _Package(package)
        made.add(f"archive/{WARC_NAME}", moved_records(selection, captures))
        made.add("indexes/index.cdx", iter(cdxj_lines(captures)))
        made.add("pages/pages.jsonl", _pages(selection))
        described = {
            "profile": "data-package",
            "wacz_version": "1.1.1",
            "title": f"{title}: {selection.query}" if selection.query else title,
            "software": SOFTWARE,
            "created": selection.latest()[:19] + "Z",
            "resources": made.resources,
        }
        data = json.dumps(described, ensure_ascii=False, indent=2).encode()
        made.add("datapackage.json", iter([data]))
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        made.add("datapackage-digest.json", iter([json.dumps(digest).encode()]))
    return len(captures)


def moved_records(selection: Selection, captures: list[dict[str, Any]]) -> Iterator[bytes]:
    """Yield the members one after the other; each row's place becomes that in the new file."""
    at = datetime.fromisoformat(selection.latest() or "1970-01-01T00:00:00+00:00").astimezone(UTC)
    info = warcinfo_record(WARC_NAME, at, _INFO_ID, software=SOFTWARE, robots="obey")
    yield info
    position = len(info)
    for row in captures:
        yield from _member(file_in(selection.folder / WARC_FOLDER, row["warc_file"]), row)
        row["warc_file"], row["warc_offset"] = WARC_NAME, position
        position += row["warc_length"]


def _member(path: Path, row: dict[str, Any]) -> Iterator[bytes]:
    left = row["warc_length"]
    try:
        with path.open("rb") as stream:
            stream.seek(row["warc_offset"])
            while left and (data := stream.read(min(left, _CHUNK))):
                left -= len(data)
                yield data
    except OSError as error:
        raise WarcDamaged(f"{path} cannot be read: {error.strerror}; put it back from a copy") from error
    if left:
        raise WarcDamaged(f"{path}:{row['warc_offset']} ends before its record; put it back from a copy")


def _pages(selection: Selection) -> Iterator[bytes]:
    yield b'{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}\n'
    for row in selection.rows():
        at = datetime.fromisoformat(row["captured_at"]).astimezone(UTC)
        page = {
            "id": str(row["article_id"]),
            "url": row["fetched_url"],
            "ts": at.replace(microsecond=0, tzinfo=None).isoformat() + "Z",
            "title": row["title"],
            "text": "\n".join(part for part in (row["lead"], row["text"]) if part),
        }
        yield json.dumps(page, ensure_ascii=False).encode() + b"\n"
