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


@click.command(
    epilog=examples(
        "khocong status", "khocong status chaudoc", "khocong status --json", "khocong status --exit-code"
    )
)
@click.argument("portal", required=False)
@click.option(
    "--exit-code",
    is_flag=True,
    help="One line for a monitoring system; ends with 0 OK, 1 warning, 2 critical, 3 unknown.",
)
@common_options
def status(portal: str | None, exit_code: bool, archive_dir: Path, as_json: bool) -> int | None:
    """Show per portal: URLs by state, articles, the last crawl and what went wrong."""
    if exit_code:
        return _check(portal, archive_dir, as_json=as_json)
    _list(portal, archive_dir, as_json=as_json)
    return None


def _check(portal: str | None, archive_dir: Path, *, as_json: bool) -> int:
    """Say in one line how things stand, and return what a monitoring system expects as exit code."""
    import sqlite3

    from archive.database import open_archive
    from archive.errors import KhoCongError
    from archive.status import level, portal_statuses, unknown

    try:
        db = open_archive(archive_dir, write=False)
        try:
            known = not portal or bool(portal_statuses(db.conn, portal))
            found = level(db.conn, portal) if known else unknown(f"no portal {portal!r} in {archive_dir}")
        finally:
            db.close()
    except (KhoCongError, sqlite3.Error) as error:
        found = unknown(str(error))
    console = Console()
    if as_json:
        console.json({"code": found.code, "line": found.line})
    else:
        console.line(found.line)
    return found.code


def _list(portal: str | None, archive_dir: Path, *, as_json: bool) -> None:
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
