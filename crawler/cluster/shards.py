"""The shards of a machine: archive folders side by side, each held by one task at a time."""

import contextlib
import fcntl
import hashlib
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

from archive.database import DATABASE_NAME
from crawler.cluster.jobs import Busy

_HOMES = "homes"
_MOST = 10_000


def machine() -> str:
    """Return this machine's name as shards are called after it."""
    return re.sub(r"[^a-z0-9-]+", "-", socket.gethostname().lower()).strip("-") or "machine"


@contextlib.contextmanager
def taken(folder: Path, home: str) -> Iterator[Path]:
    """Hold the shard of *folder* that *home* was begun in, or a free one, or a new one.

    The lock is the kernel's and ends with the process, however that dies: the next task of the same home
    then goes on where the dead one was. Raises Busy while another task holds the shard that is needed.
    """
    (folder / _HOMES).mkdir(parents=True, exist_ok=True)
    note = _note(folder, home)
    known = _noted(folder, note)
    with contextlib.ExitStack() as stack:
        if known is not None:
            if not _locked(known, stack):
                raise Busy(f"{known.name}, where {home} was begun, is in use")
            yield known
            return
        shard = _free(folder, stack)
        part = note.with_suffix(f".{os.getpid()}")
        part.write_text(f"{shard.name}\n{home}\n", encoding="utf-8")
        part.replace(note)
        yield shard


def has_home(folder: Path, home: str) -> bool:
    """Say whether *home* was begun in a shard of *folder*."""
    return _noted(folder, _note(folder, home)) is not None


def found_in(folder: Path) -> list[Path]:
    """Return the shards below *folder* that hold an archive."""
    return sorted(path.parent for path in folder.glob(f"*/{DATABASE_NAME}"))


def _note(folder: Path, home: str) -> Path:
    return folder / _HOMES / hashlib.sha256(home.encode()).hexdigest()[:32]


def _noted(folder: Path, note: Path) -> Path | None:
    try:
        name = note.read_text(encoding="utf-8").partition("\n")[0]
    except OSError:
        return None
    shard = folder / name
    return shard if name and Path(name).name == name and shard.is_dir() else None


def _free(folder: Path, stack: contextlib.ExitStack) -> Path:
    for number in range(_MOST):
        # Of one machine's own: a lock over a network's disk is not what every server keeps.
        shard = folder / f"{machine()}-{number}"
        shard.mkdir(exist_ok=True)
        if _locked(shard, stack):
            return shard
    raise Busy(f"{_MOST} shards of {folder} are in use")


def _locked(shard: Path, stack: contextlib.ExitStack) -> bool:
    handle = os.open(shard.with_name(f"{shard.name}.taken"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return False
    stack.callback(os.close, handle)
    return True
