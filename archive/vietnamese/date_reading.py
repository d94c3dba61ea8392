"""Dates read: from the written forms of `date_grammar` and from machine values, to ISO by dateutil."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Literal, TypeAlias

from dateutil import parser

from archive.vietnamese import date_grammar as grammar

VIETNAM = timezone(timedelta(hours=7))
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
class Written:
    """The numbers of a date before they are known to be one; `year` None where none is written."""

    day: int
    month: int
    year: int | None
    start: int
    end: int
    certain: bool = True


_WEEKDAY_BEFORE = re.compile(rf"({grammar.WEEKDAY})\s{{0,2}}[,.|–-]?\s{{0,2}}$", re.IGNORECASE)
_WEEKDAYS = {
    **{name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
    **{name: number for number, name in enumerate(("hai", "ba", "tư", "năm", "sáu", "bảy"))},
    **{str(number + 2): number for number in range(6)},
    **{f"t{number + 2}": number for number in range(6)},
    **{name: number for number, name in enumerate(("ii", "iii", "iv", "v", "vi", "vii"))},
    "bẩy": 5, "chủ nhật": 6, "chủnhật": 6, "cn": 6,
}  # fmt: skip
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


def read_day(text: str, position: int) -> tuple[str, int] | None:
    """Return the day written exactly at *position*, as (ISO day, end), or None; a year must be given."""
    match = grammar.NUMERIC.match(text, position)
    written = _from_numeric(match) if match else None
    if written is None:
        english = grammar.ENGLISH.match(text, position)
        written = _from_english(english) if english else None
    if written is None or written.year is None or not written.certain:
        return None
    when, _ = moment(written, written.year, None)
    return (when.date().isoformat(), written.end) if when else None


def written_dates(text: str) -> list[Written]:
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


def _from_english(match: re.Match[str]) -> Written | None:
    month = match.group()[:3].lower()
    if month not in grammar.ENGLISH_MONTHS:
        return None
    year = int(match["ey"]) if match["ey"] else None
    number = grammar.ENGLISH_MONTHS.index(month) + 1
    return Written(int(match["ed"]), number, year, match.start(), match.end())


def _from_numeric(match: re.Match[str]) -> Written | None:
    first, start, end = int(match["a"]), match.start(), match.end()
    if match["isep"]:
        if len(match["a"]) == 4:
            return Written(int(match["id"]), int(match["im"]), first, start, end)
        if len(match["id"]) == 2 and len(match["a"]) <= 2:
            return Written(first, int(match["im"]), _century(int(match["id"])), start, end, certain=False)
        return None
    if len(match["a"]) > 2:
        return None
    if match["em"]:
        month = grammar.ENGLISH_MONTHS.index(match["em"].lower()) + 1
        return Written(first, month, int(match["ey"]), start, end)
    if match["lm"]:
        name = match["lm"].lower()
        if name in grammar.LUNAR_MONTHS:
            return None
        month = int(name) if name.isdecimal() else grammar.MONTH_NAMES[name]
        return Written(first, month, int(match["ly"]) if match["ly"] else None, start, end)
    month, written_year = int(match["m"]), match["y"]
    if written_year is None:
        return Written(first, month, None, start, end)
    if (
        first <= 12
        and len(written_year) == 4
        and match["sep"] == "/"
        and ((month > 12 and _american(match)) or _by_weekday(match, first, month, int(written_year)))
    ):
        return Written(month, first, int(written_year), start, end, certain=False)
    short = len(written_year) == 2
    year = _century(int(written_year)) if short else int(written_year)
    return Written(first, month, year, start, end, certain=not short)


def _american(match: re.Match[str]) -> bool:
    """Whether a month-first date is meant: only SharePoint in en-US prints one, and with AM/PM."""
    return (
        re.match(r"\s{1,2}[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?\s?[AP]M\b", match.string[match.end() :][:16])
        is not None
    )


def _by_weekday(match: re.Match[str], first: int, second: int, year: int) -> bool:
    """Whether the weekday before a date fits only if the month comes first.

    Drupal prints "Thu, 05/22/2014 - 14:30" however the site is localised, and "Thu, 06/05/2014" too.
    """
    named = _WEEKDAY_BEFORE.search(match.string[max(0, match.start() - 16) : match.start()])
    if named is None:
        return False
    word = " ".join(named[1].lower().split()).removeprefix("thứ").strip()
    wanted = _WEEKDAYS.get(word, _WEEKDAYS.get(word[:3]))
    return wanted is not None and _weekday(year, second, first) != wanted == _weekday(year, first, second)


def _weekday(year: int, month: int, day: int) -> int | None:
    try:
        return date(year, month, day).weekday()
    except ValueError:
        return None


def _century(year: int) -> int:
    return 2000 + year if year < 70 else 1900 + year


def moment(written: Written, year: int, clock: str | None) -> tuple[datetime | None, Precision]:
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
