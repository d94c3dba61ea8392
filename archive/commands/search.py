"""`khocong search`: find articles from the command line."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.commands.common import Console, clean, common_options, examples

if TYPE_CHECKING:
    from archive.search.results import Hit, Results

EPILOG = examples(
    'khocong search "chi thi 33 dan van"',
    "khocong search 'Châu Đốc \"dân vận\" year:2021 -lễ' --sort newest",
    "khocong search doc:33/CT-TTg portal:chaudoc --json",
)


# A word may begin with a minus ("-lễ", "-hội"), so short options are left to the query language.
@click.command(
    epilog=EPILOG, context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]}
)
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(0, 1000), default=20, show_default=True, help="Hits shown.")
@click.option("--offset", type=click.IntRange(0, 100_000), default=0, help="Hits passed over.")
@click.option("--sort", type=click.Choice(["rank", "newest", "oldest"]), default="rank", show_default=True)
@click.option("--facets", is_flag=True, help="Count the matches by portal, year, section, source, status.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@common_options
def search(
    words: tuple[str, ...],
    limit: int,
    offset: int,
    sort: str,
    facets: bool,
    as_csv: bool,
    archive_dir: Path,
    as_json: bool,
) -> None:
    """Find articles. Words typed with marks match exactly, words without marks match either way.

    \b
    "a phrase"  word*  -without  OR  NOT  ( )  and, anywhere in the query:
    portal: province: year: after: before: source: section: by: doc: has: status:
    after:2021-12 begins with that month, before:2021-12 ends ahead of it.
    """
    from archive.database import open_archive
    from archive.search.results import search as find

    # `khocong search "a phrase"` is one argument with a space: the shell took its quotes off, and most
    # people mean words by it. Who wants a phrase quotes it within: '"a phrase"'.
    text = " ".join(words)
    if options := [word for word in words if word.startswith("--")]:
        raise click.NoSuchOption(options[0])
    db = open_archive(archive_dir, write=False)
    try:
        order = {"newest": "newest", "oldest": "oldest"}.get(sort, "rank")
        results = find(db, text, limit=limit, offset=offset, sort=order, facets=facets)  # type: ignore[arg-type]  # click.Choice has checked it
    finally:
        db.close()
    console = Console()
    if as_json:
        console.json(results.as_json())
    elif as_csv:
        click.echo(_csv(results), nl=False)
    else:
        _show(console, results, offset)


def _csv(results: "Results") -> str:
    columns = ("url", "title", "snippet", "portal", "published_at", "source", "section", "byline", "status")
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(columns)
    for hit in results.hits:
        writer.writerow([_cell(getattr(hit, column)) for column in columns])
    return made.getvalue()


def _cell(value: object) -> str:
    # A spreadsheet runs what begins so as a formula; the portals' titles are not ours to trust.
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _show(console: Console, results: "Results", offset: int) -> None:
    for note in results.notes:
        console.note(f"note: {note}")
    for number, hit in enumerate(results.hits, offset + 1):
        _show_hit(console, number, hit)
    if not results.hits:
        console.line("no results")
        if results.suggestion:
            console.note(f"did you mean: {results.suggestion}")
    else:
        more = "" if results.total_is_exact else "more than "
        console.note(f"{offset + 1}–{offset + len(results.hits)} of {more}{results.total:,}")
    if results.facets is not None:
        for name, values in results.facets.values.items():
            shown = ", ".join(f"{value or '(none)'} {number:,}" for value, number in values[:8])
            console.line(f"{name}: {shown}")


def _show_hit(console: Console, number: int, hit: "Hit") -> None:
    facts = [hit.portal_name, (hit.published_at or "no date")[:10]]
    facts += [f"source: {hit.source}"] if hit.source else []
    facts += [f"same text in {hit.also_on} more"] if hit.also_on else []
    facts += [hit.status] if hit.status != "live" else []
    title = clean(hit.title)
    click.echo(f"{number}. {click.style(title, bold=True)}" if console.is_terminal else f"{number}. {title}")
    console.line(f"   {' · '.join(facts)}")
    if hit.snippet:
        snippet = clean(hit.snippet)
        if console.is_terminal:
            snippet = snippet.replace("«", "\x1b[33m").replace("»", "\x1b[39m")
        click.echo(f"   {snippet}")
    console.line(f"   {hit.url}")
