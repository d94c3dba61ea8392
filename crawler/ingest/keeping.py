"""Where a record's bytes stand: copied into a file of ours, or in one of ours already (`khocong rebuild`)."""

from typing import Protocol
from urllib.parse import unquote

from archive.errors import WarcDamaged
from archive.store import Store
from archive.warc.arc import Foreign
from archive.warc.copying import ORIGIN, copied
from archive.warc.reader import file_in, read_record
from archive.warc.records import WarcPlace
from archive.warc.writer import WarcWriter
from crawler.ingest.records import Taken


class Keeper(Protocol):
    """Gives each record its place, and finds the bytes a revisit points to."""

    def place(self, url_id: int, taken: Taken) -> WarcPlace: ...
    def rendered(self, record_id: str) -> bytes | None: ...
    def sync(self) -> None: ...
    def revisited(self, url_id: int, taken: Taken) -> bytes | None: ...


class _Places:
    """Finds originals of revisits among what was placed and not yet recorded, and what is recorded."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._fresh: dict[object, tuple[str, int]] = {}

    def _note(self, url_id: int, taken: Taken, place: WarcPlace) -> None:
        if taken.record.type == "response":
            at = place.file, place.offset
            self._fresh[place.record_id] = self._fresh[url_id, place.payload_digest] = at

    def revisited(self, url_id: int, taken: Taken) -> bytes | None:
        """Return the body that a revisit without one points to, None where it is not here (yet)."""
        refers = taken.record.header("WARC-Refers-To").strip("<> ")
        digest = taken.record.header("WARC-Payload-Digest")
        place = (
            self._fresh.get(refers)
            or self._fresh.get((url_id, digest))
            or self._store.db.execute(
                "SELECT warc_file, warc_offset FROM captures WHERE revisit_of IS NULL AND (record_id = ?"
                " OR (url_id = ? AND payload_digest = ?)) ORDER BY captured_at DESC LIMIT 1",
                [refers, url_id, digest],
            ).fetchone()
        )
        if place is None:
            return None
        try:
            return read_record(file_in(self._store.warc_directory, place[0]), place[1]).body()
        except WarcDamaged:
            return None


class Copying(_Places):
    """Copies records into our own WARC; what a killed run left there without a row is used, not doubled."""

    def __init__(self, store: Store, writer: WarcWriter) -> None:
        super().__init__(store)
        self._writer = writer
        self._orphans = {orphan.record_id: orphan for orphan in store.recovered.orphans}

    def place(self, url_id: int, taken: Taken) -> WarcPlace:
        """Return where the record stands now; to be relied upon after `sync`."""
        record = taken.copy()
        orphan = self._orphans.pop(record.record_id, None)
        if orphan is not None:
            return WarcPlace(
                orphan.file, orphan.offset, orphan.length, orphan.record_id, record.payload_digest
            )
        more = b""
        if taken.request is not None:
            more = copied(taken.request, None).data
        place = self._writer.write_copy(record.data, record.record_id, record.payload_digest, more)
        self._note(url_id, taken, place)
        return place

    def rendered(self, record_id: str) -> bytes | None:
        """Records of others carry no rendering of ours."""
        return None

    def sync(self) -> None:
        """Bring what was copied to the disk (I1)."""
        self._fresh.clear()
        self._writer.sync()


class InPlace(_Places):
    """Leaves records where they stand: in a WARC file of the archive itself."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._rendered: dict[str, bytes] = {}

    def hold_rendered(self, record_id: str, body: bytes) -> None:
        """Remember what a browser had made of a response that is about to be placed."""
        self._rendered[record_id] = body

    def place(self, url_id: int, taken: Taken) -> WarcPlace:
        """Return where the record stands."""
        record = taken.record
        digest = record.header("WARC-Payload-Digest") or taken.copy().payload_digest
        place = WarcPlace(record.header(IN_FILE), record.offset, record.length, taken.copy_id, digest)
        self._note(url_id, taken, place)
        return place

    def rendered(self, record_id: str) -> bytes | None:
        """Return the held rendering of a response, once."""
        return self._rendered.pop(record_id, None)

    def sync(self) -> None:
        """The bytes are on the disk already."""
        self._fresh.clear()


# The file an own record stands in, added to its headers while it is read.
IN_FILE = "X-Archive-File"


def said_origin(record: Foreign) -> str:
    """Return where a record of ours came from: as its copying noted, or "live" for what a crawl wrote."""
    return unquote(record.header(ORIGIN)) or "live"
