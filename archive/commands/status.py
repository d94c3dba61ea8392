"""`khocong status`: how each portal of the archive stands."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.commands.common import Console, common_options, examples

if TYPE_CHECKING:
    from archive.status import PortalStatus

_COLUMNS = (
    "portal", "platform", "articles", "pending", "leased", "done", "excluded", "failed", "gone", "last crawl",
    "requests", "per article", "problems",
)  # fmt: skip


@click.command(epilog=examples("khocong status", "khocong status chaudoc", "khocong status --json"))
@click.argument("portal", required=False)
@common_options
def status(portal: str | None, archive_dir: Path, as_json: bool) -> None:
    """Show per portal: URLs by state, articles, the last crawl and what went wrong."""
    from archive.database import open_archive
    from archive.errors import ArchiveMissing, UnknownPortal
    from archive.lock import is_held
    from archive.status import portal_statuses

    try:
        db = open_archive(archive_dir, write=False)
    except ArchiveMissing as error:
        # Nothing archived yet is an answer, not a failure.
        if portal:
            raise
        _say_nothing_yet(str(error), archive_dir, as_json)
        return
    try:
        found = portal_statuses(db.conn, portal)
        if portal and not found:
            known = ", ".join(one.portal for one in portal_statuses(db.conn)[:10]) or "none"
            raise UnknownPortal(f"no portal {portal!r} in {archive_dir}; there are: {known}")
    finally:
        db.close()
    running = is_held(archive_dir)
    console = Console()
    if as_json:
        shown = {"archive": str(archive_dir), "writing": running, "portals": [asdict(one) for one in found]}
        console.json(shown)
    elif not found:
        console.line(f"{archive_dir} is empty; `khocong crawl URL` fills it")
    else:
        console.table(_COLUMNS, [_row(one, running) for one in found])
        for one in found:
            _show_problems(console, one, detailed=portal is not None)


def _say_nothing_yet(message: str, archive_dir: Path, as_json: bool) -> None:
    console = Console()
    if as_json:
        console.json({"archive": str(archive_dir), "writing": False, "portals": []})
    else:
        console.line(message)


def _row(one: "PortalStatus", running: bool) -> list[object]:
    crawl = one.last_crawl
    if crawl is None:
        last = "never"
    else:
        state = crawl.reason or ("running" if running else "died")
        last = f"{(crawl.ended_at or crawl.started_at)[:16].replace('T', ' ')} {state}"
    return [
        one.portal,
        one.platform or "?",
        one.articles,
        *(one.urls[state] for state in ("pending", "leased", "done", "excluded", "failed", "gone")),
        last,
        crawl.requests if crawl else 0,
        "" if one.requests_per_article is None else f"{one.requests_per_article:.2f}",
        sum(one.issues.values()) + sum(one.failures.values()) or "",
    ]


def _show_problems(console: Console, one: "PortalStatus", *, detailed: bool) -> None:
    limit = 1000 if detailed else 3
    for title, counts in (("issues", one.issues), ("failed", one.failures)):
        if not counts:
            continue
        parts = [f"{name or 'no reason given'} {count}" for name, count in list(counts.items())[:limit]]
        more = f" and {len(counts) - limit} more kinds" if len(counts) > limit else ""
        console.line(f"{one.portal}: {title}: {', '.join(parts)}{more}")
