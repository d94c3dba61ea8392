"""`khocong ingest`: take captures of others in; the same command again goes on, or changes nothing."""

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from archive.commands.common import Console, clean, common_options, examples
from archive.errors import UsageError
from archive.remote import fetched, is_address, names_below
from crawler.commands.clusters import cluster_options
from crawler.ingest import services
from crawler.ingest.listed import check_list
from crawler.ingest.running import Lists, take_in
from crawler.ingest.sources import Source, sources_of
from crawler.ingest.taking import Taking

_QUIET_TICKS_S = 10.0


@click.command(
    epilog=examples(
        "khocong ingest chaudoc-2019.warc.gz crawls/ --archive kho",
        "khocong ingest mirror.wacz --portal minhhoa.example",
        "khocong ingest s3://kho/warc/ --cluster tcp://scheduler:8786",
        "khocong ingest --wayback chaudoc.angiang.gov.vn",
        "khocong ingest trang.html --url http://chaudoc.angiang.gov.vn/tin-1 --at 2019-05-31",
    )
)
@click.argument("words", nargs=-1, metavar="[FILE|DIR|s3://… …]")
@click.option(
    "--wayback", "hosts", multiple=True, metavar="HOST", help="Ask the Wayback Machine for a host's captures."
)
@click.option(
    "--cdx",
    "lists",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Take in what a list names: CDX, CDXJ, an extract of Common Crawl's index.",
)
@click.option(
    "--server",
    metavar="URL",
    help="Ask this server in place of web.archive.org or data.commoncrawl.org.",
)
@click.option(
    "--portal",
    "portals",
    multiple=True,
    metavar="KEY|HOST",
    help="Take this portal's hosts in too, though no registry names them.",
)
@click.option("--url", metavar="URL", help="Where a saved HTML file came from, if it does not say so itself.")
@click.option("--at", metavar="DATE", help="When it was saved. [default: what it says, else the file's date]")
@click.option(
    "--workers",
    type=click.IntRange(min=0, max=64),
    default=2,
    show_default=True,
    help="Processes that read pages; 0 reads them in this process.",
)
@cluster_options
@common_options
def ingest(
    words: Sequence[str],
    hosts: tuple[str, ...],
    lists: tuple[Path, ...],
    server: str | None,
    portals: tuple[str, ...],
    url: str | None,
    at: str | None,
    workers: int,
    cluster: str | None,
    shards: Path | None,
    keep_shards: bool,
    archive_dir: Path,
    as_json: bool,
) -> int:
    """Take WARC, ARC, WACZ, HTTrack mirrors and saved pages into the archive, articles and all.

    What is known already changes nothing, so an interrupted run is simply run again. Hosts that belong to
    no portal are left out and named. A list of captures (--cdx) is read from the WARC files beside it, or
    asked for where it stands; that and --wayback need `pip install khocong[services]`, and go at the pace
    those services allow. Exit codes: 0 done, 1 a file could not be read, 2 not understood.
    """
    if url is not None and len(words) != 1:
        raise UsageError("--url says where ONE saved page came from; name one file with it")
    if not words and not hosts and not lists:
        raise UsageError("name what is to be taken in: files, --wayback HOST or --cdx FILE")
    files = _files(words)
    for file in lists:
        check_list(file)
    asked = _Asked(hosts, lists, server)
    if cluster is not None:
        if hosts or lists:
            raise UsageError("--cluster takes files in; --wayback and --cdx ask one service at its pace")
        from crawler.cluster.commands import ingest_files

        found = [str(one.path) for word in files if not is_address(word) for one in _sources(word, url, at)]
        found += filter(is_address, files)
        takings = ingest_files(
            cluster, found, archive_dir, shards, portals=portals, keep_shards=keep_shards, url=url, at=at,
            workers=workers,
        )  # fmt: skip
    else:
        takings = _here(archive_dir, files, asked, (*portals, *hosts), workers, (url, at))
    console = Console()
    if as_json:
        console.json([taking.as_dict() for taking in takings])
    for line in _lines(takings):
        (console.note if as_json else console.line)(line)
    return 1 if any(taking.error for taking in takings) else 0


def _files(words: Sequence[str]) -> list[str]:
    """Return what the words name: paths as they are, of an address every file below it."""
    return [name for word in words for name in (names_below(word) if is_address(word) else [word])]


def _sources(word: str | Path, url: str | None, at: str | None) -> list[Source]:
    sources = sources_of(Path(word), url, at)
    if url is not None and len(sources) != 1:
        raise UsageError("--url says where ONE saved page came from; name one file with it")
    return sources


def _here(
    archive_dir: Path,
    files: Sequence[str],
    asked: "_Asked",
    portals: tuple[str, ...],
    workers: int,
    saved: tuple[str | None, str | None],
) -> list[Taking]:
    """Take all in by this one process; an address is fetched beside the archive first, one at a time."""
    paths = [source for word in files if not is_address(word) for source in _sources(word, *saved)]
    progress = Progress(len(files))

    def take(sources: Sequence[Source], more: Lists = lambda _wanted: iter(())) -> list[Taking]:
        return take_in(
            archive_dir, sources, portals, workers=workers, on_tick=progress, lists_of=more,
            on_source=progress.begin,
        )  # fmt: skip

    takings = take(paths, asked.lists_of) if paths or asked.hosts or asked.lists else []
    for address in filter(is_address, files):
        beside = archive_dir.absolute().parent
        beside.mkdir(parents=True, exist_ok=True)
        with fetched(address, beside) as path:
            takings += take(_sources(path, *saved))
    progress.end()
    return takings


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is taken in by its name in a list, and not from a file that holds it."""

    hosts: tuple[str, ...]
    lists: tuple[Path, ...]
    server: str | None

    def lists_of(self, wanted: services.Wanted) -> Iterator[tuple[str, services.Found]]:
        """Yield each list by name, with its captures."""
        for host in self.hosts:
            yield f"wayback {host}", services.of_host(host, wanted, self.server)
        for file in self.lists:
            yield file.name, services.of_list(file, wanted, self.server)


def _lines(takings: Sequence[Taking]) -> list[str]:
    lines = []
    for taking in takings:
        articles = ", ".join(
            f"{taking.changes[change]} {word}"
            for change, word in (("new", "new"), ("changed", "changed"), ("same", "unchanged"))
        )
        lines.append(
            f"{taking.name}: {taking.records} records, {taking.captures} captures new, {taking.known} known;"
            f" articles: {articles}"
        )
        if taking.damaged:
            lines.append(f'  {taking.damaged} damaged places; khocong sql "SELECT * FROM issues" names each')
        if taking.error:
            lines.append(f"  {taking.error}")
    elsewhere: Counter[str] = sum((taking.elsewhere for taking in takings), Counter())
    if elsewhere:
        named = ", ".join(f"{host} ({count})" for host, count in elsewhere.most_common(5))
        lines.append(f"left out, no portal's: {named}; --portal HOST takes a host in")
    return lines


class Progress:
    """One line on stderr: written over on a terminal, every ten seconds elsewhere."""

    def __init__(self, sources: int) -> None:
        self.source = ""
        self._sources = sources
        self._started = self._last = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def __call__(self, taking: Taking) -> None:
        now = time.monotonic()
        if now - self._last < (0.2 if self._terminal else _QUIET_TICKS_S):
            return
        self._last = now
        rate = taking.records / max(0.1, now - self._started)
        text = (
            f"{self.source}: {taking.records} records, {sum(taking.changes.values())} articles, {rate:.0f}/s"
        )
        click.echo(
            ("\r" if self._terminal else "") + clean(text)[:110].ljust(110), err=True, nl=not self._terminal
        )

    def begin(self, source: str) -> None:
        """Take note of the source that is next."""
        self.source = source

    def end(self) -> None:
        """Clear the line."""
        if self._terminal:
            click.echo("\r" + " " * 110 + "\r", err=True, nl=False)
