"""Next to the wire: each exchange becomes a WARC record before anyone may use its response (I1)."""

import time
from datetime import UTC, datetime
from http.client import responses
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import StopDownload
from scrapy.http import Headers, Response

from archive.warc.records import RawRequest, RawResponse
from crawler.conditional import REVISIT
from crawler.exchange import Exchange
from crawler.robots import MAX_ROBOTS_BYTES

# Where the exchange travels to the spider's callback.
EXCHANGE = "exchange"
# Where a browser leaves what it made of the answer (archive.warc.records.Rendering).
RENDERING = "rendering"


class CaptureMiddleware:
    """Writes every answer, of any status, to the WARC, and hands the Exchange on in `request.meta`.

    At order 950 the body is still compressed, as it came, and a CaptureError fails the request: what could
    not be captured is not used, and its URL is tried again.
    """

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CaptureMiddleware":
        made = cls(crawler)
        crawler.signals.connect(made.received, signal=signals.bytes_received)
        return made

    def received(self, data: bytes, request: Request) -> None:
        """Take no more of a robots.txt than has to be read of it."""
        if _is_robots(request):
            request.meta["robots_bytes"] = request.meta.get("robots_bytes", 0) + len(data)
            if request.meta["robots_bytes"] > MAX_ROBOTS_BYTES:
                raise StopDownload(fail=False)

    def process_request(self, request: Request) -> None:
        if _is_robots(request):
            request.meta["download_maxsize"] = 0  # `received` ends it, and what came until then counts
        request.meta["sent_at"] = datetime.now(UTC)
        request.meta["sent_clock"] = time.monotonic()

    def process_response(self, request: Request, response: Response) -> Response:
        sent_at, sent_clock = request.meta["sent_at"], request.meta["sent_clock"]
        cut = "dataloss" in response.flags
        revisit = request.meta.get(REVISIT) if response.status == 304 else None
        place = self.crawler.spider.session.writer.write_exchange(
            RawRequest(request.url, sent_at, request.method, _pairs(request.headers), request.body),
            RawResponse(
                response.status,
                _pairs(response.headers),
                response.body,
                responses.get(response.status, ""),
                response.protocol or "HTTP/1.1",
                str(response.ip_address) if response.ip_address else None,
                "disconnect" if cut else "length" if "download_stopped" in response.flags else "",
            ),
            revisit=revisit,
            rendering=(rendering := request.meta.get(RENDERING)),
        )
        latency = request.meta.get("download_latency")
        request.meta[EXCHANGE] = Exchange(
            url=request.url,
            captured_at=sent_at.isoformat(),
            status=response.status,
            headers={
                name.decode("latin-1").lower(): _text(values) for name, values in response.headers.items()
            },
            body=response.body,
            place=place,
            ip=str(response.ip_address) if response.ip_address else None,
            tls=request.meta.get("tls"),
            elapsed_s=time.monotonic() - sent_clock,
            first_byte_at=sent_clock + latency if latency is not None else None,
            cut=cut,
            revisit_of=revisit.record_id if revisit else None,
            rendered=rendering.body if rendering else None,
        )
        return response


def _is_robots(request: Request) -> bool:
    lease = request.meta.get("lease")
    return lease is not None and lease.kind == "robots"


def _pairs(headers: Headers) -> list[tuple[bytes, bytes]]:
    # `headers[name]` keeps only the last of repeated ones (measured).
    return [(name, value) for name in headers for value in headers.getlist(name)]


def _text(values: list[bytes]) -> str:
    return values[0].decode("latin-1") if values else ""
