"""robots.txt as RFC 9309 has it: what may be asked of each host, and what follows when it cannot be read."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from protego import Protego

# RFC 9309, 2.5: at least 500 KiB must be parsed, and more need not be.
MAX_ROBOTS_BYTES = 512 * 1024
AGENT = "KhoCong"


@dataclass(frozen=True, slots=True)
class Rules:
    """What one host's robots.txt says to us. `state` "unreachable" means that nothing may be fetched yet."""

    state: Literal["rules", "allow_all", "unreachable"]
    parser: Protego | None = None
    why: str = ""

    def allows(self, url: str) -> bool:
        """Say whether the URL may be fetched."""
        if self.state == "unreachable":
            return False
        return self.parser is None or bool(self.parser.can_fetch(url, AGENT))

    @property
    def crawl_delay_s(self) -> float | None:
        """The delay asked for in seconds, or None."""
        if self.parser is None:
            return None
        delay = self.parser.crawl_delay(AGENT)
        rate = self.parser.request_rate(AGENT)
        wanted = [float(delay)] if delay is not None else []
        if rate is not None and rate.requests:
            wanted.append(float(rate.seconds) / float(rate.requests))
        return max(wanted) if wanted else None

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """The URLs of its Sitemap lines, as written."""
        return tuple(self.parser.sitemaps) if self.parser is not None else ()


def rules_of(status: int, body: bytes) -> Rules:
    """Return what an answer to /robots.txt means. 4xx allows all; 429 and 5xx are `unreachable`.

    A 200 that is an HTML page (many portals answer every path with one) holds no rules: all is allowed.
    """
    if status == 429 or status >= 500:
        return Rules("unreachable", why=f"HTTP {status}")
    if status != 200:
        return Rules("allow_all", why=f"HTTP {status}")
    head = body[:1000].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<script")):
        return Rules("allow_all", why="an HTML page")
    text = body[:MAX_ROBOTS_BYTES].decode("utf-8-sig", "replace")
    return Rules("rules", Protego.parse(text))


class RobotsBook:
    """The rules of every host of a crawl, by scheme and host: each host answers for itself."""

    def __init__(self) -> None:
        self._rules: dict[str, Rules] = {}

    def put(self, url: str, rules: Rules) -> None:
        """Enter the rules of the host of *url*."""
        self._rules[_host(url)] = rules

    def of(self, url: str) -> Rules | None:
        """Return the rules for the host of *url*, None when its robots.txt was not asked for yet."""
        return self._rules.get(_host(url))

    @property
    def all(self) -> tuple[Rules, ...]:
        """The rules of all hosts that were asked."""
        return tuple(self._rules.values())


def robots_url(url: str) -> str:
    """Return where the rules for *url* stand."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/robots.txt"


def _host(url: str) -> str:
    # http and https are asked together: a portal that moves to https answers on http with a redirect only.
    return urlsplit(url).netloc.lower()
