"""The one spider: asks what the frontier hands out, and hands back what came."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
)

from archive.errors import CaptureError
from archive.records import Issue, LeasedUrl, Outcome
from crawler import browser
from crawler.conditional import REVISIT, base_of
from crawler.connecting import CheckedResolver
from crawler.exchange import Failed
from crawler.middlewares.capture import EXCHANGE
from crawler.middlewares.scope import OutOfScope
from crawler.run import open_session
from crawler.session import Session
from crawler.settings import DOWNLOAD_MAXSIZE
from crawler.wire import HeadTooLarge, TlsRefused, causes, tls_complaint

_ANNOUNCED = re.compile(r"Expected to receive (\d{1,19}) bytes")

# Beyond this a body is a file that was linked as a page. It is more than a page may have to be read: what
# is too long for that is kept all the same.
MAX_PAGE_BYTES = 32 * 1024 * 1024


class PortalSpider(Spider):
    """Crawls the portal of its session.

    `khocong crawl` makes the session. `scrapy crawl portal -a portal=KEY_OR_URL` has the spider make one,
    with -a archive=DIR, delay=, max_requests=, since= and allow_private=1.
    """

    name = "portal"

    def __init__(self, portal: str = "", session: Session | None = None, **options: Any) -> None:
        super().__init__(self.name)
        self._own = session is None
        self.session = session or open_session(portal, Path(options.pop("archive", "archive")), options)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "PortalSpider":
        spider: PortalSpider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.ended, signal=signals.spider_closed)
        if spider.session.options.browser:
            crawler.settings.setdict(browser.scrapy_settings(), priority="spider")
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Take turn after turn; the crawl lasts as long as turns are given. Nothing is yielded.

        Requests go to Scrapy's downloader themselves: its scheduler and scraper, which would queue what
        the frontier has queued and the readers will read, were a seventh of the crawling process's work.
        """
        self.session.readers.warm_up()
        await self.session.adopt()
        running: set[asyncio.Task[None]] = set()
        async for lease in self.session.frontier.turns():
            task = asyncio.ensure_future(self._turn(lease))
            running.add(task)
            task.add_done_callback(running.discard)
        while running:
            await asyncio.wait(running)
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request

    def _request(self, lease: LeasedUrl) -> Request:
        meta: dict[str, Any] = {"lease": lease}
        if lease.kind not in ("attachment", "image", "sitemap"):
            meta["download_maxsize"] = MAX_PAGE_BYTES
            if self.session.options.browser and lease.kind not in ("robots", "feed"):
                meta["render"] = self.session.options.wait_for
        address = self.session.address_of(lease)
        known = base_of(self.session.store, lease, address)
        if known is not None:
            meta[REVISIT] = known.revisit
        return Request(address, headers=known.headers if known else None, dont_filter=True, meta=meta)

    async def _turn(self, lease: LeasedUrl) -> None:
        """Ask for one URL and hand over what came. Whatever goes wrong with one page costs that page."""
        engine: Any = self.crawler.engine
        try:
            request = self._request(lease)
            try:
                await engine.download_async(request)
            except CaptureError as error:
                self.session.uncaptured(lease, error)
            except Exception as error:  # the boundary of one request: what Scrapy and Twisted may raise
                self.session.miss(lease, reason_of(error, request))
            else:
                await self.session.take(lease, request.meta[EXCHANGE])
        except Exception as error:  # the boundary of one page
            self.logger.exception("unexpected, at %s", lease.url)
            self._give_up(lease, error)

    def _give_up(self, lease: LeasedUrl, error: Exception) -> None:
        issue = Issue("unexpected", f"{type(error).__name__}: {error}"[:500], lease.url)
        self.session.frontier.fetched(lease)
        self.session.committer.add(Outcome(lease.url_id, "failed", "unexpected", issues=(issue,)))

    def ended(self, reason: str) -> None:
        """Close a session of our own; one that was given is closed by its giver."""
        if self._own:
            self.session.close("interrupted" if reason == "shutdown" else None)
            self.session.writer.close()
            self.session.store.close()


def reason_of(error: BaseException, request: Request) -> Failed:
    """Return the ledger's word for what went wrong with a request."""
    detail = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
    if isinstance(error, OutOfScope):
        return Failed("out of scope", detail, worth_retrying=False, host_fault=False)
    host = request.url.split("/", 3)[2].rpartition("@")[2]
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if isinstance(error, CannotResolveHostError):
        if address := CheckedResolver.refused.get(name):
            word = f"{name} is {address}, not a public address; --allow-private lets a crawl go there"
            return Failed("private address", word, worth_retrying=False)
        return Failed("unknown host", f"the name {name} cannot be resolved")
    if isinstance(error, TlsRefused):
        return Failed("tls refused", detail, worth_retrying=False)
    if heads := [one for one in causes(error) if isinstance(one, HeadTooLarge)]:
        return Failed("headers too large", str(heads[0]), worth_retrying=False, host_fault=False)
    if complaint := tls_complaint(error):
        return Failed("tls failed", complaint)
    if isinstance(error, DownloadConnectionRefusedError):
        return Failed("connection refused", detail)
    if isinstance(error, DownloadTimeoutError):
        return Failed("timeout", detail)
    if isinstance(error, DownloadCancelledError):
        return Failed("too large", _too_large(detail, request), worth_retrying=False, host_fault=False)
    # Twisted wraps what happened twice; the last in the row is what a reader wants to know.
    last = causes(error)[-1]
    return Failed("broken answer", f"{type(last).__name__}: {last}"[:300])


def _too_large(detail: str, request: Request) -> str:
    """Say how much was too much, in MB; Scrapy's own words name the size only where it was announced."""
    most = int(request.meta.get("download_maxsize", DOWNLOAD_MAXSIZE)) // 2**20
    announced = _ANNOUNCED.search(detail)
    size = f"{int(announced[1]) // 2**20} MB announced" if announced else "the answer went on"
    return f"{size}, more than the {most} MB that are kept; only its address is"
