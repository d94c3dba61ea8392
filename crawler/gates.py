"""One gate a host: when the next request may leave, over retries, redirects, runs and processes (I6).

A gap counts from the first byte of an answer, when the server has certainly seen the request, so that
the server never sees two requests closer than the delay however slowly connections are made.
"""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from crawler.manners import Manners
from crawler.stamps import Stamp, shared_folder, stamp_path
from crawler.tally import Options

logger = logging.getLogger(__name__)

__all__ = ["MAX_CRAWL_DELAY_S", "Gate", "Gates", "shared_folder"]

# A Crawl-delay beyond this would make a portal of 10,000 pages take a week; 60 s is asked of us at most.
MAX_CRAWL_DELAY_S = 60.0
_MAX_DELAY_S = 120.0
# A host that wants a longer pause is left alone, and the run ends: its URLs wait for another run.
MAX_PAUSE_S = 3600.0
# "Come back in a year" is a fault of the server; a day is believed.
MAX_RETRY_AFTER_S = 86_400.0
_FIRST_PAUSE_S = 5.0
# Between failures in a row; ten of them then take five minutes, and the host is left alone.
_MAX_FAULT_PAUSE_S = 60.0
# A crawl without any delay gets one when the host complains.
_LEAST_SLOW_S = 0.1
# Requests that come like clockwork all fall into the same second of a server's own jobs.
_JITTER = 0.05
# A host that fails so often in a row is left alone; its URLs stay pending for another day.
MAX_FAILURES = 10
MAX_STRIKES = 9
# So many good answers in a row show that a host has recovered.
_CALM_AFTER = 20
_PATIENCE = 3
# On our own machine, where there is no delay: the next answer is on its way while one is taken. Not more, as
# what is on its way when a crawl is killed will be asked for again.
AT_ONCE = 2
# Quiet hours are those of the portal's own staff. Vietnam has had no summer time since 1975.
_HANOI = timezone(timedelta(hours=7))


@dataclass(slots=True)
class Gate:
    """The pacing of one host. All times in seconds; `delay_s` may grow during a run and never shrinks.

    `failures` counts failures in a row (no answer, 5xx), `strikes` how often the host asked to slow down
    since it last answered well for a while. In `quiet_hours` ("07:00-11:30", time of Hanoi) nothing is asked.
    """

    host: str
    delay_s: float
    shared: Path | None = None
    # The machine's clock may be set while we run; only what other processes read is written by it.
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    first_pause_s: float = _FIRST_PAUSE_S
    quiet_hours: str | None = None
    next_at: float = 0.0
    strikes: int = 0
    failures: int = 0
    manners: Manners = field(default_factory=Manners)
    _last_at: float = 0.0
    _well: int = 0
    _calm: int = 0
    _slow_at: dict[int, int] = field(default_factory=dict)
    _jitter: random.Random = field(default_factory=random.Random)
    _stamp: Stamp | None = None
    _closed_until: float = 0.0
    _told_quiet: bool = False

    def __post_init__(self) -> None:
        self._stamp = Stamp(self.shared) if self.shared is not None else None

    def wait_s(self) -> float:
        """Return how long to wait; 0 means: go now, and this turn is taken until `answered`."""
        now, wall = self.clock(), self.wall()
        if (quiet := self._quiet_s(wall)) > 0:
            if not self._told_quiet:
                logger.info("quiet hours of %s: nothing is asked for %.0f minutes", self.host, quiet / 60)
            self._told_quiet = True
            return quiet
        self._told_quiet = False
        if self.next_at > now:
            return self.next_at - now
        wait = self._stamp.take(wall, self.delay_s) if self._stamp is not None and self.delay_s else 0.0
        if wait <= 0:
            self.manners.go(now, self._last_at, self.delay_s)
        if wait > MAX_PAUSE_S:
            self._closed_until = wall + wait
        return wait

    def answered(self, first_byte_at: float | None = None) -> None:
        """Count the delay from the answer's first byte (by `clock`), or from now where there was none."""
        begun = self.clock() if first_byte_at is None else first_byte_at
        self._last_at = begun
        gap = self.delay_s * (1 + _JITTER * self._jitter.random())
        self.next_at = max(self.next_at, begun + gap)
        self._tell()

    def release(self) -> None:
        """Give up a turn that was taken and not used."""
        if self._stamp is not None:
            self._stamp.release()

    def slow_down(self, retry_after_s: float | None) -> float:
        """Note that the host asked to slow down; return the pause, in which nothing is asked of it.

        Each time doubles the pause and makes the delay half as long again, for the rest of the run. A
        Retry-After is kept up to a day; beyond an hour the host is left alone for this run.
        """
        self.strikes += 1
        self._calm = 0
        pause = min(MAX_PAUSE_S, self.first_pause_s * float(2 ** (self.strikes - 1)))
        pause = max(pause, min(retry_after_s or 0.0, MAX_RETRY_AFTER_S))
        self.manners.asked_to_wait(self.clock(), min(retry_after_s or 0.0, MAX_RETRY_AFTER_S))
        if pause > MAX_PAUSE_S:
            self._closed_until = self.wall() + pause
        slower = min(_MAX_DELAY_S, max(self.delay_s, _LEAST_SLOW_S) * 1.5)
        self.delay_s = max(self.delay_s, slower)
        self._pause(pause)
        return pause

    def failed(self, *, again: bool) -> None:
        """Note whether the host failed (no answer, 5xx): from the second in a row on the pauses grow."""
        self.failures = self.failures + 1 if again else 0
        if self.failures > 1:
            self._pause(min(_MAX_FAULT_PAUSE_S, self.first_pause_s * float(2 ** (self.failures - 2))))

    def went_well(self) -> None:
        """Note a good answer. After a run of them the next pause begins short again; the delay stays."""
        self._well += 1
        self._calm += 1
        if self._calm >= _CALM_AFTER:
            self.strikes = 0

    @property
    def had_enough(self) -> str:
        """Why the host is to be left alone for this run; "" while it is not."""
        if self._closed_until > self.wall():
            until = datetime.fromtimestamp(self._closed_until, UTC).astimezone(_HANOI)
            return f"asked to be left alone until {until:%Y-%m-%d %H:%M}"
        if self.failures >= MAX_FAILURES:
            return f"failed {self.failures} times in a row"
        return f"asked for patience {self.strikes} times in a row" if self.strikes > MAX_STRIKES else ""

    def page_is_to_blame(self, url_id: int, attempts: int) -> bool:
        """Say whether a page asks for patience each time while the host serves its others well.

        Such a page must not slow the whole host for ever: a broken page that always answers 503 is one.
        """
        before, self._slow_at[url_id] = self._slow_at.get(url_id), self._well
        return attempts >= _PATIENCE and before is not None and self._well - before >= 3

    def ask_for(self, crawl_delay_s: float) -> None:
        """Honour robots.txt's Crawl-delay, up to a sane length; it never makes the delay shorter."""
        self.delay_s = max(self.delay_s, min(crawl_delay_s, MAX_CRAWL_DELAY_S))
        # The answer that says so was a request too.
        self.next_at = max(self.next_at, self._last_at + self.delay_s)

    def backoff_s(self, attempts: int) -> float:
        """Return how long a URL waits after it failed for the *attempts*-th time."""
        return min(MAX_PAUSE_S, self.first_pause_s * float(2 ** max(0, attempts - 1)))

    def _pause(self, pause_s: float) -> None:
        self.next_at = max(self.next_at, self.clock() + pause_s)
        self._tell()

    def _tell(self) -> None:
        if self._stamp is None:
            return
        if not self.delay_s:
            self._stamp.release()
            return
        now, ahead = self.wall(), self.wall() - self.clock()
        self._stamp.put(self._last_at + ahead, self.next_at + ahead, now)

    def _quiet_s(self, wall: float) -> float:
        """Return how long the quiet hours still last, 0 outside of them."""
        if self.quiet_hours is None:
            return 0.0
        begin, end = (int(word[:2]) * 3600 + int(word[3:]) * 60 for word in self.quiet_hours.split("-"))
        at = datetime.fromtimestamp(wall, UTC).astimezone(_HANOI)
        now = at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6
        length, since = (end - begin) % 86_400, (now - begin) % 86_400
        return max(0.0, length - since)


class Gates:
    """The gates of a crawl, one for each host; `www.` and the bare name share one."""

    def __init__(
        self,
        delay_s: float,
        *,
        shared: Path | None = None,
        first_pause_s: float = _FIRST_PAUSE_S,
        quiet_hours: str | None = None,
        at_once: int = 1,
    ) -> None:
        self.delay_s = delay_s
        self._at_once = at_once
        self._shared = shared
        self._first_pause_s = first_pause_s
        self._quiet_hours = quiet_hours
        self._gates: dict[str, Gate] = {}

    @classmethod
    def for_run(cls, options: Options) -> "Gates":
        """Return the gates of one run, which takes turns with this user's other crawls."""
        return cls(
            options.delay_s,
            shared=shared_folder(),
            first_pause_s=options.first_pause_s,
            quiet_hours=options.quiet_hours,
            at_once=AT_ONCE if options.allow_private else 1,
        )

    @property
    def at_once(self) -> int:
        """How many requests may be on their way: one, unless no host of the crawl has or wants a delay."""
        paced = self.delay_s or any(gate.delay_s for gate in self._gates.values())
        return 1 if paced else self._at_once

    def of(self, host: str) -> Gate:
        """Return the gate of host[:port]."""
        key = host.lower().removeprefix("www.")
        if key not in self._gates:
            self._gates[key] = Gate(
                key, self.delay_s, stamp_path(self._shared, key),
                first_pause_s=self._first_pause_s, quiet_hours=self._quiet_hours,
            )  # fmt: skip
        return self._gates[key]

    def manners(self) -> dict[str, Manners]:
        """Return what was measured at each host's gate."""
        return {host: gate.manners for host, gate in self._gates.items()}

    def release(self) -> None:
        """Give up the turns that were taken and not used, for the crawls of other processes."""
        for gate in self._gates.values():
            gate.release()
