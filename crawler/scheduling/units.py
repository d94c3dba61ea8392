"""The schedule as systemd timers or crontab lines, for those who prefer the system's own."""

import shlex
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from archive.errors import KhoCongError
from crawler.scheduling.cadence import Cron, Every
from crawler.scheduling.timetable import Entry

_HOUR, _DAY = 3600, 86_400
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# The archive has one writer: units that fall together wait for one another, on a lock of their own.
_TURN = "turns.lock"
_QUIET = "Quiet hours are those of the registry: the schedule's own are kept by `khocong schedule` alone."

SERVICE = """\
[Unit]
Description=Kho Cong: crawl {what}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={command}
# 75 is a turn that did not come within a day: the next timer tries again.
SuccessExitStatus=75
Nice=10
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={folder}
RestrictSUIDSGID=yes
UMask=0027
"""
TIMER = """\
[Unit]
Description=Kho Cong: when to crawl {what}

[Timer]
{when}
RandomizedDelaySec={jitter}
AccuracySec=1min
{persistent}
[Install]
WantedBy=timers.target
"""


def units(entries: Iterable[Entry], folder: Path) -> dict[str, str]:
    """Return services and timers by file name: one pair for all portals that are crawled alike."""
    made: dict[str, str] = {}
    for name, group in _groups(entries):
        entry = group[0]
        what = name if len(group) > 1 else group[0].key
        command = _command(group, folder, program=_program())
        made[f"khocong-crawl-{name}.service"] = SERVICE.format(
            what=what, command=command, folder=_path(folder)
        )
        made[f"khocong-crawl-{name}.timer"] = TIMER.format(
            what=what,
            when=_when(entry),
            jitter=entry.jitter_s,
            persistent="Persistent=true\n" if isinstance(entry.cadence, Cron) else "",
        )
    return made


def cron_lines(entries: Iterable[Entry], folder: Path) -> list[str]:
    """Return lines for crontab, in the machine's own time zone or with CRON_TZ where one is named.

    Raises KhoCongError for an interval that cron cannot say.
    """
    lines = [f"# Kho Cong, {folder}. {_QUIET}"]
    zone = ""
    for name, group in _groups(entries):
        cadence = group[0].cadence
        if isinstance(cadence, Cron) and cadence.zone != zone:
            zone = cadence.zone
            lines.append(f"CRON_TZ={zone}")
        expression = cadence.expression if isinstance(cadence, Cron) else every_as_cron(cadence, name)
        # cron reads a bare % as the end of the line.
        lines.append(f"{expression} {_command(group, folder, program=_program())}".replace("%", "\\%"))
    return lines


def every_as_cron(cadence: Every, name: str) -> str:
    """Return the cron expression nearest to an interval, with a minute and hour of the group's own.

    >>> every_as_cron(Every(6 * 3600), "x").split()[2:]
    ['*', '*', '*']
    """
    number = sum(name.encode()) * 37
    minute, seconds = number % 60, cadence.seconds
    if seconds < _HOUR and _HOUR % seconds == 0:
        return f"*/{seconds // 60} * * * *"
    if seconds % _HOUR == 0 and _DAY % seconds == 0 and seconds < _DAY:
        step = seconds // _HOUR
        hours = ",".join(str(hour) for hour in range(number % step, 24, step))
        return f"{minute} {hours} * * *"
    if seconds == _DAY:
        return f"{minute} {number % 24} * * *"
    if seconds == 7 * _DAY:
        return f"{minute} {number % 24} * * {_DAYS[number % 7]}"
    raise KhoCongError(
        f"cron cannot say {cadence}: take a part of an hour or day, a day or a week, or `khocong schedule`"
    )


def _groups(entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    alike: dict[tuple[str, str, int, int | None], list[Entry]] = defaultdict(list)
    for entry in entries:
        alike[entry.group, str(entry.cadence), entry.jitter_s, entry.max_requests].append(entry)
    named: list[tuple[str, list[Entry]]] = []
    taken: set[str] = set()
    for (group, *_), members in sorted(alike.items(), key=lambda item: (item[0][:3], item[1][0].key)):
        base = "".join(
            c if c.isalnum() and c.isascii() or c in "-_." else "-" for c in group or members[0].key
        )
        base = base if group or len(members) == 1 else "all"
        name, number = base, 2
        while name in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name)
        named.append((name, members))
    return named


def _when(entry: Entry) -> str:
    if isinstance(entry.cadence, Every):
        return f"OnBootSec=5min\nOnUnitActiveSec={entry.cadence.seconds}s"
    minute, hour, day, month, weekday = entry.cadence.expression.split()
    days = "" if weekday == "*" else f"{','.join(part.title() for part in _spans(weekday))} "
    date = f"*-{_field(month)}-{_field(day)}"
    return f"OnCalendar={days}{date} {_field(hour)}:{_field(minute)}:00 {entry.cadence.zone}"


def _spans(weekday: str) -> list[str]:
    return [part.replace("-", "..") for part in weekday.split(",")]


def _field(text: str) -> str:
    """Return a field of cron in the words of systemd: "*/8" is 0/8, "1-5" is 1..5."""
    if any(letter.isalpha() for letter in text):
        raise KhoCongError(f"{text!r}: write months as numbers for systemd")
    parts = []
    for part in text.split(","):
        span, _, step = part.partition("/")
        span = "0" if span == "*" and step else span.replace("-", "..")
        parts.append(f"{span}/{step}" if step else span)
    return ",".join(parts)


def _command(group: list[Entry], folder: Path, *, program: list[str]) -> str:
    most = group[0].max_requests
    words = [
        shutil.which("flock") or "/usr/bin/flock", "--wait", "86400", "--conflict-exit-code", "75",
        str(folder / _TURN), *program, "crawl", *(entry.key for entry in group), "--archive", str(folder),
        *(["--max-requests", str(most)] if most else []),
    ]  # fmt: skip
    return shlex.join(words)


def _program() -> list[str]:
    found = shutil.which("khocong")
    return [found] if found else [sys.executable, "-m", "crawler.cli"]


def _path(folder: Path) -> str:
    # In a list of paths a space would part it.
    return str(folder).replace("\\", "\\\\").replace(" ", "\\x20")
