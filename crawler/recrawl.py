"""What a run finds when it begins: work to resume, records to adopt, ways in to look at again."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from archive import urls
from archive.errors import WarcDamaged
from archive.records import LeasedUrl, Link, Outcome, Portal, UrlKind
from archive.store import Store
from archive.warc.reader import Record, read_record, rendering_of
from archive.warc.records import WarcPlace
from crawler.exchange import Exchange
from crawler.judging import Verdict
from crawler.links import NO_ATTACHMENTS, NO_IMAGES
from crawler.page import Page
from crawler.platforms import identify, ledger_key
from crawler.platforms.generic import PAGING
from crawler.tally import Options
from crawler.yields import LISTINGS, OLDER, Yields

# Known articles are looked at again after all that may name new ones, before files.
RECHECK_PRIORITY = 14
# Above articles, which stand at 50.
_FIRST_PAGES = 60
_NUMBER = re.compile(r"\d{1,18}")
_WAYS_IN = ("robots", "sitemap", "seed")
_CHUNK = 500
_FRONT_PAGE = re.compile(
    r"(?i)^(?:trang (?:chủ|nhất|đầu)|home(?: ?page)?)\s?[-–|:]\s?|\s?[-–|:]\s?(?:trang (?:chủ|nhất)|home)$"
)


DEFAULT = Options()


def prepare(store: Store, portal: Portal, options: Options = DEFAULT) -> bool:
    """Open again what every run must ask anew; return whether this run resumes an unfinished one.

    robots.txt is asked in every run, and so are known articles whose re-check is due. When nothing waits,
    the ways in are looked at again: sitemaps, seeds and the main feed. Only when these name something new
    are the listings (`reopen_listings`).
    """
    ledger = store.ledger
    _reopen_files(store, portal.key, options)
    # Re-checks that wait are no reason not to ask for what is new.
    waiting = store.db.execute(
        "SELECT 1 FROM urls WHERE portal_key = ? AND state = 'pending' AND kind != 'robots'"
        " AND article_id IS NULL LIMIT 1",
        [portal.key],
    ).fetchone()
    ledger.reopen(portal.key, ("robots",), ("done", "failed", "gone", "excluded"))
    ledger.reopen_due(portal.key, RECHECK_PRIORITY)
    with store.db.transaction() as connection:
        connection.execute(
            "UPDATE urls SET attempts = 0, not_before = NULL"
            " WHERE portal_key = ? AND kind = 'robots' AND state = 'pending'",
            (portal.key,),
        )
        connection.execute(
            "UPDATE urls SET state = 'pending', reason = ''"
            " WHERE portal_key = ? AND state = 'excluded' AND reason LIKE ?",
            (portal.key, OLDER + "%"),
        )
    if waiting is not None:
        return True
    ledger.reopen(portal.key, _WAYS_IN, ("done", "failed"))
    with store.db.transaction() as connection:
        # The portal's main feed: the shortest, as those of parts carry the part's name as well.
        connection.execute(
            "UPDATE urls SET state = 'pending', reason = '', attempts = 0 WHERE url_id ="
            " (SELECT url_id FROM urls WHERE portal_key = ? AND kind = 'feed' AND"
            " (state = 'done' AND reason = '' OR state = 'excluded' AND reason LIKE 'listing%')"
            " ORDER BY length(url) LIMIT 1)",
            (portal.key,),
        )
    return False


def reopen_listings(store: Store, portal_key: str) -> int:
    """Make the first page of each listing pending again; the next ones are reached by what they name."""
    rows = store.db.execute(
        "SELECT url_id, url FROM urls"
        " WHERE portal_key = ? AND kind = 'listing' AND state = 'done' AND reason = ''",
        [portal_key],
    ).fetchall()
    first = [(url_id,) for url_id, url in rows if not PAGING.search(url)]
    with store.db.transaction() as connection:
        connection.executemany("UPDATE urls SET state = 'pending', attempts = 0 WHERE url_id = ?", first)
    return len(first)


def introduced(portal: Portal, lease: LeasedUrl, page: Page) -> Portal:
    """Return the portal as its own pages introduce it: the platform, and on its front page its name."""
    platform, name = portal.platform, portal.name
    if platform is None and page.platform != "generic" and page.sure > 0:
        platform = page.platform
    if lease.kind == "seed" and page.title and name in ("", *portal.hosts):
        name = _FRONT_PAGE.sub("", page.title).strip() or name
    return replace(portal, platform=platform, name=name)


def reopen_changed(store: Store, portal_key: str, links: Sequence[Link]) -> int:
    """Make known articles pending again whose lastmod in the sitemap is later than the one known."""
    dated = [(link.lastmod, portal_key, link.urlkey, link.lastmod) for link in links if link.lastmod]
    with store.db.transaction() as connection:
        return connection.executemany(
            "UPDATE urls SET state = 'pending', reason = '', attempts = 0, lastmod = ?"
            " WHERE portal_key = ? AND urlkey = ? AND state IN ('done', 'gone')"
            " AND lastmod IS NOT NULL AND lastmod < ?",
            dated,
        ).rowcount


def note_yield(store: Store, portal_key: str, yields: Yields, lease: LeasedUrl, verdict: Verdict) -> int:
    """Note what a page taught; return how many unknown URLs a listing, seed or sitemap named (else 0)."""
    outcome = verdict.outcome
    fresh = count_unknown(store, portal_key, outcome.links)
    if lease.kind in LISTINGS:
        digest = outcome.capture.body_digest if outcome.capture else ""
        if verdict.page is not None and verdict.page.kind == "feed":
            yields.feeds += 1
        yields.note(lease, fresh, outcome.links, digest)
    if verdict.page is not None and verdict.page.kind == "soft":
        yields.note_nothing(lease, outcome.reason)
    else:
        yields.note_page(lease, article=outcome.article is not None, links=outcome.links, fresh=fresh)
        if outcome.article is not None:
            yields.note_date(outcome.article.published_at)
    return fresh if lease.kind in (*LISTINGS, "seed", "sitemap") else 0


def note_redirect(store: Store, portal_key: str, yields: Yields, lease: LeasedUrl, outcome: Outcome) -> None:
    """Note where a page led: to what is new, to what is known, or home."""
    yields.note_nothing(lease, outcome.reason)
    if outcome.reason == "redirect" and lease.kind == "page":
        yields.note_redirect(lease, useful=count_unknown(store, portal_key, outcome.links) > 0)


def count_unknown(store: Store, portal_key: str, links: Sequence[Link]) -> int:
    """Return how many articles and pages to be fetched are among *links* that the ledger does not know."""
    keys = store.ledger.unmet(
        portal_key,
        [link.urlkey for link in links if link.state == "pending" and link.kind in ("article", "page")],
    )
    known = 0
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        known += store.db.execute(
            f"SELECT count(*) FROM urls WHERE portal_key = ? AND urlkey IN ({marks})", [portal_key, *chunk]
        ).fetchone()[0]
    return len(keys) - known


def held_back(links: Sequence[Link], since: str | None) -> tuple[Link, ...]:
    """Return *links*, those that a sitemap dates before *since* (ISO date) left for a later run."""
    if since is None:
        return tuple(links)
    return tuple(
        replace(link, state="excluded", reason=f"{OLDER} {since}")
        if link.state == "pending" and link.kind in ("article", "page") and (link.lastmod or "9")[:10] < since
        else link
        for link in links
    )


def arranged(verdict: Verdict, options: Options) -> tuple[Link, ...]:
    """Return the links of an answer as they are to be entered, for URLs of one priority are fetched in order.

    A sitemap's newest come first. Where not everything will be fetched, the first pages of listings, which
    name the newest, come before the articles that are found on the way.
    """
    links = held_back(verdict.outcome.links, options.since)
    if not options.attachments:
        links = tuple(
            replace(link, state="excluded", reason=NO_ATTACHMENTS)
            if link.kind == "attachment" and link.state == "pending"
            else link
            for link in links
        )
    if verdict.page is not None and verdict.page.kind == "sitemap":
        links = tuple(sorted(links, key=_newness, reverse=True))
    if options.max_requests is None and options.since is None:
        return links
    return tuple(
        replace(link, priority=_FIRST_PAGES)
        if link.kind == "listing" and link.state == "pending" and not PAGING.search(link.url)
        else link
        for link in links
    )


def _newness(link: Link) -> tuple[str, int]:
    """Return what sorts a sitemap's entries by age: their date, else the last number of their address."""
    numbers = _NUMBER.findall(link.url.rpartition("/")[2])
    return link.lastmod or "", int(numbers[-1]) if numbers else 0


def _reopen_files(store: Store, portal_key: str, options: Options) -> None:
    """Make the files pending that an earlier run was not asked for and this one is."""
    wanted = [
        reason
        for want, reason in ((options.images, NO_IMAGES), (options.attachments, NO_ATTACHMENTS))
        if want
    ]
    with store.db.transaction() as connection:
        connection.executemany(
            "UPDATE urls SET state = 'pending', reason = '' WHERE portal_key = ? AND state = 'excluded'"
            " AND reason = ?",
            [(portal_key, reason) for reason in wanted],
        )


def stock(store: Store, portal_key: str) -> tuple[int, dict[str, int]]:
    """Return how many articles the archive has of a portal and, where none, how its pages ended."""
    (articles,) = store.db.execute(
        "SELECT count(*) FROM articles WHERE portal_key = ?", [portal_key]
    ).fetchone()
    if articles:
        return articles, {}
    rows = store.db.execute(
        "SELECT state || CASE reason WHEN '' THEN '' ELSE ': ' || reason END, count(*) FROM urls"
        " WHERE portal_key = ? AND kind NOT IN ('robots', 'sitemap') AND state NOT IN ('pending', 'excluded')"
        " GROUP BY 1 ORDER BY 2 DESC LIMIT 5",
        [portal_key],
    )
    return 0, dict(rows.fetchall())


def orphans(store: Store, portal: Portal) -> Iterator[tuple[LeasedUrl, Exchange]]:
    """Yield the whole WARC records without a row that answer a URL of this portal which still waits."""
    for orphan in store.recovered.orphans:
        row = _waiting_row(store, portal, orphan.url)
        if row is None:
            continue
        try:
            record = read_record(store.warc_directory / orphan.file, orphan.offset)
        except WarcDamaged:
            continue
        lease = LeasedUrl(row[0], portal.key, row[1], row[2], row[3])
        made = rendering_of(store.warc_directory / orphan.file, orphan.offset, orphan.record_id)
        exchange = _exchange(record, orphan.length)
        yield lease, replace(exchange, rendered=made.payload) if made is not None else exchange


def _waiting_row(store: Store, portal: Portal, url: str) -> tuple[int, str, UrlKind, int] | None:
    try:
        keys = (urls.urlkey(url), ledger_key(identify(url, portal.platform)))
    except ValueError:
        return None
    row: tuple[int, str, UrlKind, int] | None = store.db.execute(
        "SELECT url_id, coalesce(fetch_url, url), kind, attempts FROM urls"
        " WHERE portal_key = ? AND urlkey IN (?, ?) AND state = 'pending'",
        [portal.key, *keys],
    ).fetchone()
    return row


def _exchange(record: Record, length: int) -> Exchange:
    place = WarcPlace(record.file, record.offset, length, record.record_id, record.payload_digest or "")
    headers = {name.lower(): value for name, value in record.headers}
    address = record.warc_header("WARC-IP-Address")
    cut = record.warc_header("WARC-Truncated") is not None
    at = record.date.replace("Z", "+00:00")
    return Exchange(record.url, at, record.status or 0, headers, record.payload, place, ip=address, cut=cut)
