"""The process that crawls for the schedule: lines of JSON with portals in, lines of events out.

`khocong schedule` starts it as `python -m crawler.scheduling.working --archive DIR`, hands it portals as
they become due, and reads what becomes of them. It holds the archive's write lock (I8) while it crawls and
ends when nothing is left. When its standard input ends, whoever started it is gone: it comes to an end at
once, as by Ctrl-C, and what it was doing is gone on with later.
"""

import json
import os
import queue
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from archive.commands.common import run as run_command
from archive.errors import KhoCongError
from archive.store import Store
from crawler import plans
from crawler.conducting import Conductor, Ended
from crawler.journal import Journal
from crawler.last_chance import made_whole
from crawler.plans import Plan, workers_for
from crawler.run import Watch
from crawler.run import crawl as crawl_portals

_FIRST_WAIT_S = 30.0


class Feed(Watch):
    """Hands portals from standard input to the conductor of a run, and tells what becomes of them."""

    feeds = True

    def __init__(self, archive_dir: Path, given: Mapping[str, Any]) -> None:
        self._given = given
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._store: Store | None = None
        self._journal = Journal(archive_dir, self._tell)
        self._open = True
        threading.Thread(target=self._listen, daemon=True).start()

    def choose(self, store: Store) -> list[Plan]:
        """Return the first portals: there is at least one, or there is nothing to do."""
        self._store = store
        try:
            first = self._lines.get(timeout=_FIRST_WAIT_S)
        except queue.Empty:
            return []
        plan = self._plan(first) if first else None
        if plan is None:
            return self._waiting(set())
        return [plan, *self._waiting({plan.portal.key})]

    def on_tick(self, conductor: Conductor) -> None:
        """Take in what has come."""
        self._journal.tick(conductor)
        busy = {session.portal.key for session in conductor.sessions}
        busy |= {plan.portal.key for plan in conductor.waiting}
        if conductor.stopped:
            # Nothing more is begun: what was handed over meanwhile goes back with our end.
            return
        conductor.waiting.extend(self._waiting(busy))
        if not self._open:
            conductor.stop("interrupted")

    def on_end(self, ended: Ended) -> None:
        """Say how a portal ended."""
        self._journal.ended(ended)

    def _waiting(self, busy: set[str]) -> list[Plan]:
        found: list[Plan] = []
        while not self._lines.empty():
            asked = self._lines.get()
            if asked is None:
                self._open = False
                continue
            plan = self._plan(asked)
            if plan is not None and plan.portal.key not in busy:
                busy.add(plan.portal.key)
                found.append(plan)
        return found

    def _plan(self, asked: Mapping[str, Any]) -> Plan | None:
        key = str(asked["portal"])
        try:
            [plan] = plans.named([key], self._given, self._store)
        except KhoCongError as error:
            self._journal.note("refused", portal=key, reason=f"failed: {error}")
            return None
        options = plan.options
        if asked.get("max_requests"):
            options = replace(options, max_requests=int(asked["max_requests"]))
        if options.quiet_hours is None and asked.get("quiet_hours"):
            options = replace(options, quiet_hours=str(asked["quiet_hours"]))
        plan = replace(plan, options=options, why=str(asked.get("why") or "schedule"))
        return made_whole(plan, self._store)

    def _listen(self) -> None:
        for line in sys.stdin:
            try:
                asked = json.loads(line)
            except ValueError:
                continue
            if isinstance(asked, dict) and asked.get("portal"):
                self._lines.put(asked)
        self._lines.put(None)

    def _tell(self, event: dict[str, Any]) -> None:
        try:
            sys.stdout.write(json.dumps(event, ensure_ascii=False, default=str) + "\n")
            sys.stdout.flush()
        except OSError:
            # Nobody reads any more: the end of standard input tells what to do, and what is done stands in
            # the archive. The interpreter would complain about the pipe once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.command()
@click.option("--archive", "archive_dir", type=click.Path(path_type=Path), required=True)
@click.option("--parallel", type=click.IntRange(1, 256), default=8)
@click.option("--delay", type=click.FloatRange(min=0))
@click.option("--allow-private", is_flag=True)
def work(archive_dir: Path, parallel: int, delay: float | None, allow_private: bool) -> int:
    """Crawl what is handed over on standard input."""
    given = {"delay": delay, "allow_private": "1" if allow_private else "", "workers": workers_for(2, {})}
    feed = Feed(archive_dir, given)
    crawl_portals([], archive_dir, given, feed, choose=_choice(feed), parallel=parallel)
    return 0


def _choice(feed: Feed) -> Any:
    def choose(store: Store) -> Sequence[Plan]:
        return feed.choose(store)

    return choose


if __name__ == "__main__":
    sys.exit(run_command(work, "khocong schedule: crawl"))
