"""What a foreign file yields, and ARC, the format before WARC, which Heritrix wrote until 2008."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of a file that holds no whole record: from byte *offset*, *length* bytes."""

    offset: int
    length: int
    detail: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """One record as it stands in its file. `block` is the content block, HTTP head and chunks included.

    `cut` says that the file ends, or the data breaks, before the announced length. Offsets count in the
    file, or in its uncompressed bytes where it is compressed as a whole.
    """

    headers: tuple[tuple[str, str], ...]
    block: bytes
    offset: int
    length: int
    cut: bool = False

    def header(self, name: str) -> str:
        """Return the first WARC header called *name*, in any case; "" where there is none."""
        wanted = name.lower()
        for key, value in self.headers:  # a loop: asked twenty times of every record
            if key.lower() == wanted:
                return value
        return ""

    @property
    def type(self) -> str:
        """WARC-Type, in lower case."""
        return self.header("WARC-Type").lower()

    @property
    def url(self) -> str:
        """WARC-Target-URI without the brackets some tools write."""
        return self.header("WARC-Target-URI").strip("<> ")


def arc_records(path: Path) -> Iterator[Foreign | Damage]:
    """Yield the records of an ARC file under the headers that WARC would give them."""
    end = 0
    with path.open("rb") as stream:
        iterator = ArchiveIterator(stream, no_record_parse=True, arc2warc=True)
        try:
            for record in iterator:
                block = record.raw_stream.read()
                offset, length = iterator.get_record_offset(), iterator.get_record_length()
                end = offset + length
                headers = tuple((str(name), str(value)) for name, value in record.rec_headers.headers)
                yield Foreign(headers, block, offset, length)
        except (ArchiveLoadFailed, EOFError, OSError, ValueError, zlib.error) as error:
            yield Damage(end, path.stat().st_size - end, str(error).partition("\n")[0][:300])
