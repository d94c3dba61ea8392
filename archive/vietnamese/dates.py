"""Dates as Vietnamese portals print them: found, read by dateutil, and judged for what they date.

A page shows many dates: when it was published, when the cited law was signed, when the meeting will
be, what day it is at the visitor's. `find_dates` says which is which by the words around each;
`parse_date` gives the one that a date cell or byline states. Texts are NFC (I10); times are +07:00.
"""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

from archive.vietnamese import date_grammar as grammar
from archive.vietnamese.date_reading import (
    PUBLISHABLE,
    VIETNAM,
    FoundDate,
    Label,
    Precision,
    Role,
    Written,
    from_iso,
    moment,
    read_day,
    written_dates,
)
from archive.vietnamese.fold import nfc

__all__ = [
    "PUBLISHABLE",
    "VIETNAM",
    "FoundDate",
    "Label",
    "Precision",
    "Role",
    "find_dates",
    "from_iso",
    "parse_date",
    "read_day",
]

# No portal published before the country had an Internet; laws and biographies reach further back.
FIRST_PORTAL_YEAR = 1997
_CONTEXT = 140


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
    for written in written_dates(text):
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


def _is_lunar(text: str, written: Written, before: str) -> bool:
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
    written: Written, before: str, default_year: int | None, page_date: str | None
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


def _judge(text: str, written: Written, year: int, before: str) -> FoundDate | None:
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
    when, precision = moment(written, year, clock)
    if when is None and clock is not None:
        when, precision, start, end = *moment(written, year, None), written.start, written.end
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


def _role(
    text: str, written: Written, before: str, lead: re.Match[str], clock: str | None, label: Label | None
) -> Role:
    if label is not None:
        return "stamp"
    words = before[: len(before) - len(lead.group())] if lead["time"] or lead["weekday"] else before
    if grammar.CLOCK_BEFORE.search(words[-64:]) and (clock or written.year is not None) and not lead["day"]:
        return "clock"
    if grammar.CITED_BEFORE.search(before[-80:]) or grammar.CITED_SENTENCE.search(before):
        return "citation"
    weekday = lead["weekday"] or lead["weekday2"]
    # The 5 of "Thứ 5, 22/05/2014" is no first day of a span.
    spoken = before[: before.rindex(weekday)] if weekday and weekday[-1].isdigit() else before
    if grammar.EVENT_BEFORE.search(spoken[-40:]) or grammar.EVENT_AFTER.match(
        text, written.end, written.end + 40
    ):
        return "event"
    if clock and ":" not in clock:
        return "event"
    if weekday and not clock and grammar.ENGLISH_WEEKDAY.search(before[-14:]):
        return "clock"
    if clock or (weekday and not lead["day"]) or _alone_on_line(text, written):
        return "stamp"
    return "dateline" if grammar.DATELINE_BEFORE.search(before[-40:]) else "text"


def _alone_on_line(text: str, written: Written) -> bool:
    before = text.rfind("\n", max(0, written.start - 12), written.start) + 1
    if before == 0 and written.start > 12:
        return False
    if text[before : written.start].strip(" \t\xa0(|-•*"):
        return False
    after = text[written.end : written.end + 24].split("\n", 1)[0]
    # Counters of views and comments may follow: "18/05/2022 1565 0".
    return not after.strip(" \t\xa0)|-•*0123456789,")


def _confidence(
    role: Role, label: Label | None, clock: str | None, lead: re.Match[str], written: Written
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
