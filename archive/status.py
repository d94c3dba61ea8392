"""How each portal of the archive stands: the ledger, the articles, the last crawl, what went wrong."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from archive.records import UrlState

_STATES: tuple[UrlState, ...] = ("pending", "leased", "done", "excluded", "failed", "gone")


@dataclass(frozen=True, slots=True)
class CrawlStatus:
    """One crawl. `ended_at` None means that it runs, or that its process died and nobody has looked since."""

    crawl_id: int
    started_at: str
    ended_at: str | None
    reason: str | None
    requests: int
    counts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PortalStatus:
    """One portal. `urls` has all six states and adds up to every URL known (I2).

    `issues` counts by kind over all crawls; `failures` counts failed URLs by reason. `requests_per_article`
    is all captures by all articles, None before the first article.
    """

    portal: str
    name: str
    platform: str | None
    urls: dict[str, int]
    articles: int
    captures: int
    newest_published_at: str | None
    last_crawl: CrawlStatus | None
    requests_per_article: float | None
    issues: dict[str, int]
    failures: dict[str, int]


def portal_statuses(connection: sqlite3.Connection, portal: str | None = None) -> list[PortalStatus]:
    """Return the status of every portal, by key, or of the one named; [] where there is none."""
    rows = connection.execute(
        "SELECT portal_key, name, platform FROM portals WHERE ? IN (portal_key, '') ORDER BY portal_key",
        (portal or "",),
    ).fetchall()
    return [_status(connection, *row) for row in rows]


# What monitoring systems expect of a check (Nagios, Icinga, Sensu); a usage error is told apart by its line.
FINE, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
_LEVELS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


@dataclass(frozen=True, slots=True)
class Level:
    """How an archive, or a portal of it, stands for a monitoring system: `code` is its exit code."""

    code: int
    line: str


def level(connection: sqlite3.Connection, portal: str | None = None) -> Level:
    """Return how things stand, in one line with figures: by open alarms, and by messages that were given up.

    What has no alarm is fine: an archive says what is wrong with a portal in no other way.
    """
    counts = dict(
        connection.execute(
            "SELECT severity, count(*) FROM alarms WHERE closed_at IS NULL AND ? IN (portal_key, '')"
            " GROUP BY severity",
            (portal or "",),
        ).fetchall()
    )
    (stuck,) = connection.execute(
        "SELECT count(*) FROM alert_messages WHERE (state = 'given_up' AND error <> 'own network')"
        " OR (state <> 'sent' AND attempts >= 3)"
    ).fetchone()
    (portals,) = connection.execute(
        "SELECT count(*) FROM portals WHERE ? IN (portal_key, '')", (portal or "",)
    ).fetchone()
    critical, warning = counts.get("critical", 0), counts.get("warning", 0)
    code = CRITICAL if critical else WARNING if warning or stuck else FINE
    words = [f"{critical} critical, {warning} warnings on {portals} portals"]
    worst = connection.execute(
        "SELECT portal_key, kind FROM alarms WHERE closed_at IS NULL AND ? IN (portal_key, '')"
        " ORDER BY severity = 'warning', opened_at LIMIT 3",
        (portal or "",),
    ).fetchall()
    words += [f"{key} {kind}" for key, kind in worst]
    words += [f"{stuck} alerts cannot be sent"] if stuck else []
    figures = f"critical={critical};;1 warning={warning};1 portals={portals} unsent={stuck};1"
    return Level(code, f"KHOCONG {_LEVELS[code]} - {'; '.join(words)} | {figures}")


def unknown(why: str) -> Level:
    """Return the level of an archive that cannot be read."""
    return Level(UNKNOWN, f"KHOCONG {_LEVELS[UNKNOWN]} - {why}")


def _status(connection: sqlite3.Connection, key: str, name: str, platform: str | None) -> PortalStatus:
    def counts(sql: str) -> dict[str, int]:
        return dict(connection.execute(sql, (key,)).fetchall())

    states = counts("SELECT state, count(*) FROM urls WHERE portal_key = ? GROUP BY state")
    articles, newest = connection.execute(
        "SELECT count(*), max(published_at) FROM articles WHERE portal_key = ?", (key,)
    ).fetchone()
    (captures,) = connection.execute(
        "SELECT count(*) FROM captures WHERE url_id IN (SELECT url_id FROM urls WHERE portal_key = ?)", (key,)
    ).fetchone()
    return PortalStatus(
        portal=key,
        name=name,
        platform=platform,
        urls={state: states.get(state, 0) for state in _STATES},
        articles=articles,
        captures=captures,
        newest_published_at=newest,
        last_crawl=_last_crawl(connection, key),
        requests_per_article=round(captures / articles, 2) if articles else None,
        issues=counts("SELECT kind, count(*) FROM issues WHERE portal_key = ? GROUP BY kind ORDER BY 2 DESC"),
        failures=counts(
            "SELECT reason, count(*) FROM urls WHERE portal_key = ? AND state = 'failed'"
            " GROUP BY reason ORDER BY 2 DESC"
        ),
    )


def _last_crawl(connection: sqlite3.Connection, key: str) -> CrawlStatus | None:
    row = connection.execute(
        "SELECT crawl_id, started_at, ended_at, reason, requests, counts FROM crawls WHERE portal_key = ?"
        " ORDER BY crawl_id DESC LIMIT 1",
        (key,),
    ).fetchone()
    if row is None:
        return None
    crawl_id, started_at, ended_at, reason, requests, counts = row
    return CrawlStatus(crawl_id, started_at, ended_at, reason, requests, json.loads(counts))
