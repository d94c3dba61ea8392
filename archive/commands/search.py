"""`khocong search`: find articles from the command line."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from archive.commands.common import Console, clean, common_options, examples

if TYPE_CHECKING:
    from archive.search import Hit, Results

EPILOG = examples(
    'khocong search "chi thi 33 dan van"',
    "khocong search 'Châu Đốc \"dân vận\" year:2021 -lễ' --sort newest",
    "khocong search doc:33/CT-TTg portal:chaudoc --json",
    "khocong search lễ hội --across kho/an-giang --across kho/dong-thap",
    "khocong search 'province:\"An Giang\" dân vận' --atom > feed.atom",
)


# A word may begin with a minus ("-lễ", "-hội"), so short options are left to the query language.
@click.command(
    epilog=EPILOG, context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]}
)
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(0, 1000), default=20, show_default=True, help="Hits shown.")
@click.option("--offset", type=click.IntRange(0, 100_000), default=0, help="Hits passed over.")
@click.option("--sort", type=click.Choice(["rank", "newest", "oldest"]), default="rank", show_default=True)
@click.option("--facets", is_flag=True, help="Count the matches by portal, year, document ….")
@click.option("--all-copies", is_flag=True, help="List copies of a text each by itself.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--atom", "as_atom", is_flag=True, help="Print an Atom feed of the newest matches.")
@click.option(
    "--across", type=click.Path(path_type=Path), multiple=True, metavar="DIR", help="Search this archive too."
)
@common_options
def search(
    words: tuple[str, ...],
    limit: int,
    offset: int,
    sort: str,
    facets: bool,
    all_copies: bool,
    as_csv: bool,
    as_atom: bool,
    across: tuple[Path, ...],
    archive_dir: Path,
    as_json: bool,
) -> None:
    """Find articles. Words typed with marks match exactly, words without marks match either way.

    \b
    "a phrase"  word*  -without  OR  NOT  ( )  and, anywhere in the query:
    portal: province: year: after: before: source: section: by: doc: has: status:
    after:2021-12 begins with that month, before:2021-12 ends ahead of it.
    With --across several archives answer as one; --archive is among them where it is named.
    """
    # `khocong search "a phrase"` is one argument with a space: the shell took its quotes off, and most
    # people mean words by it. Who wants a phrase quotes it within: '"a phrase"'.
    text = " ".join(words)
    if options := [word for word in words if word.startswith("--")]:
        raise click.NoSuchOption(options[0])
    if as_atom:
        click.echo(_atom(archive_dir, across, text), nl=False)
        return
    order: Any = {"newest": "newest", "oldest": "oldest"}.get(sort, "rank")
    options_: dict[str, Any] = {"limit": limit, "offset": offset, "sort": order, "facets": facets}
    results = _find(archive_dir, across, text, options_, fold_copies=not all_copies)
    console = Console()
    if as_json:
        console.json(results.as_json())
    elif as_csv:
        click.echo(_csv(results), nl=False)
    else:
        _show(console, results, offset)


def _find(
    archive_dir: Path, others: tuple[Path, ...], text: str, options: dict[str, Any], *, fold_copies: bool
) -> "Results":
    from archive.database import open_archive
    from archive.search import across, search

    if others:
        context = click.get_current_context()
        is_named = context.get_parameter_source("archive_dir") is not ParameterSource.DEFAULT
        return across([*((archive_dir,) if is_named else ()), *others], text, **options)
    db = open_archive(archive_dir, write=False)
    try:
        return search(db, text, fold_copies=fold_copies, **options)
    finally:
        db.close()


def _atom(archive_dir: Path, others: tuple[Path, ...], text: str) -> str:
    from archive.export.saved import feed_of_search
    from archive.reading import Archive

    if others:
        raise click.UsageError("--atom reads one archive; leave --across out")
    with Archive(archive_dir) as archive:
        return feed_of_search(archive, text).decode()


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
        folded = f"; {results.folded:,} copies folded" if results.folded else ""
        console.note(f"{offset + 1}–{offset + len(results.hits)} of {more}{results.total:,}{folded}")
    if results.facets is not None:
        for name, values in results.facets.values.items():
            shown = ", ".join(f"{value or '(none)'} {number:,}" for value, number in values[:8])
            console.line(f"{name}: {shown}")


def _elsewhere(hit: "Hit") -> str:
    if not hit.also_portals:
        return f"same text in {hit.also_on} more"
    return f"also on {hit.also_portals} portal{'s' if hit.also_portals > 1 else ''}"


def _show_hit(console: Console, number: int, hit: "Hit") -> None:
    facts = [hit.portal_name, (hit.published_at or "no date")[:10]]
    facts += [f"source: {hit.source}"] if hit.source else []
    facts += [_elsewhere(hit)] if hit.also_on else []
    facts += [hit.archive] if hit.archive else []
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
