"""Many portals in one process: a queue, so many at a time, each on its own; what ends one ends it alone."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from archive.errors import KhoCongError
from crawler.plans import Plan
from crawler.session import Session

logger = logging.getLogger(__name__)

PARALLEL = 16
# A portal that has not answered for so long (it hangs, it asked for patience, its robots.txt wants a minute
# between requests) costs nothing but memory: another may begin beside it, up to this many times the limit.
ASIDE_AFTER_S = 10.0
_MOST_ASIDE = 3
_LOOK_S = 1.0


@dataclass(slots=True)
class Ended:
    """How one portal ended: the session's summary, or the error that kept it from beginning."""

    plan: Plan
    summary: dict[str, Any]


class Conductor:
    """Crawls *plans*, *parallel* at a time; `ended` has one entry a plan that was begun, in order of end.

    *begin* makes the session of a plan, *crawl* sets it going and returns its task, *finish* closes it and
    returns its summary: the session itself is let go, so memory does not grow with portals that are done.
    After `stop`, `stopped` says why and `skipped` names what was never begun.
    """

    def __init__(
        self,
        plans: Sequence[Plan],
        *,
        begin: Callable[[Plan], Session],
        crawl: Callable[[Session], "asyncio.Task[None]"],
        finish: Callable[[Session], dict[str, Any]],
        on_end: Callable[[Ended], None] = lambda _ended: None,
        parallel: int = PARALLEL,
    ) -> None:
        self.waiting = deque(plans)
        self.sessions: list[Session] = []
        self.ended: list[Ended] = []
        self.skipped: list[Plan] = []
        self.stopped = ""
        self._begin = begin
        self._crawl = crawl
        self._finish = finish
        self._on_end = on_end
        self._parallel = parallel
        self._running: dict[asyncio.Task[None], tuple[Plan, Session]] = {}
        self._moved: dict[int, tuple[int, float]] = {}

    async def run(self) -> None:
        """Crawl until every plan has ended, or `stop` was called and those that ran have ended."""
        while self.waiting or self._running:
            while self.waiting and self._has_room():
                self._start(self.waiting.popleft())
            if self._running:
                done, _ = await asyncio.wait(
                    self._running, timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    self._note_end(task)

    def stop(self, reason: str) -> None:
        """Begin nothing more, and let what runs come to its end; the first reason stands."""
        self.stopped = self.stopped or reason
        self.skipped += self.waiting
        self.waiting.clear()
        for session in self.sessions:
            session.frontier.stop(reason)

    def close(self) -> None:
        """Close the sessions whose tasks will not end by themselves any more."""
        reason = self.stopped or "failed: ended before its time"
        for plan, session in self._running.values():
            session.close(reason)
            self._record(plan, self._finish(session))
        self._running.clear()
        self.sessions.clear()

    def _start(self, plan: Plan) -> None:
        try:
            session = self._begin(plan)
        except KhoCongError as error:
            logger.error("%s could not begin: %s", plan.portal.key, error)
            self._record(plan, failed_summary(plan, str(error)))
            return
        self.sessions.append(session)
        self._running[self._crawl(session)] = (plan, session)

    def _note_end(self, task: "asyncio.Task[None]") -> None:
        plan, session = self._running.pop(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            session.frontier.stop(f"failed: {type(error).__name__}: {error}")
        self.sessions.remove(session)
        self._moved.pop(session.crawl_id, None)
        session.close()
        self._record(plan, self._finish(session))
        if session.reason.startswith("failed: cannot record"):
            # A full disk or a damaged archive is everybody's: beginning the others would ask in vain.
            self.stop(session.reason)

    def _record(self, plan: Plan, summary: dict[str, Any]) -> None:
        ended = Ended(plan, summary)
        self.ended.append(ended)
        self._on_end(ended)

    def _has_room(self) -> bool:
        if len(self._running) >= self._parallel * (1 + _MOST_ASIDE):
            return False
        now = time.monotonic()
        return sum(not self._stands_aside(session, now) for session in self.sessions) < self._parallel

    def _stands_aside(self, session: Session, now: float) -> bool:
        asked = session.tally.requests
        before, since = self._moved.get(session.crawl_id, (-1, now))
        if asked != before:
            since = now
        self._moved[session.crawl_id] = (asked, since)
        return now - since >= ASIDE_AFTER_S


def failed_summary(plan: Plan, why: str) -> dict[str, Any]:
    """Return the summary of a portal that never began: the keys of `summary_of`, and nothing done."""
    nothing = dict.fromkeys(("pending", "leased", "done", "excluded", "failed", "gone"), 0)
    return {
        "portal": plan.portal.key, "platform": plan.portal.platform, "reason": f"failed: {why}",
        "resumed": False, "articles_in_archive": 0, "articles": {"new": 0, "changed": 0, "same": 0},
        "requests": 0, "requests_by_kind": {}, "requests_per_article": None, "adopted_after_crash": 0,
        "bytes": 0, "urls": nothing, "issues": {}, "unread": {}, "archive": "",
    }  # fmt: skip
