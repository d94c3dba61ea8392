"""`python -m archive`: the commands that need no crawler; `khocong` has these and its own."""

import sys
from collections.abc import Sequence

import click

from archive.commands.common import LazyCommand, LazyGroup, run

COMMANDS = {
    "search": LazyCommand("archive.commands.search:search", "Find articles, typed with or without marks."),
    "serve": LazyCommand("archive.commands.serve:serve", "Read and search the archive in a browser."),
    "publish": LazyCommand("archive.commands.publish:publish", "Print how to put the archive online."),
    "history": LazyCommand("archive.commands.history:history", "Show the revisions and captures of a URL."),
    "cite": LazyCommand("archive.commands.cite:cite", "Cite an article: text, RIS, BibTeX, CSL, DC."),
    "duplicates": LazyCommand("archive.commands.duplicates:duplicates", "List the copies of articles."),
    "verify": LazyCommand("archive.commands.verify:verify", "Check the archive against its WARC files."),
    "audit": LazyCommand("archive.commands.audit:audit", "Tell how the archive is preserved."),
    "backup": LazyCommand("archive.commands.backup:backup", "Copy the archive, also while a crawl runs."),
    "merge": LazyCommand("archive.commands.merge:merge", "Join archives into one."),
    "runs": LazyCommand("archive.commands.runs:runs", "Show the report on each crawl."),
    "alerts": LazyCommand("archive.commands.alerts:alerts", "List what is wrong; test and send alerts."),
    "metrics": LazyCommand("archive.commands.metrics:metrics", "Print the numbers Prometheus asks for."),
    "sql": LazyCommand("archive.commands.sql:sql", "Run a read-only SQL query."),
    "reindex": LazyCommand("archive.commands.reindex:reindex", "Check or restore the search indexes."),
}


@click.group(cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="khocong", prog_name="khocong")
def cli() -> None:
    """Kho Cổng, reading side: find, read and check what the e-portals published."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command of the archive; return its exit code."""
    return run(cli, "python -m archive", argv)


if __name__ == "__main__":
    sys.exit(main())
