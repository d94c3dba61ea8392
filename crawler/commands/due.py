"""`khocong due`: what `khocong schedule` would run now, what comes next, and why."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from archive.commands.common import Console, common_options, examples


@click.command(epilog=examples("khocong due", "khocong due --all", "khocong due --json"))
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="As for khocong schedule.")
@click.option("--all", "everything", is_flag=True, help="What comes later, too, not only the next ten.")
@common_options
def due(config: Path | None, everything: bool, archive_dir: Path, as_json: bool) -> None:
    """Show which portals are due by the schedule, in which order they would run, and why.

    `khocong crawl --due` goes by the archive alone: cut short, or not seen for a day.
    """
    from crawler.scheduling.foreground import what_is_due
    from crawler.scheduling.timetable import FILE_NAME, Timetable, read_timetable

    path = config or archive_dir / FILE_NAME
    timetable = read_timetable(path) if config is not None or path.exists() else Timetable()
    now = datetime.now(UTC)
    known, decision = what_is_due(archive_dir, timetable, now)
    ready = [("now", run) for run in decision.start] + [("waiting", run) for run in decision.waiting]
    console = Console()
    if as_json:
        console.json(
            {
                "archive": str(archive_dir), "now": now.isoformat(timespec="seconds"),
                "schedule": str(timetable.file) if timetable.file else None,
                "due": [_row(state, run, known) for state, run in ready],
                "later": [_row("later", run, known) for run in decision.later],
            }
        )  # fmt: skip
        return
    later = decision.later if everything else decision.later[:10]
    rows = [
        (run.key, state, run.kind, _local(run.due_at), f"{run.priority:g}", run.why)
        for state, run in [*ready, *(("later", run) for run in later)]
    ]
    console.table(("portal", "state", "kind", "from", "priority", "why"), rows)
    if not rows:
        console.note("no portal is scheduled: crawl one first, or name some in schedule.yml")
    elif len(decision.later) > len(later):
        console.note(f"and {len(decision.later) - len(later)} later; --all shows them")


def _row(state: str, run: Any, known: Any) -> dict[str, Any]:
    life, entry = known.lives[run.key], known.entries[run.key]
    return {
        "portal": run.key, "state": state, "kind": run.kind, "slot": run.slot.isoformat(),
        "from": run.due_at.isoformat(), "priority": run.priority, "why": run.why,
        "cadence": str(entry.cadence), "quiet_hours": list(entry.quiet), "group": entry.group,
        "articles_per_day": round(life.per_day, 2), "risk": round(life.risk, 2),
        "max_requests": run.max_requests,
    }  # fmt: skip


def _local(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M")
