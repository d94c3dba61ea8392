"""`khocong schedule` while it runs: looks what is due, has it crawled, remembers, and ends in order.

The loop is APScheduler's, with one job that looks. Two things are ours: it never sleeps longer than a look
by the monotonic clock, and it notices when the wall clock is set, so that neither a clock set back nor a
machine that slept holds anything up.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.base import STATE_STOPPED
from apscheduler.schedulers.blocking import BlockingScheduler

from archive.database import DATABASE_NAME, open_archive
from crawler import registry
from crawler.scheduling import lives as life_of
from crawler.scheduling.deciding import Decision, Done, Life, Run, begun, decide, ended, mended
from crawler.scheduling.foreman import Foreman
from crawler.scheduling.keeping import Memory
from crawler.scheduling.timetable import Entry, Timetable

logger = logging.getLogger(__name__)

LOOK_S = 5.0
# How portals live is counted anew so often: it takes a pass over the newest articles.
_LIVES_EVERY_S = 900.0
# The wall clock may run a little apart from the monotonic one; more than this was set by somebody.
_SET_S = 30.0
# A process that ends at once, again and again, is not started again at once.
_LONGEST_REST_S = 600.0

# A process that never runs out of portals is renewed: what it did is sealed, and copies are looked for.
_RENEW_S = 12 * 3600.0

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Known:
    """What the schedule knows before it decides: the wishes and the life of each portal."""

    entries: dict[str, Entry]
    lives: dict[str, Life]
    crawls: dict[str, tuple[str, str, str | None, str | None]]


def look_around(archive_dir: Path, timetable: Timetable, now: datetime) -> Known:
    """Return what is known of the portals now; an archive that is not there yet knows none."""
    keys: list[str] = []
    crawls: dict[str, tuple[str, str, str | None, str | None]] = {}
    connection = None
    db = open_archive(archive_dir, write=False) if (archive_dir / DATABASE_NAME).exists() else None
    try:
        if db is not None:
            connection = db.conn
            keys = [
                key for (key,) in connection.execute("SELECT portal_key FROM portals WHERE status <> 'dead'")
            ]
            crawls = life_of.last_crawls(connection)
        known = registry.load_all() if timetable.scope == "registry" or timetable.has_patterns else {}
        living = [key for key, config in known.items() if config.status != "dead"]
        wanted = timetable.keys(keys, living)
        entries = {key: timetable.entry(key, _quiet(key)) for key in wanted}
        return Known(entries, life_of.lives(connection, wanted, now), crawls)
    finally:
        if db is not None:
            db.close()


def recovered(done: dict[str, Done], known: Known, now: datetime) -> list[Done]:
    """Return the portals whose run the last schedule did not see end, with how it ended.

    The archive tells: a crawl for that slot that ended counts as it ended; one that did not, or was never
    begun, was cut short and goes on. Call it when no other process writes the archive.
    """
    found = []
    for key, one in done.items():
        if one.outcome != "running" or one.slot is None:
            continue
        purpose, _, ended_at, reason = known.crawls.get(key, ("", "", None, None))
        mine = purpose.endswith(f"{one.slot:%Y-%m-%dT%H:%M:%SZ}")
        if mine and ended_at is not None and reason is not None:
            found.append(ended(one, reason, datetime.fromisoformat(ended_at)))
        else:
            found.append(ended(one, "died", now))
    return found


class Schedule(BlockingScheduler):  # type: ignore[misc]  # APScheduler has no types
    """Runs in the foreground until `end` is called or a signal comes; *tell* is given what happens."""

    def __init__(
        self, archive_dir: Path, timetable: Timetable, memory: Memory, foreman_arguments: list[str],
        tell: Tell, *, once: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            timezone=UTC, executors={"default": DebugExecutor()},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )  # fmt: skip
        self._folder, self._timetable, self._memory, self._tell = archive_dir, timetable, memory, tell
        self._once = once
        self._woken = threading.Event()
        self._foreman = Foreman(
            archive_dir, parallel=timetable.at_once, arguments=foreman_arguments, wake=self._woken.set
        )
        self._ending = False
        self._done = memory.load()
        self._known = Known({}, {}, {})
        self._known_at = -_LIVES_EVERY_S
        self._resumed_at = _now()
        self._apart = self._resumed_at.timestamp() - time.monotonic()
        self._recovering = any(one.outcome == "running" for one in self._done.values())
        self._rest_s, self._rest_until = 0.0, 0.0
        self._said = ""
        self._begun: set[str] = set()

    def go(self) -> None:
        """Run until it is ended; SIGTERM and Ctrl-C end it in order. The crawling process is ended, too."""
        self.add_job(self._look, "interval", seconds=LOOK_S, id="look", next_run_time=_now())
        before = {
            number: signal.signal(number, self._signalled) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            self.start()
        finally:
            self._foreman.stop()
            self._take_events()
            for number, handler in before.items():
                signal.signal(number, handler)

    def end(self) -> None:
        """Come to an end at the next turn of the loop."""
        self._ending = True
        self._woken.set()

    def _main_loop(self) -> None:
        while self.state != STATE_STOPPED and not self._ending:
            self._woken.wait(LOOK_S)
            if self._woken.is_set():
                self._woken.clear()
                self.modify_job("look", next_run_time=_now())
            self._check_clock()
            self._process_jobs()

    def _check_clock(self) -> None:
        now = _now()
        apart = now.timestamp() - time.monotonic()
        if abs(apart - self._apart) > _SET_S:
            words = f"the clock was set by {apart - self._apart:+.0f} s, or the machine slept"
            self._tell({"event": "clock", "why": words})
            if apart > self._apart:
                self._resumed_at = now
            self.modify_job("look", next_run_time=now)
        self._apart = apart

    def _look(self) -> None:
        now = _now()
        self._take_events()
        if self._ending:
            return
        if time.monotonic() - self._known_at >= _LIVES_EVERY_S or self._recovering:
            self._known = look_around(self._folder, self._timetable, now)
            self._known_at = time.monotonic()
            self._meet(now)
        if busy := self._foreman.busy_with_others():
            self._say(f"waiting: {busy}")
            return
        if self._recovering:
            self._recovering = False
            for one in recovered(self._done, self._known, now):
                self._remember_end(one)
        if self._foreman.age_s > _RENEW_S:
            self._tell({"event": "renew", "why": "the crawling process is old; what it does is gone on with"})
            self._foreman.stop()
            return
        decision = decide(
            self._known.entries.values(), self._done, now, at_once=self._timetable.at_once,
            resumed_at=self._resumed_at, lives=self._known.lives,
        )  # fmt: skip
        if time.monotonic() >= self._rest_until:
            for run in decision.start:
                self._begin(run, now)
        self._announce(decision)
        if self._once and not decision.start and not self._foreman.is_up:
            self.end()

    def _meet(self, now: datetime) -> None:
        fresh = [
            life_of.met(key, now, self._known.crawls.get(key))
            for key in self._known.entries
            if key not in self._done
        ]
        mended_ones = [new for one in self._done.values() if (new := mended(one, now)) != one]
        self._memory.save([*fresh, *mended_ones])
        self._done |= {one.key: one for one in (*fresh, *mended_ones)}

    def _begin(self, run: Run, now: datetime) -> None:
        known = begun(self._done.get(run.key) or Done(run.key, now), run, now)
        self._memory.begin(known, run)
        self._begun.discard(run.key)
        self._done[run.key] = known
        self._tell(
            {
                "event": "due",
                "portal": run.key,
                "kind": run.kind,
                "slot": run.slot.isoformat(),
                "why": run.why,
            }
        )
        self._foreman.give(run, self._known.entries[run.key].quiet)

    def _take_events(self) -> None:
        while not self._foreman.events.empty():
            event = self._foreman.events.get()
            if event["event"] == "gone":
                self._process_gone(event)
                continue
            if event["event"] == "begun":
                self._begun.add(str(event.get("portal")))
            if event["event"] in ("ended", "refused"):
                self._rest_s = 0.0
                known = self._done.get(str(event.get("portal")))
                if known is not None and known.outcome == "running":
                    self._remember_end(ended(known, str(event.get("reason") or "failed"), _now()))
            self._tell(event)

    def _process_gone(self, event: dict[str, Any]) -> None:
        self._foreman.noticed_end()
        left = [key for key in event["left"] if self._done[key].outcome == "running"]
        for key in left:
            known = self._done[key]
            if key not in self._begun:
                # It was handed over and not begun: that is no try.
                known = replace(known, tries=max(0, known.tries - 1))
            self._remember_end(ended(known, "died", _now()))
        if event["code"] and not self._ending:
            # What ends it at once (a full disk, an archive that is locked) will not pass in a second.
            self._rest_s = min(_LONGEST_REST_S, max(LOOK_S, self._rest_s * 2))
            self._rest_until = time.monotonic() + self._rest_s
            self._tell({"event": "trouble", "code": event["code"], "left": left, "rest_s": self._rest_s})

    def _remember_end(self, one: Done) -> None:
        self._memory.end(one)
        self._done[one.key] = one

    def _announce(self, decision: Decision) -> None:
        following = decision.next_at
        running = sum(one.outcome == "running" for one in self._done.values())
        words = f"{running} running, {len(decision.waiting)} waiting for room"
        if not running and following is not None and decision.later:
            words = f"next: {decision.later[0].key} at {following:%Y-%m-%d %H:%M:%S} UTC"
        self._say(words)

    def _say(self, words: str) -> None:
        if words != self._said:
            self._said = words
            self._tell({"event": "state", "why": words})

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        self.end()


def what_is_due(archive_dir: Path, timetable: Timetable, now: datetime) -> tuple[Known, Decision]:
    """Return what `khocong schedule` would do now, looking at its memory and changing nothing."""
    known = look_around(archive_dir, timetable, now)
    with Memory(archive_dir, write=False) as memory:
        done = memory.load()
    for key in known.entries:
        done.setdefault(key, life_of.met(key, now, known.crawls.get(key)))
    # As if it had always been up: jitter after a start is not what is asked for.
    resumed_at = now - timedelta(days=400)
    decision = decide(
        known.entries.values(), {key: mended(one, now) for key, one in done.items()}, now,
        at_once=timetable.at_once, resumed_at=resumed_at, lives=known.lives,
    )  # fmt: skip
    return known, decision


def _quiet(key: str) -> str | None:
    config = registry.find(key)
    return config.politeness.quiet_hours if config else None


def _now() -> datetime:
    return datetime.now(UTC)
