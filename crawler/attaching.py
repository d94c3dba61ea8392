"""Reads the text of files that were captured before: by an older version, or before there was a reader."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from archive.attached import FileText
from archive.database import WARC_FOLDER
from archive.errors import WarcDamaged
from archive.files import KeptFile, issue_of, save_file, unread
from archive.records import Issue, Portal
from archive.store import Store
from archive.warc.reader import file_in, read_record
from crawler.readers import Readers
from crawler.reading import ReadJob

# A hard stop; a reader ends by itself some seconds before and keeps what it has.
TIMEOUT_S = 20.0
_BATCH = 20


def read_captured(
    store: Store, *, again: bool = False, workers: int = 1, on_read: Callable[[int, int], None] | None = None
) -> Counter[str]:
    """Read every captured file without text, or with *again* all; return how many came out in which state.

    Files that cannot be read make an issue row each and stop nothing. *on_read* is told (done, of how many).
    """
    return asyncio.run(_read_all(store, list(unread(store.db.conn, again=again)), workers, on_read))


async def _read_all(
    store: Store, kept: Sequence[KeptFile], workers: int, on_read: Callable[[int, int], None] | None
) -> Counter[str]:
    counts: Counter[str] = Counter()
    readers = Readers(max(1, workers), timeout_s=TIMEOUT_S)
    try:
        for start in range(0, len(kept), _BATCH):
            group = kept[start : start + _BATCH]
            read = await asyncio.gather(*(_read_one(readers, store.path, one) for one in group))
            _keep(store, group, read)
            counts.update(one.state if isinstance(one, FileText) else "missing" for one in read)
            if on_read:
                on_read(start + len(group), len(kept))
    finally:
        await readers.close()
    return counts


async def _read_one(readers: Readers, path: Path, kept: KeptFile) -> FileText | Issue:
    try:
        record = read_record(file_in(path / WARC_FOLDER, kept.warc_file), kept.warc_offset)
    except WarcDamaged as error:
        return Issue("file_missing", str(error)[:500], kept.url)
    job = ReadJob(
        record.payload, kept.url, record.header("Content-Type") or kept.mime,
        record.header("Content-Encoding") or "", Portal(kept.portal_key), "attachment",
    )  # fmt: skip
    reading = await readers.read(job)
    if reading.file is not None:
        return reading.file
    if reading.page is not None:
        return FileText("unsupported", "html")
    return FileText("too_heavy", detail=reading.detail or reading.failure)


def _keep(store: Store, group: Sequence[KeptFile], read: Sequence[FileText | Issue]) -> None:
    with store.db.transaction() as connection:
        for kept, found in zip(group, read, strict=True):
            if isinstance(found, FileText):
                save_file(connection, kept.url_id, kept.capture_id, found)
            issue = issue_of(found, kept.url) if isinstance(found, FileText) else found
            if issue is not None:
                store.note_issues(None, kept.portal_key, [issue])
