"""What the first page says: what is here, how fresh, what changed, what is dying, what is covered."""

import sqlite3
from collections import Counter, defaultdict
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
# The 63 provinces until this day, the 34 after it.
LAST_OF_63 = datetime(2025, 6, 30, tzinfo=UTC).date()


def home(conn: sqlite3.Connection, now: datetime) -> Json:
    """Return everything the first page shows. Costs two passes over narrow indexes of `articles`."""
    portals = portals_with_counts(conn)
    articles = sum(one["articles"] for one in portals)
    by_year = articles_by_year(conn)
    captured = rows(conn, "SELECT captured_at FROM captures ORDER BY capture_id DESC LIMIT 1")
    return {
        "articles": articles,
        "portals": portals,
        "first": min(by_year, default=None),
        "last": max(by_year, default=None),
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
    found = rows(
        conn,
        "SELECT p.portal_key, p.name, p.organ, p.status, p.jurisdiction, "
        f"(SELECT count(*) {where}) AS articles, (SELECT max(a.published_at) {where}) AS last "
        "FROM portals AS p ORDER BY articles DESC, p.portal_key",
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
    edits = rows(
        conn,
        "SELECT r.article_id, a.title, r.number, r.captured_at AS at FROM revisions AS r "
        "JOIN articles AS a USING (article_id) "
        "WHERE r.revision_id > (SELECT max(revision_id) FROM revisions) - ? AND r.number > 1 "
        "AND r.captured_at >= ? ORDER BY r.revision_id DESC LIMIT 200",
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
    first, last = conn.execute(
        f"SELECT (SELECT min(published_at) {index} IS NOT NULL), (SELECT max(published_at) {index} IS "
        f"NOT NULL)"
    ).fetchone()
    if not (first and last and first[:4].isdecimal() and last[:4].isdecimal()):
        return {}
    counts = {
        f"{year:04}": conn.execute(
            f"SELECT count(*) {index} >= ? AND published_at < ?", (f"{year:04}", f"{year + 1:04}")
        ).fetchone()[0]
        for year in range(int(first[:4]), int(last[:4]) + 1)
    }
    return {year: count for year, count in counts.items() if count}


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
