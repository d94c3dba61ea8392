"""A portal's archive held against what the portal says of itself: sitemaps, last pages, runs of ids.

Everything is read from the archive: the ledger, and the sitemaps as captured.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from archive.database import WARC_FOLDER, ArchiveDatabase
from archive.errors import WarcDamaged
from archive.records import Portal
from archive.warc.reader import file_in, read_record
from crawler import feeds
from crawler.completeness import Completeness, Ids, LedgerRow, Listing, Sitemap
from crawler.links import Scope, make_link
from crawler.platforms import identify
from crawler.platforms.generic import PAGING

# These CMS number images, menus and drafts in the same row as articles: a gap there tells nothing.
_SHARED_NUMBERS = frozenset({"wordpress", "drupal", "liferay", "webcenter"})
# Below this share of numbers in use a gap is the rule, and naming the missing ones would mislead.
_DENSE = 0.5
# Longer numbers are times or random, not counters.
_LONGEST_ID = 9
_OFFSETS = re.compile(r"[?&](?:start|limitstart)=\d", re.IGNORECASE)


def completeness(db: ArchiveDatabase, portal: Portal) -> Completeness:
    """Return the report on a portal of an open archive."""
    key = portal.key
    (articles,) = db.execute("SELECT count(*) FROM articles WHERE portal_key = ?", [key]).fetchone()
    crawl = db.execute(
        "SELECT coalesce(reason, 'running') || ', ' || coalesce(ended_at, started_at) FROM crawls"
        " WHERE portal_key = ? ORDER BY crawl_id DESC LIMIT 1",
        [key],
    ).fetchone()
    rows = db.execute(
        "SELECT state, kind, reason, count(*) FROM urls WHERE portal_key = ? GROUP BY 1, 2, 3"
        " ORDER BY 1, 4 DESC, 2, 3",
        [key],
    ).fetchall()
    ledger = tuple(LedgerRow(*row) for row in rows)
    return Completeness(
        portal=key,
        name=portal.name,
        platform=portal.platform,
        articles=articles,
        last_crawl=crawl[0] if crawl else None,
        waiting=sum(row.urls for row in ledger if row.state in ("pending", "leased")),
        ledger=ledger,
        sitemap=_sitemap(db, portal),
        listings=tuple(_listings(db, key)),
        ids=_ids(db, portal),
    )


def _sitemap(db: ArchiveDatabase, portal: Portal) -> Sitemap | None:
    rows = db.execute(_SITEMAPS, [portal.key]).fetchall()
    read: dict[str, str] = {}
    unread = []
    files = 0
    for url, state, reason, status, warc_file, offset in rows:
        listed = _listed(db, warc_file, offset) if status == 200 else None
        if listed is None:
            unread.append((url, f"{state}: {reason}" if reason else state))
            continue
        files += 1
        scope = Scope(portal, url)
        for one in listed:
            if one.is_sitemap:
                continue
            link = make_link(one.url, portal.platform or "generic", scope)
            if link is not None:
                read.setdefault(link.urlkey, one.url)
    if not files:
        return Sitemap(0, tuple(unread), 0, 0, {}, ()) if unread else None
    archived, other, missing = _placed(db, portal.key, read)
    return Sitemap(files, tuple(unread), len(read), archived, dict(other.most_common()), tuple(missing))


# The last whole answer of each sitemap; a later 404 does not unsay what it listed.
_SITEMAPS = """
    SELECT u.url, u.state, u.reason, c.status, c.warc_file, c.warc_offset FROM urls u
    LEFT JOIN captures c ON c.capture_id =
        (SELECT max(k.capture_id) FROM captures k WHERE k.url_id = u.url_id AND k.status = 200)
    WHERE u.portal_key = ? AND u.kind = 'sitemap'
      AND u.reason NOT IN ('redirect', 'redirects to what is known')
    ORDER BY u.url_id
"""


def _listed(db: ArchiveDatabase, warc_file: str, offset: int) -> list[feeds.Listed] | None:
    try:
        body = read_record(file_in(db.folder / WARC_FOLDER, warc_file), offset).body()
    except (WarcDamaged, OSError):
        return None
    plain = feeds.unzip(body)
    return feeds.read_sitemap(plain) if feeds.looks_like_sitemap(plain) else None


def _placed(
    db: ArchiveDatabase, key: str, listed: dict[str, str]
) -> tuple[int, Counter[str], list[tuple[str, str]]]:
    """Say what became of the URLs a sitemap lists, given by their place in the ledger."""
    known = {
        urlkey: (state, kind, reason, bool(article))
        for urlkey, state, kind, reason, article in db.execute(_PLACES, [key]).fetchall()
    }
    archived, other, missing = 0, Counter[str](), []
    for urlkey, url in listed.items():
        state, kind, reason, article = known.get(urlkey, ("unknown", "", "never met", False))
        if article:
            archived += 1
        elif state in ("done", "excluded"):
            other[reason or f"a {kind}, no article"] += 1
        else:
            missing.append((url, f"{state}: {reason}" if reason else state))
    return archived, other, missing


_PLACES = """
    SELECT u.urlkey, u.state, u.kind, u.reason,
           EXISTS (SELECT 1 FROM captures c JOIN revisions r ON r.capture_id = c.capture_id
                   WHERE c.url_id = u.url_id)
           OR EXISTS (SELECT 1 FROM articles a WHERE a.portal_key = u.portal_key AND a.url = u.url)
    FROM urls u WHERE u.portal_key = ?
"""


def _listings(db: ArchiveDatabase, key: str) -> Iterator[Listing]:
    """Yield the listings of which more than one page is known, by URL."""
    found: dict[str, dict[int, tuple[str, str]]] = {}
    offsets: set[str] = set()
    for url, state, reason in db.execute(
        "SELECT url, state, reason FROM urls WHERE portal_key = ? AND kind = 'listing'", [key]
    ):
        paged = PAGING.search(url)
        number = int(next(filter(None, paged.groups()), "0")) if paged else -1
        base = (url[: paged.start()] + url[paged.end() :] if paged else url).rstrip("/?&")
        if paged and _OFFSETS.search(url):
            offsets.add(base)
        if number < 10**6:
            found.setdefault(base, {})[number] = (state, reason)
    for base, pages in sorted(found.items()):
        if len(pages) > 1 and max(pages) > 0:
            yield _listing(base, pages, offset=base in offsets)


def _listing(base: str, pages: dict[int, tuple[str, str]], *, offset: bool) -> Listing:
    numbers = [number for number in pages if number >= 0]
    step = math.gcd(*numbers) or 1 if offset else 1
    first = 0 if offset or 0 in pages else 1
    # The page without a number is the first; where the first is numbered too, it is the same page.
    expected = set(range(first, max(numbers) + 1, step))
    states = {first if number < 0 else number: state for number, state in sorted(pages.items())}
    unread: Counter[str] = Counter()
    read = 0
    for number in expected:
        state, reason = states.get(number, ("unknown", "never named"))
        if state == "done":
            read += 1
        else:
            unread[reason or state] += 1
    return Listing(base, max(numbers), len(expected), read, dict(unread.most_common()))


def _ids(db: ArchiveDatabase, portal: Portal) -> Ids | None:
    numbers = {
        int(content_id)
        for (content_id,) in db.execute(
            "SELECT content_id FROM articles WHERE portal_key = ? AND content_id IS NOT NULL", [portal.key]
        )
        if _is_number(content_id)
    }
    if len(numbers) < 2:
        return None
    met = numbers | set(_met_ids(db, portal))
    first, last = min(numbers), max(numbers)
    missing = tuple(_runs(number for number in range(first, last + 1) if number not in met))
    count = sum(end - begin + 1 for begin, end in missing)
    telling = portal.platform not in _SHARED_NUMBERS and len(numbers) >= (last - first + 1) * _DENSE
    return Ids(first, last, len(numbers), missing[:1000] if telling else (), count, telling)


def _met_ids(db: ArchiveDatabase, portal: Portal) -> Iterator[int]:
    """Yield the ids of articles that were met and gave no article: they stand in the ledger by reason."""
    for (url,) in db.execute(
        "SELECT url FROM urls WHERE portal_key = ? AND kind IN ('article', 'page')"
        " AND state IN ('failed', 'gone', 'pending', 'leased')",
        [portal.key],
    ):
        content_id = identify(url, portal.platform).content_id
        if content_id and _is_number(content_id):
            yield int(content_id)


def _is_number(content_id: str) -> bool:
    return content_id.isdecimal() and content_id.isascii() and len(content_id) <= _LONGEST_ID


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        values = [number for _, number in run]
        yield values[0], values[-1]
