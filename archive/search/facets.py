"""Counts of a whole match by portal, province, year, section, source, cited document and status."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter

from archive.schema.m0014_finding import SOURCES, STATUS_ORDER, STATUSES, YEARS
from archive.search.plan import Condition, Plan
from archive.search.walking import guess

FACETS = ("portal", "province", "year", "section", "source", "document", "status")
# Beyond this the newest articles stand for the rest, and the answer says so: a match of 200,000 costs
# about 0.4 s, and nobody chooses a facet by its third digit.
COUNT_BOUND = 250_000
VALUES_SHOWN = 50
# Of more documents than this the most cited ones are looked up by name.
_DOCUMENTS = 5_000


@dataclass(frozen=True, slots=True)
class Facets:
    """`values[name]` is (value, count), most frequent first, years newest first; "" is "not known".

    `document` counts each document an article cites, the others count each article once. `counted` is how
    many articles were counted; `is_whole` that it was the whole match.
    """

    values: dict[str, tuple[tuple[str, int], ...]]
    counted: int
    is_whole: bool


def count(conn: sqlite3.Connection, plan: Plan, bound: int = COUNT_BOUND) -> Facets:
    """Return the facets of everything *plan* matches, in one pass over the narrow table beside it."""
    floor = None
    # A walk of its own, which few matches do not need; where the guess errs all are counted, only slower.
    if guess(conn, plan) > bound / 2:
        where, params = plan.source()
        floor = conn.execute(
            f"SELECT {plan.rowid} {where} ORDER BY {plan.rowid} DESC LIMIT 1 OFFSET ?", (*params, bound)
        ).fetchone()
    if floor is not None:
        newest = Condition(f"{plan.rowid} > ?", (floor[0],))
        plan = Plan(plan.match, (*plan.conditions, newest))
    where, params = plan.source(facets=True)
    # Grouping in SQLite sorts all rows first; a Counter needs a fifth of that time.
    rows = conn.execute(f"SELECT f.place, f.kind, f.documents {where}", params).fetchall()
    places, kinds = (Counter(map(itemgetter(at), rows)) for at in (0, 1))
    cited = Counter(documents for _, _, documents in rows if documents)
    counters = _by_value(conn, places, kinds)
    counters["province"] = _by_province(conn, counters["portal"])
    counters["document"] = _by_document(conn, cited)
    return Facets({name: _ordered(name, counters[name]) for name in FACETS}, len(rows), floor is None)


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
    provinces = dict(conn.execute("SELECT portal, coalesce(province_now, province) FROM portals_by_place"))
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
