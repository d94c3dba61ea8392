"""The crawling process of a schedule: started when something is due, fed, listened to, and ended in order."""

import contextlib
import json
import logging
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from archive.lock import holder_of, is_held
from crawler.scheduling.deciding import Run

logger = logging.getLogger(__name__)

LOG_NAME = "schedule-crawl.log"
# Ctrl-C promises an end of a crawl within 5 s; a slow disk gets more before it is killed.
_END_S = 30.0
_LONGEST_LOG_BYTES = 5_000_000


class Foreman:
    """At most one crawling process of an archive at a time (I8), with so many portals *parallel* in it.

    `events` has what it tells: "begun", "progress", "ended" (with the crawl's summary), "refused", and
    "gone" when the process has ended, with the keys that were handed over and never ended. *wake* is called
    from another thread whenever there is one.
    """

    def __init__(
        self, archive_dir: Path, *, parallel: int, arguments: list[str], wake: Callable[[], None]
    ) -> None:
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self._folder = archive_dir
        self._command = [
            sys.executable, "-m", "crawler.scheduling.working", "--archive", str(archive_dir), "--parallel",
            str(parallel), *arguments,
        ]  # fmt: skip
        self._wake = wake
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._open: dict[str, Run] = {}
        self._started = 0.0

    @property
    def age_s(self) -> float:
        """Seconds since the crawling process was started, 0 without one."""
        return time.monotonic() - self._started if self._process is not None else 0.0

    @property
    def is_up(self) -> bool:
        """A crawling process of ours is alive, or has ended and not been noticed yet."""
        return self._process is not None

    def busy_with_others(self) -> str:
        """Say who else writes the archive, "" where nobody does: a crawl by hand, an ingest."""
        if self._process is not None or not is_held(self._folder):
            return ""
        return f"another khocong (pid {holder_of(self._folder)}) writes the archive"

    def give(self, run: Run, quiet: tuple[str, ...]) -> None:
        """Hand a portal over; what cannot be handed over comes back with the event "gone"."""
        if self._process is None:
            self._start()
        self._open[run.key] = run
        asked = {
            "portal": run.key, "max_requests": run.max_requests, "quiet_hours": quiet[0] if quiet else None,
            "why": f"schedule {run.kind} {run.slot:%Y-%m-%dT%H:%M:%SZ}",
        }  # fmt: skip
        process = self._process
        assert process is not None
        assert process.stdin is not None
        # A process that has just ended says so itself, in its thread.
        with contextlib.suppress(OSError, ValueError):
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()

    def stop(self) -> None:
        """End the crawling process as Ctrl-C does, and wait for it: nothing is lost."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            logger.error("the crawling process does not end; it is killed, and the next one resumes")
            process.kill()
            process.wait()
        if self._listener is not None:
            self._listener.join(_END_S)

    def noticed_end(self) -> None:
        """Forget a process that has told "gone"."""
        self._process = None
        self._open.clear()

    def _start(self) -> None:
        self._started = time.monotonic()
        log = self._log()
        with log:
            # A session of its own: Ctrl-C at a terminal reaches us alone, and we pass it on once.
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                encoding="utf-8", start_new_session=True, cwd=Path.cwd(),
            )  # fmt: skip
        assert self._process.stdout is not None
        self._listener = threading.Thread(
            target=self._listen, args=(self._process, self._process.stdout), daemon=True
        )
        self._listener.start()

    def _log(self) -> TextIO:
        folder = self._folder / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / LOG_NAME
        if path.exists() and path.stat().st_size > _LONGEST_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path.open("a", encoding="utf-8")

    def _listen(self, process: "subprocess.Popen[str]", stdout: TextIO) -> None:
        for line in stdout:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if event.get("event") in ("ended", "refused"):
                self._open.pop(str(event.get("portal")), None)
            self.events.put(event)
            self._wake()
        code = process.wait()
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        self.events.put({"event": "gone", "code": code, "left": list(self._open)})
        self._wake()
