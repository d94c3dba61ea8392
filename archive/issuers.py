"""Which body issued a document: "UBND tỉnh" on a page of Châu Đốc in 2021 is "UBND tỉnh An Giang".

The level comes from the sentence, the place from it too or from the portal's own unit on that day. What
neither says stays as printed, without a unit.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from archive import jurisdictions
from archive.jurisdictions import Unit
from archive.vietnamese.fold import fold

_LEVELS: dict[str, tuple[str, ...]] = {
    "tinh": ("province",),
    "thanh pho": ("city", "central_city"),
    "tp": ("city", "central_city"),
    "huyen": ("district",),
    "quan": ("urban_district",),
    "thi xa": ("town",),
    "xa": ("commune",),
    "phuong": ("ward",),
    "thi tran": ("commune_town",),
    "thanh": ("city", "central_city"),
    "thi": ("town",),
}
# The Party's committees carry their level in their name: Tỉnh ủy, Thành ủy, Huyện ủy.
_PARTY = re.compile(r"(tinh|thanh|huyen|quan|thi) uy(?: (.+))?$")
_BODY = re.compile(
    r"(?:(?:chu tich|thuong truc|van phong) )?(ubnd|hdnd|ubmttq|mttq|uy ban nhan dan|hoi dong nhan dan)"
    r"(?: (tinh|thanh pho|tp|huyen|quan|thi xa|xa|phuong|thi tran)\b\.?)?(?: (.+))?$"
)
_SHORT = {"ubnd": "UBND", "uy ban nhan dan": "UBND", "hdnd": "HĐND", "hoi dong nhan dan": "HĐND"}
_PARTY_NAMES = {
    "tinh": "Tỉnh ủy", "thanh": "Thành ủy", "huyen": "Huyện ủy", "quan": "Quận ủy", "thi": "Thị ủy",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Issuer:
    """A body by its full name, and its unit of government: None where the place is not known."""

    name: str
    unit: str | None


@lru_cache(maxsize=8192)
def resolve(words: str, jurisdiction: str | None, day: date | None) -> Issuer:
    """Return whom *words* ("UBND tỉnh", "Tỉnh ủy An Giang") mean on a portal of *jurisdiction* on *day*."""
    folded = " ".join(fold(words).split())
    if party := _PARTY.match(folded):
        unit = _unit(party[1], party[2], jurisdiction, day)
        return Issuer(words, None) if unit is None else _named(_PARTY_NAMES[party[1]], unit, bare=True)
    body = _BODY.match(folded)
    short = _SHORT.get(body[1]) if body else None
    if body is None or short is None or not (body[2] or body[3]):
        return Issuer(words, None)
    unit = _unit(body[2], body[3], jurisdiction, day)
    return Issuer(words, None) if unit is None else _named(short, unit)


def own(symbol: str | None, jurisdiction: str | None, day: date | None) -> Issuer | None:
    """Return the portal's own body that a document's symbol names, for a document the portal announces."""
    if not symbol or jurisdiction not in jurisdictions.load():
        return None
    last = re.split(r"[-‐‑–—−/.]", symbol.upper().replace("Ð", "Đ"))[-1].strip()
    unit = _on(jurisdiction, day)
    return _named(last, unit) if unit is not None and last in ("UBND", "HĐND") else None


def _named(body: str, unit: Unit, *, bare: bool = False) -> Issuer:
    place = unit.short_name if bare else unit.name[:1].lower() + unit.name[1:]
    return Issuer(f"{body} {place}", unit.key)


def _on(jurisdiction: str | None, day: date | None) -> Unit | None:
    if jurisdiction is None or jurisdiction not in jurisdictions.load():
        return None
    return jurisdictions.at(jurisdiction, day) if day else jurisdictions.unit(jurisdiction)


def _unit(level: str | None, name: str | None, jurisdiction: str | None, day: date | None) -> Unit | None:
    levels = _LEVELS.get(level or "", jurisdictions.LEVELS)
    here = _on(jurisdiction, day)
    if not name:
        units = jurisdictions.load()
        while here is not None and here.level not in levels:
            here = units[here.parent] if here.parent else None
        return here
    if level in (None, "tinh", "thanh pho", "tp", "thanh"):
        found = jurisdictions.province_of(name, day)
        if found is not None and found.level in levels and (day is None or found.lived_on(day)):
            return found
    return _below(levels, name, here, day)


def _below(levels: tuple[str, ...], name: str, here: Unit | None, day: date | None) -> Unit | None:
    """Return the one unit of that level and name, first in the portal's own province."""
    bare = jurisdictions.bare_name(name)
    alike = [
        unit
        for unit in jurisdictions.load().values()
        if unit.level in levels
        and bare in (jurisdictions.bare_name(unit.name), fold(unit.short_name))
        and (day is None or unit.lived_on(day))
    ]
    above = jurisdictions.province(here.key) if here else None
    near = [unit for unit in alike if above and jurisdictions.province(unit.key) == above]
    for found in (near, alike):
        if len(found) == 1:
            return found[0]
    return None
