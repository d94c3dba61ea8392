"""The crawl of one portal: what the spider, the frontier and the archive share."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Literal
from urllib.parse import urlsplit

from archive.digests import payload_digest, text_digest
from archive.errors import ArchiveError, CaptureError, ReaderMissing
from archive.ledger import utc
from archive.records import ChromeModel, LeasedUrl, Outcome, Portal
from archive.store import Store, Stored
from archive.store.rereading import NO_READER
from archive.warc.writer import WarcWriter
from crawler import browser, recrawl, restated
from crawler.chains import Chains
from crawler.commit import Committer
from crawler.connecting import CheckedResolver
from crawler.exchange import Exchange, Failed
from crawler.frontier import Frontier
from crawler.gates import Gates
from crawler.judging import Verdict, judge, judge_failure, link_of, may_be_read
from crawler.learning import Learning
from crawler.links import Scope, make_link
from crawler.multipage import PART, Multipage
from crawler.readers import Readers
from crawler.reading import Reading, ReadJob
from crawler.renamed import renamed
from crawler.robots import RobotsBook, robots_url
from crawler.robots_turns import RobotsTurns
from crawler.schemes import Schemes
from crawler.spelling import Spelling
from crawler.tally import Options, Tally
from crawler.yields import Yields

logger = logging.getLogger(__name__)


class Session:
    """One run over one portal. Made before the reactor runs, closed after; `reason` says how it ended."""

    def __init__(
        self,
        store: Store,
        writer: WarcWriter,
        portal: Portal,
        seeds: Sequence[str],
        options: Options,
        readers: Readers | None = None,
        committer: Callable[..., Committer] = Committer,
        purpose: str = "manual",
    ) -> None:
        browser.check(portal.key, wanted=options.browser)
        self.store, self.writer, self.options = store, writer, options
        self.readers = readers or Readers(options.workers)
        known = store.portal(portal.key)
        platform = portal.platform or (known.platform if known else None)
        self.portal = replace(portal, platform=platform, chrome=known.chrome if known else None)
        self.tally, self.yields, self.spelling = Tally(), Yields(options.since), Spelling()
        self.robots, self.chains = RobotsBook(), Chains()
        self.schemes = Schemes(to_http=options.insecure_tls)
        self.gates = Gates.for_run(options)
        if options.allow_private:
            CheckedResolver.allow(portal.hosts)
        self.crawl_id = store.begin_crawl(
            self.portal,
            reason=purpose,
            settings_digest=text_digest(str(sorted(asdict(options).items()))),
            versions={name: version(name) for name in ("khocong", "scrapy", "trafilatura", "lxml")},
        )
        self.resumed = recrawl.prepare(store, self.portal, options)
        self._enter(seeds, "seed")
        self._follow: dict[int, tuple[str, int]] = {}
        self._multipage = Multipage(self._may_fetch)
        self._listings_open = self._ended = False
        self.counts: dict[str, int] = {}
        self.articles_in_archive, self.unread = 0, dict[str, int]()
        self.committer = committer(
            store, writer, self.crawl_id, on_stored=self._stored, on_error=self._broken
        )
        self.frontier = Frontier(
            store.ledger,
            self.portal.key,
            self.crawl_id,
            gates=self.gates,
            robots=self.robots,
            record=self.committer.add,
            hurry=self.committer.hurry,
            want_robots=lambda url: self._enter([robots_url(url)], "robots"),
            closed=lambda lease: self.yields.closed(lease) or renamed(self.store, self.portal, lease),
            demoted=self.yields.demoted,
            wary=self.yields.wary,
            address=self.address_of,
            max_requests=options.max_requests,
            # With a delay a lease is cheap beside the wait, and the order stays exact.
            lease_size=1 if options.delay_s else 20,
        )
        self._robots_turns = RobotsTurns(
            self.robots, self.gates, self.frontier, self.schemes, self.committer.add, self._count_issue
        )
        self.learning = Learning(store, self.readers, self.portal, self.crawl_id, self.committer.flush)

    @property
    def reason(self) -> str:
        """How the crawl ended: finished, budget, interrupted, or "failed: …"."""
        return self.frontier.reason or "finished"

    @property
    def pending(self) -> int:
        """How many URLs wait, as of the last look; looking costs a count, so not more than twice a second."""
        if not self._ended:
            self.counts = self.store.ledger.counts(self.portal.key)
        return self.counts["pending"] + self.counts["leased"]

    def address_of(self, lease: LeasedUrl) -> str:
        """Return what is to be asked for: the lease's URL, or where the server sent us for the same row."""
        part = self._multipage.address(lease.url_id)
        sent = self._follow.get(lease.url_id, ("", 0))[0]
        return self.schemes.address(part or sent or self.spelling.address(lease.url))

    async def take(self, lease: LeasedUrl, exchange: Exchange) -> None:
        """Take the answer to a turn: judge it, and queue what becomes of its URL."""
        self.gates.of(urlsplit(exchange.url).netloc).answered(exchange.first_byte_at)
        self.tally.by_kind[lease.kind] += 1
        self.tally.bytes += len(exchange.body)
        if lease.kind == "robots" and not 300 <= exchange.status < 400:
            self.frontier.fetched(lease)
            self._robots_turns.take(lease, exchange, self.portal)
            return
        if exchange.status not in (429, 503):
            self.frontier.fetched(lease)
        with self.frontier.holding(len(exchange.body)):
            await self._understand(lease, exchange)
        self.frontier.fetched(lease)

    def miss(self, lease: LeasedUrl, failed: Failed) -> None:
        """Take note that a turn brought no answer."""
        self.gates.of(urlsplit(self.address_of(lease)).netloc).answered()
        self.tally.by_kind[lease.kind] += 1
        self.frontier.fetched(lease)
        if lease.kind == "robots":
            self._robots_turns.miss(lease, failed)
            return
        verdict = self._multipage.take(lease, judge_failure(lease, failed))
        self._settle(lease, verdict, self.address_of(lease))

    async def adopt(self) -> None:
        """Use whole WARC records that a crash left without rows, instead of fetching them again (I1)."""
        for lease, exchange in recrawl.orphans(self.store, self.portal):
            if lease.kind == "robots" or exchange.status not in (200, 301, 302, 303, 307, 308, 404, 410):
                continue
            await self._understand(lease, exchange, adopted=True)
            self.tally.adopted += 1
        self.committer.flush()
        await self.learning.go_on(self.portal, self._use)

    def close(self, reason: str | None = None) -> None:
        """End the run: record what is queued, give leases back, write how it ended. Twice is once."""
        if self._ended:
            return
        self._ended = True
        if reason:
            self.frontier.reason = self.frontier.reason or reason
        self.readers.kill()
        self.committer.flush()
        try:
            self.frontier.close()
            self.counts = self.store.ledger.counts(self.portal.key)
            self.articles_in_archive, self.unread = recrawl.stock(self.store, self.portal.key)
            from crawler import accounting  # not needed before the end, and large

            counts = accounting.counts_of(self)
            self.store.end_crawl(self.crawl_id, self.reason, self.tally.requests, counts)
        except ArchiveError as error:
            logger.error("the end of the crawl could not be recorded: %s", error)

    async def _understand(self, lease: LeasedUrl, exchange: Exchange, *, adopted: bool = False) -> None:
        reading = await self._read(lease, exchange)
        if reading is not None and self.learning.is_behind(reading.page, self.portal):
            # A model was learned meanwhile: the page and what is known of it must be read alike.
            reading = await self._read(lease, exchange)
        verdict = judge(lease, exchange, reading, self.portal, self._follow.get(lease.url_id, ("", 0))[1])
        if verdict.page is not None:
            restated.reopen_restated(self.store, self.portal, lease, exchange)
        if adopted and verdict.outcome.state == "pending":
            if verdict.follow is not None:
                self._follow_to(lease, verdict.follow)
            return
        page, verdict = verdict.page, verdict if adopted else self._multipage.take(lease, verdict)
        if verdict.outcome.article is not None:
            await self.learning.bring_up(self.portal, verdict.outcome.article)
        self._settle(lease, verdict, exchange.url)
        if page is not None:
            self.learning.note(page, self.portal)
            await self.learning.go_on(self.portal, self._use)

    async def _read(self, lease: LeasedUrl, exchange: Exchange) -> Reading | None:
        if exchange.status != 200 or not may_be_read(lease, exchange):
            return None
        learn, images = self.learning.wants_evidence, self.options.images
        job = ReadJob.of(exchange, self.portal, lease.kind, images=images, learn=learn, sign=True)
        try:
            return await self.readers.read(job)
        except ReaderMissing as error:
            self.frontier.stop(f"failed: {error}")
            return Reading(None, payload_digest(exchange.body), NO_READER, str(error))

    def _use(self, model: ChromeModel) -> None:
        self.portal = replace(self.portal, chrome=model)

    def _count_issue(self, kind: str) -> None:
        self.tally.issues[kind] += 1

    def _settle(self, lease: LeasedUrl, verdict: Verdict, url: str) -> None:
        outcome = verdict.outcome
        gate = self.gates.of(urlsplit(url).netloc)
        pause = 0.0
        if verdict.host == "ok":
            gate.went_well()
        elif verdict.host == "slow" and gate.page_is_to_blame(lease.url_id, lease.attempts):
            outcome = replace(outcome, state="failed")
        elif verdict.host == "slow":
            pause = gate.slow_down(verdict.retry_after_s)
            self.tally.issues["host asked to slow down"] += 1
        gate.failed(again=verdict.host == "fault")
        if verdict.follow is not None:
            self._follow_to(lease, verdict.follow)
        elif outcome.state == "pending" and outcome.reason != PART:
            wait = max(pause, gate.backoff_s(lease.attempts + 1))
            outcome = replace(outcome, not_before=utc(datetime.now(UTC) + timedelta(seconds=wait)))
        if verdict.page is not None:
            if (known := recrawl.introduced(self.portal, lease, verdict.page)) != self.portal:
                self.portal = known
                self.store.save_portal(known)
            if verdict.page.kind == "sitemap":
                recrawl.reopen_changed(self.store, self.portal.key, outcome.links)
                self.yields.in_sitemaps += sum(link.kind in ("article", "page") for link in outcome.links)
            self._note_yield(lease, verdict)
        else:
            recrawl.note_redirect(self.store, self.portal.key, self.yields, lease, outcome)
        outcome = self.chains.cut(lease, outcome)
        arranged = recrawl.arranged(replace(verdict, outcome=outcome), self.options)
        outcome = replace(outcome, links=arranged)
        for issue in outcome.issues:
            self.tally.issues[issue.kind] += 1
        self.committer.add(outcome)
        if lease.kind == "robots" and outcome.state != "pending":
            self._robots_turns.led_astray(lease, outcome.reason)
        if why := gate.had_enough:
            self.frontier.stop(f"failed: {gate.host} {why}; its URLs wait for another run")

    def _follow_to(self, lease: LeasedUrl, target: str) -> None:
        self.spelling.learn(self.address_of(lease), target)
        self._follow[lease.url_id] = (target, self._follow.get(lease.url_id, ("", 0))[1] + 1)
        self.tally.followed += 1
        if lease.kind != "robots":
            # Kept at once, so that a killed crawl does not ask for the redirect again.
            with self.store.db.transaction() as connection:
                connection.execute("UPDATE urls SET fetch_url = ? WHERE url_id = ?", (target, lease.url_id))

    def _note_yield(self, lease: LeasedUrl, verdict: Verdict) -> None:
        fresh = recrawl.note_yield(self.store, self.portal.key, self.yields, lease, verdict)
        if fresh and not self.resumed and not self._listings_open:
            # In a first crawl there are none to open again; in a later one this is the sign that it pays.
            self._listings_open = True
            recrawl.reopen_listings(self.store, self.portal.key)

    def _may_fetch(self, url: str) -> bool:
        rules = self.robots.of(url)
        in_scope = make_link(url, self.portal.platform or "generic", Scope(self.portal, url)) is not None
        return in_scope and (rules is None or rules.allows(url))

    def _enter(self, urls: Sequence[str], kind: Literal["seed", "robots"]) -> None:
        links = [link_of(url, self.portal, kind) for url in urls]
        self.store.ledger.seed(self.portal.key, [link for link in links if link is not None])

    def _stored(self, group: Sequence[tuple[Outcome, Stored]]) -> None:
        best = None
        for outcome, stored in group:
            if stored.change is not None:
                self.tally.changes[stored.change] += 1
            if stored.new_links:
                best = max(best or 0, *(link.priority for link in outcome.links), 0)
        self.frontier.settled([outcome.url_id for outcome, _ in group], best_new=best)

    def uncaptured(self, lease: LeasedUrl, error: CaptureError) -> None:
        """An answer could not be written: it is not used. A full disk ends the run."""
        if isinstance(error.__cause__, OSError):
            self._broken(error)
        self.miss(lease, Failed("not captured", str(error), host_fault=False))

    def _broken(self, error: Exception) -> None:
        self.frontier.stop(f"failed: cannot record: {error}")
