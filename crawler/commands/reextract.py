"""`khocong reextract`: kept captures read again by today's code and rules."""

import sys
import time
from datetime import date
from pathlib import Path

import click

from archive.commands.common import INTERRUPTED, Console, common_options, examples
from archive.errors import UsageError
from crawler.reextract import Report, Wish
from crawler.reextract import reextract as read_again

_QUIET_TICKS_S = 10.0
_TERMINAL_TICKS_S = 0.2
_KINDS = {
    "same": "the same",
    "fields": "other fields differ",
    "text": "text differs",
    "shorter": "text is shorter",
    "title": "title differs",
    "date": "date differs",
    "new": "articles found where none was",
    "lost": "no article any more (the text of before is kept)",
    "withdrawn": "taken out, as --allow-lost says",
    "broken": "cannot be read (run khocong verify)",
}


@click.command(
    epilog=examples(
        "khocong reextract --dry-run",
        "khocong reextract --portal chaudoc-angiang --since 2025-07-01",
        "khocong reextract --dry-run --json",
        "khocong reextract --cluster tcp://scheduler:8786",
    )
)
@click.option("--dry-run", is_flag=True, help="Only report what would change; works while a crawl writes.")
@click.option("--portal", metavar="KEY", help="Only this portal of the archive.")
@click.option("--since", metavar="DATE", help="Only what was captured since then, a date like 2025-07-01.")
@click.option("--allow-lost", is_flag=True, help="Take out articles whose page is none when read today.")
@click.option(
    "--workers", type=click.IntRange(min=1, max=256), help="Processes that read. [default: one a core]"
)
@click.option("--cluster", metavar="tcp://HOST:8786", help="Read on the workers of a Dask scheduler.")
@common_options
def reextract(
    dry_run: bool,
    portal: str | None,
    since: str | None,
    allow_lost: bool,
    workers: int | None,
    cluster: str | None,
    archive_dir: Path,
    as_json: bool,
) -> int:
    """Read the archive's own captures again, when code or rules have changed since they were read.

    Nothing is fetched. What changes is how a revision was read, never the article's history. A page that is
    no article any more keeps its text and is reported as lost. Run it twice: the second changes nothing.
    """
    if since is not None:
        try:
            since = date.fromisoformat(since).isoformat()
        except ValueError as error:
            raise UsageError(f"--since takes a date like 2025-07-01, not {since!r}") from error
    if dry_run and allow_lost:
        raise UsageError("--dry-run changes nothing, so --allow-lost has nothing to allow")
    progress = _Progress()
    wish = Wish(portal, since, not dry_run, allow_lost, workers or 0)
    if cluster is None:
        report = read_again(archive_dir, wish, progress)
    else:
        from crawler.cluster.rereading import reextract_on

        report = reextract_on(cluster, archive_dir, wish, progress)
    progress.end()
    console = Console()
    if as_json:
        console.json({"dry_run": dry_run, **report.as_dict()})
    else:
        _show(console, report, dry_run=dry_run, elapsed_s=progress.elapsed_s)
    return INTERRUPTED if report.interrupted else 0


def _show(console: Console, report: Report, *, dry_run: bool, elapsed_s: float) -> None:
    done = report.read - report.resumed_count
    rate = f", {done / elapsed_s:.0f}/s" if elapsed_s and done else ""
    if report.resumed_count:
        console.line(f"went on behind {report.resumed_count} captures of an earlier run")
    console.line(f"{report.read} of {report.total} captures read{rate}")
    rows = [(said, report.counts[kind]) for kind, said in _KINDS.items() if report.counts[kind]]
    if rows:
        console.table(("what", "captures"), rows)
    if report.fields:
        console.line("fields: " + ", ".join(f"{name} {count}" for name, count in report.fields.most_common()))
    for kind, url, words in report.samples:
        console.line(f"[{kind}] {url}")
        if words:
            console.line(f"  {words}")
    changed = sum(count for kind, count in report.counts.items() if kind not in ("same", "lost", "broken"))
    if report.interrupted:
        console.note("interrupted: what was read so far is kept; run the same command to go on")
    elif dry_run and changed:
        console.note("nothing was changed; the same command without --dry-run does it")


class _Progress:
    """One line written over on a terminal; elsewhere a plain line every ten seconds. On stderr."""

    def __init__(self) -> None:
        self._started = self._last = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._width = 0

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last < (_TERMINAL_TICKS_S if self._terminal else _QUIET_TICKS_S):
            return
        self._last = now
        text = f"{done} of {total} captures read, {done / max(0.001, self.elapsed_s):.0f}/s"
        if self._terminal:
            click.echo("\r" + text.ljust(self._width), err=True, nl=False)
            self._width = len(text)
        else:
            click.echo(text, err=True)

    def end(self) -> None:
        """Clear the line."""
        if self._width:
            click.echo("\r" + " " * self._width + "\r", err=True, nl=False)
