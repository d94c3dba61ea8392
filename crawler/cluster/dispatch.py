"""Gives tasks out, a host's never two at a time, until all have ended or the user has had enough."""

import contextlib
import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from archive.errors import KhoCongError
from crawler.cluster.engines import Engine
from crawler.cluster.jobs import Job, Result

_LOOK_S = 0.5
_QUIET_TICKS_S = 10.0
_BUSY_AGAIN_S = 2.0
_TRIES = 3
# A task ends within some 15 s of being told; what does not is let be, and goes on in its shard another time.
_END_S = 25.0


@dataclass(slots=True)
class Given:
    """What came of the tasks that were given out."""

    made: list[dict[str, Any]] = field(default_factory=list)
    shards: set[tuple[str, str]] = field(default_factory=set)
    skipped: list[Job] = field(default_factory=list)
    interrupted: bool = False


class Dispatcher:
    """Gives *jobs* to *engine*; *on_end* is told what each made, *say* gets lines for people."""

    def __init__(
        self,
        engine: Engine,
        jobs: Sequence[Job],
        *,
        on_end: Callable[[dict[str, Any]], None] = lambda _made: None,
        say: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self._engine = engine
        self._total = len(jobs)
        self._waiting: deque[tuple[float, Job]] = deque((0.0, job) for job in jobs)
        self._running: dict[Future[Result], Job] = {}
        self._done: queue.Queue[Future[Result]] = queue.Queue()
        self._tries: Counter[str] = Counter()
        self._on_end = on_end
        self._say = say
        self._said = time.monotonic()
        self._given = Given()

    def run(self) -> Given:
        """Give all tasks out and return what they made. After Ctrl-C what runs is told to end."""
        try:
            while self._waiting or self._running:
                self._start()
                self._look(_LOOK_S)
        except KeyboardInterrupt:
            self._end()
        return self._given

    def _start(self) -> None:
        now = time.monotonic()
        asked = {host for job in self._running.values() for host in job.hosts}
        room = self._engine.slots - len(self._running)
        later: deque[tuple[float, Job]] = deque()
        while self._waiting and room > 0:
            at, job = self._waiting.popleft()
            if at > now or not asked.isdisjoint(job.hosts):
                later.append((at, job))
                continue
            asked.update(job.hosts)
            room -= 1
            future = self._engine.submit(job)
            self._running[future] = job
            future.add_done_callback(self._done.put)
        self._waiting.extendleft(reversed(later))

    def _look(self, wait_s: float) -> None:
        with contextlib.suppress(queue.Empty):
            future = self._done.get(timeout=wait_s)
            self._note(self._running.pop(future), future)
        if time.monotonic() - self._said >= _QUIET_TICKS_S:
            self._said = time.monotonic()
            nobody = (
                "" if self._engine.slots else "; the scheduler has no workers: start some with `dask worker`"
            )
            self._say(
                f"{len(self._given.made)} of {self._total} done, {len(self._running)} running,"
                f" {len(self._waiting)} waiting{nobody}"
            )

    def _note(self, job: Job, future: "Future[Result]") -> None:
        try:
            result = future.result()
        except Exception as error:  # a worker may die of anything, and takes its own task with it alone
            self._tries[job.home] += 1
            why = f"{type(error).__name__}: {error}" if not isinstance(error, KhoCongError) else str(error)
            if self._tries[job.home] < _TRIES and not self._given.interrupted:
                self._say(f"{job.home}: {why}; it is tried again")
                self._waiting.append((time.monotonic() + _BUSY_AGAIN_S, job))
                return
            result = Result(job.failed(f"failed: {why}"))
        if result.busy:
            if self._given.interrupted:
                self._given.skipped.append(job)
            else:
                self._waiting.append((time.monotonic() + _BUSY_AGAIN_S, job))
            return
        if result.shard:
            self._given.shards.add((result.machine, result.shard))
        self._given.made.append(result.made)
        self._on_end(result.made)

    def _end(self) -> None:
        self._given.interrupted = True
        self._given.skipped += [job for _, job in self._waiting]
        self._waiting.clear()
        self._say(f"ending {len(self._running)} tasks; what they have is in their shards")
        self._engine.stop()
        give_up = time.monotonic() + _END_S
        with contextlib.suppress(KeyboardInterrupt):  # a second one does not wait
            while self._running and time.monotonic() < give_up:
                self._look(_LOOK_S)
        self._given.skipped += self._running.values()
