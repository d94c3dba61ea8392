"""`khocong report`: how complete each portal is, by its sitemap, its last pages and its runs of ids."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.commands.common import Console, common_options, examples
from archive.errors import UnknownPortal

if TYPE_CHECKING:
    from crawler.completeness import Completeness

_STATES = ("done", "pending", "leased", "excluded", "failed", "gone")
_SHOWN = 20


@click.command(
    epilog=examples("khocong report", "khocong report chaudoc-angiang --missing", "khocong report --json")
)
@click.argument("portal", required=False)
@click.option("--missing", is_flag=True, help="Name every URL and id that is missing, not only the first.")
@common_options
def report(portal: str | None, missing: bool, archive_dir: Path, as_json: bool) -> None:
    """Show how complete each portal is: its ledger by state and reason, held against what it says of itself.

    A sitemap that cannot be read and ids that tell nothing are said to be so: what is unknown stays unknown.
    """
    # lxml and the adapters take 0.3 s to import: not for --help.
    from archive.database import open_archive
    from archive.records import Portal
    from crawler.reconcile import completeness

    db = open_archive(archive_dir, write=False)
    try:
        rows = db.execute(
            "SELECT portal_key, name, hosts, platform FROM portals WHERE ? IN (portal_key, '')"
            " ORDER BY portal_key",
            [portal or ""],
        ).fetchall()
        if portal and not rows:
            raise UnknownPortal(f"no portal {portal!r} in {archive_dir}; `khocong status` lists them")
        reports = [
            completeness(db, Portal(key, name, tuple(json.loads(hosts)), platform))
            for key, name, hosts, platform in rows
        ]
    finally:
        db.close()
    console = Console()
    if as_json:
        console.json({"archive": str(archive_dir), "portals": [one.as_dict() for one in reports]})
        return
    for one in reports:
        for line in _lines(one, None if missing else _SHOWN):
            console.line(line)


def _lines(one: "Completeness", most: int | None) -> list[str]:
    from crawler.completeness import ranges, summary

    lines = [
        f"{one.portal} ({one.name or 'no name'}, {one.platform or 'platform unknown'})",
        f"  {summary(one)}",
    ]
    lines.append(f"  last crawl: {one.last_crawl or 'never'}")
    for state in _STATES:
        here = [row for row in one.ledger if row.state == state]
        if not here:
            continue
        total = sum(row.urls for row in here)
        parts = ", ".join(
            f"{row.urls} {row.kind}" + (f" ({row.reason})" if row.reason else "") for row in here[:most]
        )
        lines.append(f"  {state} {total}: {parts}" + (", …" if most and len(here) > most else ""))
    if one.sitemap is not None:
        for reason, count in one.sitemap.other.items():
            lines.append(f"  in the sitemap, and no article: {count} {reason}")
        lines += [f"  missing ({why}): {url}" for url, why in one.sitemap.missing[:most]]
        if most and len(one.sitemap.missing) > most:
            lines.append(f"  and {len(one.sitemap.missing) - most} more; --missing names them")
        lines += [f"  sitemap not read ({why}): {url}" for url, why in one.sitemap.unread[:most]]
    for listing in one.listings:
        if listing.unread:
            why = ", ".join(f"{count} {reason}" for reason, count in listing.unread.items())
            lines.append(f"  {listing.url}: {listing.read} of {listing.pages} pages read; not read: {why}")
    if most is None and one.ids is not None and one.ids.missing:
        lines.append(f"  ids missing: {ranges(one.ids.missing, len(one.ids.missing))}")
    return lines
