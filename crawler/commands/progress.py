"""What a crawl shows while it runs: a line a portal on a terminal, plain lines elsewhere. On stderr."""

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from archive.commands.common import clean
from crawler.conducting import Conductor, Ended
from crawler.journal import Journal, Rates
from crawler.plans import Plan
from crawler.run import Watch
from crawler.session import Session

if TYPE_CHECKING:
    from rich.progress import TaskID

_QUIET_TICKS_S = 10.0
# How many URLs wait costs a count in the ledger: one portal is looked at each time, in turn.
_LOOK_EVERY_S = 2.0


class Progress(Watch):
    """Plain lines: one every ten seconds and, with many portals, one for each that ends.

    *tell* is given the summary of each portal as it ends. `skipped` names what was never begun.
    """

    def __init__(
        self, tell: Callable[[dict[str, Any]], None] | None = None, journal: Journal | None = None
    ) -> None:
        self.started = time.monotonic()
        self.total = 0
        self.skipped: list[str] = []
        self.rates = Rates()
        self._journal = journal or Journal(None)
        self._tell = tell
        self._last = self.started
        self._looked: dict[int, float] = {}
        self._pending: dict[int, int] = {}

    def on_plan(self, plans: Sequence[Plan]) -> None:
        """Take note of how many portals there are."""
        self.total = len(plans)

    def on_tick(self, conductor: Conductor) -> None:
        """Say every ten seconds how far the crawl is."""
        self._journal.tick(conductor)
        self.skipped = [plan.portal.key for plan in conductor.skipped]
        now = time.monotonic()
        if now - self._last >= _QUIET_TICKS_S and conductor.sessions:
            self._last = now
            click.echo(clean(self.text(conductor)), err=True)

    def on_end(self, ended: Ended) -> None:
        """With many portals, say that one has ended, and how."""
        self._journal.ended(ended)
        if self._tell is not None:
            self._tell(ended.summary)
        if self.total > 1:
            self.say(clean(ending_of(ended.summary)))

    def say(self, line: str) -> None:
        """Write a line that stays."""
        click.echo(line, err=True)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._journal.close()

    def text(self, conductor: Conductor) -> str:
        """Return how far the run is, in one line."""
        sessions = conductor.sessions
        requests = sum(session.tally.requests for session in sessions)
        articles = sum(session.tally.articles for session in sessions)
        requests += sum(one.summary["requests"] for one in conductor.ended)
        articles += sum(sum(one.summary["articles"].values()) for one in conductor.ended)
        pending = sum(self.pending(session) for session in sessions)
        rate = requests / max(time.monotonic() - self.started, 0.001)
        eta = f", about {_length(pending / rate)} left" if rate and pending else ""
        if self.total > 1:
            name = f"{len(conductor.ended)} of {self.total} portals done, {len(sessions)} running"
        else:
            name = sessions[0].portal.key if sessions else "crawl"
        return f"{name}: {requests} fetched, {articles} articles, {pending} pending, {rate:.1f}/s{eta}"

    def pending(self, session: Session) -> int:
        """Return how many URLs of a portal wait, as of a moment ago."""
        now = time.monotonic()
        if now - self._looked.get(session.crawl_id, -_LOOK_EVERY_S) >= _LOOK_EVERY_S:
            self._looked[session.crawl_id] = now
            self._pending[session.crawl_id] = session.pending
        return self._pending[session.crawl_id]


class TerminalProgress(Progress):
    """A live display on a terminal: a bar for each portal that runs, and one for all of them."""

    def __init__(
        self, tell: Callable[[dict[str, Any]], None] | None = None, journal: Journal | None = None
    ) -> None:
        super().__init__(tell, journal)
        # rich takes 60 ms to import: only people at a terminal pay it.
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[what]}", markup=False),
            console=Console(stderr=True),
            transient=True,
            refresh_per_second=2,
        )
        self._rows: dict[int, TaskID] = {}
        self._all: TaskID | None = None

    def on_plan(self, plans: Sequence[Plan]) -> None:
        """Begin to show."""
        super().on_plan(plans)
        self._bars.start()
        if self.total > 1:
            self._all = self._bars.add_task(f"{self.total} portals", total=self.total, what="")

    def on_tick(self, conductor: Conductor) -> None:
        """Bring every bar up to date."""
        self._journal.tick(conductor)
        self.skipped = [plan.portal.key for plan in conductor.skipped]
        here = {session.crawl_id for session in conductor.sessions}
        for gone in set(self._rows) - here:
            self._bars.remove_task(self._rows.pop(gone))
        for session in conductor.sessions:
            waiting, asked = self.pending(session), session.tally.requests
            rate, left = self.rates.of(session, waiting)
            pace = f", {rate:.1f}/s" + (f", about {_length(left)} left" if left else "") if rate else ""
            if session.crawl_id not in self._rows:
                self._rows[session.crawl_id] = self._bars.add_task(clean(session.portal.key)[:32], what="")
            self._bars.update(
                self._rows[session.crawl_id],
                total=max(1, asked + waiting),
                completed=asked,
                what=f"{asked} fetched, {session.tally.articles} articles, {waiting} pending{pace}",
            )
        if self._all is not None:
            self._bars.update(self._all, completed=len(conductor.ended), what=clean(self.text(conductor)))

    def say(self, line: str) -> None:
        """Leave a line above the bars."""
        self._bars.console.print(line, markup=False, highlight=False)

    def close(self) -> None:
        """Take the bars away."""
        self._bars.stop()
        super().close()


def progress(
    tell: Callable[[dict[str, Any]], None] | None = None, journal: Journal | None = None
) -> Progress:
    """Return what suits where stderr goes; *journal* keeps what happens, and may tell it to a program."""
    return TerminalProgress(tell, journal) if sys.stderr.isatty() else Progress(tell, journal)


def ending_of(summary: dict[str, Any]) -> str:
    """Return how a portal ended, in one line."""
    changes = summary["articles"]
    return (
        f"{summary['portal']}: {summary['reason']}; {changes['new']} new, {changes['changed']} changed,"
        f" {summary['articles_in_archive']} in the archive, {summary['requests']} requests"
    )


def _length(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
