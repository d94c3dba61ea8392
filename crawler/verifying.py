"""The last proof of `khocong verify --full`: every text extracted again from its record, and compared."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from archive.counting import miscounted
from archive.database import WARC_FOLDER, ArchiveDatabase
from archive.store.rereading import Kept, fields_of, fields_said, kept_revisions, unread_captures
from archive.verify import Finding
from crawler.portals_kept import Portals
from crawler.readers import Readers
from crawler.reextract import differences
from crawler.rereading import Again, read_again

_BATCH = 64
# The ledger says that an article was read there: of a page that gave none it keeps the reason.
_WAS_ARTICLE = "SELECT url_id FROM urls WHERE kind = 'article' AND state = 'done' AND reason = ''"


@dataclass(slots=True)
class Read:
    """What was read again. `stale` counts texts that newer code or rules read otherwise: no damage."""

    texts: int = 0
    stale: int = 0


async def reread_findings(
    db: ArchiveDatabase, read: Read, workers: int = 0, on_progress: Callable[[int], None] = lambda _done: None
) -> AsyncIterator[Finding]:
    """Yield every revision whose record no longer gives its text, or its fields, read as it was read.

    In parallel, nothing is written. Pages where the ledger says that an article was read, and none stands,
    are yielded too: its rows are lost.
    """
    readers = Readers(workers or os.cpu_count() or 1)
    portals, folder = Portals(db, None, readers, db.folder / WARC_FOLDER), db.folder / WARC_FOLDER

    async def again(kept: Kept) -> Again:
        return await read_again(readers, folder, db.conn, kept, await portals.of(kept.portal_key))

    try:
        after = 0
        while batch := kept_revisions(db.conn, after=after, limit=_BATCH):
            after = batch[-1].revision_id
            for kept, found in zip(batch, await asyncio.gather(*map(again, batch)), strict=True):
                if finding := _compared(db, kept, found, read):
                    yield finding
            read.texts += len(batch)
            on_progress(read.texts)
        gone = {url_id for (url_id,) in db.execute(_WAS_ARTICLE)}
        # Where articles are missed, whatever holds one and has none is named.
        missed = any(one.table == "articles" and one.rows < one.expected for one in miscounted(db.conn))
        last = 0
        while pages := unread_captures(db.conn, after=last, limit=_BATCH):
            last = pages[-1][0]
            for (_, kept), found in zip(
                pages, await asyncio.gather(*(again(kept) for _, kept in pages)), strict=True
            ):
                if found.article is None or _stands(db, kept.portal_key, found):
                    continue
                if kept.url_id not in gone and not missed:
                    read.stale += 1  # today's chrome shows an article where there was none then
                else:
                    yield Finding("lost_article", kept.url, f"its record holds {found.article.title!r}")
    finally:
        await readers.close()


def _compared(db: ArchiveDatabase, kept: Kept, found: Again, read: Read) -> Finding | None:
    if found.article is None:
        if found.broken:
            return Finding("unreadable_text", kept.url, found.why)
        read.stale += 1
        return None
    before, now = fields_of(db.conn, kept.revision_id), fields_said(found.article)
    if not found.differs(kept.text_digest) and before == now:
        return None
    if (kept.extractor, kept.reading) != (found.article.extractor, found.article.reading):
        read.stale += 1
        return None
    kinds, words = differences(before, now)
    names = ", ".join(name for name in before if before[name] != now[name]) or "text"
    return Finding("other_text" if kinds else "other_fields", kept.url, f"{names}: {words}"[:500])


def _stands(db: ArchiveDatabase, portal_key: str, found: Again) -> bool:
    from archive.store.articles import Articles

    article = found.article
    return article is not None and Articles(db.conn).standing(portal_key, article) is not None
