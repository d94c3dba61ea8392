"""`khocong verify`: is every byte still there, does everything add up, and can it be mended?"""

import asyncio
from dataclasses import asdict
from pathlib import Path

import click

from archive.commands.common import Console, common_options, examples
from archive.errors import UsageError
from archive.verify import Counts, Finding
from crawler.mending import checked_sample, look, mend

_SHOWN = 50


@click.command(
    epilog=examples(
        "khocong verify", "khocong verify --full --copy /mnt/second/kho", "khocong verify --sample 10000"
    )
)
@click.option(
    "--full", is_flag=True, help="Also read every byte, extract every text again, check the search indexes."
)
@click.option(
    "--sample", type=click.IntRange(min=1), metavar="N", help="Check N records, the longest unchecked first."
)
@click.option("--since", metavar="DATE", help="Check the records captured since then.")
@click.option(
    "--copy",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Mend what is damaged from this second copy.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Demand that the chain of digests is signed by this public key.",
)
@click.option(
    "--workers", type=click.IntRange(min=0, max=64), default=0, metavar="N",
    help="Processes that extract again. [default: one a core]",
)  # fmt: skip
@common_options
def verify(
    full: bool,
    sample: int | None,
    since: str | None,
    copy: Path | None,
    key: Path | None,
    workers: int,
    archive_dir: Path,
    as_json: bool,
) -> int:
    """Check the archive against its WARC files; exit with 1 when something is wrong.

    Every capture must have its WARC record, with the digest that was stored; the ledger must add up; texts
    and rows must be what they were; the chain of digests over closed WARC files must hold. Without --copy
    nothing is changed; --sample and --since remember what they checked, for the next time.
    """
    counts, mended = Counts(), list[str]()
    if sample is not None or since is not None:
        if full or copy is not None:
            raise UsageError("--sample and --since are checks of their own: leave --full and --copy away")
        counts.captures, findings = checked_sample(archive_dir, sample or -1, since)
    else:
        findings = asyncio.run(look(archive_dir, counts, full=full, key=key, workers=workers))
        if copy is not None and findings:
            mended = asyncio.run(mend(archive_dir, copy, findings))
            counts = Counts()
            findings = asyncio.run(look(archive_dir, counts, full=full, key=key, workers=workers))
    return _report(archive_dir, counts, findings, mended, full=full, as_json=as_json)


def _report(
    folder: Path, counts: Counts, findings: list[Finding], mended: list[str], *, full: bool, as_json: bool
) -> int:
    console = Console()
    if as_json:
        listed = [asdict(one) for one in findings]
        console.json({"ok": not findings, **asdict(counts), "findings": listed, "mended": mended})
        return 1 if findings else 0
    for line in mended:
        console.line(f"mended: {line}")
    looked_at = f"{counts.captures} captures"
    if full:
        looked_at += f", {counts.records} WARC records and {counts.texts} texts"
    if counts.stale:
        console.note(f"{counts.stale} texts are read otherwise by today's code: khocong reextract")
    if not findings:
        console.line(f"{folder} is whole: {looked_at} checked")
        return 0
    console.table(
        ("kind", "place", "detail"), [(one.kind, one.place, one.detail) for one in findings[:_SHOWN]]
    )
    more = f" ({len(findings) - _SHOWN} not shown; --json lists all)" if len(findings) > _SHOWN else ""
    console.note(f"{len(findings)} findings in {folder}; {looked_at} checked{more}")
    return 1
