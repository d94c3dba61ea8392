"""What the first page says: what is here, how fresh, what changed, what is dying, what is covered."""

import itertools
import sqlite3
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from archive import jurisdictions
from archive.records import Json
from archive.vietnamese.fold import fold
from archive.web.plots import bars, years
from archive.web.reading import rows

# Ids rise with time, times have no index: a week is looked for among the last so many rows.
RECENT = 50_000
WEEK = timedelta(days=7)
SHADES = 5
# What a first page may count before it is sent, in steps of SQLite's machine: a million articles take nine
# million steps, and a quarter of a second. The handler is asked once in so many.
STEPS = 12_000_000
_TICK = 10_000
# The same on a slow disk.
MOST_S = 0.7
# The 63 provinces until this day, the 34 after it.
LAST_OF_63 = datetime(2025, 6, 30, tzinfo=UTC).date()


@dataclass(frozen=True, slots=True)
class Figures:
    """What has to be counted: every portal with its articles, and the articles of each year."""

    portals: list[Json]
    by_year: dict[str, int]


def figures(conn: sqlite3.Connection) -> Figures:
    """Return the counts, along two narrow indexes of `articles`: six steps of SQLite's an article."""
    return Figures(portals_with_counts(conn), articles_by_year(conn))


def figures_within(conn: sqlite3.Connection, most_steps: int = STEPS) -> Figures | None:
    """Return the counts, or None when they take more than *most_steps* or MOST_S: nobody waits for them."""
    left, until = itertools.repeat(0, max(1, most_steps // _TICK)), time.monotonic() + MOST_S
    conn.set_progress_handler(lambda: next(left, 1) or time.monotonic() > until, _TICK)
    try:
        return figures(conn)
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        return None
    finally:
        conn.set_progress_handler(None, 0)


def home(conn: sqlite3.Connection, now: datetime, counted: Figures | None) -> Json:
    """Return everything the first page shows; without what was *counted* it reads a bounded number of rows.

    `counting` says that it went without: `articles` is then what the ids tell, and portals have no counts.
    """
    portals = counted.portals if counted else _portals(conn, "0", "NULL")
    by_year = counted.by_year if counted else {}
    (last_id,) = conn.execute("SELECT coalesce(max(article_id), 0) FROM articles").fetchone()
    articles = sum(one["articles"] for one in portals) if counted else last_id
    first, last = min(by_year, default=None), max(by_year, default=None)
    if counted is None:
        first, last = (one and one[:4] for one in _ends(conn))
    captured = rows(conn, "SELECT captured_at FROM captures ORDER BY capture_id DESC LIMIT 1")
    return {
        "counting": counted is None and bool(last_id),
        "articles": articles,
        "portals": portals,
        "first": first,
        "last": last,
        "captured_at": captured[0]["captured_at"] if captured else None,
        "years": bars(
            years([(year, float(count)) for year, count in by_year.items()]),
            _year_address,
            "/so-lieu/bai.csv",
        ),
        "newest": _newest(conn),
        "week": _week(conn, now),
        "dying": dying(conn, portals),
        "grids": grids(portals),
        "provinces": len({one["province"] for one in portals if one["province"]}),
        "documents": rows(
            conn,
            "SELECT d.normal, count(*) AS mentions FROM citations AS c JOIN documents AS d USING "
            "(document_id) "
            "WHERE c.citation_id > (SELECT coalesce(max(citation_id), 0) FROM citations) - ? "
            "GROUP BY d.document_id ORDER BY mentions DESC LIMIT 6",
            (RECENT,),
        ),
    }


def _year_address(year: str) -> str:
    return f"/tim?year={year}"


def portals_with_counts(conn: sqlite3.Connection) -> list[Json]:
    """Return every portal with its articles, the largest first."""
    # Counted portal by portal along the index: grouping the join took four times as long.
    where = "FROM articles AS a INDEXED BY articles_by_portal_published WHERE a.portal_key = p.portal_key"
    return _portals(conn, f"(SELECT count(*) {where})", f"(SELECT max(a.published_at) {where})")


def _portals(conn: sqlite3.Connection, articles: str, last: str) -> list[Json]:
    found = rows(
        conn,
        f"SELECT p.portal_key, p.name, p.organ, p.status, p.jurisdiction, {articles} AS articles, "
        f"{last} AS last FROM portals AS p ORDER BY articles DESC, p.portal_key",
    )
    for one in found:
        one["province"] = _province(one["jurisdiction"], None)
    return found


def _province(jurisdiction: str | None, day: Any) -> str | None:
    if jurisdiction is None or jurisdiction not in jurisdictions.load():
        named = jurisdictions.province_of(jurisdiction, day) if jurisdiction else None
        return named.key if named else None
    above = jurisdictions.province(jurisdiction, day)
    return above.key if above else None


def _newest(conn: sqlite3.Connection) -> list[Json]:
    # A page of the portal about itself takes its time from the crawl's day: the future is not news.
    return rows(
        conn,
        "SELECT a.article_id, a.title, a.lead, a.published_at, a.published_precision, p.name AS portal_name, "
        "a.portal_key FROM articles AS a INDEXED BY articles_by_published JOIN portals AS p USING "
        "(portal_key) "
        "WHERE a.published_at IS NOT NULL ORDER BY a.published_at DESC LIMIT 8",
    )


def _week(conn: sqlite3.Connection, now: datetime) -> Json:
    """Return what the last seven days brought, as far as the last RECENT rows tell."""
    since = (now - WEEK).isoformat()
    new = _new_since(conn, since)
    # Of the revisions only what the events name: a revision carries what was cut from its page, and fifty
    # thousand of them are a hundred megabytes.
    edits = rows(
        conn,
        "SELECT e.article_id, a.title, max(r.number) AS number, e.at FROM events AS e "
        "JOIN articles AS a USING (article_id) JOIN revisions AS r ON r.article_id = e.article_id "
        "WHERE e.event_id > (SELECT max(event_id) FROM events) - ? AND e.kind = 'edit' AND e.at >= ? "
        "GROUP BY e.event_id ORDER BY e.event_id DESC LIMIT 200",
        (RECENT, since),
    )
    gone = rows(
        conn,
        "SELECT e.article_id, a.title, e.at, e.url FROM events AS e JOIN articles AS a USING (article_id) "
        "WHERE e.event_id > (SELECT max(event_id) FROM events) - ? AND e.kind = 'gone' AND e.at >= ? "
        "ORDER BY e.event_id DESC LIMIT 200",
        (RECENT, since),
    )
    return {"new": new, "edits": edits, "gone": gone}


def _new_since(conn: sqlite3.Connection, since: str) -> int:
    """Return how many articles were first captured since then, found by halving: ids rise with time.

    What was ingested from old captures may be counted by its place among its neighbours.
    """
    low, high = 0, conn.execute("SELECT coalesce(max(article_id), 0) FROM articles").fetchone()[0]
    last = high
    while low < high:
        middle = (low + high + 1) // 2
        # The time stands behind the text in the row: twenty rows are read, not fifty thousand.
        row = conn.execute(
            "SELECT first_captured_at FROM articles WHERE article_id >= ? ORDER BY article_id LIMIT 1",
            (middle,),
        ).fetchone()
        if row is not None and row[0] < since:
            low = middle
        else:
            high = middle - 1
    return int(last - low)


def articles_by_year(conn: sqlite3.Connection) -> dict[str, int]:
    """Return the articles of each year, along the index by date: ten times as fast as grouping."""
    index = "FROM articles INDEXED BY articles_by_published WHERE published_at"
    first, last = _ends(conn)
    if not (first and last and first[:4].isdecimal() and last[:4].isdecimal()):
        return {}
    counts = {
        f"{year:04}": conn.execute(
            f"SELECT count(*) {index} >= ? AND published_at < ?", (f"{year:04}", f"{year + 1:04}")
        ).fetchone()[0]
        for year in range(int(first[:4]), int(last[:4]) + 1)
    }
    return {year: count for year, count in counts.items() if count}


def _ends(conn: sqlite3.Connection) -> tuple[str | None, str | None]:
    """Return the earliest and the latest time of publication."""
    index = "FROM articles INDEXED BY articles_by_published WHERE published_at IS NOT NULL"
    found: tuple[str | None, str | None] = conn.execute(
        f"SELECT (SELECT min(published_at) {index}), (SELECT max(published_at) {index})"
    ).fetchone()
    return found


def dying(conn: sqlite3.Connection, portals: list[Json]) -> Json:
    """Return the portals that ended or fail, and the articles that vanished last."""
    last = dict(
        conn.execute(
            "SELECT portal_key, coalesce(reason, '') FROM crawls WHERE crawl_id IN "
            "(SELECT max(crawl_id) FROM crawls GROUP BY portal_key)"
        )
    )
    ill = [
        {**one, "crawl": last.get(one["portal_key"], "")}
        for one in portals
        if one["status"] != "live" or last.get(one["portal_key"], "").startswith("failed")
    ]
    gone = rows(
        conn,
        "SELECT a.article_id, a.title, a.last_captured_at, a.portal_key, p.name AS portal_name FROM "
        "events AS e "
        "JOIN articles AS a USING (article_id) JOIN portals AS p ON p.portal_key = a.portal_key "
        "WHERE e.event_id > (SELECT max(event_id) FROM events) - ? AND e.kind = 'gone' AND a.status = 'gone' "
        "GROUP BY a.article_id ORDER BY max(e.event_id) DESC LIMIT 6",
        (RECENT,),
    )
    return {"portals": ill[:20], "gone": gone}


def grids(portals: list[Json]) -> list[Json]:
    """Return the provinces of today and of before as two grids; `shade` 0 (nothing) to SHADES (most)."""
    made = []
    for name, day in (("coverage_now", None), ("coverage_then", LAST_OF_63)):
        counts: dict[str, int] = defaultdict(int)
        sites: Counter[str] = Counter()
        today = datetime.now(UTC).date()
        for one in portals:
            key = _province(one["jurisdiction"], day or today)
            if key is not None:
                counts[key] += one["articles"]
                sites[key] += 1
        top = max(counts.values(), default=0)
        cells = [
            {
                "key": unit.key,
                "name": unit.short_name,
                "articles": counts[unit.key],
                "portals": sites[unit.key],
                "shade": _shade(counts[unit.key], top),
            }
            for unit in jurisdictions.load().values()
            if unit.level in jurisdictions.PROVINCIAL and unit.lived_on(day or today)
        ]
        covered = sum(1 for cell in cells if cell["portals"])
        made.append(
            {
                "title": name,
                "cells": sorted(cells, key=lambda cell: fold(str(cell["name"]))),
                "covered": covered,
            }
        )
    return made


def _shade(count: int, top: int) -> int:
    """Return the shade of *count*: each step down is a third of the one above, so that few still show."""
    if not count:
        return 0
    shade = SHADES
    while shade > 1 and count < top / 3 ** (SHADES - shade + 1):
        shade -= 1
    return shade
