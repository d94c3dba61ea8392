"""http where https is closed, and https where http is: the portal's own hosts only, and said each time."""

from typing import ClassVar
from urllib.parse import urlsplit, urlunsplit

from crawler.exchange import Failed

# What a closed or broken door looks like from outside; a name that does not exist has no other door.
_CLOSED = frozenset({"connection refused", "timeout", "tls failed", "broken answer"})
_OTHER = {"http": "https", "https": "http"}
_DEFAULT = {"http": 80, "https": 443}


class Schemes:
    """Which scheme is asked for each host of a crawl. robots.txt, asked before anything else, decides it."""

    # The port that belongs to the other scheme; one that is not named here has no counterpart.
    ports: ClassVar[dict[int, int]] = {443: 80, 80: 443}

    def __init__(self, *, to_http: bool = True) -> None:
        self._to_http = to_http
        self._moved: dict[tuple[str, str], tuple[str, str]] = {}
        self._tried: set[tuple[str, str]] = set()

    def address(self, url: str) -> str:
        """Return where *url* is asked for."""
        parts = urlsplit(url)
        moved = self._moved.get((parts.scheme, parts.netloc.lower()))
        return urlunsplit((*moved, parts.path, parts.query, "")) if moved else url

    def other(self, url: str, failed: Failed) -> str | None:
        """Return where else to ask for the robots.txt *url*, from now on the address of its whole host.

        None where that was tried already, or is not to be: a portal that refuses broken certificates is
        not asked over http either.
        """
        parts = urlsplit(url)
        door = (parts.scheme, parts.netloc.lower())
        if door in self._tried:
            # Neither answers: what the URL itself says stands.
            self._moved.pop(door, None)
            return None
        port = self.ports.get(parts.port or _DEFAULT.get(parts.scheme, 0))
        if port is None or failed.kind not in _CLOSED or (parts.scheme == "https" and not self._to_http):
            return None
        scheme = _OTHER[parts.scheme]
        host = parts.netloc.rpartition(":")[0] if parts.port else parts.netloc
        self._tried.add(door)
        self._moved[door] = (scheme, host if port == _DEFAULT[scheme] else f"{host}:{port}")
        return self.address(url)
