"""What every command shares: lazily loaded groups, the common options, the console and the way errors end.

Commands are imported when they are called, so `khocong --help` stays fast whatever they import. The
exit codes are a contract: 0 done, 1 failed, 2 the request cannot be understood, 130 interrupted.
"""

import errno
import json
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from archive.errors import KhoCongError

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT_ARCHIVE = Path("archive")
INTERRUPTED = 130
_ARCHIVE_KEY = "khocong.archive"

# Titles come from the web: a terminal must never act on what they carry. C0 and C1 controls become
# visible; bidirectional overrides, which can make a line read as another, are dropped.
_CONTROLS = {code: 0x2400 + code if code < 0x20 else 0xFFFD for code in (*range(0x20), *range(0x7F, 0xA0))}
_CONTROLS |= dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F))
_CONTROLS |= {0x09: 0x20, 0x0A: 0x20, 0x0D: 0x20}


_AGAIN = "then run the same command again: it goes on"
# What is wrong with the machine and not with us, and what to do about it.
_MACHINE = {
    errno.ENOSPC: f"make room, {_AGAIN}",
    errno.EDQUOT: f"make room, {_AGAIN}",
    errno.EROFS: f"the disk is read-only; have it written to, {_AGAIN}",
    errno.EIO: "the disk fails; copy the archive to another one and run khocong verify --full there",
    errno.EMFILE: f"raise the limit of open files (ulimit -n), {_AGAIN}",
    errno.ENFILE: f"too many files are open on this machine; close some, {_AGAIN}",
    errno.ENOMEM: f"free some memory, {_AGAIN}",
}


class LazyCommand(NamedTuple):
    """One line of a command table: where the click command stands, and its one-line help."""

    target: str  # "package.module:attribute"
    help: str


class LazyGroup(click.Group):
    """A group whose commands are imported when called; its help comes from the table alone."""

    def __init__(self, table: Mapping[str, LazyCommand], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.table = dict(table)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the table's order: the order of a user's day, not the alphabet's."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, or None for a name the table does not have."""
        entry = self.table.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.target} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing one of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.table.items()])


def _remember_archive(ctx: click.Context, _param: click.Parameter, value: Path) -> Path:
    ctx.meta[_ARCHIVE_KEY] = value
    return value


def archive_option(function: Function) -> Function:
    """Add `--archive DIR` (the argument `archive_dir: Path`); `KHOCONG_ARCHIVE` sets it too."""
    return click.option(
        "--archive",
        "archive_dir",
        type=click.Path(path_type=Path),
        default=DEFAULT_ARCHIVE,
        show_default="./archive",
        envvar="KHOCONG_ARCHIVE",
        metavar="DIR",
        callback=_remember_archive,
        help="The archive's folder.",
    )(function)


def json_option(function: Function) -> Function:
    """Add `--json` (the argument `as_json: bool`)."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(function)


def common_options(function: Function) -> Function:
    """Add the two options every command takes: `--archive DIR` and `--json`."""
    return archive_option(json_option(function))


def examples(*lines: str) -> str:
    """Return a click epilog that shows *lines* as they would be typed."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def clean(text: object) -> str:
    """Return *text* on one line, without anything a terminal would act on."""
    return str(text).translate(_CONTROLS)


class Console:
    """Where commands write: rich tables on a terminal, plain tab-separated lines elsewhere.

    Results go to stdout, remarks and progress to stderr, so that pipes carry results alone.
    """

    def __init__(self) -> None:
        self.is_terminal = sys.stdout.isatty()

    def line(self, text: str = "") -> None:
        """Print one line of the result."""
        click.echo(clean(text))

    def note(self, text: str) -> None:
        """Print a remark, which is not part of the result."""
        click.echo(clean(text), err=True)

    def json(self, value: object) -> None:
        """Print *value* as JSON; Vietnamese stays readable, one document a call."""
        click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
        """Print rows under *columns*; without a terminal, a header line and one line a row, by tabs."""
        if not self.is_terminal:
            click.echo("\t".join(columns))
            for row in rows:
                click.echo("\t".join("" if cell is None else clean(cell) for cell in row))
            return
        # rich takes 60 ms to import: only people at a terminal pay it.
        from rich.console import Console as RichConsole
        from rich.table import Table
        from rich.text import Text

        table = Table(title=title or None, box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text("" if cell is None else clean(cell)) for cell in row))
        RichConsole().print(table)


def run(group: click.Command, prog_name: str, argv: Sequence[str] | None = None) -> int:
    """Run *group* and return the exit code; whatever happens ends in one line, never in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show Vietnamese gets question marks, not a crash.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # A log that cannot be written, on a full or failing disk, would say so in a traceback for each line.
    logging.raiseExceptions = False
    meta: dict[str, Any] = {}
    try:
        return _invoke(group, prog_name, list(sys.argv[1:] if argv is None else argv), meta)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.format_message(), err=True)
        return error.exit_code
    except click.exceptions.Exit as error:
        return int(error.exit_code)
    except (KeyboardInterrupt, click.exceptions.Abort):
        _complain(prog_name, "interrupted")
        return INTERRUPTED
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else prog_name
        _complain(prog_name, f"{error.format_message()} (try: {path} --help)")
        return 2
    except click.ClickException as error:
        _complain(prog_name, error.format_message())
        return int(error.exit_code)
    except KhoCongError as error:
        _complain(prog_name, str(error))
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is left to say, nor to whom.
        # The interpreter flushes stdout at exit, and would complain about the pipe once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # the outermost boundary of the program
        if said := _damage(error, meta.get(_ARCHIVE_KEY)) or _disk(error):
            _complain(prog_name, said)
            return 1
        place = _write_traceback(meta.get(_ARCHIVE_KEY))
        _complain(prog_name, f"unexpected {type(error).__name__}: {error}, please report; details in {place}")
        return 1


def _invoke(group: click.Command, prog_name: str, argv: list[str], meta: dict[str, Any]) -> int:
    with group.make_context(prog_name, argv) as ctx:
        try:
            result = group.invoke(ctx)
        finally:
            meta.update(ctx.meta)
        sys.stdout.flush()
    # A command may return its exit code: `verify` has found damage without failing itself.
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def _damage(error: Exception, archive_dir: Path | None) -> str:
    """Return what SQLite's own words about a damaged or busy archive come to, "" for any other error."""
    sqlite3 = sys.modules.get("sqlite3")  # not imported here: `khocong --help` does without
    if sqlite3 is None or archive_dir is None or not isinstance(error, sqlite3.Error):
        return ""
    from archive.database import reading_errors

    try:
        with reading_errors(archive_dir):
            raise error
    except KhoCongError as said:
        return str(said)
    except sqlite3.Error:
        return ""


def _disk(error: BaseException | None) -> str:
    """Return what the machine itself lacks, "" for any other error."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _MACHINE:
            where = f" at {error.filename}" if error.filename else ""
            return f"{error.strerror}{where}: {_MACHINE[error.errno]}"
        error = error.__cause__
    return ""


def _complain(prog_name: str, text: str) -> None:
    # One line, whatever the text carries; click drops the colour when stderr is not a terminal.
    click.echo(click.style(f"{prog_name.split()[0]}: {clean(text)}", fg="red"), err=True)


def _write_traceback(archive_dir: Path | None) -> str:
    """Keep the current traceback in the archive folder, or else in the temporary one; return where."""
    now = datetime.now(UTC)
    entry = f"{now.isoformat(timespec='seconds')} {clean(' '.join(sys.argv))}\n{traceback.format_exc()}\n"
    folders = [archive_dir] if archive_dir is not None and archive_dir.is_dir() else []
    for folder in (*folders, Path(tempfile.gettempdir())):
        name = "errors.log" if folder in folders else f"khocong-{now:%Y%m%dT%H%M%S}.log"
        try:
            with (folder / name).open("a", encoding="utf-8", errors="replace") as log:
                log.write(entry)
        except OSError:
            continue
        return str(folder / name)
    return "no file (neither the archive nor the temporary folder can be written)"
