"""Units of government over time: provinces, districts and communes with the days they existed.

On 2025-07-01 Vietnam's 63 provinces became 34 and its districts were abolished, so the unit a name
means depends on the date. The data, with its sources, is `jurisdictions.yml`; what the sources do not
say stays unknown (None), and is never guessed here.
"""

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from archive.vietnamese.fold import fold

DATA = Path(__file__).with_name("jurisdictions.yml")
LEVELS = (
    "country",
    "province",
    "central_city",
    "city",
    "district",
    "urban_district",
    "town",
    "commune",
    "ward",
    "commune_town",
)
PROVINCIAL = frozenset({"province", "central_city"})
EVIDENCE = ("seen", "listed", "believed")
_RANK = re.compile(
    r"^(?:uy ban nhan dan |ubnd )?"
    r"(?:tinh|thanh pho|tp\.?|quan|huyen|thi xa|tx\.?|xa|phuong|thi tran|tt\.?) +(?=\S)"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of government over its span of life.

    `valid_from` is its first day and `valid_to` its last; None means that the sources do not say (or
    that it still stands). `successor` is the key of the unit that took over on the next day, None
    where several did or none is known. `evidence` says how far to trust the row, `what` on what.
    """

    key: str
    level: str
    name: str
    parent: str | None
    valid_from: datetime.date | None
    valid_to: datetime.date | None
    successor: str | None
    seat_in: str | None
    aliases: tuple[str, ...]
    evidence: str
    what: str

    @property
    def short_name(self) -> str:
        """The name without its rank: "An Giang", "Châu Đốc"; "Quận 4" keeps it."""
        words = self.name.split()
        ranks = 2 if words[:2] in (["Thành", "phố"], ["Thị", "xã"], ["Thị", "trấn"]) else 1
        bare = " ".join(words[ranks:])
        return bare if bare and not bare.isdigit() else self.name

    def lived_on(self, date: datetime.date) -> bool:
        """Say whether the unit existed on *date*, as far as its span is known."""
        return (self.valid_from is None or self.valid_from <= date) and (
            self.valid_to is None or date <= self.valid_to
        )


@lru_cache(maxsize=1)
def load() -> Mapping[str, Unit]:
    """Return every unit by key. Raises ValueError for a row that contradicts itself or another."""
    return read_units(DATA)


def read_units(path: Path) -> dict[str, Unit]:
    """Return the units of a file in the form of `jurisdictions.yml`, checked against each other."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open("rb") as file:
        rows = yaml.load(file, Loader=loader)["units"]
    units = {key: _unit(key, row, path) for key, row in rows.items()}
    for unit in units.values():
        for word in ("parent", "successor", "seat_in"):
            other = getattr(unit, word)
            if other is not None and other not in units:
                raise ValueError(f"{path.name}: {unit.key}: {word} {other!r} is no unit of this file")
        if unit.successor and (unit.valid_to is None or units[unit.successor].lived_on(unit.valid_to)):
            raise ValueError(f"{path.name}: {unit.key}: its successor must begin when it ends")
    return units


def _unit(key: str, row: dict[str, Any], path: Path) -> Unit:
    known = {
        "level",
        "name",
        "parent",
        "valid_from",
        "valid_to",
        "successor",
        "seat_in",
        "aliases",
        "evidence",
        "what",
    }
    if unknown := set(row) - known:
        raise ValueError(f"{path.name}: {key}: unknown field {sorted(unknown)[0]!r}")
    if row.get("level") not in LEVELS or row.get("evidence") not in EVIDENCE:
        raise ValueError(f"{path.name}: {key}: level must be one of {LEVELS}, evidence one of {EVIDENCE}")
    for word in ("valid_from", "valid_to"):
        if not isinstance(row.get(word), datetime.date | None):
            raise ValueError(f"{path.name}: {key}: {word} {row[word]!r} is not a date (YYYY-MM-DD)")
    return Unit(
        key=key,
        level=row["level"],
        name=row["name"],
        parent=row.get("parent"),
        valid_from=row.get("valid_from"),
        valid_to=row.get("valid_to"),
        successor=row.get("successor"),
        seat_in=row.get("seat_in"),
        aliases=tuple(row.get("aliases", ())),
        evidence=row["evidence"],
        what=row.get("what", ""),
    )


def unit(key: str) -> Unit:
    """Return the unit of that key. Raises KeyError when there is none."""
    return load()[key]


def successor(key: str) -> Unit | None:
    """Return the unit that took over when this one ended; None where none or several did."""
    units = load()
    following = units[key].successor
    return units[following] if following else None


def predecessors(key: str) -> tuple[Unit, ...]:
    """Return the units that became this one."""
    return tuple(other for other in load().values() if other.successor == key)


def at(key: str, date: datetime.date) -> Unit | None:
    """Return the smallest known unit that governed the place of *key* on *date*.

    Forward in time it follows successors, and where a district has none it rises to the province of
    that day. Back in time it takes the only predecessor, of several the one of the same name. None when
    nothing is known.
    """
    units = load()
    here: Unit | None = units[key]
    for _ in range(len(units)):
        if here is None or here.lived_on(date):
            return here
        if here.valid_to is not None and date > here.valid_to:
            following = here.successor or here.parent
            here = units[following] if following else None
            continue
        before, name = predecessors(here.key), here.short_name
        # Huế has one predecessor, Thừa Thiên Huế; of several the one of its own name is its place.
        alone = before[0] if len(before) == 1 else None
        here = next((old for old in before if old.short_name == name), alone)
    return None


def province(key: str, date: datetime.date | None = None) -> Unit | None:
    """Return the province-level unit above *key* (itself, if it is one), as of *date* if given."""
    units = load()
    here: Unit | None = units[key]
    while here is not None and here.level not in PROVINCIAL:
        here = units[here.parent] if here.parent else None
    return at(here.key, date) if here is not None and date is not None else here


def then_and_now(key: str, then: datetime.date, now: datetime.date) -> tuple[Unit | None, Unit | None, str]:
    """Return the units that governed the place of *key* on two days, and how the later one is known.

    The third is "unchanged", "named" (the sources name who took over), or "derived": the unit ended, no
    source names its own successor, and the later one is the province its land lies in.
    """
    first, last = at(key, then), at(key, now)
    if last is None or first is last:
        return first, last, "unchanged"
    here: Unit | None = first or load()[key]
    while here is not None and here is not last:
        if here.successor is None:
            return first, last, "derived"
        here = load()[here.successor]
    return first, last, "named"


def units_named(name: str) -> tuple[Unit, ...]:
    """Return the units of any level that *name* means, of all times: "Châu Đốc" as well as "An Giang"."""
    return _units_by_name().get(bare_name(name).replace(" ", ""), ())


def units_meant(name: str) -> tuple[Unit, ...]:
    """Return the units a reader means by *name*: a province by its old or new name, else any unit.

    The new name of a merged province means all it was made of, an old name its own part. Where one unit
    followed one other (Thừa Thiên Huế, then Huế) either name means both.
    """
    one = province_of(name)
    if one is None:
        return units_named(name)
    following = successor(one.key)
    alone = following is not None and len(predecessors(following.key)) == 1
    return (one, *predecessors(one.key), *((following,) if following is not None and alone else ()))


def below(keys: Iterable[str]) -> frozenset[str]:
    """Return these units and all that lie, or lay, under them."""
    found = set(keys)
    grew = True
    while grew:
        more = {one.key for one in load().values() if one.parent in found} - found
        found |= more
        grew = bool(more)
    return frozenset(found)


@lru_cache(maxsize=1)
def _units_by_name() -> dict[str, tuple[Unit, ...]]:
    found: dict[str, list[Unit]] = {}
    for one in load().values():
        for name in {bare_name(text).replace(" ", "") for text in (one.name, one.short_name, *one.aliases)}:
            found.setdefault(name, []).append(one)
    return {name: tuple(units) for name, units in found.items()}


@lru_cache(maxsize=1)
def _provinces_by_name() -> dict[str, tuple[Unit, ...]]:
    found: dict[str, list[Unit]] = {}
    for one in load().values():
        if one.level in PROVINCIAL:
            names = {bare_name(text) for text in (one.name, *one.aliases)}
            for name in names | {name.replace(" ", "") for name in names}:
                found.setdefault(name, []).append(one)
    return {name: tuple(units) for name, units in found.items()}


def bare_name(text: str) -> str:
    """Return a unit's name folded, without its rank and with one kind of dash: what names meet in."""
    folded = re.sub(r" ?[-–—] ?", "-", " ".join(fold(text).split()))
    return _RANK.sub("", folded)


def province_of(name: str, on: datetime.date | None = None) -> Unit | None:
    """Return the province-level unit a name means, old or new, with or without marks.

    Of several of one name (An Giang before and after 2025-07-01) it is the one that lived *on* that
    day, else the one that stands now. A name of a merged province leads to the unit of that day:
    `province_of("Kiên Giang", date(2026, 1, 1))` is An Giang; without a date it is Kiên Giang itself.
    """
    candidates = _provinces_by_name().get(bare_name(name), ())
    if on is None:
        return max(candidates, key=lambda one: one.valid_from or datetime.date.min, default=None)
    return next((one for one in candidates if one.lived_on(on)), None) or next(
        (found for one in candidates if (found := at(one.key, on)) is not None), None
    )


def initials(letters: str, on: datetime.date | None = None) -> tuple[Unit, ...]:
    """Return the provinces a short form like "AG" or "BR-VT" may stand for: often several.

    Đ counts as itself where it is written: "BĐ" is Bình Định, "BD" may also be Bình Dương.
    """
    wanted = re.sub(r"[^A-ZĐ]", "", letters.upper())
    found = []
    for one in load().values():
        if one.level not in PROVINCIAL or (on is not None and not one.lived_on(on)):
            continue
        short = "".join(word[0] for word in re.split(r"[\s\-–]+", one.short_name) if word)
        exact = "".join("Đ" if letter == "Đ" else fold(letter).upper() for letter in short)
        if wanted and wanted in (exact, exact.replace("Đ", "D")):
            found.append(one)
    return tuple(found)
