"""Runs one peer on one portal until it has no more to ask, or has asked MAX times."""

import socket
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from copy import deepcopy
from typing import Any
from urllib.parse import urldefrag, urlsplit

import lxml.html
import scrapy
import trafilatura
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.linkextractors import LinkExtractor
from scrapy.spiders import CrawlSpider, Rule

from benchmarks.crawl_peers import NAMED

# As a careful user would set them: no delay here, where ours has none either.
SETTINGS: dict[str, Any] = {
    "ROBOTSTXT_OBEY": False,
    "DOWNLOAD_DELAY": 0,
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "AUTOTHROTTLE_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "LOG_LEVEL": "ERROR",
}


def is_html(response: Response) -> bool:
    """Say whether there is markup to be read."""
    return b"html" in (response.headers.get("Content-Type") or b"") and bool(response.body)


class Plain(CrawlSpider):
    """Scrapy's own CrawlSpider with LinkExtractor; pages are thrown away."""

    name = "plain"
    rules = (Rule(LinkExtractor(), callback="look", follow=True),)

    def __init__(self, start: str) -> None:
        self.start_urls = [start]
        self.allowed_domains = [urlsplit(start).hostname or ""]
        super().__init__()

    def look(self, response: Response) -> None:
        """Throw the page away."""


class Inline(Plain):
    """The same with trafilatura in the callback: the crawler most people write."""

    name = "inline"

    def look(self, response: Response) -> None:
        """Extract the page, and throw the article away."""
        if is_html(response):
            trafilatura.bare_extraction(response.text, url=response.url, with_metadata=True)


class Hrefs(scrapy.Spider):
    """Follows what plain lxml finds in href; pages are thrown away: the least a Scrapy crawl can do."""

    name = "hrefs"

    def __init__(self, start: str) -> None:
        super().__init__()
        self.start_urls = [start]
        self._host = urlsplit(start).netloc
        self._seen = {start}

    def parse(self, response: Response) -> Iterator[scrapy.Request]:
        """Follow each link once."""
        if not is_html(response):
            return
        tree = lxml.html.document_fromstring(response.body)
        for node in tree.iter("a"):
            url = urldefrag(response.urljoin(node.get("href") or "")).url
            if url not in self._seen and urlsplit(url).netloc == self._host:
                self._seen.add(url)
                yield scrapy.Request(url, dont_filter=True)


def focused(start: str, most: int) -> None:
    """Run trafilatura's own crawler, without its pause of two seconds."""
    look_up = socket.getaddrinfo

    def answer(host: Any, *rest: Any, **options: Any) -> Any:
        return look_up("127.0.0.1" if host == NAMED else host, *rest, **options)

    socket.getaddrinfo = answer
    from trafilatura.settings import DEFAULT_CONFIG
    from trafilatura.spider import focused_crawler

    config: ConfigParser = deepcopy(DEFAULT_CONFIG)
    config["DEFAULT"].update({"SLEEP_TIME": "0", "SSRF_PROTECTION": "off"})
    todo, known = focused_crawler(start, max_seen_urls=most, max_known_urls=1_000_000, config=config)
    print(len(todo), len(known))


def main(arguments: list[str]) -> int:
    """Run the peer named first."""
    name, start, most = arguments[0], arguments[1], int(arguments[2]) if len(arguments) > 2 else 0
    if name == "focused":
        focused(start, most or 1_000_000)
        return 0
    spider = {"plain": Plain, "inline": Inline, "hrefs": Hrefs}[name]
    process = AsyncCrawlerProcess({**SETTINGS, "CLOSESPIDER_PAGECOUNT": most})
    process.crawl(spider, start=start)
    process.start()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
