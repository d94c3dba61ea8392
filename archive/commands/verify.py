"""`khocong verify`: is every byte still there, and does everything add up?"""

from dataclasses import asdict
from pathlib import Path

import click

from archive.commands.common import Console, common_options, examples

_SHOWN = 50


@click.command(epilog=examples("khocong verify", "khocong verify --full --json"))
@click.option(
    "--full", is_flag=True, help="Also read WARC records without a row and check the search indexes."
)
@common_options
def verify(full: bool, archive_dir: Path, as_json: bool) -> int:
    """Check the archive against its WARC files; exit with 1 when something is wrong.

    Every capture must have its WARC record, with the digest that was stored; the ledger must add up; the
    database must be sound. Nothing is changed.
    """
    from archive.database import open_archive, reading_errors
    from archive.verify import Counts
    from archive.verify import verify as findings_of

    db = open_archive(archive_dir, write=False)
    counts = Counts()
    try:
        with reading_errors(archive_dir):
            findings = list(findings_of(db, full=full, counts=counts))
    finally:
        db.close()
    console = Console()
    if as_json:
        console.json({"ok": not findings, **asdict(counts), "findings": [asdict(one) for one in findings]})
        return 1 if findings else 0
    looked_at = f"{counts.captures} captures" + (f", {counts.records} WARC records" if full else "")
    if not findings:
        console.line(f"{archive_dir} is whole: {looked_at} checked")
        return 0
    console.table(
        ("kind", "place", "detail"), [(one.kind, one.place, one.detail) for one in findings[:_SHOWN]]
    )
    more = f" ({len(findings) - _SHOWN} not shown; --json lists all)" if len(findings) > _SHOWN else ""
    console.note(f"{len(findings)} findings in {archive_dir}; {looked_at} checked{more}")
    return 1
