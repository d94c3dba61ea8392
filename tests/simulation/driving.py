"""Drives the decision core of `khocong schedule` through a made-up month, with everything that goes wrong.

Real time runs evenly; the wall clock that the schedule sees is set forward and back at random; the schedule
is stopped, killed and started again at random, in the middle of its runs; portals fail as `month` says.
Requests pass the real gates with their files, on the simulated clock. ``drive(seed, folder)`` returns the
`History`: what ran when, and what the gates let through.
"""

import bisect
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from crawler.gates import Gate
from crawler.scheduling.cadence import Cron, Every, parse_cron
from crawler.scheduling.deciding import Done, Life, Run, begun, decide, ended, mended
from crawler.scheduling.timetable import Entry
from crawler.stamps import stamp_path
from tests.simulation.month import BEGIN, DAYS, DELAY_S, Month, Seen

AT_ONCE = 8
END = BEGIN + timedelta(days=DAYS)
# So many requests of each run pass the real gate; the rest would tell nothing more.
GATED = 6
_PATIENCE = timedelta(hours=6)


@dataclass
class Ran:
    """One run as it was: `begun_at` and `ended_at` in true time, `wall` what the clock said as it began.

    `how` is "" for one that came to its end, else "stopped" or "killed" with the schedule. `up_since` is
    when the schedule that ran it came up, by the wall clock.
    """

    run: Run
    begun_at: datetime
    wall: datetime
    ended_at: datetime
    up_since: datetime
    seen: Seen | None = None
    how: str = ""


@dataclass
class History:
    """What happened: runs in order of begin, the schedule's absences, what the clock was set to, requests."""

    month: Month
    entries: dict[str, Entry]
    ran: list[Ran] = field(default_factory=list)
    down: list[tuple[datetime, datetime]] = field(default_factory=list)
    clock: list[tuple[datetime, timedelta]] = field(default_factory=list)
    requests: dict[str, list[float]] = field(default_factory=dict)
    most_at_once: int = 0
    looks: int = 0

    def wall(self, at: datetime) -> datetime:
        """Return what the clock said at a true moment."""
        number = bisect.bisect_right([moment for moment, _ in self.clock], at) - 1
        return at + (self.clock[number][1] if number >= 0 else timedelta())

    @property
    def whole(self) -> list[Ran]:
        """The runs that came to their end."""
        return [one for one in self.ran if not one.how]

    @property
    def seen(self) -> list[Seen]:
        """What those saw, in order of begin: what a judge of drift is given."""
        return [one.seen for one in sorted(self.whole, key=lambda one: one.begun_at) if one.seen is not None]


def entries_of(month: Month, chance: random.Random) -> dict[str, Entry]:
    """Return sixty different wishes: intervals and cron in three time zones, quiet hours, jitter."""
    made = {}
    for key in month.portals:
        cadence: Every | Cron = chance.choice(
            (
                Every(24 * 3600), Every(24 * 3600), Every(12 * 3600), Every(6 * 3600), Every(36 * 3600),
                parse_cron("30 2 * * *", "Europe/Berlin"),
                parse_cron("15 */8 * * *", "Asia/Ho_Chi_Minh"),
                parse_cron("5 1 * * 1-5", "Asia/Ho_Chi_Minh"),
                parse_cron("0 2 * * *", "America/New_York"),
            )
        )  # fmt: skip
        made[key] = Entry(
            key,
            cadence,
            quiet=chance.choice(((), (), ("07:00-11:30",), ("22:00-05:00",))),
            jitter_s=chance.choice((0, 600, 1800, 3600)),
            retry_s=chance.choice((0, 6 * 3600)),
            weight=chance.choice((0.25, 1.0, 1.0, 4.0)),
        )
    return made


def drive(seed: int, folder: Path) -> History:
    """Return what a month was like."""
    chance = random.Random(f"drive {seed}")
    month = Month(seed)
    return _Drive(History(month, entries_of(month, chance)), chance, folder).go()


class _Drive:
    def __init__(self, history: History, chance: random.Random, folder: Path) -> None:
        self.history, self.chance, self.folder = history, chance, folder
        self.done: dict[str, Done] = {}
        self.running: dict[str, tuple[Ran, datetime]] = {}
        self.since: dict[str, datetime] = {key: BEGIN - timedelta(days=1) for key in history.month.portals}
        self.lives = {key: Life(one.per_day) for key, one in history.month.portals.items()}
        self.offset = timedelta()
        self._plan()

    def _plan(self) -> None:
        """Choose when the schedule goes away and for how long, and when the clock is set by how much."""
        at = BEGIN + timedelta(hours=self.chance.uniform(5, 40))
        while at < END:
            away = timedelta(minutes=self.chance.choice((0.2, 2, 30, 400, 1700)))
            self.history.down.append((at, at + away))
            at += away + timedelta(hours=self.chance.uniform(6, 90))
        moments = sorted(BEGIN + timedelta(hours=self.chance.uniform(3, 700)) for _ in range(6))
        offset = timedelta()
        for moment in moments:
            offset += timedelta(minutes=self.chance.choice((-130, -61, -7, -0.5, 0.5, 7, 61, 130)))
            self.history.clock.append((moment, offset))

    def go(self) -> History:
        at, came_up = BEGIN, BEGIN
        stops = [(*span, self.chance.choice(("stopped", "killed"))) for span in self.history.down]
        self.history.down.clear()
        sets = [moment for moment, _ in self.history.clock]
        while at < END:
            # In the middle of a run, when there is one in the next hours.
            if stops and at >= stops[0][0] and (self.running or at >= stops[0][0] + _PATIENCE):
                begin, end, how = stops.pop(0)
                self._go_away(at, how)
                self.history.down.append((at, at + (end - begin)))
                at = came_up = at + (end - begin)
                # As `khocong schedule` does when it comes up: what ran is looked up, and was cut short.
                for key, known in self.done.items():
                    if known.outcome == "running":
                        self.done[key] = ended(known, "died", self.history.wall(at))
                continue
            if sets and at >= sets[0]:
                before = self.history.wall(sets.pop(0) - timedelta(microseconds=1))
                if self.history.wall(at) > before + timedelta(minutes=1):
                    came_up = at  # the loop sees the jump, and what was jumped over is made up for
            self._end_those_that_ended(at)
            wait = self._look(at, self.history.wall(came_up))
            following = [at + timedelta(seconds=wait), END]
            following += [until for _, until in self.running.values()]
            following += [
                moment for moment in (stops[0][0] if stops else END, sets[0] if sets else END) if moment > at
            ]
            if stops and at >= stops[0][0] and self.running:
                following.append(at + timedelta(seconds=self.chance.uniform(2, 30)))
            at = max(at + timedelta(seconds=1), min(following))
        self._go_away(END, "stopped")
        self.history.ran.sort(key=lambda one: one.begun_at)
        return self.history

    def _look(self, at: datetime, up_since: datetime) -> float:
        """Decide and begin; return the seconds until something may change by itself."""
        self.history.looks += 1
        wall = self.history.wall(at)
        self.done = {key: mended(known, wall) for key, known in self.done.items()}
        decision = decide(
            self.history.entries.values(),
            self.done,
            wall,
            at_once=AT_ONCE,
            resumed_at=up_since,
            lives=self.lives,
        )
        for run in decision.start:
            known = self.done.get(run.key) or Done(run.key, wall)
            self.done[run.key] = begun(known, run, wall)
            assert run.key not in self.running, f"{run.key} would run twice at once"
            seen = self.history.month.crawl(run.key, at, self.since[run.key])
            ran = Ran(run, at, wall, at, up_since, seen)
            self.running[run.key] = (ran, seen.ended_at)
        for key in self.history.entries:
            self.done.setdefault(key, Done(key, wall))
        self.history.most_at_once = max(self.history.most_at_once, len(self.running))
        return max(1.0, (decision.next_at - wall).total_seconds()) if decision.next_at else 3600.0

    def _end_those_that_ended(self, at: datetime) -> None:
        for key, (ran, until) in list(self.running.items()):
            if until <= at:
                del self.running[key]
                self._close(ran, until, "")
                assert ran.seen is not None
                self.done[key] = ended(self.done[key], ran.seen.outcome, self.history.wall(at))
                if ran.seen.read:
                    self.since[key] = ran.begun_at

    def _go_away(self, at: datetime, how: str) -> None:
        self._end_those_that_ended(at)
        for key, (ran, _) in self.running.items():
            self._close(ran, at, how)
            if how == "stopped":
                self.done[key] = ended(self.done[key], "interrupted", self.history.wall(at))
        self.running.clear()

    def _close(self, ran: Ran, at: datetime, how: str) -> None:
        ran.ended_at, ran.how = at, how
        self.history.ran.append(ran)
        self._ask(ran)

    def _ask(self, ran: Ran) -> None:
        """Let the run's first requests, and one near its end, pass the host's gate."""
        moment = ran.begun_at.timestamp()
        end = ran.ended_at.timestamp()
        now = [moment]
        gate = Gate(
            ran.run.key, DELAY_S, stamp_path(self.folder, ran.run.key), clock=lambda: now[0],
            wall=lambda: now[0] + self._offset_at(ran, now[0]),
        )  # fmt: skip
        log = self.history.requests.setdefault(ran.run.key, [])
        for _ in range(GATED):
            while (wait := gate.wait_s()) > 0:
                now[0] += max(wait, 1e-4)
            if now[0] >= end:
                gate.release()
                return
            log.append(now[0])
            now[0] += self.chance.uniform(0.01, 0.6)
            gate.answered(now[0])

    def _offset_at(self, ran: Ran, moment: float) -> float:
        true = ran.begun_at + timedelta(seconds=moment - ran.begun_at.timestamp())
        return (self.history.wall(true) - true).total_seconds()
