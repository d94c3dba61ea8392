"""The search itself: one function behind Python, the command line, JSON and the pages."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archive.records import Json
from archive.search import facets as facets_
from archive.search import ranking
from archive.search.expansion import expand
from archive.search.facets import Facets
from archive.search.filters import resolve
from archive.search.plan import Plan, plan
from archive.search.query import Leaf, Query, parse
from archive.search.ranking import Sort
from archive.search.snippets import Highlighter, Parts, marked
from archive.search.suggest import suggest
from archive.vietnamese.fold import fold

MAX_LIMIT = 1000
MAX_OFFSET = 100_000
MARKS = ("«", "»")
# A notice that says no more than "see the file" may stand in ten thousand articles.
ALSO_BOUND = 100

IGNORED_MARKS = "nothing matches with the marks as typed; these match without marks"


@dataclass(frozen=True, slots=True)
class Hit:
    """One article found. `snippet` is original text with the matches between marks.

    The `…_parts` carry the same as (text, is a match) for pages, which escape each part by itself.
    `score` compares within one answer only; it is 0 when the answer is sorted by date. `also_on` counts
    the other articles that carry the same text or nearly so, mostly on other portals, up to ALSO_BOUND.
    `attachment` is the URL of the attached file the snippet is cut from, where only a file has the words.
    """

    article_id: int
    url: str
    title: str
    snippet: str
    portal: str
    portal_name: str
    published_at: str | None
    published_precision: str | None
    source: str | None
    section: str | None
    byline: str | None
    status: str
    score: float
    also_on: int = 0
    attachment: str | None = None
    title_parts: Parts = field(repr=False, default=())
    snippet_parts: Parts = field(repr=False, default=())

    def as_json(self) -> Json:
        """Return the fields of the JSON contract."""
        names = (
            "url", "title", "snippet", "portal", "portal_name", "published_at", "published_precision",
            "source", "section", "byline", "status", "article_id", "score", "also_on",
            "attachment",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Results:
    """One page of an answer. `total` is a lower bound where `total_is_exact` is False.

    `suggestion` is a query with better chances, where nothing was found for want of a word.
    """

    total: int
    total_is_exact: bool
    hits: tuple[Hit, ...]
    query: Query
    notes: tuple[str, ...] = ()
    facets: Facets | None = None
    suggestion: str | None = None

    def as_json(self) -> Json:
        """Return `{"total", "results": […], …}`, the contract of `khocong search --json`."""
        made: Json = {
            "total": self.total,
            "total_is_exact": self.total_is_exact,
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
) -> Results:
    """Return what *text* finds in the archive *db* (a sqlite3 connection or a sqlite_utils Database).

    Words typed with marks match exactly, words without match either way. When nothing matches exactly,
    marks are ignored and a note says so. *filters* narrow like `portal:` and its kin do within *text*.
    Never raises for what *text* holds. An empty text lists the articles, newest first.
    """
    conn: sqlite3.Connection = getattr(db, "conn", db)
    query = parse(text).with_filters(filters or {})
    conditions, notes = resolve(conn, query.filters)
    notes = [*query.notes, *notes]
    chosen, folded = plan(query, conditions), False
    total, is_exact = ranking.bounded_count(conn, chosen)
    if total == 0 and query.marked:
        without_marks = plan(query, conditions, folded=True)
        total, is_exact = ranking.bounded_count(conn, without_marks)
        if total:
            chosen, folded = without_marks, True
            notes.append(IGNORED_MARKS)
    suggestion = suggest(conn, query) if total == 0 else None
    counted = facets_.count(conn, chosen) if facets else None
    if counted is not None and counted.is_whole:
        total, is_exact = counted.counted, True
    limit, offset = max(0, min(limit, MAX_LIMIT)), max(0, min(offset, MAX_OFFSET))
    words = tuple(fold(word) for leaf in query.leaves() for word in leaf.words)
    ranked = ranking.page(conn, chosen, words, total=total, sort=sort, limit=limit, offset=offset)
    if ranked.is_bounded:
        notes.append(
            f"ranked: the {ranking.RANK_BOUND:,} most recently archived matches and those in titles; "
            "sort by date or narrow the search to see others"
        )
    highlighter = Highlighter(highlighted(query), folded=folded)
    hits = _hits(conn, ranked.ids, highlighter, marks)
    return Results(total, is_exact, hits, query, tuple(dict.fromkeys(notes)), counted, suggestion)


def matching(db: Any, query: Query) -> Plan:
    """Return the plan of *query* in the archive *db*, for those who want its rows only."""
    conn: sqlite3.Connection = getattr(db, "conn", db)
    return plan(query, resolve(conn, query.filters)[0])


def highlighted(query: Query) -> tuple[Leaf, ...]:
    """Return the words to mark: those typed and the other forms of abbreviations among them."""
    if query.node is None:
        return ()
    return Query(query.text, expand(query.node, frozenset(query.text.split()))).leaves()


def _hits(
    conn: sqlite3.Connection,
    ids: Sequence[tuple[int, float]],
    highlighter: Highlighter,
    marks: tuple[str, str],
) -> tuple[Hit, ...]:
    places = ", ".join("?" * len(ids))
    rows = {
        row[0]: row
        for row in conn.execute(
            "SELECT a.article_id, a.url, a.title, a.lead, a.text, a.portal_key, p.name, a.published_at, "
            "a.published_precision, a.source, a.section, a.byline, a.status, "
            # The same text word for word, and copies that were shortened, renamed or edited.
            "(SELECT count(*) FROM (SELECT article_id FROM articles AS b WHERE b.text_digest = a.text_digest "
            "UNION SELECT other_id FROM near_duplicates AS n WHERE n.article_id = a.article_id "
            "UNION SELECT n.article_id FROM near_duplicates AS n WHERE n.other_id = a.article_id "
            f"LIMIT {ALSO_BOUND + 1})) - 1 FROM articles AS a "
            f"LEFT JOIN portals AS p USING (portal_key) WHERE a.article_id IN ({places})",
            [article_id for article_id, _ in ids],
        )
    }
    with_files = _with_files(conn, list(rows)) if highlighter.patterns else set()
    hits = []
    for article_id, score in ids:
        if article_id not in rows:
            continue
        (_, url, title, lead, text, portal, name, published, precision, source, section, byline, status,
         also_on) = rows[article_id]  # fmt: skip
        snippet = highlighter.snippet("\n".join(part for part in (lead, text) if part))
        attachment = None
        if article_id in with_files:
            own = highlighter.kinds("\n".join((title, lead, text)))
            attachment, snippet = _in_files(conn, article_id, highlighter, own) or (None, snippet)
        hits.append(
            Hit(
                article_id=article_id,
                url=url,
                title=title,
                snippet=marked(snippet, *marks),
                portal=portal,
                portal_name=name or portal,
                published_at=published,
                published_precision=precision,
                source=source,
                section=section,
                byline=byline,
                status=status,
                score=round(score, 4),
                also_on=also_on,
                attachment=attachment,
                title_parts=highlighter.whole(title),
                snippet_parts=snippet,
            )
        )
    return tuple(hits)


def _with_files(conn: sqlite3.Connection, ids: Sequence[int]) -> set[int]:
    places = ", ".join("?" * len(ids))
    rows = conn.execute(
        "SELECT x.article_id FROM attachments AS x JOIN files AS f ON f.file_id = x.file_id "
        f"WHERE f.state IN ('read', 'scanned') AND x.article_id IN ({places})",
        ids,
    )
    return {article_id for (article_id,) in rows}


def _in_files(
    conn: sqlite3.Connection, article_id: int, highlighter: Highlighter, own: int
) -> tuple[str, Parts] | None:
    """Return the attached file that has more of the words than the article's own text, and the stretch."""
    best: tuple[int, str, str] = own, "", ""
    if own == len(highlighter.patterns):
        return None
    for url, text in conn.execute(
        "SELECT x.url, f.text FROM attachments AS x JOIN files AS f ON f.file_id = x.file_id "
        "WHERE x.article_id = ? AND f.text <> '' ORDER BY x.attachment_id LIMIT 20",
        (article_id,),
    ):
        found, stretch = highlighter.neighbourhood(text)
        if found > best[0]:
            best = found, url, stretch
    return (best[1], highlighter.snippet(best[2])) if best[1] else None
