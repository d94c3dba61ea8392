"""What a page says of the articles it lists, and which of them it speaks of otherwise than last time.

An edited headline or teaser on the front page, in a list or a feed tells of an edited article before its
own re-check is due. The earlier copy stands in the archive: nothing else has to be remembered.
"""

import re
from urllib.parse import urljoin

from lxml.html import HtmlElement

from archive.errors import ArchiveError
from archive.records import LeasedUrl, Portal
from archive.store import Store
from archive.warc.reader import decode_body, file_in, read_rendered
from crawler.charset import decode
from crawler.dom import EmptyPage, parse, squeeze, words_of
from crawler.exchange import Exchange
from crawler.extraction import base_of
from crawler.feeds import looks_like_feed, read_feed
from crawler.links import Scope, make_link

Statements = dict[str, frozenset[str]]

_KINDS = ("seed", "listing", "feed")
_MAX_BYTES = 8_000_000
_TEASER = 800
_CLIMB = 4
# So many changes at once are a new theme or a counter, not edits.
_A_FEW, _SHARE = 3, 0.3
# What runs on by itself beside a headline: view counters, comments, "3 giờ trước".
_RUNNING = re.compile(
    r"(?i)(?:lượt xem|đã xem|xem|views?|bình luận|comments?|lượt tải)\W{0,3}\d[\d.,]*"
    r"|(?<![\d.,])\d[\d.,]{0,20}\s{0,3}(?:lượt xem|lượt|views?|bình luận|comments?)"
    r"|(?<!\d)\d{1,4}\s{0,3}(?:giây|phút|giờ|ngày|tuần|tháng|năm)\s{1,3}trước"
)


def restated(before: Statements, now: Statements) -> list[str]:
    """Return the urlkeys both speak of, where nothing is said any more that was said before."""
    both = before.keys() & now.keys()
    changed = sorted(key for key in both if not before[key] & now[key])
    return [] if len(changed) > max(_A_FEW, _SHARE * len(both)) else changed


def reopen_restated(store: Store, portal: Portal, lease: LeasedUrl, exchange: Exchange) -> int:
    """Make known articles pending again of which a listing, front page or feed speaks otherwise than before.

    Returns how many. *exchange* is the new answer, in the WARC but not yet among the captures.
    """
    if lease.kind not in _KINDS or exchange.status != 200:
        return 0
    row = store.db.execute(
        "SELECT warc_file, warc_offset FROM captures WHERE url_id = ? AND status = 200"
        " AND revisit_of IS NULL AND record_id != ? ORDER BY captured_at DESC LIMIT 1",
        [lease.url_id, exchange.place.record_id],
    ).fetchone()
    if row is None:
        return 0
    try:
        old = read_rendered(file_in(store.warc_directory, row[0]), row[1]).body(_MAX_BYTES)
        new = exchange.rendered or decode_body(exchange.body, exchange.header("content-encoding"), _MAX_BYTES)
    except (ArchiveError, OSError):
        return 0
    if old == new:
        return 0
    mime = exchange.header("content-type")
    changed = restated(
        statements(old, exchange.url, mime, portal), statements(new, exchange.url, mime, portal)
    )
    with store.db.transaction() as connection:
        return connection.executemany(
            "UPDATE urls SET state = 'pending', reason = '', attempts = 0, not_before = NULL"
            " WHERE portal_key = ? AND urlkey = ? AND state IN ('done', 'gone') AND article_id IS NOT NULL",
            [(portal.key, key) for key in changed],
        ).rowcount


def statements(body: bytes, url: str, content_type: str, portal: Portal) -> Statements:
    """Return what a page or feed says of each article it links, by urlkey."""
    found: dict[str, set[str]] = {}
    scope, platform = Scope(portal, url), portal.platform or "generic"

    def note(target: str, said: str) -> None:
        link = make_link(target, platform, scope)
        words = _RUNNING.sub("", said).strip()
        if link is not None and link.state == "pending" and link.kind in ("article", "page") and words:
            found.setdefault(link.urlkey, set()).add(words)

    if looks_like_feed(body):
        for item in read_feed(body):
            note(item.url, item.said)
    else:
        try:
            tree = parse(decode(body, content_type or None).text)
        except EmptyPage:
            return {}
        base = base_of(tree, url)
        for node in tree.iter("a"):
            href = node.get("href")
            if href and (said := _teaser(node, href)):
                try:
                    note(urljoin(base, href.strip()), said)
                except ValueError:
                    continue
    return {key: frozenset(said) for key, said in found.items()}


def _teaser(node: HtmlElement, href: str) -> str:
    """Return the words of the largest box around a link that links nothing else."""
    box, words = node, squeeze(words_of(node))
    for _ in range(_CLIMB):
        box = box.getparent()
        if box is None or any(other.get("href") not in (None, href) for other in box.iter("a")):
            break
        larger = squeeze(words_of(box))
        if len(larger) > _TEASER:
            break
        words = larger
    return words if len(words) >= 8 else ""
