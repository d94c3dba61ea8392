"""How portals live, read from the archive: articles a day, and how likely they are gone soon."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

from archive.dying import likelihood
from archive.ledger import utc
from crawler import registry
from crawler.scheduling.deciding import Done, Life

_DAYS = 28
# What an archivist has noted of a portal, and what the archive has seen.
_BY_STATUS = {"redirecting": 0.8, "frozen": 0.6, "dead": 1.0}
# Each failed run in a row makes it likelier that the next one is the last chance.
_PER_FAILURE = 0.15


def lives(connection: sqlite3.Connection | None, keys: Iterable[str], now: datetime) -> dict[str, Life]:
    """Return the life of each portal at *now*; without an archive yet, what the registry says."""
    keys = list(keys)
    speeds: dict[str, float] = {}
    statuses: dict[str, str] = {}
    failures: dict[str, int] = {}
    ends: dict[str, float] = {}
    if connection is not None:
        # published_at is ISO in local time or a bare day: days compare as text.
        since = (now - timedelta(days=_DAYS)).date().isoformat()
        speeds = {
            key: count / _DAYS
            for key, count in connection.execute(
                "SELECT portal_key, count(*) FROM articles WHERE published_at >= ? GROUP BY 1", (since,)
            )
        }
        statuses = dict(connection.execute("SELECT portal_key, status FROM portals"))
        failures = dict(connection.execute(_FAILURES, (utc(now - timedelta(days=_DAYS)),)).fetchall())
        alarmed = connection.execute("SELECT DISTINCT portal_key FROM alarms WHERE closed_at IS NULL")
        ends = {key: likelihood(connection, key, now).value for (key,) in alarmed.fetchall()}
    return {
        key: Life(speeds.get(key, 0.0), max(_risk(key, statuses, failures), ends.get(key, 0.0)))
        for key in keys
    }


# Crawls that failed since the last one that did not.
_FAILURES = """
    SELECT c.portal_key, count(*) FROM crawls c
    WHERE c.started_at >= ? AND c.reason LIKE 'failed%' AND c.crawl_id > coalesce(
        (SELECT max(k.crawl_id) FROM crawls k WHERE k.portal_key = c.portal_key AND k.reason = 'finished'), 0)
    GROUP BY 1
"""


def _risk(key: str, statuses: dict[str, str], failures: dict[str, int]) -> float:
    config = registry.find(key)
    noted = max(
        _BY_STATUS.get(statuses.get(key, ""), 0.0),
        _BY_STATUS.get(config.status if config else "", 0.0),
        0.5 if config and config.successor else 0.0,
    )
    return min(1.0, noted + _PER_FAILURE * failures.get(key, 0))


def last_crawls(connection: sqlite3.Connection) -> dict[str, tuple[str, str, str | None, str | None]]:
    """Return of each portal its newest crawl: (purpose, started_at, ended_at, reason)."""
    rows = connection.execute(
        "SELECT portal_key, purpose, started_at, ended_at, reason FROM crawls WHERE crawl_id IN"
        " (SELECT max(crawl_id) FROM crawls GROUP BY portal_key)"
    )
    return {key: (purpose, started, ended, reason) for key, purpose, started, ended, reason in rows}


def met(key: str, now: datetime, last: tuple[str, str, str | None, str | None] | None) -> Done:
    """Return what is known of a portal that the schedule meets: when it was last crawled by hand."""
    if last is None or last[2] is None or last[3] not in ("finished", "budget"):
        return Done(key, now)
    return Done(key, now, ended_at=datetime.fromisoformat(last[2]), outcome="done", reason=str(last[3]))
