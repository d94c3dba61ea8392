"""Worker processes that read pages beside the crawling process; one that hangs or dies is replaced."""

import asyncio
import contextlib
import logging
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process

from archive.digests import payload_digest
from archive.errors import ReaderMissing
from crawler.passing import LENGTH, READY, Asking
from crawler.reading import Reading, ReadJob, read

logger = logging.getLogger(__name__)

# The slowest real page takes 1 s; a Rust extractor once took 155 s on one page (measured).
TIMEOUT_S = 10.0
# lxml and trafilatura keep caches: a worker is replaced before they matter.
PAGES_A_WORKER = 2000
# Imports take a second or two, on a busy machine ten; they are no time of the page's.
START_TIMEOUT_S = 60.0
# What a machine lacks for a process, descriptors or memory, it may have again in a moment.
_START_TRIES, _START_PAUSE_S = 4, 0.5
# The largest answer seen has 4 MB (a page of 100,000 links); a length beyond this is no length.
_MAX_ANSWER_BYTES = 256 * 1024 * 1024
# A signature with its key takes half a kilobyte; what is not remembered is made once more at the end.
_MOST_SIGNATURES = 50_000
# Not `-m`: what is pickled must belong to the module, not to __main__.
_PROGRAM = "import sys; from crawler.passing import main; sys.exit(main())"


class Readers:
    """Reads pages in *workers* processes, or inline for 0. Use from one event loop only.

    A page that takes longer than *timeout_s*, or takes its worker down, costs that page alone. `signatures`
    collects those of the articles that were read, by text digest, for who compares them.
    """

    def __init__(
        self, workers: int = 1, *, timeout_s: float = TIMEOUT_S, pages_a_worker: int = PAGES_A_WORKER
    ) -> None:
        self.workers = workers
        self.timeout_s = timeout_s
        self.signatures: dict[str, bytes] = {}
        self._workers = [_Worker(pages_a_worker) for _ in range(workers)]
        self._idle: asyncio.Queue[_Worker] | None = None
        self._cold: list[_Worker] = []
        self._starting: list[asyncio.Future[None]] = []

    def warm_up(self) -> None:
        """Start the first worker now, while the first request is on its way: imports take a second."""
        self._idle_workers()
        if not self._starting:
            self._start_one()

    async def read(self, job: ReadJob) -> Reading:
        """Return what the page is; waits for an idle worker. Another is started when none is idle.

        Raises ReaderMissing where none runs and none can be started: the page was not read.
        """
        reading = read(job) if not self.workers else await self._read(job)
        if reading.signature is not None and len(self.signatures) < _MOST_SIGNATURES:
            digest, signature = reading.signature
            self.signatures[digest] = signature
        return reading

    async def _read(self, job: ReadJob) -> Reading:
        idle = self._idle_workers()
        tries = 0
        while True:
            if idle.empty():
                self._start_one()
            worker = await idle.get()
            try:
                return await worker.read(job, self.timeout_s)
            except ReaderMissing:
                tries += 1
                if tries >= _START_TRIES and not any(one.runs for one in self._workers):
                    raise
            finally:
                idle.put_nowait(worker)
            await asyncio.sleep(_START_PAUSE_S)

    def _start_one(self) -> None:
        if self._cold:
            self._starting.append(asyncio.ensure_future(self._join(self._cold.pop(0))))

    async def _join(self, worker: "_Worker") -> None:
        """Have a worker started; one that cannot be says so to the first page it is given."""
        with contextlib.suppress(ConnectionError, OSError):
            await worker.ensure()
        self._idle_workers().put_nowait(worker)

    def pids(self) -> list[int]:
        """Return the process ids of the workers that run."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    async def close(self) -> None:
        """End all workers."""
        for task in self._starting:
            task.cancel()
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            await worker.ended()

    def kill(self) -> None:
        """End all workers without an event loop."""
        for worker in self._workers:
            worker.kill()

    def _idle_workers(self) -> "asyncio.Queue[_Worker]":
        if self._idle is None:
            self._idle = asyncio.Queue()
            self._cold = list(self._workers)
        return self._idle


class _Worker:
    def __init__(self, pages: int) -> None:
        self._most = pages
        self._process: Process | None = None
        self._killed: list[Process] = []
        self._done, self._end = 0, Asking()
        self._lock = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The process id, or None while none runs."""
        return self._process.pid if self._process is not None else None

    @property
    def runs(self) -> bool:
        """Whether its process is there to be asked."""
        return self._process is not None and self._process.returncode is None

    async def ensure(self) -> Process:
        """Return the running process, started if need be; raises ConnectionError where none will run."""
        async with self._lock:
            if self._process is not None and (
                self._done >= self._most or self._process.returncode is not None
            ):
                self.kill()
            if self._process is None:
                self._done, self._end = 0, Asking()
                # A session of its own: Ctrl-C at the terminal is the crawl's to handle.
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, "-c", _PROGRAM, stdin=PIPE, stdout=PIPE, start_new_session=True,
                    limit=2**26, env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                )  # fmt: skip
                await self._started(self._process)
            return self._process

    async def _started(self, process: Process) -> None:
        try:
            said = await asyncio.wait_for(_pipes(process)[1].readexactly(len(READY)), START_TIMEOUT_S)
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
            self.kill()
            raise ConnectionError(f"no reader could be started: {type(error).__name__}") from error
        except asyncio.CancelledError:
            # Half of its word may have been read: such a worker cannot be spoken with any more.
            self.kill()
            raise
        if said != READY:
            self.kill()
            raise ConnectionError("what was started is no reader")

    async def _ensured(self) -> Process:
        try:
            return await self.ensure()
        except OSError as error:
            raise ReaderMissing(f"no process that reads pages can be started ({error})") from error

    async def read(self, job: ReadJob, timeout_s: float) -> Reading:
        try:
            process = await self._ensured()
            answer = await asyncio.wait_for(_ask(process, self._end, job), timeout_s)
        except TimeoutError:
            self.kill()
            return Reading(
                None, payload_digest(job.body), "too_slow", f"reading took more than {timeout_s:g} s"
            )
        except (asyncio.IncompleteReadError, OSError, EOFError, pickle.UnpicklingError) as error:
            self.kill()
            return Reading(None, payload_digest(job.body), "reader_died", f"{type(error).__name__}: {error}")
        except asyncio.CancelledError:
            # Its answer would be taken for that of the next page.
            self.kill()
            raise
        finally:
            self._done += 1
        if answer.failure == "out_of_memory":
            # What such a page left in pieces all over the heap is nothing to read the next one with.
            self.kill()
        return answer

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            self._killed = [one for one in (*self._killed, process) if one.returncode is None]

    async def ended(self) -> None:
        """Wait until the processes that were killed are gone."""
        for process in self._killed:
            await process.wait()


async def _ask(process: Process, end: Asking, job: ReadJob) -> Reading:
    stdin, stdout = _pipes(process)
    data = end.pack(job)
    stdin.write(LENGTH.pack(len(data)) + data)
    await stdin.drain()
    (size,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
    if size > _MAX_ANSWER_BYTES:
        raise pickle.UnpicklingError(f"an answer of {size} bytes")
    return end.unpack(await stdout.readexactly(size))


def _pipes(process: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if process.stdin is None or process.stdout is None:
        raise ConnectionError("the reader has no pipes")
    return process.stdin, process.stdout
