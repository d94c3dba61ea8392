"""Takes in foreign records: bytes into our WARC first, then read, judged and stored as a live page is."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from archive.errors import WarcDamaged
from archive.records import Article, Capture, Issue, LeasedUrl, Link, Outcome, Portal, UrlKind
from archive.store import Store
from archive.store.settling import settled
from archive.warc.arc import Damage, Foreign
from archive.warc.copying import record_id
from crawler import recrawl
from crawler.ingest.judged import Read, judged, read_anew
from crawler.ingest.keeping import Keeper
from crawler.ingest.lessons import Lessons
from crawler.ingest.parts import PartsBook
from crawler.ingest.portals import PortalFinder
from crawler.ingest.records import Taken, take
from crawler.ingest.sources import Source, read
from crawler.ingest.taking import Taking
from crawler.judging import may_be_read
from crawler.links import Scope, make_link
from crawler.readers import Readers
from crawler.reading import ReadJob
from crawler.soft import is_home

PART = "part of an article"
_GROUP = 200
_KNOWN = "SELECT 1 FROM captures WHERE record_id = ?"
_TAKEN = (
    "SELECT 1 FROM urls u JOIN captures c ON c.url_id = u.url_id WHERE u.portal_key = ? AND u.urlkey = ?"
    " AND c.url = ? AND substr(c.captured_at, 1, 19) = ?"
)
_IN_LEDGER = "SELECT 1 FROM urls WHERE portal_key = ? AND urlkey = ?"


class Intake:
    """Takes sources in, one after the other, on the store's one connection; reading runs beside.

    A record that is known (by its id, or by URL, second and digest) changes nothing (I3). *on_tick* is told
    of every record. *own* says that the records are this archive's, in the order they were made: their URLs
    are what the pages before them say, and the chrome learned last is used. Raises what the store raises.
    """

    def __init__(
        self,
        store: Store,
        keeper: Keeper,
        readers: Readers,
        finder: PortalFinder,
        *,
        at_once: int = 4,
        own: bool = False,
        on_tick: Callable[[Taking], None] = lambda _taking: None,
    ) -> None:
        self._store = store
        self._keeper = keeper
        self._readers = readers
        self._finder = finder
        self._at_once, self._own, self._on_tick = at_once, own, on_tick
        self._queue: list[tuple[Taking, Outcome]] = []
        self._queued: set[tuple[str, str]] = set()
        # Read side by side, stored in the order of the file: two runs make the same archive.
        self._running: deque[tuple[Taking, asyncio.Task[Read | None]]] = deque()
        self._under_way: set[str] = set()
        self._parts = PartsBook()
        self._waiting: list[tuple[Taking, Taken, Portal, Link]] = []  # revisits before their original
        self._lessons = Lessons(store, readers, finder, self.flush, fixed=own)

    async def take_in(self, source: Source, folder: Path) -> Taking:
        """Take one source in and return what became of it; *folder* is on the archive's disk."""
        return await self.take_all(source.name, read(source, folder))

    async def take_all(self, name: str, found_records: Iterator[tuple[str, Foreign | Damage]]) -> Taking:
        """Take in records with their origins, as one source called *name*."""
        taking = Taking(name)
        request: Foreign | None = None
        try:
            for origin, found in found_records:
                if isinstance(found, Damage):
                    detail = f"{origin}: {found.length} bytes: {found.detail}"
                    self._note(taking, Issue("damaged_record", detail))
                    taking.damaged += 1
                    continue
                taking.records += 1
                self._on_tick(taking)
                if found.type == "request":
                    request = found
                    continue
                await self._offer(taking, origin, found, request)
                request = None
        except WarcDamaged as error:
            taking.error = str(error)
            self._note(taking, Issue("unreadable_source", str(error)))
        await self._collect(0)
        await self._join(taking)
        self.flush()
        self._close(taking)
        return taking

    async def _join(self, taking: Taking) -> None:
        """Queue the articles of several pages, whole, and then their parts."""
        await self._parts.refresh(self._read_by_now)
        for outcome in self._parts.joined():
            if outcome.article is not None and (portal := self._finder.of(outcome.article.url)):
                # Another capture of it may be queued: it is compared with what stands.
                self.flush()
                await self._lessons.bring_up(portal, outcome.article)
            self._queue.append((taking, outcome))

    async def _read_by_now(self, portal_key: str, article: Article, capture: Capture) -> Article:
        """Return a page that was held back, read with what has been learned of its portal meanwhile."""
        portal = self._finder.of(capture.url)
        if portal is None or portal.key != portal_key or not self._lessons.is_late(article, portal):
            return article
        self._keeper.sync()
        again = await read_anew(self._readers, self._store.warc_directory, capture, portal)
        return again or article

    async def _collect(self, most: int) -> None:
        """Queue what has been read, in order, until at most *most* are under way.

        Not one more, though it may have been read: what is learned when would hang on the machine's pace.
        """
        while len(self._running) > most:
            taking, task = self._running[0]
            read = await task
            self._running.popleft()
            if read is not None:
                await self._queue_one(taking, read)

    async def _queue_one(self, taking: Taking, read: Read) -> None:
        portal = self._finder.of(read.url) or read.portal
        if self._lessons.is_behind(read.page, portal) and read.job is not None:
            # A model was learned meanwhile: the page and what is known of it must be read alike.
            read = judged(read, portal, await self._readers.read(replace(read.job, portal=portal)))
        outcome, link, page = read.outcome, read.link, read.page
        if page is not None and (known := recrawl.introduced(portal, read.lease, page)) != portal:
            self._finder.learn(known)
            portal = known
        article = outcome.article
        if article is not None and link.state == "excluded":
            outcome = replace(outcome, article=None)
            if link.reason == PART:
                self._parts.hold_part(portal.key, read.url, article, outcome)
                return
        elif article is not None and article.next_page:
            self._parts.hold_first(portal.key, outcome)
            if page is not None:
                await self._lessons.note(page, portal)
            return
        elif article is not None:
            if (portal.key, article.canonical_url) in self._queued:
                self.flush()  # another capture of it waits: it is compared with what stands
            self._queued.add((portal.key, article.canonical_url))
            await self._lessons.bring_up(portal, article)
        self._queue.append((taking, outcome))
        if outcome.article is not None and page is not None:
            await self._lessons.note(page, portal)
        if len(self._queue) >= _GROUP:
            self.flush()

    async def _offer(self, taking: Taking, origin: str, found: Foreign, request: Foreign | None) -> None:
        try:
            taken = take(origin, found, request if request and request.url == found.url else None)
        except WarcDamaged as error:
            self._note(taking, Issue("damaged_record", f"{origin}: {error}"))
            taking.damaged += 1
            return
        if taken is None:
            taking.pass_over(found.type)
            return
        portal = self._finder.of(found.url)
        link = (
            make_link(found.url, portal.platform or "generic", Scope(portal, found.url)) if portal else None
        )
        if portal is None or link is None:
            taking.leave_out(found.url)
            return
        taking.portals.add(portal.key)
        identifier = record_id(found)
        if identifier in self._under_way or self._is_there(_KNOWN, identifier):
            taking.known += 1
            return
        await self._collect(self._at_once - 1)
        if self._own and not self._is_there(_IN_LEDGER, portal.key, link.urlkey):
            # A page before it named it: what it was taken for then is in the ledger once that is stored.
            await self._collect(0)
            self.flush()
        self._under_way.add(identifier)
        # Asked here, in the order of the file: when a task begins hangs on the machine's pace.
        learn = self._lessons.wants_evidence(portal)
        task = asyncio.create_task(self._take(taking, taken, portal, link, learn))
        self._running.append((taking, task))

    async def _take(
        self, taking: Taking, taken: Taken, portal: Portal, link: Link, learn: bool, *, last: bool = False
    ) -> Read | None:
        url_id, kind = self._row_of(portal, link)
        if not self._own and self._is_twin(url_id, taken):
            taking.known += 1
            return None
        body = None
        if taken.is_bare_revisit and (body := self._keeper.revisited(url_id, taken)) is None:
            if not last:
                self._waiting.append((taking, taken, portal, link))
                return None
            self._note(taking, Issue("revisit_unresolved", "its original is not here", taken.record.url))
        exchange = taken.exchange(self._keeper.place(url_id, taken), body)
        exchange = replace(exchange, rendered=self._keeper.rendered(taken.copy_id))
        kind = kind if self._own else "seed" if is_home(exchange.url) else link.kind
        lease = LeasedUrl(url_id, portal.key, exchange.url, kind, 0)
        read = Read(Outcome(url_id, "done"), link, portal, lease, exchange, taken.origin)
        reading = None
        if exchange.status == 200 and may_be_read(lease, exchange):
            read_as = kind if self._own else link.kind
            read = replace(read, job=ReadJob.of(exchange, portal, read_as, images=self._own, learn=learn))
            reading = await self._readers.read(read.job) if read.job is not None else None
        return judged(read, portal, reading)

    def wants(self, url: str, at: str) -> bool:
        """Say whether a capture of *url* at *at* (14 digits, UTC) is of a portal, and not here yet."""
        portal = self._finder.of(url)
        link = make_link(url, portal.platform or "generic", Scope(portal, url)) if portal else None
        if portal is None or link is None:
            return False
        day = f"{at[:4]}-{at[4:6]}-{at[6:8]}T{at[8:10]}:{at[10:12]}:{at[12:14]}"
        return not self._is_there(_TAKEN, portal.key, link.urlkey, url, day)

    def _is_there(self, sql: str, *values: object) -> bool:
        return self._store.db.execute(sql, list(values)).fetchone() is not None

    def _is_twin(self, url_id: int, taken: Taken) -> bool:
        """Say whether another file brought the same answer of the same second before."""
        rows = self._store.db.execute(
            "SELECT payload_digest, body_digest FROM captures WHERE url_id = ? AND url = ?"
            " AND substr(captured_at, 1, 19) = ? AND status = ?",
            [url_id, taken.record.url, taken.at[:19], taken.status],
        ).fetchall()
        return bool(rows) and taken.copy().payload_digest in {digest for row in rows for digest in row}

    def _row_of(self, portal: Portal, link: Link) -> tuple[int, UrlKind]:
        """Return the ledger's row of a URL and what it is taken for there."""
        sql = "SELECT url_id, kind FROM urls WHERE portal_key = ? AND urlkey = ?"
        row = self._store.db.execute(sql, [portal.key, link.urlkey]).fetchone()
        if row is None:
            # One commit a group: with one a URL, two thirds of all time went into waiting for the disk.
            if not self._store.db.conn.in_transaction:
                self._store.db.execute("BEGIN IMMEDIATE")
            home = self._own and is_home(link.url)
            self._store.ledger.seed(portal.key, [replace(link, kind="seed") if home else link])
            row = self._store.db.execute(sql, [portal.key, link.urlkey]).fetchone()
        return int(row[0]), row[1]

    async def finish(self) -> None:
        """Record the revisits whose original never came: their time and headers are kept, and an issue."""
        waiting, self._waiting = self._waiting, []
        for taking, taken, portal, link in waiting:
            read = await self._take(taking, taken, portal, link, False, last=True)
            if read is not None:
                await self._queue_one(taking, read)
        self.flush()

    def flush(self) -> None:
        """Record what is queued: the WARC first (I1), then one transaction."""
        queue, self._queue = self._queue, []
        self._queued.clear()
        connection = self._store.db.conn
        try:
            self._keeper.sync()
            outcomes = settled(connection, [outcome for _, outcome in queue])
            stored = self._store.record(None, outcomes)
            if connection.in_transaction:
                connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._store.ledger.forget()
            raise
        for (taking, _), outcome, result in zip(queue, outcomes, stored, strict=True):
            taking.captures += 1
            if outcome.capture is not None:
                self._under_way.discard(outcome.capture.record_id)
            taking.issues.update(issue.kind for issue in outcome.issues)
            if result.change is not None:
                taking.changes[result.change] += 1

    def _note(self, taking: Taking, issue: Issue) -> None:
        if taking.notes(issue.kind):
            said = replace(issue, detail=f"{taking.name}: {issue.detail}"[:1000])
            self._store.note_issues(None, None, [said])

    def _close(self, taking: Taking) -> None:
        """Write one PREMIS event for the source, and an issue for each host left out."""
        for issue in taking.left_out():
            self._note(taking, issue)
        self._store.note_event(None, None, taking.event())
