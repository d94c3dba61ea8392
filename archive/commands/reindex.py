"""`khocong reindex`: check or restore the search indexes."""

from pathlib import Path

import click

from archive.commands.common import Console, common_options, examples


@click.command(
    epilog=examples("khocong reindex", "khocong reindex --check", "khocong reindex --check --deep")
)
@click.option("--check", "only_check", is_flag=True, help="Only say whether the indexes are sound.")
@click.option("--deep", is_flag=True, help="With --check: compare every word, not a sample.")
@common_options
def reindex(only_check: bool, deep: bool, archive_dir: Path, as_json: bool) -> int:
    """Build the search indexes anew from the articles; always restores the same index.

    Exit code 1 when --check finds damage.
    """
    from archive.database import open_archive
    from archive.search.index import check
    from archive.search.index import reindex as build

    console = Console()
    # FTS5 checks itself by an INSERT, so even a deep check needs the write lock.
    db = open_archive(archive_dir, write=deep or not only_check)
    try:
        articles = None if only_check else build(db)
        problems = check(db, deep=deep)
    finally:
        db.close()
    if as_json:
        console.json({"articles": articles, "problems": problems})
    else:
        if articles is not None:
            console.line(f"indexed {articles:,} articles")
        for problem in problems:
            console.line(problem)
        if only_check:
            console.line(
                "run `khocong reindex` to restore the indexes" if problems else "the indexes are sound"
            )
    return 1 if problems else 0
