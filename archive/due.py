"""What should be crawled again now, and why: portals with work left, articles to look at, or long unseen."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.ledger import utc

# Portals publish on working days; what is new within a day is found on the next.
EVERY = timedelta(hours=24)
# A host that failed is not asked every hour, and one that was interrupted is not a host that failed.
AFTER_FAILURE = timedelta(hours=6)
# Crawls that ended for our own reasons go on with the next run.
_OURS = ("interrupted", "budget", "died")


@dataclass(frozen=True, slots=True)
class Due:
    """A portal that should be crawled now; *why* is for people, *since* (ISO, UTC) when it became due.

    *urls* counts the known URLs whose own re-check is due, *waiting* those that were never fetched.
    """

    portal: str
    why: str
    since: str
    urls: int
    waiting: int


def due_portals(
    connection: sqlite3.Connection,
    now: datetime,
    *,
    every: timedelta = EVERY,
    after_failure: timedelta = AFTER_FAILURE,
) -> list[Due]:
    """Return the portals to be crawled at *now* (aware), the longest overdue first."""
    found = [
        due
        for key, ended_at, reason in connection.execute(_LAST_CRAWLS).fetchall()
        if (due := _due(connection, key, ended_at, reason or "", now, every, after_failure)) is not None
    ]
    return sorted(found, key=lambda due: (due.since, due.portal))


# A row whose crawl runs, or died with its machine, has no end; opening the archive for writing mends it.
_LAST_CRAWLS = """
    SELECT p.portal_key, coalesce(c.ended_at, c.started_at), coalesce(c.reason, 'died')
    FROM portals p
    LEFT JOIN crawls c
        ON c.crawl_id = (SELECT max(k.crawl_id) FROM crawls k WHERE k.portal_key = p.portal_key)
    WHERE p.status != 'dead' ORDER BY p.portal_key
"""


def _due(
    connection: sqlite3.Connection,
    key: str,
    ended_at: str | None,
    reason: str,
    now: datetime,
    every: timedelta,
    after_failure: timedelta,
) -> Due | None:
    at = utc(now)
    urls, first_due = connection.execute(
        "SELECT count(*), min(next_due_at) FROM urls WHERE portal_key = ? AND next_due_at <= ?"
        " AND state IN ('done', 'gone', 'failed')",
        (key, at),
    ).fetchone()
    (waiting,) = connection.execute(
        "SELECT count(*) FROM urls WHERE portal_key = ? AND state IN ('pending', 'leased')"
        " AND kind != 'robots' AND (not_before IS NULL OR not_before <= ?)",
        (key, at),
    ).fetchone()
    if ended_at is None:
        return Due(key, "never crawled", "", urls, waiting)
    ended = datetime.fromisoformat(ended_at)
    if reason.startswith("failed"):
        again = ended + after_failure
        return Due(key, f"last crawl {reason}"[:200], utc(again), urls, waiting) if again <= now else None
    if waiting and (reason in _OURS or reason.startswith("interrupted")):
        return Due(
            key, f"{waiting} URLs wait since the crawl was cut short ({reason})", utc(ended), urls, waiting
        )
    if urls:
        return Due(key, f"{urls} known URLs are to be looked at again", first_due, urls, waiting)
    if ended + every <= now:
        return Due(key, f"last crawled {_hours(now - ended)} ago", utc(ended + every), urls, waiting)
    return None


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
