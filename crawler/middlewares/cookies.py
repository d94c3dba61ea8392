"""Cookies for a host that insists: it sets one and redirects to the very same URL until it comes back."""

from urllib.parse import urljoin, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

# A name and value as sent; more of them, or longer ones, belong to visitors and not to a gate.
_MOST = 10
_LONGEST = 1000


class CookieGateMiddleware:
    """Sends a host's own cookies back, to that scheme, host and port alone, once it has insisted.

    Otherwise no cookies are kept: they tie pages to a visitor, and make theme switches stick.
    """

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str], dict[str, str]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "CookieGateMiddleware":
        return cls()

    def process_request(self, request: Request) -> None:
        if cookies := self._cookies.get(_door(request.url)):
            pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
            request.headers[b"Cookie"] = pairs.encode("latin-1", "replace")

    def process_response(self, request: Request, response: Response) -> Response:
        location = (response.headers.get(b"Location") or b"").decode("latin-1")
        if response.status in (301, 302, 303, 307, 308) and location:
            try:
                same = urljoin(request.url, location) == request.url
            except ValueError:
                return response
            if same:
                self._keep(request.url, response.headers.getlist(b"Set-Cookie"))
        return response

    def _keep(self, url: str, values: list[bytes]) -> None:
        kept = self._cookies.setdefault(_door(url), {})
        for value in values:
            name, equals, rest = value.decode("latin-1").partition(";")[0].strip().partition("=")
            printable = all(32 < ord(char) < 127 for char in name + rest)
            if name and equals and printable and len(name + rest) <= _LONGEST and len(kept) < _MOST:
                kept[name] = rest


def _door(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
