"""One writer an archive (I8): an advisory lock on the file `lock`, with the holder's process id inside."""

import fcntl
import os
import weakref
from pathlib import Path

from archive.errors import ArchiveBusy

LOCK_NAME = "lock"


class WriteLock:
    """Holds the write lock of the archive folder *folder* until `release()` or the end of the process.

    The kernel drops it with the process, however that dies, so a crash never leaves an archive locked.
    Raises ArchiveBusy, naming the holder, when it is taken; OSError when the file cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._handle: int | None = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = holder_of(folder)
            self.let_go()
            who = f"another khocong (pid {holder})" if holder else "another khocong"
            raise ArchiveBusy(f"{who} is writing {folder}; wait for it or stop it") from None
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)
        _held.add(self)

    def release(self) -> None:
        """Let the next writer in; a second call does nothing."""
        if self._handle is not None:
            # Unlocking frees it for all copies of the handle: a child forked a moment ago may not have
            # closed its own yet.
            fcntl.flock(self._handle, fcntl.LOCK_UN)
        self.let_go()

    def let_go(self) -> None:
        """Close this process's copy and leave the lock to the others that share it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        _held.discard(self)


def holder_of(folder: Path) -> int | None:
    """Return the process id written in the lock file: the holder while the lock is held, else the last."""
    try:
        word = (folder / LOCK_NAME).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return int(word) if word.isdigit() else None


def is_held(folder: Path) -> bool:
    """Say whether some process writes the archive now; never waits, never changes the file."""
    try:
        handle = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


_held: "weakref.WeakSet[WriteLock]" = weakref.WeakSet()


def _let_go_in_child() -> None:
    # A forked extraction worker shares the lock with its parent, and would keep it when the parent is
    # killed: closing the child's copy leaves the parent's lock as it is.
    for lock in list(_held):
        lock.let_go()


os.register_at_fork(after_in_child=_let_go_in_child)
