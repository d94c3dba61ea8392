"""`khocong crawl`: crawl portals or URLs politely into the archive; the same command again resumes."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from archive.commands.common import INTERRUPTED, Console, clean, common_options, examples
from archive.errors import UsageError
from crawler import run
from crawler.session import Session
from crawler.summary import exit_code, lines_of, summary_of

_QUIET_TICKS_S = 10.0


@click.command(
    epilog=examples(
        "khocong crawl chaudoc.angiang.gov.vn",
        "khocong crawl https://example.gov.vn/ --delay 2 --max-requests 500",
        "khocong crawl https://example.gov.vn/ --since 2025-01-01 --archive tinh-moi",
    )
)
@click.argument("portals", nargs=-1, required=True, metavar="PORTAL|URL …")
@click.option(
    "--delay",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Least time between two requests to a host. [default: the portal's, else 1]",
)
@click.option(
    "--max-requests",
    type=click.IntRange(min=1),
    metavar="N",
    help="End after N requests; the same command goes on from there.",
)
@click.option("--since", metavar="DATE", help="Leave articles that a sitemap says are older for later.")
@click.option("--allow-private", is_flag=True, help="Allow loopback and private addresses, for these hosts.")
@click.option(
    "--workers",
    type=click.IntRange(min=0, max=64),
    default=1,
    show_default=True,
    help="Processes that read pages; 0 reads them in the crawling process.",
)
@common_options
def crawl(
    portals: Sequence[str],
    delay: float | None,
    max_requests: int | None,
    since: str | None,
    allow_private: bool,
    workers: int,
    archive_dir: Path,
    as_json: bool,
) -> int:
    """Crawl portals of the registry, or any URL, into the archive. Interrupt at will: nothing is lost.

    Exit codes: 0 done (or the budget is spent), 1 failed, 2 not understood, 130 interrupted.
    """
    for word in portals:
        if "://" in word and not word.lower().startswith(("http://", "https://")):
            raise UsageError(f"{word!r} is not an http(s) URL; only those are crawled")
    given: dict[str, Any] = {
        "delay": delay, "max_requests": max_requests, "since": since, "workers": workers,
        "allow_private": "1" if allow_private else "",
    }  # fmt: skip
    progress = _Progress()
    sessions = run.crawl(portals, archive_dir, given, progress)
    progress.end()
    console = Console()
    summaries = [summary_of(session) for session in sessions]
    if as_json:
        console.json(summaries if len(summaries) > 1 else summaries[0])
    for summary in summaries:
        for line in lines_of(summary):
            (console.note if as_json else console.line)(line)
    codes = [exit_code(summary) for summary in summaries]
    return INTERRUPTED if INTERRUPTED in codes else max(codes)


class _Progress:
    """One line that is written over on a terminal; elsewhere a plain line every ten seconds. On stderr."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._last = self.started
        self._width = 0

    def __call__(self, sessions: Sequence[Session]) -> None:
        now = time.monotonic()
        if not self._terminal and now - self._last < _QUIET_TICKS_S:
            return
        self._last = now
        text = clean(self._text(sessions, now - self.started))
        if self._terminal:
            click.echo("\r" + text[:118].ljust(self._width), err=True, nl=False)
            self._width = len(text[:118])
        else:
            click.echo(text, err=True)

    def end(self) -> None:
        """Clear the line."""
        if self._terminal and self._width:
            click.echo("\r" + " " * self._width + "\r", err=True, nl=False)

    @staticmethod
    def _text(sessions: Sequence[Session], elapsed_s: float) -> str:
        requests = sum(session.tally.requests for session in sessions)
        articles = sum(session.tally.articles for session in sessions)
        pending = sum(session.pending for session in sessions)
        rate = requests / elapsed_s if elapsed_s else 0.0
        eta = f", about {_length(pending / rate)} left" if rate and pending else ""
        name = sessions[0].portal.key if len(sessions) == 1 else f"{len(sessions)} portals"
        return f"{name}: {requests} fetched, {articles} articles, {pending} pending, {rate:.1f}/s{eta}"


def _length(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
