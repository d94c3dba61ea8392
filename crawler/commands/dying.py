"""`khocong dying`: the portals that seem to end, and the last whole crawl of those that still answer."""

import csv
import html
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.commands.common import Console, common_options, examples
from archive.errors import KhoCongError

if TYPE_CHECKING:
    from archive.dying import Likelihood
    from archive.store import Store
    from crawler.plans import Plan

_COLUMNS = ("portal", "likelihood", "articles", "last crawl", "last whole crawl", "policy", "evidence")


@click.command(
    epilog=examples(
        "khocong dying",
        "khocong dying --csv nguy-co.csv --html nguy-co.html",
        "khocong dying --start",
    )
)
@click.option(
    "--least",
    type=click.FloatRange(0, 1),
    default=0.2,
    show_default=True,
    help="Only those as likely to end.",
)
@click.option(
    "--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the list as CSV."
)
@click.option(
    "--html", "html_file", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a page."
)
@click.option(
    "--start", is_flag=True, help="Crawl whole, with images, those whose file says last_chance: start."
)
@click.option("--allow-private", is_flag=True, help="Let these crawls reach private addresses.")
@common_options
def dying(
    least: float,
    csv_file: Path | None,
    html_file: Path | None,
    start: bool,
    allow_private: bool,
    archive_dir: Path,
    as_json: bool,
) -> int:  # fmt: skip
    """List the portals that seem to end, the likeliest first, with the evidence for each.

    A portal that is likely to end and still answers should be crawled whole once more, while it can.
    """
    from archive.database import open_archive
    from archive.dying import as_data
    from archive.dying import dying as find

    db = open_archive(archive_dir, write=False)
    try:
        found = find(db.conn, datetime.now(UTC), least)
    finally:
        db.close()
    if csv_file is not None:
        _write(csv_file, found, page=False)
    if html_file is not None:
        _write(html_file, found, page=True)
    from crawler.last_chance import policy_of

    console = Console()
    if as_json:
        console.json([{**as_data(one), "policy": policy_of(one.portal)} for one in found])
    elif not found:
        console.line("no portal shows signs of ending")
    else:
        console.table(_COLUMNS, [_row(one) for one in found])
        for one in found:
            if one.is_last_chance and not start:
                console.note(
                    f"{one.portal}: crawl it whole while it answers: khocong crawl {one.portal} --images"
                )
    return _start(archive_dir, found, allow_private=allow_private) if start else 0


def _start(archive_dir: Path, found: "Sequence[Likelihood]", *, allow_private: bool) -> int:
    from crawler import run
    from crawler.last_chance import last_chances

    def choose(store: "Store") -> "list[Plan]":
        return last_chances(store, found, allow_private=allow_private)

    summaries = run.crawl([], archive_dir, {}, choose=choose)
    console = Console()
    if not summaries:
        console.note("no last whole crawl is due and allowed to start (last_chance: start)")
    for summary in summaries:
        console.note(f"{summary['portal']}: {summary['reason']}, {summary['articles']['new']} new articles")
    return 1 if any(str(one["reason"]).startswith("failed") for one in summaries) else 0


def _row(one: "Likelihood") -> tuple[object, ...]:
    from crawler.last_chance import policy_of

    due = one.last_chance_at or ("due" if one.is_last_chance else "")
    evidence = "; ".join(reason.what for reason in one.evidence)
    last = (one.last_crawl_at or "never")[:16].replace("T", " ")
    return (one.portal, f"{one.value:.2f}", one.articles, last, due[:16], policy_of(one.portal), evidence)


def _write(path: Path, found: "Sequence[Likelihood]", *, page: bool) -> None:
    from archive.dying import COLUMNS, as_row

    rows = [as_row(one) for one in found]
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            if page:
                file.write(_page(COLUMNS, rows))
            else:
                writer = csv.writer(file)
                writer.writerow(COLUMNS)
                writer.writerows([[_plain(cell) for cell in row] for row in rows])
    except OSError as error:
        raise KhoCongError(f"cannot write {path}: {error.strerror}") from error


def _plain(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = str(cell)
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text


def _page(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in columns)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return (
        '<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>Cổng có nguy cơ mất</title></head><body><h1>Cổng có nguy cơ mất</h1>"
        f"<p>{made}</p><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></body></html>\n"
    )
