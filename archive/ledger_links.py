"""Links into the ledger: which are new, and which say more than is known of a URL that still waits."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, TypeAlias

from archive.records import Link

_KIND_RANK = {"page": 0, "listing": 1, "article": 2}
Said: TypeAlias = tuple[int, str, str | None]  # priority, kind, lastmod

_INSERT = """
INSERT INTO urls (portal_key, urlkey, url, fetch_url, kind, state, reason, priority, discovered_from,
                  discovered_at, lastmod)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (portal_key, urlkey) DO NOTHING
"""
# One look at each URL of a page: of 135 links some 113 are known, and to insert and to update each of them in
# vain took three looks, 3 ms a page at a million rows.
_KNOWN = """
SELECT urlkey, state, priority, kind, lastmod FROM urls
WHERE portal_key = ? AND urlkey IN (SELECT value FROM json_each(?))
"""
# A known URL changes nothing, but one that still waits may come forward, and one linked as a page and then
# listed among articles is an article.
_RAISE = """
UPDATE urls SET priority = max(priority, :priority), lastmod = coalesce(:lastmod, lastmod),
    kind = CASE WHEN (kind = 'page' AND :kind IN ('listing', 'article'))
                  OR (kind = 'listing' AND :kind = 'article') THEN :kind ELSE kind END
WHERE portal_key = :portal AND urlkey = :urlkey AND state = 'pending'
    AND (priority < :priority OR (kind = 'page' AND :kind IN ('listing', 'article'))
         OR (kind = 'listing' AND :kind = 'article') OR lastmod IS NOT coalesce(:lastmod, lastmod))
"""


def enter(
    connection: sqlite3.Connection,
    portal_key: str,
    links: Sequence[Link],
    discovered_from: int | None,
    at: str,
) -> int:
    """Enter those of *links* that are unknown and return how many were; in the caller's transaction."""
    known = _known(connection, portal_key, links)
    fresh = [link for link in links if link.urlkey not in known]
    rows = [_row(portal_key, link, discovered_from, at) for link in fresh]
    # Not total_changes: that counts what triggers change as well.
    added = connection.executemany(_INSERT, rows).rowcount if rows else 0
    more = [link for link in links if (said := known.get(link.urlkey)) and says_more(link, said)]
    if added < len(rows):
        # The page names a new URL twice, and the second time may say more of it.
        more += fresh
    if more:
        connection.executemany(
            _RAISE, [_raised(portal_key, link) for link in more if link.state == "pending"]
        )
    return added


def says_more(link: Link, known: Said | None) -> bool:
    """Say whether *link* may change the row of a URL that was met before."""
    return (
        known is None
        or link.priority > known[0]
        or (link.kind != known[1] and telling(link.kind) > telling(known[1]))
        or (link.lastmod is not None and link.lastmod != known[2])
    )


def telling(kind: str) -> int:
    """Return how much a kind says of a URL: what is listed among articles is no mere page."""
    return _KIND_RANK.get(kind, 0)


def _known(connection: sqlite3.Connection, portal_key: str, links: Sequence[Link]) -> dict[str, Said | None]:
    """Return what the table says of those of *links* it knows, by urlkey; None of what no longer waits."""
    rows = connection.execute(_KNOWN, (portal_key, json.dumps([link.urlkey for link in links])))
    return {
        key: (priority, kind, lastmod) if state == "pending" else None
        for key, state, priority, kind, lastmod in rows
    }


def _row(portal_key: str, link: Link, discovered_from: int | None, at: str) -> tuple[Any, ...]:
    return (
        portal_key, link.urlkey, link.url, link.fetch_url, link.kind, link.state, link.reason, link.priority,
        discovered_from, at, link.lastmod,
    )  # fmt: skip


def _raised(portal_key: str, link: Link) -> dict[str, Any]:
    return {
        "portal": portal_key,
        "urlkey": link.urlkey,
        "priority": link.priority,
        "kind": link.kind,
        "lastmod": link.lastmod,
    }
