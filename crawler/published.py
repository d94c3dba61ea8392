"""When an article was published: from the page's own statement, with precision and evidence.

Refused are the clock in a site's header, dates of cited laws, lunar and event dates, dates of related
items. What is taken, in this order: what the adapter points at, machine values (itemprop, meta,
JSON-LD, `<time>`), a date line near the title, a labelled date below the body, the URL.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from lxml.html import HtmlElement

from archive.records import Precision
from archive.vietnamese.dates import PUBLISHABLE, FoundDate, find_dates, from_iso, parse_date
from crawler.blocks import Line
from crawler.dom import find_value, squeeze

_MACHINE = (
    "//*[@itemprop='datePublished']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//*[@itemprop='datePublished']/text()",
    "//meta[@property='article:published_time']/@content",
    "//meta[@name='pubdate' or @name='publishdate' or @name='date' or @name='DC.date.issued'"
    " or @name='dc.date']/@content",
    "//time[@pubdate]/@datetime",
    "//article//time/@datetime",
)
_MACHINE_UPDATED = (
    "//*[@itemprop='dateModified']/@content",
    "//*[@itemprop='dateModified']/@datetime",
    "//meta[@property='article:modified_time']/@content",
)
# Words that may stand beside a publication date on its line without making the line a sentence.
_COMPANY = re.compile(
    r"(?i)ngày\s*(?:đăng|cập nhật|xuất bản|ban hành|viết|gửi|tạo)?|cập\s*nhật(?:\s*(?:lúc|ngày))?"
    r"|đăng\s*(?:lúc|ngày|bởi|vào)?|"
    r"gửi\s*lúc|xuất\s*bản|thời\s*gian|lượt\s*xem|lần\s*xem|đã\s*xem|người\s*đăng|tác\s*giả|view(?:s"
    r"|\s*count)?|publish(?:ed)?\s*(?:date|on)?|posted\s*(?:on)?|"
    r"created|last\s*updated|written\s*by|thứ\s*(?:hai|ba|tư|năm|sáu|bảy|bẩy|[2-7])|chủ\s*nhật|monday"
    r"|tuesday|wednesday|thursday|friday|saturday|"
    r"sunday|gmt\s*\+?7|số\s*lượt|in\s*ra|print|gốc|sa|ch|am|pm|lúc|\W|\d"
)
_LABEL = re.compile(
    r"(?i)ngày\s*(?:đăng|xuất bản|viết|gửi|tạo)|đăng\s*(?:lúc|ngày|vào)|gửi\s*lúc|xuất\s*bản|publish"
    r"|posted|created|thời\s*gian\s*đăng|\bđược đăng\b"
)
_UPDATED_LABEL = re.compile(r"(?i)cập\s*nhật|chỉnh\s*sửa|last\s*(?:updated|modified)|sửa\s*lần\s*cuối")
_LONGEST_DATE_LINE = 160
_DIGIT = re.compile(r"\d")
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[-/](\d{1,2})[-/](\d{1,2})(?:/|$)")
_URL_EPOCH = re.compile(r"(?:^|[/-])(1[0-7]\d{8})(?:\d{3})?(?:\.\w+)?(?:/|$)")


@dataclass(frozen=True, slots=True)
class Published:
    """A publication time as stored, how exact it is, and the words it was read from."""

    at: str | None = None
    precision: Precision | None = None
    evidence: str = ""
    confidence: float = 0.0
    updated_at: str | None = None


def published(
    tree: HtmlElement,
    hints: tuple[tuple[str, ...], tuple[str, ...]],
    near: list[Line],
    after: list[Line],
    url: str,
) -> Published:
    """Return when the page says it was published.

    *hints* are the adapter's XPaths for published and updated; *near* the lines around the title and
    above the body, nearest first; *after* the lines just below the body.
    """
    updated = _first_machine(tree, (*hints[1], *_MACHINE_UPDATED)) or _labelled(near, _UPDATED_LABEL)
    updated_at = updated.iso if updated else None
    found = _first_machine(tree, hints[0])
    # NukeViet's meta is malformed and its itemprop right: the visible date wins where they disagree by day.
    seen = _date_line(near)
    machine = found or _first_machine(tree, _MACHINE) or _json_ld(tree)
    best: FoundDate | None = machine
    how = "machine value"
    if machine is None or (seen is not None and machine is not found and _disagree(seen, machine)):
        best, how = (seen, "date line") if seen else (machine, how)
    if best is None:
        best, how = (
            _date_line([line for line in after if _LABEL.search(line.text)]),
            "date line below the body",
        )
    if best is None:
        best, how = _from_url(url), "URL"
    if best is None:
        return Published(updated_at=updated_at)
    return Published(
        best.iso,
        best.precision,
        f"{how}: {best.evidence}"[:200],
        best.confidence,
        updated_at if updated_at != best.iso else None,
    )


def dateline_of(first: str, document: str, page_date: str | None, when: Published) -> Published:
    """Return *when* with the dateline of a text that shows no other date ("Ngày 28-12, UBND tỉnh …").

    Its year is that of the document the text announces (*document*, of ISO day *page_date*).
    """
    for found in find_dates(first[:200], page_date=page_date):
        if found.role == "dateline":
            said = f"dateline: {found.evidence}; year of {document} ({page_date})"
            return Published(found.iso, "day", said[:200], found.confidence, when.updated_at)
    return when


def _disagree(seen: FoundDate, machine: FoundDate) -> bool:
    """Say whether a visible date speaks against a machine value: another day, or a time of its own."""
    if _day(seen) != _day(machine):
        return True
    timed = seen.precision in ("minute", "second") and not _UPDATED_LABEL.search(seen.evidence)
    return timed and seen.iso[:16] != machine.iso[:16]


def _day(found: FoundDate) -> str:
    return found.iso[:10]


def _first_machine(tree: HtmlElement, xpaths: tuple[str, ...]) -> FoundDate | None:
    for xpath in xpaths:
        value = find_value(tree, (xpath,))
        if not value:
            continue
        found = from_iso(value) or parse_date(value)
        if found is not None:
            return found
    return None


def machine_dates(tree: HtmlElement) -> list[FoundDate]:
    """Return what a page states of publication and change in meta tags, `<time>`, microdata or JSON-LD.

    The first is of publication; without one the list is empty.
    """
    first = _first_machine(tree, _MACHINE) or _json_ld(tree)
    if first is None:
        return []
    updated = _first_machine(tree, _MACHINE_UPDATED)
    return [first] if updated is None else [first, updated]


def is_foreign_stamp(line: Line, stated: list[FoundDate]) -> bool:
    """Say whether "Cập nhật lúc …" is of another paper: at no time that the page states of itself."""
    if not _UPDATED_LABEL.search(line.text[:24]) or _LABEL.search(line.text):
        return False
    stamp = parse_date(line.text)
    return stamp is not None and bool(stated) and not any(_agree(stamp, one) for one in stated)


def _agree(left: FoundDate, right: FoundDate) -> bool:
    if "T" not in left.iso or "T" not in right.iso:
        return _day(left) == _day(right)
    return abs(datetime.fromisoformat(left.iso) - datetime.fromisoformat(right.iso)) < timedelta(minutes=1)


def _json_ld(tree: HtmlElement) -> FoundDate | None:
    for node in tree.iter("script"):
        if node.get("type") != "application/ld+json" or not node.text or "datePublished" not in node.text:
            continue
        try:
            data: Any = json.loads(node.text)
        except ValueError:
            continue
        queue = [data]
        while queue:
            item = queue.pop()
            if isinstance(item, list):
                queue.extend(item)
            elif isinstance(item, dict):
                value = item.get("datePublished")
                if isinstance(value, str) and (found := from_iso(value)):
                    return found
                queue.extend(part for part in item.values() if isinstance(part, dict | list))
    return None


def is_date_line(line: Line) -> bool:
    """Say whether a line is nothing but a date, its label and counters beside it."""
    text = line.text
    return len(text) <= _LONGEST_DATE_LINE and _DIGIT.search(text) is not None and _is_date(text)


@lru_cache(maxsize=512)
def _is_date(text: str) -> bool:
    dates = [found for found in find_dates(text) if found.role in PUBLISHABLE]
    if not dates:
        return False
    bare = text
    for found in sorted(dates, key=lambda item: -item.start):
        bare = bare[: found.start] + " " + bare[found.end :]
    rest = squeeze(_COMPANY.sub(" ", bare))
    return len(rest) <= 24 or (bool(_LABEL.search(text)) and len(rest) <= 60)


def is_labelled_date(line: Line) -> bool:
    """Say whether a date line opens with the words of a publication: "Ngày đăng", "Cập nhật lúc"."""
    head = line.text[:24]
    return bool(_LABEL.search(head) or _UPDATED_LABEL.search(head)) and is_date_line(line)


def is_bare_date(line: Line) -> bool:
    """Say whether a line is a date and nothing else: no place, no words of a sentence beside it."""
    text = line.text
    for found in sorted(find_dates(text), key=lambda item: -item.start):
        text = text[: found.start] + " " + text[found.end :]
    return not squeeze(_COMPANY.sub(" ", text)) and "thời gian" not in line.text.casefold()


def _date_line(lines: list[Line]) -> FoundDate | None:
    """Return the publication date of the first line that is a date line, a labelled one first."""
    fallback: FoundDate | None = None
    for line in lines:
        if not is_date_line(line):
            continue
        found = parse_date(line.text)
        if found is None or found.role not in PUBLISHABLE:
            continue
        if _LABEL.search(line.text):
            return found
        if _UPDATED_LABEL.search(line.text):
            fallback = fallback or found
            continue
        if fallback is None or _UPDATED_LABEL.search(fallback.evidence):
            fallback = found
    return fallback


def _labelled(lines: list[Line], label: re.Pattern[str]) -> FoundDate | None:
    for line in lines:
        if len(line.text) <= _LONGEST_DATE_LINE and (match := label.search(line.text)):
            found = parse_date(line.text[match.start() :])
            if found is not None and is_date_line(line):
                return found
    return None


def _from_url(url: str) -> FoundDate | None:
    if match := _URL_DATE.search(url):
        return from_iso(f"{int(match[1]):04d}-{int(match[2]):02d}-{int(match[3]):02d}")
    return None
