"""`khocong rebuild`: the database anew, from the WARC files alone."""

import asyncio
from dataclasses import asdict
from pathlib import Path

import click

from archive.commands.common import Console, common_options, examples


@click.command(epilog=examples("khocong rebuild", "khocong rebuild --archive kho --workers 4"))
@click.option(
    "--workers",
    type=click.IntRange(min=0, max=64),
    default=2,
    show_default=True,
    help="Processes that read pages; 0 reads them in this process.",
)
@common_options
def rebuild(workers: int, archive_dir: Path, as_json: bool) -> int:
    """Make archive.db anew from the archive's WARC files and portals/.

    The old database stands until the new one is whole, and is then kept in backups/. What was interrupted is
    gone on with by the same command. Exit codes: 0 done, 1 a part of a WARC file could not be read.
    """
    from crawler.commands.ingest import Progress
    from crawler.rebuild import rebuild as make

    progress = Progress(1)
    progress.source = "rebuild"
    done = asyncio.run(make(archive_dir, workers, progress))
    progress.end()
    console = Console()
    if as_json:
        console.json(asdict(done))
    else:
        console.line(
            f"{archive_dir}: {done.captures} captures, {done.articles} articles, {done.revisions} revisions"
            f" from {done.records} records of {done.files} WARC files"
        )
    if done.damaged:
        console.note(f"{done.damaged} damaged places; khocong verify --copy DIR mends them from a copy")
    if done.elsewhere:
        named = ", ".join(f"{host} ({count})" for host, count in done.elsewhere.most_common(5))
        console.note(f"left out, no portal's: {named}")
    if done.old:
        console.note(f"the database as it was is kept as {archive_dir / done.old}")
    return 1 if done.damaged else 0
