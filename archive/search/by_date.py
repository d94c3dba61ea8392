"""The newest or the oldest articles of a match, without sorting all of it."""

import json
import sqlite3
from collections.abc import Sequence

from archive.search.closeness import Typed
from archive.search.plan import Plan
from archive.search.walking import COUNT_BOUND, Ranked, bounded_count, guess, ids_of, newest_id

# So many matches are sorted by date as they are, and of a wide prefix, or of several words, so many are
# counted: walking the lists of common words further costs more than the page itself.
_FEW = 2_000
# Below this no walk is shorter than sorting.
_SORTED_ANYWAY = 100
# With a share of matches above this a page is met sooner by asking each article in turn.
_PROBE_SHARE = 50


def by_date(conn: sqlite3.Connection, plan: Plan, typed: Typed, oldest: bool, most: int) -> Ranked:
    """Return the newest (or oldest) of a match; those without a date come last.

    Few matches are sorted; of more, the articles are walked by date until enough of the match are met,
    which is known from its ids or, where these are too many to fetch, by a probe of the index for each.
    """
    articles = newest_id(conn)
    if plan.match is None and not plan.conditions:
        total, is_exact = bounded_count(conn, plan)
        return _ranked(_probed(conn, plan, oldest, most), total, is_exact)
    expected = articles if typed.is_wide else guess(conn, plan)
    if expected * _PROBE_SHARE <= articles or expected <= _FEW:
        bound = max(articles // _PROBE_SHARE * 2, _FEW * 2)
        ids = ids_of(conn, plan, bound, "ASC")
        if len(ids) < bound:
            few = len(ids) ** 2 < most * articles / 10 + _SORTED_ANYWAY**2
            found = (_sorted if few else _met)(conn, ids, oldest, most)
            return _ranked(found, len(ids), True)
    counted = COUNT_BOUND if len(plan.leaves) == 1 and not typed.is_wide else _FEW
    total, is_exact = bounded_count(conn, plan, counted)
    return _ranked(_probed(conn, plan, oldest, most), total, is_exact)


def _ranked(ids: Sequence[int], total: int, is_exact: bool) -> Ranked:
    return Ranked(tuple((article_id, 0.0) for article_id in ids), total, is_exact)


def _sorted(conn: sqlite3.Connection, ids: Sequence[int], oldest: bool, most: int) -> list[int]:
    direction = "ASC" if oldest else "DESC"
    rows = conn.execute(
        "SELECT a.article_id FROM json_each(?) AS j CROSS JOIN articles AS a INDEXED BY articles_for_search"
        f" ON a.article_id = j.value ORDER BY a.published_at IS NULL, a.published_at {direction},"
        f" a.article_id {direction} LIMIT ?",
        (json.dumps(ids), most),
    )
    return [row[0] for row in rows]


def _met(conn: sqlite3.Connection, ids: Sequence[int], oldest: bool, most: int) -> list[int]:
    chosen = set(ids)
    found: list[int] = []
    for (article_id,) in conn.execute(_walk_sql(oldest)):
        if article_id in chosen:
            found.append(article_id)
            if len(found) == most:
                return found
    undated = sorted(chosen.difference(found), reverse=not oldest)
    return found + undated[: most - len(found)]


def _probed(conn: sqlite3.Connection, plan: Plan, oldest: bool, most: int) -> list[int]:
    """Walk with a probe each; those without a date are looked for when the others are at an end."""
    where, params = plan.source(probing=True)
    narrowed = plan.match or plan.conditions
    probe = f" AND EXISTS (SELECT 1 {where} AND {plan.rowid} = d.article_id)" if narrowed else ""
    found = [row[0] for row in conn.execute(f"{_walk_sql(oldest, probe)} LIMIT ?", (*params, most))]
    if len(found) < most:
        rows = conn.execute(
            "SELECT d.article_id FROM articles AS d INDEXED BY articles_by_published"
            f" WHERE d.published_at IS NULL{probe}"
            f" ORDER BY d.article_id {'ASC' if oldest else 'DESC'} LIMIT ?",
            (*params, most - len(found)),
        )
        found += [row[0] for row in rows]
    return found


def _walk_sql(oldest: bool, probe: str = "") -> str:
    direction = "ASC" if oldest else "DESC"
    return (
        "SELECT d.article_id FROM articles AS d INDEXED BY articles_by_published"
        f" WHERE d.published_at IS NOT NULL{probe}"
        f" ORDER BY d.published_at {direction}, d.article_id {direction}"
    )
