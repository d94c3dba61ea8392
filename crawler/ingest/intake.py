"""Takes in foreign records: bytes into our WARC first, then read, judged and stored as a live page is."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from archive.errors import WarcDamaged
from archive.records import Event, Issue, LeasedUrl, Link, Outcome, Portal, UrlKind
from archive.store import Store
from archive.store.settling import settled
from archive.warc.arc import Damage, Foreign
from archive.warc.copying import copied, record_id
from archive.warc.reader import read_record
from archive.warc.records import WarcPlace
from archive.warc.writer import WarcWriter
from crawler import recrawl
from crawler.ingest.parts import PartsBook
from crawler.ingest.portals import PortalFinder
from crawler.ingest.records import Taken, take
from crawler.ingest.sources import Source, read
from crawler.ingest.taking import Taking
from crawler.judging import judge, may_be_read
from crawler.links import Scope, make_link
from crawler.page import Page
from crawler.readers import Readers
from crawler.reading import ReadJob
from crawler.soft import is_home

PART = "part of an article"
_GROUP = 50


@dataclass(frozen=True, slots=True)
class _Read:
    """A record that was read and judged; `kind` is what its URL was taken for."""

    outcome: Outcome
    link: Link
    portal: Portal
    page: Page | None
    url: str
    at: str
    kind: UrlKind


class Intake:
    """Takes sources in, one after the other, on the store's one connection; reading runs beside.

    A record that is known (by its id, or by URL, second and digest) changes nothing (I3). *on_tick* is told
    of every record. Raises what the store raises when nothing can be recorded any more.
    """

    def __init__(
        self,
        store: Store,
        writer: WarcWriter,
        readers: Readers,
        finder: PortalFinder,
        *,
        at_once: int = 4,
        on_tick: Callable[[Taking], None] = lambda _taking: None,
    ) -> None:
        self._store = store
        self._writer = writer
        self._readers = readers
        self._finder = finder
        self._at_once = at_once
        self._on_tick = on_tick
        self._queue: list[tuple[Taking, Outcome]] = []
        # Read side by side, stored in the order of the file: two runs make the same archive.
        self._running: deque[tuple[Taking, asyncio.Task[_Read | None]]] = deque()
        self._under_way: set[str] = set()
        self._parts = PartsBook()
        # Places of records written and not yet recorded, and revisits whose original has not come yet.
        self._fresh: dict[object, tuple[str, int]] = {}
        self._waiting: list[tuple[Taking, Taken, Portal, Link]] = []
        # What a killed run left in our WARC without a row is used instead of being written again.
        self._orphans = {orphan.record_id: orphan for orphan in store.recovered.orphans}

    async def take_in(self, source: Source, folder: Path) -> Taking:
        """Take one source in and return what became of it; *folder* is on the archive's disk."""
        taking = Taking(source.name)
        request: Foreign | None = None
        try:
            for origin, found in read(source, folder):
                if isinstance(found, Damage):
                    self._note(
                        taking, Issue("damaged_record", f"{origin}: {found.length} bytes: {found.detail}")
                    )
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
        for outcome in self._parts.joined():
            self._queue.append((taking, outcome))
        self.flush()
        self._close(taking)
        return taking

    async def _collect(self, most: int) -> None:
        """Queue what has been read, in order, until at most *most* are under way."""
        while self._running and (len(self._running) > most or self._running[0][1].done()):
            taking, task = self._running[0]
            read = await task
            self._running.popleft()
            if read is not None:
                self._queue_one(taking, read)

    def _queue_one(self, taking: Taking, read: "_Read") -> None:
        outcome, link, page = read.outcome, read.link, read.page
        lease = LeasedUrl(outcome.url_id, read.portal.key, read.url, read.kind, 0)
        if page is not None and (known := recrawl.introduced(read.portal, lease, page)) != read.portal:
            self._finder.learn(known)
        article = outcome.article
        if article is not None and link.state == "excluded":
            if link.reason == PART:
                self._parts.hold_part(read.portal.key, read.url, read.at, article)
            outcome = replace(outcome, article=None)
        elif article is not None and article.next_page:
            self._parts.hold_first(read.portal.key, outcome)
            return
        self._queue.append((taking, outcome))
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
            taking.other[found.type or "unknown"] += 1
            return
        portal = self._finder.of(found.url)
        link = (
            make_link(found.url, portal.platform or "generic", Scope(portal, found.url)) if portal else None
        )
        if portal is None or link is None:
            taking.elsewhere[urlsplit(found.url).netloc[:100]] += 1
            return
        taking.portals.add(portal.key)
        identifier = record_id(found)
        if identifier in self._under_way or self._is_known(identifier):
            taking.known += 1
            return
        await self._collect(self._at_once - 1)
        self._under_way.add(identifier)
        self._running.append((taking, asyncio.create_task(self._take(taking, taken, portal, link))))

    async def _take(
        self, taking: Taking, taken: Taken, portal: Portal, link: Link, *, last: bool = False
    ) -> "_Read | None":
        url_id = self._row_of(portal, link)
        if self._is_twin(url_id, taken):
            taking.known += 1
            return None
        body = None
        if taken.is_bare_revisit and (body := self._revisited(url_id, taken)) is None:
            if not last:
                self._waiting.append((taking, taken, portal, link))
                return None
            self._note(taking, Issue("revisit_unresolved", "its original is not here", taken.record.url))
        exchange = taken.exchange(self._place(url_id, taken), body)
        kind = "seed" if is_home(exchange.url) else link.kind
        lease = LeasedUrl(url_id, portal.key, exchange.url, kind, 0)
        reading = None
        if exchange.status == 200 and may_be_read(lease, exchange):
            reading = await self._readers.read(ReadJob.of(exchange, portal, link.kind, images=False))
        verdict = judge(lease, exchange, reading, portal)
        outcome = verdict.outcome
        if outcome.capture is not None:
            outcome = replace(outcome, capture=replace(outcome.capture, origin=taken.origin))
        return _Read(outcome, link, portal, verdict.page, exchange.url, exchange.captured_at, kind)

    def _is_known(self, identifier: str) -> bool:
        sql = "SELECT 1 FROM captures WHERE record_id = ?"
        return self._store.db.execute(sql, [identifier]).fetchone() is not None

    def _is_twin(self, url_id: int, taken: Taken) -> bool:
        """Say whether another file brought the same answer of the same second before."""
        rows = self._store.db.execute(
            "SELECT payload_digest, body_digest FROM captures WHERE url_id = ? AND url = ?"
            " AND substr(captured_at, 1, 19) = ? AND status = ?",
            [url_id, taken.record.url, taken.at[:19], taken.status],
        ).fetchall()
        return bool(rows) and taken.copy().payload_digest in {digest for row in rows for digest in row}

    def _row_of(self, portal: Portal, link: Link) -> int:
        sql = "SELECT url_id FROM urls WHERE portal_key = ? AND urlkey = ?"
        row = self._store.db.execute(sql, [portal.key, link.urlkey]).fetchone()
        if row is None:
            self._store.ledger.seed(portal.key, [link])
            row = self._store.db.execute(sql, [portal.key, link.urlkey]).fetchone()
        return int(row[0])

    def _place(self, url_id: int, taken: Taken) -> WarcPlace:
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
        if taken.record.type == "response":
            self._fresh[place.record_id] = self._fresh[url_id, place.payload_digest] = (
                place.file,
                place.offset,
            )
        return place

    def _revisited(self, url_id: int, taken: Taken) -> bytes | None:
        """Return the body that a revisit without one points to, None where it is not here (yet)."""
        refers = taken.record.header("WARC-Refers-To").strip("<> ")
        digest = taken.record.header("WARC-Payload-Digest")
        place = self._fresh.get(refers) or self._fresh.get((url_id, digest))
        place = (
            place
            or self._store.db.execute(
                "SELECT warc_file, warc_offset FROM captures WHERE revisit_of IS NULL AND (record_id = ?"
                " OR (url_id = ? AND payload_digest = ?)) ORDER BY captured_at DESC LIMIT 1",
                [refers, url_id, digest],
            ).fetchone()
        )
        if place is None:
            return None
        try:
            return read_record(self._store.warc_directory / place[0], place[1]).body()
        except WarcDamaged:
            return None

    async def finish(self) -> None:
        """Record the revisits whose original never came: their time and headers are kept, and an issue."""
        waiting, self._waiting = self._waiting, []
        for taking, taken, portal, link in waiting:
            read = await self._take(taking, taken, portal, link, last=True)
            if read is not None:
                self._queue_one(taking, read)
        self.flush()

    def flush(self) -> None:
        """Record what is queued: the WARC first (I1), then one transaction."""
        queue, self._queue = self._queue, []
        if not queue:
            return
        self._fresh.clear()
        self._writer.sync()
        outcomes = settled(self._store.db.conn, [outcome for _, outcome in queue])
        stored = self._store.record(None, outcomes)
        for (taking, _), outcome, result in zip(queue, outcomes, stored, strict=True):
            taking.captures += 1
            taking.issues.update(issue.kind for issue in outcome.issues)
            if result.change is not None:
                taking.changes[result.change] += 1

    def _note(self, taking: Taking, issue: Issue) -> None:
        taking.issues[issue.kind] += 1
        self._store.note_issues(None, None, [replace(issue, detail=f"{taking.name}: {issue.detail}"[:1000])])

    def _close(self, taking: Taking) -> None:
        """Write one PREMIS event for the source, and an issue for each host that was left out."""
        for host, count in taking.elsewhere.most_common(50):
            detail = (
                f"{count} records of {host} were left out: it is no portal's; --portal {host} takes them in"
            )
            self._note(taking, Issue("other_host", detail))
        detail = (
            f"{taking.name}: {taking.records} records, {taking.captures} captures new, {taking.known} known,"
            f" {taking.damaged} damaged, {sum(taking.elsewhere.values())} of other hosts"
        )
        outcome = "failure" if taking.error else "partial" if taking.damaged else "success"
        self._store.note_event(None, None, Event("ingestion", detail, outcome))
