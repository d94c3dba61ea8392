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
_FLYING = b" flying"


class Stamp:
    """The times, by the wall clock, when a host (or a group of hosts) was asked and may be asked again.

    `take` locks the file until `put`, so that a request on its way holds back every other process however
    long it takes. The lock ends with a process that dies, and the next one then waits a whole gap: nobody
    knows when that request arrived. Where the file cannot be written, nothing is shared: politeness among
    our own processes is all that is lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1

    def take(self, now: float, gap_s: float) -> float:
        """Take the turn and hold it; or return the seconds to wait, *gap_s* after whoever asked last."""
        if self._handle >= 0:
            return 0.0
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return 0.0
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            asked, free, flying = _read(handle, now)
            wait = max(asked + gap_s, free) - now
            if flying:
                wait = max(wait, gap_s)
                _write(handle, now, now + wait, now)
            if wait > 0:
                os.close(handle)
                return wait
            _write(handle, now, now + gap_s, now, flying=True)
        except BlockingIOError:
            os.close(handle)
            return POLL_S
        except OSError:
            os.close(handle)
            return 0.0
        self._handle = handle
        return 0.0

    def put(self, asked: float, free: float, now: float) -> None:
        """End the turn: the host was asked at *asked*; let nobody ask before *free*, or a later time told."""
        try:
            if self._handle < 0:
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                # Held by a request of another process on its way: that one writes its own time at its end.
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            before, standing, _ = _read(self._handle, now)
            _write(self._handle, max(before, asked), max(standing, free), now)
        except OSError:
            return
        finally:
            self._close()

    def reserve(self, now: float, gap_s: float) -> float:
        """Take the next turn in the queue and hold nothing; return how long until it comes."""
        try:
            with _Locked(self._path) as handle:
                turn = max(_read(handle, now)[1], now)
                _write(handle, turn, turn + gap_s, now)
                return turn - now
        except OSError:
            return 0.0

    def release(self) -> None:
        """Give up a turn that was taken and not used."""
        if self._handle >= 0:
            os.ftruncate(self._handle, len(os.pread(self._handle, 100, 0).removesuffix(_FLYING)))
            self._close()

    def _close(self) -> None:
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


def _read(handle: int, now: float) -> tuple[float, float, bool]:
    """Return (asked at, free from, a request was on its way); zeros for what a wrong clock wrote."""
    data = os.pread(handle, 100, 0)
    try:
        asked, free, written = (float(word) for word in data.removesuffix(_FLYING).split())
    except ValueError:
        return 0.0, 0.0, False
    if written > now + 1 or free > now + _SANE_AHEAD_S:
        return 0.0, 0.0, False
    return min(asked, now), free, data.endswith(_FLYING)


def _write(handle: int, asked: float, free: float, now: float, *, flying: bool = False) -> None:
    data = f"{asked:.6f} {free:.6f} {now:.6f}".encode() + (_FLYING if flying else b"")
    os.pwrite(handle, data, 0)
    os.ftruncate(handle, len(data))
