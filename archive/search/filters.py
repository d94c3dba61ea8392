"""Filters of a query → conditions on rows; what cannot be understood is said, not guessed."""

import json
import re
import sqlite3
from collections.abc import Callable, Sequence
from datetime import date

from archive.search.plan import Condition, phrase
from archive.search.query import Filter
from archive.search.words import words
from archive.vietnamese.fold import fold

STATUSES = ("live", "changed", "gone", "moved")
_STATUS_WORDS = {"song": "live", "sua": "changed", "mat": "gone", "doi": "moved", "xoa": "gone"}
NOTHING = Condition("0")

_HAS = {
    "attachment": "EXISTS (SELECT 1 FROM attachments AS x WHERE x.article_id = m.rowid)",
    "image": "EXISTS (SELECT 1 FROM images AS x WHERE x.article_id = m.rowid)",
    "source": "a.source IS NOT NULL",
    "section": "a.section IS NOT NULL",
    "date": "a.published_at IS NOT NULL",
    "doc": "EXISTS (SELECT 1 FROM articles AS y JOIN citations AS x USING (revision_id) "
    "WHERE y.article_id = m.rowid)",
}
_HAS_ALIASES = {"file": "attachment", "tep": "attachment", "anh": "image", "citation": "doc", "vanban": "doc"}
# The fields that the index of headings holds.
_COLUMNS = {"source": "source", "section": "section", "by": "byline"}

_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_VIETNAMESE = re.compile(r"(?:(\d{1,2})[/.-])?(\d{1,2})[/.-](\d{4})")
_YEARS = re.compile(r"(\d{4})?(?:-|\.\.)(\d{4})?")


class _NotUnderstood(Exception):
    """The filter's value says nothing we can use; the text is the note."""


def resolve(conn: sqlite3.Connection, filters: Sequence[Filter]) -> tuple[list[Condition], list[str]]:
    """Return the conditions *filters* mean in this archive, and notes on those left out.

    Filters of one name are alternatives, filters of different names must all hold. A value that is
    understood and names nothing here (no such portal) finds nothing, and a note says so.
    """
    notes: list[str] = []
    wanted: dict[str, list[Condition]] = {}
    conditions: list[Condition] = []
    for filter_ in filters:
        try:
            condition = _RESOLVERS[filter_.name](conn, filter_)
        except _NotUnderstood as problem:
            notes.append(str(problem))
            continue
        if condition is NOTHING:
            notes.append(f"nothing here is called “{filter_.value}” ({filter_.name}:)")
        if filter_.negated:
            conditions.append(_combine("NOT (", [condition], "", ")"))
        else:
            wanted.setdefault(filter_.name, []).append(condition)
    for name, alternatives in wanted.items():
        # Two limits of one kind narrow each other; two portals widen the choice.
        joint = " AND " if name in {"after", "before", "has"} else " OR "
        conditions.append(_combine("(", alternatives, joint, ")"))
    return conditions, notes


def period(text: str) -> tuple[str, str] | None:
    """Return the first day of the period *text* names and the first day after it, or None.

    >>> period("2021"), period("12/2021"), period("28/12/2021"), period("2021-02-30")
    (('2021-01-01', '2022-01-01'), ('2021-12-01', '2022-01-01'), ('2021-12-28', '2021-12-29'), None)
    """
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _VIETNAMESE.fullmatch(text):
        day, month, year = found.groups()
    else:
        return None
    try:
        start = date(int(year), int(month or 1), int(day or 1))
        if day:
            end = date.fromordinal(start.toordinal() + 1)
        elif month:
            end = date(start.year + start.month // 12, start.month % 12 + 1, 1)
        else:
            end = date(start.year + 1, 1, 1)
    except (ValueError, OverflowError):
        return None
    return start.isoformat(), end.isoformat()


def _combine(start: str, conditions: Sequence[Condition], joint: str, end: str) -> Condition:
    return Condition(
        start + joint.join(condition.sql for condition in conditions) + end,
        tuple(param for condition in conditions for param in condition.params),
        any(condition.needs_article for condition in conditions),
    )


def _dates(_conn: sqlite3.Connection, filter_: Filter) -> Condition:
    value = filter_.value
    span = period(value)
    if filter_.name == "year" and span is None and (years := _YEARS.fullmatch(value)) and any(years.groups()):
        first, last = (period(year) if year else None for year in years.groups())
        if (first or not years[1]) and (last or not years[2]):
            span = (first[0] if first else "0001-01-01", last[1] if last else "9999-12-31")
    if span is None:
        raise _NotUnderstood(f"“{value}” is no date for {filter_.name}: (write 2021, 2021-12 or 28/12/2021)")
    # published_at is ISO with offset or a bare day, in local time: days compare as text.
    if filter_.name == "after":
        return Condition("a.published_at >= ?", (span[0],), True)
    if filter_.name == "before":
        return Condition("a.published_at < ?", (span[0],), True)
    return Condition("(a.published_at >= ? AND a.published_at < ?)", span, True)


def _portal(conn: sqlite3.Connection, filter_: Filter) -> Condition:
    value = filter_.value.casefold().removeprefix("https://").removeprefix("http://").strip("/")
    rows = conn.execute("SELECT portal_key, name, hosts FROM portals").fetchall()
    keys = [row[0] for row in rows if row[0].casefold() == value]
    if not keys:
        keys = [row[0] for row in rows if value in (host.casefold() for host in json.loads(row[2]))]
    if not keys:
        folded = fold(value)
        keys = [row[0] for row in rows if any(folded in fold(text) for text in row)]
    return _in_portals(keys)


def _province(conn: sqlite3.Connection, filter_: Filter) -> Condition:
    # Read only when asked for: the units are a YAML file of their own.
    from archive import jurisdictions

    # A province by its old or its new name; else a city, district or commune, also one that has ended.
    units = jurisdictions.units_meant(filter_.value)
    keys = jurisdictions.below(one.key for one in units)
    names = {jurisdictions.bare_name(one.name) for one in units} or {jurisdictions.bare_name(filter_.value)}
    found = []
    for portal_key, name, organ, place in conn.execute(
        "SELECT portal_key, name, organ, jurisdiction FROM portals"
    ):
        if place in jurisdictions.load():
            named = place in keys
        else:
            texts = [fold(text or "") for text in (name, organ, place)]
            named = any(_names(text, one) for text in texts for one in names if one)
        if named:
            found.append(portal_key)
    return _in_portals(found)


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _in_portals(keys: list[str]) -> Condition:
    if not keys:
        return NOTHING
    return Condition("a.portal_key IN (SELECT value FROM json_each(?))", (json.dumps(sorted(keys)),), True)


def _field(_conn: sqlite3.Connection, filter_: Filter) -> Condition:
    if filter_.value.startswith("=") and filter_.name != "by":
        return Condition(f"a.{_COLUMNS[filter_.name]} = ?", (filter_.value[1:],), True)
    found = words(filter_.value)
    if not found:
        raise _NotUnderstood(f"nothing to search in {filter_.name}:{filter_.value}")
    expr = f"{{{_COLUMNS[filter_.name]}}} : {phrase([fold(word) for word in found])}"
    return Condition(
        "+m.rowid IN (SELECT rowid FROM articles_headings WHERE articles_headings MATCH ?)", (expr,)
    )


def _document(conn: sqlite3.Connection, filter_: Filter) -> Condition:
    found = words(filter_.value)
    if not found:
        raise _NotUnderstood(f"“{filter_.value}” is no document number")
    wanted = fold(filter_.value)
    # The normal form keeps its capitals; few people type them ("33/ct-ttg").
    ids = [
        row[0]
        for row in conn.execute(
            "SELECT document_id, normal FROM documents WHERE number = ? OR normal = ?",
            (found[0], filter_.value),
        )
        if fold(row[1]) == wanted
    ]
    text = "{title lead text} : " + phrase([fold(word) for word in found])
    # One set, not three of which a row may be in any: those of a set are looked up, else all rows are tested.
    return Condition(
        "+m.rowid IN (SELECT r.article_id FROM citations AS c JOIN revisions AS r USING (revision_id) "
        "JOIN articles AS y ON y.revision_id = r.revision_id "
        "WHERE c.document_id IN (SELECT value FROM json_each(?)) "
        "UNION SELECT article_id FROM articles WHERE rests_on = ? "
        "UNION SELECT rowid FROM articles_folded WHERE articles_folded MATCH ?)",
        (json.dumps(ids), filter_.value, text),
    )


def _has(_conn: sqlite3.Connection, filter_: Filter) -> Condition:
    name = fold(filter_.value)
    sql = _HAS.get(_HAS_ALIASES.get(name, name))
    if sql is None:
        raise _NotUnderstood(f"has:{filter_.value} is not known (has: {', '.join(_HAS)})")
    return Condition(sql, (), sql.startswith("a."))


def _status(_conn: sqlite3.Connection, filter_: Filter) -> Condition:
    name = fold(filter_.value)
    status = _STATUS_WORDS.get(name, name)
    if status not in STATUSES:
        raise _NotUnderstood(f"status:{filter_.value} is not known (status: {', '.join(STATUSES)})")
    return Condition("a.status = ?", (status,), True)


_RESOLVERS: dict[str, Callable[[sqlite3.Connection, Filter], Condition]] = {
    "portal": _portal,
    "province": _province,
    "year": _dates,
    "after": _dates,
    "before": _dates,
    "source": _field,
    "section": _field,
    "by": _field,
    "doc": _document,
    "has": _has,
    "status": _status,
}
