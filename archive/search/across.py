"""One search over several archives, such as the shards of a national crawl by province.

Each archive ranks by the frequencies of its own words: "Châu Đốc" is common in An Giang and rare elsewhere,
so that its own articles would come last. Scores are therefore brought to the frequencies of all archives
together, by what the query's words are worth there and here (the sum of their inverse frequencies).
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from archive.database import ArchiveDatabase, open_archive
from archive.search import facets as facets_
from archive.search.copies import Copy, same_text
from archive.search.hits import MARKS, Hit
from archive.search.query import Query, parse
from archive.search.ranking import Sort
from archive.search.results import IGNORED_MARKS, MAX_LIMIT, Results, matching, search

# What FTS5 takes for the worth of a word that more than half of all articles have.
_LEAST_WORTH = 1e-6


def across(
    folders: Sequence[Path | str],
    text: str,
    *,
    limit: int = 20,
    offset: int = 0,
    sort: Sort = "rank",
    filters: Mapping[str, str | Sequence[str]] | None = None,
    facets: bool = False,
    marks: tuple[str, str] = MARKS,
) -> Results:
    """Return what *text* finds in the archives in *folders* together, as one archive of all would answer.

    Totals and facets are sums. An article with the same text in two archives is one hit; copies that were
    edited are folded within an archive alone. Pages end at MAX_LIMIT hits. Raises what opening raises.
    """
    limit, offset = max(0, min(limit, MAX_LIMIT)), max(0, offset)
    options: dict[str, Any] = {
        "limit": min(offset + limit, MAX_LIMIT), "sort": sort, "filters": filters, "facets": facets,
        "marks": marks,
    }  # fmt: skip
    with ExitStack() as stack:
        dbs = [stack.enter_context(closing(open_archive(Path(folder), write=False))) for folder in folders]
        found = [search(db, text, **options, ignore_marks=False) for db in dbs]
        query, ignored = parse(text).with_filters(filters or {}), False
        if query.marked and not any(one.total for one in found):
            without = [search(db, text, **options, ignore_marks=True) for db in dbs]
            ignored = any(one.total for one in without)
            found = without if ignored else found
        worths = _worths(dbs, query, ignored) if sort == "rank" and len(dbs) > 1 else [1.0] * len(dbs)
        hits: list[Hit] = []
        texts: list[str | None] = []
        for folder, db, one, worth in zip(folders, dbs, found, worths, strict=True):
            hits += [replace(hit, score=round(hit.score * worth, 4), archive=str(folder)) for hit in one.hits]
            texts += same_text(db.conn, [hit.article_id for hit in one.hits])
    ordered = _folded(sorted(zip(hits, texts, strict=True), key=lambda pair: _order(pair[0], sort)))
    notes = [note for one in found for note in one.notes] + ([IGNORED_MARKS] if ignored else [])
    counted = [one.facets for one in found if one.facets is not None]
    return Results(
        sum(one.total for one in found),
        all(one.total_is_exact for one in found),
        tuple(ordered[offset : offset + limit]),
        query,
        tuple(dict.fromkeys(notes)),
        facets_.merged(counted) if counted else None,
        None
        if any(one.total for one in found)
        else next((s for one in found if (s := one.suggestion)), None),
        sum(one.folded for one in found) + len(hits) - len(ordered),
    )


def _order(hit: Hit, sort: Sort) -> tuple[Any, ...]:
    if sort == "rank":
        return -hit.score, hit.published_at is None, _reversed(hit.published_at or ""), hit.url
    at = hit.published_at or ""
    return hit.published_at is None, at if sort == "oldest" else _reversed(at), hit.url


def _reversed(text: str) -> tuple[int, ...]:
    # A longer time ("2021-12-28T08:00") is later than its day alone, so the end counts as the earliest.
    return (*(-ord(letter) for letter in text), 0)


def _folded(pairs: Sequence[tuple[Hit, str | None]]) -> list[Hit]:
    """Return the hits with each text once; a later one becomes a copy of the first."""
    made: dict[str, Hit] = {}
    for number, (hit, text) in enumerate(pairs):
        key = text or f"{number}"
        first = made.get(key)
        if first is None:
            made[key] = hit
            continue
        copies = (*first.copies, Copy(hit.article_id, hit.url, hit.portal, hit.title, hit.published_at))
        portals = {copy.portal for copy in copies} - {first.portal}
        made[key] = replace(first, copies=copies, also_on=len(copies), also_portals=len(portals))
    return list(made.values())


def _worths(dbs: Sequence[ArchiveDatabase], query: Query, folded: bool) -> list[float]:
    """Return what each archive's scores are to be multiplied by."""
    sizes = [int(db.execute("SELECT count(*) FROM articles").fetchone()[0]) for db in dbs]
    everywhere = 0.0
    own = [0.0] * len(dbs)
    for leaf in query.leaves():
        numbers = [_count(db, Query(query.text, leaf), folded) for db in dbs]
        everywhere += _worth(sum(sizes), sum(numbers))
        own = [worth + _worth(size, number) for worth, size, number in zip(own, sizes, numbers, strict=True)]
    return [everywhere / worth if worth else 1.0 for worth in own]


def _worth(articles: int, matches: int) -> float:
    """Return the inverse document frequency as FTS5's bm25 has it."""
    return max(math.log((articles - matches + 0.5) / (matches + 0.5)), _LEAST_WORTH)


def _count(db: ArchiveDatabase, query: Query, folded: bool) -> int:
    source, params = matching(db, query, folded=folded).source()
    return int(db.execute(f"SELECT count(*) {source}", params).fetchone()[0])
