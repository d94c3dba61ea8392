"""`khocong runs`: the reports on the crawls of an archive, newest first, or one of them whole."""

from pathlib import Path

import click

from archive.commands.common import Console, common_options, examples
from archive.errors import KhoCongError, UnknownPortal


@click.command(epilog=examples("khocong runs", "khocong runs chaudoc-angiang", "khocong runs 12 --json"))
@click.argument("which", metavar="[PORTAL|NUMBER]", required=False)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many.")
@common_options
def runs(which: str | None, limit: int, archive_dir: Path, as_json: bool) -> None:
    """Show what each crawl brought, what failed, and whether politeness was kept."""
    from archive.database import open_archive
    from archive.runs import lines_of, run_report, run_reports

    console = Console()
    db = open_archive(archive_dir, write=False)
    try:
        if which is not None and which.isdecimal() and len(which) < 16:
            one = run_report(db.conn, int(which))
            if one is None:
                raise KhoCongError(f"no run {which} in {archive_dir}; `khocong runs` lists them")
            if as_json:
                console.json(one.as_dict())
            else:
                for line in lines_of(one):
                    console.line(line)
            return
        found = run_reports(db.conn, which, limit)
        if which is not None and not found:
            raise UnknownPortal(f"no run of a portal {which!r} in {archive_dir}; `khocong status` lists them")
    finally:
        db.close()
    if as_json:
        console.json({"archive": str(archive_dir), "runs": [one.as_dict() for one in found]})
        return
    columns = (
        "run",
        "portal",
        "started",
        "outcome",
        "new",
        "changed",
        "gone",
        "requests",
        "polite",
        "failures",
    )
    rows = [
        (
            one.crawl_id, one.portal, one.started_at[:16], one.outcome or "running", one.new, one.changed,
            one.gone, one.requests, _polite(one.politeness), sum((one.failures or {}).values()),
        )
        for one in found
    ]  # fmt: skip
    console.table(columns, rows)


def _polite(politeness: dict[str, object] | None) -> str:
    if not politeness or politeness.get("delay_s") is None:
        return "?"
    return "yes" if politeness.get("kept") else "NO"
