"""Legal documents as Vietnamese prose cites them: found, given one normal form, and traced to an issuer.

The written grammar is `[type] [số] n[/yyyy](/|-)SYMBOL[, ngày …]` in dozens of spellings. Everything is
anchored on a run of digits and looks at bounded slices around it, so the time grows with the text alone.
"""

import re
from dataclasses import dataclass, replace

from archive.records import Citation
from archive.vietnamese import document_words as words
from archive.vietnamese.dates import read_day
from archive.vietnamese.document_records import read_record
from archive.vietnamese.document_symbols import (
    TYPE_CODES,
    UNPLACED,
    canonical_part,
    is_unplaced,
    issuer_of,
    join,
    normalise,
    split_symbol,
)
from archive.vietnamese.fold import fold

__all__ = ["announced_document", "find_citations", "normalise"]


@dataclass(frozen=True, slots=True)
class _Number:
    """A document number in the text: its digits, year and symbol, and where it stands."""

    number: str
    year: int | None
    symbol: str | None
    start: int
    end: int


def find_citations(text: str) -> list[Citation]:
    """Return the documents that *text* (NFC) cites, in order; `text[start:end] == verbatim` for each.

    `doc_type` is the type as printed ("Luật tiếp công dân", "QĐ"), never inferred from the symbol: the two
    disagree in real texts. A later short name ("Thông tư số 07", "Chỉ thị 16") takes the normal form of
    the document it stands for on this page. A header whose number was left blank has number "".
    """
    found: list[Citation] = []
    shorts: list[tuple[_Number, re.Match[str]]] = []
    end = 0
    for digits in words.DIGITS.finditer(text):
        start = digits.start()
        if start < end:
            continue
        number = _number_at(text, digits)
        near = text[max(0, start - words.NEAR) : start]
        # Most digits of a text are amounts and dates: only a type, or the word số, can save a bare one.
        if number is None and not words.may_name(near):
            continue
        lead = words.LEAD.search(near)
        if lead is None or words.NOT_A_DOCUMENT.search(near):
            continue
        number = number or _bare_number(text, digits, lead)
        if number is not None and number.symbol is None and number.year is None:
            shorts.append((number, lead))
        elif number is not None:
            citation = _citation(text, number, lead, found)
            if citation is not None:
                found.append(citation)
                end = citation.end
    for match in words.BLANK_HEADER.finditer(text) if "Số" in text else ():
        found.append(_blank_header(text, match))
    found += _short_names(text, shorts, found)
    return sorted(found, key=lambda one: one.start)


def announced_document(title: str, lead: str, text: str) -> tuple[str, str | None] | None:
    """Return the document an article rests on, as (normal form, ISO day or None), or None.

    Only three places are trusted: the document's own record (Số ký hiệu, Ngày ban hành, Trích yếu), a closing
    line "Nguồn KH số 814 /KH-UBND ngày 28/12/2021", and a title that names one document by its number. A
    document merely cited in the text is not what it rests on.
    """
    record = read_record(text)
    if record is not None and (own := find_citations(f"Văn bản số {record.number}")) and own[0].number:
        return own[0].normal, record.day
    closing = [line.strip() for line in text[-1500:].splitlines() if line.strip()][-4:]
    for line in reversed(closing):
        if len(line) < 200 and words.SOURCE_LINE.match(line):
            cited = find_citations(line)
            if len(cited) == 1 and cited[0].number:
                return cited[0].normal, cited[0].date
    named = find_citations(title)
    if len({one.normal for one in named}) == 1 and named[0].symbol and not words.ABOUT_ANOTHER.search(title):
        day = named[0].date
        for one in find_citations(f"{lead}\n{text[:4000]}"):
            if day is None and one.normal == named[0].normal:
                day = one.date
        return named[0].normal, day
    return None


def _number_at(text: str, digits: re.Match[str]) -> _Number | None:
    """The number with its symbol that starts at *digits*, or None when no symbol follows."""
    head = words.HEAD.match(text, digits.end())
    if head is None:
        return None
    first = words.PART.match(text, head.end())
    if first is None or not _is_part(first.group()):
        return None
    if not head["slash"] and not head["year"] and canonical_part(first.group()) not in TYPE_CODES:
        return None
    end, parts = first.end(), [first.group()]
    while len(parts) < 5:
        link = (words.LINK if len(parts) == 1 else words.TIGHT_LINK).match(text, end)
        part = words.PART.match(text, link.end()) if link else None
        if link is None or part is None or not _is_part(part.group()):
            break
        if link.group() == "." and len(part.group()) > 4:
            break
        parts.append(part.group())
        end = part.end()
    if not head["slash"] and not head["year"] and len(parts) < 2:
        return None
    year = int(head["year"]) if head["year"] else None
    number = digits.group() + (head["tail"] or "")
    return _Number(number, year, text[first.start() : end], digits.start(), end)


def _is_part(part: str) -> bool:
    """Whether these letters can be part of a symbol: mostly capitals ("TTg"), or a known code ("Tt")."""
    capitals = sum(letter.isupper() for letter in part)
    lower = sum(letter.islower() for letter in part)
    return capitals > lower or canonical_part(part).upper() in words.KNOWN_UPPER


def _bare_number(text: str, digits: re.Match[str], lead: re.Match[str]) -> _Number | None:
    """A number without a symbol: "NĐ 108-2007" (with its year), "Quyết định số 26", "Chỉ thị 16"."""
    if not lead["type"]:
        return None
    dated = words.NUMBER_YEAR.match(text, digits.end())
    if dated is not None and (
        lead["type"] in words.NORMATIVE or fold(lead["type"]) in words.NORMATIVE_FOLDED
    ):
        if int(digits.group()) > 12 or lead["no"] or lead["type"] in words.NORMATIVE:
            return _Number(digits.group(), int(dated["year"]), None, digits.start(), dated.end())
        return None
    if words.AFTER_BARE.match(text, digits.end()) or len(digits.group()) > 5:
        return None
    return _Number(digits.group(), None, None, digits.start(), digits.end())


def _citation(text: str, number: _Number, lead: re.Match[str], earlier: list[Citation]) -> Citation | None:
    before = text[max(0, number.start - words.CONTEXT) : number.start]
    parts = split_symbol(number.symbol) if number.symbol else []
    doc_type, start = _type_of(lead, before, parts, number)
    if doc_type is None and not _stands_alone(number, parts, lead):
        return None
    if doc_type is None and earlier and words.LIST_GAP.fullmatch(text, earlier[-1].end, start):
        doc_type = earlier[-1].doc_type
    day, end = _date_after(text, number.end)
    if doc_type is None and day is None and words.HEADER_LEAD.search(before):
        doc_type, day = _header(text, number.end)
    issuer = None if number.symbol is None else issuer_of(parts)
    if number.symbol and is_unplaced(parts):
        issuer = _issuer_in_sentence(text, end, before, start - number.start) or issuer
    year = number.year or (int(day[:4]) if day else None)
    known = parts or words.IMPLIED.get(fold(doc_type or ""), [])
    return Citation(
        verbatim=text[start:end],
        normal=join(number.number, number.year, known),
        doc_type=doc_type,
        number=number.number,
        year=year,
        symbol=number.symbol,
        issuer=issuer,
        date=day,
        start=start,
        end=end,
    )


def _type_of(lead: re.Match[str], before: str, parts: list[str], number: _Number) -> tuple[str | None, int]:
    """The type as printed and where the citation starts."""
    assembly = not parts or parts[0].startswith(("QH", "UBTVQH", "L", "PL"))
    law = words.law_before(before) if assembly and lead["no"] else None
    if law is not None:
        return law[0], number.start - len(before) + law[1]
    if lead["type"]:
        return lead["type"], number.start - len(lead.string) + lead.start("type")
    numbered = lead["no"] and lead["no"][0] in "Ss"
    return None, number.start - (len(lead.string) - lead.start("no") if numbered else 0)


def _stands_alone(number: _Number, parts: list[str], lead: re.Match[str]) -> bool:
    """Whether a number without a type is a citation: its symbol must be one that documents have."""
    if len(parts) < 2:
        return bool(parts) and (
            parts[0].startswith(("QH1", "UBTVQH")) or (bool(lead["no"]) and parts[0] in UNPLACED)
        )
    if parts[0] in TYPE_CODES and parts[0] != "L":
        return not parts[1].isdigit()
    return bool(lead["no"]) and (parts[0] in UNPLACED or issuer_of(parts) is not None)


def _date_after(text: str, end: int) -> tuple[str | None, int]:
    """The date that belongs to the number before *end*, and where the citation then ends."""
    link = words.DATE_LINK.match(text, end)
    if link is not None:
        day = read_day(text, link.end())
        if day is not None:
            return day
        broken = words.BROKEN_DATE.match(text, link.end())
        return None, broken.end() if broken else end
    # "số 1552/QĐ-TTg của Thủ tướng Chính phủ ngày 14/11/2018": the date counts, the words stay outside.
    far = words.FAR_DATE_LINK.match(text, end)
    later = read_day(text, far.end()) if far else None
    return (later[0] if later else None), end


def _header(text: str, end: int) -> tuple[str | None, str | None]:
    """The type line and the place-and-date line below "Số: 566 /TB-UBND" of a pasted document."""
    below = text[end : end + 400]
    dated = words.PLACE_AND_DATE.search(below)
    day = read_day(below, dated.end()) if dated else None
    line = words.TYPE_LINE.search(below)
    return (line["type"] if line else None), (day[0] if day else None)


def _blank_header(text: str, match: re.Match[str]) -> Citation:
    doc_type, day = _header(text, match.end())
    parts = split_symbol(match["symbol"])
    year = int(day[:4]) if day else None
    normal, issuer = "/" + "-".join(parts), issuer_of(parts)
    return Citation(
        match.group(), normal, doc_type, "", year, match["symbol"], issuer, day, match.start(), match.end()
    )  # fmt: skip


def _issuer_in_sentence(text: str, end: int, before: str, shift: int) -> str | None:
    after = words.ISSUED_BY.match(text, end, end + 160)
    if after is not None:
        return " ".join(after["who"].split())
    subject = words.WHO_ISSUED.search(before[:shift] if shift < 0 else before)
    return " ".join(subject["who"].split()) if subject else None


def _short_names(
    text: str, shorts: list[tuple[_Number, re.Match[str]]], found: list[Citation]
) -> list[Citation]:
    """Number-only mentions: those a fuller citation on the page explains, and "<type> số n" as such."""
    made: list[Citation] = []
    by_number: dict[str, list[Citation]] = {}
    for one in found:
        by_number.setdefault(one.number.lstrip("0"), []).append(one)
    for number, lead in shorts:
        start = number.start - (lead.end() - lead.start("type"))
        day, end = _date_after(text, number.end)
        kind = fold(lead["type"])
        meant = [
            one for one in by_number.get(number.number.lstrip("0"), []) if words.same_type(one.doc_type, kind)
        ]
        if day is not None and meant:
            meant = [one for one in meant if one.date in (None, day)]
        issuer = None
        if meant:
            normal, year, day_of = meant[-1].normal, meant[-1].year, day or meant[-1].date
            issuer = meant[-1].issuer
        elif lead["no"] and (kind in words.NUMBERED_ALONE):
            code = words.CODE_OF.get(kind)
            normal, day_of = join(number.number, None, [code] if code else []), day
            year = int(day[:4]) if day else None
        else:
            continue
        base = Citation("", normal, lead["type"], number.number, year, None, issuer, day_of, start, end)
        made.append(replace(base, verbatim=text[start:end]))
    return made
