"""Memento (RFC 7089): when a URL was captured, and which capture was nearest to a moment."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.export.cdxj import timestamp
from archive.export.times import http_date
from archive.urls import urlkey


@dataclass(frozen=True, slots=True)
class Memento:
    """One capture that can be shown: `at` is ISO, in UTC."""

    url: str
    at: str
    capture_id: int


def mementos(connection: sqlite3.Connection, url: str) -> list[Memento]:
    """Return the good captures of *url*, oldest first. Raises ValueError for what is no http(s) URL.

    Each portal is asked for the urlkey by its own index: `captures` has none by URL, and holds millions.
    """
    rows = connection.execute(
        "SELECT c.url, c.captured_at, c.capture_id FROM portals AS p CROSS JOIN urls AS u "
        "ON u.portal_key = p.portal_key AND u.urlkey = ? JOIN captures AS c ON c.url_id = u.url_id "
        "WHERE c.status IN (200, 304) ORDER BY c.captured_at, c.capture_id",
        (urlkey(url),),
    )
    return [Memento(*row) for row in rows]


def link_format(url: str, found: Sequence[Memento], base: str) -> str:
    """Return the TimeMap of *url* as application/link-format; *base* is where the archive is served."""
    root = base.rstrip("/")
    lines = [
        f'<{_bare(url)}>; rel="original"',
        f'<{root}/timegate/{_bare(url)}>; rel="timegate"',
        f'<{root}/timemap/link/{_bare(url)}>; rel="self"; type="application/link-format"'
        + (f'; from="{http_date(found[0].at)}"; until="{http_date(found[-1].at)}"' if found else ""),
    ]
    for number, memento in enumerate(found):
        words = ["first"] * (number == 0) + ["last"] * (number == len(found) - 1) + ["memento"]
        lines.append(
            f'<{memento_url(memento, root)}>; rel="{" ".join(words)}"; datetime="{http_date(memento.at)}"'
        )
    return ",\n".join(lines) + "\n"


def memento_url(memento: Memento, root: str) -> str:
    """Return where a capture is shown."""
    return f"{root}/replay/{timestamp(memento.at)}/{_bare(memento.url)}"


def nearest(found: Sequence[Memento], wanted: datetime) -> Memento | None:
    """Return the capture nearest to *wanted* (aware), the earlier of two that are equally near."""
    if not found:
        return None
    return min(found, key=lambda memento: (abs(datetime.fromisoformat(memento.at) - wanted), memento.at))


def _bare(url: str) -> str:
    """Return *url* without what would end a link's target."""
    return url.replace(">", "%3E").replace("<", "%3C").replace('"', "%22").replace(" ", "%20")
