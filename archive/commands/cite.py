"""`khocong cite`: where an article comes from, to read, to paste, or for a reference manager."""

import json
from pathlib import Path
from typing import Literal

import click

from archive.commands.common import Console, common_options, examples


@click.command(
    epilog=examples(
        "khocong cite https://example.gov.vn/tin/123.html --lang en",
        "khocong cite https://example.gov.vn/tin/123.html --format bibtex >> tham-khao.bib",
    )
)
@click.argument("url")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "ris", "bibtex", "csl", "dc"]),
    default="text",
    show_default=True,
)
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True, help="Of the text.")
@common_options
def cite(url: str, form: str, lang: Literal["vi", "en"], archive_dir: Path, as_json: bool) -> None:
    """Print the source of the article at URL: portal, organ, place then and now, digests, WARC record."""
    from dataclasses import asdict

    from archive.attribution import FORMATS, attribution_of, statement
    from archive.database import open_archive
    from archive.errors import ArchiveError, UsageError
    from archive.revisions import find_article

    db = open_archive(archive_dir, write=False)
    try:
        try:
            article_id = find_article(db.conn, url)
        except ValueError:
            raise UsageError(f"not an http(s) URL: {url[:200]}") from None
        found = None if article_id is None else attribution_of(db.conn, article_id)
    finally:
        db.close()
    if found is None:
        raise ArchiveError(f"no article of {url} in {archive_dir}; `khocong search` finds what there is")
    written = statement(found, lang) if form == "text" else FORMATS[form][2](found)
    console = Console()
    if as_json:
        is_data = form in ("csl", "dc")
        console.json(
            {**asdict(found), "format": form, "citation": json.loads(written) if is_data else written}
        )
    elif form == "text":
        for line in written.split("\n"):
            console.line(line)
    else:
        # Titles come from the web: JSON escapes controls, and the other two are cleaned line by line.
        click.echo("\n".join(_clean(line) for line in written.splitlines()))


def _clean(line: str) -> str:
    from archive.commands.common import clean

    return clean(line)
