"""Outcomes in groups to the disk: first the WARC, then one transaction (I1, I2)."""

import asyncio
import time
from collections.abc import Callable, Sequence

from archive.errors import KhoCongError
from archive.records import Outcome
from archive.store import Store, Stored
from archive.warc.writer import WarcWriter

# An fsync pair costs 5 to 20 ms; in groups it costs a page nothing, and a crash at most half a second.
MAX_WAIT_S = 0.5
MAX_OUTCOMES = 32
# Towards the end of a portal every page is waited for: so much later the next ones come along.
HURRY_GAP_S = 0.03


class Committer:
    """Collects outcomes and records them every half second, every 32, when asked to hurry, and at the end.

    *on_stored* is told of every group that is on disk. *on_error* is told of an error that means that
    nothing can be recorded any more (a full disk, a damaged archive): the group then counts as not fetched.
    """

    def __init__(
        self,
        store: Store,
        writer: WarcWriter,
        crawl_id: int,
        *,
        on_stored: Callable[[Sequence[tuple[Outcome, Stored]]], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._store = store
        self._writer = writer
        self._crawl_id = crawl_id
        self._on_stored = on_stored
        self._on_error = on_error
        self._queue: list[Outcome] = []
        self._timer: asyncio.TimerHandle | None = None
        self._hurrying: asyncio.TimerHandle | None = None
        self._committed_at = 0.0
        self._broken = False

    def add(self, outcome: Outcome) -> None:
        """Queue an outcome; it is on disk within half a second."""
        self._queue.append(outcome)
        if len(self._queue) >= MAX_OUTCOMES:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(MAX_WAIT_S, self.flush)

    @property
    def waiting(self) -> bool:
        """Whether outcomes are queued."""
        return bool(self._queue)

    def hurry(self) -> None:
        """Have what is queued recorded as soon as can be: the crawl waits for it."""
        wait = self._committed_at + HURRY_GAP_S - time.monotonic()
        if wait <= 0:
            self.flush()
        elif self._queue and self._hurrying is None:
            self._hurrying = asyncio.get_running_loop().call_later(wait, self.flush)

    def flush(self) -> None:
        """Record what is queued, now."""
        if group := self.take():
            self.commit(group)

    def take(self) -> list[Outcome]:
        """Return what is queued and is to be recorded; the queue is then empty."""
        for timer in (self._timer, self._hurrying):
            if timer is not None:
                timer.cancel()
        self._timer = self._hurrying = None
        group, self._queue = self._queue, []
        return [] if self._broken else group

    def commit(self, group: Sequence[Outcome]) -> None:
        """Record outcomes and say so; what cannot be recorded ends the crawl."""
        try:
            self._writer.sync()
            stored = self.record(group)
        except (KhoCongError, OSError, ValueError) as error:
            self._broken = True
            self._on_error(error)
            return
        self._committed_at = time.monotonic()
        self.tell(group, stored)

    def record(self, group: Sequence[Outcome]) -> list[Stored]:
        """Write outcomes whose captures are synced, in one transaction or as a part of one."""
        return self._store.record(self._crawl_id, group)

    def tell(self, group: Sequence[Outcome], stored: Sequence[Stored]) -> None:
        """Say that these outcomes are on disk."""
        self._on_stored(list(zip(group, stored, strict=True)))
