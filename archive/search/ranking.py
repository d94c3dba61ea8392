"""Which articles of a match come first, in bounded time.

bm25 over everything takes 1.3 to 2.4 s for a match of half a million articles. Beyond RANK_BOUND
matches it ranks the most recently archived ones and those that match in the title, and says so. Below, a
match is walked once: the same pass counts, scores and picks; and few matches are weighed by their texts.
"""

import heapq
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from archive.search import bits as bits_
from archive.search.by_date import by_date
from archive.search.closeness import Typed, Weighed, best_first, by_neighbours, by_texts, worth
from archive.search.common import how_many
from archive.search.plan import WEIGHTS, Match, Plan, leaf_match
from archive.search.settling import Settled
from archive.search.texts import those_matching
from archive.search.walking import DEAR, Ranked, counted_newest, guess, ids_of, newest_id

Sort: TypeAlias = Literal["rank", "newest", "oldest"]

RANK_BOUND = 20_000
# Of a huge match, so many of those that have the words in the title are looked at, and so many of them taken.
TITLE_BOUND, TITLES_TAKEN = 5_000, 200
# The best of bm25 are ordered again by whether the words stand together: 100 articles cost about 4 ms.
POOL = 100
# So many texts are read and weighed in 10 ms, which is what bm25's own counting costs for two common words.
LOOKED_AT = 150
# Of many, where bm25 would take long: half of them for what is in titles, if there is so much.
CHOSEN = 100
# bm25 asks for the frequency of every word of the query: for the sixty words that begin with "th" that takes
# half a second at a million articles, and says nothing. The newest stand for them.
_WIDE_TITLES, _WIDE_TEXTS = 60, 40
# So many matches of a wide prefix are counted: nobody who types on asks for more.
_WIDE_COUNT = 500


def first(
    conn: sqlite3.Connection,
    plan: Plan,
    typed: Typed,
    *,
    sort: Sort,
    most: int,
    settled: Settled | None = None,
) -> Ranked:
    """Return the first *most* articles of what *plan* matches, and how many match.

    *settled*: what it matches, where that is known already.
    """
    if sort != "rank" or plan.match is None:
        return by_date(conn, plan, typed, sort == "oldest", most, settled)
    if typed.is_wide:
        return _newest_of_wide(conn, plan, plan.match, typed, most)
    ranked = _by_rank(conn, plan, plan.match, typed, most, settled)
    is_known = settled is not None and settled.is_exact
    return replace(ranked, total=settled.total, total_is_exact=True) if settled and is_known else ranked


def _by_rank(
    conn: sqlite3.Connection, plan: Plan, match: Match, typed: Typed, most: int, settled: Settled | None
) -> Ranked:
    known = settled if settled is not None and settled.is_exact else None
    expected = guess(conn, plan) if known is None else known.total
    few = min(LOOKED_AT, RANK_BOUND)
    if expected <= few:
        ids = ids_of(conn, plan, few + 1, "ASC") if known is None else bits_.ids_of(known.bits)
        if len(ids) <= few:
            weighed = by_texts(conn, ids, _weighed(conn, plan), typed)
            if weighed is not None:
                return Ranked(tuple(weighed[:most]), len(ids), True)
    if settled is not None and expected <= RANK_BOUND and settled.cost > DEAR:
        return _of_titles_and_newest(conn, plan, typed, most, settled)
    scores: list[tuple[float, int]] = []
    if expected <= RANK_BOUND * 0.9:
        scores = _bm25(conn, plan, match, RANK_BOUND + 1, "ASC")
    if not scores or len(scores) > RANK_BOUND:
        scores = _bm25(conn, plan, match, RANK_BOUND + 1, "DESC")
    is_bounded = len(scores) > RANK_BOUND
    total = len(scores) - is_bounded
    if is_bounded:
        scores = scores[:RANK_BOUND]
        ranked = {one for _, one in scores}
        scores += [pair for pair in _titled(conn, plan, match) if pair[1] not in ranked]
    # The pool is the same for every page, so no hit moves between pages.
    ordered = [(-one, -score) for score, one in heapq.nsmallest(max(POOL, most), scores)]
    pool = by_neighbours(conn, ordered[:POOL], typed)
    bound = RANK_BOUND if is_bounded else 0
    return Ranked(tuple((pool + ordered[POOL:])[:most]), total, not is_bounded, bound)


def _of_titles_and_newest(
    conn: sqlite3.Connection, plan: Plan, typed: Typed, most: int, settled: Settled
) -> Ranked:
    """Weigh the matches that have the words in their title, and the newest; the others follow as archived.

    bm25 would go through the lists of the words twice: to find what is known, and to count them.
    """
    in_titles = ids_of(conn, Plan(_titles(plan)), TITLES_TAKEN, "DESC", probing=True)
    titled = bits_.of_ids(in_titles, newest_id(conn)) & settled.bits
    others = settled.bits & ~titled
    room = CHOSEN - min(titled.bit_count(), CHOSEN // 2)
    if settled.is_exact:
        newest = bits_.highest_of(others, max(room, most))[::-1]
        total, is_exact = settled.total, True
    else:
        newest = [
            one for one in ids_of(conn, plan, max(room, most), "DESC", probing=True) if others >> one & 1
        ]
        titled = bits_.of_ids(those_matching(conn, plan, bits_.highest_of(titled, CHOSEN)), newest_id(conn))
        total, is_exact = counted_newest(conn, plan, settled.cost)
    chosen = [*bits_.highest_of(titled, CHOSEN), *newest[:room]]
    weighed = by_texts(conn, chosen, _weighed(conn, plan), typed, with_files=True) or []
    ranked = [*weighed, *((article_id, 0.0) for article_id in newest[room:])]
    return Ranked(tuple(ranked[:most]), max(total, len(ranked)), is_exact, room)


def _weighed(conn: sqlite3.Connection, plan: Plan) -> list[Weighed]:
    """Return the words of *plan* with their worth, guessed from how many of the newest articles have them."""
    articles = newest_id(conn)
    made = []
    for leaf, strict in plan.leaves:
        matches = 0.0
        if len(plan.leaves) > 1:
            common = how_many(conn, leaf.words[0], strict) if len(leaf.words) == 1 else None
            matches = common or guess(conn, Plan(leaf_match(leaf, folded=not strict)))
        made.append(Weighed(leaf, strict, worth(articles, matches)))
    return made


def _bm25(
    conn: sqlite3.Connection, plan: Plan, match: Match, most: int, order: Literal["ASC", "DESC"]
) -> list[tuple[float, int]]:
    """Return (bm25, minus the id) of the *most* matches archived last or first; the lowest is the best."""
    where, params = plan.source()
    weights = ", ".join(str(weight) for weight in WEIGHTS)
    return _pairs(
        conn,
        f"SELECT bm25({match.index}, {weights}), -m.rowid {where} ORDER BY m.rowid {order} LIMIT ?",
        (*params, most),
    )


def _pairs(conn: sqlite3.Connection, sql: str, params: Sequence[object]) -> list[tuple[float, int]]:
    """Return the rows as tuples, which can be ordered; Datasette's connections make sqlite3.Row of them."""
    cursor = conn.cursor()
    cursor.row_factory = None
    return cursor.execute(sql, params).fetchall()


def _titled(conn: sqlite3.Connection, plan: Plan, match: Match) -> list[tuple[float, int]]:
    """Return (bm25, minus the id) of matches that have the words in their title, as far as the best go."""
    where, params = _in_titles(plan).source(probing=True)
    found = _pairs(
        conn,
        f"SELECT * FROM (SELECT bm25(articles_headings), -m.rowid {where} ORDER BY m.rowid DESC LIMIT ?)"
        " ORDER BY 1, 2 LIMIT ?",
        (*params, TITLE_BOUND, TITLES_TAKEN),
    )
    meant = _as_typed(conn, match, [-one for _, one in found])
    return [pair for pair in found if -pair[1] in meant]


def _in_titles(plan: Plan) -> Plan:
    """Return the plan of what matches in titles, marks or not."""
    return Plan(_titles(plan), plan.conditions)


def _titles(plan: Plan) -> Match:
    return Match("articles_headings", f"{{title}} : ({plan.bare})")


def _as_typed(conn: sqlite3.Connection, match: Match, ids: Sequence[int]) -> set[int]:
    """Return which of *ids* have the words in their title with the marks as typed, where these count."""
    if match.index != "articles_exact":
        return set(ids)
    rows = conn.execute(
        "SELECT rowid FROM articles_exact WHERE articles_exact MATCH ?"
        " AND rowid IN (SELECT value FROM json_each(?))",
        (f"{{title}} : ({match.expr})", json.dumps(list(ids))),
    )
    return {row[0] for row in rows}


def _newest_of_wide(conn: sqlite3.Connection, plan: Plan, match: Match, typed: Typed, most: int) -> Ranked:
    ids = ids_of(conn, plan, max(_WIDE_COUNT + 1, most), "DESC", probing=True)
    total, is_exact = min(len(ids), _WIDE_COUNT), len(ids) <= _WIDE_COUNT
    in_titles = ids_of(conn, _in_titles(plan), max(_WIDE_TITLES, most), "DESC", probing=True)
    meant = _as_typed(conn, match, in_titles)
    titled = [(one, 2.0) for one in in_titles if one in meant]
    known = {one for one, _ in titled}
    others = [(one, 1.0) for one in ids[: max(_WIDE_TEXTS, most)] if one not in known]
    pool = titled[:_WIDE_TITLES] + others[: POOL - len(titled[:_WIDE_TITLES])]
    ordered = by_neighbours(conn, pool, typed)
    taken = {one for one, _ in ordered}
    rest = sorted((pair for pair in titled + others if pair[0] not in taken), key=best_first)
    return Ranked(tuple((ordered + rest)[:most]), total, is_exact, 0 if is_exact else _WIDE_COUNT)
