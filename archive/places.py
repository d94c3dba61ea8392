"""Units of government in the archive itself: for plain SQL, who governed a place on any day."""

import datetime
import hashlib
from collections.abc import Iterator

from archive import jurisdictions
from archive.database import ArchiveDatabase

_DAY = datetime.timedelta(days=1)


def refresh(db: ArchiveDatabase) -> bool:
    """Bring the tables of units up to date with `jurisdictions.yml`; return whether they were not.

    Costs a digest of the file when nothing changed. *db* is open for writing.
    """
    digest = hashlib.sha256(jurisdictions.DATA.read_bytes()).hexdigest()
    known = db.execute("SELECT digest FROM jurisdictions_read").fetchone()
    if known is not None and known[0] == digest:
        return False
    units = jurisdictions.load().values()
    with db.transaction() as connection:
        for table in ("jurisdictions", "governed", "jurisdictions_read"):
            connection.execute(f"DELETE FROM {table}")
        connection.executemany(
            "INSERT INTO jurisdictions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    one.key, one.level, one.name, one.parent, _iso(one.valid_from), _iso(one.valid_to),
                    one.successor, one.evidence, one.what,
                )
                for one in units
            ],
        )  # fmt: skip
        connection.executemany("INSERT INTO governed VALUES (?, ?, ?, ?, ?)", _spans())
        connection.execute("INSERT INTO jurisdictions_read VALUES (?)", (digest,))
    return True


def _spans() -> Iterator[tuple[str, str, str, str, str | None]]:
    """Yield who governed the place of each unit: (key, first day, last day, unit, province)."""
    units = jurisdictions.load()
    starts = {datetime.date.min}
    for one in units.values():
        starts |= {one.valid_from} if one.valid_from else set()
        starts |= {one.valid_to + _DAY} if one.valid_to else set()
    days = sorted(starts)
    for key in units:
        rows: list[list[str | None]] = []
        for first, after in zip(days, [*days[1:], None], strict=True):
            unit = jurisdictions.at(key, first)
            if unit is None:
                continue
            above = jurisdictions.province(unit.key, first)
            last = (after - _DAY).isoformat() if after else datetime.date.max.isoformat()
            if rows and rows[-1][3:] == [unit.key, above.key if above else None]:
                rows[-1][2] = last
            else:
                rows.append([key, first.isoformat(), last, unit.key, above.key if above else None])
        for row in rows:
            yield row[0] or "", row[1] or "", row[2] or "", row[3] or "", row[4]


def _iso(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None
