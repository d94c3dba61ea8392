"""Memento (RFC 7089): which captures of a URL there are, and the one nearest to a wanted moment."""

import re
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from archive.export.timemap import link_format, memento_url, nearest
from archive.export.times import http_date
from archive.web.replaying import captured

# Proxies squeeze the two slashes of a URL within a path into one.
_SQUEEZED = re.compile(r"^(https?):/+", re.IGNORECASE)
NOT_ARCHIVED = "404: this URL is not in the archive\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as HTTP wants it."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


def url_of(rest: str, query: str = "") -> str:
    """Return the URL that stands at the end of a path, with its query.

    >>> url_of("http:/a.example/x", "p=1")
    'http://a.example/x?p=1'
    """
    return _SQUEEZED.sub(r"\1://", rest) + (f"?{query}" if query else "")


def timemap(conn: sqlite3.Connection, url: str, base: str) -> Answer:
    """Return the list of captures of *url* as application/link-format; *base* is where they are served."""
    found = captured(conn, url)
    if not found:
        return Answer(404, NOT_ARCHIVED, {"content-type": "text/plain; charset=utf-8"})
    return Answer(200, link_format(_ascii(url), found, base), {"content-type": "application/link-format"})


def timegate(conn: sqlite3.Connection, url: str, base: str, wanted: str | None) -> Answer:
    """Lead to the capture of *url* nearest to *wanted* (Accept-Datetime), to the newest without it."""
    plain = {"content-type": "text/plain; charset=utf-8", "vary": "accept-datetime"}
    moment = datetime.now(UTC)
    if wanted is not None:
        try:
            moment = parsedate_to_datetime(wanted)
        except (TypeError, ValueError, IndexError):
            return Answer(400, "400: Accept-Datetime is no HTTP date\n", plain)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    one = nearest(captured(conn, url), moment)
    if one is None:
        return Answer(404, NOT_ARCHIVED, plain)
    root = base.rstrip("/")
    return Answer(
        302, "", {**plain, "location": _ascii(memento_url(one, root)), "link": related(_ascii(url), root)}
    )


def related(url: str, root: str) -> str:
    """Return the Link header of a memento or a timegate of *url*."""
    return (
        f'<{_ascii(url)}>; rel="original", <{root}/timegate/{_ascii(url)}>; rel="timegate", '
        f'<{root}/timemap/link/{_ascii(url)}>; rel="timemap"; type="application/link-format"'
    )


def memento_headers(url: str, at: str, root: str) -> dict[str, str]:
    """Return the headers that say of an answer that it is *url* as it was *at* that time."""
    return {"memento-datetime": http_date(at), "link": related(url, root)}


def _ascii(url: str) -> str:
    from archive.warc.records import safe_uri

    return safe_uri(url).replace("<", "%3C").replace(">", "%3E").replace('"', "%22")
