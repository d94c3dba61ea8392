"""The newest or the oldest articles of a match, without sorting all of it."""

import json
import sqlite3
from collections.abc import Collection, Sequence
from itertools import islice

from archive.search.bits import Members
from archive.search.closeness import Typed
from archive.search.plan import Plan
from archive.search.settling import Settled
from archive.search.walking import (
    COUNT_BOUND,
    DEAR,
    Ranked,
    bounded_count,
    counted_newest,
    guess,
    ids_of,
    newest_id,
)

# So many matches are sorted by date as they are, and of a wide prefix, or of several words, so many are
# counted: walking the lists of common words further costs more than the page itself.
_FEW = 2_000
# Below this no walk is shorter than sorting.
_SORTED_ANYWAY = 100
# So many probes take some 15 ms; where they are not enough, they were for nothing.
_MOST_PROBES, _PROBES_AT_ONCE = 1_500, 250
# With a share of matches above this a page is met sooner by asking each article in turn.
_PROBE_SHARE = 50


def by_date(
    conn: sqlite3.Connection,
    plan: Plan,
    typed: Typed,
    oldest: bool,
    most: int,
    settled: Settled | None = None,
) -> Ranked:
    """Return the newest (or oldest) of a match; those without a date come last.

    Few matches are sorted; of more, the articles are walked by date until enough of the match are met,
    which is known from its ids or, where these are too many to fetch, by a probe of the index for each.
    """
    articles = newest_id(conn)
    if settled is not None and not settled.is_exact and settled.cost > DEAR:
        met = _met_and_probed(conn, plan, Members(settled.bits), oldest, most)
        if met is not None:
            total, is_exact = counted_newest(conn, plan, settled.cost)
            return _ranked(met, max(total, len(met)), is_exact)
    elif settled is not None and settled.is_exact:
        members = Members(settled.bits)
        found = (_sorted if _are_few(len(members), most, articles) else _met)(conn, members, oldest, most)
        return _ranked(found, len(members), True)
    if plan.match is None and not plan.conditions:
        total, is_exact = bounded_count(conn, plan)
        return _ranked(_probed(conn, plan, oldest, most), total, is_exact)
    expected = articles if typed.is_wide else guess(conn, plan)
    if expected * _PROBE_SHARE <= articles or expected <= _FEW:
        bound = max(articles // _PROBE_SHARE * 2, _FEW * 2)
        ids = ids_of(conn, plan, bound, "ASC")
        if len(ids) < bound:
            found = (_sorted if _are_few(len(ids), most, articles) else _met)(conn, set(ids), oldest, most)
            return _ranked(found, len(ids), True)
    counted = COUNT_BOUND if len(plan.leaves) == 1 and not typed.is_wide else _FEW
    total, is_exact = bounded_count(conn, plan, counted)
    return _ranked(_probed(conn, plan, oldest, most), total, is_exact)


def _ranked(ids: Sequence[int], total: int, is_exact: bool) -> Ranked:
    return Ranked(tuple((article_id, 0.0) for article_id in ids), total, is_exact)


def _are_few(matches: int, most: int, articles: int) -> bool:
    """Say whether sorting all matches is less than walking on until *most* of them are met."""
    return matches**2 < most * articles / 10 + _SORTED_ANYWAY**2


def _sorted(conn: sqlite3.Connection, ids: Collection[int], oldest: bool, most: int) -> list[int]:
    direction = "ASC" if oldest else "DESC"
    rows = conn.execute(
        "SELECT a.article_id FROM json_each(?) AS j CROSS JOIN articles AS a INDEXED BY articles_for_search"
        f" ON a.article_id = j.value ORDER BY a.published_at IS NULL, a.published_at {direction},"
        f" a.article_id {direction} LIMIT ?",
        (json.dumps(list(ids)), most),
    )
    return [row[0] for row in rows]


def _met(conn: sqlite3.Connection, ids: Collection[int], oldest: bool, most: int) -> list[int]:
    found: list[int] = []
    for (article_id,) in conn.execute(_walk_sql(oldest)):
        if article_id in ids:
            found.append(article_id)
            if len(found) == most:
                return found
    undated = sorted(set(ids).difference(found), reverse=not oldest)
    return found + undated[: most - len(found)]


def _met_and_probed(
    conn: sqlite3.Connection, plan: Plan, members: Members, oldest: bool, most: int
) -> list[int] | None:
    """Walk by date past what cannot match and ask for the rest; None where too many would be asked for."""
    where, params = plan.source(probing=True)
    probe = f"SELECT value FROM json_each(?) AS j WHERE EXISTS (SELECT 1 {where} AND {plan.rowid} = j.value)"
    walk = (row[0] for row in conn.execute(_walk_sql(oldest)) if row[0] in members)
    found: list[int] = []
    for _ in range(_MOST_PROBES // _PROBES_AT_ONCE):
        some = list(islice(walk, _PROBES_AT_ONCE))
        found += [row[0] for row in conn.execute(probe, (json.dumps(some), *params))]
        if len(found) >= most:
            return found[:most]
        if len(some) < _PROBES_AT_ONCE:
            break
    return None


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
