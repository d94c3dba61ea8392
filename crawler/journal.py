"""What happens in crawls as it happens: events as JSON lines, for programs and for `logs/events.jsonl`.

Each line has `at`, `event` and, where it belongs to one, `run` (the number of the crawl) and `portal`. The
events: "begun", "progress" (requests, articles, pending, rate_per_s, eta_s), "ended" (with the summary) and
"log" (a line of our own logs, and the warnings of others).
"""

import contextlib
import json
import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from crawler.conducting import Conductor, Ended
    from crawler.session import Session

Made = TypeVar("Made")
Tell = Callable[[dict[str, Any]], None]

FILE_NAME = "events.jsonl"
LONGEST_BYTES = 10_000_000
FILES = 5
# Each crawl also has a log in words of its own; the newest of these are kept.
LOGS_KEPT = 200
PROGRESS_EVERY_S = 10.0
_OURS = ("crawler", "archive")
_run: ContextVar[tuple[int, str] | None] = ContextVar("khocong_run", default=None)


def within(session: "Session", make: Callable[[], Made]) -> Made:
    """Call *make*; what it sets going logs under the number and portal of the session's run."""
    token = _run.set((session.crawl_id, session.portal.key))
    try:
        return make()
    finally:
        _run.reset(token)


class Rates:
    """How fast portals go: requests a second since each was first seen, and how long the rest will take."""

    def __init__(self) -> None:
        self._since: dict[int, float] = {}

    def of(self, session: "Session", pending: int) -> tuple[float, float | None]:
        """Return (requests a second, seconds left); None where nothing is known yet."""
        now = time.monotonic()
        elapsed = now - self._since.setdefault(session.crawl_id, now)
        rate = session.tally.requests / elapsed if elapsed > 1 else 0.0
        return rate, pending / rate if rate else None


class Journal:
    """Tells of a run to a program (*tell*) and to `logs/events.jsonl` of the archive, whichever there is.

    A disk that is full costs the journal, never the crawl.
    """

    def __init__(self, archive_dir: Path | None, tell: Tell | None = None) -> None:
        self._folder = archive_dir / "logs" if archive_dir is not None else None
        self._tell = tell
        self._begun: set[int] = set()
        self._rates = Rates()
        self._last = time.monotonic()
        self._file: logging.Handler | None = None
        self._listening: _Listener | None = None

    def tick(self, conductor: "Conductor") -> None:
        """Say what has begun, and every ten seconds how far each portal is."""
        for session in conductor.sessions:
            if session.crawl_id not in self._begun:
                self._begun.add(session.crawl_id)
                self._rates.of(session, 0)
                self.note("begun", run=session.crawl_id, portal=session.portal.key)
        now = time.monotonic()
        if now - self._last < PROGRESS_EVERY_S:
            return
        self._last = now
        for session in conductor.sessions:
            pending = session.pending
            rate, left = self._rates.of(session, pending)
            self.note(
                "progress", run=session.crawl_id, portal=session.portal.key,
                requests=session.tally.requests, articles=session.tally.articles, pending=pending,
                rate_per_s=round(rate, 2), eta_s=None if left is None else round(left),
            )  # fmt: skip

    def ended(self, ended: "Ended") -> None:
        """Say how a portal ended."""
        self.note("ended", **ended.summary)

    def note(self, event: str, **fields: Any) -> None:
        """Keep one event, and tell it."""
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **fields}
        self._write(line)
        if self._tell is not None:
            self._tell(line)

    def close(self) -> None:
        """Let go of the file and of the logs."""
        if self._listening is not None:
            logging.getLogger().removeHandler(self._listening)
            self._listening = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is None and not self._open():
            return
        assert self._file is not None
        text = json.dumps(line, ensure_ascii=False, default=str)
        self._file.handle(logging.LogRecord("journal", logging.INFO, "", 0, text, None, None))

    def _open(self) -> bool:
        if self._folder is None or not self._folder.parent.is_dir():
            return False
        # It takes a dozen modules along, and only a crawl writes.
        from logging.handlers import RotatingFileHandler

        try:
            self._folder.mkdir(exist_ok=True)
            self._file = RotatingFileHandler(
                self._folder / FILE_NAME, maxBytes=LONGEST_BYTES, backupCount=FILES - 1, encoding="utf-8"
            )
        except OSError:
            self._folder = None
            return False
        # Its own troubles would go to stderr, in the middle of a display.
        self._file.handleError = _silent  # type: ignore[method-assign]  # logging's own hook
        prune(self._folder)
        self._listening = _Listener(self._write)
        logging.getLogger().addHandler(self._listening)
        return True


def prune(folder: Path, keep: int = LOGS_KEPT) -> None:
    """Remove the oldest logs of crawls but the newest *keep*: their names begin with the time."""
    for path in sorted(folder.glob("crawl-*.log"))[:-keep]:
        with contextlib.suppress(OSError):
            path.unlink()


def _silent(record: logging.LogRecord) -> None:
    """Leave a line out that cannot be written."""


class _Listener(logging.Handler):
    """Takes our own lines of information, and warnings of everybody, under the run they belong to."""

    def __init__(self, write: Tell) -> None:
        super().__init__(logging.INFO)
        self._write = write

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno < logging.WARNING and record.name.partition(".")[0] not in _OURS:
            return
        run = _run.get()
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "event": "log",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:2000],
        }
        if run is not None:
            line |= {"run": run[0], "portal": run[1]}
        self._write(line)
