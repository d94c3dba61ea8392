"""When each host may be asked again: told among processes by one small file a host, each with its lock."""

import fcntl
import hashlib
import os
from pathlib import Path
from types import TracebackType

# What is asked of a host is asked by one process at a time; the others look again after so long.
POLL_S = 0.05
# Nobody is asked to wait for more than a day: a time further ahead was written by another clock.
_SANE_AHEAD_S = 90_000.0


class Stamp:
    """The time, by the wall clock, before which nobody may ask a host (or a group of hosts).

    `take` locks the file until `put`, so that a request on its way holds back every other process however
    long it takes; the lock ends with the process, and the time that stands in the file then still counts.
    Where the file cannot be written, nothing is shared: politeness among our own processes is all that is
    lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1

    def take(self, now: float, gap_s: float) -> float:
        """Take the turn and hold it, the next one at *now* + *gap_s*; else return the seconds to wait."""
        if self._handle >= 0:
            return 0.0
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return 0.0
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if (at := _read(handle, now)) > now:
                os.close(handle)
                return at - now
            _write(handle, now + gap_s, now)
        except BlockingIOError:
            os.close(handle)
            return POLL_S
        except OSError:
            os.close(handle)
            return 0.0
        self._handle = handle
        return 0.0

    def put(self, at: float, now: float) -> None:
        """Let nobody ask before *at*, or the later time that stands there; end the turn if it was held."""
        try:
            if self._handle < 0:
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                # Held by a request of another process on its way: that one writes its own time at its end.
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _read(self._handle, now) < at:
                _write(self._handle, at, now)
        except OSError:
            return
        finally:
            self.release()

    def reserve(self, now: float, gap_s: float) -> float:
        """Take the next turn in the queue and hold nothing; return how long until it comes."""
        try:
            with _Locked(self._path) as handle:
                turn = max(_read(handle, now), now)
                _write(handle, turn + gap_s, now)
                return turn - now
        except OSError:
            return 0.0

    def release(self) -> None:
        """End a turn that was taken; twice is once."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)


class _Locked:
    """An open, exclusively locked file; the lock ends with the block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1

    def __enter__(self) -> int:
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        return self._handle

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        os.close(self._handle)


def stamp_path(folder: Path | None, name: str) -> Path | None:
    """Return the file of a host or group by its name, None where nothing is shared."""
    return folder / hashlib.sha256(name.encode()).hexdigest()[:32] if folder is not None else None


def shared_folder() -> Path | None:
    """Return the folder where this user's crawls tell one another when each host was asked, or None."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    folder = (Path(base) if base else Path.home() / ".cache") / "khocong" / "hosts"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return folder


def _read(handle: int, now: float) -> float:
    """Return the time that stands in the file; 0 where none does, or one of a clock that was wrong."""
    try:
        word, _, written = os.pread(handle, 60, 0).partition(b" ")
        at = float(word)
        return at if at < now + _SANE_AHEAD_S and float(written or 0) <= now + 1 else 0.0
    except ValueError:
        return 0.0


def _write(handle: int, at: float, now: float) -> None:
    data = f"{at:.6f} {now:.6f}".encode()
    os.pwrite(handle, data, 0)
    os.ftruncate(handle, len(data))
