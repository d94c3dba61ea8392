"""The WARC files of a shard, brought into the archive under names that are free."""

import filecmp
import os
import sqlite3
from pathlib import Path

from archive.backup import begins, continue_copy
from archive.warc.reader import leads_out


def bring_files(shard: Path, target: Path) -> tuple[dict[str, str], int]:
    """Copy every WARC file of the folder *shard* into *target*; return {old name: new name} and the bytes.

    A file that is there already, byte for byte, is not copied again; another of its name gets a number.
    """
    names: dict[str, str] = {}
    written = 0
    for path in sorted(shard.glob("*.warc*")):
        if not path.is_file() or leads_out(path):
            continue
        name, there = _place(path, target)
        names[path.name] = name
        if not there:
            written += continue_copy(path, target / name)
    if written:
        handle = os.open(target, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return names, written


def rows_without_bytes(connection: sqlite3.Connection, folder: Path) -> str:
    """Say which captures of a shard have no bytes in its folder of WARC files, "" where all have (I1).

    Sizes alone are compared: what the bytes are, `khocong verify` tells.
    """
    for name, end in connection.execute(
        "SELECT warc_file, max(warc_offset + warc_length) FROM captures GROUP BY warc_file"
    ):
        path = folder / name
        if leads_out(path):
            return f"{name!r} is a symbolic link that leads out of it: nothing behind it is taken in"
        if Path(name).name != name or not path.is_file():
            return f"its captures point into {name!r}, which it does not have: khocong verify names them"
        if path.stat().st_size < end:
            return f"its captures point behind the end of {name}: khocong verify names them"
    return ""


def _place(path: Path, target: Path) -> tuple[str, bool]:
    stem, dot, rest = path.name.partition(".")
    for number in range(10_000):
        name = path.name if number == 0 else f"{stem}-{number}{dot}{rest}"
        there = target / name
        if not there.exists():
            return name, False
        size = path.stat().st_size
        if there.stat().st_size == size and filecmp.cmp(path, there, shallow=False):
            return name, True
        if there.stat().st_size < size and begins(there, path):
            return name, False  # a copy that was broken off: it goes on
    raise FileExistsError(f"10,000 files called {path.name} in {target}")
