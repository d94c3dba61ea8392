"""What the portals of one run share: the reading processes, and the way to the disk (I8)."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from archive.errors import KhoCongError
from archive.records import Outcome
from archive.store import Store, Stored
from archive.warc.writer import WarcWriter
from crawler.commit import Committer
from crawler.readers import Readers
from crawler.reading import Reading, ReadJob

logger = logging.getLogger(__name__)

# Each commit syncs the WARC and the database, 5 to 20 ms on a plain disk. 16 portals that each hurry with
# every page would ask for 30 of them a second; so much later, they share ten.
HURRY_S = 0.1
# A portal whose pages are slow to read holds one process of the pool, never all.
PAGES_AT_ONCE = 1


class ReadersShare(Readers):
    """One portal's part in the reading processes of a run: so many pages of it are read at once."""

    def __init__(self, pool: Readers, at_once: int = PAGES_AT_ONCE) -> None:
        super().__init__(0)
        self._pool = pool
        self._turns = asyncio.Semaphore(at_once)

    def warm_up(self) -> None:
        """Leave it to the run, which warms its pool once."""

    async def read(self, job: ReadJob) -> Reading:
        """Return what the page is; waits for the portal's turn, then for an idle process."""
        async with self._turns:
            return await self._pool.read(job)


class CommitGroup:
    """Records what all portals of a run have queued together: one sync, one transaction.

    What one portal cannot have recorded costs that portal alone: the group is then recorded one by one.
    """

    def __init__(self, store: Store, writer: WarcWriter) -> None:
        self._store = store
        self._writer = writer
        self._members: list[_GroupedCommitter] = []
        self._timer: asyncio.TimerHandle | None = None

    def committer(
        self,
        store: Store,
        writer: WarcWriter,
        crawl_id: int,
        *,
        on_stored: Callable[[Sequence[tuple[Outcome, Stored]]], None],
        on_error: Callable[[Exception], None],
    ) -> Committer:
        """Return the committer of one more crawl: what Session takes in the place of its own."""
        member = _GroupedCommitter(self, store, writer, crawl_id, on_stored=on_stored, on_error=on_error)
        self._members.append(member)
        return member

    def leave(self, member: Committer) -> None:
        """Let a crawl that ended go."""
        self._members = [one for one in self._members if one is not member]

    def soon(self) -> None:
        """Have everything that is queued recorded within HURRY_S."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HURRY_S, self.flush)

    def flush(self) -> None:
        """Record what is queued, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        groups = [(member, member.take()) for member in self._members if member.waiting]
        groups = [(member, group) for member, group in groups if group]
        if not groups:
            return
        try:
            self._writer.sync()
            with self._store.db.transaction():
                stored = [member.record(group) for member, group in groups]
        except (KhoCongError, OSError, ValueError) as error:
            logger.warning("recording each portal on its own: %s", error)
            for member, group in groups:
                member.commit(group)
            return
        for (member, group), answers in zip(groups, stored, strict=True):
            member.tell(group, answers)


class _GroupedCommitter(Committer):
    def __init__(self, group: CommitGroup, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._group = group

    def hurry(self) -> None:
        """Have it recorded soon, with what the other portals have by then."""
        if self.waiting:
            self._group.soon()

    def flush(self) -> None:
        """Record what all portals have queued, now."""
        self._group.flush()
