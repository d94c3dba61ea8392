"""The symbols of document numbers ("QĐ-UBND", "NQ/TW"): their spelling, their order, who issues them."""

import json
import re
from pathlib import Path
from typing import Any

from archive.vietnamese.fold import fold

_DATA: dict[str, Any] = json.loads(Path(__file__).with_name("issuers.json").read_text("utf-8"))
TYPE_CODES: dict[str, str] = _DATA["types"]
BODIES: dict[str, str] = _DATA["bodies"]
# Bodies that exist at every level: the symbol does not say whose, the sentence may.
UNPLACED: frozenset[str] = frozenset(_DATA["unplaced"])
# The Party writes 60-NQ/TW where the state writes 60/NQ-CP; news mixes both, also for one document.
PARTY: frozenset[str] = frozenset(_DATA["party"])
_SPELLED: dict[str, str] = _DATA["spelled"]

_KNOWN = {**dict.fromkeys(UNPLACED), **dict.fromkeys(BODIES), **dict.fromkeys(TYPE_CODES)}
# Without marks QD can only be QĐ, but HD is a code of its own: exact spellings go first.
_BY_CASE = {name.upper(): name for name in _KNOWN}
_BY_FOLD = {fold(name): name for name in reversed(_KNOWN)}
_ASSEMBLY = re.compile(r"(QH|UBTVQH)([0-9]{1,2}|[IVX]{1,4})$")
# "QĐUBND": the soft hyphen between the two was lost by a converter.
_GLUED = re.compile(r"(QĐ|KH|TB|NQ|CT|BC|TTr|HD)(UBND|HĐND|TTg|CP|TW|TU)$")
_PARTS = re.compile(r"\s{0,9}[-‐‑‒–—−\xad/.]\s{0,9}")

NUMBERED = re.compile(
    r"\s*([0-9]{1,6}[a-zA-Z]?)\s*[-‐‑‒–—−/]\s*(?:((?:19|20)[0-9]{2})\s*(?:[-‐‑‒–—−/]\s*|$))?(.*)$", re.DOTALL
)


def canonical_part(part: str) -> str:
    """Return one part of a symbol in its usual spelling: TTG → TTg, QÐ and QD → QĐ; else as printed."""
    plain = part.replace("Ð", "Đ").replace("ð", "đ").replace("\xad", "")
    upper = plain.upper()
    if plain in _KNOWN:
        return plain
    for spelling in (
        _SPELLED.get(plain) or _SPELLED.get(upper),
        _BY_CASE.get(upper),
        _BY_FOLD.get(fold(plain)),
    ):
        if spelling:
            return spelling
    return upper if plain.islower() else plain


def split_symbol(symbol: str) -> list[str]:
    """Return the canonical parts of *symbol*: "TB- UBND" → ["TB", "UBND"]."""
    parts = [canonical_part(part) for part in _PARTS.split(symbol.strip()) if part]
    glued = _GLUED.match(parts[0]) if len(parts) == 1 else None
    return [glued[1], glued[2]] if glued else parts


def join(number: str, year: int | str | None, parts: list[str]) -> str:
    """Return the normal form: "33/CT-TTg", "01/2020/TT-BTC", "60-NQ/TW".

    Numbers have at least two digits, as the decree on paperwork has them; portals drop the zero.
    """
    digits = number.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    tail = number[len(digits) :].lower()
    head = (digits.lstrip("0").rjust(2, "0") if digits else "") + tail
    if len(parts) == 2 and parts[1] in PARTY and not year:
        return f"{head}-{parts[0]}/{parts[1]}"
    return "/".join(
        piece for piece in (head, str(year) if year else "", "-".join(parts)) if piece or piece == head
    )


def normalise(number: str) -> str:
    """Return the one form of a document number however it is written; unknown text comes back stripped.

    >>> normalise("33 /CT–TTG"), normalise("60/NQ-TW"), normalise("26/2007/QÐ-UBND")
    ('33/CT-TTg', '60-NQ/TW', '26/2007/QĐ-UBND')
    """
    found = NUMBERED.match(number[:200])
    if found is None or not (found[3] or found[2]):
        return " ".join(number.split())
    return join(found[1], found[2], split_symbol(found[3]) if found[3] else [])


def issuer_of(parts: list[str]) -> str | None:
    """Return the issuing body that the symbol names, or None where it does not say (UBND, HĐND, TU).

    Joint documents name several: "Bộ Văn hóa - Thông tin, Bộ Nội vụ".
    """
    if not parts:
        return None
    bodies = parts[1:] if parts[0] in TYPE_CODES and len(parts) > 1 else parts
    named = []
    for part in bodies:
        assembly = _ASSEMBLY.match(part)
        body = BODIES.get(assembly[1] if assembly else part)
        if body is None and part.startswith("BCĐ") and len(part) > 3:
            body = "Ban Chỉ đạo"
        if body is None:
            # In "HD-STTTT-KHTC" and "STTTT-BCVT" the unit that drafted follows the body.
            break
        named.append(body)
        if parts[0] not in ("TTLT", "NQLT", "KHLT", "TT"):
            break
    return ", ".join(named) or None


def is_unplaced(parts: list[str]) -> bool:
    """Whether the sentence must say who issued it: the body exists at several levels or is unknown."""
    bodies = parts[1:] if parts and parts[0] in TYPE_CODES else parts
    return not bodies or bodies[0] in UNPLACED or bodies[0] == "TW" or issuer_of(parts) is None
