"""Scrapy's log without a line for each answer: the ledger has them all."""

from typing import Any

from scrapy.http import Request, Response
from scrapy.logformatter import LogFormatter
from scrapy.spiders import Spider


class QuietFormatter(LogFormatter):
    """Words nothing for an answer that came; what goes wrong is logged as ever."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> Any:
        """Return None, by which Scrapy logs nothing."""
        return None
