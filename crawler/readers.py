"""Worker processes that read pages beside the crawling process; one that hangs or dies is replaced."""

import asyncio
import contextlib
import logging
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process

from archive.digests import payload_digest
from crawler.reading import LENGTH, Reading, ReadJob, read

logger = logging.getLogger(__name__)

# The slowest real page takes 1 s; a Rust extractor once took 155 s on one page (measured).
TIMEOUT_S = 10.0
# lxml and trafilatura keep caches: a worker is replaced before they matter.
PAGES_A_WORKER = 2000
# Not `-m`: what is pickled must belong to the module, not to __main__.
_PROGRAM = "import sys; from crawler.reading import main; sys.exit(main())"


class Readers:
    """Reads pages in *workers* processes, or inline for 0. Use from one event loop only.

    A page that takes longer than *timeout_s*, or takes its worker down, costs that page alone.
    """

    def __init__(
        self, workers: int = 1, *, timeout_s: float = TIMEOUT_S, pages_a_worker: int = PAGES_A_WORKER
    ) -> None:
        self.workers = workers
        self.timeout_s = timeout_s
        self._workers = [_Worker(pages_a_worker) for _ in range(workers)]
        self._idle: asyncio.Queue[_Worker] | None = None
        self._starting: list[asyncio.Future[Process]] = []

    def warm_up(self) -> None:
        """Start the workers now, while the first request is on its way: imports take a second."""
        self._idle_workers()
        self._starting = [asyncio.ensure_future(worker.ensure()) for worker in self._workers]

    async def read(self, job: ReadJob) -> Reading:
        """Return what the page is; waits for an idle worker."""
        if not self.workers:
            return read(job)
        idle = self._idle_workers()
        worker = await idle.get()
        try:
            return await worker.read(job, self.timeout_s)
        finally:
            idle.put_nowait(worker)

    async def close(self) -> None:
        """End all workers."""
        for task in self._starting:
            task.cancel()
        for worker in self._workers:
            worker.kill()

    def kill(self) -> None:
        """End all workers without an event loop."""
        for worker in self._workers:
            worker.kill()

    def _idle_workers(self) -> "asyncio.Queue[_Worker]":
        if self._idle is None:
            self._idle = asyncio.Queue()
            for worker in self._workers:
                self._idle.put_nowait(worker)
        return self._idle


class _Worker:
    def __init__(self, pages: int) -> None:
        self._most = pages
        self._process: Process | None = None
        self._done = 0
        self._lock = asyncio.Lock()

    async def ensure(self) -> Process:
        """Return the running process, started if need be."""
        async with self._lock:
            if self._process is not None and (
                self._done >= self._most or self._process.returncode is not None
            ):
                self.kill()
            if self._process is None:
                self._done = 0
                # A session of its own: Ctrl-C at the terminal is the crawl's to handle.
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-c", _PROGRAM, stdin=PIPE, stdout=PIPE, start_new_session=True,
                    limit=2**26, env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                )  # fmt: skip
            return self._process

    async def read(self, job: ReadJob, timeout_s: float) -> Reading:
        process = await self.ensure()
        try:
            # A fresh worker imports for a second or two before it reads anything.
            return await asyncio.wait_for(_ask(process, job), timeout_s if self._done else timeout_s + 20)
        except TimeoutError:
            self.kill()
            return Reading(
                None, payload_digest(job.body), "too_slow", f"reading took more than {timeout_s:g} s"
            )
        except (asyncio.IncompleteReadError, ConnectionError, pickle.UnpicklingError, EOFError) as error:
            self.kill()
            return Reading(None, payload_digest(job.body), "reader_died", f"{type(error).__name__}: {error}")
        finally:
            self._done += 1

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


async def _ask(process: Process, job: ReadJob) -> Reading:
    if process.stdin is None or process.stdout is None:
        raise ConnectionError("the reader has no pipes")
    data = pickle.dumps(job, pickle.HIGHEST_PROTOCOL)
    process.stdin.write(LENGTH.pack(len(data)) + data)
    await process.stdin.drain()
    (size,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    answer = pickle.loads(await process.stdout.readexactly(size))
    if not isinstance(answer, Reading):
        raise pickle.UnpicklingError("not a Reading")
    return answer
