"""A unit of government as a page: what it was made of, what it became, which portals and articles are its."""

import json
import sqlite3
from datetime import UTC, datetime
from urllib.parse import quote

from archive import jurisdictions
from archive.jurisdictions import Unit
from archive.records import Json
from archive.web.plots import bars, years
from archive.web.reading import rows

UNITS_SHOWN = 300


def province(conn: sqlite3.Connection, key: str) -> Json | None:
    """Return what the unit *key* is and inherits, or None for an unknown key."""
    units = jurisdictions.load()
    if key not in units:
        return None
    one = units[key]
    before = jurisdictions.predecessors(key)
    following = jurisdictions.successor(key)
    # What a merged province inherits is all that lay under the provinces it was made of.
    roots = [key, *(old.key for old in before)]
    inside = jurisdictions.below(roots)
    portals = rows(
        conn,
        "SELECT p.portal_key, coalesce(nullif(p.name, ''), p.portal_key) AS name, p.organ, p.status, "
        "p.jurisdiction, "
        "count(a.article_id) AS articles, min(a.published_at) AS first, max(a.published_at) AS last "
        "FROM portals AS p LEFT JOIN articles AS a INDEXED BY articles_by_portal_published USING "
        "(portal_key) "
        "WHERE p.jurisdiction IN (SELECT value FROM json_each(?)) GROUP BY p.portal_key ORDER BY "
        "articles DESC",
        (_json(inside | {one.name, one.short_name}),),
    )
    for portal in portals:
        unit = units.get(portal["jurisdiction"])
        portal["unit"] = unit.name if unit else portal["jurisdiction"]
    return {
        "unit": one,
        "parent": units[one.parent] if one.parent else None,
        "before": before,
        "after": following,
        "now": jurisdictions.at(key, datetime.now(UTC).date()),
        "portals": portals,
        "articles": sum(portal["articles"] for portal in portals),
        "units": _below(key, before)[:UNITS_SHOWN],
        "years": _years(conn, [portal["portal_key"] for portal in portals], one),
    }


def _below(key: str, before: tuple[Unit, ...]) -> list[tuple[Unit, Unit]]:
    """Return (unit, the province it lay in) for each unit under this one or under what it was made of."""
    units = jurisdictions.load()
    roots = {key, *(old.key for old in before)}
    found = [(one, units[one.parent]) for one in units.values() if one.parent in roots]
    return sorted(
        found, key=lambda pair: (pair[1].key, jurisdictions.LEVELS.index(pair[0].level), pair[0].name)
    )


def _years(conn: sqlite3.Connection, portals: list[str], one: Unit) -> object:
    counts = conn.execute(
        "SELECT substr(published_at, 1, 4), count(*) FROM articles INDEXED BY articles_by_portal_published "
        "WHERE portal_key IN (SELECT value FROM json_each(?)) AND published_at IS NOT NULL GROUP BY 1",
        (_json(set(portals)),),
    ).fetchall()
    name = quote(one.short_name)
    return bars(
        years([(year, float(count)) for year, count in counts]),
        lambda year: f"/tim?province={name}&year={year}",
        f"/tim/nam.csv?province={name}",
    )


def _json(values: set[str] | frozenset[str]) -> str:
    return json.dumps(sorted(values), ensure_ascii=False)
