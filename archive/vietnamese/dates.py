"""Dates as Vietnamese portals print them: found, read by dateutil, and judged for what they date.

A page shows many dates: when it was published, when the cited law was signed, when the meeting will
be, what day it is at the visitor's. `find_dates` says which is which by the words around each;
`parse_date` gives the one that a date cell or byline states. Texts are NFC (I10); times are +07:00.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Literal, TypeAlias

from dateutil import parser

from archive.vietnamese import date_grammar as grammar
from archive.vietnamese.fold import nfc

VIETNAM = timezone(timedelta(hours=7))
# No portal published before the country had an Internet; laws and biographies reach further back.
FIRST_PORTAL_YEAR = 1997
_CONTEXT = 140

Precision: TypeAlias = Literal["second", "minute", "day"]
Label: TypeAlias = Literal["published", "updated"]
# stamp: set apart as a date of publishing; dateline: "Ngày 28-12, …"; text: any other date in prose.
# The rest are refused as publication dates: citation (of a document), event, clock (of the visit).
Role: TypeAlias = Literal["stamp", "dateline", "text", "citation", "event", "clock"]
PUBLISHABLE: frozenset[str] = frozenset({"stamp", "dateline", "text"})


@dataclass(frozen=True, slots=True)
class FoundDate:
    """One date of a text. `iso` is an aware time (+07:00), or a bare date where only the day is known.

    `evidence` is what stands there, label included; `text[start:end]` is the date and time alone.
    `confidence` (0–1) is that it says when the page was published; `year_given` False means that the
    year was taken from the page.
    """

    iso: str
    precision: Precision
    evidence: str
    confidence: float
    label: Label | None
    start: int
    end: int
    role: Role = "text"
    year_given: bool = True

    @property
    def day(self) -> str:
        """The day alone, YYYY-MM-DD."""
        return self.iso[:10]


@dataclass(frozen=True, slots=True)
class _Written:
    """The numbers of a date before they are known to be one; `year` None where none is written."""

    day: int
    month: int
    year: int | None
    start: int
    end: int
    certain: bool = True


_PARSER = parser.parser(grammar.VietnameseParserInfo())
# What dateutil fills in for what is not written; a fixed one, so that reading twice is reading once.
_DEFAULT = datetime(2000, 1, 1)


@lru_cache(maxsize=4096)
def _read(words: str) -> datetime | None:
    try:
        # dateutil is the only judge of whether such a day exists.
        return _PARSER.parse(words, default=_DEFAULT)
    except (ValueError, OverflowError):
        return None


def find_dates(
    text: str, *, default_year: int | None = None, page_date: str | None = None, latest: str | None = None
) -> list[FoundDate]:
    """Return the dates of *text* in order, each with its role; lunar and impossible ones are left out.

    Dates without a year are found only when *default_year* or *page_date* (ISO) gives one: with
    *page_date* it is the year that puts the day nearest before it ("Ngày 28-12" on a page of January is
    last year's). A date after *latest* (ISO day, default tomorrow) is an event.
    """
    limit = latest[:10] if latest else (datetime.now(VIETNAM) + timedelta(days=1)).date().isoformat()
    found = []
    for written in _written_dates(text):
        before = text[max(0, written.start - _CONTEXT) : written.start]
        if _is_lunar(text, written, before):
            continue
        year = written.year
        if year is None:
            year = _year_from_page(written, before, default_year, page_date)
        if year is None:
            continue
        one = _judge(text, written, year, before)
        if one is not None:
            late = one.day > limit and one.role in PUBLISHABLE
            found.append(replace(one, role="event", confidence=0.0) if late else one)
    return found


def parse_date(
    text: str, *, page_year: int | None = None, page_date: str | None = None, latest: str | None = None
) -> FoundDate | None:
    """Return the date of publishing that a cell, byline or short text states, or None.

    Machine forms are tried first. Of several dates the one labelled as published wins, then the most
    confident, then the first. Dates of documents, events, visits and of years before portals are refused.
    """
    text = nfc(text[:5000])
    machine = from_iso(text) if len(text) < 60 else None
    if machine is not None:
        end = latest[:10] if latest else (datetime.now(VIETNAM) + timedelta(days=1)).date().isoformat()
        return machine if str(FIRST_PORTAL_YEAR) <= machine.day <= end else None
    candidates = [
        one
        for one in find_dates(text, default_year=page_year, page_date=page_date, latest=latest)
        if one.role in PUBLISHABLE and int(one.iso[:4]) >= FIRST_PORTAL_YEAR
    ]
    return max(candidates, key=lambda one: one.confidence, default=None)


def read_day(text: str, position: int) -> tuple[str, int] | None:
    """Return the day written exactly at *position*, as (ISO day, end), or None; a year must be given."""
    match = grammar.NUMERIC.match(text, position)
    written = _from_numeric(match) if match else None
    if written is None:
        english = grammar.ENGLISH.match(text, position)
        written = _from_english(english) if english else None
    if written is None or written.year is None or not written.certain:
        return None
    when, _ = _moment(written, written.year, None)
    return (when.date().isoformat(), written.end) if when else None


def _written_dates(text: str) -> list[_Written]:
    found = []
    for match in grammar.NUMERIC.finditer(text):
        one = _from_numeric(match)
        if one is not None:
            found.append(one)
    for match in grammar.ENGLISH.finditer(text):
        one = _from_english(match)
        if one is not None:
            found.append(one)
    found.sort(key=lambda one: one.start)
    return [one for one in found if 1 <= one.day <= 31 and 1 <= one.month <= 12]


def _from_english(match: re.Match[str]) -> _Written | None:
    month = match.group()[:3].lower()
    if month not in grammar.ENGLISH_MONTHS:
        return None
    year = int(match["ey"]) if match["ey"] else None
    number = grammar.ENGLISH_MONTHS.index(month) + 1
    return _Written(int(match["ed"]), number, year, match.start(), match.end())


def _from_numeric(match: re.Match[str]) -> _Written | None:
    first, start, end = int(match["a"]), match.start(), match.end()
    if match["isep"]:
        if len(match["a"]) == 4:
            return _Written(int(match["id"]), int(match["im"]), first, start, end)
        if len(match["id"]) == 2 and len(match["a"]) <= 2:
            return _Written(first, int(match["im"]), _century(int(match["id"])), start, end, certain=False)
        return None
    if len(match["a"]) > 2:
        return None
    if match["em"]:
        month = grammar.ENGLISH_MONTHS.index(match["em"].lower()) + 1
        return _Written(first, month, int(match["ey"]), start, end)
    if match["lm"]:
        name = match["lm"].lower()
        if name in grammar.LUNAR_MONTHS:
            return None
        month = int(name) if name.isdecimal() else grammar.MONTH_NAMES[name]
        return _Written(first, month, int(match["ly"]) if match["ly"] else None, start, end)
    month, written_year = int(match["m"]), match["y"]
    if written_year is None:
        return _Written(first, month, None, start, end)
    if month > 12 and first <= 12 and len(written_year) == 4 and _american(match):
        return _Written(month, first, int(written_year), start, end, certain=False)
    short = len(written_year) == 2
    year = _century(int(written_year)) if short else int(written_year)
    return _Written(first, month, year, start, end, certain=not short)


def _american(match: re.Match[str]) -> bool:
    """Whether a month-first date is meant: only SharePoint in en-US prints one, and with AM/PM."""
    return (
        re.match(r"\s{1,2}[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?\s?[AP]M\b", match.string[match.end() :][:16])
        is not None
    )


def _century(year: int) -> int:
    return 2000 + year if year < 70 else 1900 + year


def _is_lunar(text: str, written: _Written, before: str) -> bool:
    after = grammar.LUNAR_AFTER.match(text, written.end, written.end + 60)
    # A second date between the two owns the words "âm lịch" that follow it, unless it is one range.
    if after and not re.search(r"[0-9]{1,2}[/-][0-9]{1,2}[/-][0-9]{4}", after.group()):
        between = after.group()
        if (
            not re.search(r"[(,]", between)
            or "âm lịch" in between.lower()[:14]
            or between.lstrip()[:1] == "("
        ):
            return True
    return grammar.LUNAR_BEFORE.search(before[-44:]) is not None and (
        grammar.NAMED_IN_RANGE.search(before[-44:]) is not None
        or re.search(
            r"nhằm\s(?:vào\s)?(?:ngày\s?)?$|tức\s|lịch|[âÂ]\.?[lL]|m[ùồ]ng\s$|rằm\s$", before[-20:], re.I
        )
        is not None
    )


def _year_from_page(
    written: _Written, before: str, default_year: int | None, page_date: str | None
) -> int | None:
    """The year of "Ngày 28-12" from the page; None when nothing says that the numbers are a date."""
    if grammar.DATELINE_BEFORE.search(before[-40:]) is None:
        return None
    if page_date is None:
        return default_year
    page = date.fromisoformat(page_date[:10])
    # A page may announce tomorrow's meeting, but "Ngày 28-12" in January was last December.
    ahead = page + timedelta(days=31)
    return ahead.year if (written.month, written.day) <= (ahead.month, ahead.day) else ahead.year - 1


def _judge(text: str, written: _Written, year: int, before: str) -> FoundDate | None:
    lead = grammar.BEFORE.search(before[-90:])
    # BEFORE can match nothing at all, but it always matches.
    assert lead is not None
    after = grammar.AFTER.match(text, written.end, written.end + 40)
    clock, start, end, zone = lead["time"], written.start, written.end, None
    if clock is not None:
        start = written.start - (len(lead.group()) - (lead.start("time") - lead.start()))
        zone = grammar.ZONE_AFTER.match(text, written.end, written.end + 16)
    elif after is not None:
        clock, end = after["time"], after.end()
    if zone is not None:
        end = zone.end()
    when, precision = _moment(written, year, clock)
    if when is None and clock is not None:
        when, precision, start, end = *_moment(written, year, None), written.start, written.end
        clock = None
    if when is None:
        return None
    iso = when.date().isoformat() if precision == "day" else when.replace(tzinfo=VIETNAM).isoformat()
    label: Label | None = "published" if lead["published"] else "updated" if lead["updated"] else None
    role = _role(text, written, before, lead, clock, label)
    evidence = text[written.start - len(lead.group()) : end].strip()
    return FoundDate(
        iso, precision, evidence, _confidence(role, label, clock, lead, written), label, start, end, role,
        written.year is not None,
    )  # fmt: skip


def _moment(written: _Written, year: int, clock: str | None) -> tuple[datetime | None, Precision]:
    words, precision = f"{written.day:02}/{written.month:02}/{year:04}", "day"
    hour = minute = second = 0
    parts = grammar.TIME_PARTS.match(clock) if clock else None
    if parts is not None:
        hour, minute, second = int(parts["h"]), int(parts["m"] or parts["m2"] or 0), int(parts["s"] or 0)
        half = (parts["ampm"] or "").lower()
        # "14:30 CH" and "0:15 SA" are written too; the half of the day adds nothing there.
        half = "" if hour > 12 or hour == 0 or (half == "trưa" and hour > 9) else half
        words += f" {hour:02}:{minute:02}:{second:02} {half}".rstrip()
        precision = "second" if parts["s"] else "minute"
    when = _read(words)
    if when is None or (when.day, when.month) != (written.day, written.month):
        return None, "day"
    # Midnight is what a CMS prints when the editor left the time empty ("00:00", "12:00:00 SA").
    if (when.hour, when.minute, when.second) == (0, 0, 0):
        return when, "day"
    return when, "second" if precision == "second" else "minute"


def _role(
    text: str, written: _Written, before: str, lead: re.Match[str], clock: str | None, label: Label | None
) -> Role:
    if label is not None:
        return "stamp"
    words = before[: len(before) - len(lead.group())] if lead["time"] or lead["weekday"] else before
    if grammar.CLOCK_BEFORE.search(words[-64:]) and (clock or written.year is not None) and not lead["day"]:
        return "clock"
    if grammar.CITED_BEFORE.search(before[-80:]) or grammar.CITED_SENTENCE.search(before):
        return "citation"
    if grammar.EVENT_BEFORE.search(before[-40:]) or grammar.EVENT_AFTER.match(
        text, written.end, written.end + 40
    ):
        return "event"
    if clock and ":" not in clock:
        return "event"
    weekday = lead["weekday"] or lead["weekday2"]
    if weekday and not clock and grammar.ENGLISH_WEEKDAY.search(before[-14:]):
        return "clock"
    if clock or (weekday and not lead["day"]) or _alone_on_line(text, written):
        return "stamp"
    return "dateline" if grammar.DATELINE_BEFORE.search(before[-40:]) else "text"


def _alone_on_line(text: str, written: _Written) -> bool:
    before = text.rfind("\n", max(0, written.start - 12), written.start) + 1
    if before == 0 and written.start > 12:
        return False
    if text[before : written.start].strip(" \t\xa0(|-•*"):
        return False
    after = text[written.end : written.end + 24].split("\n", 1)[0]
    # Counters of views and comments may follow: "18/05/2022 1565 0".
    return not after.strip(" \t\xa0)|-•*0123456789,")


def _confidence(
    role: Role, label: Label | None, clock: str | None, lead: re.Match[str], written: _Written
) -> float:
    if role not in PUBLISHABLE:
        return 0.0
    if label is not None:
        base = 0.95 if label == "published" else 0.7
    elif role == "stamp":
        base = 0.85 if clock else 0.6
    else:
        base = 0.4 if role == "dateline" else 0.2
    if written.year is None:
        base -= 0.05
    return round(base if written.certain else base - 0.2, 2)


# NukeViet writes date("Y-m-dTH:i:s"), where PHP reads T as the zone: "2025-04-22+0718:00:00" is 18:00
# at +07 (209 of 209 captured pages agree with the visible time, November 2026).
_NUKEVIET = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\+07([0-9]{2}:[0-9]{2}:[0-9]{2})$")
_ISO = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})(?:[T ]\s?([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:[.,][0-9]{1,9})?)?"
    r"\s?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$"
)
_RFC822 = re.compile(
    r"(?:[A-Z][a-z]{2},?\s{1,2})?[0-9]{1,2}\s[A-Z][a-z]{2}\s[0-9]{4}\s[0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
    r"(?:\s(?:GMT|UTC|Z|[+-][0-9]{4}))?$"
)


def from_iso(text: str) -> FoundDate | None:
    """Return the date in a machine value: meta, itemprop, JSON-LD, sitemap, RSS; None if it is none.

    Without a zone, +07:00 is meant. Midnight, in its own zone or in Vietnam, means the day alone.
    """
    value = text.strip()
    if len(value) > 60:
        return None
    broken = _NUKEVIET.match(value)
    if broken:
        value = f"{broken[1]}T{broken[2]}+07:00"
    parts = _ISO.match(value)
    if parts is not None:
        return _machine(_iso_moment(parts), text, seconds=parts[6] is not None)
    if _RFC822.match(value):
        when = _read(value)
        if when is None:
            return None
        # NukeViet's RSS writes H:m:s with the month in the minutes' place (seen on every item of two
        # portals): minutes equal to the month say nothing, so the hour alone would be a guess.
        doubtful = when.minute == when.month and when.second == 0
        return _machine(when if when.tzinfo else when.replace(tzinfo=UTC), text, seconds=True, day=doubtful)
    return None


def _iso_moment(parts: re.Match[str]) -> datetime | None:
    year, month, day = int(parts[1]), int(parts[2]), int(parts[3])
    zone: timezone = VIETNAM
    if parts[7] == "Z":
        zone = UTC
    elif parts[7]:
        minutes = int(parts[7][1:3]) * 60 + int(parts[7][-2:])
        if minutes >= 24 * 60:
            return None
        zone = timezone(timedelta(minutes=-minutes if parts[7][0] == "-" else minutes))
    try:
        return datetime(
            year, month, day, int(parts[4] or 0), int(parts[5] or 0), int(parts[6] or 0), tzinfo=zone
        )
    except ValueError:
        return None


def _machine(when: datetime | None, text: str, *, seconds: bool, day: bool = False) -> FoundDate | None:
    if when is None:
        return None
    try:
        local = when.astimezone(VIETNAM)
    except OverflowError:
        return None
    precision: Precision = "second" if seconds else "minute"
    iso = local.isoformat(timespec="seconds")
    if (when.hour, when.minute, when.second) == (0, 0, 0):
        iso, precision = when.date().isoformat(), "day"
    elif day or (local.hour, local.minute, local.second) == (0, 0, 0):
        iso, precision = local.date().isoformat(), "day"
    return FoundDate(iso, precision, text.strip(), 0.9, None, 0, len(text), "stamp")
