"""`khocong schedule`: crawl each portal when it is due, in the foreground; or write units and cron lines."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from archive.commands.common import Console, clean, common_options, examples
from archive.errors import KhoCongError, UsageError


@click.command(
    epilog=examples(
        "khocong schedule",
        "khocong schedule --config schedule.yml --once",
        "khocong schedule --systemd /etc/systemd/system",
        "khocong schedule --cron",
    )
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="When portals are crawled.  [default: schedule.yml in the archive's folder, else daily]",
)
@click.option("--once", is_flag=True, help="Crawl what is due now, and end.")
@click.option("--check", is_flag=True, help="Say whether the file is right, and end.")
@click.option(
    "--systemd", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Write services and timers into DIR instead; - prints them.",
)  # fmt: skip
@click.option("--cron", is_flag=True, help="Print lines for crontab instead.")
@click.option("--delay", type=click.FloatRange(min=0), metavar="SECONDS", help="As for khocong crawl.")
@click.option("--allow-private", is_flag=True, help="As for khocong crawl.")
@common_options
def schedule(
    config: Path | None,
    once: bool,
    check: bool,
    systemd: Path | None,
    cron: bool,
    delay: float | None,
    allow_private: bool,
    archive_dir: Path,
    as_json: bool,
) -> int:
    """Crawl each portal when it is due. Interrupt at will: what runs goes on with the next start.

    A portal never runs twice at once; what was missed while nobody looked is made up for by one run each,
    the most urgent first. With --json each event is an object on a line of its own.

    Exit codes: 0 ended when it was asked to, 1 failed, 2 the schedule file is wrong.
    """
    if sum((once, check, systemd is not None, cron)) > 1:
        raise UsageError("--once, --check, --systemd and --cron exclude each other")
    from crawler.scheduling.timetable import FILE_NAME, Timetable, read_timetable

    path = config or archive_dir / FILE_NAME
    timetable = read_timetable(path) if config is not None or path.exists() else Timetable()
    _check_names(timetable, archive_dir)
    if check:
        Console().line(f"{path} is right" if timetable.file else "no schedule file: every portal daily")
        return 0
    if systemd is not None or cron:
        return _write(timetable, archive_dir, systemd)
    return _run(timetable, archive_dir, delay, allow_private, once=once, as_json=as_json)


def _check_names(timetable: Any, archive_dir: Path) -> None:
    """Refuse a portal that neither the registry nor the archive knows, and no URL: a slip of the pen."""
    from archive.database import DATABASE_NAME, open_archive
    from crawler import registry

    unknown = [key for key in timetable.named if registry.find(key) is None]
    if not unknown:
        return
    known: set[str] = set()
    if (archive_dir / DATABASE_NAME).exists():
        db = open_archive(archive_dir, write=False)
        try:
            known = {key for (key,) in db.execute("SELECT portal_key FROM portals")}
        finally:
            db.close()
    for key in unknown:
        if key in known:
            continue
        near = registry.nearest(key)
        hint = (
            f"; did you mean {', '.join(near)}?" if near else "; crawl its URL once, or `khocong new-portal`"
        )
        raise UsageError(f"{timetable.file}:{timetable.named[key]}: no portal is called {key!r}{hint}")


def _known(timetable: Any, archive_dir: Path) -> Any:
    from crawler.scheduling.foreground import look_around

    known = look_around(archive_dir, timetable, datetime.now(UTC))
    if not known.entries:
        raise KhoCongError(
            f"there is no portal to crawl: crawl one into {archive_dir} by its key or URL first, "
            "or name some in schedule.yml"
        )
    return known


def _write(timetable: Any, archive_dir: Path, systemd: Path | None) -> int:
    from crawler.scheduling.units import cron_lines, units

    known = _known(timetable, archive_dir)
    folder = archive_dir.absolute()
    if systemd is None:
        for line in cron_lines(known.entries.values(), folder):
            click.echo(line)
        return 0
    for name, text in units(known.entries.values(), folder).items():
        if str(systemd) == "-":
            click.echo(f"# {name}\n{text}")
            continue
        systemd.mkdir(parents=True, exist_ok=True)
        (systemd / name).write_text(text, encoding="utf-8")
        Console().line(str(systemd / name))
    return 0


def _run(
    timetable: Any, archive_dir: Path, delay: float | None, allow_private: bool, *, once: bool, as_json: bool
) -> int:
    from archive.database import DATABASE_NAME
    from crawler.scheduling.foreground import Schedule
    from crawler.scheduling.keeping import Memory

    # One that waits beside an archive may be given its first portal later; a folder that is none is a slip.
    if once or not (archive_dir / DATABASE_NAME).exists():
        _known(timetable, archive_dir)
    try:
        archive_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KhoCongError(f"cannot make {archive_dir}: {error.strerror}") from error
    arguments = [*(["--delay", str(delay)] if delay is not None else [])]
    arguments += ["--allow-private"] if allow_private else []
    with Memory(archive_dir, write=True) as memory:
        Schedule(archive_dir, timetable, memory, arguments, _json if as_json else _line, once=once).go()
    return 0


def _json(event: dict[str, Any]) -> None:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    print(json.dumps({"at": at, **event}, ensure_ascii=False, default=str), flush=True)


def _line(event: dict[str, Any]) -> None:
    words = _words(event)
    if words:
        stamp = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S%z")
        click.echo(f"{stamp} {clean(words)}")
        sys.stdout.flush()


def _words(event: dict[str, Any]) -> str:
    kind, portal = event["event"], event.get("portal")
    if kind == "due":
        return f"{portal}: {event['kind']} run; {event['why']}"
    if kind == "begun":
        return f"{portal}: run {event['run']} has begun"
    if kind == "progress":
        return ""
    if kind == "ended":
        from crawler.commands.progress import ending_of

        return ending_of(event)
    if kind == "refused":
        return f"{portal}: {event['reason']}"
    if kind == "trouble":
        where = "logs/schedule-crawl.log"
        return f"the crawling process ended with {event['code']} ({where}); again in {event['rest_s']:.0f} s"
    return str(event.get("why", kind))
