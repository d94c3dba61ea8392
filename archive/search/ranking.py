"""Which articles of a match come first, in bounded time.

bm25 over everything takes 1.3 to 2.4 s for a match of half a million articles. Beyond RANK_BOUND
matches it ranks the most recently archived ones and those that match in the title, and says so. A match is
walked once: the same pass counts, scores and picks.
"""

import heapq
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from archive.search.plan import WEIGHTS, Match, Plan
from archive.search.words import WORD
from archive.vietnamese.fold import fold

Sort: TypeAlias = Literal["rank", "newest", "oldest"]
Scored: TypeAlias = tuple[int, float]

RANK_BOUND = 20_000
# Counting on costs as much as ranking does; facets count the whole match, for those who want it.
COUNT_BOUND = 30_000
# Of a huge match, so many of those that have the words in the title are looked at.
TITLE_BOUND = 5_000
# bm25 knows nothing of neighbours, and in Vietnamese a word is two syllables side by side: the best of
# bm25 are ordered again by whether the query's syllables stand together. For 100 articles that costs
# about 8 ms.
POOL = 100
_TEXT_CHARS = 800
# bm25 asks for the frequency of every word of the query: for the sixty words that begin with "th" that takes
# half a second at a million articles, and says nothing. The newest stand for them.
_WIDE_TITLES, _WIDE_TEXTS = 60, 40
# So many matches of a wide prefix are counted: nobody who types on asks for more.
_WIDE_COUNT = 2_000
# So many matches are sorted by date as they are.
_FEW = 2_000
# A probe of one article by the index costs about what reading sixteen ids of a match does (measured).
_PROBE_SHARE = 16


@dataclass(frozen=True, slots=True)
class Typed:
    """What ranking knows of the query: its words, folded and in order, and whether the last letters are open.

    `is_wide`: a prefix stands for so many words that bm25 is not asked.
    """

    words: tuple[str, ...]
    open_ended: frozenset[int] = frozenset()
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """The first articles of an answer, best first, with their scores (higher is better, 0: not ranked)."""

    ids: tuple[Scored, ...]
    total: int
    total_is_exact: bool
    is_bounded: bool = False


def bounded_count(conn: sqlite3.Connection, plan: Plan, bound: int = COUNT_BOUND) -> tuple[int, bool]:
    """Return how many articles match and whether that is exact; counting stops after *bound*."""
    where, params = plan.source()
    (number,) = conn.execute(
        f"SELECT count(*) FROM (SELECT 1 {where} LIMIT ?)", (*params, bound + 1)
    ).fetchone()
    return min(number, bound), number <= bound


def first(conn: sqlite3.Connection, plan: Plan, typed: Typed, *, sort: Sort, most: int) -> Ranked:
    """Return the first *most* articles of what *plan* matches, and how many match."""
    if sort != "rank" or plan.match is None:
        return _by_date(conn, plan, typed, sort == "oldest", most)
    if typed.is_wide:
        return _newest_of_wide(conn, plan, plan.match, typed, most)
    return _by_rank(conn, plan, plan.match, typed, most)


def _by_rank(conn: sqlite3.Connection, plan: Plan, match: Match, typed: Typed, most: int) -> Ranked:
    wanted = max(POOL, most)
    scores = _bm25(conn, plan, match, RANK_BOUND + 1)
    total, is_exact, is_bounded = len(scores), True, len(scores) > RANK_BOUND
    if is_bounded:
        total, is_exact = bounded_count(conn, plan)
        del scores[min(scores)]
        in_title = Match(match.index, match.expr, "title")
        for article_id, score in _bm25(conn, Plan(in_title, plan.conditions), in_title, TITLE_BOUND).items():
            scores[article_id] = max(score, scores.get(article_id, 0.0))
    # The pool is the same for every page, so no hit moves between pages.
    ordered = [(one, score) for score, one in heapq.nlargest(wanted, ((s, i) for i, s in scores.items()))]
    pool = _by_neighbours(conn, ordered[:POOL], typed)
    return Ranked(tuple((pool + ordered[POOL:])[:most]), total, is_exact, is_bounded)


def _newest_of_wide(conn: sqlite3.Connection, plan: Plan, match: Match, typed: Typed, most: int) -> Ranked:
    total, is_exact = bounded_count(conn, plan, _WIDE_COUNT)
    in_title = Plan(Match(match.index, match.expr, "title"), plan.conditions)
    titled = [(one, 2.0) for one in _ids(conn, in_title, max(_WIDE_TITLES, most))]
    known = {one for one, _ in titled}
    others = [(one, 1.0) for one in _ids(conn, plan, max(_WIDE_TEXTS, most)) if one not in known]
    pool = titled[:_WIDE_TITLES] + others[: POOL - len(titled[:_WIDE_TITLES])]
    ordered = _by_neighbours(conn, pool, typed)
    taken = {one for one, _ in ordered}
    rest = sorted((pair for pair in titled + others if pair[0] not in taken), key=_best_first)
    return Ranked(tuple((ordered + rest)[:most]), total, is_exact, total > len(pool))


def _ids(conn: sqlite3.Connection, plan: Plan, most: int) -> list[int]:
    """Return the ids of the *most* matches archived last: FTS5 walks its lists from either end."""
    where, params = plan.source()
    rows = conn.execute(f"SELECT {plan.rowid} {where} ORDER BY {plan.rowid} DESC LIMIT ?", (*params, most))
    return [row[0] for row in rows]


def _bm25(conn: sqlite3.Connection, plan: Plan, match: Match, most: int) -> dict[int, float]:
    where, params = plan.source()
    weights = ", ".join(str(weight) for weight in WEIGHTS[match.index])
    rows = conn.execute(
        f"SELECT m.rowid, -bm25({match.index}, {weights}) {where} ORDER BY m.rowid DESC LIMIT ?",
        (*params, most),
    )
    return dict(rows)


def _by_neighbours(conn: sqlite3.Connection, scored: Sequence[Scored], typed: Typed) -> list[Scored]:
    words = typed.words
    if len(scored) < 2 or (len(words) < 2 and not typed.open_ended):
        return sorted(scored, key=_best_first)
    texts = {
        row[0]: (row[1], row[2])
        for row in conn.execute(
            f"SELECT article_id, title, lead || char(10) || substr(text, 1, {_TEXT_CHARS}) "
            "FROM articles WHERE article_id IN (SELECT value FROM json_each(?))",
            (json.dumps([article_id for article_id, _ in scored]),),
        )
    }
    singles = [f" {word}" + ("" if at in typed.open_ended else " ") for at, word in enumerate(words)]
    pairs = [f" {one}{two}" for one, two in zip(words, singles[1:], strict=False)] or singles
    whole = f" {' '.join(words[:-1])}{singles[-1]}" if len(words) > 1 else singles[0]
    made = []
    for article_id, score in scored:
        title, text = (_plain(part) for part in texts.get(article_id, ("", "")))
        in_title = sum(pair in title for pair in pairs) / len(pairs)
        in_text = sum(pair in text for pair in pairs) / len(pairs)
        named = sum(word in title for word in singles) / len(singles)
        # A title typed out is meant, before titles that only contain it ("Điểm tin: …").
        boost = 1 + in_title + 0.7 * in_text + 0.5 * (whole in title) + 0.3 * (whole in text)
        boost += 0.5 * (whole == title) + 0.5 * named * named
        made.append((article_id, score * boost))
    return sorted(made, key=_best_first)


def _best_first(pair: Scored) -> tuple[float, int]:
    return -pair[1], -pair[0]


def _plain(text: str) -> str:
    return f" {' '.join(WORD.findall(fold(text)))} "


def _by_date(conn: sqlite3.Connection, plan: Plan, typed: Typed, oldest: bool, most: int) -> Ranked:
    """Return the newest (or oldest) of a match; those without a date come last.

    Few matches are sorted; of many, the articles are walked by date until enough of the match are met,
    which is known from its ids or, where these are too many to fetch, by a probe of the index for each.
    """
    (articles,) = conn.execute("SELECT coalesce(max(article_id), 0) FROM articles").fetchone()
    # All articles of a large archive need no ids: the walk meets nothing else.
    narrowed = plan.match or plan.conditions or articles <= _FEW
    ids = _ids(conn, plan, _FEW + 1) if narrowed else None
    total, is_exact = (len(ids), True) if ids is not None else bounded_count(conn, plan)
    if ids is not None and total > _FEW:
        ids = None if typed.is_wide else _ids(conn, plan, RANK_BOUND + 1)
        total, is_exact = (_WIDE_COUNT, False) if ids is None else (len(ids), True)
        if total > RANK_BOUND:
            total, is_exact = bounded_count(conn, plan)
            few = is_exact and total * _PROBE_SHARE < articles
            ids = _ids(conn, plan, total) if few else None
    if ids is not None and total * total < 10 * most * max(articles, 1) / 100 + 10_000:
        found = _sorted(conn, ids, oldest, most)
    elif ids is not None:
        found = _met(conn, ids, oldest, most)
    else:
        found = _probed(conn, plan, oldest, most)
    return Ranked(tuple((article_id, 0.0) for article_id in found), total, is_exact)


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
    where, params = plan.source()
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
