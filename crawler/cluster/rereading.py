"""Kept captures read again by a cluster's workers; what they read is compared and kept by one writer here."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from archive.database import WARC_FOLDER, open_archive
from archive.errors import ArchiveMissing, KhoCongError
from archive.records import Portal
from archive.store.rereading import Kept
from crawler.cluster.engines import Engine, engine_of
from crawler.readers import Readers
from crawler.reextract import Report, Wish, reextract
from crawler.rereading import Again, read_again

# A reader starts in about a second and reads some 80 pages a second.
_SLICE = 256
_AT_ONCE = 4


def reextract_on(
    address: str, archive_dir: Path, wish: Wish, on_progress: Callable[[int, int], None]
) -> Report:
    """Read again on the cluster at *address*, whose workers see *archive_dir* under this same path.

    Raises what `reextract` and `engine_of` raise, and KhoCongError where a worker does not see the archive.
    """
    folder = archive_dir.absolute()
    with closing(engine_of(address, folder, lambda _said: None)) as engine:
        batch = _SLICE * max(1, engine.slots)

        async def elsewhere(pairs: Sequence[tuple[Kept, Portal]]) -> list[Again]:
            return await _spread(engine, folder, pairs)

        return reextract(folder, wish, on_progress, elsewhere, batch)


async def _spread(engine: Engine, folder: Path, pairs: Sequence[tuple[Kept, Portal]]) -> list[Again]:
    size = max(16, min(_SLICE, -(-len(pairs) // max(1, engine.slots))))
    slices = [pairs[start : start + size] for start in range(0, len(pairs), size)]
    futures = [engine.call(read_slice, folder, tuple(one)) for one in slices]
    found = await asyncio.gather(*(asyncio.wrap_future(future) for future in futures))
    return [again for one in found for again in one]


def read_slice(folder: Path, pairs: Sequence[tuple[Kept, Portal]]) -> list[Again]:
    """Read revisions of the archive in *folder* by one reader process; called on a worker."""
    try:
        db = open_archive(folder, write=False)
    except ArchiveMissing as error:
        raise KhoCongError(
            f"a worker does not see {folder}: reading again needs the archive under one path on all machines"
        ) from error
    with closing(db):
        return asyncio.run(_read(db.conn, folder / WARC_FOLDER, pairs))


async def _read(
    connection: sqlite3.Connection, warc: Path, pairs: Sequence[tuple[Kept, Portal]]
) -> list[Again]:
    readers = Readers(1)
    limit = asyncio.Semaphore(_AT_ONCE)

    async def read(kept: Kept, portal: Portal) -> Again:
        async with limit:
            return await read_again(readers, warc, connection, kept, portal)

    try:
        return list(await asyncio.gather(*(read(kept, portal) for kept, portal in pairs)))
    finally:
        await readers.close()
