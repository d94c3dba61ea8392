"""`khocong alerts`: the alarms of an archive, and the channels they are sent by."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.commands.common import Console, common_options, examples
from archive.errors import UsageError

if TYPE_CHECKING:
    from archive.alerts.config import Alerts
    from archive.database import ArchiveDatabase
    from archive.drift.alarms import Alarm

_COLUMNS = ("number", "portal", "kind", "severity", "since", "until", "what")


@click.command(
    epilog=examples(
        "khocong alerts", "khocong alerts --closed", "khocong alerts --test", "khocong alerts --check --send",
        "khocong alerts --accept 12",
    )
)  # fmt: skip
@click.argument("portal", required=False)
@click.option("--closed", is_flag=True, help="Those that are over, the newest first.")
@click.option("--check", is_flag=True, help="Judge each portal's last crawl again, as of now.")
@click.option("--send", is_flag=True, help="Send what waits.")
@click.option("--test", is_flag=True, help="Send a test through every channel.")
@click.option("--accept", type=int, metavar="NUMBER", help="Close an alarm: this is the portal's new way.")
@click.option("--config", type=click.Path(path_type=Path), help="In place of the archive's alerts.yml.")
@common_options
def alerts(
    portal: str | None,
    closed: bool,
    check: bool,
    send: bool,
    test: bool,
    accept: int | None,
    config: Path | None,
    archive_dir: Path,
    as_json: bool,
) -> int:  # fmt: skip
    """List the alarms that stand, the worst first; a crawl raises them, and closes what is over."""
    from archive.alerts.config import load
    from archive.database import open_archive
    from archive.drift.alarms import alarms

    # Read even where nothing is sent: what is wrong with it should be known before the night.
    settings = load(archive_dir, config)
    console = Console()
    if test:
        return _test(console, settings, as_json=as_json)
    db = open_archive(archive_dir, write=check or send or accept is not None)
    try:
        failed = _act(console, db, settings, portal, check=check, send=send, accept=accept)
        found = alarms(db.conn, portal=portal, closed=closed)
    finally:
        db.close()
    _show(console, found, as_json=as_json)
    return 1 if failed else 0


def _act(
    console: Console,
    db: "ArchiveDatabase",
    settings: "Alerts",
    portal: str | None,
    *,
    check: bool,
    send: bool,
    accept: int | None,
) -> bool:
    """Do what was asked for; return whether something could not be sent."""
    from archive.drift.alarms import accept as close
    from archive.drift.watching import check as judge_again

    now = datetime.now(UTC)
    if accept is not None:
        with db.transaction() as connection:
            known = close(connection, accept, now)
        if not known:
            raise UsageError(f"no open alarm has the number {accept}; `khocong alerts` lists them")
        console.note(f"alarm {accept} is closed: what it found is taken for usual from now on")
    if check:
        told = judge_again(db, now, portal)
        console.note(f"{len(told.raised)} raised, {len(told.recovered)} recovered")
    if not send:
        return False
    from archive.alerts.outbox import deliver

    if not settings.channels:
        raise UsageError("no channel to send by; alerts.yml names them, see docs/alarms.md")
    done = deliver(db, settings)
    console.note(f"{done.sent} sent, {done.failed} wait, {done.given_up} given up")
    for channel, error in done.errors.items():
        console.note(f"{channel}: {error}")
    return bool(done.errors)


def _test(console: Console, settings: "Alerts", *, as_json: bool) -> int:
    from archive.alerts.sending import SendFailed, send_test

    if not settings.channels:
        raise UsageError("no channel to test; alerts.yml names them, see docs/alarms.md")
    said: dict[str, str] = {}
    for channel in settings.channels:
        try:
            send_test(channel, settings.language)
            said[channel.name] = ""
        except SendFailed as error:
            said[channel.name] = str(error)
    if as_json:
        console.json([{"channel": name, "ok": not why, "error": why} for name, why in said.items()])
    else:
        for name, complaint in said.items():
            console.line(f"{name}: {complaint or 'sent'}")
    return 1 if any(said.values()) else 0


def _show(console: Console, found: "list[Alarm]", *, as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        console.json([asdict(one) for one in found])
    elif not found:
        console.line("no alarms")
    else:
        rows = [
            (
                one.alarm_id, one.portal, one.kind, one.severity, one.opened_at[:16].replace("T", " "),
                (one.closed_at or "")[:16].replace("T", " "), one.summary,
            )
            for one in found
        ]  # fmt: skip
        console.table(_COLUMNS, rows)
