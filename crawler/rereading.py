"""A kept capture read once more: its record, its further pages; an article or why there is none."""

import asyncio
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.digests import text_digest
from archive.errors import WarcDamaged
from archive.records import Article, Portal
from archive.store.rereading import Kept, part_at
from archive.warc.reader import Record, file_in, read_record, rendering_of
from crawler.multipage import MAX_PARTS
from crawler.parts import join_parts
from crawler.readers import Readers
from crawler.reading import Reading, ReadJob


@dataclass(frozen=True, slots=True)
class Again:
    """What a capture is when it is read today.

    Without an article, `why` says what the page is instead, or what is broken: `broken` tells damage (of a
    record, of a reader) from a page that is no article.
    """

    article: Article | None
    why: str = ""
    broken: bool = False

    def differs(self, digest: str) -> bool:
        """Say whether the article's text is another than the one *digest* is of."""
        article = self.article
        return article is not None and digest_of_text(article) != digest


def digest_of_text(article: Article) -> str:
    """Return the digest of an article's text, as revisions are told apart by it."""
    return article.text_digest or text_digest(article.title, article.lead, article.text)


async def read_again(
    readers: Readers, folder: Path, connection: sqlite3.Connection, kept: Kept, portal: Portal
) -> Again:
    """Read the capture of a revision, and where the article has several pages those of the same fetch.

    *folder* is the archive's WARC folder. Nothing is fetched and nothing written.
    """
    first = await _read(readers, folder, connection, kept.warc_file, kept.warc_offset, kept, portal)
    if isinstance(first, Again) or first.page is None or first.page.article is None:
        return first if isinstance(first, Again) else _no_article(first)
    article = first.page.article
    rest: list[Article] = []
    seen = {kept.fetched_url}
    at = article.next_page
    while at and at not in seen and len(rest) < MAX_PARTS:
        seen.add(at)
        place = part_at(connection, kept, at)
        if place is None:
            break
        part = await _read(readers, folder, connection, *place, kept, portal)
        if isinstance(part, Again):
            return part
        if part.page is None or part.page.article is None:
            break
        rest.append(part.page.article)
        at = part.page.article.next_page
    return Again(join_parts(article, rest) if rest else article)


async def job_of(folder: Path, connection: sqlite3.Connection, kept: Kept, portal: Portal) -> ReadJob | None:
    """Return the job of reading a kept capture, None where its record is damaged."""
    try:
        return await _job(folder, connection, kept.warc_file, kept.warc_offset, kept, portal)
    except WarcDamaged:
        return None


async def _read(
    readers: Readers,
    folder: Path,
    connection: sqlite3.Connection,
    file: str,
    offset: int,
    kept: Kept,
    portal: Portal,
) -> Reading | Again:
    try:
        job = await _job(folder, connection, file, offset, kept, portal)
    except WarcDamaged as error:
        return Again(None, str(error), broken=True)
    return await readers.read(job)


async def _job(
    folder: Path, connection: sqlite3.Connection, file: str, offset: int, kept: Kept, portal: Portal
) -> ReadJob:
    record = await asyncio.to_thread(_record, file_in(folder, file), offset)
    if record.type == "revisit" or record.warc_header("WARC-Refers-To"):
        record = _original(folder, connection, record) or record
    made = await asyncio.to_thread(rendering_of, folder / file, offset, record.record_id)
    said = record.header("Content-Type") or "", record.header("Content-Encoding") or ""
    kind: Any = kept.kind  # one the ledger kept
    rendered = made.payload if made is not None else None
    return ReadJob(record.payload, record.url, *said, portal, kind, rendered=rendered)


def _record(path: Path, offset: int) -> Record:
    record = read_record(path, offset)
    if not record.digest_matches():
        raise WarcDamaged(f"the payload at {path}:{offset} is not what its digest says")
    return record


def _original(folder: Path, connection: sqlite3.Connection, record: Record) -> Record | None:
    """Return the record that carries the payload a revisit points to."""
    refers = (record.warc_header("WARC-Refers-To") or "").strip("<> ")
    row = connection.execute(
        "SELECT warc_file, warc_offset FROM captures WHERE revisit_of IS NULL AND (record_id = ?"
        " OR payload_digest = ?) ORDER BY record_id = ? DESC LIMIT 1",
        (refers, record.payload_digest, refers),
    ).fetchone()
    return _record(file_in(folder, row[0]), row[1]) if row else None


def _no_article(reading: Reading) -> Again:
    page = reading.page
    if page is None:
        return Again(None, f"{reading.failure}: {reading.detail}"[:300], broken=True)
    return Again(None, page.soft_reason or "; ".join(page.notes)[:200] or page.kind)
