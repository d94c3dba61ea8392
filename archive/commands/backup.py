"""`khocong backup`: a consistent copy of the archive, also while a crawl runs."""

from pathlib import Path

import click

from archive.backup import back_up
from archive.backup_remote import back_up_there
from archive.commands.common import Console, common_options, examples
from archive.remote import is_address


@click.command(
    epilog=examples("khocong backup /mnt/copy/kho --archive kho", "khocong backup s3://ban-sao/kho")
)
@click.argument("target", metavar="DIR|s3://…")
@common_options
def backup(target: str, archive_dir: Path, as_json: bool) -> None:
    """Copy the archive into DIR. Into an earlier copy, only what is new is written.

    The copy is an archive of its own: any command reads it with --archive DIR. A copy in object storage is
    fetched as it lies there before it is read; `khocong ingest s3://…/x.warc.gz` reads single files of it.
    """
    console = Console()
    done = back_up_there(archive_dir, target) if is_address(target) else back_up(archive_dir, Path(target))
    if as_json:
        console.json(
            {
                "target": str(target),
                "database_bytes": done.database_bytes,
                "warc_bytes": done.warc_bytes,
                "files_copied": done.files_copied,
                "files_known": done.files_known,
                "files_replaced": done.files_replaced,
            }
        )
        return
    console.line(
        f"{target}: database {done.database_bytes:,} bytes, {done.files_copied} WARC files copied"
        f" ({done.warc_bytes:,} bytes), {done.files_known} were there already"
        + (f", {done.files_replaced} of them damaged: made anew" if done.files_replaced else "")
    )
