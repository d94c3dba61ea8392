"""What runs now, and why: a pure function of the wishes, what was done, and the time.

Nothing here looks at a clock, a file or a process: a simulated month drives the code of `khocong schedule`.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from crawler.scheduling.cadence import Every, jitter_of, length_text, quiet_until
from crawler.scheduling.timetable import Entry

Kind = Literal["first", "regular", "retry", "resume"]
Outcome = Literal["", "running", "done", "failed", "cut"]
# A run that dies with its process so often is not resumed any more: it counts as failed.
MOST_TRIES = 5
# A slot further ahead than this was noted by a clock that was wrong.
_AHEAD = timedelta(days=1)
_LONGEST_RETRY = timedelta(days=7)
# What was cut short is waiting: it begins again soon, and still not all in one second.
_RESUME_SPREAD_S = 60
_RESUMED_FIRST = 4.0


@dataclass(frozen=True, slots=True)
class Done:
    """What is known of a portal's runs. Times are aware; `slot` is that of the last run that was begun.

    `known_since` is when the schedule first met the portal. `outcome` is how the last run stands: "cut" is
    one that was ended by us or with its machine, and goes on for the same slot. `tries` counts how often
    that slot was begun, `failures` how many slots failed in a row.
    """

    key: str
    known_since: datetime
    slot: datetime | None = None
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome = ""
    reason: str = ""
    tries: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Life:
    """How a portal lives: new articles a day, and from 0 to 1 how likely it is to be gone soon."""

    per_day: float = 0.0
    risk: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `due_at` is when it may begin (slot, jitter, quiet hours); higher `priority` goes first."""

    key: str
    slot: datetime
    kind: Kind
    due_at: datetime
    priority: float
    why: str
    max_requests: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`start` begins now, in this order; `waiting` is due and has no room; `later` is what comes after.

    `next_at` is when something may change by itself: the earliest of `later`.
    """

    start: tuple[Run, ...]
    waiting: tuple[Run, ...]
    later: tuple[Run, ...]

    @property
    def next_at(self) -> datetime | None:
        """The earliest moment at which another run may begin."""
        return min((run.due_at for run in self.later), default=None)


def decide(
    entries: Iterable[Entry],
    done: Mapping[str, Done],
    now: datetime,
    *,
    at_once: int,
    resumed_at: datetime,
    lives: Mapping[str, Life] | None = None,
) -> Decision:
    """Return what begins at *now*, what waits for room, and what comes later.

    *resumed_at* is when the schedule came up, or woke: slots missed before it are made up for by ONE run
    each, spread over their jitter. A portal that `done` does not know is met for the first time now.
    """
    lives = lives or {}
    resumed_at = min(resumed_at, now)
    ready: list[Run] = []
    later: list[Run] = []
    for entry in entries:
        known = done.get(entry.key) or Done(entry.key, now)
        if known.outcome == "running":
            continue
        run = _next_run(entry, known, now, resumed_at, lives.get(entry.key, Life()))
        (ready if run.due_at <= now else later).append(run)
    ready.sort(key=lambda run: (-run.priority, run.due_at, run.key))
    later.sort(key=lambda run: (run.due_at, -run.priority, run.key))
    room = max(0, at_once - sum(one.outcome == "running" for one in done.values()))
    return Decision(tuple(ready[:room]), tuple(ready[room:]), tuple(later))


def mended(known: Done, now: datetime) -> Done:
    """Return *known* without times that a wrong clock has noted far ahead: the portal would wait for them."""
    if known.slot is not None and known.slot > now + _AHEAD:
        known = replace(known, slot=now)
    if known.known_since > now + _AHEAD:
        known = replace(known, known_since=now)
    if known.ended_at is not None and known.ended_at > now + _AHEAD:
        known = replace(known, ended_at=now)
    return known


def begun(known: Done, run: Run, now: datetime) -> Done:
    """Return what is known once *run* has begun: its slot is taken, before anything is asked of the host."""
    again = known.slot == run.slot
    return replace(
        known, slot=run.slot, begun_at=now, ended_at=None, outcome="running", reason="",
        tries=known.tries + 1 if again else 1,
    )  # fmt: skip


def ended(known: Done, reason: str, now: datetime) -> Done:
    """Return what is known once the run has ended as `crawls.reason` says: finished, interrupted, failed …"""
    cut = reason in ("interrupted", "died") and known.tries < MOST_TRIES
    outcome: Outcome = "cut" if cut else "done" if reason in ("finished", "budget") else "failed"
    failures = known.failures if cut else known.failures + 1 if outcome == "failed" else 0
    return replace(known, ended_at=now, outcome=outcome, reason=reason, failures=failures)


def _next_run(entry: Entry, known: Done, now: datetime, resumed_at: datetime, life: Life) -> Run:
    slot, kind, due_at, why = _due(entry, known, now, resumed_at)
    # All that wait for the end of the same quiet hours would begin in one second: they are spread, too.
    spread = jitter_of(entry.key, slot, entry.jitter_s)
    if (quiet := quiet_until(due_at, entry.quiet)) is not None:
        due_at, why = quiet + spread, f"{why}, after the quiet hours"
    if due_at <= now and (quiet := quiet_until(now, entry.quiet)) is not None:
        due_at, why = quiet + spread, f"{why}, held by the quiet hours"
    late = max(0.0, (now - slot).total_seconds()) / max(1.0, entry.cadence.period_s)
    priority = entry.weight * (1 + math.log2(1 + life.per_day)) * (1 + 2 * life.risk) * (1 + min(4.0, late))
    if kind == "resume":
        priority *= _RESUMED_FIRST
    return Run(entry.key, slot, kind, due_at, round(priority, 3), why, entry.max_requests)


def _due(
    entry: Entry, known: Done, now: datetime, resumed_at: datetime
) -> tuple[datetime, Kind, datetime, str]:
    """Return (slot, kind, when it may begin, why)."""
    if known.outcome == "cut" and known.slot is not None:
        spread = jitter_of(entry.key, known.slot, min(entry.jitter_s, _RESUME_SPREAD_S))
        since = max(min(known.ended_at or now, now), resumed_at)
        return known.slot, "resume", since + spread, f"goes on where it was cut short ({known.reason})"
    after = known.slot or _anchor(entry, known)
    slot = entry.cadence.latest(entry.key, after, now)
    if slot is not None:
        due_at = slot + jitter_of(entry.key, slot, entry.jitter_s)
        first: Kind = "first" if known.slot is None else "regular"
        if slot < resumed_at:
            # Missed while nobody looked: one run for all that was missed, spread from when we came back.
            spread = jitter_of(entry.key, slot, entry.jitter_s)
            return slot, first, max(due_at, resumed_at + spread), f"{entry.cadence}: due since {_clock(slot)}"
        return slot, first, due_at, f"{entry.cadence}: due at {_clock(slot)}"
    upcoming = entry.cadence.next(entry.key, after if after is not None else now)
    upcoming_at = upcoming + jitter_of(entry.key, upcoming, entry.jitter_s)
    if known.outcome == "failed" and entry.retry_s and known.ended_at is not None:
        wait = min(_LONGEST_RETRY, timedelta(seconds=entry.retry_s * 2 ** min(10, known.failures - 1)))
        again = known.ended_at + wait
        if again < upcoming:
            why = f"tried again {length_text(round(wait.total_seconds()))} after it failed ({known.reason})"
            return again, "retry", again, why
    return upcoming, "regular", upcoming_at, f"{entry.cadence}: next at {_clock(upcoming)}"


def _anchor(entry: Entry, known: Done) -> datetime | None:
    """Return from when on slots count for a portal that never ran: "every" begins at once, cron waits."""
    return known.ended_at if isinstance(entry.cadence, Every) else known.known_since


@lru_cache(maxsize=4096)
def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
