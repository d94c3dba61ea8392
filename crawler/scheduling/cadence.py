"""When a portal is due: cron expressions and "every 6 h", quiet hours, jitter. Pure; all times aware.

A slot is the moment a run stands for. It follows from the words and the portal's key alone, so that a
restart, or a clock that is set, neither moves a slot nor makes a second one of it.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

# Quiet hours are those of the portal's own staff, as in the registry. No summer time there since 1975.
HANOI = timezone(timedelta(hours=7))
LEAST_EVERY_S = 600
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LENGTH = re.compile(r"(?:every\s+)?(\d+(?:\.\d+)?)\s*(s|min|m|h|d|w)", re.IGNORECASE)
_QUIET = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# How far back a missed slot is looked for, nearest first: most are found in the first hour.
_LOOKBACKS = tuple(timedelta(hours=hours) for hours in (1, 24, 8 * 24, 32 * 24, 400 * 24))


@dataclass(frozen=True, slots=True)
class Every:
    """A slot each `seconds`, by UTC. Each portal has a phase of its own, so that sixty of them spread."""

    seconds: int

    @property
    def period_s(self) -> float:
        """Seconds between two slots."""
        return float(self.seconds)

    def latest(self, key: str, after: datetime | None, until: datetime) -> datetime | None:
        """Return the newest slot in (*after*, *until*], None where there is none."""
        offset = int((until - _EPOCH).total_seconds()) - self._phase(key)
        slot = _EPOCH + timedelta(seconds=self._phase(key) + offset // self.seconds * self.seconds)
        return slot if after is None or slot > after else None

    def next(self, key: str, after: datetime) -> datetime:
        """Return the first slot past *after*."""
        offset = int((after - _EPOCH).total_seconds()) - self._phase(key)
        return _EPOCH + timedelta(seconds=self._phase(key) + (offset // self.seconds + 1) * self.seconds)

    def __str__(self) -> str:
        return f"every {length_text(self.seconds)}"

    def _phase(self, key: str) -> int:
        return _number(key) % self.seconds


@dataclass(frozen=True, slots=True)
class Cron:
    """Slots by a cron expression of five fields, in the time of `zone`.

    An hour that is skipped in spring fires when it has passed, one that comes twice in autumn fires once,
    unless the expression asks for every hour.
    """

    expression: str
    zone: str

    @property
    def period_s(self) -> float:
        """Seconds between two slots, as it is around now: for priorities and plain words."""
        first = self.next("", _EPOCH)
        return (self.next("", first) - first).total_seconds()

    def latest(self, key: str, after: datetime | None, until: datetime) -> datetime | None:
        """Return the newest slot in (*after*, *until*], None where there is none (in the last 400 days)."""
        # Asked at every look: what comes next is remembered, and mostly has not come.
        if after is not None and self.next(key, after) > until:
            return None
        for lookback in _LOOKBACKS:
            begin = until - lookback
            if after is not None and after > begin:
                begin = after
            found = None
            slot = self.next(key, begin)
            while slot <= until:
                found, slot = slot, self.next(key, slot)
            if found is not None or begin == after:
                return found
        return None

    def next(self, _key: str, after: datetime) -> datetime:
        """Return the first slot past *after*."""
        return _next_fire(self.expression, self.zone, after)

    def __str__(self) -> str:
        return f"cron {self.expression!r} ({self.zone})"


Cadence: TypeAlias = Every | Cron


def parse_length(text: object) -> int:
    """Return the seconds of "6 h", "every 30 min", "2 d"; raises ValueError.

    >>> parse_length("every 6 h")
    21600
    """
    match = _LENGTH.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(f"{text!r} is no length of time like '6 h', '30 min' or '2 d'")
    return round(float(match[1]) * _UNITS[match[2].lower()])


def length_text(seconds: float) -> str:
    """Return a length of time for people, in the largest unit that divides it.

    >>> length_text(21600), length_text(5400)
    ('6 h', '90 min')
    """
    for word, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:.0f} s"


def parse_cron(text: str, zone: str) -> Cron:
    """Return the cadence of a cron expression; raises ValueError with what is wrong with it.

    Days of the week are counted as cron does (0 and 7 are Sunday), and kept as names: APScheduler counts
    from Monday. A day of the month together with one of the week is refused: cron takes either, APScheduler
    both, and nobody who reads the file knows which was meant.
    """
    fields = str(text).split()
    if len(fields) != 5:
        raise ValueError(f"{text!r} has {len(fields)} fields; a cron expression has five")
    if fields[2] != "*" and fields[4] != "*":
        raise ValueError(f"{text!r} names days of the month and of the week; name one of them")
    fields[4] = _weekdays(fields[4])
    found = Cron(" ".join(fields), zone)
    _trigger(found.expression, zone)
    found.next("", _EPOCH)
    return found


def is_quiet_hours(text: str) -> bool:
    """Say whether *text* reads "HH:MM-HH:MM"."""
    return _QUIET.fullmatch(text) is not None


def quiet_until(at: datetime, spans: tuple[str, ...]) -> datetime | None:
    """Return when the quiet hours end that *at* stands in (the last of those that touch); None outside."""
    until: datetime | None = None
    for _ in spans:
        for span in spans:
            end = _end_of(until or at, span)
            until = end if end is not None else until
    return until


@lru_cache(maxsize=8192)
def jitter_of(key: str, slot: datetime, most_s: int) -> timedelta:
    """Return how long after its slot a run begins: the same after every restart, evenly in [0, *most_s*]."""
    return timedelta(seconds=_number(f"{key} {slot.isoformat()}") % (most_s + 1))


def _end_of(at: datetime, span: str) -> datetime | None:
    begin, end = (int(word[:2]) * 60 + int(word[3:]) for word in span.split("-"))
    local = at.astimezone(HANOI)
    since = local.hour * 60 + local.minute - begin
    length = (end - begin) % 1440
    since %= 1440
    if since >= length:
        return None
    whole = local.replace(second=0, microsecond=0)
    return (whole + timedelta(minutes=length - since)).astimezone(UTC)


@lru_cache(maxsize=8192)
def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


@lru_cache(maxsize=8192)
def _next_fire(expression: str, zone: str, after: datetime) -> datetime:
    trigger = _trigger(expression, zone)
    at: datetime = after
    while True:
        fire = trigger.get_next_fire_time(None, (at + timedelta(microseconds=1)).astimezone(ZoneInfo(zone)))
        if fire is None:
            raise ValueError(f"{expression!r} never comes")
        at = fire.astimezone(UTC)
        # An hour that comes twice in autumn: its second coming is not another one.
        if not fire.fold or expression.split()[1].startswith("*"):
            return at


@lru_cache(maxsize=512)
def _trigger(expression: str, zone: str) -> Any:
    # APScheduler takes 50 ms to import: only who has a cron expression pays it.
    from apscheduler.triggers.cron import CronTrigger

    return CronTrigger.from_crontab(expression, timezone=ZoneInfo(zone))


def _weekdays(field: str) -> str:
    if not re.search(r"\d", field) or field.startswith("*"):
        return field
    days: list[str] = []
    for part in field.split(","):
        match = re.fullmatch(r"(\d)(?:-(\d))?", part)
        if match is None or max(int(match[1]), int(match[2] or 0)) > 7:
            raise ValueError(f"{part!r} is no day of the week (0 to 7, or mon to sun)")
        days += [_DAYS[day % 7] for day in range(int(match[1]), int(match[2] or match[1]) + 1)]
    if not days:
        raise ValueError(f"{field!r} names no day of the week")
    return ",".join(dict.fromkeys(days))
