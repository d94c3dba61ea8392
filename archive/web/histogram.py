"""When the articles of a search were published: years, the months of one year, the days of one month."""

import re
import sqlite3
from calendar import monthrange

from archive.search import parse
from archive.search.facets import COUNT_BOUND
from archive.search.results import IGNORED_MARKS, Results, matching
from archive.web.asking import Asked
from archive.web.plots import Plot, bars, years

_YEAR = re.compile(r"\d{4}")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


def histogram(conn: sqlite3.Connection, asked: Asked, results: Results) -> Plot | None:
    """Return the chart beside the results, None where one bar would say nothing."""
    found = points(conn, asked, results)
    if len(found) < 2:
        return None
    return bars(
        found,
        lambda label: asked.address(year=[label], after=None, before=None),
        asked.address("/tim/nam.csv"),
    )


def points(conn: sqlite3.Connection, asked: Asked, results: Results) -> list[tuple[str, float]]:
    """Return (year, month or day, articles) of the whole search, gaps filled with zeros."""
    chosen = asked.filters.get("year", [])
    if len(chosen) == 1 and _YEAR.fullmatch(chosen[0]):
        counts = dict(_counts(conn, asked, results, 7))
        return [(label, counts.get(label, 0)) for label in (f"{chosen[0]}-{n:02}" for n in range(1, 13))]
    if len(chosen) == 1 and (month := _MONTH.fullmatch(chosen[0])):
        year, number = int(month[1]), int(month[2])
        if not (year >= 1 and 1 <= number <= 12):
            return []
        counts = dict(_counts(conn, asked, results, 10))
        days = monthrange(year, number)[1]
        return [
            (label, counts.get(label, 0)) for label in (f"{chosen[0]}-{n:02}" for n in range(1, days + 1))
        ]
    if results.facets is None:
        return []
    return years([(label, float(count)) for label, count in results.facets.values.get("year", ())])


def _counts(conn: sqlite3.Connection, asked: Asked, results: Results, length: int) -> list[tuple[str, int]]:
    query = parse(asked.text).with_filters(asked.for_search)
    chosen = matching(conn, query, folded=IGNORED_MARKS in results.notes)
    source, params = chosen.source(article=True)
    # The year's own filter stands in the plan: what is grouped is one year, or one month.
    sql = (
        f"SELECT day, count(*) FROM (SELECT substr(a.published_at, 1, {length}) AS day {source} "
        f"LIMIT {COUNT_BOUND}) WHERE day IS NOT NULL GROUP BY day"
    )
    return conn.execute(sql, params).fetchall()
