"""Which articles of a match come first, in bounded time.

bm25 over everything takes 1.3 to 2.4 s for a match of half a million articles. Beyond RANK_BOUND
matches it ranks the most recently archived ones and those that match in the title, and says so.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from archive.search.plan import WEIGHTS, Condition, Match, Plan
from archive.search.words import WORD, forms

Sort: TypeAlias = Literal["rank", "newest", "oldest"]

RANK_BOUND = 20_000
COUNT_BOUND = 100_000
# bm25 knows nothing of neighbours, and in Vietnamese a word is two syllables side by side: the best of
# bm25 are ordered again by whether the query's syllables stand together. For 100 articles that costs
# about 8 ms.
POOL = 100
_TEXT_CHARS = 1500


@dataclass(frozen=True, slots=True)
class Ranked:
    """The articles of one page, best first, with their scores (higher is better, 0 when not ranked)."""

    ids: tuple[tuple[int, float], ...]
    is_bounded: bool


def bounded_count(conn: sqlite3.Connection, plan: Plan, bound: int = COUNT_BOUND) -> tuple[int, bool]:
    """Return how many articles match and whether that is exact; counting stops after *bound*."""
    where, params = plan.source()
    (number,) = conn.execute(
        f"SELECT count(*) FROM (SELECT 1 {where} LIMIT ?)", (*params, bound + 1)
    ).fetchone()
    return min(number, bound), number <= bound


def page(
    conn: sqlite3.Connection,
    plan: Plan,
    words: Sequence[str],
    *,
    total: int,
    sort: Sort,
    limit: int,
    offset: int,
) -> Ranked:
    """Return the articles from *offset* on; *words* are the query's, folded and in order."""
    if sort == "rank" and plan.match is not None:
        return _by_rank(conn, plan, plan.match, words, total, limit, offset)
    return Ranked(_by_date(conn, plan, total, sort == "oldest", limit, offset), False)


def _by_rank(
    conn: sqlite3.Connection,
    plan: Plan,
    match: Match,
    words: Sequence[str],
    total: int,
    limit: int,
    offset: int,
) -> Ranked:
    wanted = max(POOL, offset + limit)
    is_bounded = total > RANK_BOUND
    if not is_bounded:
        scores = _bm25(conn, plan, match, wanted)
    else:
        scores = _bm25(conn, _newest(conn, plan), match, wanted)
        in_title = Match(match.index, match.expr, "title")
        title_plan = _newest(conn, Plan(in_title, plan.conditions))
        for article_id, score in _bm25(conn, title_plan, in_title, wanted).items():
            scores[article_id] = max(score, scores.get(article_id, 0.0))
    # The pool is the same for every page, so no hit moves between pages.
    ordered = sorted(scores.items(), key=lambda item: (-item[1], -item[0]))
    pool = _by_neighbours(conn, ordered[:POOL], words)
    return Ranked(tuple((pool + ordered[POOL:])[offset : offset + limit]), is_bounded)


def _newest(conn: sqlite3.Connection, plan: Plan) -> Plan:
    """Return *plan* narrowed to the RANK_BOUND articles of its match that were archived last."""
    where, params = plan.source()
    # FTS5 walks its lists from either end: this costs the newest matches only.
    floor = conn.execute(
        f"SELECT {plan.rowid} {where} ORDER BY {plan.rowid} DESC LIMIT 1 OFFSET ?", (*params, RANK_BOUND)
    ).fetchone()
    if floor is None:
        return plan
    return Plan(plan.match, (*plan.conditions, Condition(f"{plan.rowid} > ?", (floor[0],))))


def _bm25(conn: sqlite3.Connection, plan: Plan, match: Match, limit: int) -> dict[int, float]:
    where, params = plan.source()
    weights = ", ".join(str(weight) for weight in WEIGHTS[match.index])
    rows = conn.execute(
        f"SELECT m.rowid, bm25({match.index}, {weights}) AS score {where} "
        "ORDER BY score, m.rowid DESC LIMIT ?",
        (*params, limit),
    )
    return {row[0]: -row[1] for row in rows}


def _by_neighbours(
    conn: sqlite3.Connection, scored: Sequence[tuple[int, float]], words: Sequence[str]
) -> list[tuple[int, float]]:
    if len(words) < 2 or len(scored) < 2:
        return list(scored)
    places = ", ".join("?" * len(scored))
    texts = {
        row[0]: (row[1], row[2])
        for row in conn.execute(
            f"SELECT article_id, title, lead || char(10) || substr(text, 1, {_TEXT_CHARS}) "
            f"FROM articles WHERE article_id IN ({places})",
            [article_id for article_id, _ in scored],
        )
    }
    pairs = [f" {one} {two} " for one, two in zip(words, words[1:], strict=False)]
    whole = f" {' '.join(words)} "
    made = []
    for article_id, score in scored:
        title, text = (_plain(part) for part in texts.get(article_id, ("", "")))
        in_title = sum(pair in title for pair in pairs) / len(pairs)
        in_text = sum(pair in text for pair in pairs) / len(pairs)
        # A title typed out is meant, before titles that only contain it ("Điểm tin: …").
        boost = 1 + in_title + 0.7 * in_text + 0.5 * (whole in title) + 0.3 * (whole in text)
        boost += 0.5 * (whole == title)
        made.append((article_id, score * boost))
    return sorted(made, key=lambda item: (-item[1], -item[0]))


def _plain(text: str) -> str:
    return f" {' '.join(forms(word)[1] for word in WORD.findall(text))} "


def _by_date(
    conn: sqlite3.Connection, plan: Plan, total: int, oldest: bool, limit: int, offset: int
) -> tuple[tuple[int, float], ...]:
    direction = "ASC" if oldest else "DESC"
    if total <= RANK_BOUND:
        where, params = plan.source(article=True)
        sql = (
            f"SELECT a.article_id {where} ORDER BY a.published_at IS NULL, a.published_at {direction}, "
            f"a.article_id {direction} LIMIT ? OFFSET ?"
        )
    else:
        # So many match that walking the articles by date meets enough of them soon. Those without a date
        # would come last; nobody reads on for 20,000 articles.
        sql, params = _walk(plan, direction)
    rows = conn.execute(sql, (*params, limit, offset))
    return tuple((row[0], 0.0) for row in rows)


def _walk(plan: Plan, direction: str) -> tuple[str, list[object]]:
    clauses = ["d.published_at IS NOT NULL"]
    params: list[object] = []
    if plan.match is not None or plan.conditions:
        where, params = plan.source()
        clauses.append(f"EXISTS (SELECT 1 {where} AND {plan.rowid} = d.article_id)")
    return (
        "SELECT d.article_id FROM articles AS d INDEXED BY articles_by_published "
        f"WHERE {' AND '.join(clauses)} "
        f"ORDER BY d.published_at {direction}, d.article_id {direction} LIMIT ? OFFSET ?",
        params,
    )
