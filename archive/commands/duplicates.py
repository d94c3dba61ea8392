"""`khocong duplicates`: the same text on several portals, who published first and what was changed."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.commands.common import Console, common_options, examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.database import ArchiveDatabase


@click.command(
    epilog=examples(
        "khocong duplicates", "khocong duplicates https://example.gov.vn/tin/123.html --diff",
        "khocong duplicates --update",
    )
)  # fmt: skip
@click.argument("url", required=False)
@click.option("--update", "bring_up", is_flag=True, help="Compare what is new, as a crawl does at its end.")
@click.option("--diff", is_flag=True, help="With URL: show what each copy changed.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Pairs to list.")
@common_options
def duplicates(
    url: str | None, bring_up: bool, diff: bool, limit: int, archive_dir: Path, as_json: bool
) -> None:
    """List the pairs of articles that carry the same text, or the copies of the article at URL."""
    from archive.database import open_archive
    from archive.near_duplicates import update

    console = Console()
    db = open_archive(archive_dir, write=bring_up)
    try:
        if bring_up:
            done = update(db, on_progress=_progress(console))
            console.note(f"compared {done.articles:,} articles: {done.pairs:,} pairs found")
        if url is None:
            _list_pairs(db, console, limit, as_json)
        else:
            _list_copies(db, console, url, diff, as_json)
    finally:
        db.close()


def _progress(console: Console) -> "Callable[[int], None] | None":
    return (lambda done: console.note(f"{done:,} articles")) if console.is_terminal else None


_PAIR = (
    "similarity", "first", "url", "other_url", "title", "other_title", "published_at", "other_published_at",
)  # fmt: skip
_WHO = {True: "published first", False: "published later", None: "who was first is not known"}


def _list_pairs(db: "ArchiveDatabase", console: Console, limit: int, as_json: bool) -> None:
    from archive.near_duplicates.update import waiting

    rows = db.execute(
        "SELECT similarity, CASE first_id WHEN article_id THEN url WHEN other_id THEN other_url END, url,"
        " other_url, title, other_title, published_at, other_published_at FROM near_duplicates_flat"
        " ORDER BY found_at DESC, article_id DESC, similarity DESC LIMIT ?",
        [limit],
    ).fetchall()
    left = waiting(db.conn)
    if as_json:
        console.json({"waiting": left, "pairs": [dict(zip(_PAIR, row, strict=True)) for row in rows]})
        return
    console.table(_PAIR[:5], [row[:5] for row in rows])
    if left:
        console.note(f"{left:,} articles wait to be compared; run khocong duplicates --update")


def _list_copies(db: "ArchiveDatabase", console: Console, url: str, diff: bool, as_json: bool) -> None:
    from archive.errors import ArchiveError, UsageError
    from archive.near_duplicates import changes, duplicates_of
    from archive.revisions import find_article

    try:
        article_id = find_article(db.conn, url)
    except ValueError:
        raise UsageError(f"not an http(s) URL: {url[:200]}") from None
    if article_id is None:
        raise ArchiveError(f"no article of {url} in the archive; `khocong search` finds what there is")
    copies = duplicates_of(db.conn, article_id)
    diffs = [changes(db.conn, article_id, one.article_id) if diff else [] for one in copies]
    if as_json:
        shown = [
            {**asdict(one), **({"diff": [[piece.operation, piece.text] for piece in pieces]} if diff else {})}
            for one, pieces in zip(copies, diffs, strict=True)
        ]
        console.json({"url": url, "copies": shown})
        return
    for one, pieces in zip(copies, diffs, strict=True):
        facts = (f"{one.similarity:.2f} {one.portal}", one.published_at or "no date", _WHO[one.is_first])
        console.line(" · ".join((*facts, one.title)))
        console.line(f"     {one.url}")
        if diff:
            marks = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
            for line in "".join(marks[piece.operation].format(piece.text) for piece in pieces).split("\n"):
                console.line(f"     {line}")
    if not copies:
        console.note("no copies of it are known")
