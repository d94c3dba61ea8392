"""Walking a match: FTS5 goes through its lists in the order of ids, from either end, and stops where told."""

import sqlite3
from dataclasses import dataclass
from typing import Literal

from archive.search.closeness import Scored
from archive.search.plan import Plan

# Counting on costs as much as ranking does; facets count the whole match, for those who want it.
COUNT_BOUND = 20_000
# From so many entries in the lists of a query's words on FTS5 alone takes longer than a reader waits gladly.
DEAR = 400_000
# A guess looks at this share of the articles, the newest, and at no fewer than so many.
_SAMPLE_SHARE, _LEAST_SAMPLE = 50, 2_000


@dataclass(frozen=True, slots=True)
class Ranked:
    """The first articles of an answer, best first, with their scores (higher is better, 0: not ranked).

    `bound` is how many of the newest matches were ranked, beside those in titles; 0 where all were.
    """

    ids: tuple[Scored, ...]
    total: int
    total_is_exact: bool
    bound: int = 0


def bounded_count(conn: sqlite3.Connection, plan: Plan, bound: int = COUNT_BOUND) -> tuple[int, bool]:
    """Return how many articles match and whether that is exact; counting stops after *bound*."""
    where, params = plan.source()
    (number,) = conn.execute(
        f"SELECT count(*) FROM (SELECT 1 {where} LIMIT ?)", (*params, bound + 1)
    ).fetchone()
    return min(number, bound), number <= bound


def counted_newest(
    conn: sqlite3.Connection, plan: Plan, cost: int, budget: int = DEAR // 4
) -> tuple[int, bool]:
    """Return how many of the newest articles match and whether that are all; as far as *budget* reaches.

    *cost*: how many entries FTS5 would go through for all of them.
    """
    newest = newest_id(conn)
    window = min(newest, newest * budget // max(cost, 1))
    where, params = plan.source()
    (number,) = conn.execute(
        f"SELECT count(*) FROM (SELECT 1 {where} AND {plan.rowid} > ?)", (*params, newest - window)
    ).fetchone()
    return int(number), window == newest


def newest_id(conn: sqlite3.Connection) -> int:
    """Return the highest id of an article, which is about how many there are."""
    (number,) = conn.execute("SELECT coalesce(max(article_id), 0) FROM articles").fetchone()
    return int(number)


def guess(conn: sqlite3.Connection, plan: Plan) -> float:
    """Return about how many articles match, from how many of the newest do."""
    newest = newest_id(conn)
    # A condition costs ten times what FTS5 takes to walk on.
    window = _LEAST_SAMPLE if plan.conditions else max(newest // _SAMPLE_SHARE, _LEAST_SAMPLE)
    where, params = plan.source(probing=True)
    (number,) = conn.execute(
        f"SELECT count(*) FROM (SELECT 1 {where} AND {plan.rowid} > ?)", (*params, newest - window)
    ).fetchone()
    return float(number * max(1.0, newest / window))


def ids_of(
    conn: sqlite3.Connection, plan: Plan, most: int, order: Literal["ASC", "DESC"], *, probing: bool = False
) -> list[int]:
    """Return the ids of the *most* matches archived last or first; FTS5 is faster from the first on."""
    where, params = plan.source(probing=probing)
    rows = conn.execute(f"SELECT {plan.rowid} {where} ORDER BY {plan.rowid} {order} LIMIT ?", (*params, most))
    return [row[0] for row in rows]
