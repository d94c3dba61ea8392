"""`khocong audit`: what was done to preserve the archive, and how far that goes."""

from dataclasses import asdict
from pathlib import Path

import click

from archive.commands.common import Console, common_options, examples


@click.command(epilog=examples("khocong audit", "khocong audit --archive kho --json"))
@common_options
def audit(archive_dir: Path, as_json: bool) -> int:
    """Report the events of preservation (PREMIS) and an NDSA self-assessment, each level with its reason.

    Nothing is checked and nothing changed: `khocong verify` checks, and is itself an event here.
    """
    from archive.audit import audit as report
    from archive.database import open_archive, reading_errors

    db = open_archive(archive_dir, write=False)
    try:
        with reading_errors(archive_dir):
            found = report(db)
    finally:
        db.close()
    console = Console()
    if as_json:
        console.json(asdict(found))
        return 0
    counts = found.counts
    console.line(
        f"{counts['captures']} captures in {found.warc_files} WARC files ({found.sealed} sealed,"
        f" {found.signed} signed); {counts['checked']} captures checked,"
        f" the longest ago {found.oldest_check or 'never'}"
    )
    console.table(
        ("event", "count", "not success", "last", "outcome", "agent"),
        [
            (one.event_type, one.count, one.not_success, one.last_at[:19], one.last_outcome, one.agent)
            for one in found.events
        ],
    )
    console.table(
        ("NDSA area", "level", "why", "what the next level lacks"),
        [(one.area, one.level, one.reason, one.lacks) for one in found.levels],
    )
    return 0
