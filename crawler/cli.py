"""`khocong`: every command of the project, each imported only when it is called."""

import sys
from collections.abc import Sequence

import click

from archive.cli import COMMANDS as ARCHIVE_COMMANDS
from archive.commands.common import LazyCommand, LazyGroup, run

# A new command is one file in archive/commands or crawler/commands and one line in a table.
CRAWLER_COMMANDS = {
    "demo": LazyCommand("crawler.commands.demo:demo", "Try everything on a small portal that comes along."),
    "crawl": LazyCommand("crawler.commands.crawl:crawl", "Crawl portals or URLs politely into the archive."),
    "schedule": LazyCommand("crawler.commands.schedule:schedule", "Crawl each portal when it is due."),
    "due": LazyCommand("crawler.commands.due:due", "Show what would be crawled now, and why."),
    "reextract": LazyCommand(
        "crawler.commands.reextract:reextract", "Read kept captures again by today's code and rules."
    ),
    "probe": LazyCommand("crawler.commands.probe:probe", "Show what each step makes of one page."),
    "ingest": LazyCommand("crawler.commands.ingest:ingest", "Take in WARC, WACZ, mirrors and saved pages."),
    "rebuild": LazyCommand("crawler.commands.rebuild:rebuild", "Make the database anew from the WARC files."),
    "attachments": LazyCommand(
        "crawler.commands.attachments:attachments", "Read the text of attached files."
    ),
    "export": LazyCommand("crawler.commands.export:export", "Write articles in forms that others read."),
    "portals": LazyCommand("crawler.commands.portals:portals", "List the portals that are known."),
    "new-portal": LazyCommand("crawler.commands.new_portal:new_portal", "Write the registry file of a site."),
    "report": LazyCommand("crawler.commands.report:report", "Show how complete each portal is."),
    "dying": LazyCommand("crawler.commands.dying:dying", "List the portals that seem to end, with evidence."),
    "status": LazyCommand("archive.commands.status:status", "Show how each portal of the archive stands."),
}
# The archive's own verify cannot extract again, nor rebuild.
_VERIFY = LazyCommand("crawler.commands.verify:verify", "Check the archive against its WARC files; mend it.")
COMMANDS = {**CRAWLER_COMMANDS, **ARCHIVE_COMMANDS, "verify": _VERIFY}


@click.group(cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="khocong", prog_name="khocong")
def cli() -> None:
    """Kho Cổng: crawls Vietnam's city and provincial e-portals and keeps what they published.

    Every command takes --archive DIR (default ./archive) and --json. Exit codes: 0 done, 1 failed,
    2 the request cannot be understood.
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code."""
    return run(cli, "khocong", argv)


if __name__ == "__main__":
    sys.exit(main())
