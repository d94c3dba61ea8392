"""The last look before a request leaves: http(s) only, and the portal's hosts only (I7)."""

from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from crawler.links import Scope


class OutOfScope(IgnoreRequest):
    """The URL is not one we were sent to; it is recorded, never fetched."""


class ScopeMiddleware:
    """Refuses what is not http(s) on a host of the portal, wherever the request came from.

    Addresses are checked later, at connect time, by crawler.connecting.CheckedResolver.
    """

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ScopeMiddleware":
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https"):
            raise OutOfScope(f"not http(s): {request.url[:200]}")
        if not Scope(self.crawler.spider.session.portal, request.url).has(parts.netloc.lower()):
            raise OutOfScope(f"not a host of the portal: {parts.netloc}")
