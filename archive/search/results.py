"""The search itself: one function behind Python, the command line, JSON and the pages."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archive.records import Json
from archive.search import facets as facets_
from archive.search import ranking
from archive.search.closeness import Typed
from archive.search.copies import Folded
from archive.search.copies import fold_copies as folded_together
from archive.search.expansion import expand
from archive.search.facets import Facets
from archive.search.filters import resolve
from archive.search.hits import MARKS, Hit, hits_of
from archive.search.openings import open_up
from archive.search.plan import Condition, Plan, plan
from archive.search.query import Leaf, Query, parse
from archive.search.ranking import Sort
from archive.search.settling import settle
from archive.search.snippets import Highlighter
from archive.search.suggest import suggest
from archive.search.walking import Ranked
from archive.vietnamese.fold import fold

MAX_LIMIT = 1000
MAX_OFFSET = 100_000
# The cache that walking an index of a million articles wants, in KiB; SQLite's own is 2,000.
_CACHE_KIB = 65_536

IGNORED_MARKS = "nothing matches with the marks as typed; these match without marks"


@dataclass(frozen=True, slots=True)
class Results:
    """One page of an answer. `total` counts articles, copies too, and is a lower bound where
    `total_is_exact` is False; `folded` of those up to the end of this page stand behind another one's hit.

    `suggestion` is a query with better chances, where nothing was found for want of a word.
    """

    total: int
    total_is_exact: bool
    hits: tuple[Hit, ...]
    query: Query
    notes: tuple[str, ...] = ()
    facets: Facets | None = None
    suggestion: str | None = None
    folded: int = 0

    def as_json(self) -> Json:
        """Return `{"total", "results": […], …}`, the contract of `khocong search --json`."""
        made: Json = {
            "total": self.total,
            "total_is_exact": self.total_is_exact,
            "folded": self.folded,
            "notes": list(self.notes),
            "suggestion": self.suggestion,
            "results": [hit.as_json() for hit in self.hits],
        }
        if self.facets is not None:
            made["facets"] = {
                name: [{"value": value, "count": number} for value, number in values]
                for name, values in self.facets.values.items()
            }
            made["facets_are_whole"] = self.facets.is_whole
        return made


def search(
    db: Any,
    text: str,
    *,
    limit: int = 20,
    offset: int = 0,
    sort: Sort = "rank",
    filters: Mapping[str, str | Sequence[str]] | None = None,
    facets: bool = False,
    marks: tuple[str, str] = MARKS,
    fold_copies: bool = True,
    ignore_marks: bool | None = None,
) -> Results:
    """Return what *text* finds in the archive *db* (a sqlite3 connection or a sqlite_utils Database).

    Words typed with marks match exactly, words without match either way. When nothing matches exactly,
    marks are ignored and a note says so; *ignore_marks* False or True settles it beforehand.
    *filters* narrow like `portal:` and its kin do within *text*.
    Copies of a text are one hit, unless *fold_copies* is False. Never raises for what *text* holds. An empty
    text lists the articles, newest first.
    """
    conn: sqlite3.Connection = getattr(db, "conn", db)
    conn.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    query = parse(text).with_filters(filters or {})
    conditions, notes = resolve(conn, query.filters)
    notes = [*query.notes, *notes]
    limit, offset = max(0, min(limit, MAX_LIMIT)), max(0, min(offset, MAX_OFFSET))
    asked = _Asked(conn, query, conditions, sort, folded=bool(ignore_marks))
    ranked, hits = asked.hits(offset + limit, fold_copies)
    if ranked.total == 0 and query.marked and ignore_marks is None:
        without_marks = _Asked(conn, query, conditions, sort, folded=True)
        again = without_marks.hits(offset + limit, fold_copies)
        if again[0].total:
            asked, (ranked, hits) = without_marks, again
            notes.append(IGNORED_MARKS)
    suggestion = suggest(conn, query) if ranked.total == 0 else None
    total, is_exact = ranked.total, ranked.total_is_exact
    counted = facets_.count(conn, asked.plan) if facets else None
    if counted is not None and counted.is_whole:
        total, is_exact = counted.counted, True
    if ranked.bound:
        notes.append(
            f"ranked: the {ranked.bound:,} most recently archived matches and those in titles; "
            "sort by date or narrow the search to see others"
        )
    highlighter = Highlighter(highlighted(query), folded=asked.folded)
    shown = hits[offset : offset + limit]
    folded = sum(len(hit.others) for hit in hits[: offset + limit])
    made = hits_of(conn, shown, highlighter, marks)
    return Results(total, is_exact, made, query, tuple(dict.fromkeys(notes)), counted, suggestion, folded)


class _Asked:
    """One reading of a query: with its marks, or without."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        query: Query,
        conditions: Sequence[Condition],
        sort: Sort,
        *,
        folded: bool = False,
    ) -> None:
        self.conn = conn
        self.sort = sort
        self.folded = folded
        self.plan, is_wide = _planned(conn, query, conditions, folded=folded)
        self.settled = settle(conn, self.plan)
        words: list[str] = []
        open_ended = set()
        for leaf in query.leaves():
            words += [fold(word) for word in leaf.words]
            open_ended |= {len(words) - 1} if leaf.prefix else set()
        self.typed = Typed(tuple(words), frozenset(open_ended), is_wide)

    def hits(self, most: int, fold_together: bool) -> tuple[Ranked, list[Folded]]:
        """Return the first *most* hits or a few more, copies folded, and what ranking said."""
        asked_for = most + 10 if fold_together else most
        while True:
            ranked = ranking.first(
                self.conn, self.plan, self.typed, sort=self.sort, most=asked_for, settled=self.settled
            )
            if not fold_together:
                return ranked, [Folded(*one) for one in ranked.ids]
            hits = folded_together(self.conn, ranked.ids)
            if len(hits) >= most or len(ranked.ids) < asked_for:
                return ranked, hits
            asked_for *= 2


def _planned(
    conn: sqlite3.Connection, query: Query, conditions: Sequence[Condition], *, folded: bool = False
) -> tuple[Plan, bool]:
    """Return the plan of *query* with its prefixes spelled out, and whether one of them is wide."""
    is_wide = False
    if query.node is not None:
        node, is_wide = open_up(conn, query.node, folded=folded)
        query = replace(query, node=node)
    return plan(query, conditions, folded=folded), is_wide


def matching(db: Any, query: Query, *, folded: bool = False) -> Plan:
    """Return the plan of *query* in the archive *db*, for those who want its rows only."""
    conn: sqlite3.Connection = getattr(db, "conn", db)
    return _planned(conn, query, resolve(conn, query.filters)[0], folded=folded)[0]


def highlighted(query: Query) -> tuple[Leaf, ...]:
    """Return the words to mark: those typed and the other forms of abbreviations among them."""
    if query.node is None:
        return ()
    return Query(query.text, expand(query.node, frozenset(query.text.split()))).leaves()
