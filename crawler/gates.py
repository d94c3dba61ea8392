"""One gate a host: when the next request may leave, over retries, redirects, runs and processes (I6).

A gap counts from the first byte of an answer, when the server has certainly seen the request, so that
the server never sees two requests closer than the delay however slowly connections are made.
"""

import fcntl
import hashlib
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

# A Crawl-delay beyond this would make a portal of 10,000 pages take a week; 60 s is asked of us at most.
MAX_CRAWL_DELAY_S = 60.0
_MAX_DELAY_S = 120.0
_MAX_PAUSE_S = 3600.0
_FIRST_PAUSE_S = 5.0
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
# A stamp further ahead than this was written with another clock.
_SANE_AHEAD_S = _MAX_PAUSE_S * 2


@dataclass(slots=True)
class Gate:
    """The pacing of one host. All times in seconds; `delay_s` may grow during a run and never shrinks.

    `failures` counts failures in a row (no answer, 5xx), `strikes` how often the host asked to slow down
    since it last answered well for a while.
    """

    host: str
    delay_s: float
    shared: Path | None = None
    # The machine's clock may be set while we run; only what other processes read is written by it.
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    first_pause_s: float = _FIRST_PAUSE_S
    next_at: float = 0.0
    strikes: int = 0
    failures: int = 0
    _last_at: float = 0.0
    _well: int = 0
    _calm: int = 0
    _slow_at: dict[int, int] = field(default_factory=dict)
    _jitter: random.Random = field(default_factory=random.Random)

    def wait_s(self) -> float:
        """Return how long to wait; 0 means: go now, and this turn is taken."""
        now = self.clock()
        if self.next_at > now:
            return self.next_at - now
        return self._take_shared_turn(self.wall())

    def answered(self, first_byte_at: float | None = None) -> None:
        """Count the delay from the answer's first byte (by `clock`), or from now where there was none."""
        begun = self.clock() if first_byte_at is None else first_byte_at
        self._last_at = begun
        gap = self.delay_s * (1 + _JITTER * self._jitter.random())
        self.next_at = max(self.next_at, begun + gap)
        self._write_stamp()

    def slow_down(self, retry_after_s: float | None) -> float:
        """Note that the host asked to slow down; return the pause, in which nothing is asked of it.

        Each time doubles the pause and makes the delay half as long again, for the rest of the run.
        """
        self.strikes += 1
        self._calm = 0
        pause = min(_MAX_PAUSE_S, self.first_pause_s * float(2 ** (self.strikes - 1)))
        pause = max(pause, min(retry_after_s or 0.0, _MAX_PAUSE_S))
        self.delay_s = min(_MAX_DELAY_S, max(self.delay_s, _LEAST_SLOW_S) * 1.5)
        self.next_at = max(self.next_at, self.clock() + pause)
        self._write_stamp()
        return pause

    def went_well(self) -> None:
        """Note a good answer. After a run of them the next pause begins short again; the delay stays."""
        self._well += 1
        self._calm += 1
        if self._calm >= _CALM_AFTER:
            self.strikes = 0

    @property
    def had_enough(self) -> str:
        """Why the host is to be left alone for this run; "" while it is not."""
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
        return min(_MAX_PAUSE_S, self.first_pause_s * float(2 ** max(0, attempts - 1)))

    def _take_shared_turn(self, now: float) -> float:
        """Ask the other processes of this user, and reserve the turn against them; without delay, go."""
        if self.shared is None or not self.delay_s:
            return 0.0
        try:
            with _locked(self.shared) as handle:
                theirs = _read_stamp(handle)
                if now < theirs < now + _SANE_AHEAD_S:
                    return theirs - now
                _write_stamp(handle, now + self.delay_s)
        except OSError:
            return 0.0  # politeness among our own processes is all that is lost
        return 0.0

    def _write_stamp(self) -> None:
        if self.shared is None or not self.delay_s:
            return
        try:
            with _locked(self.shared) as handle:
                at = self.wall() + self.next_at - self.clock()
                if _read_stamp(handle) < at:
                    _write_stamp(handle, at)
        except OSError:
            return


class Gates:
    """The gates of a crawl, one for each host; `www.` and the bare name share one."""

    def __init__(
        self, delay_s: float, *, shared: Path | None = None, first_pause_s: float = _FIRST_PAUSE_S
    ) -> None:
        self.delay_s = delay_s
        self._shared = shared
        self._first_pause_s = first_pause_s
        self._gates: dict[str, Gate] = {}

    def of(self, host: str) -> Gate:
        """Return the gate of host[:port]."""
        key = host.lower().removeprefix("www.")
        if key not in self._gates:
            path = self._shared / hashlib.sha256(key.encode()).hexdigest()[:32] if self._shared else None
            self._gates[key] = Gate(key, self.delay_s, path, first_pause_s=self._first_pause_s)
        return self._gates[key]


def shared_folder() -> Path | None:
    """Return the folder where this user's crawls tell one another when each host was asked, or None."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    folder = (Path(base) if base else Path.home() / ".cache") / "khocong" / "hosts"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return folder


class _locked:
    """An open, exclusively locked file; the lock ends with the block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1

    def __enter__(self) -> int:
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        return self._handle

    def __exit__(self, *_exception: object) -> None:
        os.close(self._handle)


def _read_stamp(handle: int) -> float:
    try:
        return float(os.pread(handle, 40, 0))
    except ValueError:
        return 0.0


def _write_stamp(handle: int, at: float) -> None:
    data = f"{at:.6f}".encode()
    os.pwrite(handle, data, 0)
    os.ftruncate(handle, len(data))
