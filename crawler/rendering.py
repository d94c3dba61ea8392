"""Pages as a browser makes them: the answer as it came, and the document its scripts built from it.

The browser never reaches the network. The page itself is fetched as every other, its bytes are handed to the
browser, and each request its scripts make is answered by crawler.visit (I1, I6, I7).
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.misc import build_from_crawler, load_object
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler
from scrapy_playwright.page import PageMethod

from archive.warc.records import Rendering
from crawler import settings
from crawler.middlewares.capture import RENDERING
from crawler.visit import PAGE_TIME_S, RENDER, Kept, Visit, text_of

if TYPE_CHECKING:
    from playwright.async_api import Page, Route
    from playwright.async_api import Request as Asked

logger = logging.getLogger(__name__)

# Scripts are the same on every page of a portal: each is asked for once a run.
_KEPT_BYTES = 48 * 1024 * 1024
# A browser that has shown so many pages is started anew: what its pages leaked goes with it.
_PAGES_A_BROWSER = 200
_CONTEXT = {
    "service_workers": "block",
    "accept_downloads": False,
    "locale": "vi-VN",
    "timezone_id": "Asia/Ho_Chi_Minh",
}


class BrowserFailed(Exception):
    """The browser did not start, or died; the page is worth another try."""


class BrowserHandler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]  # it ships no types
    """Downloads for a portal that needs a browser; a request without `meta["render"]` is fetched plainly.

    The response returned is always the server's own. What the browser made of it is left in
    `request.meta["rendering"]`; where it could not, the page is read as it came and the run counts it.
    """

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._scrapy = crawler
        # What fetches for every other portal, with its limits, turns and certificates, fetches here too.
        self._plain = {
            scheme: build_from_crawler(load_object(settings.DOWNLOAD_HANDLERS[scheme]), crawler)
            for scheme in ("http", "https")
        }
        self._visits: dict[Page, Visit] = {}
        self._scripts = Kept(_KEPT_BYTES)
        self._numbers = itertools.count(1)
        self._closed = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "BrowserHandler":
        # http and https share one browser.
        made: BrowserHandler | None = getattr(crawler, "khocong_browser", None)
        if made is None:
            made = cls(crawler)
            crawler.khocong_browser = made  # type: ignore[attr-defined]  # ours alone
        return made

    async def download_request(self, request: Request) -> Response:
        if RENDER not in request.meta:
            return await self._fetch(request)
        for name in ("If-None-Match", "If-Modified-Since"):
            # The page of a portal of scripts never changes: what it shows does.
            request.headers.pop(name, None)
        response = await self._fetch(request)
        # The host has seen this request: its scripts' requests take turns of their own.
        spider: Any = self._scrapy.spider
        gate = spider.session.gates.of(urlsplit(request.url).netloc)
        gate.answered(request.meta["sent_clock"] + request.meta.get("download_latency", 0.0))
        if response.status == 200 and _is_html(response) and "dataloss" not in response.flags:
            request.meta[RENDERING] = await self._render(request, response)
        return response

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            for handler in self._plain.values():
                await handler.close()
            await super().close()

    async def _fetch(self, request: Request) -> Response:
        response: Response = await self._plain[urlsplit(request.url).scheme].download_request(request)
        return response

    async def _render(self, request: Request, response: Response) -> Rendering | None:
        number = next(self._numbers)
        visit = Visit(self._scrapy, self._fetch, self._scripts, request, response)
        name, agent = f"page-{number}", text_of(request.headers.get("User-Agent"))

        async def open_visit(page: "Page", _request: Request) -> None:
            self._visits[page] = visit

        opened = Request(
            request.url,
            headers=request.headers,
            meta={
                "playwright": True,
                "playwright_context": name,
                "playwright_context_kwargs": {**_CONTEXT, "user_agent": agent},
                "playwright_page_init_callback": open_visit,
                "playwright_page_goto_kwargs": {"wait_until": "commit", "timeout": PAGE_TIME_S * 1000},
                "playwright_page_methods": [PageMethod(visit.watch)],
            },
        )
        failed = ""
        try:
            await super().download_request(opened)
        except Exception as error:  # the boundary to the browser: the page as it came is left
            failed = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        finally:
            self._visits = {page: other for page, other in self._visits.items() if other is not visit}
            await self._leave(name, number)
        if visit.dom is None and not visit.complaint:
            # Not the page's doing: it is asked for again, as after any failure on the way.
            raise BrowserFailed(failed or "no document")
        if visit.dom is None:
            visit.note("page not rendered", visit.complaint)
            return None
        if visit.complaint:
            visit.note("page rendered in part", visit.complaint)
        version = self.browser.version if hasattr(self, "browser") else "unknown"
        return Rendering(visit.dom, datetime.now(UTC), f"Chromium/{version}")

    async def _leave(self, name: str, number: int) -> None:
        """Close what one page ran in, cookies and all; a browser that does not answer is ended."""
        try:
            if (wrapper := self.context_wrappers.get(name)) is not None:
                await asyncio.wait_for(wrapper.context.close(), 5)
            if number % _PAGES_A_BROWSER == 0 and hasattr(self, "browser"):
                await asyncio.wait_for(self.browser.close(), 10)
        except (PlaywrightError, TimeoutError) as error:
            logger.warning("the browser does not let go of a page: %s", error)
            if hasattr(self, "browser"):
                with contextlib.suppress(PlaywrightError, TimeoutError):
                    await asyncio.wait_for(self.browser.close(), 10)

    def _make_request_handler(self, **_given: Any) -> "Callable[[Route, Asked], Awaitable[None]]":
        """Return what answers each request of a page (scrapy-playwright's own lets the browser fetch)."""

        async def answer(route: "Route", asked: "Asked") -> None:
            with contextlib.suppress(PlaywrightError):  # the page was closed meanwhile
                visit = self._visits.get(asked.frame.page)
                if visit is None:
                    await route.abort("blockedbyclient")
                else:
                    await visit.answer(route, asked)

        return answer


def _is_html(response: Response) -> bool:
    mime = text_of(response.headers.get("Content-Type")).lower()
    return "html" in mime or (not mime and response.body.lstrip()[:1] == b"<")
