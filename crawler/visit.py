"""One page in the browser: what its scripts ask for is checked, paced, fetched and captured by us."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from archive.errors import ArchiveError
from archive.warc.reader import decode_body
from crawler.browser import page_time_s
from crawler.links import Scope
from crawler.middlewares.capture import CaptureMiddleware

if TYPE_CHECKING:
    from playwright.async_api import Page, Route
    from playwright.async_api import Request as Asked

    from crawler.session import Session

logger = logging.getLogger(__name__)

# `request.meta[RENDER]` asks for a page to be rendered; its value is the CSS selector to wait for, or "".
RENDER = "render"
PAGE_TIME_S = page_time_s()
# Without a selector a page is ready when nothing has been asked for and nothing answered for so long.
_QUIET_S = 0.5
_LOOK_S = 0.05
# A part whose turn is further off than this (quiet hours, Retry-After) is done without.
_LONGEST_WAIT_S = 150.0
# Style sheets, images and fonts are not needed to read a page; frames are pages of their own.
_NEEDED = frozenset({"script", "xhr", "fetch"})
_METHODS = frozenset({"GET", "HEAD", "POST"})
MAX_PARTS = 60
MAX_PART_BYTES = 8 * 1024 * 1024
MAX_POST_BYTES = 64 * 1024
_MAX_DOM_BYTES = 32 * 1024 * 1024
# They describe the transfer, which ended with us, or would have the browser refuse what it was sent.
_NOT_PASSED = frozenset(
    {"content-encoding", "content-length", "transfer-encoding", "connection", "keep-alive", "set-cookie",
     "content-security-policy", "refresh", "clear-site-data"}
)  # fmt: skip
# What a request of a script takes from us, and from the script.
_OURS = ("User-Agent", "Accept-Language", "Accept-Encoding")
_THEIRS = ("accept", "content-type", "x-requested-with")

Fetch = Callable[[Request], Awaitable[Response]]


class Visit:
    """One page in the browser: answers what it asks for, and takes its document when it has come to rest."""

    def __init__(
        self, crawler: Crawler, fetch: Fetch, scripts: "Kept", request: Request, response: Response
    ) -> None:
        self._session: Session = crawler.spider.session  # type: ignore[union-attr]  # PortalSpider has one
        self._capture = CaptureMiddleware(crawler)
        self._fetch = fetch
        self._scripts = scripts
        self._request = request
        self._response = response
        self._scope = Scope(self._session.portal, request.url)
        self._turn = asyncio.Lock()
        self._asked = self._open = 0
        self._opened = False
        self._started = self._last = time.monotonic()
        self._waited_s = 0.0
        self.dom: bytes | None = None
        self.complaint = ""

    def note(self, kind: str, detail: str) -> None:
        """Count what went wrong with the page, and say it in the log."""
        self._session.tally.issues[kind] += 1
        logger.warning("%s: %s: %s", kind, self._request.url, detail)

    async def watch(self, page: "Page") -> None:
        """Wait until the page is ready, then take its document."""
        selector = str(self._request.meta[RENDER])
        try:
            while not await asyncio.wait_for(self._is_ready(page, selector), PAGE_TIME_S):
                if time.monotonic() - self._started - self._waited_s > PAGE_TIME_S:
                    what = f": no {selector}" if selector else ""
                    self.complaint = f"not ready after {PAGE_TIME_S:g} s{what}"
                    break
                await asyncio.sleep(_LOOK_S)
            dom = (await asyncio.wait_for(page.content(), PAGE_TIME_S)).encode("utf-8", "replace")
        except TimeoutError:
            self.complaint = f"its scripts did not come to rest in {PAGE_TIME_S:g} s"
            raise
        if len(dom) > _MAX_DOM_BYTES:
            self.complaint = f"its document has {len(dom)} bytes"
        else:
            self.dom = dom

    async def _is_ready(self, page: "Page", selector: str) -> bool:
        if selector:
            return await page.query_selector(selector) is not None
        if self._open or time.monotonic() - self._last < _QUIET_S:
            return False
        return bool(await page.evaluate("document.readyState === 'complete'"))

    async def answer(self, route: "Route", asked: "Asked") -> None:
        """Answer one request of the page: with what we have, with what we fetch for it, or not at all."""
        if asked.is_navigation_request():
            await self._navigate(route, asked)
            return
        self._open += 1
        try:
            if why := self._refusal(asked):
                logger.info("the page %s may not ask for %s: %s", self._request.url, asked.url[:300], why)
                await route.abort("blockedbyclient")
                return
            kept = self._scripts.get(asked.url) if asked.resource_type == "script" else None
            response = kept or await self._ask(asked)
            if response is None or 300 <= response.status < 400:
                # A browser follows a redirect without asking again who may be asked (I7).
                await route.abort("failed")
                return
            if asked.resource_type == "script" and response.status == 200:
                self._scripts.put(asked.url, response)
            await _hand_over(route, response)
        finally:
            self._open -= 1
            self._last = time.monotonic()

    async def _navigate(self, route: "Route", asked: "Asked") -> None:
        """Hand over the page itself, once; wherever else a script wants to go is the ledger's business."""
        same = urldefrag(asked.url).url.rstrip("/") == urldefrag(self._request.url).url.rstrip("/")
        if self._opened or not same or asked.frame.parent_frame is not None:
            await route.abort("blockedbyclient")
            return
        self._opened = True
        self._started = self._last = time.monotonic()
        await _hand_over(route, self._response)

    def _refusal(self, asked: "Asked") -> str:
        """Return why the page may not have what it asks for, "" when it may."""
        parts = urlsplit(asked.url)
        if asked.resource_type not in _NEEDED:
            return f"{asked.resource_type} is not needed to read it"
        if parts.scheme not in ("http", "https") or not self._scope.has(parts.netloc.lower()):
            return "not a host of the portal"
        if asked.method not in _METHODS or len(asked.post_data_buffer or b"") > MAX_POST_BYTES:
            return f"a {asked.method} of {len(asked.post_data_buffer or b'')} bytes"
        rules = self._session.robots.of(asked.url)
        if rules is None or not rules.allows(asked.url):
            return "robots.txt"
        if self._asked >= MAX_PARTS:
            return f"more than {MAX_PARTS} requests"
        return ""

    async def _ask(self, asked: "Asked") -> Response | None:
        """Fetch one part of the page in its host's turn, and capture it; None without an answer."""
        gate = self._session.gates.of(urlsplit(asked.url).netloc)
        begun = time.monotonic()
        async with self._turn:
            self._asked += 1
            while (wait := gate.wait_s()) > 0:
                if wait > _LONGEST_WAIT_S or gate.had_enough:
                    return None
                await asyncio.sleep(wait)
            self._waited_s += time.monotonic() - begun
            request = self._part(asked)
            self._session.frontier.requests += 1
            self._session.tally.by_kind["part of a page"] += 1
            self._capture.process_request(request)
            try:
                response = await self._fetch(request)
                self._capture.process_response(request, response)
            except ArchiveError:
                raise
            except Exception as error:  # the boundary of one request: its script is told that it failed
                logger.info("no answer to %s: %s", asked.url[:300], error)
                gate.answered()
                return None
            gate.answered(request.meta["sent_clock"] + request.meta.get("download_latency", 0.0))
            return response

    def _part(self, asked: "Asked") -> Request:
        headers = {name: self._request.headers.get(name) for name in _OURS}
        theirs = {name: value for name, value in asked.headers.items() if name in _THEIRS}
        return Request(
            urldefrag(asked.url).url,
            method=asked.method,
            headers={**headers, **theirs, "Referer": self._request.url},
            body=asked.post_data_buffer or b"",
            meta={"download_maxsize": MAX_PART_BYTES},
            dont_filter=True,
        )


class Kept:
    """Answers that are given again without asking, the least used forgotten beyond *max_bytes*."""

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self._kept: OrderedDict[str, Response] = OrderedDict()

    def get(self, url: str) -> Response | None:
        """Return what is kept, or None."""
        if url in self._kept:
            self._kept.move_to_end(url)
        return self._kept.get(url)

    def put(self, url: str, response: Response) -> None:
        """Keep an answer."""
        if url not in self._kept:
            self._kept[url] = response
            self._left -= len(response.body)
            while self._left < 0 and self._kept:
                self._left += len(self._kept.popitem(last=False)[1].body)


async def _hand_over(route: "Route", response: Response) -> None:
    """Give the browser an answer of ours, its content-encoding undone."""
    encoding = text_of(response.headers.get("Content-Encoding"))
    try:
        body = decode_body(response.body, encoding, _MAX_DOM_BYTES)
    except ArchiveError:
        body = response.body  # servers say gzip and send plain text
    headers = {
        name.decode("latin-1"): text_of(values[0])
        for name, values in response.headers.items()
        if values and name.decode("latin-1").lower() not in _NOT_PASSED
    }
    await route.fulfill(status=response.status, headers=headers, body=body)


def text_of(value: bytes | None) -> str:
    """Return a header's value as text, "" where there is none."""
    return (value or b"").decode("latin-1")
