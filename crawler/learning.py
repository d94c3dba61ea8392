"""What a crawl learns of its portal while it goes: evidence of a few pages, a model, pages read once more.

The evidence is stored with the page that gave it, in one transaction, so that a kill loses nothing: a
resumed crawl finds the evidence, the model, and which readings are older than it.
"""

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from archive.errors import ArchiveError
from archive.records import Article, ChromeModel, Event, Issue, Portal
from archive.store import Store
from archive.store.removed import unpack_removed
from archive.store.rereading import Kept, kept_revision, kept_revisions, said_by
from crawler.chrome import MATURE_PAGES, digest_of, is_mature, was_learned
from crawler.evidence import Evidence, fingerprint, unpack, words_mark
from crawler.page import Page
from crawler.readers import Readers
from crawler.rereading import Again, digest_of_text, read_again
from crawler.templates import MOST_PAGES, learn

logger = logging.getLogger(__name__)

# While a model is young every page teaches; later one of so many, which costs nothing that can be measured.
_EVERY_UNTIL = 20
_SAMPLE = 8
# Of the last pages so many without the slot mean that the portal has changed its template.
_WATCHED, _MISSED = 10, 6
# More readings than this are not renewed during a crawl; `khocong reextract` does it, over all cores.
MOST_REREAD = 2000
_BATCH = 20


def learn_from(store: Store, portal_key: str) -> ChromeModel | None:
    """Learn anew from what is kept of a portal's pages and keep the model; None with too few pages."""
    pages = [page for packed in store.evidence(portal_key) if (page := unpack(packed)) is not None]
    if len(pages) < MATURE_PAGES:
        return None
    model = learn(portal_key, distinct(pages))
    if not is_mature(model):
        return None
    known = store.load_chrome(portal_key)
    if known is not None and digest_of(known) == digest_of(model) and is_renewed(known):
        model = replace(model, data={**model.data, "renewed": digest_of(model)})
    store.save_chrome(model, keep=MOST_PAGES)
    return model


def is_renewed(model: ChromeModel) -> bool:
    """Say whether all readings that the model changes were renewed since it was learned."""
    return model.data.get("renewed") == digest_of(model)


def distinct(pages: list[Evidence]) -> list[Evidence]:
    """Return the last evidence of each page, in order."""
    return list({page.url: page for page in pages}.values())


def outdated(store: Store, portal_key: str, model: ChromeModel) -> Iterator[Kept]:
    """Yield the revisions that reading with *model* may change: those read without one, those whose slots
    have moved, those from which something was cut that is no furniture, or that hold what is some."""
    current = digest_of(model)
    places = current.partition(".")[0]
    words = {mark[12:] for mark in model.chrome}
    after = 0
    while group := kept_revisions(store.db.conn, portal_key, after=after, limit=200):
        after = group[-1].revision_id
        for kept in group:
            was = kept.reading.partition(" ")[2]
            if was == current:
                continue
            if was.partition(".")[0] != places or _is_touched(store, kept, model, words):
                yield kept


def _is_touched(store: Store, kept: Kept, model: ChromeModel, words: set[str]) -> bool:
    removed = unpack_removed(store.db.conn, kept.removed)
    if any(was_learned(one) and fingerprint(one.path, one.text) not in model.chrome for one in removed):
        return True
    said = said_by(store.db.conn, kept.revision_id)
    return any(words_mark(line) in words for line in (said.lead, *said.text.split("\n")) if line)


class Learning:
    """The learning of one session or intake. *flush* puts queued outcomes on disk, evidence among them."""

    def __init__(
        self, store: Store, readers: Readers, portal: Portal, crawl_id: int | None, flush: Callable[[], None]
    ) -> None:
        self._store = store
        self._readers = readers
        self._key = portal.key
        self._crawl_id = crawl_id
        self._flush = flush
        (self._evidence,) = store.db.execute(
            "SELECT count(*) FROM chrome_evidence WHERE portal_key = ?", [portal.key]
        ).fetchone()
        self._next_at = self._next_goal(portal.chrome.pages if portal.chrome else 0)
        self._pages = 0
        self._found: deque[bool] = deque(maxlen=_WATCHED)
        self._turn = asyncio.Lock()
        # Readings of an earlier run that was killed, or of an older model.
        self._to_renew = is_mature(portal.chrome) and self._has_old(portal)
        self._late: list[Article] = []

    def _has_old(self, portal: Portal) -> bool:
        if portal.chrome is None or not is_renewed(portal.chrome):
            return True
        found = self._store.db.execute(
            "SELECT 1 FROM articles a JOIN revisions r ON r.article_id = a.article_id"
            " WHERE a.portal_key = ? AND instr(r.reading, ' ') = 0 LIMIT 1",
            [portal.key],
        ).fetchone()
        return found is not None

    @staticmethod
    def _next_goal(pages: int) -> int:
        goal = MATURE_PAGES
        while goal <= pages:
            goal *= 2
        return goal

    @property
    def wants_evidence(self) -> bool:
        """Whether the next article page shall say what it teaches."""
        return self._evidence < _EVERY_UNTIL or self._pages % _SAMPLE == 0 or self._is_lost

    @property
    def _is_lost(self) -> bool:
        return self._found.count(False) >= _MISSED

    @staticmethod
    def is_behind(page: Page | None, portal: Portal) -> bool:
        """Say whether a page was read before the portal's model was what it is now."""
        known = digest_of(portal.chrome)
        article = page.article if page is not None else None
        return bool(known) and article is not None and article.reading.partition(" ")[2] != known

    def note(self, page: Page, portal: Portal) -> None:
        """Take note of an article page that was read, and settled."""
        if page.article is None:
            return
        if self.is_behind(page, portal):
            self._late.append(page.article)
        self._pages += 1
        self._evidence += page.evidence is not None
        if page.article.method != "adapter" and " " in page.article.reading:
            self._found.append(page.article.method == "learned")

    async def go_on(self, portal: Portal, use: Callable[[ChromeModel], None]) -> None:
        """Learn if it is time to, have the model used from now on, and renew the readings it changes.

        One at a time: who comes while another is at it goes on at once.
        """
        if self._turn.locked():
            return
        async with self._turn:
            try:
                await self._go_on(portal, use)
            except (ArchiveError, sqlite3.Error, OSError) as error:
                # Who stores the next page meets it too, and says it with what is lost by it.
                logger.error("learning from %s failed: %s", self._key, error)
                self._to_renew, self._late = False, []
            except Exception:  # the boundary of learning: the page that brought it here is settled already
                logger.exception("learning from %s failed", self._key)
                self._to_renew, self._late = False, []

    async def _go_on(self, portal: Portal, use: Callable[[ChromeModel], None]) -> None:
        model = portal.chrome
        while True:
            if self._evidence >= self._next_at or (self._is_lost and self._evidence >= MATURE_PAGES):
                model = self._learn(model, use)
            if self._to_renew and model is not None:
                self._to_renew = False
                await self._renew(replace(portal, chrome=model), model)
            elif self._late:
                await self._read_late(replace(portal, chrome=model))
            else:
                return

    def _learn(self, model: ChromeModel | None, use: Callable[[ChromeModel], None]) -> ChromeModel | None:
        self._flush()
        self._next_at = self._next_goal(self._evidence)
        self._found.clear()
        learned = learn_from(self._store, self._key)
        if learned is None or digest_of(learned) == digest_of(model):
            return model
        use(learned)
        self._to_renew = True
        return learned

    async def _renew(self, portal: Portal, model: ChromeModel) -> None:
        self._flush()
        found: list[Kept] = []
        for kept in outdated(self._store, self._key, model):
            found.append(kept)
            # The crawl goes on meanwhile.
            await asyncio.sleep(0)
        changed = 0
        for start in range(0, min(len(found), MOST_REREAD), _BATCH):
            changed += await self._read_batch(portal, found[start : min(start + _BATCH, MOST_REREAD)])
        if found:
            detail = (
                f"{min(len(found), MOST_REREAD)} captures read again with chrome learned from"
                f" {model.pages} pages: {changed} changed"
            )
            if len(found) > MOST_REREAD:
                detail += f"; {len(found) - MOST_REREAD} are left to khocong reextract"
            self._store.note_event(self._key, self._crawl_id, Event("normalization", detail))
        if not self._to_renew:
            done = replace(model, data={**model.data, "renewed": digest_of(model)})
            self._store.save_chrome(done, keep=MOST_PAGES)

    async def _read_late(self, portal: Portal) -> None:
        """Read again what was on its way to be stored while the model was learned."""
        late, self._late = self._late, []
        self._flush()
        standing = [self._store.standing(self._key, article) for article in late]
        numbers = {one.revision_id for one in standing if one is not None}
        kept = [kept_revision(self._store.db.conn, number) for number in numbers]
        await self._read_batch(portal, [one for one in kept if one is not None])

    async def _read_batch(self, portal: Portal, batch: list[Kept]) -> int:
        found = await asyncio.gather(*(self._read(portal, kept) for kept in batch))
        readings: list[tuple[int, Article]] = []
        for kept, again in zip(batch, found, strict=True):
            if again.article is not None:
                readings.append((kept.revision_id, again.article))
                continue
            # I5: what was read once stands; that it cannot be read now is told.
            kind = "reread_broken" if again.broken else "reread_lost"
            self._store.note_issues(self._crawl_id, self._key, [Issue(kind, again.why[:500], kept.url)])
        return sum(change in ("text", "fields") for change in self._store.reread(readings))

    async def _read(self, portal: Portal, kept: Kept) -> Again:
        return await read_again(self._readers, self._folder, self._store.db.conn, kept, portal)

    @property
    def _folder(self) -> Path:
        return self._store.warc_directory

    async def bring_up(self, portal: Portal, article: Article) -> None:
        """Before a new capture of a known article is compared with it: read the old one as this one was.

        Else newer code, or a model grown since, would look like an edit of the article.
        """
        standing = self._store.standing(portal.key, article)
        if standing is None or standing.text_digest == digest_of_text(article):
            return
        if (standing.extractor, standing.reading) == (article.extractor, article.reading):
            return
        kept = kept_revision(self._store.db.conn, standing.revision_id)
        if kept is None:
            return
        again = await self._read(portal, kept)
        if again.article is not None:
            self._store.reread([(kept.revision_id, again.article)])
