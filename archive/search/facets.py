"""Counts of a whole match by portal, province, year, section, source, cited document and status."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, TypeAlias

from archive.schema.m0014_finding import SOURCES, STATUS_ORDER, STATUSES, YEARS
from archive.search import bits
from archive.search.plan import Plan
from archive.search.settling import settle

Row: TypeAlias = tuple[int, int, str | None, str | None]

FACETS = ("portal", "province", "year", "section", "source", "document", "status")
# Beyond this the newest articles stand for the rest, and the answer says so: a match of 200,000 costs
# about 0.4 s, and nobody chooses a facet by its third digit.
COUNT_BOUND = 250_000
VALUES_SHOWN = 50
# An id that is given costs as much as so many entries of FTS5's lists.
_DEARER = 8
_FROM_IDS = "FROM json_each(?) AS j CROSS JOIN search_facets AS f ON f.article_id = j.value"
_BESIDE = " CROSS JOIN articles AS a INDEXED BY articles_for_search ON a.article_id = j.value"
# Of more documents than this the most cited ones are looked up by name.
_DOCUMENTS = 5_000


@dataclass(frozen=True, slots=True)
class Facets:
    """`values[name]` is (value, count), most frequent first, years newest first; "" is "not known".

    `document` counts each document an article cites, the others count each article once. `counted` is how
    many articles were counted; `is_whole` that it was the whole match. `periods` counts them by month or day,
    where that was asked for.
    """

    values: dict[str, tuple[tuple[str, int], ...]]
    counted: int
    is_whole: bool
    periods: Mapping[str, int] = field(default_factory=dict)


def count(
    conn: sqlite3.Connection,
    plan: Plan,
    bound: int = COUNT_BOUND,
    *,
    matches: int | None = None,
    period: int = 0,
) -> Facets:
    """Return the facets of everything *plan* matches, in one pass over the narrow table beside it.

    Of more than *bound* articles the newest archived are counted. *matches* is how many there are, where
    that is known: the lists are then walked the shorter way. *period*: count by so many letters of the date
    as well.
    """
    day = f"substr(a.published_at, 1, {period:d})" if period else "NULL"
    select = f"SELECT f.place, f.kind, f.documents, {day}"
    settled = settle(conn, plan)
    if settled is not None and settled.is_exact and settled.cost > _DEARER * settled.total:
        ids = bits.highest_of(settled.bits, bound)[-bound:]
        rows = _rows(conn, f"{select} {_FROM_IDS}{_BESIDE if period else ''}", [json.dumps(ids)])
        return _facets(conn, rows, settled.total <= bound)
    where, params = plan.source(article=bool(period), facets=True)
    sql = f"{select} {where}"
    if matches is not None and matches <= bound:
        rows = _rows(conn, sql, params)
    else:
        # From the newest on, as far as the bound: no walk of its own finds out first how many there are.
        rows = _rows(conn, f"{sql} ORDER BY {plan.rowid} DESC LIMIT ?", (*params, bound + 1))
    return _facets(conn, rows[:bound], len(rows) <= bound)


def _rows(conn: sqlite3.Connection, sql: str, params: Sequence[Any]) -> list[Row]:
    # Datasette's connections make a sqlite3.Row of each, which costs a third more.
    cursor = conn.cursor()
    cursor.row_factory = None
    return cursor.execute(sql, params).fetchall()


def _facets(conn: sqlite3.Connection, rows: Sequence[Row], is_whole: bool) -> Facets:
    # Grouping in SQLite sorts all rows first; a Counter needs a fifth of that time.
    places, kinds = (Counter(map(itemgetter(at), rows)) for at in (0, 1))
    cited = Counter(documents for _, _, documents, _ in rows if documents)
    counters = _by_value(conn, places, kinds)
    counters["province"] = _by_province(conn, counters["portal"])
    counters["document"] = _by_document(conn, cited)
    values = {name: _ordered(name, counters[name]) for name in FACETS}
    return Facets(values, len(rows), is_whole, Counter(day for *_, day in rows if day))


def merged(several: list[Facets]) -> Facets:
    """Return the sum of the facets of several archives."""
    sums = {name: Counter[str]() for name in FACETS}
    for one in several:
        for name, values in one.values.items():
            sums[name].update(dict(values))
    return Facets(
        {name: _ordered(name, counter) for name, counter in sums.items()},
        sum(one.counted for one in several),
        all(one.is_whole for one in several),
    )


def _by_value(
    conn: sqlite3.Connection, places: Mapping[int, int], kinds: Mapping[int, int]
) -> dict[str, Counter[str]]:
    ids = {name: Counter[int]() for name in ("portal", "section", "source")}
    years, statuses = Counter[str](), Counter[str]()
    for place, number in places.items():
        portal, year = divmod(place, YEARS)
        ids["portal"][portal] += number
        years[f"{year:04d}" if year else ""] += number
    for kind, number in kinds.items():
        both, status = divmod(kind, STATUSES)
        section, source = divmod(both, SOURCES)
        ids["section"][section] += number
        ids["source"][source] += number
        statuses[STATUS_ORDER[status] if status < len(STATUS_ORDER) else ""] += number
    names = dict(
        conn.execute(
            "SELECT value_id, value FROM search_values WHERE value_id IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(set().union(*ids.values()))),),
        )
    )
    made = {"year": years, "status": statuses}
    for name, counter in ids.items():
        made[name] = Counter()
        for value_id, number in counter.items():
            made[name][names.get(value_id, "")] += number
    return made


def _by_province(conn: sqlite3.Connection, portals: Mapping[str, int]) -> Counter[str]:
    """Count by the province a portal's place belongs to today."""
    # Of those counted alone: a country has eight thousand portals.
    provinces = dict(
        conn.execute(
            "SELECT portal, coalesce(province_now, province) FROM portals_by_place"
            " WHERE portal IN (SELECT value FROM json_each(?))",
            (json.dumps(list(portals)),),
        )
    )
    made: Counter[str] = Counter()
    for portal, number in portals.items():
        made[provinces.get(portal) or ""] += number
    return made


def _by_document(conn: sqlite3.Connection, cited: Mapping[str, int]) -> Counter[str]:
    numbers: Counter[str] = Counter()
    for documents, articles in cited.items():
        for document_id in documents.split():
            numbers[document_id] += articles
    chosen = dict(numbers.most_common(_DOCUMENTS))
    made: Counter[str] = Counter()
    for document_id, normal in conn.execute(
        "SELECT document_id, normal FROM documents WHERE document_id IN (SELECT value FROM json_each(?))",
        (json.dumps([int(one) for one in chosen]),),
    ):
        made[normal] += chosen[str(document_id)]
    return made


def _ordered(name: str, counter: Counter[str]) -> tuple[tuple[str, int], ...]:
    if name == "year":
        return tuple(sorted(counter.items(), reverse=True))
    return tuple(sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:VALUES_SHOWN])
