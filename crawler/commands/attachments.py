"""`khocong attachments`: what became of the attached files, and the reading of those captured before."""

from pathlib import Path

import click

from archive.commands.common import Console, common_options, examples


@click.command(
    epilog=examples("khocong attachments", "khocong attachments --read", "khocong attachments --again")
)
@click.option("--read", "read_new", is_flag=True, help="Read the files that were captured and never read.")
@click.option("--again", is_flag=True, help="Read every captured file anew, as with a better reader.")
@click.option(
    "--workers", type=click.IntRange(1, 32), default=1, show_default=True, help="Reading processes."
)
@common_options
def attachments(read_new: bool, again: bool, workers: int, archive_dir: Path, as_json: bool) -> None:
    """Count the attached files by format and state; with --read, read the text of those captured before."""
    from archive.database import open_archive
    from archive.files import file_counts

    console = Console()
    read = _read(archive_dir, console, again=again, workers=workers) if read_new or again else None
    db = open_archive(archive_dir, write=False)
    try:
        counts = file_counts(db.conn)
    finally:
        db.close()
    columns = ("format", "state", "files", "articles")
    if as_json:
        console.json({"read": read, "files": [dict(zip(columns, row, strict=True)) for row in counts]})
        return
    if read is not None:
        said = ", ".join(f"{number} {state}" for state, number in sorted(read.items())) or "nothing to read"
        console.note(said)
    console.table(columns, counts)


def _read(archive_dir: Path, console: Console, *, again: bool, workers: int) -> dict[str, int]:
    from archive.store import Store
    from crawler.attaching import read_captured

    def tell(done: int, total: int) -> None:
        console.note(f"{done:,} of {total:,} files")

    with Store(archive_dir) as store:
        return dict(
            read_captured(store, again=again, workers=workers, on_read=tell if console.is_terminal else None)
        )
