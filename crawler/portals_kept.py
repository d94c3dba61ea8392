"""The portals of an archive as a crawl would read them: the registry's, with what the archive has learned."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from archive.database import ArchiveDatabase
from archive.records import ChromeModel, Portal
from archive.store import Store
from archive.store.rereading import Kept, kept_revisions
from archive.store.store import chrome_from
from crawler import registry
from crawler.chrome import MATURE_PAGES, is_mature
from crawler.evidence import unpack
from crawler.learning import learn_from
from crawler.readers import Readers
from crawler.rereading import job_of
from crawler.templates import MOST_PAGES, learn


def kept_portal(db: ArchiveDatabase, key: str) -> Portal:
    """Return a portal as a crawl would have it: the registry's, with the archive's platform and chrome."""
    row = db.execute("SELECT name, hosts, platform FROM portals WHERE portal_key = ?", [key]).fetchone()
    config = registry.find_readable(key)
    portal = config.to_portal() if config is not None and config.key == key else Portal(key)
    if row is None:
        return portal
    stored = db.execute("SELECT model FROM chrome_models WHERE portal_key = ?", [key]).fetchone()
    return replace(
        portal,
        name=portal.name or row[0],
        hosts=portal.hosts or tuple(json.loads(row[1])),
        platform=portal.platform or row[2],
        chrome=chrome_from(stored[0]) if stored else None,
    )


class Portals:
    """Gives portals by key, each looked up once; one without a model is taught from its own captures.

    With a *store* what was learned is kept, so that the next crawl reads alike.
    """

    def __init__(self, db: ArchiveDatabase, store: Store | None, readers: Readers, warc: Path) -> None:
        self._db = db
        self._store = store
        self._readers = readers
        self._warc = warc
        self._known: dict[str, asyncio.Task[Portal]] = {}

    async def of(self, key: str) -> Portal:
        """Return the portal *key*."""
        if key not in self._known:
            self._known[key] = asyncio.ensure_future(self._get(key))
        return await self._known[key]

    async def _get(self, key: str) -> Portal:
        portal = kept_portal(self._db, key)
        if is_mature(portal.chrome):
            return portal
        return replace(portal, chrome=await self._learned(portal))

    async def _learned(self, portal: Portal) -> ChromeModel | None:
        (pages,) = self._db.execute(
            "SELECT count(*) FROM articles WHERE portal_key = ?", [portal.key]
        ).fetchone()
        if pages < MATURE_PAGES:
            return portal.chrome
        kept = [one for one in kept_revisions(self._db.conn, portal.key) if one.is_current]
        kept = kept[:: max(1, len(kept) // MOST_PAGES)][:MOST_PAGES]
        packed = [page for page in await asyncio.gather(*(self._taught(portal, one) for one in kept)) if page]
        if self._store is not None:
            self._store.save_evidence(portal.key, packed)
            return learn_from(self._store, portal.key)
        evidence = [page for _, one in packed if (page := unpack(one)) is not None]
        model = learn(portal.key, evidence) if len(evidence) >= MATURE_PAGES else None
        return model if is_mature(model) else None

    async def _taught(self, portal: Portal, kept: Kept) -> tuple[str, bytes] | None:
        job = await job_of(self._warc, self._db.conn, kept, portal)
        if job is None:
            return None
        reading = await self._readers.read(replace(job, learn=True))
        page = reading.page
        return (kept.url, page.evidence) if page is not None and page.evidence else None
